//! Commands, their answers, and the messages.

use super::command::{Verb, continues, show, verb};
use super::{ARGS, COMMAND, EMAIL, HEADER, INVALID_REPLY, LAYOUT, LONG_COMMAND, MAX_LINE_BYTES, STATUS, SUCCESS};
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::email::Email;
use crate::proto::text::{Auth, Dots, End, Line, Queue, Show, Stranger, begins, number, word};
use crate::proto::{Object, Parser, Sink};

/// Commands that are remembered until they are answered.
pub const MAX_OUTSTANDING: usize = 16;

/// Bytes that a command has in its record.
const COMMAND_BYTES: usize = 88;

/// Lines in a row that are no answers, after which it is none of POP3.
const MAX_BAD: u8 = 8;

/// Bytes that an answer has in its record.
const RESPONSE_BYTES: usize = MAX_LINE_BYTES + 64;

const COMMAND_LABEL: &str = "pop3/command";
const REPLY_LABEL: &str = "pop3/reply";

/// A command that was not answered.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    verb: Verb,
    record: Record<COMMAND_BYTES>,
}

/// What the server's next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Answers,
    Listing,
    Message,
    Raw,
}

/// One connection. [`Default`] is one of which nothing was seen yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pop3 {
    command: Line<MAX_LINE_BYTES>,
    reply: Line<MAX_LINE_BYTES>,
    pending: Queue<Pending, MAX_OUTSTANDING>,
    auth: Auth,
    mode: Mode,
    dots: Dots,
    /// The command and answer that brought the message that passes; empty where there is none.
    asked: Record<COMMAND_BYTES>,
    answer: Record<RESPONSE_BYTES>,
    /// What its header says.
    email: Email<EMAIL>,
    /// A message's object has begun and not ended.
    open: bool,
    /// Bytes of the message or listing were lost.
    lossy: bool,
    /// The client has gone on, so a message or listing with a hole is over.
    over: bool,
    /// Bytes of the client were lost, and no command was seen since.
    client_lost: bool,
    /// Bytes of the server were lost, or the command that it answers: what it sends may be anything.
    server_lost: bool,
    /// The same, and answers to commands before the next do not count.
    doubtful: bool,
    /// The command that was answered is not known: lines may follow, up to a dot.
    may_be_listing: bool,
    client_raw: bool,
    server_ended: bool,
    bad: u8,
    stranger: Stranger,
    mistaken: bool,
}

impl Parser for Pop3 {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        if direction == Direction::ToClient {
            self.settle(sink);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match (direction, self.mode) {
                (Direction::ToServer, _) if self.client_raw => {
                    self.leave_client(sink);
                    sink.raw(rest);
                    rest.len()
                }
                (Direction::ToServer, _) => self.client(rest, sink),
                (Direction::ToClient, Mode::Answers | Mode::Listing) => self.server(rest, sink),
                (Direction::ToClient, Mode::Message) => self.message(rest, sink),
                (Direction::ToClient, Mode::Raw) => {
                    sink.raw(rest);
                    rest.len()
                }
            };
            rest = rest.get(used..).unwrap_or(&[]);
        }
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        match direction {
            Direction::ToServer if self.client_raw => {
                self.leave_client(sink);
                sink.raw_gap(length);
            }
            Direction::ToServer => {
                let (auth, lost) = (self.auth, self.client_lost);
                self.command.gap(length, COMMAND_LABEL, sink, |line| show(auth, line, lost));
                (self.client_lost, self.server_lost) = (true, true);
                self.give_up_waiting(sink);
            }
            Direction::ToClient => self.server_gap(length, sink),
        }
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        if direction == Direction::ToServer {
            self.leave_client(sink);
        } else {
            self.end_message(false, sink);
            self.reply.end(REPLY_LABEL, sink, |_| Show::Nothing);
            self.server_ended = true;
        }
        if self.server_ended {
            self.give_up_waiting(sink);
        }
    }

    fn was_mistaken(&self) -> bool {
        self.mistaken
    }
}

impl Pop3 {
    fn client(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let (auth, lost) = (self.auth, self.client_lost);
        let used = self.command.feed(bytes, COMMAND_LABEL, sink, |line| show(auth, line, lost));
        if self.command.is_complete() {
            let line = self.command;
            self.command.clear();
            if line.is_long() && auth == Auth::Not {
                sink.anomaly(LONG_COMMAND);
            }
            self.obey(line.text(), sink);
        }
        used
    }

