//! Sums of the workers' figures, for summaries and `stats` events.

use std::collections::BTreeMap;

use crate::event::StatsEvent;
use crate::worker::Published;

/// Figures summed over workers, by name.
pub type Figures = BTreeMap<&'static str, u64>;

/// Sums what workers have published.
#[must_use]
pub fn sum<'a>(workers: impl Iterator<Item = &'a Published>) -> Figures {
    let mut figures = Figures::new();
    for published in workers {
        for (name, value) in published.iter() {
            let sum = figures.entry(name).or_default();
            *sum = sum.saturating_add(value);
        }
    }
    figures
}

/// One figure, 0 when there is none of this name.
#[must_use]
pub fn figure(figures: &Figures, name: &str) -> u64 {
    figures.get(name).copied().unwrap_or(0)
}

/// Frames that were not analysed although they should be: all reject counters but those for what is no IP.
#[must_use]
pub fn invalid(figures: &Figures) -> u64 {
    figures
        .iter()
        .filter(|(name, _)| name.starts_with("decoder.reject.") && !name.ends_with(".not_ip"))
        .map(|(_, value)| *value)
        .sum()
}

/// The reject counters that are not zero, as `name count`, largest first.
#[must_use]
pub fn rejects(figures: &Figures) -> Vec<(&'static str, u64)> {
    let mut rejects: Vec<_> = figures
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("decoder.reject.")?, *value)))
        .filter(|(_, value)| *value != 0)
        .collect();
    rejects.sort_by_key(|(name, value)| (std::cmp::Reverse(*value), *name));
    rejects
}

/// Figures that say how the work was done rather than what was seen: they depend
/// on the number of workers and on the machine.
fn depends_on_the_run(name: &str) -> bool {
    const PARTS: [&str; 5] =
        ["ranges.stored_bytes", "ranges.passed_bytes", "ranges.no_block", "ranges.inbox_full", "ranges.held_bytes"];
    let counted = PARTS.contains(&name) || name == "flow.index_spills";
    counted || name.starts_with("worker.") || name.starts_with("mesh.")
}

/// A `stats` event of `figures`. `whole_run` is false for a replay, whose events
/// must not depend on how it was run.
#[must_use]
pub fn stats_event(figures: &Figures, timestamp_ns: u64, uptime_s: u64, whole_run: bool) -> StatsEvent {
    let mut event = StatsEvent::new(timestamp_ns, uptime_s);
    for (name, value) in figures {
        if whole_run || !depends_on_the_run(name) {
            // Names are constants, and a test makes an event of all of them.
            let done = event.set(name, *value);
            debug_assert!(done.is_ok(), "{done:?}");
        }
    }
    event
}

/// `1234567` as `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place != 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_fit_one_stats_event() {
        let published = Published::new();
        let figures = sum([&published, &published].into_iter());
        let mut event = StatsEvent::new(0, 0);
        for name in figures.keys() {
            assert_eq!(event.set(name, 1), Ok(()), "{name}");
        }
        assert!(figures.len() > 60);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
