//! How the opening of a connection looks in EVE.

use crate::event::record::Layout;

/// Tags of the client's fields; the server's follow at [`SERVER`].
pub(super) const VERSION: u8 = 0;
pub(super) const SOFTWARE: u8 = 1;
pub(super) const HASH: u8 = 2;
pub(super) const STRING: u8 = 3;
pub(super) const SERVER: u8 = 4;

/// EVE's `ssh`.
pub static LAYOUT: Layout = Layout {
    name: "ssh",
    keys: &[
        "client.proto_version",
        "client.software_version",
        "client.hassh.hash",
        "client.hassh.string",
        "server.proto_version",
        "server.software_version",
        "server.hassh.hash",
        "server.hassh.string",
    ],
};
