//! One side of the opening: its banner (RFC 4253 section 4.2), then packets in clear (section 6) until its SSH_MSG_NEWKEYS.

use super::algorithms::{Algorithms, COOKIE_BYTES, Reader};
use super::layout;
use crate::event::record::Record;
use crate::proto::cursor::{Cursor, Next};

/// Bytes for a side's fields: its versions, and the lists of HASSH.
pub(super) const FIELD_BYTES: usize = 2048;

/// Longest line before or with the banner. RFC 4253 allows a banner 255 bytes.
pub(super) const MAX_LINE_BYTES: u16 = 1024;

/// Lines that a server may send in front of its banner.
const MAX_LINES: u8 = 64;

/// Longest packet in clear that is taken for one.
const MAX_PACKET_BYTES: u32 = 256 * 1024;

/// Types of messages.
const KEXINIT: u8 = 20;
const NEWKEYS: u8 = 21;

const MARK: &[u8; 4] = b"SSH-";

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No banner where one has to be.
    Banner,
    /// A banner that is too long.
    LongBanner,
    /// A packet that is none.
    Packet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The first four bytes of a line.
    LineStart(u8),
    /// A line before the banner.
    Line,
    Version,
    Software,
    Comment,
    /// A packet's length and that of its padding, bytes so far.
    Packet(u8),
    /// The type of its message.
    Type,
    Payload(u8),
    Padding,
    Encrypted,
    /// It is not known what follows.
    Lost,
}

/// One side.
#[derive(Clone, Debug)]
pub(super) struct Half {
    step: Step,
    is_server: bool,
    /// Bytes of the line so far, and lines.
    line: u16,
    lines: u8,
    /// The fixed part of a packet as far as it has come, then what is left of payload and padding.
    head: [u8; 5],
    payload: u32,
    padding: u32,
    cursor: Cursor,
    algorithms: Option<Algorithms>,
    pub(super) fields: Record<FIELD_BYTES>,
    pub(super) has_banner: bool,
    /// SSH-1 goes on in its own way.
    is_old: bool,
}

impl Half {
    pub(super) fn new(is_server: bool) -> Self {
        Self {
            step: Step::LineStart(0),
            is_server,
            line: 0,
            lines: 0,
            head: [0; 5],
            payload: 0,
            padding: 0,
            cursor: Cursor::new(Next::Nothing),
            algorithms: None,
            fields: Record::default(),
            has_banner: false,
            is_old: false,
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.step == Step::Encrypted
    }

    /// Nothing more is to be told of it.
    pub(super) fn is_through(&self) -> bool {
        self.algorithms.as_ref().is_some_and(Algorithms::is_complete)
            || matches!(self.step, Step::Encrypted | Step::Lost)
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            match self.step {
                Step::Encrypted | Step::Lost => return Ok(()),
                Step::Payload(kind) => {
                    let length = usize::try_from(self.payload).unwrap_or(usize::MAX).min(rest.len());
                    let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                    rest = after;
                    self.payload -= u32::try_from(piece.len()).unwrap_or(self.payload);
                    self.payload(kind, piece);
                }
                Step::Padding => {
                    let length = usize::try_from(self.padding).unwrap_or(usize::MAX).min(rest.len());
                    rest = rest.get(length..).unwrap_or(&[]);
                    self.padding -= u32::try_from(length).unwrap_or(self.padding);
                    if self.padding == 0 {
                        self.step = Step::Packet(0);
                    }
                }
                _ => {
                    rest = after;
                    if let Err(fault) = self.byte(*byte) {
                        self.step = Step::Lost;
                        return Err(fault);
                    }
                }
            }
        }
        Ok(())
    }

    /// Bytes were lost.
    pub(super) fn gap(&mut self) {
        if self.step != Step::Encrypted {
            self.step = Step::Lost;
        }
        self.fields.end();
    }

