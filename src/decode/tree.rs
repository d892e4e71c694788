//! The tree: from an object's pieces to its leaves.

use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken};
use super::format::{FORMATS, Guess, PROBE};
use super::limits::{Limits, Totals};
use super::path::Path;

/// So much may come out of an object before its ratio counts.
const RATIO_FROM: u64 = 1 << 20;

/// How a leaf ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its bytes.
    pub size: u64,
    /// Its container said that it is complete; for an outermost object whoever pushed it.
    pub complete: bool,
}

/// Who gets what nothing recognises.
pub trait Leaves {
    /// A leaf begins.
    fn begin(&mut self, path: &Path);
    /// Its next bytes.
    fn data(&mut self, bytes: &[u8]);
    /// It is over.
    fn end(&mut self, ended: Ended);
    /// The object at `path` was not decoded, or not all of it.
    fn cut(&mut self, path: &Path, reason: Cut);
}

/// What is known of one object on the way to the one that is being decoded.
#[derive(Debug)]
struct Node {
    state: State,
    /// Its first bytes, until it is known what it is.
    first: Field<PROBE>,
    facts: Facts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    /// Bytes of it so far, and bytes that its decoder has handed out.
    taken: u64,
    given: u64,
    /// Children that have begun.
    children: u32,
    /// Bytes of it that were handed out as a leaf.
    scanned: u64,
    /// Bytes that were fed to its decoder before those that are being fed.
    fed: u64,
    /// Length of its path, and of the path without its format.
    path: usize,
    base: usize,
    /// A limit was reached: nothing more of it is decoded.
    full: bool,
    /// It was told why it is not whole; that is told once.
    cut: bool,
}

/// What an object is.
#[derive(Debug)]
enum State {
    /// Nobody knows yet.
    Unknown,
    /// Wrapped: the number of its format, and what undoes it.
    Wrapped(usize, Box<dyn Decoder>),
    /// What is scanned.
    Leaf,
    /// What follows the part that was decoded: a leaf once there is a byte of it.
    Rest(&'static [u8]),
    /// Nothing of it is wanted any more.
    Over,
}

/// Decoders, and what limits all nodes together.
#[derive(Debug)]
struct Shared {
    limits: Limits,
    totals: Totals,
    path: Path,
    /// Bytes that all decoders have handed out for this object, and whether it was told that those were too many.
    output: u64,
    full: bool,
    /// Idle decoders by format.
    idle: Vec<Vec<Box<dyn Decoder>>>,
}

/// Decodes one object after the other. Takes all its memory when it is made.
#[derive(Debug)]
pub struct Tree {
    nodes: Box<[Node]>,
    shared: Shared,
}

impl Tree {
    /// A tree within `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let nodes =
            (0..=limits.depth).map(|_| Node { state: State::Over, first: Field::EMPTY, facts: Facts::default() });
        let idle = FORMATS.iter().map(|format| (0..limits.decoders).map(|_| (format.make)()).collect());
        Self {
            nodes: nodes.collect(),
            shared: Shared {
                idle: idle.collect(),
                limits,
                totals: Totals::default(),
                path: Path::EMPTY,
                output: 0,
                full: false,
            },
        }
    }

    /// What it has done so far.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.shared.totals
    }

    /// Another object begins; its paths begin with `prefix`, or with the first format if that is empty.
    pub fn begin(&mut self, prefix: &str) {
        self.shared.path.truncate(0);
        if !prefix.is_empty() {
            self.shared.path.format(prefix);
        }
        (self.shared.output, self.shared.full) = (0, false);
        self.shared.totals.objects += 1;
        if let Some(node) = self.nodes.first_mut() {
            node.begin(self.shared.path.len());
        }
    }

    /// The object's next piece.
    pub fn push(&mut self, piece: &[u8], leaves: &mut dyn Leaves) {
        self.shared.totals.taken += piece.len() as u64;
        push(&mut self.nodes, &mut self.shared, leaves, piece);
    }

    /// The object is over, and `complete` says whether nothing of it is missing.
    pub fn finish(&mut self, complete: bool, leaves: &mut dyn Leaves) {
        finish(&mut self.nodes, &mut self.shared, leaves, complete);
    }
}

impl Node {
    fn begin(&mut self, path: usize) {
        self.state = State::Unknown;
        self.first.clear();
        self.facts = Facts { path, base: path, ..Facts::default() };
    }

    /// It is scanned as it stands.
    fn begin_leaf(&mut self, shared: &mut Shared, leaves: &mut dyn Leaves) {
        self.state = State::Leaf;
        shared.totals.leaves += 1;
        shared.path.truncate(self.facts.path);
        leaves.begin(&shared.path);
    }
}

impl Shared {
    /// Tells, once for an object, why it is not whole.
    fn cut(&mut self, facts: &mut Facts, leaves: &mut dyn Leaves, reason: Cut) {
        if !facts.cut {
            facts.cut = true;
            self.totals.add_cut(reason);
            // What lies deeper may still be open, and begin with its whole path.
            let whole = self.path.len();
            self.path.truncate(facts.path);
            leaves.cut(&self.path, reason);
            self.path.restore(whole);
        }
    }

