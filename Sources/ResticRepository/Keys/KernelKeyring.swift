import CKeyutils
import Glibc
import Storage

/// Unlocked keys in the keyring that the kernel keeps for each user (keyrings(7), user-keyring(7)): in its memory, never on a
/// disk, for processes of that user, until a moment comes that the kernel watches.
///
///     description: chatark:PLACE
///     0        8         40       104
///     | until | key file | master |       seconds since 1970, little-endian
public enum KernelKeyring {
    /// What is kept for a place.
    public struct Entry: Sendable {
        /// The key.
        public let key: UnlockedKey
        /// When the kernel drops it, in seconds since 1970.
        public let until: Int64
    }

    private static let keyOffset = 40

    /// Why a key could not be kept: a container may forbid keyrings, and a user may have too many keys.
    public struct Fault: Error {
        /// The kernel's number for it.
        public let errno: Int32
    }

    /// Keeps a key for the repository at a place, in the stead of the one before it.
    public static func keep(_ key: UnlockedKey, for place: String, seconds: UInt32) throws(Fault) {
        var until = (Int64(time(nil)) + Int64(seconds)).littleEndian
        let payload = Secret(count: keyOffset + BoxKey.byteCount) { payload in
            withUnsafeBytes(of: &until) { payload.copyMemory(from: $0) }
            func copy(_ bytes: UnsafeRawBufferPointer, to offset: Int) {
                UnsafeMutableRawBufferPointer(rebasing: payload[offset...]).copyMemory(from: bytes)
            }
            key.id.digest.withBytes { copy($0, to: 8) }
            copy(key.master.encrypt, to: keyOffset)
            copy(key.master.k, to: keyOffset + 32)
            copy(key.master.r, to: keyOffset + 48)
        }
        let bytes = payload.bytes
        let serial = add_key("user", description(of: place), bytes.baseAddress, bytes.count, KEY_SPEC_USER_KEYRING)
        guard serial >= 0 else { throw Fault(errno: errno) }
        // Also for those of the user's processes that did not log in, such as cron's.
        guard keyctl_setperm(serial, key_perm_t(KEY_POS_ALL | KEY_USR_ALL)) == 0,
            keyctl_set_timeout(serial, seconds) == 0
        else {
            let fault = Fault(errno: errno)
            keyctl_unlink(serial, KEY_SPEC_USER_KEYRING)
            throw fault
        }
    }

    /// What is kept for the repository at a place; nil when there is nothing, or no keyring.
    public static func find(for place: String) -> Entry? {
        guard let serial = serial(of: place) else { return nil }
        var count = 0
        let payload = Secret(count: keyOffset + BoxKey.byteCount) { payload in
            count = keyctl_read(serial, payload.bindMemory(to: CChar.self).baseAddress, payload.count)
        }
        let bytes = payload.bytes
        guard count == bytes.count,
            let master = BoxKey(Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[keyOffset...]))),
            let digest = SHA256Digest(copying: UnsafeRawBufferPointer(rebasing: bytes[8..<keyOffset]))
        else { return nil }
        let until = Int64(littleEndian: bytes.loadUnaligned(as: Int64.self))
        return Entry(key: UnlockedKey(id: KeyID(digest), master: master), until: until)
    }

    /// Drops what is kept for a place; false when there was nothing.
    @discardableResult
    public static func drop(for place: String) -> Bool {
        guard let serial = serial(of: place) else { return false }
        // Invalid at once, even for who has found it already.
        return keyctl_revoke(serial) == 0 && keyctl_unlink(serial, KEY_SPEC_USER_KEYRING) == 0
    }

    private static func serial(of place: String) -> key_serial_t? {
        let found = keyctl_search(KEY_SPEC_USER_KEYRING, "user", description(of: place), 0)
        return found >= 0 ? key_serial_t(found) : nil
    }

    private static func description(of place: String) -> String { "chatark:" + place }
}
