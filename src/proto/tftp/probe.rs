//! Is this TFTP?

use super::packet::{Packet, parse};
use crate::proto::{Guess, Heads};

/// Whether the first datagram of a client is a request of TFTP. It decides at once, and takes `to_server` for that datagram.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    match parse(heads.to_server) {
        Some(Packet::Request { file, .. }) if file.iter().all(|byte| *byte >= b' ') => Guess::Yes,
        _ if heads.to_server.is_empty() && heads.to_client.is_empty() => Guess::More,
        _ => Guess::No,
    }
}
