extension S3Store {
    /// Bytes in a part; S3 takes at least 5 MiB and at most 10,000 parts.
    private static let partSize = 8 << 20

    /// Sends a large object in parts, several at once. It exists only when all are there; after a failure none stays.
    func writeInParts(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        // Some servers heed the condition for whole objects and ignore it for those made of parts.
        let known = conditions.withLock { $0 }
        if name.digest == nil { try checkAbsent(name, mayBeHidden: known != .refused) }
        let key = key(of: name)
        let begin = S3Call(verb: .post, key: key, query: [("uploads", "")], headers: headers(for: name), body: [])
        let begun = try client.answer(begin, .object(name), .write)
        guard begun.isGood else { throw client.fault(begun, .object(name), .write) }
        guard
            // `rclone serve s3` calls the root InitiateMultipartUpload.
            let upload = try? XMLFields.text(at: [nil, "UploadId"], in: begun.body),
            !upload.isEmpty
        else { throw unreadable(.object(name), .write, begun) }
        do throws(StorageError) {
            let tags = try sendParts(name, key, upload, bytes)
            try finish(name, key, upload, tags, isConditional: known != .refused)
        } catch {
            // What is left behind costs money, but the first fault is the one to tell.
            let abort = S3Call(verb: .delete, key: key, query: [("uploadId", upload)])
            _ = try? client.answer(abort, .object(name), .remove)
            throw error
        }
    }

    private func sendParts(
        _ name: ObjectName, _ key: String, _ upload: String, _ bytes: [UInt8]
    ) throws(StorageError) -> [String] {
        let size = max(Self.partSize, (bytes.count + 9_999) / 10_000)
        var pending: [HTTPDoor.Pending] = []
        var fault: StorageError?
        for (index, start) in stride(from: 0, to: bytes.count, by: size).enumerated() {
            let part = S3Call(
                verb: .put, key: key, query: [("partNumber", "\(index + 1)"), ("uploadId", upload)],
                body: Array(bytes[start..<min(start + size, bytes.count)]))
            do throws(StorageError) {
                pending.append(try client.start(part))
            } catch {
                fault = error
                break
            }
        }
        var tags: [String] = []
        // All are waited for, so that none arrives after the upload was given up.
        for part in pending {
            do throws(HTTPFault) {
                let answer = try part.wait()
                if !answer.isGood {
                    fault = fault ?? client.fault(answer, .object(name), .write)
                } else if let tag = answer.header("etag"), !tag.isEmpty, !tag.contains(where: { "<&>".contains($0) }) {
                    tags.append(tag)
                } else {
                    fault = fault ?? unreadable(.object(name), .write, answer)
                }
            } catch {
                fault = fault ?? error.storageError(.object(name), .write, location)
            }
        }
        if let fault { throw fault }
        return tags
    }

    private func finish(
        _ name: ObjectName, _ key: String, _ upload: String, _ tags: [String], isConditional: Bool
    ) throws(StorageError) {
        let parts = tags.enumerated().map {
            "<Part><PartNumber>\($0.offset + 1)</PartNumber><ETag>\($0.element)</ETag></Part>"
        }
        let text =
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts.joined())"
            + "</CompleteMultipartUpload>"
        var call = S3Call(
            verb: .post, key: key, query: [("uploadId", upload)], headers: [("Content-Type", "application/xml")],
            body: Array(text.utf8))
        if isConditional { call.headers.append(("If-None-Match", "*")) }
        var answer = try client.answer(call, .object(name), .write)
        if isConditional, Self.refusesConditions(answer, client) {
            conditions.withLock { $0 = .refused }
            call.headers.removeLast()
            answer = try client.answer(call, .object(name), .write)
        }
        guard answer.isGood else { throw client.fault(answer, .object(name), .write) }
        // The status is sent before the work is done, so the body may still say that it failed.
        let error = S3ErrorBody(parsing: answer.body)
        guard error.code.isEmpty else {
            throw client.fault(HTTPAnswer(status: 500, body: answer.body), .object(name), .write)
        }
    }
}
