import Glibc

/// What an entry of a directory is called until it is whole: what is stopped leaves the old entry, none or the new one, and a
/// part never looks like the whole.
package struct TemporaryName {
    /// One component, which nobody else has.
    package let bytes: [UInt8]
    private let parent: Int32

    /// A name in an open directory.
    package init(in parent: Int32) {
        bytes = Array(".chatark-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))".utf8)
        self.parent = parent
    }

    /// Gives the entry its name, in one step; what had it before is gone.
    package func become(_ name: [UInt8]) throws(SystemError) {
        let result = withCString(bytes) { old in withCString(name) { renameat(parent, old, parent, $0) } }
        guard result == 0 else { throw SystemError(.create, errno) }
    }

    /// Removes the entry.
    package func remove() { _ = withCString(bytes) { unlinkat(parent, $0, 0) } }
}
