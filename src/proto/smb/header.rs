//! The header of a message (MS-SMB2 section 2.2.1).

use super::fields::{le16, le32, le64};

/// Bytes of it.
pub(super) const HEADER_BYTES: usize = 64;

/// What every message of SMB2 begins with, and its compressed and encrypted forms, and SMB1.
pub(super) const SMB2: [u8; 4] = *b"\xFESMB";
pub(super) const SMB1: [u8; 4] = *b"\xFFSMB";
pub(super) const ENCRYPTED: [u8; 4] = *b"\xFDSMB";
pub(super) const COMPRESSED: [u8; 4] = *b"\xFCSMB";

/// What a message is about (MS-SMB2 section 2.2.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Command {
    Negotiate,
    SessionSetup,
    TreeConnect,
    Create,
    Close,
    Read,
    Write,
    #[default]
    Other,
}

impl Command {
    const fn of(number: u16) -> Self {
        match number {
            0 => Self::Negotiate,
            1 => Self::SessionSetup,
            3 => Self::TreeConnect,
            5 => Self::Create,
            6 => Self::Close,
            8 => Self::Read,
            9 => Self::Write,
            _ => Self::Other,
        }
    }

    /// Suricata's name for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Negotiate => "SMB2_COMMAND_NEGOTIATE_PROTOCOL",
            Self::SessionSetup => "SMB2_COMMAND_SESSION_SETUP",
            Self::TreeConnect => "SMB2_COMMAND_TREE_CONNECT",
            Self::Create => "SMB2_COMMAND_CREATE",
            Self::Close => "SMB2_COMMAND_CLOSE",
            Self::Read => "SMB2_COMMAND_READ",
            Self::Write => "SMB2_COMMAND_WRITE",
            Self::Other => "SMB2_COMMAND_UNKNOWN",
        }
    }
}

/// Status of a response that is to follow later.
pub(super) const PENDING: u32 = 0x0000_0103;
/// There is more than was asked for; this much of it comes (reading a pipe).
const BUFFER_OVERFLOW: u32 = 0x8000_0005;

/// A message's header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) command: Command,
    pub(super) is_response: bool,
    /// It goes on where the request before it in the chain was.
    pub(super) is_related: bool,
    is_async: bool,
    /// Of a response.
    pub(super) status: u32,
    /// Where the next message begins, from the beginning of this; 0 for the last.
    pub(super) next: u32,
    pub(super) message: u64,
    /// Of one that is not asynchronous.
    pub(super) tree: u32,
    pub(super) session: u64,
}

impl Header {
    /// Reads it; `None` where it is none.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        // MS-SMB2 2.2.1: "StructureSize: MUST be set to 64"
        if !bytes.starts_with(&SMB2) || le16(bytes, 4)? != 64 {
            return None;
        }
        let flags = le32(bytes, 16)?;
        let header = Self {
            command: Command::of(le16(bytes, 12)?),
            is_response: flags & 1 != 0,
            is_async: flags & 2 != 0,
            is_related: flags & 4 != 0,
            status: le32(bytes, 8)?,
            next: le32(bytes, 20)?,
            message: le64(bytes, 24)?,
            tree: if flags & 2 == 0 { le32(bytes, 36)? } else { 0 },
            session: le64(bytes, 40)?,
        };
        (bytes.len() >= HEADER_BYTES).then_some(header)
    }

    /// Its body is that of the command, and not of an error.
    pub(super) const fn succeeded(&self) -> bool {
        self.status == 0 || self.status == BUFFER_OVERFLOW
    }

    /// The response proper comes later.
    pub(super) const fn is_interim(&self) -> bool {
        self.is_async && self.status == PENDING
    }
}
