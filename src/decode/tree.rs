//! The tree: from an object's pieces to its leaves.

use super::charset::{self, Charset};
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken};
use super::format::{FORMATS, Format, Guess, MESSAGE, PROBE};
use super::json::BASE64;
use super::kind;
use super::limits::Limits;
use super::path::Path;
use super::pool::Decoders;
use super::runs::Seeker;

/// So much may come out of an object before its ratio counts.
const RATIO_FROM: u64 = 1 << 20;

/// How a leaf ended, or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its bytes, as far as they were seen.
    pub size: u64,
    /// Its container said that it is complete; for an outermost object whoever pushed it.
    pub complete: bool,
}

/// What somebody sends as a file: an outermost object, or what mail or a form brings under a name, without the codings
/// that it was sent in.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name as it stands in what carries it; empty where it has none.
    pub name: &'a [u8],
    /// Its media type by its first bytes.
    pub kind: &'static str,
    /// The way to it.
    pub path: &'a Path,
}

/// Who gets what nothing recognises, and what may be read in two ways. `level` tells leaves apart that are open at the
/// same time; it is at most [`Limits::depth`](super::Limits::depth).
pub trait Leaves {
    /// A leaf begins.
    fn begin(&mut self, level: usize, path: &Path);
    /// Its next bytes.
    fn data(&mut self, level: usize, bytes: &[u8]);
    /// Its next `length` bytes were never seen.
    fn gap(&mut self, _level: usize, _length: u64) {}
    /// It is over.
    fn end(&mut self, level: usize, ended: Ended);
    /// The object at `path` was not decoded, or not all of it.
    fn cut(&mut self, path: &Path, reason: Cut);
    /// A file begins.
    fn file_begin(&mut self, _level: usize, _file: &File<'_>) {}
    /// Its next bytes, as they are.
    fn file_data(&mut self, _level: usize, _bytes: &[u8]) {}
    /// Its next `length` bytes were never seen.
    fn file_gap(&mut self, _level: usize, _length: u64) {}
    /// It is over.
    fn file_end(&mut self, _level: usize, _ended: Ended) {}
    /// An object begins of a format that may have to be seen whole. True: instead of to a decoder it goes to
    /// [`Leaves::whole_data`], which has its first bytes next.
    fn whole_begin(&mut self, _whole: &Whole<'_>) -> bool {
        false
    }
    /// Its next bytes. False: no more of it are taken, and it will not be looked into.
    fn whole_data(&mut self, _bytes: &[u8]) -> bool {
        false
    }
    /// All of it that there is has been taken. What is returned is taken apart in its place; else what is within it
    /// becomes known elsewhere.
    fn whole_end(&mut self, _whole: &Whole<'_>, _complete: bool) -> Option<Held> {
        None
    }
}

/// An object of a format that may have to be seen whole. A tree has one at a time.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// How many objects it lies within.
    pub level: usize,
    /// What it is.
    pub format: &'static Format,
    /// The way to it, without its format.
    pub path: &'a Path,
    /// It is a file, or part of one: what it holds under names are no files of their own.
    pub within: bool,
}

/// Such an object, and what takes it apart.
#[derive(Debug)]
pub struct Held {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Hands out its children; false when not all of it could be read.
    pub extract: fn(&[u8], &mut dyn Out) -> bool,
}

/// What is known of an outermost object before its first byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start<'a> {
    /// What its paths begin with; with the first format where that is empty.
    pub prefix: &'a str,
    /// Its name.
    pub name: &'a [u8],
    /// What it is said to be wrapped in, the outermost first. Beyond [`MAX_CODINGS`] they are not undone.
    pub codings: &'a [Option<&'static Format>],
    /// What it is within those, where that is known: then its first bytes are not asked.
    pub format: Option<&'static Format>,
    /// What it is written in within those, where whatever carries it says so and it is a text.
    pub charset: Option<Charset>,
}

