//! What stands in a header, in a part, or between parts, on its way out.

use super::super::base64::Base64;
use super::super::decoder::{Child, Out};
use super::super::embedded::Embedded;
use super::super::quoted_printable::QuotedPrintable;
use super::header::{Encoding, Header};

/// Room for what a coding has undone.
const ROOM: usize = 4096;

/// What becomes of the bytes that come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A child has begun, written so.
    Open(Encoding),
    /// Text, written so, in which there may be files.
    Text(Encoding),
    /// Nobody wants them.
    Unwanted,
    /// A child of this name begins with the first of them that is no white space.
    Waiting(&'static [u8]),
}

/// The child that is open, if any.
#[derive(Debug)]
pub(super) struct Body {
    kind: Kind,
    base64: Base64,
    quoted_printable: QuotedPrintable,
    embedded: Embedded,
    room: [u8; ROOM],
}

impl Body {
    pub(super) fn new() -> Self {
        Self {
            kind: Kind::Unwanted,
            base64: Base64::NEW,
            quoted_printable: QuotedPrintable::NEW,
            embedded: Embedded::new(),
            room: [0; ROOM],
        }
    }

    /// Forgets everything.
    pub(super) const fn clear(&mut self) {
        self.kind = Kind::Unwanted;
        self.base64 = Base64::NEW;
        self.quoted_printable = QuotedPrintable::NEW;
        self.embedded.clear();
    }

    /// The part begins that `header` is about.
    pub(super) fn begin(&mut self, header: &Header, out: &mut dyn Out) {
        self.clear();
        if header.is_text {
            self.embedded.begin(header.name(), header.charset, header.media_type.get());
            self.kind = Kind::Text(header.encoding);
        } else if out.begin(&Child { name: header.name() }) {
            out.claim(header.media_type.get());
            self.kind = Kind::Open(header.encoding);
        }
    }

    /// Text begins that is scanned as it stands. True when it is wanted.
    pub(super) fn begin_text(&mut self, name: &[u8], out: &mut dyn Out) -> bool {
        self.clear();
        let wanted = out.begin_text(&Child { name });
        if wanted {
            self.kind = Kind::Open(Encoding::Identity);
        }
        wanted
    }

    /// What comes next is text of this name, if there is more than white space.
    pub(super) const fn wait(&mut self, name: &'static [u8]) {
        self.clear();
        self.kind = Kind::Waiting(name);
    }

    /// The next bytes. False when no more are wanted of the whole object.
    pub(super) fn data(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        let mut input = bytes;
        if let Kind::Waiting(name) = self.kind {
            input = bytes.trim_ascii_start();
            if input.is_empty() {
                return true;
            }
            self.begin_text(name, out);
        }
        if input.is_empty() {
            return true;
        }
        let encoding = match self.kind {
            Kind::Open(Encoding::Identity) => return out.data(input),
            Kind::Text(Encoding::Identity) => return self.embedded.push_text(input, out),
            Kind::Open(encoding) | Kind::Text(encoding) => encoding,
            Kind::Unwanted | Kind::Waiting(_) => return true,
        };
        while !input.is_empty() {
            let written = match encoding {
                Encoding::Base64 => self.base64.push(&mut input, &mut self.room),
                _ => self.quoted_printable.push(&mut input, &mut self.room),
            };
            if !self.put(written, out) {
                return false;
            }
        }
        true
    }

    /// The child is over; `complete` unless the object has ended within it. False when no more is wanted of the object.
    pub(super) fn end(&mut self, complete: bool, out: &mut dyn Out) -> bool {
        let written = match self.kind {
            Kind::Open(Encoding::Base64) | Kind::Text(Encoding::Base64) if complete => {
                self.base64.finish(&mut self.room)
            }
            Kind::Open(Encoding::QuotedPrintable) | Kind::Text(Encoding::QuotedPrintable) if complete => {
                self.quoted_printable.finish(&mut self.room)
            }
            _ => 0,
        };
        let mut wanted = self.put(written, out);
        match self.kind {
            Kind::Open(_) => out.end(),
            Kind::Text(_) => wanted &= self.embedded.end_text(complete, out).0,
            Kind::Unwanted | Kind::Waiting(_) => {}
        }
        self.clear();
        wanted
    }

    /// Hands out the first bytes of the room.
    fn put(&mut self, written: usize, out: &mut dyn Out) -> bool {
        let bytes = self.room.get(..written).unwrap_or(&[]);
        match self.kind {
            _ if bytes.is_empty() => true,
            Kind::Text(_) => self.embedded.push_text(bytes, out),
            _ => out.data(bytes),
        }
    }
}
