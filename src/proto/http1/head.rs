//! One header or trailer section: start line and field lines, byte by byte where it
//! matters and from line end to line end where it does not.

use memchr::memchr;

use super::anomaly::{Anomalies, Anomaly};
use super::framing::{Body, Framing};
use super::outstanding::Method;
use super::word::Word;
use crate::event::Direction;

/// Longest header section of a message, trailers included, in bytes. At this point the
/// direction is given up with [`Anomaly::HeaderTooLong`].
pub const MAX_HEADER_BYTES: u32 = 64 * 1024;

/// Longest method, in bytes. The longest registered one has 17.
pub const MAX_METHOD_BYTES: u8 = 32;

const METHODS: &[&[u8]] = &[b"HEAD", b"CONNECT"];
const NAMES: &[&[u8]] = &[b"content-length", b"transfer-encoding"];
const PROTOCOL: &[u8] = b"HTTP/1.";

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Method,
    /// The rest of a request line.
    Target,
    /// `HTTP/1.` of a status line.
    Protocol,
    Minor,
    MinorEnd,
    Status,
    /// The rest of a line that does not matter.
    Skip,
    LineStart,
    /// After a CR that stands first in its line.
    LineStartCr,
    Name,
    /// Between a name that matters and its colon.
    NameSpace,
    /// The value of a field that matters.
    Value,
}

/// The field that the current line, or the one it continues, belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Field {
    #[default]
    Other,
    ContentLength,
    TransferEncoding,
}

/// How a call to [`Head::feed`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All bytes were taken and the section goes on.
    More,
    /// The section's last byte was taken.
    Complete,
    /// The next byte, or the line just taken, is no start line.
    Bad,
}

/// The state of one section.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    framing: Framing,
    /// The last bytes of the request line so far, latest last.
    tail: [u8; 16],
    status: u16,
    word: Word,
    /// Bytes of the method, of `HTTP/1.`, or digits of the status so far.
    count: u8,
    at: At,
    field: Field,
    /// The last byte taken was a CR.
    after_cr: bool,
    http10: bool,
    /// Fields of a trailer section frame nothing.
    trailer: bool,
    method: Method,
    /// The request line is complete and was not fetched yet.
    request: bool,
}

impl Head {
    /// A new message of this direction.
    pub(super) fn new(direction: Direction) -> Self {
        let at = match direction {
            Direction::ToServer => At::Method,
            Direction::ToClient => At::Protocol,
        };
        Self { at, ..Self::default() }
    }

    /// A trailer section, at the start of its first line.
    pub(super) fn trailer() -> Self {
        Self { at: At::LineStart, trailer: true, ..Self::default() }
    }

    /// A trailer section whose first line began with a CR that did not end it.
    pub(super) fn trailer_in_line() -> Self {
        Self { at: At::Skip, ..Self::trailer() }
    }

    /// Can a start line of this direction begin with this byte?
    pub(super) fn begins_with(direction: Direction, byte: u8) -> bool {
        match direction {
            Direction::ToServer => is_tchar(byte),
            Direction::ToClient => byte == b'H',
        }
    }

    /// The method of a request whose request line has just been completed; once.
    pub(super) fn take_request(&mut self) -> Option<Method> {
        std::mem::take(&mut self.request).then_some(self.method)
    }

    /// The status of a complete response head.
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// What follows this request's head.
    pub(super) fn request_body(&self, anomalies: &mut Anomalies) -> Body {
        self.framing.request_body(self.http10, anomalies)
    }

    /// What follows this response's head, given the method it answers.
    pub(super) fn response_body(&self, method: Method, anomalies: &mut Anomalies) -> Body {
        self.framing.response_body(method, self.status, self.http10, anomalies)
    }

