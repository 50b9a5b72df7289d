import Foundation
import Storage
import Synchronization
import Testing

@testable import ResticRepository

extension HostileTests {
    /// Every stored file, cut to every length and with every bit flipped.
    @Suite struct EveryBitTests {
        let small: SmallRepository

        init() throws { small = try SmallRepository.shared.get() }

        /// What reading came to.
        private struct Tally: Sendable {
            var right = 0
            var refused = 0
            var checked = 0
            var restored = 0
            var faults: [String] = []
        }

        @Test func `the repository is small, whole and right`() throws {
            let sizes = small.store.objects.mapValues(\.count)
            #expect(sizes.count == 7)
            #expect((3000...9000).contains(sizes.values.reduce(0, +)))
            let repository = try Repository.open(small.store, password: password)
            #expect(try SmallRepository.readEverything(repository) == small.contents)
            #expect(try Checker(repository).check(readData: true).findings == [])
        }

        @Test(arguments: [nil] + ObjectKind.allCases.filter { $0 != .locks })
        func `damage gives the right bytes or an error`(kind: ObjectKind?) throws {
            let damages = small.store.objects.filter { $0.key.kind == kind }.map { ($0.key, Damages(bytes: $0.value)) }
            #expect(damages.count == (kind == .data ? 3 : 1))
            let tally = try self.tally(
                of: damages, everyCheck: kind == .data ? 9 : 1, everyRestore: kind == .data ? 27 : 3)
            #expect(tally.faults.prefix(10) == [])
            #expect(tally.right + tally.refused == damages.reduce(0) { $0 + $1.1.count })
            // Only a pack's header is not needed for reading: everything else is under a digest or a code.
            #expect((tally.right == 0) == (kind != .data))
            print(
                "\(kind?.rawValue ?? "config"): \(tally.right + tally.refused) damages, \(tally.refused) refused, "
                    + "\(tally.right) read right all the same, \(tally.checked) checked, "
                    + "\(tally.restored) restored")
        }

        @Test func `a lock that is damaged stays in the way, unless nothing of it is left`() throws {
            let whole = MemoryStore(small.store.objects)
            let toolboxes = ToolboxPool(small.master)
            let writer = try small.open(whole, withPassword: false, toolboxes: toolboxes)
            let text = LockFile(.exclusive, time: GoTime(seconds: 1_630_739_035)).encoded()
            let name = ObjectName(.locks, try writer.saveUnpacked(.locks, text))
            #expect(try writer.locks().map(\.lock.isExclusive) == [true])
            var timing = LockTests.hasty
            timing.unreadable = []
            let damages = Damages(bytes: try whole.read(name, range: nil))
            for number in 1..<damages.count {
                let store = whole.serving(damages.damaged(number), as: name)
                let repository = try small.open(store, withPassword: false, toolboxes: toolboxes)
                let words = damages.description(of: number)
                let error = #expect(throws: RepositoryError.self, "\(words)") {
                    try repository.lock(.shared, retryFor: .zero, timing: timing).release()
                }
                guard case .damaged(name, _) = error else {
                    Issue.record("\(words) gave \(String(describing: error))")
                    continue
                }
                // It is old, but that is not known any more.
                #expect(try repository.locks().isEmpty, "\(words)")
                #expect(try repository.removeStaleLocks() == 0, "\(words)")
                #expect(try Checker(repository).check(readData: false).findings == [], "\(words)")
            }
            // A file of no bytes is one whose writer had no time to write it.
            let empty = whole.serving([], as: name)
            let repository = try small.open(empty, withPassword: false, toolboxes: toolboxes)
            try repository.lock(.shared, retryFor: .zero, timing: timing).release()
        }

