//! From an object's pieces to what is in it.

use super::super::charset;
use super::super::cut::Cut;
use super::super::decoder::{Decoder, Fault, Taken};
use super::super::format::{FORMATS, Format, Guess, PROBE};
use super::super::javascript;
use super::super::json::BASE64;
use super::below::{Below, brings};
use super::node::{Context, Node, State};
use super::{Held, Outcome, Taking};

/// Takes the next piece of the object of the first of `nodes`.
pub(super) fn push(nodes: &mut [Node], context: &mut Context<'_>, piece: &[u8]) {
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
pub(super) fn recognise(node: &mut Node, is_lowest: bool, context: &mut Context<'_>, last: bool) -> bool {
    if node.level == context.shared.inner {
        node.charset = node.charset.or(context.shared.charset);
    }
    let mut found = context.shared.known(node.level);
    if found.is_none() {
        for format in FORMATS {
            match (format.recognise)(node.first.get()) {
                // It is read as UTF-8, which it is below its charset's decoder.
                Guess::Yes if node.charset.is_some() && std::ptr::eq(format, &javascript::FORMAT) => {}
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
        } else {
            let taking = context.taking(node, format);
            node.facts.kept = taking == Taking::Both;
            if taking == Taking::Whole {
                node.state = State::Whole(format);
            } else if let Some(mut decoder) = context.take(node.level, format) {
                if let Some(charset) = node.charset {
                    decoder.declare(charset);
                }
                node.state = State::Wrapped(format, decoder);
            } else {
                context.cut(&mut node.facts, Cut::Decoders);
                drop_kept(node, context);
            }
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
pub(super) fn feed(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) {
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
        State::Robbed { format, told } => {
            let (format, told) = (*format, *told);
            robbed(node, below, context, told);
            if format.scanned {
                node.state = State::Leaf;
                return leaf(node, below, context, bytes);
            }
            return begin_rest(node, below, context, b"(rest)", bytes);
        }
        State::Leaf => return leaf(node, below, context, bytes),
        State::Whole(format) => {
            let format = *format;
            if !context.leaves.whole_data(node.level, bytes) {
                end_whole(node, below, context, format, false);
                node.state = if format.scanned && !node.facts.elsewhere { State::Leaf } else { State::Over };
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
            if facts.kept {
                // Whether all of it was kept matters at its end.
                context.leaves.whole_data(node.level, bytes);
            }
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
pub(super) fn leaf(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) {
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

/// What follows an object within the same bytes, or the place where it turned out to be none, is scanned as it stands.
pub(super) fn rest(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, name: &'static [u8], bytes: &[u8]) {
    node.state = State::Rest(name);
    if !bytes.is_empty() {
        begin_rest(node, below, context, name, bytes);
    }
}

pub(super) fn begin_rest(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, name: &[u8], bytes: &[u8]) {
    node.state = State::Leaf;
    context.shared.path.truncate(node.facts.path);
    context.shared.path.child(name, 0);
    node.facts.path = context.shared.path.len();
    node.tell_leaf(node.facts.path, context);
    leaf(node, below, context, bytes);
}

/// Makes a leaf of an object that was taken for a wrapped one by mistake, as is seen from its first bytes, which are still
/// there. False where they are not all that was fed to its decoder.
pub(super) fn as_it_is(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, fed: u64) -> bool {
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
pub(super) fn over(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, complete: bool) -> bool {
    match std::mem::replace(&mut node.state, State::Over) {
        State::Wrapped(format, decoder) => {
            context.decoders.give_back(format, decoder);
            finish(below, context, complete);
            drop_kept(node, context);
            if format.scanned {
                node.state = State::Leaf;
            }
            !format.scanned
        }
        _ => true,
    }
}

/// The decoder of the object was given to another: what is open below it ends here.
pub(super) fn robbed(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, told: bool) {
    node.state = State::Over;
    finish(below, context, false);
    node.facts.needed = false;
    drop_kept(node, context);
    if told {
        context.cut(&mut node.facts, Cut::Decoders);
    }
}

/// The next `length` bytes of the object of the first of `nodes` are missing.
pub(super) fn gap(nodes: &mut [Node], context: &mut Context<'_>, length: u64) {
    let Some((node, below)) = nodes.split_first_mut() else { return };
    if matches!(node.state, State::Unknown) {
        known_by_now(node, below, context);
    }
    node.facts.taken = node.facts.taken.saturating_add(length);
    node.facts.holed = true;
    if node.facts.file {
        context.leaves.file_gap(node.level, length);
    }
    match std::mem::replace(&mut node.state, State::Over) {
        State::Whole(format) => {
            context.cut(&mut node.facts, Cut::Gap);
            end_whole(node, below, context, format, false);
            node.state = if format.scanned && !node.facts.elsewhere { State::Leaf } else { State::Rest(b"(rest)") };
        }
        State::Wrapped(format, decoder) if format.scanned => {
            context.cut(&mut node.facts, Cut::Gap);
            // What it has held back of the object so far is all that will be known of it.
            end_decoder(node, below, context, (format, decoder), false);
            node.state = State::Leaf;
        }
        State::Wrapped(format, decoder) => {
            context.cut(&mut node.facts, Cut::Gap);
            context.decoders.give_back(format, decoder);
            finish(below, context, false);
            node.state = State::Rest(b"(rest)");
        }
        State::Robbed { format, told } => {
            robbed(node, below, context, told);
            node.state = if format.scanned { State::Leaf } else { State::Rest(b"(rest)") };
        }
        other => node.state = other,
    }
    if matches!(node.state, State::Leaf) {
        node.seeker.restart();
        context.leaves.gap(node.level, length);
    }
}

/// No more bytes come that could say what an object is.
pub(super) fn known_by_now(node: &mut Node, below: &mut [Node], context: &mut Context<'_>) {
    recognise(node, below.is_empty(), context, true);
    let first = node.first;
    if node.facts.file && !first.get().is_empty() {
        context.leaves.file_data(node.level, first.get());
    }
    feed(node, below, context, first.get());
}

/// The object of the first of `nodes` is over.
pub(super) fn finish(nodes: &mut [Node], context: &mut Context<'_>, complete: bool) {
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
pub(super) fn close(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, complete: bool) {
    match std::mem::replace(&mut node.state, State::Over) {
        State::Unknown | State::Over | State::Rest(_) => {}
        State::Robbed { format, told } => {
            robbed(node, below, context, told);
            if format.scanned {
                node.end_leaf(context, complete);
            }
        }
        State::Leaf => node.end_leaf(context, complete),
        State::Whole(format) => {
            end_whole(node, below, context, format, complete);
            if format.scanned && !node.facts.elsewhere {
                node.end_leaf(context, complete);
            }
        }
        State::Wrapped(format, decoder) => {
            let whole = end_decoder(node, below, context, (format, decoder), complete);
            if format.scanned {
                node.end_leaf(context, complete);
            } else if !whole && node.facts.given == 0 && as_it_is(node, below, context, node.facts.fed) {
                close(node, below, context, complete);
            }
        }
    }
}

/// Nothing more comes for the decoder of a wrapped object: takes what it has held back, and ends what is open below it.
/// Says whether the object was all there.
fn end_decoder(
    node: &mut Node,
    below: &mut [Node],
    context: &mut Context<'_>,
    (format, mut decoder): (&'static Format, Box<dyn Decoder>),
    complete: bool,
) -> bool {
    let is_coding = context.shared.coding(node.level).is_some();
    let brings = brings(format, &node.facts, &node.name, is_coding);
    // The child that is open now ends with the object, and lacks what that lacks.
    let (facts, open) = (&mut node.facts, complete);
    let whole = decoder.finish(&mut Below { facts, nodes: below, context, brings, open, whole: complete });
    context.done(node.level, format, decoder, complete);
    // A decoder that forgot to end a child has not finished it.
    finish(below, context, false);
    if node.facts.needed {
        (node.facts.kept, node.facts.needed) = (false, false);
        end_whole(node, below, context, format, complete);
    }
    drop_kept(node, context);
    whole
}

/// What was kept of an object is not needed.
fn drop_kept(node: &mut Node, context: &mut Context<'_>) {
    if std::mem::take(&mut node.facts.kept) {
        context.leaves.whole_drop(node.level);
    }
}

/// All that there is of an object that was taken as a whole has come.
pub(super) fn end_whole(
    node: &mut Node,
    below: &mut [Node],
    context: &mut Context<'_>,
    format: &'static Format,
    complete: bool,
) {
    let whole = context.shared.path.len();
    let (leaves, facts) = context.whole(node, format);
    let outcome = leaves.whole_end(&facts, complete);
    context.shared.path.restore(whole);
    let Held { bytes, extract } = match outcome {
        Outcome::Held(held) => held,
        Outcome::Elsewhere => return,
        Outcome::Lost => return context.cut(&mut node.facts, Cut::NotInspected),
    };
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
