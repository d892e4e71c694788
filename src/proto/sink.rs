//! Where a parser puts what it finds.

use super::expect::Expected;
use crate::event::record::Layout;

/// A content object: a body, a message, a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Object<'a> {
    /// What it is called in paths: `http/body`, `smtp`, `ftp/file`.
    pub label: &'static str,
    /// Its name, as it was sent; empty where it has none.
    pub name: &'a [u8],
    /// The type that the sender claims it to be of, such as `text/html; charset=koi8-r`; empty where it claims none.
    pub media_type: &'a [u8],
    /// Codings around it, as `Content-Encoding` names them, comma-separated, the innermost first; empty where there are none.
    pub codings: &'a [u8],
    /// It may be in a transfer encoding of mail (RFC 2045, section 6), of which nothing is said.
    pub encoded: bool,
    /// Bytes that it is announced to have as it is sent.
    pub length: Option<u64>,
    /// Where it begins in the file that it is a part of.
    pub offset: u64,
    /// It is a message of a mail protocol: what it holds under names are files, and it is none.
    pub carrier: bool,
    /// That file, where enough is said of it to know its other parts again.
    pub part: Option<Part<'a>>,
}

/// The file that an object is a part of (RFC 9110, section 14.4): what its carrier says of it, besides who serves it to whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part<'a> {
    /// Bytes of the file.
    pub size: u64,
    /// Bytes of the part.
    pub length: u64,
    /// It was sent as the whole file. Downloaders begin so, and get the rest on other connections meanwhile.
    pub whole: bool,
    /// Whom it was asked of.
    pub host: &'a [u8],
    /// What was asked for, the first bytes of it.
    pub target: &'a [u8],
    /// Entity tag and time of the last change, each empty where it was not said.
    pub validators: [&'a [u8]; 2],
}

/// Takes what a parser finds in the direction whose bytes it is given.
///
/// Pieces are in order and without overlap, and where bytes are missing a gap says so.
pub trait Sink {
    /// Lines of the protocol itself begin: a header section, a command, a reply. Scanners start afresh.
    /// `label` is their path: `http/header`, `smtp/command`.
    fn begin_lines(&mut self, label: &'static str);

    /// The same of lines in which other letters may stand for what is said, such as `%XX` and base64 in the header section
    /// of HTTP: those are undone as well.
    fn begin_head(&mut self, label: &'static str) {
        self.begin_lines(label);
    }

    /// Their next bytes; `offset` counts from the first.
    fn lines(&mut self, offset: u64, bytes: &[u8]);

    /// `length` bytes of them were never seen.
    fn lines_gap(&mut self, length: u64);

    /// They are over. Whoever begins others, or an object, need not say so.
    fn end_lines(&mut self) {}

    /// An object begins. `id` tells it from other objects of this direction that have not ended; a parser that has one
    /// at a time says 0.
    fn begin_object(&mut self, id: u32, object: &Object<'_>);

    /// Its next bytes.
    fn object(&mut self, id: u32, bytes: &[u8]);

    /// Its next `length` bytes were never seen.
    fn object_gap(&mut self, id: u32, length: u64);

    /// It has ended; `complete` where its end was seen and all that was announced.
    fn end_object(&mut self, id: u32, complete: bool);

    /// Bytes that are not read as this protocol: a tunnel's, or those after a parser gave up.
    fn raw(&mut self, bytes: &[u8]);

    /// `length` of those were never seen.
    fn raw_gap(&mut self, length: u64);

    /// What comes raw in both directions from here on is a connection of its own: it is to be recognised afresh. What a
    /// direction had raw since the message before belongs to it. Told once.
    fn tunnel(&mut self) {}

    /// A transaction is over; its fields are those of all `parts`, see [`crate::event::record`]. One event.
    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]);

    /// Something that an ordinary peer does not do; `name` as in `docs/events.md`. Told once for a flow, counted each time.
    fn anomaly(&mut self, name: &'static str);

    /// Another connection was announced that belongs to this one. Whoever sees it hands its bytes to the sink that the
    /// announcement says, one object a direction. The same one may be announced again when more of it is known.
    fn expect(&mut self, _expected: &Expected<'_>) {}
}
