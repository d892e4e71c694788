//! What is known of the next data connection.

use super::command::Transfer;
use crate::event::Direction;
use crate::proto::text::Name;
use crate::proto::{Content, Endpoint, Expected, Sink, Transport};

/// The next data connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DataConnection {
    /// Which side opens it, and the end that it opens it to.
    announced: Option<(Direction, Endpoint)>,
    transfer: Option<Transfer>,
    /// The server has begun with it.
    opened: bool,
    name: Name,
    /// Where in the file it begins: of the last REST.
    offset: u64,
    length: Option<u64>,
    /// MODE Z.
    compressed: bool,
}

impl DataConnection {
    /// One side has said where it listens.
    pub(super) fn announce(&mut self, opener: Direction, listener: Endpoint, sink: &mut dyn Sink) {
        self.announced = Some((opener, listener));
        (self.transfer, self.length) = (None, None);
        self.tell(sink);
    }

    /// REST.
    pub(super) const fn restart(&mut self, offset: u64) {
        self.offset = offset;
    }

    /// MODE: Z compresses as zlib does, everything else does not.
    pub(super) const fn mode(&mut self, compressed: bool) {
        self.compressed = compressed;
    }

    /// A command uses the connection.
    pub(super) fn begin(&mut self, transfer: Transfer, argument: &[u8], sink: &mut dyn Sink) {
        (self.transfer, self.opened, self.length) = (Some(transfer), false, None);
        self.name.set(argument);
        self.tell(sink);
    }

    /// The server begins to transfer, and may say how much, or under which name it stores what it is given to name (RFC 1123
    /// section 4.1.2.9).
    pub(super) fn opened(&mut self, text: &[u8], sink: &mut dyn Sink) {
        let Some(transfer) = self.transfer else { return };
        self.opened = true;
        match transfer {
            Transfer::Stou => {
                let Some(name) = text.strip_prefix(b"FILE:") else { return };
                self.name.set(name.trim_ascii());
            }
            Transfer::Retr if self.offset == 0 && !self.compressed => {
                self.length = length(text);
                if self.length.is_none() {
                    return;
                }
            }
            _ => return,
        }
        self.tell(sink);
    }

    /// The command was answered for good: what comes next is another transfer. Where it was `refused` before it began, the
    /// connection may be used by the next command.
    pub(super) const fn over(&mut self, refused: bool) {
        if !refused || self.opened {
            self.announced = None;
        }
        (self.offset, self.transfer, self.opened) = (0, None, false);
    }

    fn tell(&self, sink: &mut dyn Sink) {
        let Some((opener, listener)) = self.announced else { return };
        let (client, server) = match opener {
            Direction::ToServer => (Endpoint::default(), listener),
            Direction::ToClient => (listener, Endpoint::default()),
        };
        let upload = |transfer: Transfer| if transfer.is_upload() { Direction::ToServer } else { Direction::ToClient };
        let listing = self.transfer.is_some_and(Transfer::is_listing);
        let content = match self.transfer {
            None => Content::Unknown,
            Some(_) if listing => Content::Listing { name: self.name.bytes() },
            Some(_) => Content::File { name: self.name.bytes(), offset: self.offset, length: self.length },
        };
        sink.expect(&Expected {
            transport: Transport::Tcp,
            opener,
            client,
            server,
            direction: self.transfer.map(upload),
            content,
            label: if listing { "ftp/listing" } else { "ftp/file" },
            command: self.transfer.map_or("", Transfer::name),
            codings: if self.compressed { b"deflate" } else { b"" },
        });
    }
}

/// `(123 bytes)`, as most servers write it in their answer 150.
fn length(text: &[u8]) -> Option<u64> {
    let end = text.windows(6).rposition(|part| part == b" bytes")?;
    let before = text.get(..end)?;
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let start = end.checked_sub(digits)?;
    let open = start.checked_sub(1).and_then(|open| before.get(open));
    (open == Some(&b'(')).then(|| crate::proto::text::number(before.get(start..)?)).flatten()
}
