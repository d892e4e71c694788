//! The client's side: commands, and the messages that it stores.

use xxhash_rust::xxh3::xxh3_64;

use super::half::{Half, Is, Mode};
use super::literal::{Literal, literal};
use super::partial::{Asked, asked};
use super::{ARGS, COMMAND, LAYOUT, STATUS, TAG, TEXT};
use crate::event::record::Record;
use crate::proto::text::{Auth, Show, word};
use crate::proto::{Object, Sink};

/// Commands that are remembered until they are answered.
pub const MAX_OUTSTANDING: usize = 8;

/// Bytes that a command has in its record.
const COMMAND_BYTES: usize = 224;

const LABEL: &str = "imap/command";

/// What a command means here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Verb {
    /// It is none that is known.
    #[default]
    Unknown,
    Other,
    /// LOGIN.
    Login,
    /// AUTHENTICATE.
    Authenticate,
    /// APPEND.
    Append,
    StartTls,
    Compress,
}

/// RFC 3501 and 9051, section 6, and extensions that are in use.
const OTHERS: [&[u8]; 40] = [
    b"CAPABILITY",
    b"NOOP",
    b"LOGOUT",
    b"ENABLE",
    b"SELECT",
    b"EXAMINE",
    b"CREATE",
    b"DELETE",
    b"RENAME",
    b"SUBSCRIBE",
    b"UNSUBSCRIBE",
    b"LIST",
    b"LSUB",
    b"XLIST",
    b"NAMESPACE",
    b"STATUS",
    b"IDLE",
    b"CHECK",
    b"CLOSE",
    b"UNSELECT",
    b"EXPUNGE",
    b"SEARCH",
    b"FETCH",
    b"STORE",
    b"COPY",
    b"MOVE",
    b"UID",
    b"SORT",
    b"THREAD",
    b"ID",
    b"GETQUOTA",
    b"GETQUOTAROOT",
    b"SETQUOTA",
    b"GETACL",
    b"SETACL",
    b"MYRIGHTS",
    b"GETMETADATA",
    b"SETMETADATA",
    b"NOTIFY",
    b"UNAUTHENTICATE",
];

fn verb(name: &[u8]) -> Verb {
    let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
    if is(b"LOGIN") {
        Verb::Login
    } else if is(b"AUTHENTICATE") {
        Verb::Authenticate
    } else if is(b"APPEND") {
        Verb::Append
    } else if is(b"STARTTLS") {
        Verb::StartTls
    } else if is(b"COMPRESS") {
        Verb::Compress
    } else if OTHERS.iter().any(|other| is(other)) {
        Verb::Other
    } else {
        Verb::Unknown
    }
}

/// What a line asks for, if it has a tag and a command.
pub(super) fn parse(line: &[u8]) -> Verb {
    let (tag, rest) = word(line);
    // RFC 3501 section 9: any ASTRING-CHAR except "+"
    let is_tag = !tag.is_empty() && tag.iter().all(|byte| byte.is_ascii_graphic() && !b"+*(){%\\\"".contains(byte));
    if is_tag { verb(word(rest).0) } else { Verb::Unknown }
}

fn is_done(line: &[u8]) -> bool {
    line.eq_ignore_ascii_case(b"DONE")
}

/// Whether a line continues AUTHENTICATE.
fn continues(auth: Auth, line: &[u8]) -> bool {
    auth.is_continued_by(line, |line| parse(line) != Verb::Unknown)
}

/// What is handed out of a line. `secret`: it belongs to LOGIN. `lost`: it may be no command, for bytes before it were lost.
fn show(auth: Auth, line: &[u8], continued: bool, secret: bool, lost: bool) -> Show {
    if secret || continues(auth, line) {
        return Show::Nothing;
    }
    if continued || is_done(line) {
        return Show::All;
    }
    match parse(line) {
        Verb::Login | Verb::Authenticate => {
            let (_, rest) = word(line);
            let (_, arguments) = word(rest);
            Show::First(line.len() - arguments.len())
        }
        // a hole may have cut the word behind which secrets stand
        Verb::Unknown if word(word(line).1).1.is_empty() && is_cut_secret(word(word(line).1).0) => Show::Nothing,
        Verb::Unknown if lost => Show::Raw,
        _ => Show::All,
    }
}