    /// Takes bytes up to the end of the section; says how many were taken.
    pub(super) fn feed(&mut self, bytes: &[u8], anomalies: &mut Anomalies) -> (usize, Progress) {
        let mut pos = 0;
        let mut progress = Progress::More;
        while progress == Progress::More {
            let Some(&byte) = bytes.get(pos) else { break };
            progress = match self.at {
                At::Skip | At::Target => {
                    let rest = bytes.get(pos..).unwrap_or_default();
                    let line = memchr(b'\n', rest);
                    let taken = rest.get(..line.unwrap_or(rest.len())).unwrap_or_default();
                    if self.at == At::Target {
                        self.keep_tail(taken);
                    }
                    pos += taken.len();
                    if line.is_some() {
                        self.line_end(bytes, pos, anomalies);
                        pos += 1;
                        self.skipped_line()
                    } else {
                        Progress::More
                    }
                }
                At::Value if byte == b'\n' => {
                    self.line_end(bytes, pos, anomalies);
                    self.value(byte);
                    self.at = At::LineStart;
                    pos += 1;
                    Progress::More
                }
                At::Value => {
                    self.value(byte);
                    pos += 1;
                    Progress::More
                }
                At::LineStart | At::LineStartCr => {
                    let (used, progress) = self.line_start(byte, anomalies);
                    pos += usize::from(used);
                    progress
                }
                At::Name | At::NameSpace => {
                    pos += usize::from(self.name(byte, anomalies));
                    Progress::More
                }
                At::Method => {
                    if self.method(byte) {
                        pos += 1;
                        Progress::More
                    } else {
                        Progress::Bad
                    }
                }
                At::Protocol | At::Minor | At::MinorEnd | At::Status => match self.status_line(byte) {
                    Some(used) => {
                        pos += usize::from(used);
                        Progress::More
                    }
                    None => Progress::Bad,
                },
            };
        }
        if let Some(last) = pos.checked_sub(1).and_then(|last| bytes.get(last)) {
            self.after_cr = *last == b'\r';
        }
        (pos, progress)
    }

    /// The LF at `pos` ends a line. RFC 9112, 2.2: "Although the line terminator for the
    /// start-line and fields is the sequence CRLF, a recipient MAY recognize a single LF as
    /// a line terminator and ignore any preceding CR."
    fn line_end(&self, bytes: &[u8], pos: usize, anomalies: &mut Anomalies) {
        let cr = pos.checked_sub(1).map_or(self.after_cr, |before| bytes.get(before) == Some(&b'\r'));
        if !cr {
            anomalies.insert(Anomaly::BareLf);
        }
    }

    /// A line that was passed over is complete: the request line, or one of no interest.
    fn skipped_line(&mut self) -> Progress {
        if self.at == At::Target {
            let Some(minor) = self.minor_version() else { return Progress::Bad };
            self.http10 = minor == b'0';
            self.request = true;
        }
        self.at = At::LineStart;
        Progress::More
    }

    fn method(&mut self, byte: u8) -> bool {
        if is_tchar(byte) && self.count < MAX_METHOD_BYTES {
            self.word.step(METHODS, byte);
            self.count += 1;
            return true;
        }
        self.method = match self.word.complete(METHODS) {
            Some(0) => Method::Head,
            Some(_) => Method::Connect,
            None => Method::Other,
        };
        self.at = At::Target;
        self.count > 0 && matches!(byte, b' ' | b'\t')
    }

    /// Remembers the end of what was passed of the request line.
    fn keep_tail(&mut self, line: &[u8]) {
        if let Some(tail) = line.last_chunk() {
            self.tail = *tail;
            return;
        }
        let mut tail = u128::from_be_bytes(self.tail);
        for &byte in line {
            tail = (tail << 8) | u128::from(byte);
        }
        self.tail = tail.to_be_bytes();
    }

    /// The digit after `HTTP/1.` at the end of a request line. RFC 9112, 3: recipients may
    /// treat "any form of whitespace as the SP separator while ignoring preceding or
    /// trailing whitespace"; as much of it as the tail holds.
    fn minor_version(&self) -> Option<u8> {
        let [before @ .., minor] = self.tail.trim_ascii_end() else { return None };
        let [.., space] = before.strip_suffix(PROTOCOL)? else { return None };
        (minor.is_ascii_digit() && matches!(space, b' ' | b'\t')).then_some(*minor)
    }

