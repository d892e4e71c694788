//! The client's side: commands and messages.

use super::command::{Command, MAX_LINE_BYTES, continues, parse, show};
use super::{
    Awaited, BAD_CHUNK, EMAIL, HELO, INVALID_PIPELINING, LAYOUT, LENIENT_END, LONG_COMMAND, MAIL_FROM, MAX_OUTSTANDING,
    RCPT_TO,
};
use crate::event::record::Record;
use crate::proto::email::Email;
use crate::proto::text::{Auth, Dots, End, Line, Queue};
use crate::proto::{Object, Sink};

/// Bytes that a message's addresses have in its record.
pub const MAX_RECORD_BYTES: usize = 1024;

/// Lines in a row that are no commands, from a client whose server has not replied, after which it is none of SMTP.
const MAX_UNKNOWN: u8 = 8;

const LABEL: &str = "smtp/command";

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Commands,
    /// A message that ends with a dot.
    Message,
    /// A chunk of `remaining` bytes.
    Chunk { remaining: u64, last: bool },
    /// It is not read.
    Raw,
}

/// What the server has said about the message that passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Notice {
    #[default]
    None,
    /// DATA was refused, or a chunk, or TLS: what has passed as such were commands.
    Refused,
    /// It has received the message.
    Over,
    /// All that follows is TLS, or another protocol.
    Leave,
}

/// Whether an answer may have been lost, so that those to commands before the next do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Doubt {
    #[default]
    None,
    /// One is being lost.
    Begun,
    /// Answers are seen again.
    Past,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Client {
    line: Line<MAX_LINE_BYTES>,
    mode: Mode,
    dots: Dots,
    notice: Notice,
    auth: Auth,
    /// An object has begun and not ended.
    open: bool,
    /// No byte of it was lost.
    intact: bool,
    /// [`LENIENT_END`] was told of it.
    lenient_end_told: bool,
    /// DATA commands that were not answered.
    data_pending: u8,
    /// A message was asked for, and no DATA was seen.
    invited: bool,
    /// A command was seen.
    spoken: bool,
    /// Bytes were lost, and no known command was seen since.
    lost: bool,
    doubt: Doubt,
    /// STARTTLS was not answered yet.
    tls_pending: bool,
    /// What looks like TLS has begun before that.
    tls_early: bool,
    /// Lines in a row that are no commands.
    unknown: u8,
    /// There were too many of those.
    hopeless: bool,
    /// A record was told with this name.
    hello_told: bool,
    /// What the client calls itself.
    hello: Record<128>,
    /// The addresses of the message.
    mail: Record<MAX_RECORD_BYTES>,
    /// What its header says.
    email: Email<EMAIL>,
}

type Outstanding = Queue<Awaited, MAX_OUTSTANDING>;

