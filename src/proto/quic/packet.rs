//! Packets with long headers (RFC 9000 section 17.2, RFC 9369 section 3.2 for version 2).

/// Longest connection ID.
pub(super) const MAX_ID_BYTES: usize = 20;

/// A version whose Initial packets can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
    /// IETF drafts 29 to 32, which have the same keys.
    Draft(u8),
}

impl Version {
    pub(super) const fn of(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            0x6B33_43CF => Some(Self::V2),
            0xFF00_001D => Some(Self::Draft(29)),
            0xFF00_001E => Some(Self::Draft(30)),
            0xFF00_001F => Some(Self::Draft(31)),
            0xFF00_0020 => Some(Self::Draft(32)),
            _ => None,
        }
    }

    /// EVE's `quic.version`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::V1 => "1",
            Self::V2 => "2",
            Self::Draft(30) => "draft-30",
            Self::Draft(31) => "draft-31",
            Self::Draft(32) => "draft-32",
            Self::Draft(_) => "draft-29",
        }
    }

    /// The type in the first byte's two bits.
    const fn kind(self, bits: u8) -> Kind {
        let bits = if matches!(self, Self::V2) { bits.wrapping_sub(1) & 3 } else { bits };
        match bits {
            0 => Kind::Initial,
            1 => Kind::ZeroRtt,
            2 => Kind::Handshake,
            _ => Kind::Retry,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
}

/// A packet of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) version: Version,
    pub(super) kind: Kind,
    /// Who it is for.
    pub(super) destination: &'a [u8],
    /// Bytes in front of the packet number.
    pub(super) header: usize,
    /// Bytes of all of it, as its header says.
    pub(super) length: usize,
}

impl<'a> Packet<'a> {
    /// The packet that `bytes` begin with; `None` where it has no long header of a known version, or none that adds up. The
    /// packet itself may be longer than `bytes`.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[first, version @ ..], mut rest) = bytes.split_first_chunk::<5>()?;
        if first & 0xC0 != 0xC0 {
            return None;
        }
        let version = Version::of(u32::from_be_bytes(version))?;
        let destination = id(&mut rest)?;
        id(&mut rest)?;
        let kind = version.kind((first >> 4) & 3);
        if kind == Kind::Retry {
            return Some(Self { version, kind, destination, header: bytes.len(), length: bytes.len() });
        }
        if kind == Kind::Initial {
            let token = usize::try_from(varint(&mut rest)?).ok()?;
            rest = rest.get(token..)?;
        }
        let left = usize::try_from(varint(&mut rest)?).ok()?;
        let header = bytes.len() - rest.len();
        Some(Self { version, kind, destination, header, length: header.checked_add(left)? })
    }
}

fn id<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first()?;
    let length = usize::from(*length);
    let (id, after) = after.split_at_checked(length).filter(|_| length <= MAX_ID_BYTES)?;
    *rest = after;
    Some(id)
}

/// A number of 1, 2, 4 or 8 bytes (RFC 9000 section 16).
pub(super) fn varint(rest: &mut &[u8]) -> Option<u64> {
    let first = *rest.first()?;
    let (bytes, after) = rest.split_at_checked(1 << (first >> 6))?;
    *rest = after;
    Some(bytes.iter().skip(1).fold(u64::from(first & 0x3F), |number, byte| (number << 8) | u64::from(*byte)))
}
