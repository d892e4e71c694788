//! What a process has had of the processor (proc(5), `/proc/PID/stat`).

use std::time::Duration;

/// At an object for `deadline` of its worker's time, a process that wanted to run and was let less than half of that time
/// goes on, up to so many times the deadline: others were at the processor.
const PATIENCE: u32 = 4;

/// How a process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// It runs, or would if it were let.
    pub(super) runnable: bool,
    /// Processor time since it began.
    pub(super) used: Duration,
}

impl Standing {
    /// That of a process; none where it is gone, or nobody may know.
    pub(super) fn of(process: u32) -> Option<Self> {
        Self::read(
            &std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?,
            rustix::param::clock_ticks_per_second(),
        )
    }

    /// From the line that the kernel writes; times are in ticks, so many a second.
    fn read(line: &str, ticks: u64) -> Option<Self> {
        // The name, in parentheses, may be anything.
        let mut fields = line.get(line.rfind(')')? + 1..)?.split_ascii_whitespace();
        let runnable = fields.next()? == "R";
        let mut times = fields.skip(10).map(str::parse::<u64>);
        let used = times.next()?.ok()?.checked_add(times.next()?.ok()?)?;
        Some(Self { runnable, used: Duration::from_millis(used.saturating_mul(1000) / ticks.max(1)) })
    }
}

/// Whether a process that has been at an object for `waited` was kept from working on it: how it stood at half of
/// the deadline, and how it stands now.
pub(super) fn is_starved(
    before: Option<Standing>,
    now: Option<Standing>,
    waited: Duration,
    deadline: Duration,
) -> bool {
    let Some((before, now)) = before.zip(now) else { return false };
    let had = now.used.saturating_sub(before.used);
    let could = waited.saturating_sub(deadline / 2);
    now.runnable && waited < deadline * PATIENCE && had < could / 2 && had < deadline / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn standing(runnable: bool, used: u64) -> Option<Standing> {
        Some(Standing { runnable, used: Duration::from_millis(used) })
    }

    #[test]
    fn a_line_of_the_kernel_is_read_whatever_the_name_is() {
        let line =
            "27 (a b) R) R 1 27 27 0 -1 4194304 101 0 0 0 250 50 7 7 20 0 1 0 12345 2600 200 18446744073709551615\n";
        assert_eq!(Standing::read(line, 100), standing(true, 3000));
        assert_eq!(Standing::read(&line.replace(") R 1", ") T 1"), 100), standing(false, 3000));
        for end in 0..line.find(" 50 7").unwrap() {
            assert_eq!(Standing::read(&line[..end], 100), None, "{end} bytes");
        }
    }

    #[test]
    fn this_process_runs_and_uses_time() {
        let before = Standing::of(std::process::id()).unwrap();
        let begun = std::time::Instant::now();
        while Standing::of(std::process::id()).unwrap().used <= before.used {
            assert!(begun.elapsed() < Duration::from_secs(30), "{before:?}");
        }
        assert_eq!(Standing::of(0), None);
    }

    #[test]
    fn only_who_would_run_and_may_not_is_starved() {
        let second = Duration::from_secs(1);
        let cases = [
            // Of half a second it had a tenth.
            (standing(true, 100), standing(true, 150), second, true),
            (standing(true, 100), standing(true, 400), second, false),
            // It waits for something, or was stopped.
            (standing(true, 100), standing(false, 150), second, false),
            (standing(true, 100), standing(true, 500), 3 * second, true),
            // It has had its time by now.
            (standing(true, 100), standing(true, 700), 3 * second, false),
            (standing(true, 100), standing(true, 150), 4 * second, false),
            (None, standing(true, 150), second, false),
            (standing(true, 100), None, second, false),
        ];
        for (before, now, waited, expected) in cases {
            assert_eq!(is_starved(before, now, waited, second), expected, "{before:?}, {now:?}, {waited:?}");
        }
    }
}
