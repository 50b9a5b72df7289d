import Foundation
import Storage
import Testing

@testable import ResticRepository

@Suite struct LockTests {
    let workshop: Workshop
    let repository: Repository

    init() throws {
        workshop = try Workshop()
        repository = try workshop.create()
    }

    /// Times that let a test see minutes in a moment.
    static var hasty: LockRefresher.Timing {
        var timing = LockRefresher.Timing()
        timing.interval = .milliseconds(20)
        timing.retry = .milliseconds(20)
        timing.patience = .milliseconds(400)
        timing.settling = .milliseconds(1)
        timing.unreadable = [.milliseconds(1), .milliseconds(1)]
        return timing
    }

    func lock(_ mode: LockMode, retryFor: Duration = .zero) throws -> RepositoryLock {
        try repository.lock(mode, retryFor: retryFor, timing: Self.hasty)
    }

    /// Waits up to five seconds.
    func eventually(_ condition: () throws -> Bool) throws -> Bool {
        for _ in 0..<500 {
            if try condition() { return true }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return false
    }

    @Test func `shared locks live together, an exclusive one alone`() throws {
        let first = try lock(.shared)
        let second = try lock(.shared)
        #expect(throws: RepositoryError.self) { try lock(.exclusive) }
        first.release()
        second.release()
        let alone = try lock(.exclusive)
        #expect(throws: RepositoryError.self) { try lock(.shared) }
        #expect(throws: RepositoryError.self) { try lock(.exclusive) }
        alone.release()
        #expect(try repository.list(.locks).isEmpty)
    }

    @Test func `a conflict names the holder`() throws {
        let time = GoTime(seconds: GoTime.now().seconds - 180)
        let text = #"{"time":"\#(time.text)","exclusive":true,"hostname":"laptop","username":"ann","pid":4711}"#
        let id = LockID(try repository.saveUnpacked(.locks, Array(text.utf8)))
        do throws(RepositoryError) {
            _ = try repository.lock(.shared)
            Issue.record("the lock was given twice")
        } catch {
            guard case .locked(let holder) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(holder.id == id && holder.hostname == "laptop" && holder.pid == 4711 && holder.isExclusive)
            #expect(holder.age >= .seconds(180) && holder.age < .seconds(240))
            #expect(error.description.contains("process 4711 on laptop, exclusively, for 3 minutes"))
        }
        #expect(try repository.list(.locks).count == 1)
    }

    @Test func `a lock for which somebody was faster is given up when it settles`() throws {
        var timing = Self.hasty
        timing.settling = .milliseconds(300)
        let slow = try repository.beginLock(.shared, timing)
        try slow.throwIfRefused()
        let faster = LockID(try repository.saveUnpacked(.locks, LockFile(.exclusive, time: .now()).encoded()))
        for _ in 1...2 {
            #expect { try slow.settle() } throws: { error in
                guard case .locked(let holder) = error as? RepositoryError else { return false }
                return holder.id == faster
            }
        }
        #expect(throws: RepositoryError.self) { try slow.throwIfRefused() }
        #expect(throws: RepositoryError.self) { try slow.check() }
        #expect(try repository.list(.locks).map(\.name.digest) == [faster.digest])
    }

    @Test func `a lock is written anew while it is held, and goes when it is released`() throws {
        let held = try lock(.shared)
        let first = held.id
        #expect(try eventually { held.id != first })
        try held.check()
        #expect(try eventually { try repository.list(.locks).map(\.name.digest) == [held.id.digest] })
        held.release()
        held.release()
        #expect(try eventually { try repository.list(.locks).isEmpty })
        #expect(throws: RepositoryError.lockLost) { try held.check() }
    }

    @Test func `a dropped lock is released`() throws {
        _ = try lock(.exclusive)
        #expect(try eventually { try repository.list(.locks).isEmpty })
    }