/// Most codings that an outermost object is said to be wrapped in.
pub const MAX_CODINGS: usize = 4;

/// Longest name of a file that is kept, bytes: that of file systems.
const NAME: usize = 255;

/// What is known of one object on the way to the one that is being decoded.
#[derive(Debug)]
struct Node {
    level: usize,
    state: State,
    /// Its first bytes, until it is known what it is.
    first: Field<PROBE>,
    facts: Facts,
    name: Field<NAME>,
    /// What it is written in, where that is declared.
    charset: Option<Charset>,
    /// Looks for base64 in it, where it is a leaf.
    seeker: Seeker,
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
    /// It is a file, unless it turns out to carry files.
    file: bool,
    /// It is part of a file.
    within: bool,
    /// Bytes of it are missing.
    holed: bool,
    /// As it stands it is scanned elsewhere.
    elsewhere: bool,
}

/// What an object is.
#[derive(Debug)]
enum State {
    /// Nobody knows yet.
    Unknown,
    /// Wrapped: its format, and what undoes it.
    Wrapped(&'static Format, Box<dyn Decoder>),
    /// Wrapped, and taken as a whole.
    Whole(&'static Format),
    /// What is scanned.
    Leaf,
    /// What follows the part that was decoded: a leaf once there is a byte of it.
    Rest(&'static [u8]),
    /// Nothing of it is wanted any more.
    Over,
}

/// What all nodes of a tree have together.
#[derive(Debug)]
struct Shared {
    path: Path,
    /// Bytes that all decoders have handed out for this object, and whether it was told that those were too many.
    output: u64,
    full: bool,
    /// Bytes that they have handed out for the piece that is being taken, and how many they may.
    burst: u64,
    most: u64,
    codings: [Option<&'static Format>; MAX_CODINGS],
    /// The level of what is within them, and what is known of that.
    inner: usize,
    format: Option<&'static Format>,
    charset: Option<Charset>,
    /// What has undone the outermost coding of the object before, and goes on with this one's.
    kept: Option<Box<dyn Decoder>>,
    /// Level of the outermost object.
    from: usize,
}

/// All that the work on an object needs beside its nodes.
struct Context<'a> {
    shared: &'a mut Shared,
    decoders: &'a mut Decoders,
    leaves: &'a mut dyn Leaves,
}

/// Decodes one object after the other. Takes all its memory when it is made.
#[derive(Debug)]
pub struct Tree {
    nodes: Box<[Node]>,
    shared: Shared,
}

impl Tree {
    /// A tree for what `limits` allow.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let nodes = (0..=limits.depth).map(|level| Node {
            level,
            state: State::Over,
            first: Field::EMPTY,
            facts: Facts::default(),
            name: Field::EMPTY,
            charset: None,
            seeker: Seeker::NEW,
        });
        let shared = Shared {
            path: Path::EMPTY,
            output: 0,
            full: false,
            burst: 0,
            most: u64::MAX,
            codings: [None; MAX_CODINGS],
            inner: 0,
            format: None,
            charset: None,
            kept: None,
            from: 0,
        };
        Self { nodes: nodes.collect(), shared }
    }

    /// What a tree for `limits` holds beside itself, bytes.
    #[must_use]
    pub const fn memory_bytes(limits: &Limits) -> usize {
        (limits.depth + 1) * size_of::<Node>()
    }

    /// Another object begins.
    pub fn begin(&mut self, start: &Start<'_>, decoders: &mut Decoders) {
        if start.codings.first().copied().flatten().map(|format| format.name) != self.kept().map(|format| format.name) {
            self.release(decoders);
        }
        let Self { nodes, shared } = self;
        shared.path.truncate(0);
        if !start.prefix.is_empty() {
            shared.path.format(start.prefix);
        }
        (shared.output, shared.full, shared.from) = (0, false, 0);
        for (number, place) in shared.codings.iter_mut().enumerate() {
            *place = start.codings.get(number).copied().flatten();
        }
        shared.inner = shared.codings.iter().take_while(|coding| coding.is_some()).count();
        (shared.format, shared.charset) = (start.format, start.charset);
        decoders.totals.objects += 1;
        if let Some(node) = nodes.first_mut() {
            node.begin(shared.path.len());
            node.name.append(start.name);
            node.facts.file = true;
        }
    }

