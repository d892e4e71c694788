//! What the handshake agreed to.

use super::Compression;
use crate::proto::http1::words::{Word, Words};

/// What `Sec-WebSocket-Extensions` says, of whatever length.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extensions {
    /// Of what goes to the server, and to the client.
    pub(super) compression: [Compression; 2],
    /// The words that come are parameters of permessage-deflate.
    deflate: bool,
}

impl Extensions {
    /// What a whole field says.
    #[must_use]
    pub fn of(value: &[u8]) -> Self {
        let mut extensions = Self::default();
        Words::each(value, |word| extensions.word(word));
        extensions
    }

    /// The next word of the field. RFC 7692, 7.1: the client compresses what goes to the server.
    pub(in crate::proto) fn word(&mut self, word: &Word) {
        let [to_server, to_client] = &mut self.compression;
        match word.text() {
            name if !word.is_parameter => {
                self.deflate = name == b"permessage-deflate";
                if self.deflate {
                    (*to_server, *to_client) = (Compression::Takeover, Compression::Takeover);
                }
            }
            b"client_no_context_takeover" if self.deflate => *to_server = Compression::Fresh,
            b"server_no_context_takeover" if self.deflate => *to_client = Compression::Fresh,
            _ => {}
        }
    }
}
