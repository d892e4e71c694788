//! Fragments that cover what has arrived: what differs, and who wins.

use xxhash_rust::xxh3::xxh3_64;

use super::buffers::View;
use super::fault::Conflict;
use super::piece::Piece;
use super::policy::Policy;
use super::units::{self, UNIT, all, clear, find, find_back, set};
use crate::event::Kept;

/// How a fragment lies over what has arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overlap {
    /// All of it lies inside one piece (policy `linux`: one run).
    pub(super) inside: bool,
    /// It covers one piece exactly.
    pub(super) exact: bool,
    /// Where it has other bytes.
    pub(super) differs: Option<Difference>,
}

/// The first piece of which a fragment has other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// What both cover.
    stretch: Stretch,
    /// All of the piece: what decides who wins.
    held: (u32, u32),
}

/// Bytes of a packet's payload, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    start: u32,
    end: u32,
}

/// First byte of a unit.
fn byte(unit: usize) -> u32 {
    u32::try_from(unit).unwrap_or(u32::MAX).saturating_mul(UNIT)
}

fn range(stretch: Stretch) -> std::ops::Range<usize> {
    usize::try_from(stretch.start).unwrap_or(usize::MAX)..usize::try_from(stretch.end).unwrap_or(usize::MAX)
}

/// The part of a fragment that lies at `stretch` of the packet.
fn part<'frame>(piece: &Piece<'frame>, stretch: Stretch) -> Option<&'frame [u8]> {
    let start = stretch.start.checked_sub(piece.start)?;
    piece.payload.get(range(Stretch { start, end: stretch.end.checked_sub(piece.start)? }))
}

/// Looks at a fragment of which something has arrived.
pub(super) fn inspect(view: &View<'_>, piece: &Piece<'_>) -> Overlap {
    let (from, to) = (units::units(piece.start), units::units(piece.end()));
    let covered = all(view.have, from, to);
    let inside = covered && find(view.starts, from.saturating_add(1), to, true) == to;
    let begins = units::any(view.starts, from, from.saturating_add(1));
    let after = to.saturating_add(1);
    let ends = units::any(view.starts, to, after) || !units::any(view.have, to, after);
    let mut differs = None;
    let mut at = find(view.have, from, to, true);
    while at < to && differs.is_none() {
        let (begin, stop) = piece_at(view, at);
        let stretch = Stretch { start: byte(at), end: byte(stop).min(piece.end()) };
        let bytes = view.payload.get(range(stretch));
        differs = (bytes != part(piece, stretch)).then_some(Difference { stretch, held: (byte(begin), byte(stop)) });
        at = find(view.have, stop.min(to), to, true);
    }
    Overlap { inside, exact: inside && begins && ends, differs }
}

/// First unit of the piece that has arrived over unit `at`, and the one after its last.
fn piece_at(view: &View<'_>, at: usize) -> (usize, usize) {
    let most = view.have.len().saturating_mul(64);
    let next = find(view.starts, at.saturating_add(1), most, true);
    (find_back(view.starts, at), find(view.have, at, next, false))
}

/// Both versions of what differs. `merged`: the fragment is not thrown away, so that one of them counts.
pub(super) fn versions(
    view: &View<'_>,
    piece: &Piece<'_>,
    difference: Difference,
    policy: Policy,
    merged: bool,
) -> Conflict {
    let Difference { stretch, held } = difference;
    Conflict {
        kept: if merged { Kept::by(policy.new_wins(held, (piece.start, piece.end()))) } else { Kept::Neither },
        offset: stretch.start,
        length: stretch.end.saturating_sub(stretch.start),
        held_digest: xxh3_64(view.payload.get(range(stretch)).unwrap_or(&[])),
        arrived_digest: xxh3_64(part(piece, stretch).unwrap_or(&[])),
    }
}

/// What a fragment added.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Merged {
    /// Bytes that nothing had covered before.
    pub(super) new_bytes: u32,
    /// It won the first byte of the packet.
    pub(super) first: bool,
}

/// Merges a fragment into what has arrived as `policy` says, piece by piece.
pub(super) fn merge(view: &mut View<'_>, piece: &Piece<'_>, policy: Policy) -> Merged {
    let (start, end) = (piece.start, piece.end());
    let (from, to) = (units::units(start), units::units(end));
    let mut merged = Merged::default();
    let mut at = from;
    // Whether what was taken from the fragment reaches up to `at`: then it goes on, otherwise a piece begins.
    let mut joined = false;
    while at < to {
        let held = units::any(view.have, at, at.saturating_add(1));
        let (stop, wins) = if held {
            let (begin, stop) = piece_at(view, at);
            // A piece that goes on beyond the fragment ends where it ends; the last unit of a packet may be cut short,
            // but then nothing ends after it.
            (stop.min(to), policy.new_wins((byte(begin), byte(stop)), (start, end)))
        } else {
            (find(view.have, at, to, true), true)
        };
        if wins {
            let stretch = Stretch { start: byte(at), end: byte(stop).min(end) };
            if let (Some(place), Some(bytes)) = (view.payload.get_mut(range(stretch)), part(piece, stretch)) {
                place.copy_from_slice(bytes);
            }
            if !held {
                merged.new_bytes = merged.new_bytes.saturating_add(stretch.end.saturating_sub(stretch.start));
            }
            merged.first |= at == 0;
            set(view.have, at, stop);
            clear(view.starts, at, stop);
            if !joined {
                set(view.starts, at, at.saturating_add(1));
            }
            // What goes on after it is a piece of its own now.
            if units::any(view.have, stop, stop.saturating_add(1)) {
                set(view.starts, stop, stop.saturating_add(1));
            }
        }
        joined = wins;
        at = stop;
    }
    merged
}
