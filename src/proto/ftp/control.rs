//! The control connection.

use super::command::{Verb, show, split, verb};
use super::probe::is_known;
use super::transfer::DataConnection;
use super::{
    BAD_ADDRESS, COMMAND, COMMAND_DATA, COMPLETION_CODE, DYNAMIC_PORT, INVALID_REPLY, LAYOUT, LONG_COMMAND,
    MAX_LINE_BYTES, MODE, REPLY, REPLY_RECEIVED, REPLY_TRUNCATED, address,
};
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::text::{Line, Queue, Reply, Show, Stranger, Told, number};
use crate::proto::{Endpoint, Parser, Port, Sink};

/// Commands that are remembered until they are answered.
pub const MAX_OUTSTANDING: usize = 4;

/// Bytes that the replies to one command have in its record.
pub const MAX_REPLY_BYTES: usize = 1024;

/// Bytes that a command has in its record.
const COMMAND_BYTES: usize = 384;

/// Lines in a row that are no replies, after which it is none of FTP.
const MAX_BAD: u8 = 8;

const COMMAND_LABEL: &str = "ftp/command";
const REPLY_LABEL: &str = "ftp/reply";

/// A command that was not answered for good.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    verb: Verb,
    /// Its name and argument.
    record: Record<COMMAND_BYTES>,
}

/// One control connection. [`Default`] is one of which nothing was seen yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ftp {
    command: Line<MAX_LINE_BYTES>,
    reply_line: Line<MAX_LINE_BYTES>,
    reply: Reply,
    pending: Queue<Pending, MAX_OUTSTANDING>,
    /// The replies to the oldest of them so far.
    replies: Record<MAX_REPLY_BYTES>,
    /// One of their lines was longer than what is read.
    long_reply: bool,
    /// A port that they announce.
    announced: Option<(Direction, u16)>,
    data: DataConnection,
    /// Bytes of the client were lost, and no line of it was seen since.
    lost: bool,
    /// Bytes of the server were lost, maybe answers: those to commands before the next do not count.
    doubtful: bool,
    /// Lines of the server in a row that are no replies.
    bad: u8,
    stranger: Stranger,
    raw: bool,
    server_ended: bool,
    mistaken: bool,
}

impl Parser for Ftp {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.raw {
                self.leave(direction, sink);
                return sink.raw(rest);
            }
            let used = match direction {
                Direction::ToServer => self.client(rest, sink),
                Direction::ToClient => self.server(rest, sink),
            };
            rest = rest.get(used..).unwrap_or(&[]);
        }
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        if self.raw {
            self.leave(direction, sink);
            return sink.raw_gap(length);
        }
        let lost = self.lost;
        match direction {
            Direction::ToServer => {
                self.command.gap(length, COMMAND_LABEL, sink, |line| show(line, lost));
                self.lost = true;
            }
            Direction::ToClient => {
                self.reply_line.gap(length, REPLY_LABEL, sink, |_| Show::All);
                self.reply.lose();
                self.doubtful = true;
            }
        }
        // which command the next answer belongs to cannot be said any more
        self.give_up_waiting(sink);
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        self.leave(direction, sink);
        self.server_ended |= direction == Direction::ToClient;
        if self.server_ended {
            self.give_up_waiting(sink);
        }
    }

    fn was_mistaken(&self) -> bool {
        self.mistaken
    }
}

impl Ftp {
    fn client(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let lost = self.lost;
        let used = self.command.feed(bytes, COMMAND_LABEL, sink, |line| show(line, lost));
        if self.command.is_complete() {
            let line = self.command;
            self.command.clear();
            if line.is_long() {
                sink.anomaly(LONG_COMMAND);
            }
            self.obey(line.text(), sink);
        }
        used
    }

