//! Fields of messages (RFC 4506): numbers in network order, bytes behind their length, all in units of four.

/// Why a message cannot be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// So many bytes of it have to be there.
    Need(usize),
    /// A length that cannot be.
    Malformed,
}

/// Reads one field after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Xdr<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Xdr<'a> {
    /// From the beginning of a message, of which this much is there.
    pub(super) const fn new(message: &'a [u8]) -> Self {
        Self { message, at: 0 }
    }

    /// Bytes that were read.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let end = self.at + N;
        let bytes = self.message.get(self.at..).and_then(|rest| rest.first_chunk()).ok_or(Stop::Need(end))?;
        self.at = end;
        Ok(*bytes)
    }

    pub(super) fn number(&mut self) -> Result<u32, Stop> {
        self.bytes().map(u32::from_be_bytes)
    }

    pub(super) fn long(&mut self) -> Result<u64, Stop> {
        self.bytes().map(u64::from_be_bytes)
    }

    pub(super) fn skip(&mut self, length: usize) -> Result<(), Stop> {
        let end = self.at + length;
        if end > self.message.len() {
            return Err(Stop::Need(end));
        }
        self.at = end;
        Ok(())
    }

    /// Bytes behind their length, `most` of them.
    pub(super) fn opaque(&mut self, most: usize) -> Result<&'a [u8], Stop> {
        let length = usize::try_from(self.number()?).map_err(|_| Stop::Malformed)?;
        if length > most {
            return Err(Stop::Malformed);
        }
        let from = self.at;
        self.skip(length.next_multiple_of(4))?;
        self.message.get(from..from + length).ok_or(Stop::Malformed)
    }
}
