//! Segments that their receiver should refuse, kept until it shows whether it did.
//!
//! What a receiver accepts depends on what the sensor may not have seen: a window
//! update, a route that changed, a segment lost on the way to the tap. So a refusal
//! is a guess, and the next packets decide. Doubtful bytes stand aside, in no
//! stream; bytes about which there is no doubt take their place as if they were not
//! there. Once the receiver has acknowledged bytes of which only a doubtful version
//! was seen, that version was taken: it is delivered, and the guess behind the
//! refusal is given up.

use super::anomaly::Anomaly;
use super::counters::one;
use super::inbox::{Inbox, deliver, run_of};
use super::out::Consumer;
use super::pool::{BUFFER, NONE, Piece};
use super::segment::{Fate, Run};
use super::seq::{distance, earlier};
use super::stream::{ANY_SIGNATURE, FINISHED, LOOSE, MAX_DOUBTS, RESET, STAMPED, STOPPED, TS_SYN, UNFILLED};
use super::tree;

impl<C: Consumer> Inbox<'_, C> {
    /// Keeps a run aside. `ttl` is what it came with.
    pub(super) fn doubt(&mut self, run: &Run<'_>, against: Anomaly, ttl: u8) -> Fate {
        let half = &*self.out.half;
        if half.has(FINISHED | RESET | STOPPED) || distance(run.end(), half.next_seq) <= 0 {
            return Fate::Refused(against);
        }
        one(&mut self.out.shared.counters.doubted);
        if self.out.half.doubt_count() >= MAX_DOUBTS {
            self.overflow();
        }
        let end = run.end();
        let mut at = run.seq;
        while distance(end, at) > 0 {
            let rest = run.part(at, end);
            let chunk = rest.bytes.get(..BUFFER).unwrap_or(rest.bytes);
            let last = chunk.len() == rest.bytes.len();
            let next = if last { end } else { at.wrapping_add(u32::try_from(chunk.len()).unwrap_or(0)) };
            if self.known_doubt(at, next, chunk) {
                at = next;
                continue;
            }
            let room = self.out.half.doubt_count() < MAX_DOUBTS;
            let Some(number) = room.then(|| self.pool.store(chunk, NONE)).flatten() else {
                one(&mut self.out.shared.counters.doubts_dropped);
                return Fate::Refused(against);
            };
            if let Some(piece) = self.pool.get_mut(number) {
                (piece.seq, piece.end) = (at, next);
                (piece.from, piece.to) = run.extent;
                piece.arrived_ns = self.now_ns;
                piece.fin = last && rest.fin;
                piece.doubt = against as u8;
                piece.ttl = ttl;
            }
            self.link_doubt(number, at);
            at = next;
        }
        Fate::Doubted(against)
    }

    /// True when the very same bytes are kept aside already.
    fn known_doubt(&self, seq: u32, end: u32, bytes: &[u8]) -> bool {
        let mut at = self.out.half.doubts;
        while let Some(piece) = self.pool.get(at) {
            if (piece.seq, piece.end) == (seq, end) && self.pool.data(piece) == bytes {
                return true;
            }
            at = piece.right;
        }
        false
    }

    fn link_doubt(&mut self, number: u32, seq: u32) {
        let mut before = NONE;
        let mut after = self.out.half.doubts;
        while let Some(piece) = self.pool.get(after).filter(|piece| distance(piece.seq, seq) <= 0) {
            (before, after) = (after, piece.right);
        }
        if let Some(piece) = self.pool.get_mut(number) {
            piece.right = after;
        }
        match self.pool.get_mut(before) {
            Some(piece) => piece.right = number,
            None => self.out.half.doubts = number,
        }
        let count = self.out.half.doubt_count();
        self.out.half.set_doubt_count(count + 1);
    }

    fn unlink_doubt(&mut self, number: u32) {
        let mut before = NONE;
        let mut at = self.out.half.doubts;
        while let Some(piece) = self.pool.get(at) {
            let next = piece.right;
            if at == number {
                match self.pool.get_mut(before) {
                    Some(piece) => piece.right = next,
                    None => self.out.half.doubts = next,
                }
                let count = self.out.half.doubt_count();
                self.out.half.set_doubt_count(count.saturating_sub(1));
                return;
            }
            (before, at) = (at, next);
        }
    }

    /// The list is full. When nothing better has come for as long as a hole may stay, and nobody acknowledges what
    /// was seen, the guesses were wrong: the receiver's side is no longer seen here.
    fn overflow(&mut self) {
        self.forget_doubts();
        let oldest = self.pool.get(self.out.half.doubts).map(|piece| piece.arrived_ns);
        let waited = oldest.is_some_and(|ns| self.now_ns.saturating_sub(ns) > self.out.shared.limits.hole_timeout_ns);
        if !waited {
            return;
        }
        self.out.half.bits |= LOOSE | UNFILLED;
        while let Some(piece) = self.pool.get(self.out.half.doubts).copied() {
            let hole = distance(piece.seq, self.out.half.next_seq);
            let early = tree::first(self.pool, self.out.half.early).map(|(_, first)| first.seq);
            if early.is_some_and(|seq| distance(seq, piece.seq) <= 0) || self.out.half.has(FINISHED) {
                break;
            }
            if hole > 0 {
                self.out.gap(hole.unsigned_abs());
            }
            self.accept_doubt(self.out.half.doubts, &piece);
            self.forget_doubts();
        }
    }

    /// Delivers doubtful bytes whose turn it is and that the receiver has acknowledged. With `hole` the stream is
    /// about to go on without them: then it is enough that no acknowledgement speaks against them.
    pub(super) fn confirm(&mut self, hole: bool) {
        while self.out.half.doubts != NONE && !self.out.half.has(FINISHED) {
            let next = self.out.half.next_seq;
            let Some((number, piece)) = self.taken_doubt(next, hole) else { return };
            self.accept_doubt(number, &piece);
            self.forget_doubts();
        }
    }

    /// True when the sender itself has gone on with `seq`, as it does after an acknowledgement.
    fn goes_on_after(&self, seq: u32) -> bool {
        tree::first(self.pool, self.out.half.early).is_some_and(|(_, piece)| distance(piece.seq, seq) >= 0)
    }

    /// The doubtful piece that holds a number and was taken. Where there are several versions it is the latest: an
    /// acknowledgement follows what it is for.
    fn taken_doubt(&self, seq: u32, hole: bool) -> Option<(u32, Piece)> {
        let mut found: Option<(u32, Piece)> = None;
        let mut at = self.out.half.doubts;
        while let Some(piece) = self.pool.get(at) {
            let covers = distance(piece.seq, seq) <= 0 && distance(piece.end, seq) > 0;
            let taken = match self.acked {
                Some(acked) => distance(acked, piece.end) >= 0,
                None if piece.doubt == Anomaly::DataOnSyn as u8 => self.goes_on_after(piece.end),
                None => hole,
            };
            if covers && taken && found.is_none_or(|(_, earlier)| piece.arrived_ns >= earlier.arrived_ns) {
                found = Some((at, *piece));
            }
            at = piece.right;
        }
        found
    }

    /// Delivers a doubtful piece up to the first early one, and learns from it.
    fn accept_doubt(&mut self, number: u32, piece: &Piece) {
        self.unlink_doubt(number);
        one(&mut self.out.shared.counters.doubts_confirmed);
        let against = Anomaly::ALL.get(usize::from(piece.doubt)).copied();
        let half = &mut self.out.half;
        match against {
            Some(Anomaly::TtlTooLow) => half.ttl = piece.ttl,
            Some(Anomaly::OutOfWindow | Anomaly::BadAck) => half.bits |= LOOSE,
            Some(Anomaly::BadChecksum) => half.bits |= UNFILLED,
            Some(Anomaly::BadTimestamp) => half.bits &= !(TS_SYN | STAMPED),
            Some(Anomaly::SignatureSurprise) => half.bits |= ANY_SIGNATURE,
            _ => {}
        }
        // Data of an opening that was taken is nothing to wonder at, nor are checksums that a NIC fills in.
        if !matches!(against, Some(Anomaly::DataOnSyn | Anomaly::DataBeforeSynAck | Anomaly::BadChecksum)) {
            self.out.anomaly(Anomaly::RefusalDisproved, None);
        }
        let early = tree::first(self.pool, self.out.half.early).map_or(piece.end, |(_, first)| first.seq);
        let end = earlier(piece.end, early);
        if distance(end, self.out.half.next_seq) > 0 {
            let run = run_of(self.pool, piece).part(self.out.half.next_seq, end);
            deliver(&mut self.out, &run);
        }
        self.pool.release(number);
        self.drain();
    }

    /// Drops doubtful pieces that the stream has gone past.
    pub(super) fn forget_doubts(&mut self) {
        let mut at = self.out.half.doubts;
        while let Some(piece) = self.pool.get(at) {
            let next = piece.right;
            if distance(piece.end, self.out.half.next_seq) <= 0 || self.out.half.has(FINISHED | STOPPED) {
                self.unlink_doubt(at);
                self.pool.release(at);
            }
            at = next;
        }
    }

    /// Drops all doubtful pieces.
    pub(super) fn drop_doubts(&mut self) {
        while let Some(next) = self.pool.get(self.out.half.doubts).map(|piece| piece.right) {
            self.pool.release(self.out.half.doubts);
            self.out.half.doubts = next;
        }
        self.out.half.set_doubt_count(0);
    }
}
