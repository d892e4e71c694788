//! Any bytes as an object: nothing panics, what comes out stays within the limits, leaves begin and end in turn, and
//! cutting the object into pieces changes nothing.
//!
//! The first byte, plus one, is the size of the pieces.

#![no_main]

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hasher};

use libfuzzer_sys::fuzz_target;
use tidegate::decode::{Cut, Decoders, Ended, Leaves, Limits, Path, Start, Tree};

const OUTPUT: u64 = 1 << 20;

/// So deep; leaves have levels up to that.
const DEPTH: usize = 8;

/// What was handed out at each level, however it was cut.
#[derive(Default)]
struct Digest {
    hashers: [DefaultHasher; DEPTH + 1],
    /// What was cut short: by itself, since how much of the leaf around it was handed out before depends on the pieces.
    cuts: DefaultHasher,
    /// Bytes of the leaf that has begun, if one has.
    open: [Option<u64>; DEPTH + 1],
    /// Bytes of all leaves.
    given: u64,
}

impl Leaves for Digest {
    fn begin(&mut self, level: usize, path: &Path) {
        assert_eq!(self.open[level], None, "{path} begins within another leaf");
        self.open[level] = Some(0);
        self.hashers[level].write(path.as_str().as_bytes());
        self.hashers[level].write_u8(0xff);
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        let size = self.open[level].as_mut().expect("no leaf has begun");
        *size += bytes.len() as u64;
        self.given += bytes.len() as u64;
        for byte in bytes {
            self.hashers[level].write_u8(*byte);
        }
    }

    fn end(&mut self, level: usize, ended: Ended) {
        assert_eq!(self.open[level].take(), Some(ended.size));
        self.hashers[level].write_u8(u8::from(ended.complete));
    }

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.cuts.write(path.as_str().as_bytes());
        self.cuts.write_u8(reason as u8);
    }
}

/// Decodes an object that comes in these pieces.
fn decode<'a>(tree: &mut Tree, decoders: &mut Decoders, pieces: impl Iterator<Item = &'a [u8]>) -> (([u64; DEPTH + 1], u64), u64) {
    let mut digest = Digest::default();
    tree.begin(&Start::default(), decoders);
    for piece in pieces {
        tree.push(piece, decoders, &mut digest);
    }
    tree.finish(true, decoders, &mut digest);
    assert_eq!(digest.open, [None; DEPTH + 1], "a leaf has not ended");
    ((digest.hashers.map(|hasher| hasher.finish()), digest.cuts.finish()), digest.given)
}

thread_local! {
    /// Made once, since that takes far longer than to decode an input. No ratio: it is compared whenever bytes come out, so
    /// with pieces it may be reached a little earlier.
    static DECODING: RefCell<(Tree, Decoders)> = RefCell::new({
        let limits =
            Limits { depth: DEPTH, children: 100, output: OUTPUT, ratio: u64::MAX, decoders: 4, ..Limits::default() };
        (Tree::new(&limits), Decoders::new(limits))
    });
}

fuzz_target!(|data: &[u8]| {
    let Some((size, object)) = data.split_first() else { return };
    DECODING.with_borrow_mut(|(tree, decoders)| {
        let cuts = decoders.totals().cut(Cut::Output);
        let (whole, given) = decode(tree, decoders, std::iter::once(object));
        assert!(given <= OUTPUT + object.len() as u64 * 9, "{given} bytes come out");
        let (pieces, _) = decode(tree, decoders, object.chunks(usize::from(*size) + 1));
        // Where too much has come out is told whenever bytes do.
        if decoders.totals().cut(Cut::Output) == cuts {
            assert_eq!(whole, pieces, "pieces of {} bytes", usize::from(*size) + 1);
        }
    });
});
