//! Whether a client speaks the protocol that it was taken to speak.

/// Lines that are no command, beyond those that were refused, after which an answer that is no refusal shows that both
/// sides mean something else.
const TOO_MANY: u8 = 8;

/// The same of a client whose server does not answer. Servers have hung up by then.
const TOO_MANY_UNANSWERED: u8 = 64;

/// What is known of a client: whether it has ever sent a command, and how much else. A server of the protocol refuses each line
/// that is no command, so whoever sends some to such a server changes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Stranger {
    known: bool,
    unknown: u8,
}

impl Stranger {
    /// A command that is known: it is what it was taken for.
    pub(in crate::proto) const fn known(&mut self) {
        self.known = true;
    }

    /// A line that is no command; whether that was one too many.
    pub(in crate::proto) const fn unknown(&mut self) -> bool {
        self.unknown = self.unknown.saturating_add(1);
        !self.known && self.unknown >= TOO_MANY_UNANSWERED
    }

    /// The server has refused a line.
    pub(in crate::proto) const fn refused(&mut self) {
        self.unknown = self.unknown.saturating_sub(1);
    }

    /// The server has answered, and not refused: whether that shows that it is something else.
    pub(in crate::proto) const fn is_unmasked(self) -> bool {
        !self.known && self.unknown >= TOO_MANY
    }
}
