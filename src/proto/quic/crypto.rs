//! The client's side of the handshake, put in order: its pieces come in any, over several packets.

/// Bytes of the stream that are kept.
pub const MAX_CRYPTO_BYTES: usize = 4096;

const WORD: usize = 64;

/// The beginning of the stream.
#[derive(Clone, Debug)]
pub(super) struct Crypto {
    bytes: [u8; MAX_CRYPTO_BYTES],
    /// A bit for each byte that is there.
    there: [u64; MAX_CRYPTO_BYTES / WORD],
    /// Bytes from the first on that were taken out.
    taken: usize,
}

impl Crypto {
    pub(super) const EMPTY: Self = Self { bytes: [0; MAX_CRYPTO_BYTES], there: [0; MAX_CRYPTO_BYTES / WORD], taken: 0 };

    /// Puts a piece where it belongs; false where it has no room. What was there stays.
    pub(super) fn put(&mut self, offset: u64, piece: &[u8]) -> bool {
        let Ok(offset) = usize::try_from(offset) else { return false };
        for (at, byte) in (offset..).zip(piece) {
            let (Some(place), Some(word)) = (self.bytes.get_mut(at), self.there.get_mut(at / WORD)) else {
                return false;
            };
            let bit = 1 << (at % WORD);
            if *word & bit == 0 {
                *word |= bit;
                *place = *byte;
            }
        }
        true
    }

    /// The bytes that are next, without a hole.
    pub(super) fn take(&mut self) -> &[u8] {
        let begin = self.taken;
        while self.there.get(self.taken / WORD).is_some_and(|word| word & (1 << (self.taken % WORD)) != 0) {
            self.taken += 1;
        }
        self.bytes.get(begin..self.taken).unwrap_or(&[])
    }
}
