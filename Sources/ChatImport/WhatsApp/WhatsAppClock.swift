import ChatModel

/// The moments of wall times that follow each other, where a clock that is put back shows an hour twice.
struct WhatsAppClock {
    private let zone: Zone
    private var previous: Timestamp?

    init(_ zone: Zone) { self.zone = zone }

    /// The moment of the next message's wall time. One that occurs twice is the first of the two, unless that lies before the
    /// message before; a second one that lies far before it tells nothing.
    mutating func moment(of wall: CivilTime) -> Timestamp {
        var moment = zone.moment(of: wall)
        if let previous, moment < previous, let second = second(of: wall, after: moment),
            second.seconds >= previous.seconds - 3600
        {
            moment = second
        }
        previous = moment
        return moment
    }

    /// The second moment of a wall time that occurs twice.
    private func second(of wall: CivilTime, after first: Timestamp) -> Timestamp? {
        let end = zone.period(at: first.seconds).seconds.upperBound
        guard end < .max else { return nil }
        let offset = zone.offset(at: end)
        let seconds = wall.secondsSince1970 - offset
        guard seconds >= end, zone.offset(at: seconds) == offset else { return nil }
        return Timestamp(seconds: seconds)
    }
}
