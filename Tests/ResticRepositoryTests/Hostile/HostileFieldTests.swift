import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

extension HostileTests {
    /// Snapshots and keys whose fields are not what they should be, and files that are none.
    @Suite struct FieldTests {
        let forger: Forger

        init() throws { forger = try Forger() }

        // MARK: Snapshots

        /// What each field of a snapshot may not be, among `values`.
        static let wrongValues: [(field: String, values: [String])] = {
            let values = [
                "5", "-1", "1.5", "18446744073709551616", "true", #""x""#, #""2021-13-41T99:00:00Z""#, "[]", "[5]",
                "[[]]",
                #"[{"a":1}]"#, "{}", #"{"a":[]}"#, #"{"backup_start":5}"#, #"{"files_new":-1}"#, #"{"files_new":"x"}"#,
            ]
            let strings = values.filter { $0.hasPrefix("\"") }
            let right: [(String, [String])] = [
                ("time", []), ("tree", []), ("parent", []), ("original", []), ("paths", ["[]"]), ("excludes", ["[]"]),
                ("tags", ["[]"]), ("hostname", strings), ("username", strings), ("program_version", strings),
                ("uid", ["5"]),
                ("gid", ["5"]), ("summary", ["{}", #"{"a":[]}"#]),
            ]
            return right.map { field, allowed in (field, values.filter { !allowed.contains($0) }) }
        }()

        @Test(arguments: wrongValues)
        func `a snapshot with a field of a wrong type is left out by name`(field: String, values: [String]) throws {
            let id = String(repeating: "ab", count: 32)
            for value in values {
                var fields = ["time": #""2021-09-04T15:03:55Z""#, "tree": "\"\(id)\"", "paths": #"["/a"]"#]
                fields[field] = value
                let text = "{" + fields.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
                let name = ObjectName(.snapshots, try forger.repository.saveUnpacked(.snapshots, Array(text.utf8)))
                #expect(try !forger.repository.snapshots().contains { $0.id.digest == name.digest })
                #expect(isLeftOut(name), "\(field) as \(value)")
                #expect(try Checker(forger.repository).check(readData: false).findings == [.unreadable(name)])
                try forger.store.remove(name)
            }
        }

        @Test func `a snapshot without its tree or time, or that is no object, is left out`() throws {
            let id = String(repeating: "ab", count: 32)
            for text in [
                "{}", "[]", #"{"time":"2021-09-04T15:03:55Z","paths":[]}"#, #"{"tree":"\#(id)","paths":[]}"#,
                #"{"time":null,"tree":null}"#, #"{"time":"2021-09-04T15:03:55Z","tree":"\#(id)"}{}"#, "[[[[",
            ] {
                let name = ObjectName(.snapshots, try forger.repository.saveUnpacked(.snapshots, Array(text.utf8)))
                #expect(try !forger.repository.snapshots().contains { $0.id.digest == name.digest })
                #expect(isLeftOut(name), "\(text)")
                try forger.store.remove(name)
            }
        }

        private func isLeftOut(_ name: ObjectName) -> Bool {
            forger.repository.leftOut.contains { if case .damaged(name, _) = $0 { true } else { false } }
        }

        // MARK: Keys

        @Test(arguments: [
            "1099511627776,8,1", "32768,0,1", "32768,8,2147483648", "0,8,1", "1,8,1", "-32768,8,1", "32767,8,1",
            "32768,-8,1", "32768,8,0", "32768,8,-1", "16777216,1024,1", "16777216,8,1024", "2,1024,1025",
            "9223372036854775807,9223372036854775807,9223372036854775807", "4611686018427387904,1,1",
            "-9223372036854775808,8,1", "18446744073709551616,8,1", "1.5,8,1", "null,8,1",
        ])
        func `a key that asks for an absurd amount of work is refused at once`(parameters: String) throws {
            let parts = parameters.split(separator: ",")
            let key = try #require(try forger.store.list(.keys).first).name
            let text = String(decoding: try forger.store.read(key, range: nil), as: UTF8.self)
            let absurd = text.replacing(
                #""N":16,"r":1,"p":1"#, with: #""N":\#(parts[0]),"r":\#(parts[1]),"p":\#(parts[2])"#)
            try #require(absurd != text)
            try forger.store.remove(key)
            // As many as are ever tried, and more.
            for number in 0..<30 {
                let bytes = Array((absurd + String(repeating: " ", count: number)).utf8)
                try forger.store.write(ObjectName(.keys, SHA256Digest(hashing: bytes)), bytes)
            }
            try expectGrowth(below: 50 << 20) {
                let error = #expect(throws: RepositoryError.self) { try forger.open() }
                guard case .damaged? = error else {
                    Issue.record("opening gave \(String(describing: error))")
                    return
                }
            }
        }

        @Test(arguments: [
            (#""kdf":"scrypt""#, #""kdf":"plain""#), (#""kdf":"scrypt""#, #""kdf":5"#),
            (#""salt":""#, #""salt":"AAAA"#),
            (#""salt":""#, #""salt":"*"#), (#""data":""#, #""data":"*"#), (#""data":""#, #""dota":""#),
            (#"{"created""#, #"[{"created""#), (#""salt":""#, #""salt":[],"s":""#),
        ])
        func `a key with other fields is refused`(old: String, new: String) throws {
            let key = try #require(try forger.store.list(.keys).first).name
            let text = String(decoding: try forger.store.read(key, range: nil), as: UTF8.self)
            let changed = text.replacing(old, with: new)
            try #require(changed != text)
            try forger.store.remove(key)
            let name = ObjectName(.keys, SHA256Digest(hashing: Array(changed.utf8)))
            try forger.store.write(name, Array(changed.utf8))
            let error = #expect(throws: RepositoryError.self) { try forger.open() }
            guard case .damaged(name, _) = error else {
                Issue.record("opening gave \(String(describing: error))")
                return
            }
        }

        // MARK: What is no file

        private func place(_ forger: Forger, _ name: ObjectName) -> String {
            "\(forger.workshop.repositoryPath)/\(name.path)"
        }

        @Test func `a pipe, a directory or a link into nowhere in place of a file is no file`() throws {
            let forger = try Forger(onDisk: true)
            try forger.store([Forger.Blob(id: BlobID(SHA256Digest(hashing: [1])), content: [1])])
            let names = [.config] + (try ObjectKind.allCases.flatMap { try forger.repository.list($0).map(\.name) })
            #expect(names.count == 4)
            for name in names {
                let path = place(forger, name)
                let content = try Data(contentsOf: URL(fileURLWithPath: path))
                #expect(remove(path) == 0)
                for kind in ["pipe", "directory", "link"] {
                    switch kind {
                    case "pipe": #expect(mkfifo(path, 0o600) == 0)
                    case "directory": #expect(mkdir(path, 0o700) == 0)
                    default: #expect(symlink("nowhere", path) == 0)
                    }
                    #expect(throws: StorageError.self, "\(name) as a \(kind)") {
                        try forger.store.read(name, range: nil)
                    }
                    #expect(throws: StorageError.self, "\(name) as a \(kind)") {
                        try forger.store.read(name, range: 0..<4)
                    }
                    #expect(remove(path) == 0)
                }
                try content.write(to: URL(fileURLWithPath: path))
            }
        }

        @Test func `files of a terabyte of holes are refused, not read`() throws {
            let forger = try Forger(onDisk: true)
            try forger.store([Forger.Blob(id: BlobID(SHA256Digest(hashing: [1])), content: [1])])
            try forger.snapshot(of: try forger.tree(Forger.tree(of: [])))
            let names = [.config] + (try ObjectKind.allCases.flatMap { try forger.repository.list($0).map(\.name) })
            #expect(names.count == 7)
            for name in names {
                let path = place(forger, name)
                let content = try Data(contentsOf: URL(fileURLWithPath: path))
                #expect(chmod(path, 0o600) == 0)
                #expect(truncate(path, 1 << 40) == 0)
                try expectGrowth(below: 100 << 20) {
                    #expect(throws: StorageError.self) { try forger.store.read(name, range: nil) }
                    if name.kind == .data {
                        let report = try Checker(forger.open()).check(readData: true)
                        #expect(report.findings.contains(.packDamaged(PackID(try #require(name.digest)))))
                    }
                }
                try FileManager.default.removeItem(atPath: path)
                try content.write(to: URL(fileURLWithPath: path))
            }
        }

        // MARK: Damage and the rest

        @Test func `a pack that was cut costs the files beyond the cut only`() throws {
            let forger = try Forger(onDisk: true)
            let contents = (0..<4).map { SeededGenerator.bytes(1000, seed: $0) }
            let blobs = contents.map { Forger.Blob(id: BlobID(SHA256Digest(hashing: $0)), content: $0) }
            let pack = try forger.store(blobs)
            let tree = try forger.tree(
                Forger.tree(of: blobs.enumerated().map { Forger.file("file \($0)", [$1.id], size: "1000") }))
            try forger.snapshot(of: tree)
            let path = place(forger, ObjectName(.data, pack.digest))
            #expect(chmod(path, 0o600) == 0 && truncate(path, 2500) == 0)
            let findings = try Checker(forger.repository).check(readData: true).findings
            #expect(findings.contains(.packDamaged(pack)))
            #expect(blobs.map { findings.contains(.blobDamaged($0.id, .data, pack)) } == [false, false, true, true])
            let (outcome, target) = try forger.restore(tree)
            #expect(outcome.failures.map(\.reason) == [.content(blobs[2].id), .content(blobs[3].id)])
            #expect(try FileManager.default.contentsOfDirectory(atPath: target).sorted() == ["file 0", "file 1"])
        }

        @Test func `a pack of trees that was cut is found, and costs what lies below only`() throws {
            let forger = try Forger(onDisk: true)
            let inner = try forger.tree(Forger.tree(of: []))
            let tree = try forger.tree(
                Forger.tree(of: [Forger.node("sub", "dir", #","content":null,"subtree":"\#(inner.hex)""#)]))
            try forger.snapshot(of: tree)
            try forger.repository.loadIndex()
            let pack = try #require(forger.repository.loadedIndex.firstPlace(of: inner.blob, .tree)).pack
            let path = place(forger, ObjectName(.data, pack.digest))
            #expect(chmod(path, 0o600) == 0 && truncate(path, 20) == 0)
            for readsData in [false, true] {
                let findings = try Checker(forger.repository).check(readData: readsData).findings
                #expect(findings.contains(.treeUnreadable(inner)))
            }
            let (outcome, _) = try forger.restore(tree)
            #expect(outcome.failures.map(\.reason) == [.tree(inner)])
        }
    }
}
