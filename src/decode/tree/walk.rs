//! From an object's pieces to what is in it.

use super::super::charset;
use super::super::cut::Cut;
use super::super::decoder::{Decoder, Fault, Taken};
use super::super::format::{FORMATS, Format, Guess, MESSAGE, PROBE};
use super::super::javascript;
use super::super::json::BASE64;
use super::super::mime;
use super::super::transfer;
use super::again;
use super::below::{Below, brings};
use super::node::{Context, Node, State};
use super::{Held, Outcome, Taking};

/// Takes the next piece of the object of the first of `nodes`.
pub(super) fn push(nodes: &mut [Node], context: &mut Context<'_>, piece: &[u8]) {
    let Some((node, below)) = nodes.split_first_mut() else { return };
    let length = piece.len() as u64;
    node.facts.taken += length;
    node.facts.of_piece.at(context.shared.piece).taken += length;
    let mut rest = piece;
    if matches!(node.state, State::Unknown) && !node.facts.behind {
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
    // What is known beforehand is said of the object, and not of what follows it.
    let mut found = None;
    let mut is_multipart = false;
    if !node.facts.behind {
        if node.level == context.shared.inner {
            node.charset = node.charset.or(context.shared.charset);
        }
        found = context.shared.known(node.level);
        let boundary = context.shared.boundary.get();
        if found.is_none() && node.level == context.shared.inner && !boundary.is_empty() {
            is_multipart = mime::has_boundary(node.first.get(), boundary);
            if !is_multipart && !last {
                return false;
            }
            found = is_multipart.then_some(MESSAGE);
        }
    }
    let is_inner = !node.facts.behind && node.level == context.shared.inner;
    if found.is_none() && is_inner && context.shared.encoded {
        if !last {
            return false;
        }
        context.shared.encoded = false;
        if transfer::is_quoted_printable(node.first.get()) {
            context.shared.add_coding(node.level, &transfer::FORMAT);
            found = Some(&transfer::FORMAT);
        }
    }
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
                if is_multipart {
                    decoder.open(context.shared.boundary.get());
                }
                node.state = State::Wrapped(format, decoder);
            } else {
                context.cut(&mut node.facts, Cut::Decoders);
                drop_kept(node, context);
            }
        }
    }
    if !node.facts.behind {
        node.begin_file(context);
    }
    if let State::Wrapped(format, _) | State::Whole(format) = node.state {
        context.shared.path.truncate(node.facts.base);
        context.shared.path.format(format.name);
        node.facts.path = context.shared.path.len();
        if format.scanned && !node.facts.elsewhere {
            node.tell_leaf(node.facts.path, context);
        }
    } else if node.facts.elsewhere && !node.facts.behind {
        node.state = State::Over;
    } else {
        node.begin_leaf(context);
    }
    true
}

/// Takes bytes of an object that is known, and of what follows it.
pub(super) fn feed(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) {
    let mut rest = bytes;
    loop {
        match node.state {
            State::Unknown => return again::feed(node, below, context, rest),
            State::Rest(_) if !rest.is_empty() => return again::feed(node, below, context, rest),
            _ if rest.is_empty() => return,
            _ => rest = rest.get(step(node, below, context, rest)..).unwrap_or(&[]),
        }
    }
}

/// Takes bytes of an object that is known. Returns how many of them belong to it, as far as that is known now.
pub(super) fn step(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) -> usize {
    let before = node.facts.fed;
    node.facts.fed = before.saturating_add(bytes.len() as u64);
    if matches!(node.state, State::Wrapped(format, _) | State::Whole(format) if format.scanned) && !node.facts.elsewhere
    {
        node.scan(context.leaves, bytes);
    }
    let taken = match &mut node.state {
        State::Unknown | State::Rest(_) | State::Over => return bytes.len(),
        State::Robbed { format, told } => {
            let (format, told) = (*format, *told);
            robbed(node, below, context, format, told);
            return 0;
        }
        State::Leaf => {
            leaf(node, below, context, bytes);
            return bytes.len();
        }
        State::Whole(format) => {
            let format = *format;
            if !context.leaves.whole_data(node.level, bytes) {
                end_whole(node, below, context, format, false);
                node.state = if format.scanned && !node.facts.elsewhere { State::Leaf } else { State::Over };
            }
            return bytes.len();
        }
        State::Wrapped(format, decoder) => {
            let is_coding = context.shared.is_coded(&node.facts, node.level);
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
        Ok(Taken::All) if !node.facts.full => bytes.len(),
        Ok(Taken::All | Taken::Enough) => {
            let alone = over(node, below, context, false);
            if alone && node.facts.full {
                again::rest(node, below, context, bytes);
            }
            bytes.len()
        }
        Ok(Taken::End(at)) => {
            if !over(node, below, context, true) {
                return bytes.len();
            }
            node.state = State::Rest(b"(trailing)");
            at.min(bytes.len())
        }
        Err(Fault { at }) => {
            let is_first = before.saturating_add(at as u64) <= node.first.get().len() as u64;
            if is_first && context.shared.is_coded(&node.facts, node.level) {
                again::is_no_file(below);
            }
            let alone = over(node, below, context, false);
            context.cut(&mut node.facts, Cut::Malformed);
            if !alone {
                return bytes.len();
            }
            if !is_first {
                node.state = State::Rest(b"(rest)");
                return at.min(bytes.len());
            }
            again::as_it_is(node, below, context);
            let known = (node.first.get().len() as u64).saturating_sub(before);
            usize::try_from(known).map_or(bytes.len(), |known| known.min(bytes.len()))
        }
    }
}

/// Scans bytes of a leaf. Where base64 begins in it, which is long enough to be nothing else, that is undone as well from
/// there on, for those who look into leaves.
pub(super) fn leaf(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, bytes: &[u8]) {
    node.scan(context.leaves, bytes);
    if !context.leaves.reads() {
        return node.seeker.restart();
    }
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

/// The decoder of the object was given to another: what is open below it ends here, and it goes on as it stands.
fn robbed(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, format: &'static Format, told: bool) {
    node.state = match format.scanned {
        _ if node.facts.elsewhere => State::Over,
        true => State::Leaf,
        false => State::Rest(b"(rest)"),
    };
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
    known_by_now(node, below, context);
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
            robbed(node, below, context, format, told);
        }
        other => node.state = other,
    }
    if matches!(node.state, State::Leaf) {
        node.seeker.restart();
        context.leaves.gap(node.level, length);
    }
}

