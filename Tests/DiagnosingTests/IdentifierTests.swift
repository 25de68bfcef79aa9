import Diagnosing
import Testing
import Tracking

/// Ids that other tools compute too.
@Suite struct `A Community ID` {
    @Test(arguments: [
        ("128.232.110.120:34855", "66.35.250.204:80", 0, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        ("128.232.110.120:34855", "66.35.250.204:80", 1, "1:3V71V58M3Ksw/yuFALMcW0LAHvc="),
        (
            "[2001:470:e5bf:dead:4957:2174:e82c:4887]:63943", "[2607:f8b0:400c:c03::1a]:25", 0,
            "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="
        ),
        ("10.0.0.1:80", "10.0.0.1:1234", 0, "1:WaobEo3Uyp/JjlL9QX3lvrl1Oag="),
        ("10.0.0.47:705", "10.0.0.81:304", 0, "1:mMm2MfULy8IodO7g7e3immhZOJY="),
        ("10.0.0.47:705", "10.0.0.81:304", 1, "1:XAS8T7PE0x+BKm58miLmUapCdBU="),
    ])
    func `is that of the specification, in both directions`(
        _ one: String,
        _ other: String,
        _ seed: UInt16,
        _ expected: String
    ) throws {
        let first = try #require(Endpoint(one))
        let second = try #require(Endpoint(other))

        #expect(CommunityID.text(first, second, seed: seed) == expected)
        #expect(CommunityID.text(second, first, seed: seed) == expected)
    }
}

@Suite struct `A stable id` {
    @Test func `is the begin of the text's SHA-1`() {
        #expect(StableID.hexadecimal(of: "abc") == "a9993e364706816a")
        #expect(StableID.hexadecimal(of: "") == "da39a3ee5e6b4b0d")
        #expect(StableID.hexadecimal(of: String(repeating: "a", count: 1000)) == "291e9a6c66994949")
    }
}

@Suite struct `Durations and lists` {
    @Test(
        arguments: [
            (900, "900 ns"), (198_000, "198 µs"), (5_404_000, "5.4 ms"), (998_635_000, "999 ms"),
            (9_992_410_000, "9.99 s"), (25_000_000_000, "25 s"), (399_059_843_000, "399 s"),
            (4_000_000_000_000, "1 h 6 min"), (700_000_000_000, "11 min 40 s"),
            (999_499, "999 µs"), (999_500, "1 ms"), (999_499_999, "999 ms"), (999_500_000, "1 s"),
            (99_999_999_999, "100 s"), (-198_000, "-198 µs"), (-999_900, "-1 ms"), (0, "0 ns"),
            (.min, "-106751 d 23 h"),
        ] as [(Int64, String)]
    )
    func `read as a person writes them`(_ nanoseconds: Int64, _ text: String) {
        #expect(Wording.duration(nanoseconds) == text)
    }

    @Test(arguments: [
        (1, "first"), (4, "fourth"), (5, "fifth"), (10, "10th"), (11, "11th"), (12, "12th"),
        (13, "13th"), (21, "21st"), (22, "22nd"), (23, "23rd"), (24, "24th"), (111, "111th"),
        (101, "101st"),
    ])
    func `count places`(_ number: Int, _ text: String) {
        #expect(Wording.ordinal(number) == text)
    }

    @Test func `name a range once where both ends are the same`() {
        #expect(Wording.range(4_000, 98_000) == "4 to 98 µs")
        #expect(Wording.range(40_000, 1_200_000) == "40 µs to 1.2 ms")
        #expect(Wording.range(7_000, 7_000) == "7 µs")
    }

    @Test func `end in and`() {
        #expect(Wording.list(["1"]) == "1")
        #expect(Wording.list(["1", "3", "5"]) == "1, 3 and 5")
        #expect(Wording.list((1...9).map(String.init)) == "1, 2, 3, 4, 5 and 4 more")
    }
}
