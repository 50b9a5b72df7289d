import SQLite

/// What was passed over while a damaged table was read.
package struct DamagedRows: Hashable, Sendable {
    /// Rows that are there, and cannot be read.
    package var rows = 0
    /// Places where an unknown number of rows may be missing.
    package var gaps = 0
    /// Why the first of them could not be read.
    package var firstFault: DatabaseFault?
}

extension ForeignDatabase {
    /// So often is damage in one table passed over; looking for the next row costs up to some hundred small statements.
    private static let mostDamage = 4000

    /// Reads every row of a plain table that can be read, in the order of row numbers, and passes over what is damaged,
    /// too large or out of order. The work limit holds for all of it.
    ///
    /// - Parameters:
    ///   - columns: as in `rows`.
    ///   - body: gets each row; return false to stop.
    /// - Throws: a fault that is not about some rows, or what the body throws.
    package func readableRows(
        of table: String, _ columns: [String], _ body: (Statement) throws -> Bool
    ) throws -> DamagedRows {
        var damaged = DamagedRows()
        var next = Int64.min
        database.restartWork()
        while true {
            var thrown: (any Error)?
            do {
                // The row number comes last, so that the columns keep their places.
                try read(table, columns + ["rowid"], "WHERE rowid >= ? ORDER BY rowid", [.number(next)]) { row in
                    let number = row.int64(columns.count)
                    // Otherwise a damaged table might be read again and again.
                    guard number >= next else {
                        damaged.rows += 1
                        damaged.firstFault = damaged.firstFault ?? .outOfOrder
                        return true
                    }
                    do {
                        guard try body(row), number < .max else { return false }
                    } catch {
                        thrown = error
                        return false
                    }
                    next = number + 1
                    return true
                }
                if let thrown { throw thrown }
                return damaged
            } catch let fault as DatabaseFault where thrown == nil && fault.isAboutRows {
                damaged.firstFault = damaged.firstFault ?? fault
                guard damaged.gaps + damaged.rows < Self.mostDamage else { throw fault }
                if let row = try rowNumber(of: table, notBelow: next) {
                    damaged.rows += 1
                    guard row < .max else { return damaged }
                    next = row + 1
                } else {
                    damaged.gaps += 1
                    guard let after = try endOfGap(in: table, from: next) else { return damaged }
                    next = after
                }
            }
        }
    }

    /// Reads what can be read of a table in which things are looked up. What cannot be read is noted, as a damage of the file at
    /// `path`; a table that is not there has no rows. Throws what the body throws, which returns false to stop.
    package func lookUp(
        in table: String, _ columns: [String], at path: String, noting note: (DatabaseDamage) -> Void,
        _ body: (Statement) throws -> Bool
    ) throws {
        guard hasTable(table) else { return }
        do {
            let lost = try readableRows(of: table, columns, body)
            if let damage = DatabaseDamage(path: path, table: table, lost) { note(damage) }
        } catch let fault as DatabaseFault {
            note(DatabaseDamage(path: path, table: table, fault: fault))
        }
    }

    /// The number of the first row from a number on, nil when it cannot be told.
    private func rowNumber(of table: String, notBelow number: Int64) throws -> Int64? {
        var found: Int64?
        do {
            try read(table, ["rowid"], "WHERE rowid >= ? ORDER BY rowid LIMIT 1", [.number(number)]) { row in
                let candidate = row.int64(0)
                found = candidate >= number ? candidate : nil
                return false
            }
        } catch let fault as DatabaseFault where fault.isAboutRows {
            return nil
        }
        return found
    }

    /// The smallest number from which on a row can be found again; nil when there is none. Looked for from both sides:
    /// in steps that double, then by halves.
    private func endOfGap(in table: String, from start: Int64) throws -> Int64? {
        // Row numbers are hardly ever negative.
        var (bad, step) = (start < 0 ? 0 : start, Int64(1))
        var good: Int64?
        while good == nil {
            let (probe, isOver) = bad.addingReportingOverflow(step)
            guard !isOver else { return nil }
            if try rowNumber(of: table, notBelow: probe) != nil { good = probe } else { bad = probe }
            step = step.multipliedReportingOverflow(by: 2).partialValue
            guard step > 0 else { return nil }
        }
        guard var good else { return nil }
        while good - bad > 1 {
            let middle = bad + (good - bad) / 2
            if try rowNumber(of: table, notBelow: middle) != nil { good = middle } else { bad = middle }
        }
        return good
    }
}

extension DatabaseFault {
    /// Whether other rows of the same table may still be readable.
    var isAboutRows: Bool {
        switch self {
        case .damagedPage, .missingPage: true
        case .refused(let error): error.operation == .step && (error.kind == .damaged || error.kind == .tooBig)
        default: false
        }
    }
}