    fn byte(&mut self, byte: u8) -> Result<(), Fault> {
        match self.step {
            Step::LineStart(seen) => return self.line_start(seen, byte),
            Step::Line => {
                self.count_line(Fault::Banner)?;
                if byte == b'\n' {
                    self.line_ended()?;
                }
            }
            Step::Version => match byte {
                b'-' => {
                    self.fields.end();
                    self.is_old = self.fields.get_text(self.tag(layout::VERSION)).starts_with(b"1.")
                        && self.fields.get_text(self.tag(layout::VERSION)) != b"1.99";
                    self.fields.begin(self.tag(layout::SOFTWARE));
                    self.step = Step::Software;
                }
                b'\r' | b'\n' => return Err(Fault::Banner),
                _ => {
                    self.count_line(Fault::LongBanner)?;
                    self.fields.more(&[byte]);
                }
            },
            Step::Software | Step::Comment => {
                self.count_line(Fault::LongBanner)?;
                match byte {
                    b'\n' => self.banner_ended(),
                    b' ' | b'\r' => self.step = Step::Comment,
                    _ if self.step == Step::Software => self.fields.more(&[byte]),
                    _ => {}
                }
            }
            Step::Packet(seen) => {
                if let Some(place) = self.head.get_mut(usize::from(seen)) {
                    *place = byte;
                }
                self.step = Step::Packet(seen + 1);
                if seen == 4 {
                    return self.packet();
                }
            }
            Step::Type => self.message(byte),
            Step::Payload(_) | Step::Padding | Step::Encrypted | Step::Lost => {}
        }
        Ok(())
    }

    fn count_line(&mut self, fault: Fault) -> Result<(), Fault> {
        self.line += 1;
        if self.line > MAX_LINE_BYTES { Err(fault) } else { Ok(()) }
    }

    fn line_start(&mut self, seen: u8, byte: u8) -> Result<(), Fault> {
        if MARK.get(usize::from(seen)) == Some(&byte) {
            self.step = Step::LineStart(seen + 1);
            if seen == 3 {
                self.fields.begin(self.tag(layout::VERSION));
                self.step = Step::Version;
            }
            return Ok(());
        }
        // A client has nothing to say before its banner.
        if !self.is_server {
            return Err(Fault::Banner);
        }
        self.step = Step::Line;
        if byte == b'\n' { self.line_ended() } else { Ok(()) }
    }

    fn line_ended(&mut self) -> Result<(), Fault> {
        (self.line, self.step) = (0, Step::LineStart(0));
        self.lines += 1;
        if self.lines > MAX_LINES { Err(Fault::Banner) } else { Ok(()) }
    }

    fn banner_ended(&mut self) {
        self.fields.end();
        self.has_banner = true;
        self.step = if self.is_old { Step::Lost } else { Step::Packet(0) };
    }

    fn packet(&mut self) -> Result<(), Fault> {
        let [a, b, c, d, padding] = self.head;
        let length = u32::from_be_bytes([a, b, c, d]);
        self.padding = padding.into();
        // One byte says how long the padding is, one which message it is.
        let payload = length.checked_sub(self.padding + 2);
        let Some(payload) = payload.filter(|_| length <= MAX_PACKET_BYTES) else { return Err(Fault::Packet) };
        (self.payload, self.step) = (payload, Step::Type);
        Ok(())
    }

    fn message(&mut self, kind: u8) {
        if kind == NEWKEYS {
            self.step = Step::Encrypted;
            return;
        }
        if kind == KEXINIT && self.algorithms.is_none() && self.payload >= COOKIE_BYTES {
            self.algorithms = Some(Algorithms::new(self.is_server, self.payload - COOKIE_BYTES));
            self.cursor = Cursor::new(Next::Run(COOKIE_BYTES));
            self.fields.begin(self.tag(layout::STRING));
        }
        self.step = Step::Payload(kind);
        self.payload(kind, &[]);
    }

    fn payload(&mut self, kind: u8, piece: &[u8]) {
        if kind == KEXINIT
            && let Some(algorithms) = &mut self.algorithms
            && !algorithms.is_complete()
        {
            self.cursor.push(piece, &mut Reader { algorithms, fields: &mut self.fields });
            if algorithms.is_complete() {
                let hash = algorithms.hash();
                self.fields.end();
                // A part of a hash would be another's.
                if self.fields.bytes().len() + hash.len() + 4 <= FIELD_BYTES {
                    self.fields.text(self.tag(layout::HASH), &hash);
                }
            }
        }
        if self.payload == 0 {
            self.step = if self.padding == 0 { Step::Packet(0) } else { Step::Padding };
        }
    }

    const fn tag(&self, tag: u8) -> u8 {
        if self.is_server { layout::SERVER + tag } else { tag }
    }
}
