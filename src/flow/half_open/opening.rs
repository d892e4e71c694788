//! What the first packet of one side says of its TCP.

use crate::wire::{Headers, TcpHeader};

/// Header bytes before the options (RFC 9293 section 3.1).
const FIXED: usize = 20;

/// The option kinds that are kept, and their lengths (RFC 7323 sections 2.2 and 3.2, RFC 2018 section 2).
const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const TIMESTAMPS: u8 = 8;

/// RFC 7323 section 2.3: "If a Window Scale option is received with a shift.cnt value larger than 14, the TCP SHOULD
/// log the error but MUST use 14 instead of the specified value."
const MAX_SCALE: u8 = 14;

/// The first packet of one side of a session, without what it carried: 20 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number; counts only with the ACK flag.
    pub ack: u32,
    /// The sender's timestamp; counts only with the option ([`Opening::timestamp`]).
    tsval: u32,
    /// Window as it stands, not scaled.
    pub window: u16,
    /// The eight flag bits, [`crate::wire::tcp_flag`].
    pub flags: u8,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Low half: the window scale, [`NO_SCALE`] for none; above it [`HAS_SACK`] and [`HAS_TIMESTAMP`].
    options: u8,
}

const NO_SCALE: u8 = 0x0f;
const HAS_SACK: u8 = 0x10;
const HAS_TIMESTAMP: u8 = 0x20;

impl Opening {
    pub(super) const NONE: Self = Self { seq: 0, ack: 0, tsval: 0, window: 0, flags: 0, ttl: 0, options: NO_SCALE };

    /// What the TCP packet `frame` says, whose headers are `headers`. Options after one that is damaged are not read.
    #[must_use]
    #[inline]
    pub fn of(headers: &Headers, frame: &[u8]) -> Self {
        let TcpHeader { seq, ack, window, flags } = headers.tcp;
        let mut opening = Self { seq, ack, tsval: 0, window, flags, ttl: headers.ttl, options: NO_SCALE };
        let start = usize::try_from(headers.transport_at).unwrap_or(usize::MAX).saturating_add(FIXED);
        let end = usize::try_from(headers.payload_at).unwrap_or(0);
        if start < end {
            opening.read(frame.get(start..end).unwrap_or(&[]));
        }
        opening
    }

    /// Reads the options. RFC 9293 section 3.1: an option is one byte (end, no-operation) or kind, length, data.
    fn read(&mut self, options: &[u8]) {
        let mut rest = options;
        while let [kind, after @ ..] = rest {
            match *kind {
                END => return,
                NO_OPERATION => {
                    rest = after;
                    continue;
                }
                _ => {}
            }
            let length = usize::from(after.first().copied().unwrap_or(0));
            let Some(option) = rest.get(..length).filter(|option| option.len() >= 2) else { return };
            match *option {
                [WINDOW_SCALE, _, shift] => self.options = self.options & !NO_SCALE | shift.min(MAX_SCALE),
                [SACK_PERMITTED, _] => self.options |= HAS_SACK,
                [TIMESTAMPS, _, a, b, c, d, _, _, _, _] => {
                    self.options |= HAS_TIMESTAMP;
                    self.tsval = u32::from_be_bytes([a, b, c, d]);
                }
                _ => {}
            }
            rest = rest.get(length..).unwrap_or(&[]);
        }
    }

    /// The shift count of the window scale option, 0 to 14, where it was there.
    #[must_use]
    pub const fn window_scale(&self) -> Option<u8> {
        match self.options & NO_SCALE {
            NO_SCALE => None,
            shift => Some(shift),
        }
    }

    /// The sender takes selective acknowledgements.
    #[must_use]
    pub const fn sack_permitted(&self) -> bool {
        self.options & HAS_SACK != 0
    }

    /// The sender's timestamp, where the option was there.
    #[must_use]
    pub const fn timestamp(&self) -> Option<u32> {
        if self.options & HAS_TIMESTAMP == 0 { None } else { Some(self.tsval) }
    }

    /// The same as a header.
    #[must_use]
    pub const fn header(&self) -> TcpHeader {
        TcpHeader { seq: self.seq, ack: self.ack, window: self.window, flags: self.flags }
    }
}
