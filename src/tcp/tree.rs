//! A stream's early pieces, in order: a treap through the pool's descriptors.
//!
//! A sender chooses in which order segments come, so a list would let it choose how
//! long the worker searches. Pieces of a tree never overlap, so the order by first
//! number is also the order by last. Priorities come from the descriptor's number,
//! which the sender does not choose; depth is logarithmic in the pieces held.

use super::pool::{NONE, Piece, Pool};
use super::seq::distance;

/// Where a link to a piece is kept.
#[derive(Clone, Copy)]
enum Link {
    Root,
    Left(u32),
    Right(u32),
}

fn set(pool: &mut Pool, root: &mut u32, link: Link, to: u32) {
    match link {
        Link::Root => *root = to,
        Link::Left(of) => {
            if let Some(piece) = pool.get_mut(of) {
                piece.left = to;
            }
        }
        Link::Right(of) => {
            if let Some(piece) = pool.get_mut(of) {
                piece.right = to;
            }
        }
    }
}

/// Scatters descriptor numbers over 32 bits (the finalizer of MurmurHash3).
const fn priority(number: u32) -> u32 {
    let mixed = (number ^ number >> 16).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35);
    mixed ^ mixed >> 16
}

/// Adds a piece that overlaps none of the tree's.
pub(super) fn insert(pool: &mut Pool, root: &mut u32, number: u32) {
    let Some(seq) = pool.get(number).map(|piece| piece.seq) else { return };
    let mut link = Link::Root;
    let mut at = *root;
    while let Some(piece) = pool.get(at) {
        if priority(at) < priority(number) {
            break;
        }
        (link, at) =
            if distance(seq, piece.seq) < 0 { (Link::Left(at), piece.left) } else { (Link::Right(at), piece.right) };
    }
    set(pool, root, link, number);
    // What hung there is split by the new piece's number.
    let (mut lower, mut higher) = (Link::Left(number), Link::Right(number));
    while let Some(piece) = pool.get(at).copied() {
        if distance(piece.seq, seq) < 0 {
            set(pool, root, lower, at);
            (lower, at) = (Link::Right(at), piece.right);
        } else {
            set(pool, root, higher, at);
            (higher, at) = (Link::Left(at), piece.left);
        }
    }
    set(pool, root, lower, NONE);
    set(pool, root, higher, NONE);
}

/// Takes a piece out of its tree; its buffer is not given back.
pub(super) fn remove(pool: &mut Pool, root: &mut u32, number: u32) {
    let Some(seq) = pool.get(number).map(|piece| piece.seq) else { return };
    let mut link = Link::Root;
    let mut at = *root;
    while at != number {
        let Some(piece) = pool.get(at) else { return };
        (link, at) =
            if distance(seq, piece.seq) < 0 { (Link::Left(at), piece.left) } else { (Link::Right(at), piece.right) };
    }
    let Some((mut lower, mut higher)) = pool.get(number).map(|piece| (piece.left, piece.right)) else { return };
    loop {
        let (Some(low), Some(high)) = (pool.get(lower), pool.get(higher)) else {
            set(pool, root, link, if lower == NONE { higher } else { lower });
            return;
        };
        if priority(lower) >= priority(higher) {
            let next = low.right;
            set(pool, root, link, lower);
            (link, lower) = (Link::Right(lower), next);
        } else {
            let next = high.left;
            set(pool, root, link, higher);
            (link, higher) = (Link::Left(higher), next);
        }
    }
}

/// The piece with the lowest number.
pub(super) fn first(pool: &Pool, root: u32) -> Option<(u32, &Piece)> {
    let mut found = None;
    let mut at = root;
    while let Some(piece) = pool.get(at) {
        found = Some((at, piece));
        at = piece.left;
    }
    found
}

/// The first piece that ends after `seq`: the one that holds it, or else the next.
pub(super) fn ending_after(pool: &Pool, root: u32, seq: u32) -> Option<(u32, &Piece)> {
    let mut found = None;
    let mut at = root;
    while let Some(piece) = pool.get(at) {
        if distance(piece.end, seq) > 0 {
            found = Some((at, piece));
            at = piece.left;
        } else {
            at = piece.right;
        }
    }
    found
}

/// The last piece that begins at `seq` or before it.
pub(super) fn beginning_by(pool: &Pool, root: u32, seq: u32) -> u32 {
    let mut found = NONE;
    let mut at = root;
    while let Some(piece) = pool.get(at) {
        if distance(piece.seq, seq) <= 0 {
            found = at;
            at = piece.right;
        } else {
            at = piece.left;
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail loudly
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn depth(pool: &Pool, at: u32) -> usize {
        pool.get(at).map_or(0, |piece| 1 + depth(pool, piece.left).max(depth(pool, piece.right)))
    }

    fn add(pool: &mut Pool, root: &mut u32, seq: u32) -> u32 {
        let number = pool.store(&[], NONE).unwrap();
        let piece = pool.get_mut(number).unwrap();
        (piece.seq, piece.end) = (seq, seq.wrapping_add(2));
        insert(pool, root, number);
        number
    }

    proptest! {
        #[test]
        fn the_tree_finds_what_an_ordered_map_finds(
            base in any::<u32>(),
            steps in vec((any::<bool>(), 0..200_u32), 1..300),
        ) {
            let mut pool = Pool::new(64);
            let (mut root, mut model) = (NONE, BTreeMap::new());
            for (grow, offset) in steps {
                let offset = offset * 3;
                if grow && !model.contains_key(&offset) && model.len() < 256 {
                    model.insert(offset, add(&mut pool, &mut root, base.wrapping_add(offset)));
                } else if let Some(number) = model.remove(&offset) {
                    remove(&mut pool, &mut root, number);
                    pool.release(number);
                }
                prop_assert_eq!(first(&pool, root).map(|found| found.0), model.values().next().copied());
                for at in [offset.saturating_sub(1), offset, offset + 1, offset + 2] {
                    let seq = base.wrapping_add(at);
                    let ending = model.iter().find(|(begin, _)| **begin + 2 > at).map(|(_, number)| *number);
                    prop_assert_eq!(ending_after(&pool, root, seq).map(|found| found.0), ending);
                    let beginning = model.range(..=at).next_back().map_or(NONE, |(_, number)| *number);
                    prop_assert_eq!(beginning_by(&pool, root, seq), beginning);
                }
            }
            prop_assert_eq!(pool.pieces_used() as usize, model.len());
        }
    }

    #[test]
    fn no_order_of_arrival_makes_a_deep_tree() {
        for order in [|at: u32| at, |at: u32| 1023 - at, |at: u32| at.reverse_bits() >> 22] {
            let mut pool = Pool::new(256);
            let mut root = NONE;
            for at in 0..1024 {
                add(&mut pool, &mut root, order(at) * 4);
            }
            let depth = depth(&pool, root);
            assert!(depth <= 40, "{depth} deep with 1,024 pieces");
        }
    }
}
