//! Any bytes as an object: nothing panics, what comes out stays within the limits, leaves begin and end in turn, and
//! cutting the object into pieces changes nothing.
//!
//! The first byte says how: its lower half is the size of the pieces, its upper half what is claimed of the object before it
//! comes, as HTTP, WebSocket and mail do: codings, a charset, or a boundary.

#![no_main]

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hasher};

use libfuzzer_sys::fuzz_target;
use tidegate::decode::{Cut, Decoders, Ended, Leaves, Limits, Path, Sequence, Start, Tree, charset_of, coding};

const OUTPUT: u64 = 1 << 20;

/// So deep; leaves have levels up to that.
const DEPTH: usize = 8;

/// Sizes of pieces.
const SIZES: [usize; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 13, 31, 64, 100, 257, 512, 1000, 4096];

/// What is claimed: codings, the outermost first, and the media type.
const CLAIMS: [(&[&str], &str); 16] = [
    (&[], ""),
    (&["gzip"], ""),
    (&["deflate"], ""),
    (&["br"], ""),
    (&["zstd"], ""),
    (&["compress"], ""),
    (&["deflate-raw"], ""),
    // Several messages, each of which goes on with the window of the one before.
    (&["permessage-deflate"], ""),
    (&["br", "gzip"], ""),
    (&["gzip", "deflate"], "text/html; charset=shift_jis"),
    (&[], "text/plain; charset=utf-16"),
    (&[], "text/plain; charset=gb18030"),
    (&[], "text/plain; charset=iso-2022-jp"),
    (&[], "text/plain; charset=utf-7"),
    (&[], "text/html; charset=utf-32"),
    (&[], "multipart/form-data; boundary=b"),
];

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

/// What came of an object: of each level, what was cut, and how much was handed out.
type Outcome = (([u64; DEPTH + 1], u64), u64);

/// Decodes objects that belong together, each in pieces of that size.
fn decode(tree: &mut Tree, decoders: &mut Decoders, claim: &(&[&str], &str), objects: &[&[u8]], size: usize) -> Outcome {
    let (codings, media_type) = *claim;
    let codings: Vec<_> = codings.iter().map(|name| Some(coding(name.as_bytes()).expect("a coding"))).collect();
    let media_type = media_type.as_bytes();
    let sequence = Sequence { of: 1, number: 1 };
    let charset = charset_of(media_type);
    let mut digest = Digest::default();
    for object in objects {
        tree.begin(&Start { codings: &codings, charset, media_type, sequence, ..Start::default() }, decoders);
        for piece in object.chunks(size) {
            tree.push(piece, decoders, &mut digest);
        }
        tree.finish(true, decoders, &mut digest);
        assert_eq!(digest.open, [None; DEPTH + 1], "a leaf has not ended");
    }
    decoders.end(1);
    ((digest.hashers.map(|hasher| hasher.finish()), digest.cuts.finish()), digest.given)
}

/// Messages of one sequence: two bytes of length before each but the last.
fn messages(data: &[u8]) -> Vec<&[u8]> {
    let (mut all, mut rest) = (Vec::new(), data);
    while let Some((&[high, low], behind)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([high, low])).min(behind.len());
        let (message, next) = behind.split_at(length);
        all.push(message);
        rest = next;
    }
    all
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
    let Some((how, object)) = data.split_first() else { return };
    let (size, claim) = (SIZES[usize::from(how & 15)], CLAIMS[usize::from(how >> 4)]);
    let objects = if claim.0 == ["permessage-deflate"] { messages(object) } else { vec![object] };
    DECODING.with_borrow_mut(|(tree, decoders)| {
        let cuts = decoders.totals().cut(Cut::Output);
        let (whole, given) = decode(tree, decoders, &claim, &objects, usize::MAX);
        // The limit is one object's.
        let most = OUTPUT * objects.len() as u64 + object.len() as u64 * 9;
        assert!(given <= most, "{given} bytes come out");
        let (pieces, _) = decode(tree, decoders, &claim, &objects, size);
        // Where too much has come out is told whenever bytes do; where Brotli breaks is not known to the byte.
        if decoders.totals().cut(Cut::Output) == cuts && !claim.0.contains(&"br") {
            assert_eq!(whole, pieces, "pieces of {size} bytes, {claim:?}");
        }
    });
});
