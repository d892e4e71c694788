//! Reads what is in streams, filters undone, and the objects around them.

use super::super::cut::Cut;
use super::super::decoder::{Field, Out, take};
use super::content::Content;
use super::fonts::{Fonts, Link};
use super::lexer::{Lexer, Token};
use super::looks::{Looks, PROBE, looks};
use super::object::{Kind, NAME, Object};
use super::page::{Names, Page, Strings};
use super::text::Text;
use super::within::Within;

/// Bytes that all streams of a file become, files and images in it aside.
const MOST: u64 = 256 << 20;

/// A stream may become so many times as long as it came, and, where what came before has become less, so much beyond:
/// some bytes of one packet would else become a megabyte of operators, each of which takes longer than a byte of text.
const STEEPEST: u64 = 64;
const CREDIT: u64 = 256 << 10;

/// Where a stream goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sink {
    Nothing,
    /// That is seen when there are more of its bytes.
    Probe,
    Content,
    Objects,
    Child {
        /// Operators may be in it too.
        content: bool,
    },
}

#[derive(Debug)]
pub(super) struct Reader {
    sink: Sink,
    kind: Kind,
    probe: Field<PROBE>,
    /// Not all filters or their parameters are known: what comes out may not be what is there.
    is_doubtful: bool,
    pub(super) is_damaged: bool,
    pub(super) lexer: Lexer,
    pub(super) object: Object,
    content: Content,
    within: Within,
    fonts: Fonts,
    text: Text,
    strings: Strings,
    names: Names,
    /// Streams were damaged, or have filters that are not undone; they have become too much, or one too fast; bytes of
    /// them that are left, and for now.
    bad: bool,
    unsupported: bool,
    full: bool,
    steep: bool,
    left: u64,
    credit: u64,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            sink: Sink::Nothing,
            kind: Kind::Unknown,
            probe: Field::EMPTY,
            is_doubtful: false,
            is_damaged: false,
            lexer: Lexer::new(),
            object: Object::new(),
            content: Content::new(),
            within: Within::new(),
            fonts: Fonts::new(),
            text: Text::new(),
            strings: Strings::default(),
            names: Names::new(),
            bad: false,
            unsupported: false,
            full: false,
            steep: false,
            left: MOST,
            credit: CREDIT,
        }
    }

    pub(super) fn reset(&mut self) {
        self.sink = Sink::Nothing;
        self.lexer.reset();
        self.object.reset();
        self.content.reset();
        self.within.begin(0);
        self.fonts.reset();
        self.text.reset();
        self.strings.reset();
        self.names.reset();
        (self.bad, self.unsupported, self.full, self.steep) = (false, false, false, false);
        (self.left, self.credit) = (MOST, CREDIT);
    }

    /// So many bytes of the file have come.
    pub(super) const fn come(&mut self, amount: u64) {
        let credit = if self.credit < CREDIT { self.credit } else { CREDIT };
        self.credit = credit.saturating_add(amount.saturating_mul(STEEPEST));
    }

    /// Nothing of the stream is wanted, or nothing more.
    pub(super) fn is_over(&self) -> bool {
        self.sink == Sink::Nothing
    }

    /// A child is open.
    pub(super) const fn has_child(&self) -> bool {
        matches!(self.sink, Sink::Child { .. })
    }

    /// A token outside streams. False where no more is wanted.
    pub(super) fn token(&mut self, token: Token, out: &mut dyn Out) -> bool {
        let Self { object, lexer, text, strings, names, fonts, .. } = self;
        object.token(token, lexer, &mut Page { text, strings, names, fonts, out })
    }

    /// What the stream holds that begins, as its dictionary says.
    pub(super) fn begin_stream(&mut self) -> Kind {
        self.lexer.reset();
        self.strings.reset();
        self.probe.clear();
        self.is_damaged = false;
        self.kind = self.object.kind(&self.fonts);
        self.is_doubtful = self.object.is_filter_missing || self.object.is_parameter_missing;
        self.sink = if self.object.encrypted { Sink::Nothing } else { Sink::Probe };
        self.kind
    }

    /// Its filters are not undone.
    pub(super) fn leave(&mut self, is_silent: bool) {
        self.unsupported |= !is_silent;
        self.skip();
    }

    fn skip(&mut self) {
        self.sink = Sink::Nothing;
        self.fonts.link(Link::Skipped, self.object.number, 0, 1);
    }

    /// It is an image that is a file.
    pub(super) fn picture(&mut self, out: &mut dyn Out) {
        self.begin_child(b"(image)", false, out);
    }

    fn begin_child(&mut self, name: &[u8], content: bool, out: &mut dyn Out) {
        let mut known = Field::<NAME>::EMPTY;
        known.append(Some(self.names.get(self.object.number)).filter(|known| !known.is_empty()).unwrap_or(name));
        let Self { text, strings, names, fonts, .. } = self;
        let mut page = Page { text, strings, names, fonts, out };
        self.sink = match page.begin(known.get(), self.kind == Kind::Script) {
            true => Sink::Child { content },
            false if content => Sink::Content,
            false => Sink::Nothing,
        };
        self.text.hold(self.has_child());
    }

    /// Enough bytes of the stream are there to see what it is, or all.
    fn decide(&mut self, out: &mut dyn Out) {
        let probe = self.probe;
        let Self { kind, fonts, object, .. } = self;
        let is_silent = matches!(kind, Kind::Binary | Kind::Image);
        let is_shown = fonts.get(Link::Page, object.number).is_some();
        let Looks { content, file, shows } = looks(probe.get(), is_silent, &mut self.lexer);
        self.content.begin(self.object.number);
        let name: Option<&[u8]> = match self.kind {
            Kind::Metadata => Some(b"(metadata)"),
            Kind::Script => Some(b"(script)"),
            Kind::File => Some(b"(file)"),
            _ => None,
        };
        match (self.kind, name) {
            (_, Some(name)) => self.begin_child(name, shows || is_shown, out),
            (Kind::Objects(first), _) if !shows && !is_shown => {
                self.within.begin(first);
                self.sink = Sink::Objects;
            }
            _ if file => self.begin_child(b"(file)", content || is_shown, out),
            _ if content || is_shown || !is_silent => self.sink = Sink::Content,
            _ => self.skip(),
        }
        // What a filter was left out of is nothing for sure.
        let is_sure = if file { !content } else { shows };
        self.unsupported |= self.is_doubtful && !is_sure && (content || !is_silent);
    }

    /// The next bytes of the stream, filters undone. False where no more is wanted.
    pub(super) fn undone(&mut self, mut bytes: &[u8], out: &mut dyn Out) -> bool {
        if self.sink == Sink::Probe {
            if !self.probe.fill(&mut bytes, PROBE) {
                return true;
            }
            self.decide(out);
            let probe = self.probe;
            if !self.data(probe.get(), out) {
                return false;
            }
        }
        self.data(bytes, out)
    }

    /// Bytes of a stream of which is known what it is.
    fn data(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        match self.sink {
            Sink::Nothing | Sink::Probe => false,
            Sink::Content | Sink::Objects => self.lex(bytes, out),
            Sink::Child { content } => {
                let go_on = out.data(bytes);
                if go_on && content {
                    let more = self.lex(bytes, out);
                    self.sink = Sink::Child { content: more };
                }
                go_on
            }
        }
    }

    /// Bytes that are tokens. False where no more is wanted.
    fn lex(&mut self, mut bytes: &[u8], out: &mut dyn Out) -> bool {
        let mut some = take(&mut bytes, self.left.min(self.credit));
        self.left -= some.len() as u64;
        self.credit -= some.len() as u64;
        let Self { sink, lexer, object, within, content, fonts, text, strings, names, .. } = self;
        let mut page = Page { text, strings, names, fonts, out };
        while let Some(token) = lexer.next(&mut some) {
            // Objects have no operators.
            if *sink == Sink::Objects && token == Token::Word && matches!(lexer.text(), b"BT" | b"Tj" | b"TJ") {
                *sink = Sink::Content;
            }
            let go_on = match *sink {
                Sink::Objects => within.token(token, lexer, object, &mut page),
                _ => content.token(token, lexer, &mut page),
            };
            if !go_on {
                return false;
            }
        }
        if !bytes.is_empty() {
            self.full |= self.left == 0;
            self.steep |= self.left != 0;
            if !self.has_child() {
                self.close();
            }
        }
        bytes.is_empty()
    }

    /// Nothing more comes out of the stream, of which the last word may end with it. False where no more is wanted.
    pub(super) fn end_stream(&mut self, is_whole: bool, out: &mut dyn Out) -> bool {
        let mut go_on = true;
        if self.sink == Sink::Probe {
            self.decide(out);
            let probe = self.probe;
            go_on = self.data(probe.get(), out) || self.is_over();
        }
        go_on &= self.close_lexer(out);
        self.bad |= self.is_damaged && !self.is_over();
        if self.has_child() {
            if !is_whole {
                out.cut(Cut::Truncated);
            }
            out.end();
        }
        self.close();
        self.strings.reset();
        self.lexer.reset();
        self.object.begin(0);
        go_on
    }

    fn close_lexer(&mut self, out: &mut dyn Out) -> bool {
        match self.sink {
            Sink::Content | Sink::Objects => self.lex(b" ", out) || self.is_over(),
            Sink::Child { content: true } => {
                self.lex(b" ", out);
                true
            }
            _ => true,
        }
    }

    fn close(&mut self) {
        self.sink = Sink::Nothing;
        self.text.hold(false);
        self.text.forget();
    }

    /// The file has ended. Hands out what text there is, and says why it is not all.
    pub(super) fn finish(&mut self, out: &mut dyn Out) -> Option<Cut> {
        if self.object.encrypted {
            self.text.drop_all();
        }
        self.text.flush(&mut self.fonts, out);
        self.text.end(out);
        let cuts = [
            (self.object.encrypted, Cut::Encrypted),
            (self.full || self.text.is_lost(), Cut::Output),
            (self.steep, Cut::Ratio),
            (self.bad || self.fonts.have_skipped(), Cut::Malformed),
            (self.unsupported, Cut::Unsupported),
        ];
        cuts.iter().find(|(is_so, _)| *is_so).map(|(_, reason)| *reason)
    }
}
