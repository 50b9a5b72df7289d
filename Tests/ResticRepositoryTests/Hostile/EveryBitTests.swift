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
            var faults: [String] = []
            var slowest = Duration.zero
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
            let tally = try self.tally(of: damages, everyCheck: kind == .data ? 6 : 3)
            #expect(tally.faults.prefix(10) == [])
            #expect(tally.right + tally.refused == damages.reduce(0) { $0 + $1.1.count })
            #expect(tally.slowest < .seconds(5))
            // Only a pack's header is not needed for reading: everything else is under a digest or a code.
            #expect((tally.right == 0) == (kind != .data))
            print(
                "\(kind?.rawValue ?? "config"): \(tally.right + tally.refused) damages, \(tally.refused) refused, "
                    + "\(tally.right) read right all the same, \(tally.checked) checked")
        }

        private func tally(of damages: [(ObjectName, Damages)], everyCheck: Int) throws -> Tally {
            let state = Mutex(Tally())
            let threads = 2
            let small = small
            inParallel(threads) { thread in
                let toolboxes = ToolboxPool(small.master)
                var tally = Tally()
                for (name, damages) in damages {
                    for number in stride(from: thread, to: damages.count, by: threads) {
                        let store = small.store.serving(damages.damaged(number), as: name)
                        let fault = { (words: String) in "\(name) \(damages.description(of: number)): \(words)" }
                        let start = ContinuousClock.now
                        Self.read(small, store, name, toolboxes, &tally, fault)
                        if number / threads % everyCheck == 0 {
                            Self.check(small, store, name, toolboxes, &tally, fault)
                        }
                        tally.slowest = max(tally.slowest, ContinuousClock.now - start)
                    }
                }
                state.withLock { state in
                    state.right += tally.right
                    state.refused += tally.refused
                    state.checked += tally.checked
                    state.faults += tally.faults
                    state.slowest = max(state.slowest, tally.slowest)
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
    }
}
