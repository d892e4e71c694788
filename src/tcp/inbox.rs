//! The other end of a stream: segments as they come, early pieces, holes.

use xxhash_rust::xxh3::xxh3_64;

use super::anomaly::Anomaly;
use super::counters::{add, one};
use super::history::Compared;
use super::out::{Consumer, Out};
use super::policy::Policy;
use super::pool::{BUFFER, NONE, Piece, Pool};
use super::segment::{Fate, Run};
use super::seq::{distance, earlier, later};
use super::stream::{FINISHED, HOLE_ACKED, RESET, STOPPED};
use super::tree;
use crate::event::{Kept, Versions};

/// A hole that the receiver has acknowledged is skipped only when it is this old
/// (capture time): on a tap's two ports an acknowledgement can overtake its data.
const ACKED_HOLE_GRACE_NS: u64 = 20_000_000;

/// A stream while one packet is worked on.
pub(super) struct Inbox<'a, C> {
    pub(super) pool: &'a mut Pool,
    pub(super) out: Out<'a, C>,
    /// What the receiver has acknowledged so far.
    pub(super) acked: Option<u32>,
    pub(super) dest: &'a [u8; 16],
    pub(super) v6: bool,
    pub(super) now_ns: u64,
}

impl<C: Consumer> Inbox<'_, C> {
    /// Takes a run that the receiver accepts.
    pub(super) fn enter(&mut self, run: Run<'_>) -> Fate {
        if self.out.half.has(FINISHED | RESET) {
            return self.after_end(&run);
        }
        let behind = distance(self.out.half.next_seq, run.seq);
        if behind < 0 && self.out.half.has(STOPPED) {
            // Nobody waits for what is missing, so nothing is kept until it comes.
            self.out.gap(behind.unsigned_abs());
            self.take(&run);
            return Fate::Stopped;
        }
        if behind == 0 && self.out.half.early == NONE {
            if !run.bytes.is_empty() {
                one(&mut self.out.shared.counters.in_order);
            }
            self.take(&run);
            return Fate::Delivered;
        }
        let mut run = run;
        if behind > 0 {
            let next = self.out.half.next_seq;
            let known_end = earlier(run.end(), next);
            self.repeated(run.seq, run.slice(run.seq, known_end));
            if known_end == run.end() {
                if !run.bytes.is_empty() {
                    one(&mut self.out.shared.counters.retransmitted);
                }
                return Fate::Repeated;
            }
            one(&mut self.out.shared.counters.partly_new);
            run = run.part(next, run.end());
        }
        self.place(&run, behind >= 0)
    }

    /// Compares bytes that were delivered before with what was delivered.
    fn repeated(&mut self, seq: u32, bytes: &[u8]) {
        // A single byte is a keep-alive's; its value means nothing (RFC 9293 section 3.8.4).
        if bytes.len() <= 1 || self.out.half.has(STOPPED) {
            return;
        }
        let out = &mut self.out;
        match out.shared.history.compare(*out.newest, out.owner, out.direction, seq, bytes) {
            Compared::Same { unknown: 0 } => {}
            Compared::Same { .. } => one(&mut out.shared.counters.overlap_unverified),
            Compared::Different { seq, len, first, later } => {
                let back = u64::from(out.half.next_seq.wrapping_sub(seq));
                let versions = Versions {
                    offset: out.half.offset().saturating_sub(back),
                    length: u32::from(len),
                    first,
                    later,
                    kept: Kept::First,
                };
                out.anomaly(Anomaly::OverlapDifferentData, Some(versions));
            }
        }
    }

    /// Delivers a run that begins at the next number.
    fn take(&mut self, run: &Run<'_>) {
        if !run.bytes.is_empty() {
            self.out.deliver(run.bytes);
        }
        if run.missing != 0 {
            self.out.gap(run.missing);
        }
        if run.fin {
            self.out.fin();
        }
        if self.out.half.has(STOPPED) && self.out.half.early != NONE {
            self.discard_early();
        }
    }

    /// Puts a run among the early pieces, delivers what of both has its turn, and stores the rest. `now` says that
    /// some of it has its turn already.
    fn place(&mut self, run: &Run<'_>, now: bool) -> Fate {
        let policy = self.out.shared.limits.policies.get(self.dest, self.v6);
        let contested = self.contest(run, policy);
        let end = run.end();
        let mut at = run.seq;
        let (mut delivered, mut stored) = (false, false);
        while distance(end, at) > 0 && !self.out.half.has(FINISHED) {
            let held = tree::ending_after(self.pool, self.out.half.early, at);
            let (stop, resume) = match held {
                Some((_, piece)) if distance(piece.seq, end) < 0 => (later(at, piece.seq), piece.end),
                _ => (end, end),
            };
            if distance(stop, at) > 0 {
                let part = run.part(at, stop);
                if at == self.out.half.next_seq {
                    delivered = true;
                    self.take(&part);
                    self.drain();
                } else {
                    let gave_way = !self.store(&part);
                    (delivered, stored) = (delivered || gave_way, stored || !gave_way);
                }
            }
            at = later(resume, self.out.half.next_seq);
        }
        self.skip_old_holes();
        let counters = &mut self.out.shared.counters;
        if stored && !delivered && !now {
            one(&mut counters.out_of_order);
        } else if delivered && now && contested == 0 && !run.bytes.is_empty() && run.seq == run.extent.0 {
            one(&mut counters.in_order);
        } else if delivered || stored {
            // What gave way is counted as such.
            if now && run.seq == run.extent.0 {
                one(&mut counters.partly_new);
            }
        } else if !run.bytes.is_empty() {
            one(&mut counters.retransmitted);
        }
        match (delivered, stored) {
            (true, _) => Fate::Delivered,
            (false, true) => Fate::Early,
            (false, false) => Fate::Repeated,
        }
    }

    /// Decides between a run and the pieces that it overlaps, by the destination's policy: pieces lose what the run
    /// wins. Returns how many it overlaps.
    fn contest(&mut self, run: &Run<'_>, policy: Policy) -> usize {
        let end = run.end();
        let mut at = run.seq;
        let mut contested = 0;
        let mut different = None;
        while distance(end, at) > 0 {
            let Some((number, piece)) = tree::ending_after(self.pool, self.out.half.early, at) else { break };
            if distance(piece.seq, end) >= 0 {
                break;
            }
            contested += 1;
            let piece = *piece;
            let (from, to) = (later(at, piece.seq), earlier(end, piece.end));
            let wins = policy.newer_wins((piece.from, piece.to), run.extent);
            if !self.same(&piece, run, (from, to)) {
                if different.is_none() {
                    different = self.difference(&piece, run, (from, to), wins);
                }
                if wins {
                    self.cut(number, &piece, from, to);
                }
            } else if wins && policy.looks_at_extents() && (piece.from, piece.to) != run.extent {
                self.hand_over(number, from, to, run.extent);
            }
            at = to;
        }
        if let Some(versions) = different {
            self.out.anomaly(Anomaly::OverlapDifferentData, Some(versions));
        }
        contested
    }

    /// True when a piece and a run have the same bytes between two numbers, and both have them all: then they stay where
    /// they are, whoever wins.
    fn same(&self, piece: &Piece, run: &Run<'_>, (from, to): (u32, u32)) -> bool {
        let old = run_of(self.pool, piece).part(from, to);
        let new = run.part(from, to);
        old.bytes == new.bytes && old.missing == 0 && new.missing == 0 && old.fin == new.fin
    }

    /// Both versions of the bytes between two numbers, where they differ.
    fn difference(&self, piece: &Piece, run: &Run<'_>, (from, to): (u32, u32), wins: bool) -> Option<Versions> {
        let at = usize::try_from(from.wrapping_sub(piece.seq)).ok()?;
        let old = self.pool.data(piece).get(at..)?;
        let new = run.slice(from, to);
        // What the capture cut off is not compared.
        let length = old.len().min(new.len());
        let (old, new) = (old.get(..length)?, new.get(..length)?);
        if old == new {
            return None;
        }
        let ahead = u64::from(from.wrapping_sub(self.out.half.next_seq));
        Some(Versions {
            offset: self.out.half.offset().saturating_add(ahead),
            length: u32::try_from(length).ok()?,
            first: xxh3_64(old),
            later: xxh3_64(new),
            kept: Kept::by(wins),
        })
    }

    /// Takes the numbers from `from` to `to` away from a piece.
    fn cut(&mut self, number: u32, piece: &Piece, from: u32, to: u32) {
        let half = &mut self.out.half;
        match (distance(from, piece.seq) > 0, distance(piece.end, to) > 0) {
            (false, false) => {
                tree::remove(self.pool, &mut half.early, number);
                half.held = half.held.saturating_sub(1);
                self.pool.release(number);
            }
            (true, false) => self.pool.trim(number, piece.seq, from),
            // Its place in the order stays: what lies before it ends before it began.
            (false, true) => self.pool.trim(number, to, piece.end),
            (true, true) => {
                let second = self.split(number, to);
                self.pool.trim(number, piece.seq, from);
                if second.is_none() {
                    one(&mut self.out.shared.counters.pool_exhausted);
                    self.out.anomaly(Anomaly::InsertMemory, None);
                }
            }
        }
    }

    /// Makes two pieces of one, the second from `at` on, which lies within it; both have the same extent. `None` when no
    /// descriptor is left; nothing has changed then.
    fn split(&mut self, number: u32, at: u32) -> Option<u32> {
        let piece = *self.pool.get(number)?;
        let skipped = usize::try_from(at.wrapping_sub(piece.seq)).ok()?;
        let second = self.pool.split(number, skipped)?;
        self.pool.trim(number, piece.seq, at);
        if let Some(rest) = self.pool.get_mut(second) {
            (rest.seq, rest.end) = (at, piece.end);
        }
        tree::insert(self.pool, &mut self.out.half.early, second);
        self.out.half.held = self.out.half.held.saturating_add(1);
        Some(second)
    }

    /// Notes that the numbers from `from` to `to` of a piece are another segment's now, whose bytes are the same: its
    /// extent decides who wins over what comes next. A piece is divided for that only while the stream holds less than
    /// half of what it may: honest repetitions must not bring it to its limit.
    fn hand_over(&mut self, number: u32, from: u32, to: u32, extent: (u32, u32)) {
        let Some(piece) = self.pool.get(number) else { return };
        let (front, back) = (distance(from, piece.seq) > 0, distance(piece.end, to) > 0);
        let held = self.out.half.held.saturating_add(u16::from(front)).saturating_add(u16::from(back));
        if (front || back) && held > self.out.shared.limits.per_stream / 2 || back && self.split(number, to).is_none() {
            return;
        }
        let number = if front { self.split(number, from) } else { Some(number) };
        if let Some(piece) = number.and_then(|number| self.pool.get_mut(number)) {
            (piece.from, piece.to) = extent;
        }
    }

    /// Stores a run that overlaps no piece. Where there is no room the stream goes on with it over a gap, and the answer
    /// is false.
    fn store(&mut self, run: &Run<'_>) -> bool {
        let end = run.end();
        let mut at = run.seq;
        loop {
            let rest = run.part(at, end);
            let chunk = rest.bytes.get(..BUFFER).unwrap_or(rest.bytes);
            let last = chunk.len() == rest.bytes.len();
            // Small neighbours share a buffer, in whichever order they come.
            let root = self.out.half.early;
            let beside = match tree::beginning_by(self.pool, root, at) {
                NONE => tree::first(self.pool, root).map_or(NONE, |(number, _)| number),
                before => before,
            };
            let full = self.out.half.held >= self.out.shared.limits.per_stream;
            let number = if full { None } else { self.pool.store(chunk, beside) };
            let Some(number) = number else {
                self.give_way(&rest, full);
                return false;
            };
            let next = if last { end } else { at.wrapping_add(u32::try_from(chunk.len()).unwrap_or(0)) };
            if let Some(piece) = self.pool.get_mut(number) {
                (piece.seq, piece.end) = (at, next);
                (piece.from, piece.to) = run.extent;
                piece.arrived_ns = self.now_ns;
                piece.fin = last && rest.fin;
            }
            tree::insert(self.pool, &mut self.out.half.early, number);
            self.out.half.held = self.out.half.held.saturating_add(1);
            if last {
                return true;
            }
            at = next;
        }
    }

    /// Delivers everything up to and with a run that cannot be stored, with gaps.
    fn give_way(&mut self, run: &Run<'_>, full: bool) {
        let (counter, anomaly) = if full {
            (&mut self.out.shared.counters.stream_limit, Anomaly::InsertLimit)
        } else {
            (&mut self.out.shared.counters.pool_exhausted, Anomaly::InsertMemory)
        };
        one(counter);
        self.out.anomaly(anomaly, None);
        while self.first().is_some_and(|piece| distance(piece.seq, run.seq) < 0) {
            self.skip_hole();
        }
        if !self.out.half.has(FINISHED) {
            self.bridge(run.seq);
        }
        if self.out.half.has(FINISHED) {
            self.after_end(run);
            return;
        }
        // What was doubted before it may reach into it.
        let next = self.out.half.next_seq;
        if distance(run.end(), next) > 0 {
            self.take(&run.part(next, run.end()));
            self.drain();
        }
    }

    /// The first early piece.
    fn first(&self) -> Option<Piece> {
        tree::first(self.pool, self.out.half.early).map(|(_, piece)| *piece)
    }

    /// Delivers pieces whose turn has come, and drops those behind a FIN.
    pub(super) fn drain(&mut self) {
        if self.out.half.early == NONE {
            return;
        }
        let mut moved = false;
        while let Some((number, piece)) = tree::first(self.pool, self.out.half.early) {
            let piece = *piece;
            if !self.out.half.has(FINISHED) && distance(piece.seq, self.out.half.next_seq) > 0 {
                break;
            }
            moved = true;
            tree::remove(self.pool, &mut self.out.half.early, number);
            self.out.half.held = self.out.half.held.saturating_sub(1);
            let run = run_of(self.pool, &piece);
            if self.out.half.has(FINISHED) {
                add(&mut self.out.shared.counters.after_close, run.bytes.len());
            } else if distance(piece.end, self.out.half.next_seq) > 0 {
                let due = run.part(self.out.half.next_seq, piece.end);
                deliver(&mut self.out, &due);
            }
            self.pool.release(number);
        }
        // Another hole, or none: what was acknowledged of the one before says nothing of it.
        if moved {
            self.out.half.bits &= !HOLE_ACKED;
        }
    }

    /// Drops all early pieces: nobody wants them, or nobody will read them after a reset.
    pub(super) fn discard_early(&mut self) {
        while let Some((number, piece)) = tree::first(self.pool, self.out.half.early) {
            let counters = &mut self.out.shared.counters;
            let counter =
                if self.out.half.has(RESET) { &mut counters.after_close } else { &mut counters.stopped_bytes };
            add(counter, usize::from(piece.len));
            tree::remove(self.pool, &mut self.out.half.early, number);
            self.pool.release(number);
        }
        self.out.half.held = 0;
    }

    /// Skips the hole before the first early piece and delivers what follows it.
    pub(super) fn skip_hole(&mut self) {
        let Some(piece) = self.first() else { return };
        if !self.out.half.has(FINISHED) {
            self.bridge(piece.seq);
        }
        self.drain();
    }

    /// Goes on to `seq`, over doubtful bytes where the receiver has acknowledged them, and over gaps elsewhere.
    fn bridge(&mut self, seq: u32) {
        self.confirm(true);
        let hole = distance(seq, self.out.half.next_seq);
        if hole > 0 && !self.out.half.has(FINISHED) {
            self.out.gap(hole.unsigned_abs());
        }
        self.forget_doubts();
    }

    /// Notes what the receiver has just acknowledged, and skips what it must have had.
    pub(super) fn acknowledged(&mut self, ack: u32) {
        if self.out.half.doubts != NONE {
            self.confirm(false);
        }
        if self.out.half.early != NONE {
            if self.first().is_some_and(|piece| distance(ack, piece.seq) >= 0) {
                self.out.half.bits |= HOLE_ACKED;
            }
            self.skip_old_holes();
        }
    }

    /// Skips holes that have been acknowledged for a while, or are too old.
    fn skip_old_holes(&mut self) {
        while let Some(piece) = self.first() {
            let age = self.now_ns.saturating_sub(piece.arrived_ns);
            let counter = if age > self.out.shared.limits.hole_timeout_ns {
                &mut self.out.shared.counters.hole_timeout
            } else if self.out.half.has(HOLE_ACKED) && age > ACKED_HOLE_GRACE_NS {
                &mut self.out.shared.counters.hole_acked
            } else {
                return;
            };
            one(counter);
            self.skip_hole();
            // The receiver may have had what is missing before the next piece, too.
            if let (Some(acked), Some(piece)) = (self.acked, self.first())
                && distance(acked, piece.seq) >= 0
            {
                self.out.half.bits |= HOLE_ACKED;
            }
        }
    }

    /// Counts a run that comes when its stream has ended.
    fn after_end(&mut self, run: &Run<'_>) -> Fate {
        let mut beyond = run.bytes.len();
        if self.out.half.has(FINISHED) {
            // The FIN's own number is the last that counts; what lies before it was seen already.
            let end = self.out.half.next_seq.wrapping_sub(1);
            let seen = usize::try_from(distance(end, run.seq)).unwrap_or(0).min(beyond);
            beyond = beyond.saturating_sub(seen);
            self.repeated(run.seq, run.bytes.get(..seen).unwrap_or(&[]));
            if beyond == 0 {
                if !run.bytes.is_empty() {
                    one(&mut self.out.shared.counters.retransmitted);
                }
                return Fate::Repeated;
            }
        }
        add(&mut self.out.shared.counters.after_close, beyond);
        if beyond != 0 && self.out.half.has(FINISHED) {
            self.out.anomaly(Anomaly::DataAfterFin, None);
        }
        Fate::AfterEnd
    }
}

/// A stored piece as a run.
pub(super) fn run_of<'a>(pool: &'a Pool, piece: &Piece) -> Run<'a> {
    let bytes = pool.data(piece);
    let span = piece.end.wrapping_sub(piece.seq);
    let held = u32::try_from(bytes.len()).unwrap_or(u32::MAX).wrapping_add(u32::from(piece.fin));
    Run { seq: piece.seq, bytes, missing: span.saturating_sub(held), fin: piece.fin, extent: (piece.from, piece.to) }
}

/// Delivers a run from the pool, which begins at the next number.
pub(super) fn deliver<C: Consumer>(out: &mut Out<'_, C>, run: &Run<'_>) {
    if !run.bytes.is_empty() {
        out.deliver(run.bytes);
    }
    if run.missing != 0 {
        out.gap(run.missing);
    }
    if run.fin {
        out.fin();
    }
}
