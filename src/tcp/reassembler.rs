//! The reassembler: segments in, bytes in order out.

use super::anomaly::Anomaly;
use super::counters::{TcpCounters, one};
use super::handshake::{self, Opening};
use super::history::History;
use super::inbox::Inbox;
use super::judge::{LARGEST_WINDOW, arrives_not, illegal_flags, is_beyond_doubt, judge, packet_end};
use super::limits::{IllegalFlags, Limits};
use super::out::{Consumer, Out, Shared, StreamEnd};
use super::pool::{NONE, Pool};
use super::segment::{Checksum, Fate, Packet, Place, Placement, Run};
use super::seq::{distance, later};
use super::stream::{
    ACKED, ALT, CHECKED, EDGE, FINISHED, GUESSED, Half, LOOSE, RESET, STAMPED, STARTED, STOPPED, SYN, Sides,
    StreamPair, UNFILLED, URGENT,
};
use crate::event::Direction;
use crate::wire::{TcpHeader, tcp_flag};

/// The reassembler of one worker.
#[derive(Debug)]
pub struct Reassembler {
    pool: Pool,
    shared: Shared,
}

impl Reassembler {
    /// Bytes that each of [`Limits::segments`] takes.
    pub const BYTES_PER_SEGMENT: usize = Pool::BYTES_PER_BUFFER;

    /// Early pieces that each of [`Limits::segments`] has room for; small ones share its bytes.
    pub const PIECES_PER_SEGMENT: u32 = super::pool::PIECES_PER_BUFFER;

    /// Bytes that each of [`Limits::history`] takes.
    pub const BYTES_PER_RECORD: usize = History::BYTES_PER_RECORD;

    /// Takes all memory. `seed` keys the digests of what was delivered, so that nobody outside can make two versions
    /// with the same one; with 0 they are what `xxhsum -H3` prints.
    #[must_use]
    pub fn new(limits: Limits, seed: u64) -> Self {
        Self {
            pool: Pool::new(limits.segments),
            shared: Shared {
                history: History::new(limits.history, seed),
                least_depth: limits.least_depth(),
                limits,
                counters: TcpCounters::default(),
            },
        }
    }

    /// Takes other limits, with their [`Limits::least_depth`], and leaves its own there. The sizes stay what they were.
    pub fn exchange(&mut self, limits: &mut Limits, least_depth: &mut u64) {
        let shared = &mut self.shared;
        let (segments, history) = (shared.limits.segments, shared.limits.history);
        std::mem::swap(&mut shared.limits, limits);
        std::mem::swap(&mut shared.least_depth, least_depth);
        (shared.limits.segments, shared.limits.history) = (segments, history);
    }

    /// What was counted so far.
    #[must_use]
    pub const fn counters(&self) -> &TcpCounters {
        &self.shared.counters
    }

    /// Buffers in use.
    #[must_use]
    pub const fn segments_used(&self) -> u32 {
        self.pool.buffers_used()
    }

    /// Descriptors in use.
    #[must_use]
    pub const fn pieces_used(&self) -> u32 {
        self.pool.pieces_used()
    }

    /// The store's memory, for advice to the kernel.
    #[must_use]
    pub fn memory(&self) -> &[u8] {
        self.pool.memory()
    }

    /// Counts what is odd of a packet that is in no session yet.
    pub fn count(&mut self, anomaly: Anomaly) {
        self.shared.counters.anomaly(anomaly);
    }

    /// What is to be done with a packet that has illegal flags.
    #[must_use]
    pub const fn illegal_flags(&self) -> IllegalFlags {
        self.shared.limits.illegal_flags
    }

    /// Takes one segment of `pair` that travels in `direction`, and says where it lies in its stream.
    pub fn segment(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        consumer: &mut impl Consumer,
    ) -> Placement {
        if let Some(placement) = self.straight(pair, direction, packet, consumer) {
            return placement;
        }
        self.segment_of_any_kind(pair, direction, packet, consumer)
    }

