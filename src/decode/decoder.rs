//! What every decoder does.

use std::fmt::Debug;

use super::charset::Charset;
use super::cut::Cut;

/// An object within another.
#[derive(Clone, Copy, Debug, Default)]
pub struct Child<'a> {
    /// Its name as it stands there, in whatever charset; empty where it has none.
    pub name: &'a [u8],
}

/// Where a decoder puts what it finds. Children come one after the other: what belongs to one stands between its
/// [`Out::begin`] and its [`Out::end`].
pub trait Out {
    /// A child begins. False: nothing of it is wanted, and neither [`Out::data`] nor [`Out::end`] need follow.
    fn begin(&mut self, child: &Child<'_>) -> bool;
    /// A child begins that is scanned as it stands, whatever it looks like; else as [`Out::begin`].
    fn begin_text(&mut self, child: &Child<'_>) -> bool {
        self.begin(child)
    }
    /// The next bytes of the child. False: no more are wanted of the whole object.
    fn data(&mut self, bytes: &[u8]) -> bool;
    /// The child that has begun, and of which nothing has come yet, is text in that charset, says what carries it.
    fn declare(&mut self, _charset: Charset) {}
    /// The child that has begun, and of which nothing has come yet, is of that media type, says what carries it.
    fn claim(&mut self, _media_type: &[u8]) {}
    /// The child is complete.
    fn end(&mut self);
    /// The object is of another kind after all, before any child has begun: it has the only child that follows, which is
    /// called like the object itself.
    fn mistaken(&mut self) {}
    /// Of the object, which is there whole, so many bytes belong to it; what follows them is another.
    fn ends(&mut self, _length: usize) {}
    /// Something keeps the child that has begun, or the object itself, from being decoded.
    fn cut(&mut self, reason: Cut);
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// All of it was taken.
    All,
    /// The object ends after so many bytes of the piece; what follows is no part of it.
    End(usize),
    /// Of what follows nothing is wanted, although the object goes on.
    Enough,
}

/// The object is not what its first bytes promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Bytes of the piece before the fault. Wherever pieces end, it is at the same place of the object.
    pub at: usize,
}

impl Fault {
    /// A fault in a piece of which `rest` is what was not looked at yet.
    pub(super) const fn before(piece: &[u8], rest: &[u8]) -> Self {
        Self { at: piece.len().saturating_sub(rest.len()) }
    }
}

/// Undoes one kind of wrapping, piece by piece. Pieces may end anywhere: the outcome is the same.
pub trait Decoder: Debug + Send {
    /// Takes the object's next piece.
    ///
    /// # Errors
    /// [`Fault`], after all that came before it was handed out.
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault>;

    /// Nothing more comes. Says whether the object was complete.
    fn finish(&mut self, out: &mut dyn Out) -> bool;

    /// What carries the object says that it is text in that charset. Comes before the first piece.
    fn declare(&mut self, _charset: Charset) {}

    /// What carries the object says that it is a multipart, and which boundary it has. Comes before the first piece.
    fn open(&mut self, _boundary: &[u8]) {}

    /// Forgets everything: what comes next is the first piece of another object. Allocates nothing.
    fn reset(&mut self);
}

/// Up to `most` bytes from the front of `input`.
pub(super) fn take<'a>(input: &mut &'a [u8], most: u64) -> &'a [u8] {
    let now = usize::try_from(most).unwrap_or(usize::MAX).min(input.len());
    let (bytes, rest) = input.split_at_checked(now).unwrap_or((input, &[]));
    *input = rest;
    bytes
}

/// Bytes of a field that may arrive in pieces, `N` at most.
#[derive(Clone, Copy, Debug)]
pub struct Field<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Field<N> {
    /// Nothing.
    pub const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    /// Takes from the front of `input` what is missing to `wanted` bytes. True when they are all there.
    pub(super) fn fill(&mut self, input: &mut &[u8], wanted: usize) -> bool {
        let wanted = wanted.min(N);
        let missing = wanted.saturating_sub(self.len).min(input.len());
        let (now, later) = input.split_at_checked(missing).unwrap_or((input, &[]));
        if let Some(place) = self.bytes.get_mut(self.len..self.len + now.len()) {
            place.copy_from_slice(now);
            self.len += now.len();
        }
        *input = later;
        self.len >= wanted
    }

    /// What there is.
    #[must_use]
    pub fn get(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Forgets it.
    pub const fn clear(&mut self) {
        self.len = 0;
    }

    /// Appends as much of `bytes` as there is room for.
    pub fn append(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        let room = N.saturating_sub(self.len).min(bytes.len());
        self.fill(&mut rest, self.len + room);
    }
}
