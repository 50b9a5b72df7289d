import ChatModel
import Testing

struct MonthTests {
    @Test("a month's name is read again as that month, in every year that a message can have in some zone")
    func roundTrip() {
        for number in [11, 12, 24_261, 119_999, 120_000, 120_011] {
            let month = Month(number: number)
            #expect(Month(month.description) == month)
        }
        #expect(Month("2021-09")?.description == "2021-09")
        #expect(Month("10000-01")?.number == 120_000)
    }

    @Test(
        "what is not a month is none",
        arguments: ["", "2021", "2021-9", "2021-13", "2021-00", "99-01", "02021-01", "-001-01"])
    func refused(text: String) { #expect(Month(text) == nil) }
}