    /// The usual segment: nothing but an ACK, at the next number, with nothing waiting on either side and nothing that
    /// speaks against it. `None` for all others, and then nothing has changed.
    #[inline]
    fn straight<C: Consumer>(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        consumer: &mut C,
    ) -> Option<Placement> {
        const LOOKED_AT: u8 = tcp_flag::SYN | tcp_flag::RST | tcp_flag::FIN | tcp_flag::URG | tcp_flag::ACK;
        const SPECIAL: u32 = FINISHED | RESET | GUESSED | ALT | STOPPED | URGENT;
        let header = packet.header;
        let owner = pair.owner();
        let mut sides = pair.sides(direction);
        let Sides { half, peer, .. } = &mut sides;
        let usual = header.flags & LOOKED_AT == tcp_flag::ACK
            && header.seq == half.next_seq
            && half.bits & (STARTED | SPECIAL) == STARTED
            && !peer.has(ALT)
            && half.early & half.doubts & peer.early & peer.doubts == NONE
            && packet.missing == 0
            && !packet.options.malformed
            && (packet.checksum != Checksum::Wrong || half.bits & (CHECKED | UNFILLED) != CHECKED);
        if !usual {
            return None;
        }
        let end = packet_end(packet);
        if !is_beyond_doubt(half, peer, packet, end, &self.shared.limits) {
            let past_edge = peer.has(EDGE) && distance(end, peer.edge) > 0 && !half.has(LOOSE);
            if past_edge || judge(half, peer, packet, &self.shared.limits).is_some() {
                return None;
            }
        }
        if packet.checksum == Checksum::Right {
            half.bits |= CHECKED;
        }
        half.flags_seen |= header.flags;
        note_ttl(half, packet);
        note_acknowledgement(half, peer, header);
        note_stamp(half, peer, packet);
        let offset = i64::try_from(half.offset()).unwrap_or(i64::MAX);
        if packet.payload.is_empty() {
            return Some(Placement { offset, fate: Fate::Empty });
        }
        half.sent = later(end, half.sent);
        one(&mut self.shared.counters.in_order);
        let mut out = Out::new(&mut self.shared, sides, owner, direction, packet.server_port, consumer);
        out.deliver_plain(packet.payload);
        Some(Placement { offset, fate: Fate::Delivered })
    }

    fn segment_of_any_kind<C: Consumer>(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        consumer: &mut C,
    ) -> Placement {
        let header = packet.header;
        let mut inbox = self.inbox(pair, direction, &packet.place(), consumer);
        let offset = {
            let half = &*inbox.out.half;
            i64::try_from(half.offset())
                .unwrap_or(i64::MAX)
                .saturating_add(i64::from(distance(header.seq, half.next_seq)))
        };
        if packet.checksum != Checksum::Unchecked && !inbox.checksum(packet.checksum) {
            return Placement { offset, fate: self.wrong_checksum(pair, direction, packet, consumer) };
        }
        inbox.out.half.flags_seen |= header.flags;
        if packet.options.malformed {
            // Receivers read the options up to there, and take the segment.
            inbox.out.anomaly(Anomaly::BadOptions, None);
        }
        if let Some(anomaly) = illegal_flags(header.flags) {
            let rule = inbox.out.shared.limits.illegal_flags;
            inbox.out.shared.counters.anomaly(anomaly);
            if rule.event {
                inbox.out.consumer.anomaly(direction, anomaly, None);
            }
            // Receivers look at RST before all else, so it counts whatever stands beside it. Nothing can be made of a
            // segment without any of the three, whatever the rule: no receiver takes it.
            if rule.drop && !packet.has(tcp_flag::RST)
                || header.flags & (tcp_flag::SYN | tcp_flag::RST | tcp_flag::ACK) == 0
            {
                one(&mut inbox.out.shared.counters.refused);
                return Placement { offset, fate: Fate::Refused(anomaly) };
            }
        }
        if header.flags & (tcp_flag::SYN | tcp_flag::RST) != 0 {
            let fate = if packet.has(tcp_flag::RST) {
                self.reset(pair, direction, packet, consumer)
            } else {
                self.syn(pair, direction, packet, consumer)
            };
            return Placement { offset, fate };
        }
        Placement { offset, fate: self.data(pair, direction, packet, consumer) }
    }

    /// Ends a session for `reason`: delivers what is stored, with gaps for what is not, and gives the buffers back.
    pub fn finish(&mut self, pair: &mut StreamPair, reason: StreamEnd, consumer: &mut impl Consumer) {
        for direction in [Direction::ToServer, Direction::ToClient] {
            if !pair.half(direction).has(STARTED) {
                continue;
            }
            let end = Place { dest: &[0; 16], v6: false, server_port: 0, now_ns: u64::MAX };
            let mut inbox = self.inbox(pair, direction, &end, consumer);
            inbox.confirm(true);
            while inbox.out.half.early != NONE {
                inbox.skip_hole();
            }
            inbox.drop_doubts();
            // Nothing is read of what comes after a reset, even where that came before all else.
            inbox.out.end(if inbox.out.half.has(RESET) { StreamEnd::Reset } else { reason });
        }
    }

