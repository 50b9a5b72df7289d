import Dispatch
import Synchronization

/// Decoded values in bounded memory, each loaded by one caller at a time while others who want it wait for that one.
final class LoadingCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var values: LeastRecentlyUsed<Key, Value>
        /// Who waits for a value that is being loaded.
        var loading: [Key: [DispatchSemaphore]] = [:]
    }

    private let state: Mutex<State>
    /// Bytes that the values may cost together.
    let budget: Int

    /// - Parameter budget: bytes that the values may cost together.
    init(budget: Int) {
        self.budget = budget
        state = Mutex(State(values: LeastRecentlyUsed(budget: budget)))
    }

    /// The value if it is in memory.
    func cached(_ key: Key) -> Value? { state.withLock { $0.values.value(key) } }

    /// The value, loaded when it is not in memory and the caller may wait. `load` runs without a lock held.
    func value(
        _ key: Key, waiting: Waiting, load: () throws(FolderTreeError) -> (value: Value, cost: Int)
    ) throws(FolderTreeError) -> Value {
        if let value = cached(key) { return value }
        guard case .until(let deadline) = waiting else { throw .mustWait }
        while true {
            // What is read for one answer is read in steps; a slow storage must not be asked on when it is too late.
            let left = deadline - .now
            guard left > .zero else { throw .timedOut }
            let turn = DispatchSemaphore(value: 0)
            let (value, isOurs): (Value?, Bool) = state.withLock { state in
                if let value = state.values.value(key) { return (value, false) }
                guard state.loading[key] != nil else {
                    state.loading[key] = []
                    return (nil, true)
                }
                state.loading[key]?.append(turn)
                return (nil, false)
            }
            if let value { return value }
            if isOurs { return try loadAndWake(key, load) }
            let seconds = Double(left.components.seconds) + Double(left.components.attoseconds) * 1e-18
            guard turn.wait(timeout: .now() + seconds) == .success else { throw .timedOut }
            // Whoever loaded it may have failed, or it is gone again: then it is our turn.
        }
    }

    /// The value, made at once when all it is made from is in memory: `make` throws `mustWait` when something is not.
    func valueFromMemory(
        _ key: Key, make: () throws(FolderTreeError) -> (value: Value, cost: Int)
    ) throws(FolderTreeError) -> Value {
        if let value = cached(key) { return value }
        let made = try make()
        state.withLock { $0.values.insert(made.value, for: key, cost: made.cost) }
        return made.value
    }

    /// Loads those of some values that are neither in memory nor being loaded; who asks for one meanwhile waits for it.
    ///
    /// `load` hands over what it gets; what it does not get is loaded by the next one who asks.
    func preload(_ keys: [Key], load: (_ missing: [Key], _ deliver: (Key, Value, _ cost: Int) -> Void) -> Void) {
        let missing = state.withLock { state in
            keys.filter { key in
                guard !state.values.contains(key), state.loading[key] == nil else { return false }
                state.loading[key] = []
                return true
            }
        }
        guard !missing.isEmpty else { return }
        var left = Set(missing)
        load(missing) { key, value, cost in
            guard left.remove(key) != nil else { return }
            state.withLock { $0.values.insert(value, for: key, cost: cost) }
            wake(key)
        }
        for key in left { wake(key) }
    }

    private func loadAndWake(
        _ key: Key, _ load: () throws(FolderTreeError) -> (value: Value, cost: Int)
    ) throws(FolderTreeError) -> Value {
        let loaded: (value: Value, cost: Int)
        do throws(FolderTreeError) {
            loaded = try load()
        } catch {
            wake(key)
            throw error
        }
        state.withLock { $0.values.insert(loaded.value, for: key, cost: loaded.cost) }
        wake(key)
        return loaded.value
    }

    private func wake(_ key: Key) {
        let waiting = state.withLock { $0.loading.removeValue(forKey: key) ?? [] }
        for semaphore in waiting { semaphore.signal() }
    }
}
