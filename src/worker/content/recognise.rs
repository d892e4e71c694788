//! The first bytes of a connection decide what it speaks.

use super::expectations::Awaited;
use super::protocols::{DATAGRAMS, Recognise, STREAMS};
use super::{Content, Shortage, length};
use crate::event::{AppProto, Direction};
use crate::flow::{Bits, NO_SLOT};
use crate::proto::{Guess, HEAD_BYTES, Heads};

/// Who has spoken last, as far as it is remembered, beside the anomalies that were told. Both bits: only the client, and
/// what the server begins with is waited for.
const SPOKE: u32 = 3 << 30;

/// The first bytes of a connection that does not speak for itself yet.
#[derive(Clone, Copy, Debug)]
pub(in crate::worker) struct Undecided {
    heads: [Head; 2],
    /// Who has spoken first.
    first: Direction,
}

/// The first bytes of one direction.
#[derive(Clone, Copy, Debug)]
struct Head {
    bytes: [u8; HEAD_BYTES],
    len: u16,
    /// Where in the stream they begin.
    offset: u64,
}

impl Default for Undecided {
    fn default() -> Self {
        let head = Head { bytes: [0; HEAD_BYTES], len: 0, offset: 0 };
        Self { heads: [head; 2], first: Direction::ToServer }
    }
}

impl Head {
    fn get(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// Appends what there is room for; says how much that is.
    fn append(&mut self, offset: u64, bytes: &[u8]) -> usize {
        let len = usize::from(self.len);
        if len == 0 {
            self.offset = offset;
        }
        let fits = bytes.len().min(HEAD_BYTES.saturating_sub(len));
        if let (Some(place), Some(bytes)) = (self.bytes.get_mut(len..len + fits), bytes.get(..fits)) {
            place.copy_from_slice(bytes);
            self.len = u16::try_from(len + fits).unwrap_or(self.len);
        }
        fits
    }
}

impl Undecided {
    fn heads(&self) -> Heads<'_> {
        let [to_server, to_client] = &self.heads;
        Heads { to_server: to_server.get(), to_client: to_client.get() }
    }
}

/// What is known of a connection that began with `heads`.
fn guess(protocols: &[Recognise], heads: &Heads<'_>) -> (Guess, AppProto) {
    let mut answer = (Guess::No, AppProto::Failed);
    for (protocol, guess) in protocols {
        match guess(heads) {
            Guess::Yes => return (Guess::Yes, *protocol),
            Guess::More => answer.0 = Guess::More,
            Guess::No => {}
        }
    }
    answer
}