    /// The outermost coding goes on with the next object, and has its decoder until then.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.shared.kept.is_some()
    }

    /// The outermost coding does not go on.
    pub fn release(&mut self, decoders: &mut Decoders) {
        if let Some((format, decoder)) = self.shared.codings[0].zip(self.shared.kept.take()) {
            decoders.give_back(format, decoder);
        }
    }

    /// What is kept.
    fn kept(&self) -> Option<&'static Format> {
        self.shared.kept.is_some().then_some(self.shared.codings[0]).flatten()
    }

    /// An object begins that another tree has handed out whole at `level`, where it is scanned as it stands. Its paths
    /// begin with `format`; when it is `within` a file, it holds no others.
    pub fn resume(&mut self, level: usize, format: &'static Format, within: bool, decoders: &mut Decoders) {
        self.begin(&Start::default(), decoders);
        self.shared.from = level;
        (self.shared.inner, self.shared.format) = (level, Some(format));
        if let Some(node) = self.nodes.get_mut(level) {
            node.begin(0);
            (node.facts.within, node.facts.elsewhere) = (within, true);
        }
    }

    /// The object's next piece.
    pub fn push(&mut self, piece: &[u8], decoders: &mut Decoders, leaves: &mut dyn Leaves) {
        decoders.totals.taken += piece.len() as u64;
        self.shared.burst = 0;
        self.shared.most = (piece.len() as u64).saturating_mul(decoders.limits.ratio).saturating_add(RATIO_FROM);
        let (nodes, context) = self.parts(decoders, leaves);
        push(nodes, &mut { context }, piece);
    }

    /// The object's next `length` bytes were never seen. What is wrapped is decoded up to here, and scanned as it stands
    /// from here on.
    pub fn gap(&mut self, length: u64, decoders: &mut Decoders, leaves: &mut dyn Leaves) {
        let (nodes, context) = self.parts(decoders, leaves);
        gap(nodes, &mut { context }, length);
    }

    /// The object is over, and `complete` says whether nothing of it is missing.
    pub fn finish(&mut self, complete: bool, decoders: &mut Decoders, leaves: &mut dyn Leaves) {
        // What was held until now came in many packets.
        self.shared.most = u64::MAX;
        let (nodes, context) = self.parts(decoders, leaves);
        finish(nodes, &mut { context }, complete);
    }

    fn parts<'a>(
        &'a mut self,
        decoders: &'a mut Decoders,
        leaves: &'a mut dyn Leaves,
    ) -> (&'a mut [Node], Context<'a>) {
        let Self { nodes, shared } = self;
        let from = shared.from;
        (nodes.get_mut(from..).unwrap_or(&mut []), Context { shared, decoders, leaves })
    }
}

impl Node {
    fn begin(&mut self, path: usize) {
        self.state = State::Unknown;
        self.first.clear();
        self.name.clear();
        self.charset = None;
        self.seeker = Seeker::NEW;
        self.facts = Facts { path, base: path, ..Facts::default() };
    }

    /// It is scanned as it stands.
    fn begin_leaf(&mut self, context: &mut Context<'_>) {
        self.state = State::Leaf;
        self.tell_leaf(self.facts.path, context);
    }

    fn tell_leaf(&self, path: usize, context: &mut Context<'_>) {
        context.decoders.totals.leaves += 1;
        context.shared.path.truncate(path);
        context.leaves.begin(self.level, &context.shared.path);
    }

