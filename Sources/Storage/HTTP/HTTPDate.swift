import Glibc

/// The time in the forms that HTTP and AWS write it, in UTC.
enum HTTPDate {
    /// `20150830T123600Z`, from seconds since 1970.
    static func basic(_ seconds: Int) -> String {
        let time = fields(seconds)
        return digits(Int(time.tm_year) + 1900, 4) + digits(Int(time.tm_mon) + 1, 2) + digits(Int(time.tm_mday), 2)
            + "T"
            + digits(Int(time.tm_hour), 2) + digits(Int(time.tm_min), 2) + digits(Int(time.tm_sec), 2) + "Z"
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7), as seconds since 1970; nil for anything else.
    static func seconds(http text: String) -> Int? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let clock = words[4].split(separator: ":").map { Int($0) }
        guard clock.count == 3 else { return nil }
        return seconds(Int(words[3]), month + 1, Int(words[1]), clock[0], clock[1], clock[2])
    }

    /// `2017-05-17T15:09:54Z`, with or without a fraction, as seconds since 1970; nil for anything else.
    static func seconds(iso text: String) -> Int? {
        let parts = text.split { "-T:Z.".contains($0) }
        guard text.hasSuffix("Z"), parts.count == 6 || parts.count == 7 else { return nil }
        let numbers = parts.map { Int($0) }
        return seconds(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5])
    }

    /// Seconds since 1970 by the machine's clock.
    static var now: Int { Glibc.time(nil) }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func seconds(_ year: Int?, _ month: Int?, _ day: Int?, _ hour: Int?, _ minute: Int?, _ second: Int?)
        -> Int?
    {
        guard let year, (1970...9999).contains(year), let month, (1...12).contains(month), let day,
            (1...31).contains(day), let hour, (0...23).contains(hour), let minute, (0...59).contains(minute),
            let second,
            (0...60).contains(second)
        else { return nil }
        var time = tm()
        time.tm_year = Int32(year - 1900)
        time.tm_mon = Int32(month - 1)
        time.tm_mday = Int32(day)
        time.tm_hour = Int32(hour)
        time.tm_min = Int32(minute)
        time.tm_sec = Int32(second)
        return timegm(&time)
    }

    private static func fields(_ seconds: Int) -> tm {
        var seconds: time_t = seconds
        var time = tm()
        gmtime_r(&seconds, &time)
        return time
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