    /// What belongs to the stream in `direction` while `packet` is worked on.
    #[inline]
    fn inbox<'a, C: Consumer>(
        &'a mut self,
        pair: &'a mut StreamPair,
        direction: Direction,
        place: &Place<'a>,
        consumer: &'a mut C,
    ) -> Inbox<'a, C> {
        let owner = pair.owner();
        let sides = pair.sides(direction);
        Inbox {
            pool: &mut self.pool,
            acked: sides.peer.has(ACKED).then_some(sides.peer.acked),
            out: Out::new(&mut self.shared, sides, owner, direction, place.server_port, consumer),
            dest: place.dest,
            v6: place.v6,
            now_ns: place.now_ns,
        }
    }

    fn reset<C: Consumer>(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        consumer: &mut C,
    ) -> Fate {
        let half = pair.half(direction);
        // Who has closed its socket answers late data with resets of all numbers: they tell nothing new.
        if half.has(RESET) || half.has(FINISHED) && distance(packet.header.seq, half.next_seq) < 0 {
            return Fate::Empty;
        }
        // A reset that dies on its way leaves the session open.
        if arrives_not(half, packet.ttl, &self.shared.limits) {
            one(&mut self.shared.counters.refused);
            self.inbox(pair, direction, &packet.place(), consumer).out.anomaly(Anomaly::TtlTooLow, None);
            return Fate::Refused(Anomaly::TtlTooLow);
        }
        let last_held = last_end(&self.pool, half.early);
        if !handshake::reset(&mut pair.sides(direction), packet, last_held) {
            one(&mut self.shared.counters.refused);
            self.inbox(pair, direction, &packet.place(), consumer).out.anomaly(Anomaly::BadReset, None);
            return Fate::Refused(Anomaly::BadReset);
        }
        // Who resets a connection that it had acknowledges what it took of it, as in any segment.
        let Sides { half, peer, .. } = pair.sides(direction);
        if packet.has(tcp_flag::ACK)
            && half.bits & peer.bits & ACKED != 0
            && peer.doubts != NONE
            && distance(packet.header.ack, peer.sent) <= 0
        {
            half.acked = later(packet.header.ack, half.acked);
            self.inbox(pair, direction.flip(), &packet.place(), consumer).confirm(false);
        }
        for direction in [direction, direction.flip()] {
            let mut inbox = self.inbox(pair, direction, &packet.place(), consumer);
            inbox.out.end(StreamEnd::Reset);
            // What waits before its turn is never read.
            inbox.discard_early();
            inbox.drop_doubts();
        }
        Fate::Empty
    }

    fn syn<C: Consumer>(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        consumer: &mut C,
    ) -> Fate {
        let mut sides = pair.sides(direction);
        let simultaneous =
            !packet.has(tcp_flag::ACK) && sides.peer.has(SYN) && !sides.peer.has(ACKED) && !sides.half.has(SYN);
        let opening = handshake::open(&mut sides, packet);
        let mut inbox = self.inbox(pair, direction, &packet.place(), consumer);
        match opening {
            Opening::Counts => {}
            Opening::Ignored => return if packet.carries() { Fate::Repeated } else { Fate::Empty },
            Opening::Odd(anomaly) => {
                one(&mut inbox.out.shared.counters.refused);
                inbox.out.anomaly(anomaly, None);
                return Fate::Refused(anomaly);
            }
        }
        if simultaneous {
            inbox.out.anomaly(Anomaly::SimultaneousOpen, None);
        }
        let mut fate = Fate::Empty;
        if !packet.payload.is_empty() || packet.missing != 0 {
            // RFC 7413: whether the receiver takes it is seen from what it acknowledges.
            inbox.out.anomaly(Anomaly::DataOnSyn, None);
            let run = Run::of(packet.header.seq.wrapping_add(1), packet.payload, packet.missing, false);
            inbox.out.half.sent = run.end();
            fate = inbox.doubt(&run, Anomaly::DataOnSyn, packet.ttl);
        }
        if packet.has(tcp_flag::ACK) {
            self.inbox(pair, direction.flip(), &packet.place(), consumer).acknowledged(packet.header.ack);
        }
        fate
    }

    /// A segment with ACK, and neither SYN nor RST.
    #[inline]
    fn data<C: Consumer>(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        consumer: &mut C,
    ) -> Fate {
        let header = packet.header;
        let Sides { half, peer, alt, .. } = pair.sides(direction);
        if !half.has(STARTED) {
            half.bits |= STARTED | GUESSED;
            half.next_seq = header.seq;
            half.sent = header.seq;
            half.isn = header.seq.wrapping_sub(1);
            half.ttl = packet.ttl;
            // Between SYN and SYN-ACK: either the tap shows it before its time, or it means nothing to the client.
            if peer.has(SYN) && !peer.has(ACKED) {
                return self.against(pair, direction, packet, Anomaly::DataBeforeSynAck, consumer);
            }
        } else if half.has(GUESSED) && peer.has(SYN) && !peer.has(ACKED) {
            return self.against(pair, direction, packet, Anomaly::DataBeforeSynAck, consumer);
        } else if half.has(GUESSED) && packet.carries() && distance(header.seq, half.next_seq) == 1 {
            // A keep-alive was the first that was seen: its number is the one before the next.
            half.next_seq = header.seq;
            half.isn = header.seq.wrapping_sub(1);
        }
        if (half.bits | peer.bits) & ALT != 0 && half.bits & peer.bits & ACKED == 0 {
            let first = alt.wrapping_add(1);
            if peer.has(ALT) && header.ack != peer.sent && header.ack == first {
                handshake::take_other(peer, *alt);
            }
            if half.has(ALT) && !peer.has(ACKED) && header.seq != half.sent && header.seq == first {
                handshake::take_other(half, *alt);
            }
        }
        let against = judge(half, peer, packet, &self.shared.limits);
        if let Some(anomaly) = against {
            return self.against(pair, direction, packet, anomaly, consumer);
        }
        note_ttl(half, packet);
        note_acknowledgement(half, peer, header);
        note_stamp(half, peer, packet);
        let waits = peer.doubts & peer.early != NONE;
        let mut fate = Fate::Empty;
        if packet.carries() {
            let end = packet_end(packet).wrapping_add(u32::from(packet.is_fin()));
            if distance(end, half.sent) > 0 {
                half.sent = end;
            }
            fate = self.payload(pair, direction, packet, consumer);
        }
        if waits {
            self.inbox(pair, direction.flip(), &packet.place(), consumer).acknowledged(header.ack);
        }
        fate
    }

    /// Payload, or a FIN, that the receiver takes.
    #[inline]
    fn payload<C: Consumer>(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        consumer: &mut C,
    ) -> Fate {
        if packet.has(tcp_flag::URG) {
            self.urgent(pair, direction, packet, consumer);
        }
        let edge = pair_edge(pair, direction);
        let mut run = Run::of(packet.header.seq, packet.payload, packet.missing, packet.is_fin());
        let mut inbox = self.inbox(pair, direction, &packet.place(), consumer);
        let stopped = inbox.out.half.has(STOPPED);
        if let Some(edge) = edge
            && distance(run.end(), edge) > 0
            && distance(edge, run.seq) > 0
        {
            let policy = inbox.out.shared.limits.policies.get(packet.dest, packet.v6);
            if !policy.cuts_at_window() {
                // Linux takes it or leaves it, by what its application has read.
                return self.against(pair, direction, packet, Anomaly::OutOfWindow, consumer);
            }
            run = run.part(run.seq, edge);
            run.extent.1 = edge;
        }
        let fate = inbox.enter(run);
        if inbox.out.half.doubts != NONE {
            inbox.forget_doubts();
            inbox.confirm(false);
        }
        if stopped { Fate::Stopped } else { fate }
    }

    /// A segment whose checksum is wrong on a side that fills it in otherwise. Of data it is a guess that the receiver
    /// refuses it: in a capture taken on the sending host, some are filled in before and some after.
    #[cold]
    fn wrong_checksum<C: Consumer>(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        consumer: &mut C,
    ) -> Fate {
        let plain = packet.header.flags & (tcp_flag::SYN | tcp_flag::RST | tcp_flag::ACK) == tcp_flag::ACK;
        if plain && pair.half(direction).has(STARTED) {
            return self.against(pair, direction, packet, Anomaly::BadChecksum, consumer);
        }
        one(&mut self.shared.counters.refused);
        self.inbox(pair, direction, &packet.place(), consumer).out.anomaly(Anomaly::BadChecksum, None);
        Fate::Refused(Anomaly::BadChecksum)
    }

    /// The urgent pointer: the byte before the one it points at (RFC 6093 section 2.1, as all systems have it) is not
    /// read in line.
    #[cold]
    fn urgent<C: Consumer>(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        consumer: &mut C,
    ) {
        let at = packet.header.seq.wrapping_add(u32::from(packet.urgent.saturating_sub(1)));
        let Sides { half, peer, alt, .. } = pair.sides(direction);
        let news = !self.shared.limits.urgent_inline && (!half.has(URGENT) || distance(at, *alt) > 0);
        if news && distance(at, half.next_seq) >= 0 {
            *alt = at;
            half.bits = half.bits & !ALT | URGENT;
            peer.bits &= !(ALT | URGENT);
            self.inbox(pair, direction, &packet.place(), consumer).out.anomaly(Anomaly::Urgent, None);
        }
    }

    /// A segment that the receiver should refuse.
    #[cold]
    fn against<C: Consumer>(
        &mut self,
        pair: &mut StreamPair,
        direction: Direction,
        packet: &Packet<'_>,
        anomaly: Anomaly,
        consumer: &mut C,
    ) -> Fate {
        let mut inbox = self.inbox(pair, direction, &packet.place(), consumer);
        one(&mut inbox.out.shared.counters.refused);
        if !packet.carries() {
            // Nothing to be taken: a bare acknowledgement that is out of date is nothing odd.
            inbox.out.shared.counters.anomaly(anomaly);
            return Fate::Empty;
        }
        inbox.out.anomaly(anomaly, None);
        let run = Run::of(packet.header.seq, packet.payload, packet.missing, packet.is_fin());
        // Without this an acknowledgement of it, which shows that it was taken, would be one of what was never sent.
        let half = &mut *inbox.out.half;
        if distance(run.end(), half.sent) > 0 && distance(run.end(), half.next_seq) <= LARGEST_WINDOW {
            half.sent = run.end();
        }
        inbox.doubt(&run, anomaly, packet.ttl)
    }
}

