/// Why an entry could not be restored: a fault of the entry is noted, one of the store ends the restore.
enum RestoreFault: Error {
    case entry(RestoreFailure.Reason)
    case repository(RepositoryError)

    static func running<Value>(_ body: () throws(SystemError) -> Value) throws(RestoreFault) -> Value {
        do { return try body() } catch { throw .entry(.system(error)) }
    }
}

extension TargetDirectory {
    /// The directory, made now if need be.
    func reached() throws(RestoreFault) -> Int32 {
        try RestoreFault.running { () throws(SystemError) in try descriptor() }
    }
}
