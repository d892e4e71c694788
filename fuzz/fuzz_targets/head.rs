//! Any bytes as a head in which something may be undone: nothing panics, leaves begin and end in turn, and cutting the
//! head into pieces changes nothing, neither where it begins to be decoded nor what comes out.
//!
//! The first byte, plus one, is the size of the pieces.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use tidegate::decode::{Cut, Decoders, Ended, HEAD, HeadSeeker, Leaves, Limits, Path, Start, Tree};

/// So deep; leaves have levels up to that.
const DEPTH: usize = 4;

/// Leaves, with their levels, paths and bytes, in the order of their beginnings, and what was cut short.
#[derive(Debug, Default, PartialEq)]
struct Found {
    leaves: Vec<(usize, String, Vec<u8>, Option<Ended>)>,
    cuts: Vec<(String, Cut)>,
    open: [Option<usize>; DEPTH + 1],
}

impl Leaves for Found {
    fn begin(&mut self, level: usize, path: &Path) {
        assert_eq!(self.open[level], None, "{path} begins within another leaf");
        self.open[level] = Some(self.leaves.len());
        self.leaves.push((level, path.to_string(), Vec::new(), None));
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        let leaf = self.open[level].expect("no leaf has begun");
        self.leaves[leaf].2.extend_from_slice(bytes);
    }

    fn end(&mut self, level: usize, ended: Ended) {
        let leaf = self.open[level].take().expect("no leaf has begun");
        assert_eq!(ended.size, self.leaves[leaf].2.len() as u64);
        self.leaves[leaf].3 = Some(ended);
    }

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.cuts.push((path.to_string(), reason));
    }
}

/// Decodes a head that comes in these pieces: how many of its bytes, and what is found in them.
fn decode<'a>(tree: &mut Tree, decoders: &mut Decoders, pieces: impl Iterator<Item = &'a [u8]>) -> (usize, Found) {
    let (mut seeker, mut taken, mut found) = (HeadSeeker::default(), 0, Found::default());
    for piece in pieces {
        if taken != 0 {
            taken += piece.len();
            tree.push(piece, decoders, &mut found);
        } else if let Some(parts) = seeker.seek(piece) {
            tree.begin(&Start { prefix: "head", format: Some(HEAD), part: true, ..Start::default() }, decoders);
            for part in parts {
                taken += part.len();
                tree.push(part, decoders, &mut found);
            }
        }
    }
    if taken != 0 {
        tree.finish(true, decoders, &mut found);
    }
    assert_eq!(found.open, [None; DEPTH + 1], "a leaf has not ended");
    (taken, found)
}

thread_local! {
    /// Made once, since that takes far longer than to decode an input. No ratio: it is compared whenever bytes come out.
    static DECODING: RefCell<(Tree, Decoders)> = RefCell::new({
        let limits = Limits { depth: DEPTH, ratio: u64::MAX, decoders: 4, ..Limits::default() };
        (Tree::new(&limits), Decoders::new(limits))
    });
}

fuzz_target!(|data: &[u8]| {
    let Some((size, head)) = data.split_first() else { return };
    DECODING.with_borrow_mut(|(tree, decoders)| {
        let whole = decode(tree, decoders, std::iter::once(head));
        let pieces = decode(tree, decoders, head.chunks(usize::from(*size) + 1));
        assert_eq!(whole, pieces, "pieces of {} bytes", usize::from(*size) + 1);
    });
});