    /// A byte of a status line up to the status code; was it used? `None`: it is no status line.
    fn status_line(&mut self, byte: u8) -> Option<bool> {
        let space = matches!(byte, b' ' | b'\t');
        match self.at {
            At::Protocol if PROTOCOL.get(usize::from(self.count)) == Some(&byte) => {
                self.count += 1;
                if usize::from(self.count) == PROTOCOL.len() {
                    self.at = At::Minor;
                }
            }
            At::Minor if byte.is_ascii_digit() => {
                self.http10 = byte == b'0';
                self.at = At::MinorEnd;
            }
            At::MinorEnd if space => {
                self.count = 0;
                self.at = At::Status;
            }
            At::Status if self.count == 0 && space => {}
            At::Status if self.count < 3 && byte.is_ascii_digit() => {
                self.status = self.status * 10 + u16::from(byte - b'0');
                self.count += 1;
            }
            At::Status if self.count == 3 && (space || matches!(byte, b'\r' | b'\n')) => {
                self.at = At::Skip;
                return Some(false);
            }
            _ => return None,
        }
        Some(true)
    }

    /// The first byte of a line, or the one after a CR there; was it used?
    fn line_start(&mut self, byte: u8, anomalies: &mut Anomalies) -> (bool, Progress) {
        if self.at == At::LineStartCr {
            if byte == b'\n' {
                return (true, Progress::Complete);
            }
            self.at = At::Skip;
            return (false, Progress::More);
        }
        if matches!(byte, b' ' | b'\t') {
            // RFC 9112, 5.2: "replace each received obs-fold with one or more SP octets prior
            // to interpreting the field value"
            anomalies.insert(Anomaly::ObsFold);
            self.at = if self.field == Field::Other { At::Skip } else { At::Value };
            return (false, Progress::More);
        }
        self.end_field();
        match byte {
            b'\n' => {
                anomalies.insert(Anomaly::BareLf);
                (true, Progress::Complete)
            }
            b'\r' => {
                self.at = At::LineStartCr;
                (true, Progress::More)
            }
            _ => {
                // most names differ from those that matter in the first byte
                let begins_name = NAMES.iter().any(|name| name.first() == Some(&byte.to_ascii_lowercase()));
                self.at = if begins_name && !self.trailer { At::Name } else { At::Skip };
                self.word = Word::default();
                (false, Progress::More)
            }
        }
    }

    /// A byte of a field name or after it; was it used? A name that cannot matter is left
    /// to [`At::Skip`], its current byte included, for that may be a line end.
    fn name(&mut self, byte: u8, anomalies: &mut Anomalies) -> bool {
        let complete = self.word.complete(NAMES);
        match (byte, complete) {
            (b':', Some(name)) => {
                if self.at == At::NameSpace {
                    // RFC 9112, 5.1: "No whitespace is allowed between the field name and
                    // colon. In the past, differences in the handling of such whitespace
                    // have led to security vulnerabilities"
                    anomalies.insert(Anomaly::SpaceBeforeColon);
                }
                self.field = if name == 0 { Field::ContentLength } else { Field::TransferEncoding };
                if self.field == Field::TransferEncoding {
                    self.framing.transfer_encoding.begin();
                }
                self.at = At::Value;
                true
            }
            (b' ' | b'\t', Some(_)) => {
                self.at = At::NameSpace;
                true
            }
            _ if self.at == At::Name && self.word.step(NAMES, byte.to_ascii_lowercase()) => true,
            _ => {
                self.at = At::Skip;
                false
            }
        }
    }

    fn value(&mut self, byte: u8) {
        match self.field {
            Field::ContentLength => self.framing.content_length.byte(byte),
            Field::TransferEncoding => self.framing.transfer_encoding.byte(byte),
            Field::Other => {}
        }
    }

    /// The line that begins now does not continue the field before it.
    fn end_field(&mut self) {
        match std::mem::take(&mut self.field) {
            Field::ContentLength => self.framing.content_length.end_element(),
            Field::TransferEncoding => self.framing.transfer_encoding.end_element(),
            Field::Other => {}
        }
    }
}

/// A character of a token (RFC 9110, 5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
