//! What is looked at once more: an object that is not what it was said to be, or what follows one.

use super::super::cut::Cut;
use super::super::decoder::Field;
use super::super::format::PROBE;
use super::super::runs::Seeker;
use super::node::{Before, Context, Node, State};
use super::walk::{known_by_now, leaf, recognise, step};

/// So many objects are looked for behind one that was taken as a whole: each of them may be held whole once more.
const WHOLES: u32 = 16;

/// Takes bytes of an object of which it is not known yet what it is, or of what follows one, whatever that is: another
/// object with something behind it, and so on. Goes on from one to the next without going deeper.
pub(super) fn feed(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) {
    // What was looked at goes to its decoder before what comes behind it.
    let (mut head, mut at): (Field<PROBE>, usize) = (Field::EMPTY, 0);
    let mut tail = bytes;
    loop {
        let mut front = head.get().get(at..).unwrap_or(&[]);
        match node.state {
            State::Unknown => {
                node.first.fill(&mut front, PROBE);
                let full = node.first.fill(&mut tail, PROBE);
                if !recognise(node, below.is_empty(), context, full) {
                    return;
                }
                (head, at) = (node.first, 0);
                if node.facts.file && !node.facts.behind {
                    context.leaves.file_data(node.level, head.get());
                    if !tail.is_empty() {
                        context.leaves.file_data(node.level, tail);
                    }
                }
            }
            _ if front.is_empty() && tail.is_empty() => return,
            State::Rest(name) => begin_rest(node, context, name),
            _ if front.is_empty() => tail = tail.get(step(node, below, context, tail)..).unwrap_or(&[]),
            _ => at += step(node, below, context, front),
        }
    }
}

/// Something follows an object within the same bytes, or the place where it turned out to be none. After as many as an
/// object may have children, those that it has counted, what follows is scanned as it stands.
fn begin_rest(node: &mut Node, context: &mut Context<'_>, name: &[u8]) {
    name_rest(node, context, name);
    let facts = &node.facts;
    let is_last = facts.parts.saturating_add(facts.children) > context.decoders.limits.children;
    node.state = State::Unknown;
    if is_last {
        context.cut(&mut node.facts, Cut::Children);
        node.begin_leaf(context);
    }
}

/// A limit ended what was decoded of an object, somewhere in `bytes`: these, and what follows them, are scanned as they
/// stand, so that nothing hides behind a bomb that does without one.
pub(super) fn rest(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) {
    name_rest(node, context, b"(rest)");
    node.begin_leaf(context);
    leaf(node, below, context, bytes);
}

/// Takes what follows an object that was taken as a whole, which is all there.
pub(super) fn behind(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) {
    if node.facts.parts < WHOLES {
        node.state = State::Rest(b"(trailing)");
        feed(node, below, context, bytes);
        known_by_now(node, below, context);
    } else {
        context.cut(&mut node.facts, Cut::Children);
        rest(node, below, context, bytes);
    }
}

/// What follows has a name of its own, and nothing was seen of it so far.
fn name_rest(node: &mut Node, context: &mut Context<'_>, name: &[u8]) {
    let facts = &mut node.facts;
    if !std::mem::replace(&mut facts.behind, true) {
        facts.top = facts.path;
    }
    facts.parts = facts.parts.saturating_add(1);
    context.shared.path.truncate(facts.top);
    context.shared.path.child(name, 0);
    facts.path = context.shared.path.len();
    facts.base = facts.path;
    (facts.fed, facts.scanned, facts.cut, facts.crowded) = (0, 0, false, false);
    facts.before = Before { given: facts.given, children: facts.children };
    node.first.clear();
    node.charset = None;
    node.seeker = Seeker::NEW;
}

/// An object was taken for a wrapped one by mistake, as is seen from its first bytes, which are still there: it is a leaf.
/// One that was only said to be coded so is begun again as if nobody had said that: it is not known any more what it is.
pub(super) fn as_it_is(node: &mut Node, below: &mut [Node], context: &mut Context<'_>) {
    let facts = &mut node.facts;
    facts.path = facts.base;
    if context.shared.is_coded(facts, node.level) {
        context.shared.drop_coding(node.level);
        facts.before = Before { given: facts.given, children: facts.children };
        (facts.fed, facts.file) = (0, true);
        node.state = State::Unknown;
        return;
    }
    node.state = State::Leaf;
    node.tell_leaf(node.facts.path, context);
    let first = node.first;
    leaf(node, below, context, first.get());
}

/// What was decoded so far by mistake, and is too little to say what it is, is nobody's file.
pub(super) fn is_no_file(below: &mut [Node]) {
    if let Some(node) = below.first_mut().filter(|node| matches!(node.state, State::Unknown)) {
        node.facts.file = false;
    }
}
