//! SSH (RFC 4253): who speaks on either side, and which algorithms they offer.
//!
//! Banners and the key exchange's first message of both sides are told as one record once both have come, or when either
//! side goes over to encryption or ends. Every byte is handed on as it stands, as raw ones; behind a side's
//! SSH_MSG_NEWKEYS they are encrypted.
//!
//! Limits: a banner and each line before it has 1,024 bytes, a server 64 such lines, a packet in clear 256 KiB. HASSH's
//! text is cut where it does not fit into 2 KiB; its hash is that of all of it. Of SSH-1, the banners are read.

mod algorithms;
mod guess;
mod half;
mod layout;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests;

pub use guess::guess;
pub use layout::LAYOUT;

use half::{Fault, Half};

use super::parser::Parser;
use super::sink::Sink;
use crate::event::Direction;

/// One connection.
#[derive(Clone, Debug)]
pub struct Ssh {
    client: Half,
    server: Half,
    ended: [bool; 2],
    is_told: bool,
    is_mistaken: bool,
}

impl Default for Ssh {
    fn default() -> Self {
        Self {
            client: Half::new(false),
            server: Half::new(true),
            ended: [false; 2],
            is_told: false,
            is_mistaken: false,
        }
    }
}

impl Ssh {
    /// True when all that follows in a direction is encrypted.
    #[must_use]
    pub fn is_encrypted(&self, direction: Direction) -> bool {
        match direction {
            Direction::ToServer => self.client.is_encrypted(),
            Direction::ToClient => self.server.is_encrypted(),
        }
    }

    fn half(&mut self, direction: Direction) -> &mut Half {
        match direction {
            Direction::ToServer => &mut self.client,
            Direction::ToClient => &mut self.server,
        }
    }

    /// Tells what is known once nothing more can come that would be told with it.
    fn tell(&mut self, sink: &mut dyn Sink) {
        let [client_ended, server_ended] = self.ended;
        let is_over = (client_ended || self.client.is_through()) && (server_ended || self.server.is_through());
        if !is_over || self.is_told || !(self.client.has_banner || self.server.has_banner) {
            return;
        }
        self.is_told = true;
        sink.record(&LAYOUT, &[self.client.fields.bytes(), self.server.fields.bytes()]);
    }
}

impl Parser for Ssh {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        if bytes.is_empty() {
            return;
        }
        sink.raw(bytes);
        if let Err(fault) = self.half(direction).push(bytes) {
            self.is_mistaken |= !self.half(direction).has_banner;
            sink.anomaly(match fault {
                Fault::Banner => "ssh.invalid_banner",
                Fault::LongBanner => "ssh.long_banner",
                Fault::Packet => "ssh.invalid_record",
            });
        }
        self.tell(sink);
    }

    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        if length == 0 {
            return;
        }
        sink.raw_gap(length);
        self.half(direction).gap();
        self.tell(sink);
    }

    fn end(&mut self, direction: Direction, _in_order: bool, sink: &mut dyn Sink) {
        if let Some(ended) = self.ended.get_mut(direction.index()) {
            *ended = true;
        }
        self.tell(sink);
    }

    fn was_mistaken(&self) -> bool {
        self.is_mistaken && !(self.client.has_banner || self.server.has_banner)
    }
}
