//! HTML and XML: the text that readers see, and values that stand beside it.
//!
//! `(text)` is text without tags, white space as one blank, a line end where an element that is no part of
//! a line begins or ends, character references undone. Values of attributes that are text stand on lines of their own
//! behind the line that they belong to, addresses with their `%XX` undone, and so do strings of scripts that have escapes. Comments, scripts and styles are not in it, but
//! the document is scanned as it stands too, and base64 in these and in other values is a child, `(base64)`, between two `(text)`. No document type is read: an entity of its own is handed out as its name, so
//! there is no expansion, and that is told at the end ([`Cut::Unsupported`]). Of office documents, in which every word may be an element, runs are joined.
//!
//! The charset is that which what carries the document declares, else that which it declares in its first 1,024 bytes, which are held so long; without a
//! declaration bytes stay as they are. Nothing is a fault: whatever is no markup is text.

mod declared;
mod element;
mod entity;
mod hidden;
mod named;
mod recognise;
mod tokens;

use self::tokens::Tokens;
use super::charset::{Charset, Converter};
use super::cut::Cut;
use super::decoder::{Decoder, Fault, Field, Out, Taken};
use super::format::Format;
use super::{javascript, lines};

pub(super) static HTML: Format = Format {
    name: "html",
    recognise: recognise::html,
    make: || Box::new(Markup::new(false)),
    memory: MEMORY,
    scanned: true,
    carries: false,
};

pub(super) static XML: Format = Format {
    name: "xml",
    recognise: recognise::xml,
    make: || Box::new(Markup::new(true)),
    memory: MEMORY,
    scanned: true,
    carries: false,
};

/// So much is held until the charset is known.
const FIRST: usize = 1024;
const MEMORY: usize = FIRST + 2048 + lines::MEMORY + javascript::LITERALS_MEMORY + hidden::MEMORY + 512;

#[derive(Debug)]
struct Markup {
    is_xml: bool,
    /// The first bytes, until the charset is known.
    first: Field<FIRST>,
    begun: bool,
    /// What carries the document says that it is written so, which counts for more than what stands in it.
    declared: Option<Charset>,
    converter: Converter,
    tokens: Tokens,
}

impl Markup {
    const fn new(is_xml: bool) -> Self {
        Self {
            is_xml,
            first: Field::EMPTY,
            begun: false,
            declared: None,
            converter: Converter::new(),
            tokens: Tokens::new(is_xml),
        }
    }

    /// The charset is known from the first bytes.
    fn begin(&mut self, out: &mut dyn Out) {
        self.begun = true;
        let held = self.first;
        let first = held.get();
        let (text, charset) = match first.strip_prefix(b"\xef\xbb\xbf") {
            Some(text) => (text, None),
            None if self.declared.is_some() => (first, self.declared),
            None if self.is_xml => (first, declared::xml(first)),
            None => (first, declared::html(first)),
        };
        self.converter.begin(charset);
        self.text(text, false, out);
    }

    fn text(&mut self, bytes: &[u8], last: bool, out: &mut dyn Out) {
        let mut input = bytes;
        loop {
            let text = self.converter.next(&mut input, last);
            if text.is_empty() && input.is_empty() {
                break;
            }
            self.tokens.push(text, out);
        }
    }
}

impl Decoder for Markup {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        if !self.begun {
            if !self.first.fill(&mut input, FIRST) {
                return Ok(Taken::All);
            }
            self.begin(out);
        }
        self.text(input, false, out);
        self.tokens.flush(out);
        Ok(if self.tokens.enough() { Taken::Enough } else { Taken::All })
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if !self.begun {
            self.begin(out);
        }
        self.text(&[], true, out);
        self.tokens.finish(out);
        if self.tokens.is_unexpanded() {
            out.cut(Cut::Unsupported);
        }
        true
    }

    fn declare(&mut self, charset: Charset) {
        self.declared = Some(charset);
    }

    fn reset(&mut self) {
        self.first.clear();
        (self.begun, self.declared) = (false, None);
        self.tokens = Tokens::new(self.is_xml);
    }
}