    fn give_back(&mut self, format: usize, mut decoder: Box<dyn Decoder>) {
        decoder.reset();
        if let Some(idle) = self.idle.get_mut(format) {
            // There was room for it before it was taken.
            idle.push(decoder);
        }
    }
}

/// Takes the next piece of the object of the first of `nodes`.
fn push(nodes: &mut [Node], shared: &mut Shared, leaves: &mut dyn Leaves, piece: &[u8]) {
    let Some((node, below)) = nodes.split_first_mut() else { return };
    node.facts.taken += piece.len() as u64;
    let mut rest = piece;
    if matches!(node.state, State::Unknown) {
        let full = node.first.fill(&mut rest, PROBE);
        if !recognise(node, below.is_empty(), shared, leaves, full) {
            return;
        }
        let first = node.first;
        feed(node, below, shared, leaves, first.get());
    } else if matches!(node.state, State::Wrapped(..)) {
        // They are kept as long as it may turn out that they are not what they seemed.
        node.first.append(piece);
    }
    feed(node, below, shared, leaves, rest);
}

/// Finds out what an object is. False: its first bytes do not say yet. With `last` they have to.
fn recognise(node: &mut Node, is_lowest: bool, shared: &mut Shared, leaves: &mut dyn Leaves, last: bool) -> bool {
    let mut found = None;
    for (number, format) in FORMATS.iter().enumerate() {
        match (format.recognise)(node.first.get()) {
            Guess::Yes => {
                found = Some((number, format));
                break;
            }
            Guess::More if !last => return false,
            Guess::More | Guess::No => {}
        }
    }
    if let Some((number, format)) = found {
        if is_lowest {
            shared.cut(&mut node.facts, leaves, Cut::Depth);
        } else if let Some(decoder) = shared.idle.get_mut(number).and_then(Vec::pop) {
            shared.path.truncate(node.facts.path);
            shared.path.format(format.name);
            node.facts.path = shared.path.len();
            node.state = State::Wrapped(number, decoder);
            return true;
        } else {
            shared.cut(&mut node.facts, leaves, Cut::Decoders);
        }
    }
    node.begin_leaf(shared, leaves);
    true
}

/// Takes bytes of an object that is known.
fn feed(node: &mut Node, below: &mut [Node], shared: &mut Shared, leaves: &mut dyn Leaves, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let before = node.facts.fed;
    node.facts.fed = before.saturating_add(bytes.len() as u64);
    let taken = match &mut node.state {
        State::Unknown | State::Over => return,
        State::Leaf => return scan(&mut node.facts, leaves, bytes),
        State::Rest(name) => {
            let name = *name;
            return begin_rest(node, shared, leaves, name, bytes);
        }
        State::Wrapped(_, decoder) => {
            let facts = &mut node.facts;
            decoder.push(bytes, &mut Below { facts, nodes: below, shared, leaves, open: true, whole: true })
        }
    };
    match taken {
        Ok(Taken::All) => {}
        Ok(Taken::Enough) => over(node, below, shared, leaves, false),
        Ok(Taken::End(at)) => {
            over(node, below, shared, leaves, true);
            rest(node, shared, leaves, b"(trailing)", bytes.get(at..).unwrap_or(&[]));
        }
        Err(Fault { at }) => {
            over(node, below, shared, leaves, false);
            shared.cut(&mut node.facts, leaves, Cut::Malformed);
            if !as_it_is(node, shared, leaves, before.saturating_add(at as u64)) {
                rest(node, shared, leaves, b"(rest)", bytes.get(at..).unwrap_or(&[]));
                return;
            }
            let known = usize::try_from((node.first.get().len() as u64).saturating_sub(before)).unwrap_or(usize::MAX);
            if let Some(more) = bytes.get(known..).filter(|more| !more.is_empty()) {
                scan(&mut node.facts, leaves, more);
            }
        }
    }
}

/// What follows an object within the same bytes, or the place where it turned out to be none, is scanned as it stands.
fn rest(node: &mut Node, shared: &mut Shared, leaves: &mut dyn Leaves, name: &'static [u8], bytes: &[u8]) {
    node.state = State::Rest(name);
    if !bytes.is_empty() {
        begin_rest(node, shared, leaves, name, bytes);
    }
}

fn begin_rest(node: &mut Node, shared: &mut Shared, leaves: &mut dyn Leaves, name: &[u8], bytes: &[u8]) {
    node.state = State::Leaf;
    shared.totals.leaves += 1;
    shared.path.truncate(node.facts.path);
    shared.path.child(name, 0);
    leaves.begin(&shared.path);
    scan(&mut node.facts, leaves, bytes);
}

/// Hands out bytes of a leaf.
fn scan(facts: &mut Facts, leaves: &mut dyn Leaves, bytes: &[u8]) {
    facts.scanned = facts.scanned.saturating_add(bytes.len() as u64);
    leaves.data(bytes);
}

