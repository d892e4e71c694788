//! `[kill]`, `[event]` and `[telemetry]`: what the sensor does and tells.

use super::spec::{Flag, Maybe, Number, Text, Time, section};
use super::value::{DAY, SECOND};

section! {
    /// `[kill]`: whether and how connections are reset.
    pub struct KillConfig at "kill" {
        /// Resets are sent. While false, `action = "reset"` only raises the alert.
        "enabled" => enabled: bool = Flag(false);
        /// The port resets leave by; `None`: the one that the packet came from.
        "port" => port: Option<String> = Maybe(Text {
            default: "",
            check: |text| !text.is_empty(),
            expected: "the name of a [[port]]",
        });
        /// Most connections that a worker resets in a second; 0: no limit.
        "rate" => rate: u32 = Number { default: 1000, min: 0, max: 1_000_000 }, reload;
    }
}

section! {
    /// `[event]`: the event file.
    pub struct EventConfig at "event" {
        /// Its name within the output directory.
        "file" => file: String = Text {
            default: "eve.json",
            check: is_plain_file_name,
            expected: "a file name without directories",
        };
        /// Time between two `stats` events in nanoseconds; 0: none.
        "stats_interval" => stats_interval_ns: u64 =
            Time { default: 10 * SECOND, min: SECOND, max: DAY, or_zero: true };
    }
}

section! {
    /// `[telemetry]`: the figures that DPDK's telemetry socket gives. Only `run` uses it.
    pub struct TelemetryConfig at "telemetry" {
        /// `/tidegate/...` is answered.
        "enabled" => enabled: bool = Flag(true);
    }
}

fn is_plain_file_name(text: &str) -> bool {
    let odd = |c: char| c == '/' || c.is_control();
    (1..=255).contains(&text.len()) && text != "." && text != ".." && !text.contains(odd)
}
