//! The defragmenter: fragments in, whole packets out.

use super::age::NONE;
use super::buffers::{Buffer, Buffers, HEADROOM, SMALL};
use super::counters::{Counters, Held};
use super::fault::{Conflict, Effect, Fault, Report};
use super::key::Key;
use super::limits::Limits;
use super::overlap;
use super::piece::{Piece, Refusal, identification};
use super::policy::Policy;
use super::table::{Descriptor, State, Table, UNKNOWN};
use super::units::{self, UNIT};
use super::whole::{Rebuild, Whole, rebuild_v4, rebuild_v6, relink_v6};
use crate::wire::Headers;

/// [`HEADROOM`] as head lengths are kept.
const HEAD_ROOM: u16 = 512;
const _: () = assert!(HEAD_ROOM as usize == HEADROOM);

/// Descriptors that a fragment may time out, so that a flood's end is not one packet's burden.
const EXPIRE_PER_FRAGMENT: u32 = 4;

/// What became of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Its fate.
    pub outcome: Outcome<'a>,
    /// What was wrong, the first time that it was with this packet. An event is the caller's to make.
    pub report: Option<Report>,
}

/// The fate of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Kept until the others arrive, or a repetition of what is kept.
    Held,
    /// The packet is whole.
    Whole(Whole<'a>),
    /// Thrown away for a fault, alone or with all that had arrived.
    Discarded,
    /// Its packet's descriptor is bad.
    Ignored,
    /// Not looked at.
    Refused(Refusal),
}

/// All memory of a defragmenter, for advice to the kernel.
#[derive(Clone, Copy, Debug)]
pub struct Memory<'a> {
    /// Control data.
    pub descriptors: &'a [Descriptor],
    /// The hash index.
    pub index: &'a [u32],
    /// Buffers.
    pub buffers: &'a [u8],
    /// Their bitmaps.
    pub bitmaps: &'a [u64],
}

/// The defragmenter of one worker.
#[derive(Debug)]
pub struct Defragmenter {
    table: Table,
    buffers: Buffers,
    limits: Limits,
    counters: Counters,
    bad: u32,
    now_ns: u64,
    /// No descriptor times out before.
    next_timeout_ns: u64,
}

/// How far a fragment got.
enum Step {
    Held,
    Whole(Done),
    Discarded,
}

/// A packet whose frame is ready in a buffer that has been given back.
struct Done {
    buffer: Buffer,
    network_at: u16,
    head_len: u16,
    payload: u32,
    fragments: u16,
    wire_len: u32,
    first_ns: u64,
}

impl Defragmenter {
    /// Takes all memory. Limits out of their range are brought into it: at least one descriptor, packets of at most
    /// 65,535 bytes.
    #[must_use]
    pub fn new(mut limits: Limits) -> Self {
        limits.descriptors = limits.descriptors.clamp(1, 1 << 24);
        limits.large_buffers = limits.large_buffers.min(limits.descriptors);
        limits.max_packet = limits.max_packet.min(u32::from(u16::MAX));
        Self {
            table: Table::new(limits.descriptors, limits.seed),
            buffers: Buffers::new(limits.descriptors, limits.large_buffers, limits.max_packet),
            limits,
            counters: Counters::default(),
            bad: 0,
            now_ns: 0,
            next_timeout_ns: u64::MAX,
        }
    }

    /// Memory that a defragmenter with these limits takes, in bytes: for a small packet its buffer with bitmaps and
    /// descriptor, for a large one its buffer with bitmaps.
    #[must_use]
    pub fn memory_bytes(limits: &Limits) -> u64 {
        let buffer = |payload: u64| payload + u64::try_from(HEADROOM).unwrap_or(0) + payload / 32;
        let descriptor = u64::try_from(size_of::<Descriptor>()).unwrap_or(0) + 8;
        u64::from(limits.descriptors) * (buffer(u64::from(SMALL)) + descriptor)
            + u64::from(limits.large_buffers) * buffer(u64::from(limits.max_packet))
    }