fn is_cut_secret(name: &[u8]) -> bool {
    [&b"LOGIN"[..], b"AUTHENTICATE"].iter().any(|secret| {
        secret.get(..name.len()).is_some_and(|start| name.len() < secret.len() && start.eq_ignore_ascii_case(name))
    })
}

/// A command that was not answered.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    used: bool,
    verb: Verb,
    record: Record<COMMAND_BYTES>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Client {
    half: Half,
    pending: [Pending; MAX_OUTSTANDING],
    auth: Auth,
    /// What the only command that waits has asked for.
    asked_for: Option<Asked>,
    /// The command that passes.
    verb: Verb,
    /// Digest of the tag of the command that passes.
    tag: u64,
    /// A literal that is announced waits to be asked for.
    waits: bool,
    /// The literal that is announced or passes was not asked for.
    unasked: bool,
    /// The command it belongs to was refused instead.
    refused: bool,
    /// No line of it may be anything but a command.
    synced: bool,
    leaves: bool,
    server_ended: bool,
}

impl Client {
    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) {
        self.settle(sink);
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.half.mode {
                Mode::Line => self.line(rest, sink),
                Mode::Literal { remaining, is } => {
                    self.open(remaining, is, sink);
                    self.half.literal(rest, remaining, is, LABEL, sink)
                }
                Mode::Raw => {
                    sink.raw(rest);
                    rest.len()
                }
            };
            rest = rest.get(used..).unwrap_or(&[]);
        }
    }

    pub(super) fn gap(&mut self, length: u64, sink: &mut dyn Sink) {
        self.settle(sink);
        if let Mode::Literal { remaining, is } = self.half.mode {
            self.open(remaining, is, sink);
        }
        let outside = self.half.literal_gap(length, LABEL, sink);
        if outside == 0 {
            return;
        }
        if self.half.mode == Mode::Raw {
            return sink.raw_gap(outside);
        }
        let show = self.show();
        self.half.line.gap(outside, LABEL, sink, show);
        (self.synced, self.half.continued) = (false, false);
    }

    pub(super) fn end(&mut self, sink: &mut dyn Sink) {
        self.settle(sink);
        self.half.abandon(sink);
        let show = self.show();
        self.half.line.end(LABEL, sink, show);
        if self.server_ended {
            self.give_up_waiting(sink);
        }
    }

    /// Whether AUTHENTICATE is going on.
    pub(super) fn is_identifying(&self) -> bool {
        self.auth != Auth::Not
    }

    /// The server asks for more.
    pub(super) fn asked(&mut self) {
        if self.is_identifying() {
            self.auth = Auth::Asked;
        }
        (self.unasked, self.refused) = (false, false);
    }

    /// The server has said something of no command: that may be BAD, where it cannot read one.
    pub(super) fn refused_untagged(&mut self, line: &[u8]) {
        let (status, _) = word(word(line).1);
        self.refused |= self.waits && self.unasked && status.eq_ignore_ascii_case(b"BAD");
    }

    /// The piece that the command asks for which is answered, if that is known.
    pub(super) const fn asked_for(&self) -> Option<Asked> {
        self.asked_for
    }

    /// The server has answered the command with that tag: what it was, if it is known.
    pub(super) fn answered(&mut self, tag: &[u8], status: &[u8], text: &[u8], sink: &mut dyn Sink) -> Option<Verb> {
        if xxh3_64(tag) == self.tag {
            // one that has begun may have been asked for where bytes were lost
            self.refused |= self.waits || (self.unasked && !status.eq_ignore_ascii_case(b"OK"));
        }
        let pending = self.pending.iter_mut().find(|pending| pending.used && pending.record.get_text(TAG) == tag)?;
        pending.used = false;
        let mut response: Record<384> = Record::default();
        response.text(STATUS, status);
        response.text(TEXT, text);
        sink.record(&LAYOUT, &[pending.record.bytes(), response.bytes()]);
        if pending.verb == Verb::Authenticate {
            self.auth = Auth::Not;
        }
        Some(pending.verb)
    }

    /// All that follows is of another protocol.
    pub(super) fn leave(&mut self, sink: &mut dyn Sink) {
        self.leaves = true;
        self.give_up_waiting(sink);
    }

    /// The server says no more.
    pub(super) fn server_ended(&mut self, sink: &mut dyn Sink) {
        self.server_ended = true;
        self.give_up_waiting(sink);
    }

    fn settle(&mut self, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.refused) && matches!(self.half.mode, Mode::Literal { .. }) {
            // commands have passed in its place, the last of which may go on
            self.synced &= self.waits || !self.half.has_begun();
            self.half.abandon(sink);
            (self.waits, self.unasked) = (false, false);
        }
        if self.leaves && self.half.mode != Mode::Raw {
            self.half.abandon(sink);
            let show = self.show();
            self.half.line.end(LABEL, sink, show);
            self.half.mode = Mode::Raw;
        }
    }

    fn show(&self) -> impl FnOnce(&[u8]) -> Show + use<> {
        let (auth, continued, lost) = (self.auth, self.half.continued, !self.synced);
        let secret = continued && matches!(self.verb, Verb::Login | Verb::Authenticate);
        move |line| show(auth, line, continued, secret, lost)
    }

    fn line(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let show = self.show();
        let (complete, used) = self.half.line(bytes, LABEL, sink, show);
        if complete {
            let (line, tail) = (self.half.line, self.half.tail());
            self.half.next_line();
            self.obey(line.text(), tail.text(), sink);
        }
        used
    }

    fn obey(&mut self, line: &[u8], tail: &[u8], sink: &mut dyn Sink) {
        let first = !std::mem::take(&mut self.half.continued);
        if first {
            if continues(self.auth, line) {
                self.auth = Auth::Spoken;
                return;
            }
            self.auth = Auth::Not;
            self.verb = parse(line);
            if is_done(line) || (self.verb == Verb::Unknown && !self.synced) {
                return;
            }
            self.synced = true;
            self.remember(line, sink);
        }
        if let Some(Literal { length, waits, before }) = literal(tail) {
            // a mailbox may be a literal too; it is the first argument
            let is_message = self.verb == Verb::Append && !(first && is_mailbox(before));
            let is = match self.verb {
                Verb::Login | Verb::Authenticate => Is::Secret,
                _ if is_message => Is::Object,
                _ => Is::Lines,
            };
            self.half.begin(length, is, sink, None);
            self.waits = waits && length > 0;
            self.unasked = self.waits;
        }
    }

    /// The literal has come.
    fn open(&mut self, remaining: u64, is: Is, sink: &mut dyn Sink) {
        self.waits = false;
        if is == Is::Object && !self.half.is_open() {
            let object = Object {
                label: "imap",
                media_type: b"message/rfc822",
                carrier: true,
                length: Some(remaining),
                ..Object::default()
            };
            self.half.begin(remaining, is, sink, Some(&object));
        }
    }

    fn remember(&mut self, line: &[u8], sink: &mut dyn Sink) {
        let (tag, rest) = word(line);
        let (name, arguments) = word(rest);
        self.tag = xxh3_64(tag);
        let alone = !self.pending.iter().any(|pending| pending.used);
        self.asked_for = if alone { asked(arguments) } else { None };
        let mut record: Record<COMMAND_BYTES> = Record::default();
        record.text(TAG, tag);
        record.text(COMMAND, name);
        if self.verb == Verb::Authenticate {
            self.auth = Auth::Spoken;
        }
        if !matches!(self.verb, Verb::Login | Verb::Authenticate) && !arguments.is_empty() {
            record.text(ARGS, arguments);
        }
        match self.pending.iter_mut().find(|pending| !pending.used) {
            Some(place) if !self.server_ended => *place = Pending { used: true, verb: self.verb, record },
            _ => sink.record(&LAYOUT, &[record.bytes()]),
        }
    }

    fn give_up_waiting(&mut self, sink: &mut dyn Sink) {
        for pending in &mut self.pending {
            if std::mem::take(&mut pending.used) {
                sink.record(&LAYOUT, &[pending.record.bytes()]);
            }
        }
    }
}

/// `tag APPEND`, and nothing else.
fn is_mailbox(before: &[u8]) -> bool {
    let (_, rest) = word(before);
    word(rest).1.is_empty()
}
