//! A frame's header (RFC 6455, section 5.2).

/// The longest: two bytes, a length of eight, a mask of four.
pub(super) const MAX_HEADER_BYTES: usize = 14;

/// What a frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Opcode {
    #[default]
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
    Reserved,
}

impl Opcode {
    fn of(bits: u8) -> Self {
        match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => Self::Reserved,
        }
    }

    pub(super) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    /// EVE's word for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Continuation => "continuation",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Close => "connection_close",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Reserved => "unknown",
        }
    }
}

/// A complete header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) fin: bool,
    /// The reserved bits, the first the highest.
    pub(super) reserved: u8,
    pub(super) opcode: Opcode,
    pub(super) mask: Option<[u8; 4]>,
    pub(super) length: u64,
    /// The length could have been shorter.
    pub(super) long: bool,
}

impl Header {
    /// How many bytes a header has that begins so; two are needed to say.
    pub(super) fn size(first: &[u8]) -> usize {
        let [_, second, ..] = first else { return 2 };
        let length = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + length + if second & 0x80 == 0 { 0 } else { 4 }
    }

    /// A header of as many bytes as [`size`](Self::size) says.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        let (length, rest, least) = match second & 0x7f {
            126 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from(u16::from_be_bytes(*length)), rest, 126)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from_be_bytes(*length), rest, 65_536)
            }
            short => (u64::from(short), rest, 0),
        };
        let mask = if second & 0x80 == 0 { None } else { Some(*rest.first_chunk()?) };
        let (fin, reserved, opcode) = (first & 0x80 != 0, first >> 4 & 7, Opcode::of(first & 0x0f));
        Some(Self { fin, reserved, opcode, mask, length, long: length < least })
    }
}
