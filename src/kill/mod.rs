//! When a session is torn down, and how.
//!
//! An alert of a dictionary with `action = "reset"` asks for it; the
//! configuration must have turned killing on. Both sides then get a forged RST,
//! built from the packet at hand ([`crate::wire::forge`]). Whatever either side
//! still says in the next two seconds is answered with further resets, so that a side whose
//! window had moved on is hit by the next one.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

use crate::wire::Headers;
use crate::wire::forge::{self, Target};

/// How long the packets of a killed session are answered with further resets, in
/// eighths of a second. A receiver believes only the number it expects next
/// (RFC 5961 section 3.2), so when the sensor is behind, what hits it is the answer
/// to the last packet that was under way: a matter of time, not of a number of
/// packets.
pub const ANSWER_FOR: u8 = 16;

/// A time as the eighth of a second (2^27 ns) it lies in, modulo 256: a session that
/// still speaks half a minute after it was killed is answered for two seconds again.
#[must_use]
pub const fn eighth(now_ns: u64) -> u8 {
    let [low, ..] = (now_ns >> 27).to_le_bytes();
    low
}

/// Takes forged frames to the wire.
pub trait Injector: Send {
    /// Sends one Ethernet frame for a session whose packet came from interface
    /// `iface`; false when it could not be sent.
    fn inject(&mut self, frame: &[u8], iface: u16) -> bool;
}

/// What became of the requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KillCounters {
    /// Sessions killed.
    pub sessions: u64,
    /// Resets sent.
    pub resets: u64,
    /// Sessions not killed because the rate limit was reached.
    pub rate_limited: u64,
    /// Resets that could not be built: not TCP, or a link header that cannot be turned round.
    pub not_possible: u64,
    /// Packets of sessions within a tunnel that were to be answered with resets: none is built.
    pub tunnelled: u64,
    /// Resets that could not be sent.
    pub not_sent: u64,
}

/// The killer of one worker.
pub struct Killer {
    injector: Option<Box<dyn Injector>>,
    /// Sessions a second; 0 is no limit.
    rate: u32,
    /// Sessions killed in the running second, and when it began.
    this_second: u32,
    second_began_ns: u64,
    counters: KillCounters,
}

impl std::fmt::Debug for Killer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Killer")
            .field("enabled", &self.injector.is_some())
            .field("rate", &self.rate)
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

impl Killer {
    /// A killer that sends through `injector` at most `rate` sessions' resets a
    /// second (0: no limit). Without an injector nothing is ever killed.
    #[must_use]
    pub fn new(injector: Option<Box<dyn Injector>>, rate: u32) -> Self {
        Self { injector, rate, this_second: 0, second_began_ns: 0, counters: KillCounters::default() }
    }

    /// Takes another most sessions a second (0: no limit) and leaves its own there.
    pub const fn exchange(&mut self, rate: &mut u32) {
        std::mem::swap(&mut self.rate, rate);
    }

    /// What became of the requests so far.
    #[must_use]
    pub const fn counters(&self) -> &KillCounters {
        &self.counters
    }

    /// Kills the session of a packet that came from interface `iface`: resets to
    /// its receiver and its sender. Returns how many were sent; 0 when the session
    /// goes on.
    pub fn kill(&mut self, frame: &[u8], headers: &Headers, iface: u16, now_ns: u64) -> u8 {
        if self.injector.is_none() {
            return 0;
        }
        if self.is_tunnelled(headers) {
            return 0;
        }
        if !self.take_turn(now_ns) {
            self.counters.rate_limited = self.counters.rate_limited.saturating_add(1);
            return 0;
        }
        let sent = self.resets(frame, headers, iface);
        if sent != 0 {
            self.counters.sessions = self.counters.sessions.saturating_add(1);
        }
        sent
    }

    /// A session is to be killed of which there is no packet now: its next ones are answered as those of a killed session
    /// ([`Killer::again`]). False when the session goes on.
    pub fn condemn(&mut self, now_ns: u64) -> bool {
        if self.injector.is_none() {
            return false;
        }
        let turn = self.take_turn(now_ns);
        let count = if turn { &mut self.counters.sessions } else { &mut self.counters.rate_limited };
        *count = count.saturating_add(1);
        turn
    }

    /// Answers a packet of a session that was killed at `killed_at` (an [`eighth`])
    /// with further resets; returns how many. After [`ANSWER_FOR`] it is left alone.
    pub fn again(&mut self, frame: &[u8], headers: &Headers, iface: u16, killed_at: u8, now_ns: u64) -> u8 {
        if self.injector.is_none() || eighth(now_ns).wrapping_sub(killed_at) > ANSWER_FOR || self.is_tunnelled(headers)
        {
            return 0;
        }
        self.resets(frame, headers, iface)
    }

    /// Counts a packet within a tunnel: its resets would have to be wrapped as the tunnel's own end does it.
    fn is_tunnelled(&mut self, headers: &Headers) -> bool {
        let tunnelled = headers.tunnel != 0;
        self.counters.tunnelled = self.counters.tunnelled.saturating_add(u64::from(tunnelled));
        tunnelled
    }

