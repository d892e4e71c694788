//! The tree: from an object's pieces to its leaves.

mod again;
mod below;
mod leaves;
mod node;
mod walk;

use self::below::RATIO_FROM;
pub use self::leaves::{Ended, File, Held, Leaves, Outcome, Taking, Whole};
pub use self::node::MEDIA_TYPE;
use self::node::{Claimed, Context, Facts, Node, Shared, State};
use self::walk::{finish, gap, push};
use super::charset::Charset;
use super::decoder::Field;
use super::format::Format;
use super::limits::Limits;
use super::mime::{self, Boundary};
use super::path::Path;
use super::pool::{Decoders, Sequence};
use super::runs::Seeker;

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
    /// What it belongs to, where its outermost coding goes on from one object to the next
    /// ([`Format::continues`](super::Format::continues)).
    pub sequence: Sequence,
    /// Its media type as whatever carries it says, of which the boundary of a multipart is read; empty where nobody says.
    pub media_type: &'a [u8],
    /// It is a message of a mail protocol: what it holds under names are files, and it is none. One that was sent otherwise is
    /// a file itself, unless it is said to be a multipart, which is how forms are sent.
    pub carrier: bool,
    /// It may be in a transfer encoding of mail, which its first bytes say.
    pub encoded: bool,
    /// It is no file, but a part of what is scanned as it stands elsewhere.
    pub part: bool,
}

/// Most codings that an outermost object is said to be wrapped in.
pub const MAX_CODINGS: usize = 4;

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
            burst_told: false,
            piece: 0,
            codings: [None; MAX_CODINGS],
            inner: 0,
            format: None,
            charset: None,
            encoded: false,
            sequence: Sequence::default(),
            boundary: Boundary::EMPTY,
            carrier: false,
            claimed: Claimed { level: 0, media_type: Field::EMPTY },
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
        (shared.format, shared.charset, shared.sequence) = (start.format, start.charset, start.sequence);
        shared.encoded = start.encoded;
        shared.boundary = mime::claimed(start.media_type);
        shared.carrier = start.carrier;
        shared.claimed.set(shared.inner, start.media_type);
        decoders.totals.objects += 1;
        if let Some(node) = nodes.first_mut() {
            node.begin(shared.path.len());
            node.name.append(start.name);
            (node.facts.file, node.facts.elsewhere) = (!start.part, start.part);
        }
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

    /// Whether a decoder of that format is at work on the object.
    #[must_use]
    pub fn holds(&self, format: &'static Format) -> bool {
        self.holder(format).is_some()
    }

    fn holder(&self, format: &'static Format) -> Option<usize> {
        let holds = |node: &Node| matches!(&node.state, State::Wrapped(held, _) if std::ptr::eq(*held, format));
        self.nodes.iter().position(holds)
    }

    /// Gives back its decoder of that format, and those of what is in it, so that other objects may have them. What is to be
    /// told of that is told with the object's next piece, or at its end.
    pub fn give_up(&mut self, format: &'static Format, decoders: &mut Decoders) {
        let Some(first) = self.holder(format) else { return };
        for (number, node) in self.nodes.iter_mut().enumerate().skip(first) {
            if let State::Wrapped(format, _) = node.state
                && let robbed = (State::Robbed { format, told: number == first })
                && let State::Wrapped(format, decoder) = std::mem::replace(&mut node.state, robbed)
            {
                decoders.give_back(format, decoder);
            }
        }
    }

    /// The object's next piece.
    pub fn push(&mut self, piece: &[u8], decoders: &mut Decoders, leaves: &mut dyn Leaves) {
        decoders.totals.taken += piece.len() as u64;
        (self.shared.burst, self.shared.burst_told) = (0, false);
        self.shared.piece = self.shared.piece.wrapping_add(1);
        self.shared.most = (piece.len() as u64).saturating_mul(decoders.limits.ratio).saturating_add(RATIO_FROM);
        let (nodes, context) = self.parts(decoders, leaves);
        push(nodes, &mut { context }, piece);
    }

    /// The object's next `length` bytes were never seen. What is wrapped is decoded up to here, and scanned as it stands
    /// from here on.
    pub fn gap(&mut self, length: u64, decoders: &mut Decoders, leaves: &mut dyn Leaves) {
        // What was held until now came in many packets.
        self.shared.most = u64::MAX;
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
