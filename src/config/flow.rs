//! `[flow]` and `[flow.timeout]`: the flow table of a worker.

use std::marker::PhantomData;

use super::spec::{Choice, Flag, Nested, Number, PowerOfTwo, Time, section};
use super::value::{DAY, MILLIS, MINUTE, SECOND};

/// A flow's idle time in nanoseconds: 100 ms to 7 days.
const fn idle(default: u64) -> Time {
    Time { default, min: 100 * MILLIS, max: 7 * DAY, or_zero: false }
}

/// What becomes of a new session when no flow record is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverloadMode {
    /// It is refused, as are all others until a tenth of the records is free.
    #[default]
    Refuse,
    /// It takes the place of the session that is least worth keeping.
    Recycle,
}

section! {
    /// `[flow]`: what makes a flow, and how many there may be.
    pub struct FlowConfig at "flow" {
        /// Flows a worker keeps at a time.
        "capacity" => capacity: u32 = Number { default: 262_144, min: 1024, max: 16_777_216 };
        /// Half-open TCP sessions a worker keeps at a time besides those flows.
        "half_open" => half_open: u32 = PowerOfTwo { default: 262_144, min: 1024, max: 16_777_216 };
        /// Whether a half-open session that has to make room for another gets its flow event.
        "half_open_events" => half_open_events: bool = Flag(false), reload;
        /// What becomes of new sessions when no flow record is free.
        "overload" => overload: OverloadMode = Choice {
            default: OverloadMode::Refuse,
            of: &[("refuse", OverloadMode::Refuse), ("recycle", OverloadMode::Recycle)],
        }, reload;
        /// The same addresses and ports under other VLAN ids are another flow.
        "vlan" => vlan: bool = Flag(true);
        /// When a silent flow ends.
        "timeout" => timeout: TimeoutConfig = Nested::<TimeoutConfig>(PhantomData);
    }
}

section! {
    /// `[flow.timeout]`: how long a flow may be silent before it ends, in nanoseconds.
    pub struct TimeoutConfig at "flow.timeout" {
        /// TCP, handshake not complete.
        "tcp_new" => tcp_new_ns: u64 = idle(30 * SECOND), reload;
        /// TCP, handshake complete, or picked up in the middle with both sides seen.
        "tcp_established" => tcp_established_ns: u64 = idle(10 * MINUTE), reload;
        /// TCP, after both FINs or a RST.
        "tcp_closed" => tcp_closed_ns: u64 = idle(10 * SECOND), reload;
        /// UDP, one side seen.
        "udp_new" => udp_new_ns: u64 = idle(30 * SECOND), reload;
        /// UDP, both sides seen.
        "udp_established" => udp_established_ns: u64 = idle(5 * MINUTE), reload;
        /// ICMP and ICMPv6.
        "icmp" => icmp_ns: u64 = idle(30 * SECOND), reload;
        /// Any other IP protocol.
        "other" => other_ns: u64 = idle(30 * SECOND), reload;
    }
}