    fn resets(&mut self, frame: &[u8], headers: &Headers, iface: u16) -> u8 {
        let mut sent = 0_u8;
        for target in [Target::Receiver, Target::Sender] {
            let Ok(forged) = forge::reset(frame, headers, target) else {
                self.counters.not_possible = self.counters.not_possible.saturating_add(1);
                continue;
            };
            if self.injector.as_mut().is_some_and(|injector| injector.inject(forged.bytes(), iface)) {
                self.counters.resets = self.counters.resets.saturating_add(1);
                sent = sent.saturating_add(1);
            } else {
                self.counters.not_sent = self.counters.not_sent.saturating_add(1);
            }
        }
        sent
    }

    fn take_turn(&mut self, now_ns: u64) -> bool {
        const SECOND_NS: u64 = 1_000_000_000;
        if now_ns.saturating_sub(self.second_began_ns) >= SECOND_NS {
            self.second_began_ns = now_ns;
            self.this_second = 0;
        }
        if self.rate != 0 && self.this_second >= self.rate {
            return false;
        }
        self.this_second = self.this_second.saturating_add(1);
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::{Arc, Mutex};

    use etherparse::PacketBuilder;

    use super::*;
    use crate::wire::{LinkType, parse};

    #[derive(Clone, Default)]
    struct Sent(Arc<Mutex<Vec<Vec<u8>>>>);

    impl Injector for Sent {
        fn inject(&mut self, frame: &[u8], _: u16) -> bool {
            self.0.lock().unwrap().push(frame.to_vec());
            true
        }
    }

    fn packet() -> (Vec<u8>, Headers) {
        let mut frame = Vec::new();
        PacketBuilder::ethernet2([2; 6], [4; 6])
            .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
            .tcp(40_000, 80, 1_000, 8_192)
            .ack(77)
            .write(&mut frame, b"hello")
            .unwrap();
        let headers = parse(LinkType::Ethernet, &frame, 0, true).unwrap();
        (frame, headers)
    }

    #[test]
    fn without_an_injector_nothing_is_killed() {
        let (frame, headers) = packet();
        let mut killer = Killer::new(None, 0);
        assert_eq!((killer.kill(&frame, &headers, 0, 0), killer.again(&frame, &headers, 0, 0, 0)), (0, 0));
        assert_eq!(*killer.counters(), KillCounters::default());
    }

    #[test]
    fn both_sides_get_a_reset_with_the_numbers_they_expect() {
        let (frame, headers) = packet();
        let sent = Sent::default();
        let mut killer = Killer::new(Some(Box::new(sent.clone())), 0);
        assert_eq!(killer.kill(&frame, &headers, 0, 0), 2);
        let [first, second] = <[_; 2]>::try_from(sent.0.lock().unwrap().clone()).unwrap();
        let read = |bytes: &[u8]| parse(LinkType::Ethernet, bytes, 0, true).unwrap();
        let (to_receiver, to_sender) = (read(&first), read(&second));
        assert_eq!((to_receiver.src, to_receiver.tcp.seq, to_receiver.tcp.ack), (headers.src, 1_005, 77));
        assert_eq!((to_sender.src, to_sender.tcp.seq, to_sender.tcp.ack), (headers.dest, 77, 1_005));
    }

    #[test]
    fn the_rate_is_a_second_s_and_counts_sessions() {
        let (frame, headers) = packet();
        let mut killer = Killer::new(Some(Box::new(Sent::default())), 2);
        let second = 1_000_000_000;
        let sent: Vec<u8> = [5, 6, 7, second + 6, second + 7]
            .into_iter()
            .map(|now_ns| killer.kill(&frame, &headers, 0, second * 9 + now_ns))
            .collect();
        assert_eq!(sent, [2, 2, 0, 2, 2]);
        assert_eq!((killer.counters().sessions, killer.counters().rate_limited), (4, 1));
    }

    #[test]
    fn stragglers_are_answered_for_two_seconds() {
        let (frame, headers) = packet();
        let mut killer = Killer::new(Some(Box::new(Sent::default())), 1);
        let killed_ns = 255 << 27;
        let answers: Vec<u8> = [0_u64, 1, 16, 17, 100]
            .into_iter()
            .map(|later| killer.again(&frame, &headers, 0, eighth(killed_ns), killed_ns + (later << 27)))
            .collect();
        assert_eq!(answers, [2, 2, 2, 0, 0]);
    }

    #[test]
    fn what_cannot_be_built_or_sent_is_counted() {
        struct Broken;
        impl Injector for Broken {
            fn inject(&mut self, _: &[u8], _: u16) -> bool {
                false
            }
        }
        let (frame, mut headers) = packet();
        let mut killer = Killer::new(Some(Box::new(Broken)), 0);
        assert_eq!(killer.kill(&frame, &headers, 0, 0), 0);
        assert_eq!(killer.counters().not_sent, 2);
        headers.mpls = true;
        assert_eq!(killer.kill(&frame, &headers, 0, 0), 0);
        assert_eq!((killer.counters().not_possible, killer.counters().sessions), (2, 0));
        headers = Headers { mpls: false, tunnel: 1, ..headers };
        assert_eq!((killer.kill(&frame, &headers, 0, 0), killer.again(&frame, &headers, 0, 0, 0)), (0, 0));
        assert_eq!((killer.counters().tunnelled, killer.counters().not_possible), (2, 2));
    }
}