    fn obey(&mut self, line: &[u8], sink: &mut dyn Sink) {
        if continues(self.auth, line) {
            self.auth = Auth::Spoken;
            return;
        }
        self.auth = Auth::Not;
        let verb = verb(line);
        if verb == Verb::Unknown && self.client_lost {
            return;
        }
        self.client_lost = false;
        match verb {
            Verb::Unknown if self.stranger.unknown() && self.mode == Mode::Answers => return self.give_up(),
            // Redis has AUTH as well
            Verb::Unknown | Verb::Auth => {}
            _ => self.stranger.known(),
        }
        if self.doubtful {
            self.give_up_waiting(sink);
            self.doubtful = self.reply.is_lost();
        }
        // a client that sends one command at a time has seen the end of what it asked for
        if self.pending.is_empty() {
            self.over |= self.lossy;
            if self.reply.is_lost() {
                self.reply.clear();
            }
        }
        let mut pending = Pending { verb, record: Record::default() };
        let (name, arguments) = word(line);
        pending.record.text(COMMAND, name);
        let shown = match verb {
            Verb::Pass | Verb::Auth => 0,
            Verb::Apop => 1,
            _ => usize::MAX,
        };
        let words = arguments.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        words.take(shown).for_each(|word| pending.record.text(ARGS, word));
        if verb == Verb::Auth {
            self.auth = Auth::Spoken;
        }
        if self.server_ended || self.pending.is_full() {
            sink.record(&LAYOUT, &[pending.record.bytes()]);
        }
        if !self.server_ended {
            self.pending.push(pending);
        }
    }

    fn server(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let (listing, lost, auth) = (self.mode == Mode::Listing, self.server_lost, self.auth);
        let used = self.reply.feed(bytes, REPLY_LABEL, sink, |line| shown(line, listing, lost, auth));
        if self.reply.is_complete() {
            let line = self.reply;
            self.reply.clear();
            if self.mode == Mode::Listing {
                if line.text() == b"." {
                    (self.mode, self.lossy) = (Mode::Answers, false);
                }
            } else {
                self.hear(line.text(), sink);
            }
        }
        used
    }

    fn hear(&mut self, line: &[u8], sink: &mut dyn Sink) {
        let Some((status, text)) = split(line) else {
            if self.may_be_listing && !self.stranger.is_unmasked() {
                self.may_be_listing = line != b".";
                return;
            }
            if !self.server_lost {
                self.bad = self.bad.saturating_add(1);
                sink.anomaly(INVALID_REPLY);
            }
            if self.bad >= MAX_BAD || (!self.server_lost && self.stranger.is_unmasked()) {
                self.give_up();
            }
            return;
        };
        (self.bad, self.server_lost, self.may_be_listing) = (0, false, false);
        match status {
            Status::Err => self.stranger.refused(),
            Status::Ok | Status::Continue if self.stranger.is_unmasked() => return self.give_up(),
            Status::Ok | Status::Continue => {}
        }
        if status == Status::Continue {
            self.auth = Auth::Asked;
            return;
        }
        let asked = !self.pending.is_empty();
        let pending = self.pending.pop().unwrap_or_default();
        let ok = status == Status::Ok;
        if pending.verb == Verb::Auth {
            self.auth = Auth::Not;
        }
        let mut response: Record<RESPONSE_BYTES> = Record::default();
        response.flag(SUCCESS, ok);
        response.text(STATUS, if ok { b"OK" } else { b"ERR" });
        response.text(HEADER, text);
        let brings = pending.verb == Verb::Message || (pending.verb == Verb::Unseen && is_size(text));
        if ok && brings {
            (self.asked, self.answer) = (pending.record, response);
            return self.begin_message();
        }
        sink.record(&LAYOUT, &[pending.record.bytes(), response.bytes()]);
        if !ok {
            return;
        }
        match pending.verb {
            Verb::Listing => self.mode = Mode::Listing,
            Verb::Unknown => self.may_be_listing = true,
            Verb::Unseen => self.may_be_listing = asked,
            Verb::StartTls => {
                (self.client_raw, self.mode) = (true, Mode::Raw);
                self.give_up_waiting(sink);
            }
            _ => {}
        }
    }