    /// It is known what it is. What carries files is none.
    fn begin_file(&mut self, context: &mut Context<'_>) {
        let carries = match &self.state {
            State::Wrapped(format, _) => {
                // A text with files in it is a file itself where it has a name or is all that was sent; a message never is.
                let is_sent = !self.name.get().is_empty() || self.level == context.shared.inner;
                let is_file = is_sent && !std::ptr::eq(*format, MESSAGE);
                (format.carries && !is_file) || context.shared.coding(self.level).is_some()
            }
            _ => false,
        };
        self.facts.file &= !carries;
        if self.facts.file {
            context.shared.path.truncate(self.facts.base);
            let kind = kind::of(self.first.get());
            context.leaves.file_begin(self.level, &File { name: self.name.get(), kind, path: &context.shared.path });
        }
    }

    fn end_file(&mut self, leaves: &mut dyn Leaves, complete: bool) {
        if std::mem::take(&mut self.facts.file) {
            let complete = complete && !self.facts.holed;
            leaves.file_end(self.level, Ended { size: self.facts.taken, complete });
        }
    }

    /// Hands out bytes of a leaf.
    fn scan(&mut self, leaves: &mut dyn Leaves, bytes: &[u8]) {
        self.facts.scanned = self.facts.scanned.saturating_add(bytes.len() as u64);
        leaves.data(self.level, bytes);
    }
}

impl Shared {
    /// What the object at `level` is without a look at it.
    fn known(&self, level: usize) -> Option<&'static Format> {
        self.coding(level).or(self.format.filter(|_| level == self.inner))
    }

    /// What the object at `level` is said to be wrapped in.
    fn coding(&self, level: usize) -> Option<&'static Format> {
        self.codings.get(level).copied().flatten()
    }
}

impl Context<'_> {
    /// A decoder: that which is kept, or an idle one.
    fn take(&mut self, format: &'static Format) -> Option<Box<dyn Decoder>> {
        let kept = if format.continues() { self.shared.kept.take() } else { None };
        kept.or_else(|| self.decoders.take(format))
    }

    /// An object is over, and so is the work of its decoder, unless that goes on with the next.
    fn done(&mut self, format: &'static Format, decoder: Box<dyn Decoder>, complete: bool) {
        if format.continues() && complete {
            self.shared.kept = Some(decoder);
        } else {
            self.decoders.give_back(format, decoder);
        }
    }

    /// Whether an object goes on whole.
    fn takes_whole(&mut self, node: &Node, format: &'static Format) -> bool {
        let (leaves, whole) = self.whole(node, format);
        leaves.whole_begin(&whole)
    }

    /// Such an object, and who takes it.
    fn whole(&mut self, node: &Node, format: &'static Format) -> (&mut dyn Leaves, Whole<'_>) {
        self.shared.path.truncate(node.facts.base);
        let within = node.facts.file || node.facts.within;
        (&mut *self.leaves, Whole { level: node.level, format, path: &self.shared.path, within })
    }

    /// Tells, once for an object, why it is not whole.
    fn cut(&mut self, facts: &mut Facts, reason: Cut) {
        if !facts.cut {
            facts.cut = true;
            self.decoders.totals.add_cut(reason);
            // What lies deeper may still be open, and begin with its whole path.
            let whole = self.shared.path.len();
            self.shared.path.truncate(facts.path);
            self.leaves.cut(&self.shared.path, reason);
            self.shared.path.restore(whole);
        }
    }
}