impl Client {
    /// Takes the next bytes. `replied`: the server speaks SMTP, whatever the client says.
    pub(super) fn push(&mut self, bytes: &[u8], replied: bool, outstanding: &mut Outstanding, sink: &mut dyn Sink) {
        self.settle(sink);
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            let used = match self.mode {
                Mode::Commands if self.tls_pending && first == TLS_HANDSHAKE && self.line.is_fresh() => {
                    (self.mode, self.tls_early) = (Mode::Raw, true);
                    0
                }
                Mode::Commands => {
                    let used = self.command(rest, outstanding, sink);
                    if !replied && self.unknown >= MAX_UNKNOWN {
                        self.abandon(sink);
                        (self.hopeless, self.mode) = (true, Mode::Raw);
                    }
                    used
                }
                Mode::Message => self.message(rest, outstanding, sink),
                Mode::Chunk { remaining, last } => self.chunk(rest, remaining, last, sink),
                Mode::Raw => {
                    sink.raw(rest);
                    rest.len()
                }
            };
            rest = rest.get(used..).unwrap_or(&[]);
        }
    }

    pub(super) fn gap(&mut self, length: u64, outstanding: &mut Outstanding, sink: &mut dyn Sink) {
        self.settle(sink);
        let outside = match self.mode {
            Mode::Message => {
                self.begin(None, sink);
                self.lose(length, sink);
                self.dots.lose();
                0
            }
            Mode::Chunk { remaining, last } => {
                let inside = length.min(remaining);
                if inside > 0 {
                    self.lose(inside, sink);
                }
                self.after_chunk(remaining.saturating_sub(inside), last, sink);
                length.saturating_sub(inside)
            }
            Mode::Commands | Mode::Raw => length,
        };
        if outside == 0 {
            return;
        }
        if self.mode == Mode::Raw {
            return sink.raw_gap(outside);
        }
        let (auth, lost) = (self.auth, self.lost);
        self.line.gap(outside, LABEL, sink, |text| show(auth, text, lost));
        self.lost = true;
        // what was lost may have been any number of commands
        self.forget_outstanding(outstanding);
    }

    pub(super) fn end(&mut self, sink: &mut dyn Sink) {
        self.settle(sink);
        self.abandon(sink);
        let (auth, lost) = (self.auth, self.lost);
        self.line.end(LABEL, sink, |text| show(auth, text, lost));
        self.tell_rest(sink);
    }

    /// Too many lines are no commands.
    pub(super) const fn is_hopeless(&self) -> bool {
        self.hopeless
    }

    /// It is not read any more, from its next byte on.
    pub(super) const fn give_up(&mut self) {
        self.notice = Notice::Leave;
    }

    /// Whether an AUTH is going on.
    pub(super) fn is_identifying(&self) -> bool {
        self.auth != Auth::Not
    }

    /// AUTH was answered: with a question, or for good.
    pub(super) const fn auth_answered(&mut self, asked: bool) {
        self.auth = if asked { Auth::Asked } else { Auth::Not };
    }

    /// A DATA was answered.
    pub(super) fn data_answered(&mut self, accepted: bool, sink: &mut dyn Sink) {
        self.data_pending = self.data_pending.saturating_sub(1);
        if self.data_pending > 0 || self.mode != Mode::Message {
            return;
        }
        if self.open {
            sink.anomaly(INVALID_PIPELINING);
        }
        if !accepted {
            self.notice = Notice::Refused;
        }
    }

    /// Whether a message that is passing is yet to be asked for.
    pub(super) fn awaits_data(&self) -> bool {
        self.data_pending > 0 && self.mode == Mode::Message
    }

    /// The server does not know what a chunk is.
    pub(super) const fn chunk_refused(&mut self) {
        if matches!(self.mode, Mode::Chunk { .. }) {
            self.notice = Notice::Refused;
        }
        // all of it may have passed, and have been commands
        self.lost = true;
    }

    /// The server has asked for a message: with the answer to the next DATA, whatever else was not answered before it. Where
    /// there is none, one was lost.
    pub(super) fn invited(&mut self, outstanding: &mut Outstanding, sink: &mut dyn Sink) {
        if self.data_pending == 0 {
            outstanding.pop();
            self.invited = self.mode == Mode::Commands || self.notice != Notice::None;
            return;
        }
        while !outstanding.is_empty() && outstanding.pop() != Some(Awaited::Data) {}
        self.data_answered(true, sink);
    }

    /// Answers were lost.
    pub(super) const fn doubt(&mut self, outstanding: &mut Outstanding) {
        self.doubt = Doubt::Begun;
        self.forget_outstanding(outstanding);
    }

    /// An answer was seen.
    pub(super) fn heard(&mut self) {
        if self.doubt == Doubt::Begun {
            self.doubt = Doubt::Past;
        }
    }

    /// It cannot be said any more which command the next answer belongs to.
    const fn forget_outstanding(&mut self, outstanding: &mut Outstanding) {
        outstanding.clear();
        (self.data_pending, self.tls_pending) = (0, false);
    }

    /// An answer that no command awaits: it may be that to the message.
    pub(super) fn stray_answer(&mut self) {
        let doubtful = self.open && (!self.intact || self.dots.saw_lenient_end());
        if self.mode == Mode::Message && self.data_pending == 0 && doubtful {
            self.notice = Notice::Over;
        }
    }

    /// STARTTLS was answered.
    pub(super) fn tls_answered(&mut self, accepted: bool, sink: &mut dyn Sink) {
        if accepted {
            self.tell_rest(sink);
            self.notice = Notice::Leave;
        } else if self.tls_early {
            self.notice = Notice::Refused;
        }
        self.tls_pending = false;
    }

    /// Does what the server has said. It is put off until the client speaks, for a sink is told of one direction at a time.
    fn settle(&mut self, sink: &mut dyn Sink) {
        match std::mem::take(&mut self.notice) {
            Notice::Refused if self.mode != Mode::Commands => {
                // among the commands that have passed there may have been another DATA
                self.lost |= self.open || self.tls_early || self.invited;
                self.abandon(sink);
                self.email.clear();
                (self.mode, self.tls_early) = (Mode::Commands, false);
            }
            Notice::Over if self.mode == Mode::Message => {
                self.finish(false, sink);
                self.lost = true;
            }
            Notice::Leave => {
                self.abandon(sink);
                let (auth, lost) = (self.auth, self.lost);
                self.line.end(LABEL, sink, |text| show(auth, text, lost));
                self.mode = Mode::Raw;
            }
            Notice::None | Notice::Refused | Notice::Over => {}
        }
        if self.invited && self.mode == Mode::Commands && (self.lost || !self.spoken) {
            self.invited = false;
            self.abandon(sink);
            self.enter_message();
            if self.line.is_lost() {
                self.line.clear();
                self.dots.lose();
                self.intact = false;
            }
        }
    }

    fn command(&mut self, bytes: &[u8], outstanding: &mut Outstanding, sink: &mut dyn Sink) -> usize {
        let (auth, lost) = (self.auth, self.lost);
        let used = self.line.feed(bytes, LABEL, sink, |text| show(auth, text, lost));
        if self.line.is_complete() {
            if self.line.is_long() && auth == Auth::Not {
                sink.anomaly(LONG_COMMAND);
            }
            let line = self.line;
            self.line.clear();
            self.obey(line.text(), outstanding, sink);
        }
        used
    }

    fn obey(&mut self, line: &[u8], outstanding: &mut Outstanding, sink: &mut dyn Sink) {
        if continues(self.auth, line) {
            self.auth = Auth::Spoken;
            return;
        }
        self.auth = Auth::Not;
        if self.doubt != Doubt::None {
            self.forget_outstanding(outstanding);
        }
        if self.doubt == Doubt::Past {
            self.doubt = Doubt::None;
        }
        let command = parse(line);
        if command == Command::Unknown {
            self.unknown = self.unknown.saturating_add(1);
            if !self.lost {
                outstanding.push(Awaited::Other);
            }
            return;
        }
        if self.tls_pending {
            sink.anomaly(INVALID_PIPELINING);
        }
        (self.unknown, self.spoken, self.lost) = (0, true, false);
        let awaited = match command {
            Command::Hello(name) => {
                self.drop_message(sink);
                self.hello.clear();
                self.hello.text(HELO, name);
                self.hello_told = false;
                Awaited::Other
            }
            Command::Mail(path) => {
                self.drop_message(sink);
                self.mail.text(MAIL_FROM, path);
                Awaited::Other
            }
            Command::Recipient(path) => {
                self.mail.text(RCPT_TO, path);
                Awaited::Other
            }
            Command::Data => {
                self.abandon(sink);
                self.enter_message();
                if std::mem::take(&mut self.invited) {
                    return;
                }
                self.data_pending = self.data_pending.saturating_add(1);
                Awaited::Data
            }
            Command::Chunk(Some(length), last) => {
                self.begin(last.then_some(length), sink);
                self.after_chunk(length, last, sink);
                Awaited::Chunk
            }
            Command::Chunk(None, _) => {
                sink.anomaly(BAD_CHUNK);
                Awaited::Other
            }
            Command::Reset => {
                self.drop_message(sink);
                Awaited::Other
            }
            Command::StartTls => {
                self.tls_pending = true;
                Awaited::StartTls
            }
            Command::Auth => {
                self.auth = Auth::Spoken;
                Awaited::Auth
            }
            Command::Other | Command::Unknown => Awaited::Other,
        };
        outstanding.push(awaited);
    }

    fn enter_message(&mut self) {
        self.mode = Mode::Message;
        self.dots = Dots::default();
        (self.intact, self.lenient_end_told) = (true, false);
    }

    fn message(&mut self, bytes: &[u8], outstanding: &mut Outstanding, sink: &mut dyn Sink) -> usize {
        self.begin(None, sink);
        let Self { dots, email, .. } = self;
        let (used, end) = dots.feed(bytes, &mut |piece| {
            email.push(piece);
            sink.object(0, piece);
        });
        if self.dots.saw_lenient_end() && !self.lenient_end_told {
            self.lenient_end_told = true;
            sink.anomaly(LENIENT_END);
        }
        if end == End::Dot {
            self.finish(self.intact, sink);
            outstanding.push(Awaited::Other);
        }
        used
    }

    fn chunk(&mut self, bytes: &[u8], remaining: u64, last: bool, sink: &mut dyn Sink) -> usize {
        let piece = bytes.get(..usize::try_from(remaining).unwrap_or(usize::MAX)).unwrap_or(bytes);
        self.email.push(piece);
        sink.object(0, piece);
        self.after_chunk(remaining.saturating_sub(piece.len() as u64), last, sink);
        piece.len()
    }

    /// Goes on with a chunk of which that much remains.
    fn after_chunk(&mut self, remaining: u64, last: bool, sink: &mut dyn Sink) {
        if remaining > 0 {
            self.mode = Mode::Chunk { remaining, last };
        } else if last {
            self.finish(self.intact, sink);
        } else {
            self.mode = Mode::Commands;
        }
    }

    fn begin(&mut self, length: Option<u64>, sink: &mut dyn Sink) {
        if self.open {
            return;
        }
        self.open = true;
        if self.mode == Mode::Commands {
            self.intact = true;
        }
        self.email.begin();
        if !self.intact {
            self.email.lose();
        }
        sink.begin_object(
            0,
            &Object { label: "smtp", media_type: b"message/rfc822", carrier: true, length, ..Object::default() },
        );
    }

    fn lose(&mut self, length: u64, sink: &mut dyn Sink) {
        self.intact = false;
        self.email.lose();
        sink.object_gap(0, length);
    }

    /// The message is over.
    fn finish(&mut self, complete: bool, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.open) {
            sink.end_object(0, complete);
        }
        self.mode = Mode::Commands;
        self.tell_message(complete, sink);
    }

    /// An object that is open does not get to its end.
    fn abandon(&mut self, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.open) {
            sink.end_object(0, false);
        }
    }

    /// The message that was begun is given up, or was never sent.
    fn drop_message(&mut self, sink: &mut dyn Sink) {
        self.abandon(sink);
        if self.has_mail() {
            self.tell_message(false, sink);
        }
    }

    /// Something is known of a message that was not told.
    const fn has_mail(&self) -> bool {
        !self.mail.is_empty() || !self.email.is_empty()
    }

    /// Tells what there is that was not told.
    fn tell_rest(&mut self, sink: &mut dyn Sink) {
        if self.has_mail() || !self.hello_told {
            self.tell_message(false, sink);
        }
    }

    /// Tells of a message, `complete` if it was seen up to its end; of a client that has said nothing of it, who that is.
    fn tell_message(&mut self, complete: bool, sink: &mut dyn Sink) {
        if !self.has_mail() && self.hello.is_empty() {
            return;
        }
        let (header, outcome) = self.email.told(complete);
        sink.record(&LAYOUT, &[self.hello.bytes(), self.mail.bytes(), header, outcome.bytes()]);
        self.mail.clear();
        self.email.clear();
        self.hello_told = true;
    }
}

/// The first byte of a TLS connection (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 22;
