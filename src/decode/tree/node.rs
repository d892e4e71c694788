//! One object on the way to the one that is being decoded, and what all of them have together.

use super::super::charset::Charset;
use super::super::cut::Cut;
use super::super::decoder::{Decoder, Field};
use super::super::format::{Format, MESSAGE, PROBE};
use super::super::kind;
use super::super::mime::Boundary;
use super::super::path::Path;
use super::super::pool::{Decoders, Sequence};
use super::super::runs::Seeker;
use super::{Ended, File, Leaves, MAX_CODINGS, Taking, Whole};

/// Longest name of a file that is kept, bytes: that of file systems.
pub(super) const NAME: usize = 255;

/// Longest media type that is kept, bytes.
pub const MEDIA_TYPE: usize = 96;

/// What is known of one object on the way to the one that is being decoded.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) level: usize,
    pub(super) state: State,
    /// Its first bytes, until it is known what it is.
    pub(super) first: Field<PROBE>,
    pub(super) facts: Facts,
    pub(super) name: Field<NAME>,
    /// What it is written in, where that is declared.
    pub(super) charset: Option<Charset>,
    /// Looks for base64 in it, where it is a leaf.
    pub(super) seeker: Seeker,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    /// Bytes of it so far, and bytes that its decoder has handed out.
    pub(super) taken: u64,
    pub(super) given: u64,
    /// The same of the piece of the outermost object that is being taken, which has that number.
    pub(super) of_piece: OfPiece,
    /// Children that have begun.
    pub(super) children: u32,
    /// Bytes of it that were handed out as a leaf.
    pub(super) scanned: u64,
    /// Bytes that were fed to its decoder before those that are being fed.
    pub(super) fed: u64,
    /// How many bytes of an object that was taken as a whole belong to it, where that is known.
    pub(super) end: Option<usize>,
    /// Length of its path, and of the path without its format.
    pub(super) path: usize,
    pub(super) base: usize,
    /// What is being decoded follows the object itself, whose path has that length; how many such have begun, and what
    /// was counted before the last of them.
    pub(super) behind: bool,
    pub(super) top: usize,
    pub(super) parts: u32,
    pub(super) before: Before,
    /// A limit was reached: nothing more of it is decoded.
    pub(super) full: bool,
    /// It has as many children as it may: what follows is one leaf.
    pub(super) crowded: bool,
    /// It was told why it is not whole; that is told once.
    pub(super) cut: bool,
    /// It is a file, unless it turns out to carry files.
    pub(super) file: bool,
    /// It is part of a file.
    pub(super) within: bool,
    /// Bytes of it are missing.
    pub(super) holed: bool,
    /// As it stands it is scanned elsewhere.
    pub(super) elsewhere: bool,
    /// It is kept beside its decoder, for the case that this cannot read it; and that is so.
    pub(super) kept: bool,
    pub(super) needed: bool,
}

/// What one piece of the outermost object has brought of one within.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OfPiece {
    pub(super) number: u64,
    pub(super) taken: u64,
    pub(super) given: u64,
}

impl OfPiece {
    /// That of the piece of this number.
    pub(super) const fn at(&mut self, number: u64) -> &mut Self {
        if self.number != number {
            *self = Self { number, taken: 0, given: 0 };
        }
        self
    }
}

/// What was counted of an object before the part of it that is being decoded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before {
    pub(super) given: u64,
    pub(super) children: u32,
}

