//! What a tree does with a hostile object, and what that costs.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use tidegate::decode::{Cut, Ended, Leaves, Limits, Path, Start};

use crate::tree::Tree;

/// Bytes of a packet.
pub(crate) const PIECE: usize = 1460;
/// Far more than any of them takes where nothing is wrong, on a busy machine and without optimisation.
const TIME: Duration = Duration::from_secs(20);
/// So much of what is told is written down.
const TEXT: usize = 64 << 10;

/// Counts what comes out, and writes down what is told, without taking memory.
#[derive(Debug)]
struct Witness {
    leaves: u64,
    bytes: u64,
    deepest: usize,
    told: String,
    cuts: usize,
}

impl Leaves for Witness {
    fn begin(&mut self, level: usize, _: &Path) {
        self.leaves += 1;
        self.deepest = self.deepest.max(level);
    }

    fn data(&mut self, _: usize, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
    }

    fn end(&mut self, _: usize, _: Ended) {}

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.cuts += 1;
        if self.told.len() + path.as_str().len() + 32 < TEXT {
            writeln!(self.told, "{} {path}", reason.name()).unwrap();
        }
    }
}

/// What came of an object.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Bytes that all its decoders have handed out: the work that it made.
    pub(crate) given: u64,
    /// Bytes that scanners get.
    pub(crate) scanned: u64,
    pub(crate) leaves: u64,
    /// Objects around the leaf that lies deepest.
    pub(crate) deepest: usize,
    /// `REASON PATH` of each event.
    pub(crate) told: Vec<String>,
    pub(crate) events: usize,
}

impl Outcome {
    /// The reasons of the events.
    pub(crate) fn reasons(&self) -> Vec<&str> {
        self.told.iter().filter_map(|line| line.split(' ').next()).collect()
    }
}

/// Hands an object in, packet by packet, of which `start` is known beforehand. It takes no memory but the tree's own, which is there before, and little time.
pub(crate) fn inspect(what: &str, tree: &mut Tree, start: Option<&Start<'_>>, object: &[u8]) -> Outcome {
    let mut witness = Witness { leaves: 0, bytes: 0, deepest: 0, told: String::with_capacity(TEXT), cuts: 0 };
    let before = tree.decoders.totals().given;
    let begun = Instant::now();
    let memory = allocation_counter::measure(|| {
        match start {
            Some(start) => tree.tree.begin(start, &mut tree.decoders),
            None => tree.begin(),
        }
        object.chunks(PIECE).for_each(|piece| tree.push(piece, &mut witness));
        tree.finish(&mut witness);
    });
    assert_eq!((memory.count_total, memory.count_current), (0, 0), "{what}: allocations");
    assert!(begun.elapsed() < TIME, "{what}: {:?}", begun.elapsed());
    Outcome {
        given: tree.decoders.totals().given - before,
        scanned: witness.bytes,
        leaves: witness.leaves,
        deepest: witness.deepest,
        told: witness.told.lines().map(str::to_owned).collect(),
        events: witness.cuts,
    }
}

/// The same for an object of which nothing is known beforehand, with these limits.
pub(crate) fn with(limits: &Limits, what: &str, object: &[u8]) -> Outcome {
    inspect(what, &mut Tree::new(limits.clone()), None, object)
}

/// As many objects within each other as a file may have.
pub(crate) fn limits() -> Limits {
    Limits { decoders: 16, decoder_memory: 64 << 20, ..Limits::default() }
}