/// Takes the next piece of the object of the first of `nodes`.
fn push(nodes: &mut [Node], context: &mut Context<'_>, piece: &[u8]) {
    let Some((node, below)) = nodes.split_first_mut() else { return };
    node.facts.taken += piece.len() as u64;
    let mut rest = piece;
    if matches!(node.state, State::Unknown) {
        let full = node.first.fill(&mut rest, PROBE);
        if !recognise(node, below.is_empty(), context, full) {
            return;
        }
        let first = node.first;
        if node.facts.file {
            context.leaves.file_data(node.level, first.get());
        }
        feed(node, below, context, first.get());
    } else if matches!(node.state, State::Wrapped(format, _) if !format.scanned) {
        // They are kept as long as it may turn out that they are not what they seemed.
        node.first.append(piece);
    }
    if node.facts.file && !rest.is_empty() {
        context.leaves.file_data(node.level, rest);
    }
    feed(node, below, context, rest);
}

/// Finds out what an object is. False: its first bytes do not say yet. With `last` they have to.
fn recognise(node: &mut Node, is_lowest: bool, context: &mut Context<'_>, last: bool) -> bool {
    if node.level == context.shared.inner {
        node.charset = node.charset.or(context.shared.charset);
    }
    let mut found = context.shared.known(node.level);
    if found.is_none() {
        for format in FORMATS {
            match (format.recognise)(node.first.get()) {
                Guess::Yes => {
                    found = Some(format);
                    break;
                }
                Guess::More if !last => return false,
                Guess::More | Guess::No => {}
            }
        }
    }
    if let Some(format) = found.or(node.charset.map(|_| &charset::DECLARED)) {
        if is_lowest {
            context.cut(&mut node.facts, Cut::Depth);
        } else if context.takes_whole(node, format) {
            node.state = State::Whole(format);
        } else if let Some(mut decoder) = context.take(format) {
            if let Some(charset) = node.charset {
                decoder.declare(charset);
            }
            node.state = State::Wrapped(format, decoder);
        } else {
            context.cut(&mut node.facts, Cut::Decoders);
        }
    }
    node.begin_file(context);
    if let State::Wrapped(format, _) | State::Whole(format) = node.state {
        context.shared.path.truncate(node.facts.base);
        context.shared.path.format(format.name);
        node.facts.path = context.shared.path.len();
        if format.scanned && !node.facts.elsewhere {
            node.tell_leaf(node.facts.path, context);
        }
    } else {
        node.begin_leaf(context);
    }
    true
}

/// Takes bytes of an object that is known.
fn feed(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let before = node.facts.fed;
    node.facts.fed = before.saturating_add(bytes.len() as u64);
    if matches!(node.state, State::Wrapped(format, _) | State::Whole(format) if format.scanned) && !node.facts.elsewhere
    {
        node.scan(context.leaves, bytes);
    }
    let taken = match &mut node.state {
        State::Unknown | State::Over => return,
        State::Leaf => return leaf(node, below, context, bytes),
        State::Whole(format) => {
            let scanned = format.scanned;
            if !context.leaves.whole_data(bytes) {
                context.cut(&mut node.facts, Cut::NotInspected);
                node.state = if scanned && !node.facts.elsewhere { State::Leaf } else { State::Over };
            }
            return;
        }
        State::Rest(name) => {
            let name = *name;
            return begin_rest(node, below, context, name, bytes);
        }
        State::Wrapped(format, decoder) => {
            let is_coding = context.shared.coding(node.level).is_some();
            let brings = brings(format, &node.facts, &node.name, is_coding);
            let facts = &mut node.facts;
            decoder.push(bytes, &mut Below { facts, nodes: below, context, brings, open: true, whole: true })
        }
    };
    match taken {
        Ok(Taken::All) => {}
        Ok(Taken::Enough) => {
            over(node, below, context, false);
        }
        Ok(Taken::End(at)) => {
            if over(node, below, context, true) {
                rest(node, below, context, b"(trailing)", bytes.get(at..).unwrap_or(&[]));
            }
        }
        Err(Fault { at }) => {
            let alone = over(node, below, context, false);
            context.cut(&mut node.facts, Cut::Malformed);
            if !alone {
                return;
            }
            if !as_it_is(node, below, context, before.saturating_add(at as u64)) {
                rest(node, below, context, b"(rest)", bytes.get(at..).unwrap_or(&[]));
                return;
            }
            let known = usize::try_from((node.first.get().len() as u64).saturating_sub(before)).unwrap_or(usize::MAX);
            if let Some(more) = bytes.get(known..).filter(|more| !more.is_empty()) {
                feed(node, below, context, more);
            }
        }
    }
}

