//! What is known of a handshake, and the record that tells it. The same for TLS and QUIC.

use super::certificate::Certificate;
use super::client::Client;
use super::fingerprint;
use super::layout::{tag, unnamed, version_name};
use super::messages::kind;
use super::server::Server;
use crate::event::Direction;
use crate::event::record::{Layout, Record};
use crate::proto::digits::hex;
use crate::proto::sink::Sink;

/// Bytes for what is made of the hellos when a record is told: fingerprints and their strings.
const MADE_BYTES: usize = 3072;

/// The version of a session whose server answers in SSLv2's own form.
pub(super) const SSL2: u16 = 0x0002;

/// Both sides of a handshake, as far as they were seen.
#[derive(Clone, Debug)]
pub(in crate::proto) struct Handshake {
    client: Seen<Client>,
    server: Seen<Server>,
    certificate: Seen<Certificate>,
    /// The server has sent more than what resumes a session, or may have.
    has_said_more: bool,
    is_resumed: bool,
    is_ssl2: bool,
    ended: [bool; 2],
    /// What carries it, as JA4 has it.
    carrier: u8,
    layout: &'static Layout,
}

/// A message of which the first counts.
#[derive(Clone, Debug)]
struct Seen<T> {
    message: Option<T>,
    /// Who sent it.
    from: Direction,
    /// It is not over.
    is_open: bool,
}

impl<T> Seen<T> {
    const NONE: Self = Self { message: None, from: Direction::ToServer, is_open: false };

    fn begin(&mut self, from: Direction, message: T) {
        *self = Self { message: Some(message), from, is_open: true };
    }

    /// The message, where it is being read in that direction.
    const fn reading(&mut self, direction: Direction) -> Option<&mut T> {
        if self.is_open && self.from as u8 == direction as u8 { self.message.as_mut() } else { None }
    }

    /// The same, at its end.
    const fn end(&mut self, direction: Direction) -> Option<&mut T> {
        if !self.is_open || self.from as u8 != direction as u8 {
            return None;
        }
        self.is_open = false;
        self.message.as_mut()
    }

    fn is_from(&self, direction: Direction) -> bool {
        self.message.is_some() && self.from == direction
    }
}

impl Handshake {
    pub(in crate::proto) const fn new(carrier: u8, layout: &'static Layout) -> Self {
        Self {
            client: Seen::NONE,
            server: Seen::NONE,
            certificate: Seen::NONE,
            has_said_more: false,
            is_resumed: false,
            is_ssl2: false,
            ended: [false; 2],
            carrier,
            layout,
        }
    }

    /// A message of that type and length begins.
    pub(in crate::proto) fn begin(&mut self, direction: Direction, kind: u8, length: u32) {
        match kind {
            kind::CLIENT_HELLO if self.client.message.is_none() => self.client.begin(direction, Client::new(length)),
            kind::SERVER_HELLO if self.server.message.is_none() || self.waits_for_hello() => {
                self.server.begin(direction, Server::new(length));
            }
            kind::CERTIFICATE if self.is_server(direction) && self.certificate.message.is_none() => {
                self.certificate.begin(direction, Certificate::new(length));
            }
            _ => {}
        }
        let may_resume = matches!(kind, kind::SERVER_HELLO | kind::NEW_SESSION_TICKET);
        self.has_said_more |= self.is_server(direction) && !may_resume;
    }

    /// The next piece of a message of that type.
    pub(in crate::proto) fn piece(&mut self, direction: Direction, kind: u8, piece: &[u8]) {
        match kind {
            kind::CLIENT_HELLO => self.client.reading(direction).map_or((), |client| client.push(piece)),
            kind::SERVER_HELLO => self.server.reading(direction).map_or((), |server| server.push(piece)),
            kind::CERTIFICATE => self.certificate.reading(direction).map_or((), |message| message.push(piece)),
            _ => {}
        }
    }

    /// A message of that type is over.
    pub(in crate::proto) fn end(&mut self, direction: Direction, kind: u8, sink: &mut dyn Sink) {
        let mut is_malformed = false;
        match kind {
            kind::CLIENT_HELLO => {
                if let Some(client) = self.client.end(direction) {
                    is_malformed = !client.is_complete();
                    if client.has_many_names() {
                        sink.anomaly("tls.multiple_sni_extensions");
                    }
                }
            }
            kind::SERVER_HELLO => is_malformed = self.server.end(direction).is_some_and(|server| !server.is_complete()),
            kind::CERTIFICATE if self.certificate.end(direction).is_some_and(|message| message.is_malformed()) => {
                sink.anomaly("tls.invalid_certificate");
            }
            _ => {}
        }
        if is_malformed {
            sink.anomaly("tls.invalid_handshake_message");
        }
    }

