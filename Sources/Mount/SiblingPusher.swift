import ChatArchive

final class SiblingPusher: Sendable {
    func observe(_ file: InodeNumber) {}
}
extension Server {
    func startReadAhead(_ session: FuseSession) {}
    func stopReadAhead() {}
}
