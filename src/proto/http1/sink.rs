//! Where the content goes.

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The start line and the field lines with their line ends, and the trailer section.
    Header,
    /// The body, chunked coding removed.
    Body,
}

/// Takes what [`Http1`](super::Http1) finds in the direction that is being pushed.
///
/// Within a part, deliveries are in order and without overlap, and where bytes are
/// missing [`gap`](Sink::gap) says so.
pub trait Sink {
    /// A header section, a trailer section or a body begins: scanners start afresh.
    /// A body of length zero does not begin; a trailer section without fields neither.
    fn begin(&mut self, part: Part);

    /// Content. `offset` is that of `bytes[0]` within this message's header section or
    /// decoded body; trailers go on counting where the header section ended.
    fn data(&mut self, part: Part, offset: u64, bytes: &[u8]);

    /// `len` bytes of this part were never seen. For a header section it is the length
    /// of the hole, which may reach past the section; the direction is raw after it.
    fn gap(&mut self, part: Part, len: u64);

    /// Bytes as they are: after an upgrade or CONNECT, or once parsing was given up.
    /// The caller counts them.
    fn raw(&mut self, bytes: &[u8]);

    /// `len` raw bytes were never seen.
    fn raw_gap(&mut self, len: u64);
}
