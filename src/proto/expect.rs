//! Connections that one connection announces.

use std::net::IpAddr;

use crate::event::Direction;

/// Over what an announced connection comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// One end of an announced connection, as far as it was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Its address as it was announced; `None`: that which this side has in the connection that announces. Behind a
    /// translator of addresses, and for clients that trust no announcement, it is that one too.
    pub address: Option<IpAddr>,
    /// Its port; `None`: any.
    pub port: Option<u16>,
}

/// What goes over an announced connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content<'a> {
    /// Not said yet: it was announced before the command that uses it. The same connection is announced again when
    /// that is known, and the last word holds.
    #[default]
    Unknown,
    /// A file.
    File {
        /// Its name, as it was sent.
        name: &'a [u8],
        /// Where in the file the first byte stands.
        offset: u64,
        /// Bytes to come, where the server has said.
        length: Option<u64>,
    },
    /// A listing of `name`, which may be empty.
    Listing {
        /// The directory or file, as it was sent.
        name: &'a [u8],
    },
    /// The same protocol goes on there, with its state as it stands here.
    Same,
}

/// A connection that another has announced: two ends, and what goes from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected<'a> {
    /// TCP or UDP.
    pub transport: Transport,
    /// Who opens it: the client of the connection that announces, or its server.
    pub opener: Direction,
    /// The end of the client of the connection that announces.
    pub client: Endpoint,
    /// The end of its server.
    pub server: Endpoint,
    /// Which way the content goes, in terms of the connection that announces; `None` where that is not known yet.
    pub direction: Option<Direction>,
    /// What goes that way.
    pub content: Content<'a>,
    /// What the object is called in paths: `ftp/file`, `ftp/listing`.
    pub label: &'static str,
    /// The command that makes use of it, as EVE names it; empty while there was none.
    pub command: &'static str,
    /// Codings around the content, as for [`Object::codings`](super::Object::codings).
    pub codings: &'static [u8],
}