/// What an object is.
#[derive(Debug)]
pub(super) enum State {
    /// Nobody knows yet.
    Unknown,
    /// Wrapped: its format, and what undoes it.
    Wrapped(&'static Format, Box<dyn Decoder>),
    /// Wrapped, and its decoder was given to another object, or that of what is around it (then not `told`).
    Robbed { format: &'static Format, told: bool },
    /// Wrapped, and taken as a whole.
    Whole(&'static Format),
    /// What is scanned.
    Leaf,
    /// What follows the part that was decoded: an object once there is a byte of it.
    Rest(&'static [u8]),
    /// Nothing of it is wanted any more.
    Over,
}

/// The media type that an object is said to be of.
#[derive(Debug)]
pub(super) struct Claimed {
    /// The level of that object.
    pub(super) level: usize,
    pub(super) media_type: Field<MEDIA_TYPE>,
}

impl Claimed {
    /// What is said of the object at `level`: a media type, maybe with parameters.
    pub(super) fn set(&mut self, level: usize, media_type: &[u8]) {
        self.level = level;
        self.media_type.clear();
        let end = memchr::memchr(b';', media_type).unwrap_or(media_type.len());
        self.media_type.append(media_type.get(..end).unwrap_or_default().trim_ascii());
    }
}

/// What all nodes of a tree have together.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) path: Path,
    /// Bytes that all decoders have handed out for this object, and whether it was told that those were too many.
    pub(super) output: u64,
    pub(super) full: bool,
    /// Bytes that they have handed out for the piece that is being taken, and how many they may.
    pub(super) burst: u64,
    pub(super) most: u64,
    /// Number of that piece.
    pub(super) piece: u64,
    /// It was told that the piece has too much within it.
    pub(super) burst_told: bool,
    pub(super) codings: [Option<&'static Format>; MAX_CODINGS],
    /// The level of what is within them, and what is known of that.
    pub(super) inner: usize,
    pub(super) format: Option<&'static Format>,
    pub(super) charset: Option<Charset>,
    /// What is within them may be in a transfer encoding.
    pub(super) encoded: bool,
    /// What the object belongs to where its outermost coding goes on with the next.
    pub(super) sequence: Sequence,
    /// Its boundary where it is said to be a multipart; else empty.
    pub(super) boundary: Boundary,
    /// It is a message of a mail protocol.
    pub(super) carrier: bool,
    /// The claim that was made last: files begin before what is within them.
    pub(super) claimed: Claimed,
    /// Level of the outermost object.
    pub(super) from: usize,
}

/// All that the work on an object needs beside its nodes.
pub(super) struct Context<'a> {
    pub(super) shared: &'a mut Shared,
    pub(super) decoders: &'a mut Decoders,
    pub(super) leaves: &'a mut dyn Leaves,
}

impl Node {
    pub(super) fn begin(&mut self, path: usize) {
        self.state = State::Unknown;
        self.first.clear();
        self.name.clear();
        self.charset = None;
        self.seeker = Seeker::NEW;
        self.facts = Facts { path, base: path, ..Facts::default() };
    }

    /// It is scanned as it stands.
    pub(super) fn begin_leaf(&mut self, context: &mut Context<'_>) {
        self.state = State::Leaf;
        self.tell_leaf(self.facts.path, context);
    }

    pub(super) fn tell_leaf(&self, path: usize, context: &mut Context<'_>) {
        context.decoders.totals.leaves += 1;
        context.shared.path.truncate(path);
        context.leaves.begin(self.level, &context.shared.path);
    }

    /// It is known what it is. What carries files is none.
    pub(super) fn begin_file(&mut self, context: &mut Context<'_>) {
        let carries = match &self.state {
            State::Wrapped(format, _) => {
                // What has files in it is a file itself where it has a name or is all that was sent; of messages only the
                // latter.
                let is_all = self.level == context.shared.inner;
                let is_file = if std::ptr::eq(*format, MESSAGE) {
                    is_all && !context.shared.carrier && context.shared.boundary.get().is_empty()
                } else {
                    is_all || !self.name.get().is_empty()
                };
                (format.carries && !is_file) || context.shared.coding(self.level).is_some()
            }
            _ => false,
        };
        self.facts.file &= !carries;
        if self.facts.file {
            context.shared.path.truncate(self.facts.base);
            let kind = kind::of(self.first.get());
            let Claimed { level, media_type } = &context.shared.claimed;
            let claimed = if *level == self.level { media_type.get() } else { &[] };
            let file = File { name: self.name.get(), kind, claimed, path: &context.shared.path };
            context.leaves.file_begin(self.level, &file);
        }
    }

    pub(super) fn end_file(&mut self, leaves: &mut dyn Leaves, complete: bool) {
        if std::mem::take(&mut self.facts.file) {
            let complete = complete && !self.facts.holed;
            leaves.file_end(self.level, Ended { size: self.facts.taken, complete });
        }
    }

    /// Hands out bytes of a leaf.
    pub(super) fn scan(&mut self, leaves: &mut dyn Leaves, bytes: &[u8]) {
        self.facts.scanned = self.facts.scanned.saturating_add(bytes.len() as u64);
        leaves.data(self.level, bytes);
    }
}

impl Shared {
    /// What the object at `level` is without a look at it.
    pub(super) fn known(&self, level: usize) -> Option<&'static Format> {
        self.coding(level).or(self.format.filter(|_| level == self.inner))
    }

    /// What is being decoded of the object at `level` is what the object is said to be coded in.
    pub(super) fn is_coded(&self, facts: &Facts, level: usize) -> bool {
        !facts.behind && self.coding(level).is_some()
    }

    /// The object at `level` is not coded as was said: what was said of what is within that is said of itself.
    pub(super) fn drop_coding(&mut self, level: usize) {
        if let Some(codings) = self.codings.get_mut(level..).filter(|codings| !codings.is_empty()) {
            codings.rotate_left(1);
            if let Some(last) = codings.last_mut() {
                *last = None;
            }
            self.inner = self.inner.saturating_sub(1);
            self.claimed.level = self.inner;
        }
    }

    /// The object at `level` is coded, as is seen from its bytes: what was said of it is said of what is within that.
    pub(super) fn add_coding(&mut self, level: usize, format: &'static Format) {
        if let Some(codings) = self.codings.get_mut(level..)
            && let [first, ..] = codings
        {
            debug_assert!(first.is_none(), "what is within all codings");
            *first = Some(format);
            self.inner = level + 1;
        }
    }

    /// What the object at `level` is said to be wrapped in.
    pub(super) fn coding(&self, level: usize) -> Option<&'static Format> {
        self.codings.get(level).copied().flatten()
    }
}

impl Context<'_> {
    /// A decoder: that of the object before, where its coding goes on, or an idle one.
    pub(super) fn take(&mut self, level: usize, format: &'static Format) -> Option<Box<dyn Decoder>> {
        if level == 0 && format.continues() {
            self.decoders.resume(self.shared.sequence, format)
        } else {
            self.decoders.take(format)
        }
    }

