import Glibc

/// Sets owner, attributes, mode and times of what is restored. What is refused takes nothing from the rest: the first refusal
/// is returned, and the others are set all the same.
struct RestoredMetadata {
    /// Without the owner, set-uid would mean another user than it did.
    let restoresOwner: Bool

    /// Sets those of an open file, in the order in which none undoes another.
    func set(of file: Int32, _ node: Node) -> SystemError? {
        var refusals = Refusals()
        refusals.check(!restoresOwner || fchown(file, node.uid, node.gid) == 0 || errno == EPERM)
        let refused = ExtendedAttributes.write(node.extendedAttributes, to: file)
        let permissions = restoresOwner ? node.mode.unixPermissions : node.mode.unixPermissions & 0o1777
        refusals.check(fchmod(file, permissions) == 0)
        refusals.check(futimens(file, [node.accessed.systemTime, node.modified.systemTime]) == 0)
        return refusals.first ?? refused
    }

    /// Sets those of an entry that is not opened, such as a link or a pipe.
    func set(ofEntry name: [UInt8], in parent: Int32, _ node: Node) -> SystemError? {
        var refusals = Refusals()
        withCString(name) { name in
            refusals.check(
                !restoresOwner || fchownat(parent, name, node.uid, node.gid, AT_SYMLINK_NOFOLLOW) == 0
                    || errno == EPERM)
            refusals.check(node.kind == .symlink || fchmodat(parent, name, node.mode.unixPermissions, 0) == 0)
            let times = [node.accessed.systemTime, node.modified.systemTime]
            refusals.check(utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) == 0)
        }
        return refusals.first
    }

    private struct Refusals {
        var first: SystemError?

        /// Right after the call that may have failed.
        mutating func check(_ isDone: Bool) {
            if !isDone, first == nil { first = SystemError(.metadata, errno) }
        }
    }
}