/// No more bytes come that could say what an object is. Each round has a coding less, or fewer bytes.
pub(super) fn known_by_now(node: &mut Node, below: &mut [Node], context: &mut Context<'_>) {
    while matches!(node.state, State::Unknown) {
        recognise(node, below.is_empty(), context, true);
        let first = node.first;
        if node.facts.file && !node.facts.behind && !first.get().is_empty() {
            context.leaves.file_data(node.level, first.get());
        }
        feed(node, below, context, first.get());
    }
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
    known_by_now(node, below, context);
    close(node, below, context, complete);
    node.end_file(context.leaves, complete);
}

/// Ends what an object is.
pub(super) fn close(node: &mut Node, below: &mut [Node], context: &mut Context<'_>, complete: bool) {
    match std::mem::replace(&mut node.state, State::Over) {
        State::Unknown | State::Over | State::Rest(_) => {}
        State::Robbed { format, told } => {
            robbed(node, below, context, format, told);
            close(node, below, context, complete);
        }
        State::Leaf => node.end_leaf(context, complete),
        State::Whole(format) => {
            let mut behind = end_whole(node, below, context, format, complete);
            if format.scanned && !node.facts.elsewhere {
                node.end_leaf(context, complete);
                return;
            }
            // One behind the other, and not one within the other: who sends them says how many.
            while let Some(bytes) = behind.take() {
                again::behind(node, below, context, &bytes);
                match std::mem::replace(&mut node.state, State::Over) {
                    State::Whole(format) => behind = end_whole(node, below, context, format, complete),
                    state => {
                        node.state = state;
                        close(node, below, context, complete);
                    }
                }
            }
        }
        State::Wrapped(format, decoder) => {
            let is_coding = context.shared.is_coded(&node.facts, node.level);
            let whole = end_decoder(node, below, context, (format, decoder), complete);
            if format.scanned {
                node.end_leaf(context, complete);
                return;
            }
            // A coding without a mark of its own may have been claimed of anything; what has its mark is cut short.
            let is_doubtful = is_coding && complete && (format.recognise)(node.first.get()) != Guess::Yes;
            let is_nothing = node.facts.given == node.facts.before.given || is_doubtful;
            if !whole && is_nothing && node.facts.fed <= node.first.get().len() as u64 {
                again::as_it_is(node, below, context);
                known_by_now(node, below, context);
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
    let is_coding = context.shared.is_coded(&node.facts, node.level);
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

/// All that there is of an object that was taken as a whole has come. Returns what follows it.
pub(super) fn end_whole(
    node: &mut Node,
    below: &mut [Node],
    context: &mut Context<'_>,
    format: &'static Format,
    complete: bool,
) -> Option<Vec<u8>> {
    let whole = context.shared.path.len();
    let (leaves, facts) = context.whole(node, format);
    let outcome = leaves.whole_end(&facts, complete);
    context.shared.path.restore(whole);
    let Held { mut bytes, extract } = match outcome {
        Outcome::Held(held) => held,
        Outcome::Elsewhere => return None,
        Outcome::Lost => {
            context.cut(&mut node.facts, Cut::NotInspected);
            return None;
        }
    };
    let brings = brings(format, &node.facts, &node.name, false);
    let facts = &mut node.facts;
    let cuts = context.decoders.totals.cuts();
    let whole = extract(&bytes, &mut Below { facts, nodes: below, context, brings, open: complete, whole: complete });
    finish(below, context, false);
    // Otherwise it was told already what could not be read of it.
    if !whole && context.decoders.totals.cuts() == cuts {
        context.cut(&mut node.facts, if complete { Cut::Malformed } else { Cut::Truncated });
    }
    let facts = &mut node.facts;
    let end = facts.end.take();
    if format.scanned {
        return None;
    }
    let is_nothing = facts.children == facts.before.children && !whole;
    if facts.full {
        again::rest(node, below, context, &bytes);
        node.state = State::Over;
        node.end_leaf(context, complete);
        return None;
    }
    if is_nothing {
        // It only looked like one, or nobody can tell.
        let path = facts.base;
        node.tell_leaf(path, context);
        node.scan(context.leaves, &bytes);
        node.end_leaf(context, complete);
        return None;
    }
    let behind = end.filter(|end| *end < bytes.len())?;
    bytes.drain(..behind);
    Some(bytes)
}
