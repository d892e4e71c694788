//! Messages of the handshake within the records of one direction (RFC 8446 section 4, RFC 5246 section 7.4).

/// Types of messages.
pub(in crate::proto) mod kind {
    pub(in crate::proto) const CLIENT_HELLO: u8 = 1;
    pub(in crate::proto) const SERVER_HELLO: u8 = 2;
    pub(in crate::proto) const NEW_SESSION_TICKET: u8 = 4;
    pub(in crate::proto) const CERTIFICATE: u8 = 11;
    pub(in crate::proto) const SERVER_HELLO_DONE: u8 = 14;
}

/// Longest message that is taken for one.
const LONGEST: u32 = 1 << 18;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) enum Step<'a> {
    /// There is no more for now.
    Done,
    /// A message of that type and length begins.
    Begin(u8, u32),
    /// A piece of its body.
    Piece(u8, &'a [u8]),
    /// It is over.
    End(u8),
    /// This is no message; nothing more is said.
    Broken,
}

/// Where one direction is.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Messages {
    /// Type of the message, then its length.
    header: [u8; 4],
    got: u8,
    is_open: bool,
    is_lost: bool,
    left: u32,
}

impl Messages {
    /// Goes on by a header, a piece or an end, and takes it off `rest`.
    pub(in crate::proto) fn step<'a>(&mut self, rest: &mut &'a [u8]) -> Step<'a> {
        let [kind, ..] = self.header;
        if self.is_lost {
            return Step::Done;
        }
        if self.is_open && self.left == 0 {
            self.is_open = false;
            return Step::End(kind);
        }
        if self.is_open && !rest.is_empty() {
            let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
            let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            *rest = after;
            self.left = self.left.saturating_sub(u32::try_from(piece.len()).unwrap_or(u32::MAX));
            return Step::Piece(kind, piece);
        }
        while let [byte, after @ ..] = *rest {
            if let Some(place) = self.header.get_mut(usize::from(self.got)) {
                *place = *byte;
            }
            self.got += 1;
            *rest = after;
            if self.got == 4 {
                let [kind, high, middle, low] = self.header;
                let length = u32::from_be_bytes([0, high, middle, low]);
                if length > LONGEST {
                    self.is_lost = true;
                    return Step::Broken;
                }
                (self.got, self.left, self.is_open) = (0, length, true);
                return Step::Begin(kind, length);
            }
        }
        Step::Done
    }

    /// Bytes of records were lost: where the next message begins is not known any more.
    pub(in crate::proto) const fn lose(&mut self) {
        self.is_lost = true;
    }
}
