import CXattr
import Glibc

/// Extended attributes of files, where the file system has them. Failures are taken for "none": attributes are an extra.
enum ExtendedAttributes {
    /// Attributes of an entry of a directory, ascending by name. Links are followed only for a path (`AT_FDCWD`).
    static func read(_ name: [UInt8], in directory: Int32) -> [Node.ExtendedAttribute] {
        // There is no getxattrat before Linux 6.13; the link in /proc stands for the directory.
        let follows = directory == AT_FDCWD
        let path = follows ? name : Array("/proc/self/fd/\(directory)/".utf8) + name
        return withCString(path) { path in
            let list = filled { buffer, size in
                let names = buffer?.assumingMemoryBound(to: CChar.self)
                return follows ? listxattr(path, names, size) : llistxattr(path, names, size)
            }
            guard let list, !list.isEmpty
            else { return [] }
            var attributes: [Node.ExtendedAttribute] = []
            for key in list.split(separator: 0) {
                // Go keeps such names as text too; one that is not UTF-8 could not be set again.
                guard let text = String(validating: key, as: UTF8.self),
                    let value = filled({ follows ? getxattr(path, text, $0, $1) : lgetxattr(path, text, $0, $1) })
                else { continue }
                attributes.append(.init(name: text, value: value))
            }
            return attributes.sorted { $0.name < $1.name }
        }
    }

    /// Sets attributes of an open file, each that can be; returns the first reason other than that it may not.
    static func write(_ attributes: [Node.ExtendedAttribute], to file: Int32) -> SystemError? {
        var refusal: SystemError?
        for attribute in attributes {
            let value = attribute.value ?? []
            let result = value.withUnsafeBytes { fsetxattr(file, attribute.name, $0.baseAddress, $0.count, 0) }
            if result != 0, errno != ENOTSUP, errno != EPERM, refusal == nil {
                refusal = SystemError(.attributes, errno)
            }
        }
        return refusal
    }

    /// Calls once for the size and once for the bytes; nil when either fails.
    private static func filled(_ call: (UnsafeMutableRawPointer?, Int) -> Int) -> [UInt8]? {
        let size = call(nil, 0)
        guard size > 0 else { return size == 0 ? [] : nil }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = bytes.withUnsafeMutableBytes { call($0.baseAddress, $0.count) }
        guard count >= 0 else { return nil }
        return Array(bytes.prefix(count))
    }
}