/// Makes a leaf of an object that was taken for a wrapped one by mistake, as is seen from its first bytes, which are still
/// there. False where they are not all that was fed to its decoder.
fn as_it_is(node: &mut Node, shared: &mut Shared, leaves: &mut dyn Leaves, fed: u64) -> bool {
    if fed > node.first.get().len() as u64 {
        return false;
    }
    node.state = State::Leaf;
    shared.totals.leaves += 1;
    shared.path.truncate(node.facts.base);
    leaves.begin(&shared.path);
    scan(&mut node.facts, leaves, node.first.get());
    true
}

/// Nothing more of a wrapped object is decoded: gives its decoder back, and ends what is open below it.
fn over(node: &mut Node, below: &mut [Node], shared: &mut Shared, leaves: &mut dyn Leaves, complete: bool) {
    if let State::Wrapped(format, decoder) = std::mem::replace(&mut node.state, State::Over) {
        shared.give_back(format, decoder);
        finish(below, shared, leaves, complete);
    }
}

/// The object of the first of `nodes` is over.
fn finish(nodes: &mut [Node], shared: &mut Shared, leaves: &mut dyn Leaves, complete: bool) {
    let Some((node, below)) = nodes.split_first_mut() else { return };
    if matches!(node.state, State::Unknown) && node.facts.taken == 0 && (node.facts.cut || !complete) {
        // Nothing of it could be read.
        node.state = State::Over;
    }
    if matches!(node.state, State::Unknown) {
        recognise(node, below.is_empty(), shared, leaves, true);
        let first = node.first;
        feed(node, below, shared, leaves, first.get());
    }
    match std::mem::replace(&mut node.state, State::Over) {
        State::Unknown | State::Over | State::Rest(_) => {}
        State::Leaf => leaves.end(Ended { size: node.facts.scanned, complete }),
        State::Wrapped(format, mut decoder) => {
            // The child that is open now ends with the object, and lacks what that lacks.
            let (facts, open) = (&mut node.facts, complete);
            let whole = decoder.finish(&mut Below { facts, nodes: below, shared, leaves, open, whole: complete });
            shared.give_back(format, decoder);
            // A decoder that forgot to end a child has not finished it.
            finish(below, shared, leaves, false);
            if !whole && node.facts.given == 0 && as_it_is(node, shared, leaves, node.facts.fed) {
                node.state = State::Over;
                leaves.end(Ended { size: node.facts.scanned, complete });
            }
        }
    }
}

/// What a decoder hands out goes on into the node below.
struct Below<'a> {
    facts: &'a mut Facts,
    nodes: &'a mut [Node],
    shared: &'a mut Shared,
    leaves: &'a mut dyn Leaves,
    /// The child that is handed out is whole as far as is known, as all are of an object that is.
    open: bool,
    whole: bool,
}

impl Out for Below<'_> {
    fn begin(&mut self, child: &Child<'_>) -> bool {
        let Self { facts, nodes, shared, leaves, .. } = self;
        finish(nodes, shared, *leaves, false);
        if facts.full {
            return false;
        }
        if facts.children >= shared.limits.children {
            shared.cut(facts, *leaves, Cut::Children);
            return false;
        }
        shared.path.truncate(facts.path);
        // The only child of a wrapping around one object needs no number.
        if !child.name.is_empty() || facts.children != 0 {
            shared.path.child(child.name, facts.children);
        }
        facts.children += 1;
        self.open = self.whole;
        let path = shared.path.len();
        match nodes.first_mut() {
            Some(node) => node.begin(path),
            None => return false,
        }
        true
    }

    fn begin_text(&mut self, child: &Child<'_>) -> bool {
        if !self.begin(child) {
            return false;
        }
        if let Some(node) = self.nodes.first_mut() {
            node.begin_leaf(self.shared, self.leaves);
        }
        true
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        let Self { facts, nodes, shared, leaves, .. } = self;
        let length = bytes.len() as u64;
        facts.given = facts.given.saturating_add(length);
        shared.totals.given = shared.totals.given.saturating_add(length);
        shared.output = shared.output.saturating_add(length);
        let limits = &shared.limits;
        if shared.output > limits.output {
            facts.full = true;
            // What is around it has too much within it as well, and need not say so again.
            if !std::mem::replace(&mut shared.full, true) {
                shared.cut(facts, *leaves, Cut::Output);
            }
            return false;
        }
        if facts.given > RATIO_FROM && facts.given / facts.taken.max(1) > limits.ratio {
            facts.full = true;
            shared.cut(facts, *leaves, Cut::Ratio);
            return false;
        }
        push(nodes, shared, *leaves, bytes);
        true
    }

    fn end(&mut self) {
        finish(self.nodes, self.shared, self.leaves, self.open);
        self.open = self.whole;
    }

    fn mistaken(&mut self) {
        self.facts.path = self.facts.base;
    }

    fn cut(&mut self, reason: Cut) {
        if reason == Cut::Truncated {
            self.open = false;
        }
        let child = self.nodes.first_mut().filter(|node| !matches!(node.state, State::Over));
        let facts = child.map_or(&mut *self.facts, |node| &mut node.facts);
        self.shared.cut(facts, self.leaves, reason);
    }
}
