//! The server's side: responses, and the messages that it sends.

use super::client::{Client, Verb};
use super::half::{Half, Is, Mode};
use super::literal::{Literal, literal, section};
use super::partial::{Message, Partial, message};
use super::{COMPRESSED, INVALID_RESPONSE};
use crate::proto::text::{Show, word};
use crate::proto::{Object, Sink};

/// Lines in a row that are no responses, after which it is none of IMAP.
const MAX_BAD: u8 = 8;

const LABEL: &str = "imap/response";

/// What a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// No response.
    #[default]
    Bad,
    /// `+`: the server asks for more.
    Continue,
    /// `* n FETCH`.
    Fetch,
    /// Untagged, with a text that is no literal's.
    Status,
    /// Untagged.
    Other,
    /// Tagged.
    Tagged,
}

fn kind(line: &[u8]) -> Kind {
    let (first, rest) = word(line);
    let (second, rest) = word(rest);
    let is = |other: &[u8]| second.eq_ignore_ascii_case(other);
    let status = is(b"OK") || is(b"NO") || is(b"BAD");
    match first {
        b"+" => Kind::Continue,
        b"*" if status || is(b"BYE") || is(b"PREAUTH") => Kind::Status,
        b"*" if second.iter().all(u8::is_ascii_digit) && word(rest).0.eq_ignore_ascii_case(b"FETCH") => Kind::Fetch,
        b"*" if !second.is_empty() => Kind::Other,
        _ if status && first.iter().all(u8::is_ascii_graphic) => Kind::Tagged,
        _ => Kind::Bad,
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Server {
    half: Half,
    kind: Kind,
    /// The message of a FETCH response.
    message: Message,
    /// What is fetched in pieces.
    partial: Partial,
    /// No line of it may be anything but a response.
    synced: bool,
    bad: u8,
    mistaken: bool,
}

impl Server {
    pub(super) fn push(&mut self, bytes: &[u8], client: &mut Client, sink: &mut dyn Sink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.half.mode {
                Mode::Line => self.line(rest, client, sink),
                Mode::Literal { remaining, is } => {
                    let used = self.half.literal(rest, remaining, is, LABEL, sink);
                    self.after_literal(is, sink);
                    used
                }
                Mode::Raw => {
                    sink.raw(rest);
                    rest.len()
                }
            };
            rest = rest.get(used..).unwrap_or(&[]);
        }
    }

    pub(super) fn gap(&mut self, length: u64, client: &Client, sink: &mut dyn Sink) {
        let within = self.half.is_within_piece();
        let outside = self.half.literal_gap(length, LABEL, sink);
        if within {
            self.partial.lose();
            self.after_literal(Is::Piece, sink);
        }
        if outside == 0 {
            return;
        }
        if self.half.mode == Mode::Raw {
            return sink.raw_gap(outside);
        }
        let show = self.show(client);
        self.half.line.gap(outside, LABEL, sink, show);
        (self.synced, self.half.continued) = (false, false);
    }

    pub(super) fn end(&mut self, client: &mut Client, sink: &mut dyn Sink) {
        if self.half.is_within_piece() {
            self.partial.lose();
        }
        self.partial.finish(sink);
        self.half.abandon(sink);
        let show = self.show(client);
        self.half.line.end(LABEL, sink, show);
        client.server_ended(sink);
    }

    /// Bytes of a literal have passed.
    fn after_literal(&mut self, is: Is, sink: &mut dyn Sink) {
        if is == Is::Piece && !self.half.is_within_piece() {
            self.partial.passed(sink);
        }
    }

    pub(super) const fn was_mistaken(&self) -> bool {
        self.mistaken
    }

    fn show(&self, client: &Client) -> impl FnOnce(&[u8]) -> Show + use<> {
        let (identifying, continued, lost) = (client.is_identifying(), self.half.continued, !self.synced);
        move |line| match kind(line) {
            _ if continued => Show::All,
            Kind::Continue if identifying => Show::Nothing,
            // cut short by a hole
            Kind::Bad if identifying && (line.is_empty() || line == b"+") => Show::Nothing,
            Kind::Bad if lost => Show::Raw,
            _ => Show::All,
        }
    }

    fn line(&mut self, bytes: &[u8], client: &mut Client, sink: &mut dyn Sink) -> usize {
        let show = self.show(client);
        let (complete, used) = self.half.line(bytes, LABEL, sink, show);
        if complete {
            let (line, tail) = (self.half.line, self.half.tail());
            self.half.next_line();
            self.hear(line.text(), tail.text(), client, sink);
        }
        used
    }

    fn hear(&mut self, line: &[u8], tail: &[u8], client: &mut Client, sink: &mut dyn Sink) {
        if !std::mem::take(&mut self.half.continued) {
            self.kind = kind(line);
            match self.kind {
                Kind::Bad => return self.misunderstood(client, sink),
                Kind::Continue => client.asked(),
                Kind::Tagged => self.answer(line, client, sink),
                Kind::Fetch => self.message = message(line),
                Kind::Status => client.refused_untagged(line),
                Kind::Other => {}
            }
            (self.synced, self.bad) = (true, 0);
        }
        if !matches!(self.kind, Kind::Fetch | Kind::Other) {
            return;
        }
        let Some(Literal { length, before, .. }) = literal(tail) else { return };
        match section(before) {
            Some(section) if self.kind == Kind::Fetch && section.partial => {
                self.partial.begin(&self.message, &section, length, client.asked_for(), sink);
                self.half.begin(length, Is::Piece, sink, None);
                self.after_literal(Is::Piece, sink);
            }
            Some(section) if self.kind == Kind::Fetch => {
                let object = Object {
                    label: "imap",
                    carrier: true,
                    name: section.name,
                    media_type: section.media_type,
                    encoded: section.encoded,
                    length: Some(length),
                    ..Object::default()
                };
                self.half.begin(length, Is::Object, sink, Some(&object));
            }
            _ => self.half.begin(length, Is::Lines, sink, None),
        }
    }

    fn answer(&mut self, line: &[u8], client: &mut Client, sink: &mut dyn Sink) {
        let (tag, rest) = word(line);
        let (status, text) = word(rest);
        let verb = client.answered(tag, status, text, sink);
        if !status.eq_ignore_ascii_case(b"OK") {
            return;
        }
        match verb {
            Some(Verb::StartTls) => {}
            Some(Verb::Compress) => sink.anomaly(COMPRESSED),
            _ => return,
        }
        self.partial.finish(sink);
        self.half.mode = Mode::Raw;
        client.leave(sink);
    }

    fn misunderstood(&mut self, client: &mut Client, sink: &mut dyn Sink) {
        self.bad = self.bad.saturating_add(1);
        if self.synced {
            sink.anomaly(INVALID_RESPONSE);
        }
        if self.bad >= MAX_BAD {
            self.mistaken = true;
            self.half.mode = Mode::Raw;
            client.leave(sink);
        }
    }
}