/// Scans bytes of a leaf. Where base64 begins in it, which is long enough to be nothing else, that is undone as well from
/// there on.
fn leaf(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) {
    node.scan(context.leaves, bytes);
    let Some((held, behind)) = node.seeker.seek(bytes) else { return };
    node.seeker.stop();
    if below.is_empty() {
        return context.cut(&mut node.facts, Cut::Depth);
    }
    let Some(mut decoder) = context.decoders.take(&BASE64) else {
        return context.cut(&mut node.facts, Cut::Decoders);
    };
    context.shared.path.truncate(node.facts.path);
    context.shared.path.format(BASE64.name);
    node.facts.path = context.shared.path.len();
    let brings = brings(&BASE64, &node.facts, &node.name, false);
    let out = &mut Below { facts: &mut node.facts, nodes: below, context, brings, open: true, whole: true };
    // It takes whatever comes; when it wants no more, nobody does.
    let taken = decoder.push(held.get(), out).and_then(|_| decoder.push(behind, out));
    node.state = State::Wrapped(&BASE64, decoder);
    if taken != Ok(Taken::All) {
        over(node, below, context, false);
    }
}

fn brings<'a>(format: &Format, facts: &Facts, name: &'a Field<NAME>, is_coding: bool) -> Brings<'a> {
    if facts.file || facts.within {
        Brings::Parts
    } else if is_coding {
        Brings::Coded(name.get())
    } else if format.carries {
        Brings::Named
    } else {
        Brings::None
    }
}

/// What follows an object within the same bytes, or the place where it turned out to be none, is scanned as it stands.
fn rest(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, name: &'static [u8], bytes: &[u8]) {
    node.state = State::Rest(name);
    if !bytes.is_empty() {
        begin_rest(node, below, context, name, bytes);
    }
}

fn begin_rest(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, name: &[u8], bytes: &[u8]) {
    node.state = State::Leaf;
    context.shared.path.truncate(node.facts.path);
    context.shared.path.child(name, 0);
    node.facts.path = context.shared.path.len();
    node.tell_leaf(node.facts.path, context);
    leaf(node, below, context, bytes);
}

/// Makes a leaf of an object that was taken for a wrapped one by mistake, as is seen from its first bytes, which are still
/// there. False where they are not all that was fed to its decoder.
fn as_it_is(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, fed: u64) -> bool {
    if fed > node.first.get().len() as u64 {
        return false;
    }
    node.state = State::Leaf;
    node.facts.path = node.facts.base;
    node.tell_leaf(node.facts.path, context);
    let first = node.first;
    leaf(node, below, context, first.get());
    true
}

/// Nothing more of a wrapped object is decoded: gives its decoder back, and ends what is open below it. False where it
/// goes on as the leaf that it is as well.
fn over(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, complete: bool) -> bool {
    match std::mem::replace(&mut node.state, State::Over) {
        State::Wrapped(format, decoder) => {
            context.decoders.give_back(format, decoder);
            finish(below, context, complete);
            if format.scanned {
                node.state = State::Leaf;
            }
            !format.scanned
        }
        _ => true,
    }
}

