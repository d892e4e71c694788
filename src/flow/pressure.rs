//! How hard pressed a table is: recycling level and overload (NCAP: `RC_LVL` and the overload condition).

/// Stale sessions ended for each packet, by level.
const STALE_PER_PACKET: [u32; 7] = [2, 4, 8, 12, 18, 24, 30];

/// A table is nearly full when less than this part of its flow records is free.
const NEAR: u32 = 16;

/// An overload ends when this part of the flow records is free.
const RELIEF: u32 = 10;

/// The lowest and the highest level.
const LOWEST: u8 = 1;
const HIGHEST: u8 = 7;

/// Level and overload of one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressure {
    level: u8,
    overload: bool,
    /// The level was raised since [`Pressure::relax`] last looked.
    raised: bool,
}

impl Pressure {
    /// None at all.
    #[must_use]
    pub const fn new() -> Self {
        Self { level: LOWEST, overload: false, raised: false }
    }

    /// The recycling level, 1 to 7.
    #[must_use]
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// New sessions are refused.
    #[must_use]
    pub const fn is_overloaded(&self) -> bool {
        self.overload
    }

    /// Most stale sessions that are ended for each packet: 2 to 30.
    #[must_use]
    pub fn stale_per_packet(&self) -> u32 {
        let place = usize::from(self.level.saturating_sub(LOWEST));
        STALE_PER_PACKET.get(place).copied().unwrap_or(0)
    }

    /// Notes an insertion: whether it found its bucket full, and how many of `capacity` flow records are free. Either
    /// a full bucket or a table that is nearly full raises the level.
    #[inline]
    pub fn inserted(&mut self, bucket_full: bool, free: u32, capacity: u32) {
        if bucket_full || free < capacity / NEAR {
            self.level = self.level.saturating_add(1).min(HIGHEST);
            self.raised = true;
        }
    }

    /// Whether a new session may have one of the `free` flow records of `capacity`. When none is free the overload
    /// begins, and nobody new is let in until a tenth is.
    #[must_use]
    pub fn admits(&mut self, free: u32, capacity: u32) -> bool {
        self.relieve(free, capacity);
        if free == 0 {
            self.overload = true;
            self.level = HIGHEST;
        }
        !self.overload
    }

    /// Ends an overload when a tenth of `capacity` flow records is free.
    #[inline]
    pub fn relieve(&mut self, free: u32, capacity: u32) {
        self.overload &= free < capacity.div_ceil(RELIEF);
    }

    /// Lowers the level by one, unless it was raised since the last time or there is an overload. To be called when
    /// no stale session is left.
    pub fn relax(&mut self) {
        if !self.raised && !self.overload {
            self.level = self.level.saturating_sub(1).max(LOWEST);
        }
        self.raised = false;
    }
}

impl Default for Pressure {
    fn default() -> Self {
        Self::new()
    }
}

/// How long nothing may happen before what happens next counts as a new beginning, nanoseconds.
const QUIET_NS: u64 = 1_000_000_000;

/// Tells the first of a row of occurrences from those that follow it within a second each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Onset {
    last_ns: Option<u64>,
}

impl Onset {
    /// Notes an occurrence; true when it is the first after a quiet second.
    #[inline]
    pub fn occurs(&mut self, now_ns: u64) -> bool {
        let before = self.last_ns.replace(now_ns);
        before.is_none_or(|before| now_ns.saturating_sub(before) >= QUIET_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_goes_from_2_to_30_stale_sessions_and_back() {
        let mut pressure = Pressure::new();
        let mut limits = vec![pressure.stale_per_packet()];
        for _ in 0..8 {
            pressure.inserted(true, 1000, 1000);
            limits.push(pressure.stale_per_packet());
        }
        assert_eq!(limits, [2, 4, 8, 12, 18, 24, 30, 30, 30]);
        assert_eq!(pressure.level(), 7);
        pressure.relax();
        assert_eq!(pressure.level(), 7, "raised since the last time");
        let levels: Vec<u8> = (0..8)
            .map(|_| {
                pressure.relax();
                pressure.level()
            })
            .collect();
        assert_eq!(levels, [6, 5, 4, 3, 2, 1, 1, 1]);
    }

    #[test]
    fn a_nearly_full_table_raises_the_level() {
        let mut pressure = Pressure::new();
        pressure.inserted(false, 10, 160);
        assert_eq!(pressure.level(), 1);
        pressure.inserted(false, 9, 160);
        assert_eq!(pressure.level(), 2);
    }

    #[test]
    fn an_overload_lasts_until_a_tenth_is_free() {
        let mut pressure = Pressure::new();
        assert!(pressure.admits(1, 100));
        assert_eq!((pressure.level(), pressure.is_overloaded()), (1, false));
        assert!(!pressure.admits(0, 100));
        pressure.relax();
        pressure.relax();
        assert_eq!((pressure.level(), pressure.is_overloaded()), (7, true), "the highest level as long as it lasts");
        assert!(!pressure.admits(9, 100));
        assert!(pressure.admits(10, 100));
        assert!(!pressure.is_overloaded());
        assert!(pressure.admits(1, 100), "only an empty pool begins the next");
        assert!(!pressure.admits(0, 100));
        pressure.relieve(9, 100);
        assert!(pressure.is_overloaded());
        pressure.relieve(10, 100);
        assert!(!pressure.is_overloaded(), "without a new session too");
    }

    #[test]
    fn an_onset_is_the_first_after_a_quiet_second() {
        let mut onset = Onset::default();
        let seen =
            [5, 6, QUIET_NS, 2 * QUIET_NS - 1, 3 * QUIET_NS - 1, 3 * QUIET_NS].map(|now_ns| onset.occurs(now_ns));
        assert_eq!(seen, [true, false, false, false, true, false]);
    }
}
