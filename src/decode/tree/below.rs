//! What a decoder hands out goes on into the node below.

use super::super::charset::Charset;
use super::super::cut::Cut;
use super::super::decoder::{Child, Field, Out};
use super::super::format::Format;
use super::node::{Context, Facts, NAME, Node, State};
use super::walk::{finish, push};

/// What is so many times as long as what it is made of may have made a piece too long. Charsets reach three.
const GROWS: u64 = 4;
/// So much may a decoder that makes nothing longer have held back of earlier pieces.
const HELD: u64 = 4 << 10;
/// So much may come out of an object before its ratio counts.
pub(super) const RATIO_FROM: u64 = 1 << 20;

pub(super) fn brings<'a>(format: &Format, facts: &Facts, name: &'a Field<NAME>, is_coding: bool) -> Brings<'a> {
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

/// What a decoder hands out goes on into the node below.
pub(super) struct Below<'a, 'b> {
    pub(super) facts: &'a mut Facts,
    pub(super) nodes: &'a mut [Node],
    pub(super) context: &'a mut Context<'b>,
    pub(super) brings: Brings<'a>,
    /// The child that is handed out is whole as far as is known, as all are of an object that is.
    pub(super) open: bool,
    pub(super) whole: bool,
}

/// Which children of an object are files.
pub(super) enum Brings<'a> {
    /// None: they are parts of one.
    Parts,
    /// None, but there may be within them.
    None,
    /// Those with a name.
    Named,
    /// Its only child, under its own name: it is a coding.
    Coded(&'a [u8]),
}

impl Below<'_, '_> {
    /// There are as many children as there may be: those that follow are one leaf, whatever they are.
    #[cold]
    fn crowd(&mut self) -> bool {
        let Self { facts, nodes, context, .. } = self;
        context.cut(facts, Cut::Children);
        let Some(node) = nodes.first_mut() else { return false };
        context.shared.path.truncate(facts.path);
        context.shared.path.child(b"(rest)", 0);
        node.begin(context.shared.path.len());
        node.begin_leaf(context);
        facts.crowded = true;
        true
    }
}

impl Out for Below<'_, '_> {
    fn begin(&mut self, child: &Child<'_>) -> bool {
        let Self { facts, nodes, context, .. } = self;
        if facts.full {
            finish(nodes, context, false);
            return false;
        }
        if facts.crowded {
            return true;
        }
        finish(nodes, context, false);
        context.shared.path.truncate(facts.path);
        let number = facts.children.saturating_sub(facts.before.children);
        if number >= context.decoders.limits.children {
            return self.crowd();
        }
        // The only child of a wrapping around one object needs no number.
        if !child.name.is_empty() || number != 0 {
            context.shared.path.child(child.name, number);
        }
        facts.children += 1;
        self.open = self.whole;
        let path = context.shared.path.len();
        let Some(node) = nodes.first_mut() else { return false };
        node.begin(path);
        if node.level > context.shared.inner {
            context.shared.claimed.set(node.level, &[]);
        }
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
        if let Some(node) = self.nodes.first_mut().filter(|_| !self.facts.crowded) {
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
        // What came before makes no room for a bomb in one packet, whose worker has others waiting. What is no longer
        // than what it is made of goes on: it is not the bomb, though one may have been beside it.
        context.shared.burst = context.shared.burst.saturating_add(length);
        let of_piece = facts.of_piece.at(context.shared.piece);
        of_piece.given += length;
        let grows = of_piece.given > of_piece.taken.saturating_mul(GROWS).saturating_add(HELD);
        if context.shared.burst > context.shared.most && grows {
            facts.full = true;
            if !std::mem::replace(&mut context.shared.burst_told, true) {
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

    fn claim(&mut self, media_type: &[u8]) {
        if let Some(node) = self.nodes.first() {
            self.context.shared.claimed.set(node.level, media_type);
        }
    }

    fn end(&mut self) {
        if self.facts.crowded {
            return;
        }
        finish(self.nodes, self.context, self.open);
        self.open = self.whole;
    }

    fn mistaken(&mut self) {
        self.facts.path = self.facts.base;
    }

    fn ends(&mut self, length: usize) {
        self.facts.end = Some(length);
    }

    fn cut(&mut self, reason: Cut) {
        if reason == Cut::Truncated {
            self.open = false;
            if self.context.shared.burst_told || self.context.shared.full {
                // A limit around it has ended it, which was told.
                return;
            }
        }
        let child = self.nodes.first_mut().filter(|node| !matches!(node.state, State::Over));
        if reason == Cut::Encrypted && self.facts.kept && child.is_none() {
            // Who sees all of it may read it, and says otherwise.
            self.facts.needed = true;
            return;
        }
        let facts = child.map_or(&mut *self.facts, |node| &mut node.facts);
        self.context.cut(facts, reason);
    }
}
