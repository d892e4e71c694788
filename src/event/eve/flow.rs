//! `flow`: a flow has ended.

use serde::ser::Error;
use serde::{Serialize, Serializer};

use super::EncodeError;
use super::head::{Counts, Head};
use crate::event::names::EventNames;
use crate::event::timestamp::EveTime;
use crate::event::types::{Direction, FlowEvent, FlowState, TcpSummary};

// TCP flags, RFC 9293 section 3.1 and RFC 3168 section 6.1.
const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;
const URG: u8 = 0x20;
const ECE: u8 = 0x40;
const CWR: u8 = 0x80;

#[derive(Serialize)]
pub(super) struct FlowLine<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    flow: FlowObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    tcp: Option<TcpObject>,
    tidegate: FlowExtra,
}

impl<'a> FlowLine<'a> {
    pub(super) fn new(event: &FlowEvent, names: &'a EventNames) -> Result<Self, EncodeError> {
        let (start, end) = (EveTime(event.head.start_ns), EveTime(event.end_ns));
        let [gap_toserver, gap_toclient] = event.tcp.map_or([None; 2], |tcp| tcp.gap_bytes.map(Some));
        Ok(Self {
            head: Head::new("flow", &event.head, Direction::ToServer, names)?,
            flow: FlowObject {
                counts: Counts::new(event.packets, event.bytes, event.head.start_ns),
                end,
                // As EVE has it: the difference of the whole seconds, not the whole seconds of the difference.
                age: end.seconds().saturating_sub(start.seconds()),
                state: event.state.name(),
                reason: event.reason.name(),
                alerted: event.alerted,
            },
            tcp: event.tcp.map(|tcp| TcpObject::new(&tcp, event.state)),
            tidegate: FlowExtra {
                blocked: event.blocked,
                gap_bytes_toserver: gap_toserver,
                gap_bytes_toclient: gap_toclient,
            },
        })
    }
}

#[derive(Serialize)]
struct FlowObject {
    #[serde(flatten)]
    counts: Counts,
    end: EveTime,
    age: u64,
    state: &'static str,
    reason: &'static str,
    alerted: bool,
}

#[derive(Serialize)]
struct FlowExtra {
    blocked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_bytes_toserver: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap_bytes_toclient: Option<u64>,
}

/// A flag that EVE writes only when it is set.
#[derive(Serialize)]
#[serde(transparent)]
struct Flag(bool);

impl Flag {
    const fn is_clear(&self) -> bool {
        !self.0
    }
}

#[derive(Serialize)]
struct TcpObject {
    tcp_flags: Hex,
    tcp_flags_ts: Hex,
    tcp_flags_tc: Hex,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    syn: Flag,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    fin: Flag,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    rst: Flag,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    psh: Flag,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    ack: Flag,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    urg: Flag,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    ecn: Flag,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    cwr: Flag,
    state: &'static str,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    ts_gap: Flag,
    #[serde(skip_serializing_if = "Flag::is_clear")]
    tc_gap: Flag,
}

impl TcpObject {
    fn new(tcp: &TcpSummary, state: FlowState) -> Self {
        let both = tcp.flags_to_server | tcp.flags_to_client;
        let flag = |bit| Flag(both & bit != 0);
        let [gap_ts, gap_tc] = tcp.gap_bytes;
        Self {
            tcp_flags: Hex(both),
            tcp_flags_ts: Hex(tcp.flags_to_server),
            tcp_flags_tc: Hex(tcp.flags_to_client),
            syn: flag(SYN),
            fin: flag(FIN),
            rst: flag(RST),
            psh: flag(PSH),
            ack: flag(ACK),
            urg: flag(URG),
            ecn: flag(ECE),
            cwr: flag(CWR),
            state: tcp_state(tcp, state),
            ts_gap: Flag(gap_ts > 0),
            tc_gap: Flag(gap_tc > 0),
        }
    }
}

/// EVE's `tcp.state`, as far as the flow's state and the flags of both sides tell it.
///
/// EVE speaks as the server's end sees it: a FIN from the client leaves it in
/// `close_wait`, its own FIN in `fin_wait1`.
fn tcp_state(tcp: &TcpSummary, state: FlowState) -> &'static str {
    let client_has = |bit: u8| tcp.flags_to_server & bit != 0;
    let server_has = |bit: u8| tcp.flags_to_client & bit != 0;
    match state {
        FlowState::New => {
            if server_has(SYN) {
                "syn_recv"
            } else if client_has(SYN) {
                "syn_sent"
            } else {
                "none"
            }
        }
        FlowState::Established => match (client_has(FIN), server_has(FIN)) {
            (false, false) => "established",
            (true, false) => "close_wait",
            (false, true) => "fin_wait1",
            (true, true) => "closing",
        },
        FlowState::Closed => "closed",
    }
}

/// Two hexadecimal digits, as EVE writes TCP flags.
struct Hex(u8);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        let text = [digit(self.0 >> 4), digit(self.0 & 0xf)];
        serializer.serialize_str(std::str::from_utf8(&text).map_err(S::Error::custom)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_two_hexadecimal_digits() {
        for flags in 0..=u8::MAX {
            assert_eq!(serde_json::to_string(&Hex(flags)).unwrap(), format!("\"{flags:02x}\""));
        }
    }

    #[test]
    fn tcp_state_follows_flags_and_flow_state() {
        for (state, to_server, to_client, expected) in [
            (FlowState::New, 0, 0, "none"),
            (FlowState::New, ACK | PSH, 0, "none"),
            (FlowState::New, SYN, 0, "syn_sent"),
            (FlowState::New, SYN, SYN | ACK, "syn_recv"),
            (FlowState::New, 0, SYN | ACK, "syn_recv"),
            (FlowState::Established, SYN | ACK, SYN | ACK, "established"),
            (FlowState::Established, SYN | ACK | FIN, SYN | ACK, "close_wait"),
            (FlowState::Established, SYN | ACK, SYN | ACK | FIN, "fin_wait1"),
            (FlowState::Established, SYN | ACK | FIN, SYN | ACK | FIN, "closing"),
            (FlowState::Closed, SYN | RST, ACK, "closed"),
        ] {
            let tcp = TcpSummary { flags_to_server: to_server, flags_to_client: to_client, gap_bytes: [0; 2] };
            assert_eq!(tcp_state(&tcp, state), expected, "{state:?} {to_server:02x} {to_client:02x}");
        }
    }
}
