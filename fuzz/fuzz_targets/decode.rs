//! Any bytes as an object: nothing panics, what comes out stays within the limits, leaves begin and end in turn, and
//! cutting the object into pieces changes nothing.
//!
//! The first byte, plus one, is the size of the pieces.

#![no_main]

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hasher};

use libfuzzer_sys::fuzz_target;
use tidegate::decode::{Cut, Ended, Leaves, Limits, Path, Tree};

const OUTPUT: u64 = 1 << 20;

/// What was handed out, however it was cut.
#[derive(Default)]
struct Digest {
    hasher: DefaultHasher,
    /// Bytes of the leaf that has begun, if one has.
    open: Option<u64>,
    /// Bytes of all leaves.
    given: u64,
}

impl Leaves for Digest {
    fn begin(&mut self, path: &Path) {
        assert_eq!(self.open, None, "{path} begins within another leaf");
        self.open = Some(0);
        self.hasher.write(path.as_str().as_bytes());
        self.hasher.write_u8(0xff);
    }

    fn data(&mut self, bytes: &[u8]) {
        let size = self.open.as_mut().expect("no leaf has begun");
        *size += bytes.len() as u64;
        self.given += bytes.len() as u64;
        for byte in bytes {
            self.hasher.write_u8(*byte);
        }
    }

    fn end(&mut self, ended: Ended) {
        assert_eq!(self.open.take(), Some(ended.size));
        self.hasher.write_u8(u8::from(ended.complete));
    }

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.hasher.write(path.as_str().as_bytes());
        self.hasher.write_u8(reason as u8);
    }
}

/// Decodes an object that comes in these pieces.
fn decode<'a>(tree: &mut Tree, pieces: impl Iterator<Item = &'a [u8]>) -> (u64, u64) {
    let mut digest = Digest::default();
    tree.begin("");
    for piece in pieces {
        tree.push(piece, &mut digest);
    }
    tree.finish(true, &mut digest);
    assert_eq!(digest.open, None, "a leaf has not ended");
    (digest.hasher.finish(), digest.given)
}

thread_local! {
    /// Made once, since that takes far longer than to decode an input. No ratio: it is compared whenever bytes come out, so
    /// with pieces it may be reached a little earlier.
    static TREE: RefCell<Tree> =
        RefCell::new(Tree::new(Limits { depth: 8, children: 100, output: OUTPUT, ratio: u64::MAX, decoders: 4 }));
}

fuzz_target!(|data: &[u8]| {
    let Some((size, object)) = data.split_first() else { return };
    TREE.with_borrow_mut(|tree| {
        let cuts = tree.totals().cut(Cut::Output);
        let (whole, given) = decode(tree, std::iter::once(object));
        assert!(given <= OUTPUT + object.len() as u64 * 9, "{given} bytes come out");
        let (pieces, _) = decode(tree, object.chunks(usize::from(*size) + 1));
        // Where too much has come out is told whenever bytes do.
        if tree.totals().cut(Cut::Output) == cuts {
            assert_eq!(whole, pieces, "pieces of {} bytes", usize::from(*size) + 1);
        }
    });
});