/// The next `length` bytes of the object of the first of `nodes` are missing.
fn gap(nodes: &mut [Node], context: &mut Context<'_>, length: u64) {
    let Some((node, below)) = nodes.split_first_mut() else { return };
    if matches!(node.state, State::Unknown) {
        known_by_now(node, below, context);
    }
    node.facts.taken = node.facts.taken.saturating_add(length);
    node.facts.holed = true;
    if node.facts.file {
        context.leaves.file_gap(node.level, length);
    }
    if let State::Whole(format) = node.state {
        context.cut(&mut node.facts, Cut::Gap);
        end_whole(node, below, context, format, false);
        node.state = if format.scanned && !node.facts.elsewhere { State::Leaf } else { State::Rest(b"(rest)") };
    } else if matches!(node.state, State::Wrapped(..)) {
        context.cut(&mut node.facts, Cut::Gap);
        if over(node, below, context, false) {
            node.state = State::Rest(b"(rest)");
        }
    }
    if matches!(node.state, State::Leaf) {
        node.seeker.restart();
        context.leaves.gap(node.level, length);
    }
}

/// No more bytes come that could say what an object is.
fn known_by_now(node: &mut Node, below: &mut [Node], context: &mut Context<'_>) {
    recognise(node, below.is_empty(), context, true);
    let first = node.first;
    if node.facts.file && !first.get().is_empty() {
        context.leaves.file_data(node.level, first.get());
    }
    feed(node, below, context, first.get());
}

/// The object of the first of `nodes` is over.
fn finish(nodes: &mut [Node], context: &mut Context<'_>, complete: bool) {
    let Some((node, below)) = nodes.split_first_mut() else { return };
    if matches!(node.state, State::Unknown) && node.facts.taken == 0 && (node.facts.cut || !complete) {
        // Nothing of it could be read.
        if node.facts.file {
            node.begin_file(context);
            node.end_file(context.leaves, false);
        }
        node.state = State::Over;
    }
    if matches!(node.state, State::Unknown) {
        known_by_now(node, below, context);
    }
    close(node, below, context, complete);
    node.end_file(context.leaves, complete);
}

/// Ends what an object is.
fn close(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, complete: bool) {
    match std::mem::replace(&mut node.state, State::Over) {
        State::Unknown | State::Over | State::Rest(_) => {}
        State::Leaf => node.end_leaf(context, complete),
        State::Whole(format) => {
            end_whole(node, below, context, format, complete);
            if format.scanned && !node.facts.elsewhere {
                node.end_leaf(context, complete);
            }
        }
        State::Wrapped(format, mut decoder) => {
            let is_coding = context.shared.coding(node.level).is_some();
            let brings = brings(format, &node.facts, &node.name, is_coding);
            // The child that is open now ends with the object, and lacks what that lacks.
            let (facts, open) = (&mut node.facts, complete);
            let whole = decoder.finish(&mut Below { facts, nodes: below, context, brings, open, whole: complete });
            context.done(format, decoder, complete);
            // A decoder that forgot to end a child has not finished it.
            finish(below, context, false);
            if format.scanned {
                node.end_leaf(context, complete);
            } else if !whole && node.facts.given == 0 && as_it_is(node, below, context, node.facts.fed) {
                close(node, below, context, complete);
            }
        }
    }
}

/// All that there is of an object that was taken as a whole has come.
fn end_whole(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, format: &'static Format, complete: bool) {
    let whole = context.shared.path.len();
    let (leaves, facts) = context.whole(node, format);
    let held = leaves.whole_end(&facts, complete);
    context.shared.path.restore(whole);
    let Some(Held { bytes, extract }) = held else { return };
    let brings = brings(format, &node.facts, &node.name, false);
    let facts = &mut node.facts;
    let cuts = context.decoders.totals.cuts();
    let whole = extract(&bytes, &mut Below { facts, nodes: below, context, brings, open: complete, whole: complete });
    finish(below, context, false);
    // Otherwise it was told already what could not be read of it.
    if whole || context.decoders.totals.cuts() != cuts {
        return;
    }
    context.cut(&mut node.facts, if complete { Cut::Malformed } else { Cut::Truncated });
    if node.facts.children == 0 && !format.scanned {
        // It only looked like one, or nobody can tell.
        node.tell_leaf(node.facts.base, context);
        node.scan(context.leaves, &bytes);
        node.end_leaf(context, complete);
    }
}

