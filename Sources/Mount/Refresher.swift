import ChatArchive
import Dispatch
import Synchronization

/// Looks for new snapshots from time to time and lets the kernel forget the names that have changed.
final class Refresher: Sendable {
    private let tree: FolderTree
    private let session: FuseSession
    private let reports: Reports
    private let interval: Duration?
    private let wake = DispatchSemaphore(value: 0)
    private let isClosed = Atomic<Bool>(false)

    init(_ tree: FolderTree, _ session: FuseSession, _ reports: Reports, every interval: Duration?) {
        self.tree = tree
        self.session = session
        self.reports = reports
        self.interval = interval
    }

    func start() {
        startThread { [self] in
            while true {
                if let interval {
                    _ = wake.wait(timeout: .now() + interval.dispatchInterval)
                } else {
                    wake.wait()
                }
                if isClosed.load(ordering: .acquiring) { return }
                refresh()
            }
        }
    }

    func refreshSoon() { wake.signal() }

    func close() {
        isClosed.store(true, ordering: .releasing)
        wake.signal()
    }

    private func refresh() {
        do throws(FolderTreeError) {
            for change in try tree.refresh() { invalidate(change.directory, Array(change.name.utf8)) }
        } catch {
            reports.report("Looking for new snapshots failed: \(error)")
        }
    }

    private func invalidate(_ directory: InodeNumber, _ name: [UInt8]) {
        // What the name leads to now: a link such as `latest` keeps its inode and changes its target.
        let entry = name.withUnsafeBytes { try? tree.entry(named: $0, in: directory, waiting: .never) }
        if let inode = entry?.attributes.inode { session.invalidate(inode.rawValue) }
        session.invalidate(directory.rawValue)
        session.invalidate(directory.rawValue, name: name)
    }
}