    /// An object is over, and so is the work of its decoder, unless that goes on with the next.
    pub(super) fn done(&mut self, level: usize, format: &'static Format, decoder: Box<dyn Decoder>, complete: bool) {
        if level == 0 && format.continues() && complete {
            self.decoders.leave(self.shared.sequence, format, decoder);
        } else {
            self.decoders.give_back(format, decoder);
        }
    }

    /// Where an object goes.
    pub(super) fn taking(&mut self, node: &Node, format: &'static Format) -> Taking {
        let (leaves, whole) = self.whole(node, format);
        leaves.whole_begin(&whole)
    }

    /// Such an object, and who takes it.
    pub(super) fn whole(&mut self, node: &Node, format: &'static Format) -> (&mut dyn Leaves, Whole<'_>) {
        self.shared.path.truncate(node.facts.base);
        let within = node.facts.file || node.facts.within;
        (&mut *self.leaves, Whole { level: node.level, format, path: &self.shared.path, within })
    }

    /// Tells, once for an object, why it is not whole.
    pub(super) fn cut(&mut self, facts: &mut Facts, reason: Cut) {
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

impl Node {
    pub(super) fn end_leaf(&self, context: &mut Context<'_>, complete: bool) {
        let complete = complete && !self.facts.holed;
        context.leaves.end(self.level, Ended { size: self.facts.scanned, complete });
    }
}
