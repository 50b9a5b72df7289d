/// When a server wants to be asked again (RFC 9110, 10.2.3).
enum RetryAfter {
    /// From now on; nil when the answer does not say. At most a day.
    static func duration(_ answer: HTTPAnswer, now: Int = HTTPDate.now) -> Duration? {
        guard let text = answer.header("retry-after") else { return nil }
        let seconds = Int(text) ?? HTTPDate.seconds(http: text).map { $0 - now }
        return seconds.map { .seconds(min(max($0, 0), 86_400)) }
    }
}