impl<C: Consumer> Inbox<'_, C> {
    /// Takes note of a segment's checksum; false when the segment does not count.
    fn checksum(&mut self, checksum: Checksum) -> bool {
        if checksum == Checksum::Right {
            self.out.half.bits |= CHECKED;
            return true;
        }
        !self.out.half.has(CHECKED) || self.out.half.has(UNFILLED)
    }
}

/// What a segment says of the other direction: how far it came, and how far it may go.
#[inline]
fn note_acknowledgement(half: &mut Half, peer: &mut Half, header: &TcpHeader) {
    let granted = header.ack.wrapping_add(handshake::window(half, peer, header.window));
    if !half.has(ACKED) {
        half.acked = header.ack;
        half.edge = granted;
        half.bits |= ACKED | EDGE;
        peer.bits &= !ALT;
        return;
    }
    half.acked = later(header.ack, half.acked);
    half.edge = if half.has(EDGE) { later(granted, half.edge) } else { granted };
    half.bits |= EDGE;
}

/// The first packets may be there to make what dies on its way look ordinary: the highest TTL counts.
#[inline]
fn note_ttl(half: &mut Half, packet: &Packet<'_>) {
    half.ttl = half.ttl.max(packet.ttl);
}

/// RFC 7323 section 4.3: the timestamp of the segment that covers the last acknowledgement sent.
#[inline]
fn note_stamp(half: &mut Half, peer: &Half, packet: &Packet<'_>) {
    let Some((stamp, _)) = packet.options.timestamps else { return };
    let due = if peer.has(ACKED) { peer.acked } else { half.next_seq };
    if !half.has(STAMPED) || (distance(packet.header.seq, due) <= 0 && distance(half.ts_recent, stamp) <= 0) {
        half.ts_recent = stamp;
        half.bits |= STAMPED;
    }
}

/// The right edge of the window that a direction's receiver has granted, while it is believed.
fn pair_edge(pair: &StreamPair, direction: Direction) -> Option<u32> {
    let (half, peer) = (pair.half(direction), pair.half(direction.flip()));
    (peer.has(EDGE) && !half.has(LOOSE | RESET)).then_some(peer.edge)
}

/// The number after the last early piece.
fn last_end(pool: &Pool, root: u32) -> Option<u32> {
    let mut end = None;
    let mut at = root;
    while let Some(piece) = pool.get(at) {
        end = Some(piece.end);
        at = piece.right;
    }
    end
}
