//! The shape that ClientHello and ServerHello share (RFC 8446 section 4.1, RFC 5246 section 7.4.1).

use crate::proto::cursor::{Cursor, Grammar, Next};

/// Extensions that are read; the others are skipped (IANA, TLS ExtensionType Values).
pub(super) const SERVER_NAME: u16 = 0;
pub(super) const SUPPORTED_GROUPS: u16 = 10;
pub(super) const EC_POINT_FORMATS: u16 = 11;
pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
pub(super) const ALPN: u16 = 16;
pub(super) const PRE_SHARED_KEY: u16 = 41;
pub(super) const SUPPORTED_VERSIONS: u16 = 43;

/// Takes what stands in a hello, in order.
pub(super) trait Found {
    /// The version of before TLS 1.3.
    fn version(&mut self, version: u16);
    /// A piece of the 32 random bytes.
    fn random(&mut self, piece: &[u8]);
    /// A cipher suite that is offered, or the one that is selected.
    fn cipher(&mut self, suite: u16);
    /// An extension begins.
    fn extension(&mut self, kind: u16);
    /// An entry of a list of numbers in an extension.
    fn entry(&mut self, kind: u16, value: u16);
    /// A name in an extension begins.
    fn begin_name(&mut self, kind: u16);
    /// A piece of it.
    fn name(&mut self, piece: &[u8]);
    /// It is whole.
    fn end_name(&mut self);
}

/// Who sends the hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Version,
    Random,
    SessionLength,
    Session,
    CiphersLength,
    Cipher,
    OddCipher,
    CompressionsLength,
    Compressions,
    ExtensionsLength,
    ExtensionKind,
    ExtensionLength,
    ListLength,
    NameKind,
    NameLength,
    Name,
    Entry,
    Skip,
    End,
}

/// One hello on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hello {
    cursor: Cursor,
    state: State,
}

#[derive(Clone, Copy, Debug)]
struct State {
    side: Side,
    step: Step,
    /// Bytes of the message, of the extension and of the list in it that no inner part has yet.
    left: u32,
    extension_left: u32,
    list_left: u32,
    /// Which extension.
    kind: u16,
    /// The name that is being read is wanted.
    named: bool,
    malformed: bool,
}

impl Hello {
    /// Of `length` bytes without the message's header.
    pub(super) const fn new(side: Side, length: u32) -> Self {
        let state = State {
            side,
            step: Step::Version,
            left: length.saturating_sub(2),
            extension_left: 0,
            list_left: 0,
            kind: 0,
            named: false,
            malformed: length < 2,
        };
        Self { cursor: Cursor::new(Next::Number(2)), state }
    }

    /// Takes the next bytes of the message.
    pub(super) fn push(&mut self, bytes: &[u8], found: &mut impl Found) {
        self.cursor.push(bytes, &mut Reader { state: &mut self.state, found });
    }

    /// The message has been read to its end, and its lengths agree with each other.
    pub(super) fn is_complete(&self) -> bool {
        self.state.step == Step::End && !self.state.malformed
    }
}

struct Reader<'a, F> {
    state: &'a mut State,
    found: &'a mut F,
}

impl State {
    /// A number of the message itself.
    fn number(&mut self, step: Step, bytes: u8) -> Next {
        let Some(left) = self.left.checked_sub(u32::from(bytes)) else { return self.fail() };
        (self.left, self.step) = (left, step);
        Next::Number(bytes)
    }

    /// A run of the message itself.
    fn run(&mut self, step: Step, bytes: u32) -> Next {
        let Some(left) = self.left.checked_sub(bytes) else { return self.fail() };
        (self.left, self.step) = (left, step);
        Next::Run(bytes)
    }

    const fn fail(&mut self) -> Next {
        self.malformed = true;
        self.end()
    }

    const fn end(&mut self) -> Next {
        self.step = Step::End;
        Next::Nothing
    }

    fn next_cipher(&mut self) -> Next {
        match self.list_left.checked_sub(2) {
            Some(left) => {
                (self.list_left, self.step) = (left, Step::Cipher);
                Next::Number(2)
            }
            None => {
                self.malformed |= self.list_left > 0;
                self.step = Step::OddCipher;
                Next::Run(self.list_left)
            }
        }
    }

    /// Extensions may be absent altogether.
    fn extensions(&mut self) -> Next {
        if self.left == 0 { self.end() } else { self.number(Step::ExtensionsLength, 2) }
    }

    fn next_extension(&mut self) -> Next {
        if self.left == 0 { self.end() } else { self.number(Step::ExtensionKind, 2) }
    }

    /// The bytes of the extension that are not read.
    const fn skip(&mut self) -> Next {
        let length = self.list_left.saturating_add(self.extension_left);
        (self.list_left, self.extension_left, self.step) = (0, 0, Step::Skip);
        Next::Run(length)
    }

