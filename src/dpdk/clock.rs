//! Wall-clock nanoseconds from the time-stamp counter.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Turns the time-stamp counter into nanoseconds since the epoch: one read of a
/// register and a multiplication, no system call.
///
/// The rate is measured against the monotonic clock, and the offset is set again
/// by [`Clock::resync`], which housekeeping calls; the clock never goes back.
#[derive(Debug, Clone)]
pub struct Clock {
    base_tsc: u64,
    base_ns: u64,
    /// Nanoseconds a tick, as a 32.32 fixed-point number.
    scale: u64,
    last_ns: u64,
}

impl Clock {
    /// A clock set to the system's time.
    #[must_use]
    pub fn new() -> Self {
        let scale = scale_for(tsc_hz());
        let base_ns = system_ns();
        Self { base_tsc: Self::ticks(), base_ns, scale, last_ns: base_ns }
    }

    /// The raw time-stamp counter.
    #[must_use]
    #[inline]
    pub fn ticks() -> u64 {
        // SAFETY: reads a counter register.
        unsafe { dpdk_sys::tg_rdtsc() }
    }

    /// Ticks a second.
    #[must_use]
    pub fn hz() -> u64 {
        tsc_hz()
    }

    /// Nanoseconds since the epoch, never less than before.
    #[inline]
    pub fn now_ns(&mut self) -> u64 {
        let ticks = Self::ticks().wrapping_sub(self.base_tsc);
        let elapsed = (u128::from(ticks) * u128::from(self.scale)) >> 32;
        let now = self.base_ns.saturating_add(u64::try_from(elapsed).unwrap_or(u64::MAX));
        self.last_ns = self.last_ns.max(now);
        self.last_ns
    }

    /// Follows corrections of the system's clock (NTP). Makes a vDSO call; for
    /// housekeeping, not for the packet path.
    pub fn resync(&mut self) {
        self.base_tsc = Self::ticks();
        self.base_ns = system_ns();
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

fn system_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

fn scale_for(hz: u64) -> u64 {
    u64::try_from((1_000_000_000_u128 << 32) / u128::from(hz.max(1))).unwrap_or(u64::MAX)
}

/// The EAL's figure when it runs, else measured over 10 ms.
fn tsc_hz() -> u64 {
    // SAFETY: reads a number; 0 before the EAL has measured it.
    let hz = unsafe { dpdk_sys::rte_get_tsc_hz() };
    if hz != 0 {
        return hz;
    }
    let (start, ticks) = (Instant::now(), Clock::ticks());
    std::thread::sleep(Duration::from_millis(10));
    let ticks = Clock::ticks().wrapping_sub(ticks);
    let elapsed_ns = start.elapsed().as_nanos().max(1);
    u64::try_from(u128::from(ticks) * 1_000_000_000 / elapsed_ns).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_system_clock_and_never_goes_back() {
        let mut clock = Clock::new();
        let mut last = 0;
        for _ in 0..1_000 {
            let now = clock.now_ns();
            assert!(now >= last);
            last = now;
        }
        std::thread::sleep(Duration::from_millis(50));
        let off = clock.now_ns().abs_diff(system_ns());
        assert!(off < 20_000_000, "clock is off by {off} ns after 50 ms");
        clock.resync();
        assert!(clock.now_ns() >= last);
    }
}
