//! Whether a flow speaks QUIC.

use super::packet::{Kind, Packet};
use crate::proto::parser::{Guess, Heads};

/// By the client's first datagram, which begins with an Initial packet of a version that can be read (RFC 9000 section 17.2.2).
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    if heads.to_server.is_empty() {
        return Guess::More;
    }
    // A client's first connection ID has eight bytes or more, and a packet a number, a sample and a tag.
    let is_initial = |packet: &Packet<'_>| {
        packet.kind == Kind::Initial && packet.destination.len() >= 8 && packet.length >= packet.header + 20
    };
    if Packet::read(heads.to_server).as_ref().is_some_and(is_initial) { Guess::Yes } else { Guess::No }
}