        private func tally(of damages: [(ObjectName, Damages)], everyCheck: Int, everyRestore: Int) throws -> Tally {
            let state = Mutex(Tally())
            let threads = 2
            let small = small
            let workshop = try Workshop()
            inParallel(threads) { thread in
                let toolboxes = ToolboxPool(small.master)
                var tally = Tally()
                for (name, damages) in damages {
                    for number in stride(from: thread, to: damages.count, by: threads) {
                        let store = small.store.serving(damages.damaged(number), as: name)
                        let fault = { (words: String) in "\(name) \(damages.description(of: number)): \(words)" }
                        Self.read(small, store, name, toolboxes, &tally, fault)
                        if number / threads % everyCheck == 0 {
                            Self.check(small, store, name, toolboxes, &tally, fault)
                        }
                        if number / threads % everyRestore == 0 {
                            let target = "\(workshop.path)/\(thread)-\(number)"
                            Self.restore(small, store, name, toolboxes, target, &tally, fault)
                        }
                    }
                }
                state.withLock { state in
                    state.right += tally.right
                    state.refused += tally.refused
                    state.checked += tally.checked
                    state.restored += tally.restored
                    state.faults += tally.faults
                }
            }
            return state.withLock { $0 }
        }

        private static func read(
            _ small: SmallRepository, _ store: MemoryStore, _ name: ObjectName, _ toolboxes: ToolboxPool,
            _ tally: inout Tally, _ fault: (String) -> String
        ) {
            do {
                let needsPassword = name.kind == nil || name.kind == .keys
                let repository = try small.open(store, withPassword: needsPassword, toolboxes: toolboxes)
                if try SmallRepository.readEverything(repository) == small.contents {
                    tally.right += 1
                } else {
                    tally.faults.append(fault("other files were read"))
                }
            } catch is RepositoryError {
                tally.refused += 1
            } catch {
                tally.faults.append(fault("\(error)"))
            }
        }

        private static func check(
            _ small: SmallRepository, _ store: MemoryStore, _ name: ObjectName, _ toolboxes: ToolboxPool,
            _ tally: inout Tally, _ fault: (String) -> String
        ) {
            // Without config and key there is nothing to be checked: opening refuses, which was counted.
            guard let kind = name.kind, kind != .keys else { return }
            do {
                let repository = try small.open(store, withPassword: false, toolboxes: toolboxes)
                tally.checked += 1
                if try Checker(repository).check(readData: true).isClean {
                    tally.faults.append(fault("a check found nothing"))
                }
            } catch {
                tally.faults.append(fault("a check ended with \(error)"))
            }
        }

        private static func restore(
            _ small: SmallRepository, _ store: MemoryStore, _ name: ObjectName, _ toolboxes: ToolboxPool,
            _ target: String, _ tally: inout Tally, _ fault: (String) -> String
        ) {
            guard let kind = name.kind, kind != .keys else { return }
            do {
                let repository = try small.open(store, withPassword: false, toolboxes: toolboxes)
                let tree = try repository.snapshot(matching: "latest").snapshot.tree
                try repository.loadIndex()
                let outcome = try Restorer(repository).restore(tree, to: target)
                defer { try? FileManager.default.removeItem(atPath: target) }
                tally.restored += 1
                var restored: [String: [UInt8]] = [:]
                for path in try FileManager.default.subpathsOfDirectory(atPath: target) {
                    guard let file = FileManager.default.contents(atPath: "\(target)/\(path)") else { continue }
                    restored[path] = Array(file)
                }
                let failed = outcome.failures.map { failure in
                    failure.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
                }
                if restored.contains(where: { small.contents[$0.key] != $0.value }) {
                    tally.faults.append(fault("other files were restored"))
                }
                for path in small.contents.keys where restored[path] == nil {
                    if failed.contains(where: { $0.isEmpty || path == $0 || path.hasPrefix($0 + "/") }) { continue }
                    tally.faults.append(fault("a file is left out and nothing said of it"))
                }
            } catch is RepositoryError {
                // Refused as a whole, which `read` counts.
            } catch {
                tally.faults.append(fault("\(error)"))
            }
        }
    }
}
