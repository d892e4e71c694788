//! Durations and sizes as people write them: a whole number and a unit.

const NANOS: u64 = 1;
const MICROS: u64 = 1_000 * NANOS;
/// Nanoseconds in a millisecond.
pub(super) const MILLIS: u64 = 1_000 * MICROS;
/// Nanoseconds in a second.
pub(super) const SECOND: u64 = 1_000 * MILLIS;
/// Nanoseconds in a minute.
pub(super) const MINUTE: u64 = 60 * SECOND;
/// Nanoseconds in an hour.
pub(super) const HOUR: u64 = 60 * MINUTE;
/// Nanoseconds in a day.
pub(super) const DAY: u64 = 24 * HOUR;
/// Bytes in a kibibyte.
pub(super) const KIB: u64 = 1 << 10;
/// Bytes in a mebibyte.
pub(super) const MIB: u64 = 1 << 20;
/// Bytes in a gibibyte.
pub(super) const GIB: u64 = 1 << 30;
/// Bytes in a tebibyte.
pub(super) const TIB: u64 = 1 << 40;

/// Units of time, largest first.
const TIME_UNITS: [(&str, u64); 7] =
    [("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", MILLIS), ("us", MICROS), ("ns", NANOS)];

/// Units of size, largest first.
const SIZE_UNITS: [(&str, u64); 5] = [("TiB", TIB), ("GiB", GIB), ("MiB", MIB), ("KiB", KIB), ("B", 1)];

/// Why a quantity could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuantityError {
    /// Not a whole number followed by a known unit.
    Form,
    /// Does not fit 64 bits.
    TooLarge,
}

/// Reads `"500ms"`, `"30s"`, `"5m"`, `"1h"`, `"2d"`; gives nanoseconds.
pub(super) fn parse_duration(text: &str) -> Result<u64, QuantityError> {
    parse(text, &TIME_UNITS)
}

/// Reads `"64 KiB"`, `"2 MiB"`, `"1 GiB"`; gives bytes.
pub(super) fn parse_size(text: &str) -> Result<u64, QuantityError> {
    parse(text, &SIZE_UNITS)
}

/// `ns` in the largest unit that says it exactly.
pub(super) fn format_duration(ns: u64) -> String {
    let (number, unit) = split(ns, &TIME_UNITS, "s");
    format!("{number}{unit}")
}

/// `bytes` in the largest unit that says it exactly.
pub(super) fn format_size(bytes: u64) -> String {
    let (number, unit) = split(bytes, &SIZE_UNITS, "B");
    format!("{number} {unit}")
}

fn parse(text: &str, units: &[(&str, u64)]) -> Result<u64, QuantityError> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or(QuantityError::Form)?;
    let (digits, unit) = text.split_at(unit_at);
    if digits.is_empty() {
        return Err(QuantityError::Form);
    }
    let unit = unit.trim_start();
    let (_, scale) = units.iter().find(|(name, _)| *name == unit).ok_or(QuantityError::Form)?;
    // Digits alone: the only way to fail is to be too long.
    let number: u64 = digits.parse().map_err(|_| QuantityError::TooLarge)?;
    number.checked_mul(*scale).ok_or(QuantityError::TooLarge)
}

fn split(value: u64, units: &'static [(&'static str, u64)], zero: &'static str) -> (u64, &'static str) {
    if value == 0 {
        return (0, zero);
    }
    let exact = units.iter().find(|(_, scale)| value.is_multiple_of(*scale));
    exact.map_or((value, zero), |(unit, scale)| (value / scale, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_unit() {
        let cases = [
            ("7ns", 7),
            ("500us", 500_000),
            ("500ms", 500_000_000),
            ("30s", 30_000_000_000),
            ("5m", 300_000_000_000),
            ("1h", 3_600_000_000_000),
            ("2d", 172_800_000_000_000),
            (" 10 s ", 10_000_000_000),
            ("0s", 0),
        ];
        for (text, ns) in cases {
            assert_eq!(parse_duration(text), Ok(ns), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_whole_number_with_a_unit_is_refused() {
        for text in ["", "s", "30", "1.5s", "-1s", "+1s", "1e3s", "30 seconds", "1h30m", "\u{663}s"] {
            assert_eq!(parse_duration(text), Err(QuantityError::Form), "{text}");
        }
        for text in ["", "64", "64 MB", "64 kib", "1.5 GiB"] {
            assert_eq!(parse_size(text), Err(QuantityError::Form), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_too_large() {
        assert_eq!(parse_duration("18446744073709551616ns"), Err(QuantityError::TooLarge));
        assert_eq!(parse_duration("213504d"), Err(QuantityError::TooLarge));
        assert_eq!(parse_size("16777216 TiB"), Err(QuantityError::TooLarge));
    }

    #[test]
    fn formatting_gives_back_what_was_read() {
        for text in ["7ns", "1500us", "30s", "90m", "25h", "7d", "0s"] {
            assert_eq!(parse_duration(text).map(format_duration), Ok(text.to_owned()));
        }
        for text in ["1 B", "1500 B", "64 KiB", "3 MiB", "1 GiB", "1 TiB", "0 B"] {
            assert_eq!(parse_size(text).map(format_size), Ok(text.to_owned()));
        }
    }
}