    /// The hello that the client sent has SSLv2's form, and asks for that version.
    pub(super) fn asked_by_ssl2(&mut self, version: u16) {
        self.client = Seen { message: Some(Client::bare(version)), from: Direction::ToServer, is_open: false };
    }

    /// The server has answered in that form.
    pub(super) const fn answered_by_ssl2(&mut self) {
        self.is_ssl2 = true;
    }

    /// A direction goes over to what was agreed on.
    pub(super) fn cipher_changed(&mut self, direction: Direction) {
        let is_agreed = self.is_server(direction) && !self.waits_for_hello();
        // TLS 1.3 has this message for show.
        let has_keys = self.server.message.as_ref().is_some_and(|server| server.version() <= 0x0303);
        self.is_resumed |= is_agreed && has_keys && !self.has_said_more;
    }

    /// Messages of a direction were lost.
    pub(in crate::proto) fn lost(&mut self, direction: Direction) {
        self.has_said_more |= self.is_server(direction);
    }

    /// No more comes in a direction.
    pub(in crate::proto) fn ended(&mut self, direction: Direction) {
        if let Some(ended) = self.ended.get_mut(direction.index()) {
            *ended = true;
        }
    }

    /// Nothing more can come that belongs to it.
    pub(in crate::proto) fn is_over(&self) -> bool {
        let server_ended = self.server.message.is_some() && self.ended.get(self.server.from.index()) == Some(&true);
        server_ended || self.ended == [true; 2]
    }

    /// The server's hello has come this way.
    pub(super) fn is_server(&self, direction: Direction) -> bool {
        self.server.is_from(direction)
    }

    /// Something of a hello was seen.
    pub(in crate::proto) const fn has_hello(&self) -> bool {
        self.client.message.is_some() || self.server.message.is_some()
    }

    /// A hello was read to its end.
    pub(in crate::proto) fn is_understood(&self) -> bool {
        self.is_ssl2
            || self.client.message.as_ref().is_some_and(Client::is_complete)
            || self.server.message.as_ref().is_some_and(Server::is_complete)
    }

    /// What the server has said last asks for another ClientHello.
    pub(in crate::proto) fn waits_for_hello(&self) -> bool {
        self.server.message.as_ref().is_some_and(Server::is_retry)
    }

    /// The version that the session has come to.
    pub(super) fn version(&self) -> u16 {
        if self.is_ssl2 { SSL2 } else { self.server.message.as_ref().map_or(0, Server::version) }
    }

    /// Tells all that is known. `carrier` is the version of what carries the handshake, where that is what EVE calls its version.
    pub(in crate::proto) fn tell(&self, carrier: Option<&str>, sink: &mut dyn Sink) {
        let mut made: Record<MADE_BYTES> = Record::default();
        match carrier.or_else(|| version_name(self.version())) {
            Some(name) => made.text(tag::VERSION, name.as_bytes()),
            None => made.text(tag::VERSION, &unnamed(self.version())),
        }
        let client = self.client.message.as_ref();
        let server = self.server.message.as_ref().filter(|server| !server.is_retry());
        if let Some(client) = client {
            fingerprint::of_client(client, self.carrier, &mut made);
        }
        if let Some(server) = server {
            fingerprint::of_server(server, &mut made);
            if server.is_complete() {
                made.number(tag::CIPHER, server.cipher.into());
            }
            if self.is_resumed || server.with_shared_key {
                made.flag(tag::RESUMED, true);
            }
        }
        if let Some(digest) = self.certificate.message.as_ref().and_then(Certificate::fingerprint) {
            made.begin(tag::FINGERPRINT);
            for (at, byte) in digest.iter().enumerate() {
                made.more(if at == 0 { b"" } else { b":" });
                made.more(&hex(*byte));
            }
            made.end();
        }
        let parts = [
            made.bytes(),
            client.map_or(&[], Client::fields),
            server.map_or(&[], Server::fields),
            self.certificate.message.as_ref().map_or(&[], Certificate::fields),
        ];
        sink.record(self.layout, &parts);
    }
}
