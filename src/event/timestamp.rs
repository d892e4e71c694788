//! EVE timestamps: `2026-11-21T17:05:00.123456+0000`, microseconds, always UTC.

use std::fmt;

use serde::ser::Error;
use serde::{Serialize, Serializer};

const NS_PER_SECOND: u64 = 1_000_000_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// A point in time, nanoseconds since the epoch, that formats as EVE writes it.
///
/// Any `u64` is valid (1970 to 2554). Nanoseconds below a microsecond are cut off,
/// never rounded, so that a later time never formats as an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EveTime(pub u64);

impl EveTime {
    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / NS_PER_SECOND
    }

    /// The text, ASCII.
    const fn text(self) -> [u8; 31] {
        let micros = self.0 % NS_PER_SECOND / 1_000;
        let (year, month, day) = civil(self.seconds() / SECONDS_PER_DAY);
        let of_day = self.seconds() % SECONDS_PER_DAY;
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        let [y3, y2, y1, y0] = [digit(year / 1_000), digit(year / 100), digit(year / 10), digit(year)];
        let [mo1, mo0, d1, d0] = [digit(month / 10), digit(month), digit(day / 10), digit(day)];
        let [h1, h0, mi1, mi0] = [digit(hour / 10), digit(hour), digit(minute / 10), digit(minute)];
        let [s1, s0, u5, u4] = [digit(second / 10), digit(second), digit(micros / 100_000), digit(micros / 10_000)];
        let [u3, u2, u1, u0] = [digit(micros / 1_000), digit(micros / 100), digit(micros / 10), digit(micros)];
        [
            y3, y2, y1, y0, b'-', mo1, mo0, b'-', d1, d0, b'T', h1, h0, b':', mi1, mi0, b':', s1, s0, b'.', u5, u4, u3,
            u2, u1, u0, b'+', b'0', b'0', b'0', b'0',
        ]
    }
}

/// The last decimal digit of `number`.
const fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

impl fmt::Display for EveTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for EveTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Digit by digit, not through `Display`: a line has up to three times in it.
        serializer.serialize_str(std::str::from_utf8(&self.text()).map_err(S::Error::custom)?)
    }
}

/// Year, month (1 to 12) and day (1 to 31) of the proleptic Gregorian calendar.
///
/// Years are counted from 1 March, so that the leap day is a year's last day and
/// the months before it have a fixed pattern: 153 days in each five months. A
/// 400-year era has 146,097 days; 0000-03-01 is 719,468 days before the epoch.
const fn civil(days_since_epoch: u64) -> (u64, u64, u64) {
    let days = days_since_epoch + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + (month <= 2) as u64;
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn oracle(ns: u64) -> String {
        let time = jiff::Timestamp::from_nanosecond(i128::from(ns)).unwrap();
        // jiff's own fraction is cut at microseconds by integer division, as EveTime does.
        let whole = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        format!("{whole}.{:06}+0000", ns % NS_PER_SECOND / 1_000)
    }

    #[test]
    fn known_values() {
        for (seconds, nanos, expected) in [
            (0, 0, "1970-01-01T00:00:00.000000+0000"),
            (0, 999, "1970-01-01T00:00:00.000000+0000"),
            (0, 999_999_999, "1970-01-01T00:00:00.999999+0000"),
            (951_782_400, 0, "2000-02-29T00:00:00.000000+0000"),
            (951_868_799, 1_000, "2000-02-29T23:59:59.000001+0000"),
            (951_868_800, 0, "2000-03-01T00:00:00.000000+0000"),
            (1_709_164_800, 0, "2024-02-29T00:00:00.000000+0000"),
            (1_795_280_700, 123_456_789, "2026-11-21T17:05:00.123456+0000"),
            (4_107_542_399, 0, "2100-02-28T23:59:59.000000+0000"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000000+0000"),
            (9_223_372_036, 854_775_807, "2262-04-11T23:47:16.854775+0000"),
            (9_223_372_036, 854_775_808, "2262-04-11T23:47:16.854775+0000"),
        ] {
            assert_eq!(EveTime(seconds * NS_PER_SECOND + nanos).to_string(), expected);
        }
        assert_eq!(serde_json::to_string(&EveTime(0)).unwrap(), "\"1970-01-01T00:00:00.000000+0000\"");
        assert_eq!(EveTime(u64::MAX).to_string(), "2554-07-21T23:34:33.709551+0000");
    }

    #[test]
    fn every_day_until_the_end_of_time_agrees_with_jiff() {
        let last_day = u64::MAX / NS_PER_SECOND / SECONDS_PER_DAY;
        for day in 0..=last_day {
            let ns = day * SECONDS_PER_DAY * NS_PER_SECOND;
            assert_eq!(EveTime(ns).to_string(), oracle(ns));
        }
    }

    proptest! {
        #[test]
        fn any_time_agrees_with_jiff(ns: u64) {
            prop_assert_eq!(EveTime(ns).to_string(), oracle(ns));
        }
    }
}
