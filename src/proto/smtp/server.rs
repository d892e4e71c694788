//! The server's side: replies.

use super::client::Client;
use super::{Awaited, INVALID_REPLY, MAX_OUTSTANDING};
use crate::proto::Sink;
use crate::proto::text::{Line, Queue, Reply, Show, Told, begins, code};

/// Lines in a row that are no replies, after which it is none of SMTP.
const MAX_BAD: u8 = 8;

const LABEL: &str = "smtp/reply";

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Server {
    /// Only the code of a line is read.
    line: Line<8>,
    reply: Reply,
    /// A reply was seen.
    replied: bool,
    /// Lines in a row that are none.
    bad: u8,
    raw: bool,
}

impl Server {
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        client: &mut Client,
        outstanding: &mut Queue<Awaited, MAX_OUTSTANDING>,
        sink: &mut dyn Sink,
    ) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.raw {
                return sink.raw(rest);
            }
            let identifying = client.is_identifying();
            let used = self.line.feed(rest, LABEL, sink, |text| show(text, identifying));
            if self.line.is_complete() {
                let told = self.reply.line(self.line.text(), false);
                self.line.clear();
                self.hear(told, client, outstanding, sink);
            }
            rest = rest.get(used..).unwrap_or(&[]);
        }
    }

    pub(super) fn gap(
        &mut self,
        length: u64,
        client: &mut Client,
        outstanding: &mut Queue<Awaited, MAX_OUTSTANDING>,
        sink: &mut dyn Sink,
    ) {
        if self.raw {
            return sink.raw_gap(length);
        }
        let identifying = client.is_identifying();
        self.line.gap(length, LABEL, sink, |text| show(text, identifying));
        self.reply.lose();
        // what was lost may have answered any number of commands
        client.doubt(outstanding);
    }

    pub(super) fn end(&mut self, identifying: bool, sink: &mut dyn Sink) {
        self.line.end(LABEL, sink, |text| show(text, identifying));
    }

    /// Too many lines are no replies.
    pub(super) const fn is_hopeless(&self) -> bool {
        self.bad >= MAX_BAD
    }

    /// A reply was seen.
    pub(super) const fn has_replied(&self) -> bool {
        self.replied
    }

    /// It is not read any more.
    pub(super) const fn give_up(&mut self) {
        self.raw = true;
    }

    fn hear(
        &mut self,
        told: Told,
        client: &mut Client,
        outstanding: &mut Queue<Awaited, MAX_OUTSTANDING>,
        sink: &mut dyn Sink,
    ) {
        let code = match told {
            Told::Bad => {
                self.bad = self.bad.saturating_add(1);
                self.raw = self.is_hopeless();
                return sink.anomaly(INVALID_REPLY);
            }
            Told::More(_) => return self.bad = 0,
            Told::Last(code) => code,
        };
        self.bad = 0;
        client.heard();
        let first = !std::mem::replace(&mut self.replied, true);
        let awaited = outstanding.front();
        if first && matches!(code, 220 | 421 | 554) && awaited != Some(Awaited::StartTls) {
            return;
        }
        // these two have but one meaning, whatever command they seem to answer
        match code {
            334 => return client.auth_answered(true),
            354 => return client.invited(outstanding, sink),
            _ => {}
        }
        match (awaited, code) {
            (Some(Awaited::Auth), _) => client.auth_answered(false),
            (Some(Awaited::Data), _) => client.data_answered(false, sink),
            (Some(Awaited::StartTls), _) => {
                client.tls_answered(code == 220, sink);
                self.raw = code == 220;
            }
            // not implemented: bytes of the chunk are commands, while other refusals come after it was read (RFC 3030 section 2)
            (Some(Awaited::Chunk), 500 | 502) => client.chunk_refused(),
            // no command follows DATA until it is answered
            (None, _) if outstanding.is_last() && client.awaits_data() => client.data_answered(false, sink),
            (None, _) => client.stray_answer(),
            (Some(Awaited::Chunk | Awaited::Other), _) => {}
        }
        outstanding.pop();
    }
}

/// A challenge is not handed out.
fn show(line: &[u8], identifying: bool) -> Show {
    match code(line) {
        Some(334) => Show::Nothing,
        // cut short by a hole
        None if identifying || begins(b"334 ", line) && !line.is_empty() => Show::Nothing,
        _ => Show::All,
    }
}