impl Node {
    fn end_leaf(&self, context: &mut Context<'_>, complete: bool) {
        let complete = complete && !self.facts.holed;
        context.leaves.end(self.level, Ended { size: self.facts.scanned, complete });
    }
}

/// What a decoder hands out goes on into the node below.
struct Below<'a, 'b> {
    facts: &'a mut Facts,
    nodes: &'a mut [Node],
    context: &'a mut Context<'b>,
    brings: Brings<'a>,
    /// The child that is handed out is whole as far as is known, as all are of an object that is.
    open: bool,
    whole: bool,
}

/// Which children of an object are files.
enum Brings<'a> {
    /// None: they are parts of one.
    Parts,
    /// None, but there may be within them.
    None,
    /// Those with a name.
    Named,
    /// Its only child, under its own name: it is a coding.
    Coded(&'a [u8]),
}

impl Out for Below<'_, '_> {
    fn begin(&mut self, child: &Child<'_>) -> bool {
        let Self { facts, nodes, context, .. } = self;
        finish(nodes, context, false);
        if facts.full {
            return false;
        }
        if facts.children >= context.decoders.limits.children {
            context.cut(facts, Cut::Children);
            return false;
        }
        context.shared.path.truncate(facts.path);
        // The only child of a wrapping around one object needs no number.
        if !child.name.is_empty() || facts.children != 0 {
            context.shared.path.child(child.name, facts.children);
        }
        facts.children += 1;
        self.open = self.whole;
        let path = context.shared.path.len();
        let Some(node) = nodes.first_mut() else { return false };
        node.begin(path);
        let (is_file, name) = match self.brings {
            Brings::Parts | Brings::None => (false, &[][..]),
            Brings::Named => (!child.name.is_empty(), child.name),
            Brings::Coded(name) => (true, name),
        };
        node.facts.file = is_file;
        node.facts.within = matches!(self.brings, Brings::Parts);
        node.name.append(name);
        true
    }
    fn begin_text(&mut self, child: &Child<'_>) -> bool {
        if !self.begin(child) {
            return false;
        }
        if let Some(node) = self.nodes.first_mut() {
            node.facts.file = false;
            node.begin_leaf(self.context);
        }
        true
    }

    fn data(&mut self, bytes: &[u8]) -> bool {
        let Self { facts, nodes, context, .. } = self;
        let length = bytes.len() as u64;
        facts.given = facts.given.saturating_add(length);
        let decoders = &mut *context.decoders;
        decoders.totals.given = decoders.totals.given.saturating_add(length);
        context.shared.output = context.shared.output.saturating_add(length);
        if context.shared.output > decoders.limits.output {
            facts.full = true;
            // What is around it has too much within it as well, and need not say so again.
            if !std::mem::replace(&mut context.shared.full, true) {
                context.cut(facts, Cut::Output);
            }
            return false;
        }
        if facts.given > RATIO_FROM && facts.given / facts.taken.max(1) > decoders.limits.ratio {
            facts.full = true;
            context.cut(facts, Cut::Ratio);
            return false;
        }
        // What came before makes no room for a bomb in one packet, whose worker has others waiting.
        context.shared.burst = context.shared.burst.saturating_add(length);
        if context.shared.burst > context.shared.most {
            facts.full = true;
            if !std::mem::replace(&mut context.shared.full, true) {
                context.cut(facts, Cut::Ratio);
            }
            return false;
        }
        push(nodes, context, bytes);
        true
    }

    fn declare(&mut self, charset: Charset) {
        if let Some(node) = self.nodes.first_mut().filter(|node| matches!(node.state, State::Unknown)) {
            node.charset = Some(charset);
        }
    }

    fn end(&mut self) {
        finish(self.nodes, self.context, self.open);
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
        self.context.cut(facts, reason);
    }
}
