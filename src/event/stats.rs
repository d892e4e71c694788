//! The `stats` event: counters by dotted name, from the control thread.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Counters at one moment. Unlike a worker's events it is allocated: the control
/// thread makes it, and it goes to the event thread through a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatsEvent {
    /// When the counters were read, nanoseconds since the epoch.
    pub timestamp_ns: u64,
    /// Seconds since the sensor started.
    pub uptime_s: u64,
    pub(super) counters: Group,
}

pub(super) type Group = BTreeMap<String, Counter>;

/// A counter, or the counters below a common prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Counter {
    Value(u64),
    Group(Group),
}

/// A name that cannot be a counter's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CounterNameError {
    /// The name, or a part of it between dots, is empty.
    Empty(String),
    /// The name is taken, or it is a prefix of, or below, one that is.
    Taken(String),
}

impl fmt::Display for CounterNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(name) => write!(f, "counter name {name:?}: expected non-empty parts between dots"),
            Self::Taken(name) => write!(f, "counter name {name:?}: it, its prefix or a name below it is in use"),
        }
    }
}

impl std::error::Error for CounterNameError {}

impl StatsEvent {
    /// An event without counters.
    #[must_use]
    pub const fn new(timestamp_ns: u64, uptime_s: u64) -> Self {
        Self { timestamp_ns, uptime_s, counters: Group::new() }
    }

    /// Adds a counter; the dots of `name` nest: `decoder.pkts` becomes
    /// `{"decoder":{"pkts":value}}`.
    ///
    /// # Errors
    /// When a part of the name is empty, or when the name would need one place to
    /// be both a value and an object, or is there already (`uptime` always is).
    pub fn set(&mut self, name: &str, value: u64) -> Result<(), CounterNameError> {
        if name.split('.').any(str::is_empty) {
            return Err(CounterNameError::Empty(name.to_owned()));
        }
        let taken = || CounterNameError::Taken(name.to_owned());
        let (prefix, last) = name.rsplit_once('.').map_or((None, name), |(prefix, last)| (Some(prefix), last));
        if name.split('.').next() == Some("uptime") {
            return Err(taken());
        }
        let mut group = &mut self.counters;
        for part in prefix.into_iter().flat_map(|prefix| prefix.split('.')) {
            match group.entry(part.to_owned()).or_insert_with(|| Counter::Group(Group::new())) {
                Counter::Group(inner) => group = inner,
                Counter::Value(_) => return Err(taken()),
            }
        }
        if group.contains_key(last) {
            return Err(taken());
        }
        group.insert(last.to_owned(), Counter::Value(value));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_nest_and_conflicts_are_refused() {
        let mut stats = StatsEvent::new(0, 0);
        stats.set("tcp.reassembly_gap", 1).unwrap();
        stats.set("tcp.sessions", 2).unwrap();
        stats.set("flat", 3).unwrap();
        for taken in ["tcp", "tcp.sessions", "tcp.sessions.ipv4", "flat.er", "uptime", "uptime.days"] {
            assert_eq!(stats.set(taken, 9), Err(CounterNameError::Taken(taken.to_owned())));
        }
        for empty in ["", ".", "tcp.", ".tcp", "tcp..x"] {
            assert_eq!(stats.set(empty, 9), Err(CounterNameError::Empty(empty.to_owned())));
        }
        let json = serde_json::to_string(&stats.counters).unwrap();
        assert_eq!(json, r#"{"flat":3,"tcp":{"reassembly_gap":1,"sessions":2}}"#);
    }

    #[test]
    fn the_error_is_one_line_that_names_the_counter() {
        assert_eq!(
            CounterNameError::Taken("tcp".to_owned()).to_string(),
            "counter name \"tcp\": it, its prefix or a name below it is in use"
        );
        assert_eq!(
            CounterNameError::Empty("a..b".to_owned()).to_string(),
            "counter name \"a..b\": expected non-empty parts between dots"
        );
    }
}