    @Test func `a lock that is left stays, and is written anew no more`() throws {
        let id: LockID
        do {
            let held = try lock(.shared)
            held.leave()
            held.release()
            id = held.id
        }
        Thread.sleep(forTimeInterval: 0.2)
        #expect(try repository.locks().map(\.id) == [id])
    }

    @Test func `a lock that somebody removed is lost`() throws {
        let held = try lock(.shared)
        #expect(
            try eventually {
                try repository.removeAllLocks()
                return (try? held.check()) == nil
            })
    }

    @Test func `a lock whose file is gone is lost when it is relied on, and no index file is written`() throws {
        var timing = Self.hasty
        timing.interval = .seconds(60)
        timing.patience = .seconds(600)
        timing.trust = .zero
        let held = try repository.lock(.shared, retryFor: .zero, timing: timing)
        try held.check()
        let writer = try repository.makeWriter()
        writer.guardIndex { () throws(RepositoryError) in try held.check() }
        _ = try writer.save([1, 2, 3], .data, group: .records)
        #expect(try repository.removeAllLocks() == 1)
        #expect(throws: RepositoryError.lockLost) { try writer.finish() }
        #expect(try repository.list(.index).isEmpty)
        #expect(throws: RepositoryError.lockLost) { try held.check() }
    }

    @Test func `what is left of others is told, and may be removed when it is a day old`() throws {
        for age in [3600, 25 * 3600] as [Int64] {
            let time = GoTime(seconds: GoTime.now().seconds - age)
            let text = #"{"time":"\#(time.text)","exclusive":false,"hostname":"laptop","username":"ann","pid":4711}"#
            _ = try repository.saveUnpacked(.locks, Array(text.utf8))
        }
        let held = try lock(.shared)
        #expect(held.leftBehind.map(\.isForgotten).sorted { !$0 && $1 } == [false, true])
    }

    @Test func `a lock that cannot be refreshed is lost after a while`() throws {
        let failing = FailingStore(workshop.store, failingWrites: .locks)
        let other = try Repository.open(failing, password: password)
        let id = LockID(try repository.saveUnpacked(.locks, LockFile(.shared, time: .now()).encoded()))
        let held = try RepositoryLock(LockRefresher(other, .shared, id, Self.hasty))
        try held.check()
        #expect(try eventually { (try? held.check()) == nil })
    }

    @Test func `waiting for a lock succeeds when it is released in time`() throws {
        let held = try lock(.exclusive)
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.1)
            held.release()
        }
        let next = try lock(.shared, retryFor: .milliseconds(600))
        try next.check()
    }

    @Test func `empty lock files do not count, unreadable ones are an error`() throws {
        let (empty, broken) = (SHA256Digest(hashing: []), SHA256Digest(hashing: [1]))
        try workshop.store.write(ObjectName(.locks, empty), [])
        try lock(.exclusive).release()
        try workshop.store.write(ObjectName(.locks, broken), [1])
        #expect(throws: RepositoryError.damaged(ObjectName(.locks, broken), .tooShort(1))) { try lock(.shared) }
        #expect(try repository.removeAllLocks() == 2)
        try lock(.shared).release()
    }

    @Test func `old locks and those of dead processes here are stale, others are not`() throws {
        func stale(_ host: String, _ pid: Int, age: Int64) throws -> Bool {
            let time = GoTime(seconds: 1_000_000 - age)
            let text = #"{"time":"\#(time.text)","exclusive":false,"hostname":"\#(host)","username":"","pid":\#(pid)}"#
            return try LockFile(parsing: Array(text.utf8)).isStale(now: GoTime(seconds: 1_000_000))
        }
        let here = Maker.current.hostname
        #expect(try !stale(here, Int(Maker.current.pid), age: 60))
        #expect(try stale(here, 4_000_000, age: 60))
        #expect(try !stale("elsewhere", 4_000_000, age: 1800))
        #expect(try stale("elsewhere", 4_000_000, age: 1801))
        #expect(try !stale(here, .max, age: 60))
    }
}
