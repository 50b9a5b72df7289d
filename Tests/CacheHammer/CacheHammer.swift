import Glibc
import Storage

/// Works on a cache before a store until it is killed: `CacheHammer STORE CACHE LIMIT SEED`.
///
/// It reads random ranges of all packs of the store, and complains when one is not what the store has.
@main struct CacheHammer {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let limit = Int(arguments[3]), var random = UInt64(arguments[4]) else { return }
        let inner = LocalStore(path: arguments[1])
        let store = CachedStore(inner, cache: ChunkCache(path: arguments[2], limit: limit))
        let packs = try inner.list(.data)
        func number(below bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % max(1, bound)
        }
        // The other side sees that it runs.
        say("ready\n")
        while true {
            let pack = packs[number(below: packs.count)]
            let start = number(below: pack.size)
            let end = start + 1 + number(below: min(300_000, pack.size - start))
            let window = max(0, start - number(below: 50_000))..<min(pack.size, end + number(below: 50_000))
            let advice = ReadAdvice(window: window, retention: number(below: 2) == 0 ? .metadata : .content)
            let bytes = try store.read(pack.name, range: start..<min(end, pack.size), advice: advice)
            guard try bytes == inner.read(pack.name, range: start..<min(end, pack.size)) else {
                say("wrong\n")
                return
            }
            if number(below: 40) == 0 { store.forget(pack.name, range: start..<end) }
        }
    }

    private static func say(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    }
}