    fn obey(&mut self, line: &[u8], sink: &mut dyn Sink) {
        let (name, argument) = split(line);
        let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric);
        if is_known(name) {
            self.stranger.known();
        } else if !self.lost && self.stranger.unknown() {
            return self.give_up();
        }
        if !is_name {
            return;
        }
        self.lost = false;
        if self.doubtful {
            // a client that sends one command at a time has seen the answer to the last
            if self.pending.is_empty() && self.reply_line.is_lost() {
                self.reply_line.clear();
            }
            self.give_up_waiting(sink);
            self.doubtful = self.reply_line.is_lost();
        }
        let mut pending = Pending { verb: verb(name), record: Record::default() };
        pending.record.text(COMMAND, name);
        if pending.verb != Verb::Secret && !argument.is_empty() {
            pending.record.text(COMMAND_DATA, argument.trim_ascii_end());
        }
        if self.server_ended || self.pending.is_full() {
            sink.record(&LAYOUT, &[pending.record.bytes(), not_answered().bytes()]);
        }
        if !self.server_ended {
            let first = self.pending.is_empty();
            self.pending.push(pending);
            if first {
                self.begin_transfer(sink);
            }
        }
    }

    /// It is none of FTP.
    const fn give_up(&mut self) {
        (self.raw, self.mistaken) = (true, true);
    }

    /// The oldest command is the one that the server answers next. If it transfers, it is now known what.
    fn begin_transfer(&mut self, sink: &mut dyn Sink) {
        if let Some(Pending { verb: Verb::Transfer(transfer), record }) = self.pending.front() {
            self.data.begin(transfer, record.get_text(COMMAND_DATA), sink);
        }
    }

    fn server(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let used = self.reply_line.feed(bytes, REPLY_LABEL, sink, |_| Show::All);
        if self.reply_line.is_complete() {
            let line = self.reply_line;
            self.reply_line.clear();
            self.hear(line.text(), line.is_long(), sink);
        }
        used
    }

    fn hear(&mut self, line: &[u8], long: bool, sink: &mut dyn Sink) {
        let told = self.reply.line(line, true);
        let (code, last) = match told {
            Told::Last(code) => (code, true),
            Told::More(code) => (code, false),
            Told::Bad => {
                self.bad = self.bad.saturating_add(1);
                sink.anomaly(INVALID_REPLY);
                if self.bad >= MAX_BAD {
                    self.give_up();
                }
                return;
            }
        };
        self.bad = 0;
        let coded = crate::proto::text::code(line) == Some(code);
        let (digits, text) = if coded { line.split_at_checked(3).unwrap_or((line, &[])) } else { (&[][..], line) };
        let text = text.strip_prefix(b"-").unwrap_or(text).trim_ascii_start();
        self.replies.text(REPLY, text);
        if coded {
            self.replies.text(COMPLETION_CODE, digits);
        }
        self.long_reply |= long;
        if last {
            self.answer(code, text, sink);
        }
    }

    /// A reply is complete; `text` is that of its last line.
    fn answer(&mut self, code: u16, text: &[u8], sink: &mut dyn Sink) {
        match code {
            200..=399 if self.stranger.is_unmasked() => return self.give_up(),
            500..=599 => self.stranger.refused(),
            _ => {}
        }
        let pending = self.pending.front().unwrap_or_default();
        if code < 200 {
            if let Verb::Transfer(_) = pending.verb {
                self.data.opened(text, sink);
            }
            // 120: "Service ready in nnn minutes" comes before a greeting, without a command
            return;
        }
        let argument = pending.record.get_text(COMMAND_DATA);
        // or the answer to a command that was never seen
        let passive = pending.verb == Verb::Passive || pending.record.is_empty();
        match (pending.verb, code) {
            (_, 227) if passive => self.announce(Direction::ToServer, address::port(text), sink),
            (_, 228) if passive => self.announce(Direction::ToServer, address::long_port(text), sink),
            (_, 229) if passive => self.announce(Direction::ToServer, address::extended_passive(text), sink),
            (Verb::Port, 200..=299) => self.announce(Direction::ToClient, address::port(argument), sink),
            (Verb::ExtendedPort, 200..=299) => {
                self.announce(Direction::ToClient, address::extended_port(argument), sink)
            }
            (Verb::LongPort, 200..=299) => self.announce(Direction::ToClient, address::long_port(argument), sink),
            (Verb::Restart, 300..=399) => self.data.restart(number(argument).unwrap_or(0)),
            (Verb::Mode, 200..=299) => self.data.mode(argument.eq_ignore_ascii_case(b"Z")),
            (Verb::Transfer(_), _) => self.data.over(code >= 400),
            // RFC 4217 section 4.2: the negotiation begins right after the answer
            (Verb::Auth, 234) => self.raw = true,
            _ => {}
        }
        self.tell(&pending, sink);
        self.pending.pop();
        self.begin_transfer(sink);
        if self.raw {
            self.give_up_waiting(sink);
        }
    }

    fn announce(&mut self, opener: Direction, listener: Option<Endpoint>, sink: &mut dyn Sink) {
        match listener {
            Some(listener) => {
                self.data.announce(opener, listener, sink);
                if let Port::Number(port) = listener.port {
                    self.announced = Some((opener, port));
                }
            }
            None => sink.anomaly(BAD_ADDRESS),
        }
    }

    /// No answers can be told any more: the commands are told without.
    fn give_up_waiting(&mut self, sink: &mut dyn Sink) {
        while let Some(pending) = self.pending.pop() {
            self.tell(&pending, sink);
        }
        self.replies.clear();
        self.pending.clear();
    }

    /// What is held of a direction's line is handed out.
    fn leave(&mut self, direction: Direction, sink: &mut dyn Sink) {
        let lost = self.lost;
        match direction {
            Direction::ToServer => self.command.end(COMMAND_LABEL, sink, |line| show(line, lost)),
            Direction::ToClient => self.reply_line.end(REPLY_LABEL, sink, |_| Show::All),
        }
    }

    /// Tells of a command and what has come of replies to it, and forgets those.
    fn tell(&mut self, pending: &Pending, sink: &mut dyn Sink) {
        let mut rest: Record<64> = Record::default();
        if let Some((opener, port)) = self.announced.take() {
            rest.number(DYNAMIC_PORT, u64::from(port));
            rest.text(MODE, if opener == Direction::ToServer { b"passive" } else { b"active" });
        }
        if self.replies.is_empty() {
            rest = not_answered();
        } else {
            rest.text(REPLY_RECEIVED, b"yes");
        }
        if self.replies.is_cut() || self.long_reply {
            rest.flag(REPLY_TRUNCATED, true);
        }
        sink.record(&LAYOUT, &[pending.record.bytes(), self.replies.bytes(), rest.bytes()]);
        self.replies.clear();
        self.long_reply = false;
    }
}

fn not_answered() -> Record<64> {
    let mut record = Record::default();
    record.text(REPLY_RECEIVED, b"no");
    record
}