    /// All of its memory.
    #[must_use]
    pub fn memory(&self) -> Memory<'_> {
        let (descriptors, index) = self.table.memory();
        let (buffers, bitmaps) = self.buffers.memory();
        Memory { descriptors, index, buffers, bitmaps }
    }

    /// What was counted so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What is in use.
    #[must_use]
    pub fn held(&self) -> Held {
        let (small_buffers, large_buffers) = self.buffers.used();
        Held { descriptors: self.table.used(), bad: self.bad, small_buffers, large_buffers }
    }

    /// Takes a frame whose `headers` ([`crate::wire::parse_into`]) say that it is a fragment. `wire_len` is its length
    /// on the wire in bytes. `now_ns` is the time in nanoseconds since the epoch; an earlier time than before counts
    /// as the latest one.
    #[inline]
    pub fn fragment(&mut self, frame: &[u8], headers: &Headers, wire_len: u32, now_ns: u64) -> Verdict<'_> {
        // Each family has its own code, so that what is read of a fragment stays in registers.
        if headers.v6 {
            self.fragment_of::<true>(frame, headers, wire_len, now_ns)
        } else {
            self.fragment_of::<false>(frame, headers, wire_len, now_ns)
        }
    }

    #[inline(always)]
    fn fragment_of<const V6: bool>(
        &mut self,
        frame: &[u8],
        headers: &Headers,
        wire_len: u32,
        now_ns: u64,
    ) -> Verdict<'_> {
        self.now_ns = self.now_ns.max(now_ns);
        if self.now_ns >= self.next_timeout_ns {
            self.expire(now_ns, EXPIRE_PER_FRAGMENT);
        }
        let id = if headers.fragment { identification(frame, headers) } else { None };
        let Some(id) = id else { return self.refuse(Refusal::NotFragment) };
        let counter = if V6 { &mut self.counters.ipv6_fragments } else { &mut self.counters.ipv4_fragments };
        *counter = counter.saturating_add(1);
        let key = Key::of(headers, id);
        let found = self.current(&key);
        if let Some((_, State::Bad)) = found {
            self.counters.ignored = self.counters.ignored.saturating_add(1);
            return Verdict { outcome: Outcome::Ignored, report: None };
        }
        let Some(piece) = Piece::read::<V6>(frame, headers) else { return self.refuse(Piece::refusal(frame, headers)) };
        if piece.dont_fragment {
            self.counters.dont_fragment = self.counters.dont_fragment.saturating_add(1);
        }
        let slot = match found {
            Some((slot, _)) => slot,
            None => self.open(&key, &headers.dest),
        };
        let mut report = None;
        let step = match self.quick(slot, &piece, wire_len) {
            Some(false) => Step::Held,
            Some(true) => self.finish(slot, &piece, &mut report),
            None => self.accept(slot, piece, V6, wire_len, &mut report),
        };
        let outcome = match step {
            Step::Held => Outcome::Held,
            Step::Discarded => Outcome::Discarded,
            Step::Whole(done) => {
                let frame = self.buffers.frame(done.buffer, done.head_len, done.payload).unwrap_or(&mut []);
                let Done { network_at, fragments, wire_len, first_ns, .. } = done;
                Outcome::Whole(Whole { frame, network_at: u32::from(network_at), fragments, wire_len, first_ns })
            }
        };
        Verdict { outcome, report }
    }

    /// Gives back what has timed out at `now_ns`, oldest first, at most `budget` descriptors. Returns how many; less
    /// than `budget` means that nothing more has timed out. Fragments do a share of this as they come, so it is needed
    /// where none come.
    pub fn expire(&mut self, now_ns: u64, budget: u32) -> u32 {
        self.now_ns = self.now_ns.max(now_ns);
        let mut expired = 0;
        loop {
            let oldest = self.table.age.oldest();
            let Some(descriptor) = self.table.get(oldest) else {
                self.next_timeout_ns = u64::MAX;
                return expired;
            };
            let due = descriptor.first_ns.saturating_add(self.limits.timeout_ns);
            if self.now_ns < due || expired == budget {
                self.next_timeout_ns = due;
                return expired;
            }
            self.time_out(oldest);
            expired = expired.saturating_add(1);
        }
    }

    /// Takes other limits and leaves its own there. Sizes and the seed stay what they were, and packets that have begun
    /// keep their policy; the timeout holds for them too.
    pub fn exchange(&mut self, limits: &mut Limits) {
        let Limits { descriptors, large_buffers, max_packet, seed, .. } = self.limits;
        std::mem::swap(&mut self.limits, limits);
        (self.limits.descriptors, self.limits.large_buffers) = (descriptors, large_buffers);
        (self.limits.max_packet, self.limits.seed) = (max_packet, seed);
        // When the next one times out is to be found out again.
        if self.next_timeout_ns != u64::MAX {
            self.next_timeout_ns = 0;
        }
    }

    /// Forgets all fragments, and the time: what follows has a clock of its own. What had timed out at `now_ns` is
    /// counted as such.
    pub fn restart(&mut self, now_ns: u64) {
        self.expire(now_ns, u32::MAX);
        while self.table.get(self.table.age.oldest()).is_some() {
            self.close(self.table.age.oldest());
        }
        (self.now_ns, self.next_timeout_ns) = (0, u64::MAX);
    }

    fn refuse(&mut self, refusal: Refusal) -> Verdict<'_> {
        self.counters.add_refusal(refusal);
        Verdict { outcome: Outcome::Refused(refusal), report: None }
    }

    /// The descriptor of `key`, unless its time is over.
    #[inline(always)]
    fn current(&mut self, key: &Key) -> Option<(u32, State)> {
        let slot = self.table.find(key)?;
        let descriptor = self.table.get(slot)?;
        if self.now_ns.saturating_sub(descriptor.first_ns) < self.limits.timeout_ns {
            return Some((slot, descriptor.state));
        }
        self.time_out(slot);
        None
    }

    fn time_out(&mut self, slot: u32) {
        let bad = self.table.get(slot).is_some_and(|descriptor| descriptor.state == State::Bad);
        let counter = if bad { &mut self.counters.bad_expired } else { &mut self.counters.timeouts };
        *counter = counter.saturating_add(1);
        self.close(slot);
    }

    /// Begins a packet.
    #[inline]
    fn open(&mut self, key: &Key, dest: &[u8; 16]) -> u32 {
        let policy = self.limits.policy.get(dest, key.v6());
        if self.next_timeout_ns == u64::MAX {
            self.next_timeout_ns = self.now_ns.saturating_add(self.limits.timeout_ns);
        }
        if let Some(slot) = self.table.open(key, policy, self.now_ns) {
            return slot;
        }
        self.counters.recycled = self.counters.recycled.saturating_add(1);
        self.close(self.table.age.oldest());
        self.table.open(key, policy, self.now_ns).unwrap_or(NONE)
    }

    /// Ends a packet; its descriptor and buffer are free.
    fn close(&mut self, slot: u32) {
        self.give_back(slot);
        if self.table.get(slot).is_some_and(|descriptor| descriptor.state == State::Bad) {
            self.bad = self.bad.saturating_sub(1);
        }
        self.table.close(slot);
    }

    /// Frees the buffer of a packet.
    #[inline]
    fn give_back(&mut self, slot: u32) {
        let Some(descriptor) = self.table.get_mut(slot) else { return };
        let top = descriptor.top;
        let Some(buffer) = descriptor.buffer.take() else { return };
        self.buffers.release(buffer, top);
        if buffer.large {
            self.table.gave_large(slot);
        }
    }

    /// Counts a fault and does what follows from it.
    #[cold]
    fn raise(
        &mut self,
        slot: u32,
        fault: Fault,
        piece: &Piece<'_>,
        conflict: Option<Conflict>,
        report: &mut Option<Report>,
    ) -> Effect {
        self.counters.add_fault(fault);
        let Some(descriptor) = self.table.get_mut(slot) else { return Effect::LeaveOut };
        if descriptor.reported & fault.bit() == 0 {
            descriptor.reported |= fault.bit();
            *report = Some(Report { fault, offset: piece.start, length: piece.length(), conflict });
        }
        let effect = fault.effect(descriptor.policy, descriptor.key.v6());
        match effect {
            Effect::Report | Effect::LeaveOut => {}
            Effect::Again => self.begin_anew(slot, piece, report),
            Effect::Bad => self.mark_bad(slot),
        }
        effect
    }

    /// Ignores from now on what belongs to a packet.
    fn mark_bad(&mut self, slot: u32) {
        self.give_back(slot);
        if let Some(descriptor) = self.table.get_mut(slot) {
            descriptor.state = State::Bad;
            self.bad = self.bad.saturating_add(1);
        }
    }

    /// Throws away what was gathered of a packet, as the kernel does with its queue.
    fn begin_anew(&mut self, slot: u32, piece: &Piece<'_>, report: &mut Option<Report>) {
        let Some(descriptor) = self.table.get_mut(slot) else { return };
        if descriptor.restarts >= self.limits.restarts {
            let mut own = None;
            self.raise(slot, Fault::Restarts, piece, None, &mut own);
            // A first report of the fault that led here says more.
            *report = report.or(own);
            return;
        }
        descriptor.restarts = descriptor.restarts.saturating_add(1);
        self.counters.restarts = self.counters.restarts.saturating_add(1);
        self.give_back(slot);
        if let Some(descriptor) = self.table.get_mut(slot) {
            descriptor.forget();
        }
        self.table.renew(slot, self.now_ns);
    }

    /// Puts a fragment into place about which there is nothing to check: one that is not the first, of a packet that
    /// has a buffer, within all limits, over nothing that has arrived. Says whether the packet has all its bytes;
    /// `None`: nothing was done, [`Self::accept`] is to look at it.
    #[inline(always)]
    fn quick(&mut self, slot: u32, piece: &Piece<'_>, wire_len: u32) -> Option<bool> {
        let descriptor = self.table.get_mut(slot)?;
        let buffer = descriptor.buffer?;
        let (length, end) = (piece.length(), piece.end());
        let room = if buffer.large { self.limits.max_packet } else { self.limits.max_packet.min(SMALL) };
        let least = if piece.more { u32::from(self.limits.min_fragment).max(1) } else { 1 };
        let plain = (piece.start > UNIT)
            & (length >= least)
            & (!piece.more | (length % UNIT == 0))
            & (end <= room)
            & (descriptor.fragments < self.limits.max_fragments);
        let fits = if piece.more {
            end <= descriptor.total
        } else {
            (end >= descriptor.top) & ((descriptor.total == UNKNOWN) | (descriptor.total == end))
        };
        if !(plain & fits) {
            return None;
        }
        let run = descriptor.goes_on(piece);
        if self.buffers.put(buffer, piece.start, piece.payload, run) != Some(true) {
            return None;
        }
        if !piece.more {
            descriptor.total = end;
        }
        descriptor.received = descriptor.received.wrapping_add(length);
        descriptor.top = descriptor.top.max(end);
        descriptor.ecn |= 1 << (piece.ecn & 3);
        descriptor.fragments = descriptor.fragments.wrapping_add(1);
        descriptor.wire_len = descriptor.wire_len.saturating_add(wire_len);
        Some(descriptor.received == descriptor.total && descriptor.head_len != 0)
    }

    /// Checks a fragment and puts it into place.
    #[inline(never)]
    fn accept(
        &mut self,
        slot: u32,
        mut piece: Piece<'_>,
        v6: bool,
        wire_len: u32,
        report: &mut Option<Report>,
    ) -> Step {
        let Some(descriptor) = self.table.get_mut(slot) else { return Step::Discarded };
        descriptor.fragments = descriptor.fragments.saturating_add(1);
        descriptor.wire_len = descriptor.wire_len.saturating_add(wire_len);
        let policy = descriptor.policy;
        let too_many = descriptor.fragments > self.limits.max_fragments;
        if (piece.start <= UNIT || too_many) && !self.check_start(slot, &piece, v6, too_many, report) {
            return Step::Discarded;
        }
        let length = piece.length();
        let odd = piece.more && !length.is_multiple_of(UNIT);
        let small = length == 0 || piece.more && length < u32::from(self.limits.min_fragment);
        let long = piece.end() > self.limits.max_packet;
        if (odd || small || long) && !self.check_length(slot, &mut piece, report) {
            return Step::Discarded;
        }
        let piece = &piece;
        let Some(descriptor) = self.table.get_mut(slot) else { return Step::Discarded };
        let end = piece.end();
        // RFC 791 section 3.2: the last fragment says how long the packet is.
        if !piece.more {
            if end < descriptor.top || descriptor.total != UNKNOWN && end != descriptor.total {
                return self.wrong_end(slot, piece, report);
            }
            descriptor.total = end;
        } else if end > descriptor.total {
            self.raise(slot, Fault::PastEnd, piece, None, report);
            return Step::Discarded;
        }
        let buffer = match descriptor.buffer {
            Some(buffer) if buffer.large || end <= SMALL => buffer,
            held => match self.provide(slot, held, piece) {
                Some(buffer) => buffer,
                None => {
                    self.raise(slot, Fault::NoBuffer, piece, None, report);
                    return Step::Discarded;
                }
            },
        };
        let Some(descriptor) = self.table.get_mut(slot) else { return Step::Discarded };
        let mut first = piece.start == 0;
        let run = descriptor.goes_on(piece);
        if self.buffers.put(buffer, piece.start, piece.payload, run) == Some(true) {
            descriptor.received = descriptor.received.saturating_add(piece.length());
        } else {
            let Some(mut view) = self.buffers.view(buffer) else { return Step::Discarded };
            let over = overlap::inspect(&view, piece);
            let repeats = if matches!(policy, Policy::Linux) { over.inside } else { over.exact };
            let fault = if over.differs.is_some() { Fault::Conflict } else { Fault::Overlap };
            let quiet = descriptor.reported & fault.bit() != 0;
            let left_out = repeats && (over.differs.is_none() || matches!(policy, Policy::Linux));
            let merged = left_out || fault.effect(policy, v6) == Effect::Report;
            let differs = over.differs.filter(|_| !quiet);
            let conflict = differs.map(|at| overlap::versions(&view, piece, at, policy, merged));
            if left_out {
                self.counters.duplicates = self.counters.duplicates.saturating_add(1);
                if over.differs.is_some() {
                    self.note(slot, fault, piece, conflict, report);
                }
                // The kernel does not look whether a repetition has made the packet whole.
                return if matches!(policy, Policy::Linux) { Step::Held } else { self.finish(slot, piece, report) };
            }
            if !merged {
                self.raise(slot, fault, piece, conflict, report);
                return Step::Discarded;
            }
            let merged = overlap::merge(&mut view, piece, policy);
            descriptor.received = descriptor.received.saturating_add(merged.new_bytes);
            first = merged.first;
            self.note(slot, fault, piece, conflict, report);
        }
        let Some(descriptor) = self.table.get_mut(slot) else { return Step::Discarded };
        descriptor.top = descriptor.top.max(end);
        descriptor.ecn |= 1 << (piece.ecn & 3);
        if first && let Some(head) = self.buffers.frame(buffer, HEAD_ROOM, 0) {
            put_head(descriptor, head, piece, v6);
        }
        if descriptor.received == descriptor.total && descriptor.head_len != 0 {
            return self.finish(slot, piece, report);
        }
        Step::Held
    }

    /// Counts and reports a fault from which nothing follows.
    #[cold]
    fn note(
        &mut self,
        slot: u32,
        fault: Fault,
        piece: &Piece<'_>,
        conflict: Option<Conflict>,
        report: &mut Option<Report>,
    ) {
        self.counters.add_fault(fault);
        let Some(descriptor) = self.table.get_mut(slot) else { return };
        if descriptor.reported & fault.bit() == 0 {
            descriptor.reported |= fault.bit();
            *report = Some(Report { fault, offset: piece.start, length: piece.length(), conflict });
        }
    }

    /// What only the first units of a packet, or too many fragments, can have wrong. False: the fragment is done with.
    fn check_start(
        &mut self,
        slot: u32,
        piece: &Piece<'_>,
        v6: bool,
        too_many: bool,
        report: &mut Option<Report>,
    ) -> bool {
        let fault = if too_many { Some(Fault::TooMany) } else { piece.shape(v6) };
        fault.is_none_or(|fault| self.raise(slot, fault, piece, None, report) == Effect::Report)
    }

    /// What a fragment's length can have wrong. False: the fragment is done with.
    #[cold]
    fn check_length(&mut self, slot: u32, piece: &mut Piece<'_>, report: &mut Option<Report>) -> bool {
        if piece.end() > u32::from(u16::MAX) {
            self.raise(slot, Fault::PacketTooLarge, piece, None, report);
            return false;
        }
        if piece.more && !piece.length().is_multiple_of(UNIT) {
            if self.raise(slot, Fault::InvalidLength, piece, None, report) != Effect::Report {
                return false;
            }
            // Linux cuts what is too much and goes on.
            let whole = piece.payload.len() & !7;
            piece.payload = piece.payload.get(..whole).unwrap_or(&[]);
        }
        let fault = if piece.payload.is_empty() {
            Fault::ZeroLength
        } else if piece.more && piece.length() < u32::from(self.limits.min_fragment) {
            Fault::TooSmall
        } else if piece.end() > self.limits.max_packet {
            Fault::OverMaxPacket
        } else {
            return true;
        };
        self.raise(slot, fault, piece, None, report);
        false
    }

    /// A last fragment that ends where the packet cannot.
    #[cold]
    fn wrong_end(&mut self, slot: u32, piece: &Piece<'_>, report: &mut Option<Report>) -> Step {
        let (known, buffer) = match self.table.get(slot) {
            Some(descriptor) => (descriptor.total != UNKNOWN, descriptor.buffer),
            None => (false, None),
        };
        let view = buffer.and_then(|buffer| self.buffers.view(buffer));
        let covers =
            view.is_some_and(|view| units::any(view.have, units::units(piece.start), units::units(piece.end())));
        let fault = match (known, covers) {
            (true, _) => Fault::MultipleTails,
            (false, true) => Fault::Teardrop,
            (false, false) => Fault::PastEnd,
        };
        self.raise(slot, fault, piece, None, report);
        Step::Discarded
    }

    /// A buffer into which `piece` fits: a first one, or a large one in place of the small one that the packet has.
    fn provide(&mut self, slot: u32, held: Option<Buffer>, piece: &Piece<'_>) -> Option<Buffer> {
        let take = |buffers: &mut Buffers| match held {
            None => buffers.take(piece.end(), piece.length(), piece.more),
            Some(_) => buffers.take_large(),
        };
        let buffer = match take(&mut self.buffers) {
            Some(buffer) => buffer,
            None => {
                let oldest = self.table.large.oldest();
                self.table.get(oldest)?;
                self.counters.buffers_recycled = self.counters.buffers_recycled.saturating_add(1);
                self.close(oldest);
                take(&mut self.buffers)?
            }
        };
        let descriptor = self.table.get_mut(slot)?;
        if let Some(old) = held {
            self.buffers.grow(old, buffer, descriptor.top, descriptor.head_len);
        }
        descriptor.buffer = Some(buffer);
        if buffer.large {
            self.table.got_large(slot);
        }
        Some(buffer)
    }

    /// Makes the frame of a packet that has all its bytes.
    #[inline(never)]
    fn finish(&mut self, slot: u32, piece: &Piece<'_>, report: &mut Option<Report>) -> Step {
        let Some(descriptor) = self.table.get(slot) else { return Step::Discarded };
        if descriptor.received != descriptor.total || descriptor.head_len == 0 {
            return Step::Held;
        }
        let Some(buffer) = descriptor.buffer else { return Step::Discarded };
        let (v6, policy, ecn) = (descriptor.key.v6(), descriptor.policy, descriptor.ecn);
        let done = Done {
            buffer,
            network_at: descriptor.network_at,
            head_len: descriptor.head_len,
            payload: descriptor.total,
            fragments: descriptor.fragments,
            wire_len: descriptor.wire_len,
            first_ns: descriptor.first_ns,
        };
        let of = Rebuild {
            network_at: descriptor.network_at,
            head_len: done.head_len,
            payload: done.payload,
            congestion: ecn & 0b1000 != 0,
        };
        // RFC 3168 section 5.3: not-ECT is bit 0 here, the other code points are the others.
        if ecn & 1 != 0 && ecn != 1 {
            self.note(slot, Fault::EcnMixed, piece, None, report);
            if Fault::EcnMixed.effect(policy, v6) != Effect::Report {
                self.close(slot);
                return Step::Discarded;
            }
        }
        let head_only = self.buffers.frame(buffer, done.head_len, 0);
        let rebuild = if v6 { rebuild_v6 } else { rebuild_v4 };
        if head_only.and_then(|head| rebuild(head, &of)).is_none() {
            self.note(slot, Fault::PacketTooLarge, piece, None, report);
            self.close(slot);
            return Step::Discarded;
        }
        let counter = if v6 { &mut self.counters.ipv6_reassembled } else { &mut self.counters.ipv4_reassembled };
        *counter = counter.saturating_add(1);
        self.close(slot);
        Step::Whole(done)
    }
}

/// Keeps the headers of the fragment that the packet begins with.
#[inline]
fn put_head(descriptor: &mut Descriptor, room: &mut [u8], piece: &Piece<'_>, v6: bool) {
    let Some(at) = HEADROOM.checked_sub(piece.head.len()) else { return };
    let Some(place) = room.get_mut(at..).filter(|place| place.len() == piece.head.len()) else { return };
    place.copy_from_slice(piece.head);
    if v6 && let Some(headers) = usize::try_from(piece.network_at).ok().and_then(|at| place.get_mut(at..)) {
        // The parser has walked this chain, so it is whole.
        let _walked = relink_v6(headers, piece.proto);
    }
    descriptor.head_len = u16::try_from(piece.head.len()).unwrap_or(0);
    descriptor.network_at = u16::try_from(piece.network_at).unwrap_or(0);
}