    /// How the content of an extension begins.
    fn content(&mut self) -> Next {
        let (step, bytes) = match (self.kind, self.side) {
            (SUPPORTED_VERSIONS, Side::Server) => (Step::Entry, 2),
            (SUPPORTED_VERSIONS, Side::Client) | (EC_POINT_FORMATS, _) => (Step::ListLength, 1),
            (SERVER_NAME | SUPPORTED_GROUPS | SIGNATURE_ALGORITHMS | ALPN, _) => (Step::ListLength, 2),
            _ => return self.skip(),
        };
        let Some(left) = self.extension_left.checked_sub(u32::from(bytes)) else { return self.skip() };
        (self.extension_left, self.step) = (left, step);
        Next::Number(bytes)
    }

    fn next_entry(&mut self) -> Next {
        let (step, bytes) = match self.kind {
            SERVER_NAME => (Step::NameKind, 1),
            ALPN => (Step::NameLength, 1),
            EC_POINT_FORMATS => (Step::Entry, 1),
            _ => (Step::Entry, 2),
        };
        let Some(left) = self.list_left.checked_sub(u32::from(bytes)) else {
            self.malformed |= self.list_left > 0;
            return self.skip();
        };
        (self.list_left, self.step) = (left, step);
        Next::Number(bytes)
    }
}

impl<F: Found> Grammar for Reader<'_, F> {
    fn number(&mut self, value: u32) -> Next {
        let state = &mut *self.state;
        let short = u16::try_from(value).unwrap_or(u16::MAX);
        match state.step {
            Step::Version => {
                self.found.version(short);
                state.run(Step::Random, 32)
            }
            Step::SessionLength => state.run(Step::Session, value),
            Step::CiphersLength => match state.left.checked_sub(value) {
                Some(left) => {
                    (state.left, state.list_left) = (left, value);
                    state.next_cipher()
                }
                None => state.fail(),
            },
            Step::Cipher => {
                self.found.cipher(short);
                match state.side {
                    Side::Client => state.next_cipher(),
                    Side::Server => state.run(Step::Compressions, 1),
                }
            }
            Step::CompressionsLength => state.run(Step::Compressions, value),
            Step::ExtensionsLength => {
                state.malformed |= value != state.left;
                state.left = state.left.min(value);
                state.next_extension()
            }
            Step::ExtensionKind => {
                state.kind = short;
                state.number(Step::ExtensionLength, 2)
            }
            Step::ExtensionLength => match state.left.checked_sub(value) {
                Some(left) => {
                    (state.left, state.extension_left) = (left, value);
                    self.found.extension(state.kind);
                    state.content()
                }
                None => state.fail(),
            },
            Step::ListLength => match state.extension_left.checked_sub(value) {
                Some(left) => {
                    (state.extension_left, state.list_left) = (left, value);
                    state.next_entry()
                }
                None => {
                    state.malformed = true;
                    state.skip()
                }
            },
            Step::NameKind => match state.list_left.checked_sub(2) {
                Some(left) => {
                    state.list_left = left;
                    // host_name is the only kind there is (RFC 6066 section 3).
                    (state.named, state.step) = (value == 0, Step::NameLength);
                    Next::Number(2)
                }
                None => {
                    state.malformed = true;
                    state.skip()
                }
            },
            Step::NameLength => match state.list_left.checked_sub(value) {
                Some(left) => {
                    (state.list_left, state.step) = (left, Step::Name);
                    state.named |= state.kind == ALPN;
                    if state.named {
                        self.found.begin_name(state.kind);
                    }
                    Next::Run(value)
                }
                None => {
                    state.malformed = true;
                    state.skip()
                }
            },
            Step::Entry => {
                self.found.entry(state.kind, short);
                state.next_entry()
            }
            Step::Random
            | Step::Session
            | Step::OddCipher
            | Step::Compressions
            | Step::Name
            | Step::Skip
            | Step::End => Next::Nothing,
        }
    }

    fn piece(&mut self, piece: &[u8]) {
        match self.state.step {
            Step::Random => self.found.random(piece),
            Step::Name if self.state.named => self.found.name(piece),
            _ => {}
        }
    }

    fn run_ended(&mut self) -> Next {
        let state = &mut *self.state;
        match state.step {
            Step::Random => state.number(Step::SessionLength, 1),
            Step::Session => match state.side {
                Side::Client => state.number(Step::CiphersLength, 2),
                Side::Server => state.number(Step::Cipher, 2),
            },
            Step::OddCipher => state.number(Step::CompressionsLength, 1),
            Step::Compressions => state.extensions(),
            Step::Name => {
                if std::mem::take(&mut state.named) {
                    self.found.end_name();
                }
                state.next_entry()
            }
            Step::Skip => state.next_extension(),
            _ => Next::Nothing,
        }
    }
}
