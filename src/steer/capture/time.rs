//! Timestamps of capture files to nanoseconds since the epoch.

const NANOS: u64 = 1_000_000_000;

/// Resolution of an interface's clock: the byte that pcapng's `if_tsresol` holds.
///
/// "If the Most Significant Bit is equal to zero, the remaining bits indicate the resolution of the timestamp as a
/// negative power of 10 … If the Most Significant Bit is equal to one, … as a negative power of 2."
/// (draft-ietf-opsawg-pcapng, 4.2)
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolution(pub(super) u8);

impl Resolution {
    /// What holds without the option: microseconds.
    pub(super) const DEFAULT: Self = Self(6);

    /// Nanoseconds of `ticks`, rounded down.
    fn nanos(self, ticks: u64) -> u128 {
        let exponent = u32::from(self.0 & 0x7f);
        if self.0 & 0x80 != 0 {
            return (u128::from(ticks) * u128::from(NANOS)) >> exponent;
        }
        match exponent.checked_sub(9) {
            None => u128::from(ticks) * 10u128.pow(9 - exponent),
            // Finer than what a division can hold is finer than a nanosecond for any count of ticks.
            Some(finer) => 10u128.checked_pow(finer).map_or(0, |divisor| u128::from(ticks) / divisor),
        }
    }
}

/// Time of a pcapng packet: `ticks` of `resolution`, plus `offset_s` seconds (`if_tsoffset`); saturates at both ends.
pub(super) fn from_ticks(ticks: u64, resolution: Resolution, offset_s: i64) -> u64 {
    let offset = i128::from(offset_s) * i128::from(NANOS);
    let nanos = i128::try_from(resolution.nanos(ticks)).unwrap_or(i128::MAX).saturating_add(offset);
    u64::try_from(nanos).unwrap_or(if nanos < 0 { 0 } else { u64::MAX })
}

/// Time of a pcap record; `fraction` is in nanoseconds or, by default, microseconds. Cannot overflow.
pub(super) fn from_record(seconds: u32, fraction: u32, nanoseconds: bool) -> u64 {
    let scale = if nanoseconds { 1 } else { 1_000 };
    u64::from(seconds) * NANOS + u64::from(fraction) * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_and_two() {
        assert_eq!(from_ticks(1_500_000, Resolution::DEFAULT, 0), 1_500_000_000);
        assert_eq!(from_ticks(3, Resolution(0), 0), 3_000_000_000);
        assert_eq!(from_ticks(7, Resolution(9), 0), 7);
        assert_eq!(from_ticks(7_999, Resolution(12), 0), 7);
        assert_eq!(from_ticks(3 << 19, Resolution(0x80 | 20), 0), 1_500_000_000);
        assert_eq!(from_ticks(u64::MAX, Resolution(0x7f), 5), 5_000_000_000);
        assert_eq!(from_ticks(u64::MAX, Resolution(0xff), 0), 0);
    }

    #[test]
    fn offset_shifts_and_both_ends_saturate() {
        assert_eq!(from_ticks(1, Resolution(0), 10), 11_000_000_000);
        assert_eq!(from_ticks(10, Resolution(0), -4), 6_000_000_000);
        assert_eq!(from_ticks(1, Resolution(0), -2), 0);
        assert_eq!(from_ticks(0, Resolution(0), i64::MIN), 0);
        assert_eq!(from_ticks(u64::MAX, Resolution(0), 0), u64::MAX);
        assert_eq!(from_ticks(0, Resolution(0), i64::MAX), u64::MAX);
    }

    #[test]
    fn records_hold_micro_or_nanoseconds() {
        assert_eq!(from_record(2, 5, false), 2_000_005_000);
        assert_eq!(from_record(2, 5, true), 2_000_000_005);
        assert_eq!(from_record(u32::MAX, u32::MAX, false), 4_294_967_295_000_000_000 + 4_294_967_295_000);
    }
}