impl Content<'_> {
    /// The next bytes of a connection of which it is not known what it speaks.
    pub(super) fn recognise(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        if self.was_expected(direction, offset, bytes) {
            return;
        }
        if self.flow.parser == NO_SLOT {
            // Mostly the first segment says it all, and nothing has to be kept.
            match guess(STREAMS, &Heads::of(direction, bytes)) {
                (Guess::Yes, protocol) => return self.decide(protocol, direction, offset, bytes),
                (Guess::No, _) => return self.give_up(direction, offset, bytes),
                (Guess::More, _) => {}
            }
            let Some(slot) = self.inspector.undecided.take() else {
                self.tell_exhausted(direction);
                return self.decide(AppProto::Failed, direction, offset, bytes);
            };
            self.flow.parser = slot;
            if let Some(undecided) = self.inspector.undecided.get_mut(slot) {
                undecided.first = direction;
            }
        }
        let Some(undecided) = self.inspector.undecided.get_mut(self.flow.parser) else { return };
        let Some(head) = undecided.heads.get_mut(direction.index()) else { return };
        let kept = head.append(offset, bytes);
        let (kept, rest) = bytes.split_at_checked(kept).unwrap_or((bytes, &[]));
        let offset = offset.saturating_add(length(kept));
        match guess(STREAMS, &undecided.heads()) {
            (Guess::Yes, protocol) => self.decide(protocol, direction, offset, rest),
            // So many bytes, and still nobody knows.
            (Guess::More, _) if !rest.is_empty() => self.give_up(direction, offset, rest),
            (Guess::More, _) => {}
            (Guess::No, _) => self.give_up(direction, offset, rest),
        }
    }

    /// Nobody knows what the first bytes are. Where only the client has spoken, what the server says first is asked about too:
    /// servers understand more than is recognised here.
    fn give_up(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        let undecided = self.inspector.undecided.get(self.flow.parser);
        let answered = undecided.is_some_and(|undecided| !undecided.heads().to_client.is_empty());
        if direction == Direction::ToServer && !answered && !self.flow.bits.has(Bits::BEGAN_UNSEEN) {
            self.flow.bits.set(Bits::BEGAN_UNSEEN);
            self.flow.aux |= SPOKE;
        }
        self.decide(AppProto::Failed, direction, offset, bytes);
    }

    /// The next bytes of a connection that was not seen to begin, and of which nothing seen so far has told what it speaks:
    /// where one side falls silent and the other speaks, a message begins.
    pub(super) fn ask_again(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        if self.flow.aux & SPOKE == SPOKE {
            return self.ask_server(direction, offset, bytes);
        }
        if !self.takes_turn(direction) {
            return self.raw(direction, offset, bytes);
        }
        match guess(STREAMS, &Heads::of(direction, bytes)) {
            (Guess::Yes, protocol) => self.decide(protocol, direction, offset, bytes),
            _ => self.raw(direction, offset, bytes),
        }
    }

    /// The next bytes of a connection whose client said nothing known before its server spoke: the server begins anew.
    fn ask_server(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        if direction == Direction::ToServer {
            return self.raw(direction, offset, bytes);
        }
        self.flow.bits = self.flow.bits.without(Bits::BEGAN_UNSEEN);
        self.flow.aux &= !SPOKE;
        self.flow.app_proto = AppProto::Unknown;
        self.recognise(direction, offset, bytes);
    }

    /// Whether the other side, or none, has spoken before; the flow's last two bits for TCP remember who has.
    fn takes_turn(&mut self, direction: Direction) -> bool {
        let spoke = match direction {
            Direction::ToServer => 1 << 30,
            Direction::ToClient => 2 << 30,
        };
        let before = self.flow.aux & SPOKE;
        self.flow.aux = (self.flow.aux & !SPOKE) | spoke;
        before != spoke
    }

    /// Whether another connection has announced this one, of which nothing was seen yet; then its bytes go on.
    pub(super) fn was_expected(&mut self, direction: Direction, offset: u64, bytes: &[u8]) -> bool {
        if self.flow.parser != NO_SLOT {
            return false;
        }
        let Some(expected) = self.inspector.expectations.take(&self.flow.tuple(), self.flow.last_ns) else {
            return false;
        };
        let protocol = match expected {
            Awaited::Ftp(_) => AppProto::FtpData,
            Awaited::Tftp(_) => AppProto::Tftp,
        };
        self.decide(protocol, direction, 0, &[]);
        if self.flow.app_proto != protocol {
            return false;
        }
        self.inspector.protocols.set_expected(self.flow.parser, expected);
        if !bytes.is_empty() {
            self.parse(direction, offset, bytes);
        }
        true
    }

    /// A datagram of a flow of which it is not known what it speaks: the first says it.
    pub(super) fn recognise_datagram(&mut self, direction: Direction, bytes: &[u8]) {
        if self.was_expected(direction, 0, bytes) {
            return;
        }
        let (answer, protocol) = guess(DATAGRAMS, &Heads::of(direction, bytes));
        let protocol = if answer == Guess::Yes { protocol } else { AppProto::Failed };
        self.decide(protocol, direction, 0, bytes);
    }

    /// It is not known what the connection speaks, and will not be.
    pub(super) fn fail(&mut self) {
        self.decide(AppProto::Failed, Direction::ToServer, 0, &[]);
    }

    /// It is known: what was kept goes on, then `bytes`.
    fn decide(&mut self, protocol: AppProto, direction: Direction, offset: u64, bytes: &[u8]) {
        let kept = self.inspector.undecided.get(self.flow.parser).copied();
        self.inspector.undecided.release(&mut self.flow.parser);
        self.flow.app_proto = protocol;
        if protocol != AppProto::Failed {
            match self.inspector.protocols.take(protocol) {
                Some(slot) => {
                    self.flow.parser = slot;
                    self.inspector.desk.counters.begin_app(protocol);
                }
                None => {
                    self.tell_exhausted(direction);
                    self.flow.app_proto = AppProto::Failed;
                }
            }
        }
        if let Some(kept) = kept {
            for direction in [kept.first, kept.first.flip()] {
                if let Some(head) = kept.heads.get(direction.index()) {
                    self.go_on(direction, head.offset, head.get());
                }
            }
        }
        self.go_on(direction, offset, bytes);
    }

    /// There is no room to follow the connection, which is not asked again what it speaks.
    #[cold]
    fn tell_exhausted(&mut self, direction: Direction) {
        self.inspector.desk.counters.app_exhausted += 1;
        self.flow.bits = self.flow.bits.without(Bits::BEGAN_UNSEEN);
        self.inspector.desk.tell_shortage(self.flow, self.timestamp_ns, direction, Shortage::Connections);
    }

    fn go_on(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        match self.flow.app_proto {
            AppProto::Failed | AppProto::Unknown => self.raw(direction, offset, bytes),
            _ => self.parse(direction, offset, bytes),
        }
    }
}