    /// It is none of POP3.
    const fn give_up(&mut self) {
        (self.mistaken, self.client_raw, self.mode) = (true, true, Mode::Raw);
    }

    fn begin_message(&mut self) {
        (self.mode, self.dots, self.lossy, self.over) = (Mode::Message, Dots::default(), false, false);
        self.email.begin();
    }

    fn message(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        self.open(sink);
        let Self { dots, email, .. } = self;
        let (used, end) = dots.feed(bytes, &mut |piece| {
            email.push(piece);
            sink.object(0, piece);
        });
        if end == End::Dot {
            self.end_message(!self.lossy, sink);
        }
        used
    }

    fn open(&mut self, sink: &mut dyn Sink) {
        if !std::mem::replace(&mut self.open, true) {
            sink.begin_object(
                0,
                &Object { label: "pop3", media_type: b"message/rfc822", carrier: true, ..Object::default() },
            );
        }
    }

    fn end_message(&mut self, complete: bool, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.open) {
            sink.end_object(0, complete);
        }
        if !self.answer.is_empty() {
            let (header, outcome) = self.email.told(complete);
            sink.record(&LAYOUT, &[self.asked.bytes(), self.answer.bytes(), header, outcome.bytes()]);
            self.answer.clear();
            self.email.clear();
        }
        if matches!(self.mode, Mode::Message | Mode::Listing) {
            self.mode = Mode::Answers;
        }
        (self.lossy, self.over) = (false, false);
    }

    /// A message that is over for the client is over here.
    fn settle(&mut self, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.over) {
            self.end_message(false, sink);
            self.server_lost = true;
        }
        if self.mistaken {
            self.reply.end(REPLY_LABEL, sink, |_| Show::Raw);
        }
    }

    fn server_gap(&mut self, length: u64, sink: &mut dyn Sink) {
        self.settle(sink);
        match self.mode {
            Mode::Message => {
                self.open(sink);
                self.lossy = true;
                self.email.lose();
                self.dots.lose();
                return sink.object_gap(0, length);
            }
            Mode::Raw => return sink.raw_gap(length),
            Mode::Answers | Mode::Listing => {}
        }
        let (listing, lost, auth) = (self.mode == Mode::Listing, self.server_lost, self.auth);
        self.reply.gap(length, REPLY_LABEL, sink, |line| shown(line, listing, lost, auth));
        if listing {
            self.lossy = true;
        } else {
            (self.doubtful, self.server_lost) = (true, true);
            self.give_up_waiting(sink);
        }
    }

    /// No answers can be told any more: the commands are told without.
    fn give_up_waiting(&mut self, sink: &mut dyn Sink) {
        while let Some(pending) = self.pending.pop() {
            sink.record(&LAYOUT, &[pending.record.bytes()]);
        }
        self.pending.clear();
    }

    fn leave_client(&mut self, sink: &mut dyn Sink) {
        let (auth, lost) = (self.auth, self.client_lost);
        self.command.end(COMMAND_LABEL, sink, |line| show(auth, line, lost));
    }
}

/// How an answer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Ok,
    Err,
    /// A challenge (RFC 5034 section 4).
    Continue,
}

fn split(line: &[u8]) -> Option<(Status, &[u8])> {
    let (status, text) = word(line);
    if status.eq_ignore_ascii_case(b"+OK") {
        Some((Status::Ok, text))
    } else if status.eq_ignore_ascii_case(b"-ERR") {
        Some((Status::Err, text))
    } else if status == b"+" {
        Some((Status::Continue, text))
    } else {
        None
    }
}

/// What is handed out of the server's line. A challenge is not, nor what may be the beginning of one.
fn shown(line: &[u8], listing: bool, lost: bool, auth: Auth) -> Show {
    match split(line) {
        _ if listing => Show::All,
        Some((Status::Continue, _)) => Show::Nothing,
        Some(_) => Show::All,
        None if auth != Auth::Not && (line.is_empty() || begins(b"+ ", line)) => Show::Nothing,
        None if lost => Show::Raw,
        None => Show::All,
    }
}

/// `123 octets`: the answer to RETR.
fn is_size(text: &[u8]) -> bool {
    let (size, unit) = word(text);
    number(size).is_some() && begins(unit, b"octets")
}
