//! One header or trailer section: start line and field lines, byte by byte where it
//! matters and from line end to line end where it does not.

use memchr::memchr3;

use super::anomaly::{Anomalies, Anomaly};
use super::fields::{Field, Keep, MAX_NAME_BYTES, Meta, Place, tag};
use super::framing::{Body, Framing};
use super::object::Buffer;
use super::outstanding::Method;
use super::target::user_info;
use super::words::{Word, Words};
use crate::event::Direction;
use crate::event::record::Record;

/// Longest header section of a message, trailers included, in bytes, that is not odd
/// ([`Anomaly::HeaderTooLong`]).
pub const MAX_HEADER_BYTES: u32 = 64 * 1024;

/// Longest method, in bytes. The longest registered one has 17.
pub const MAX_METHOD_BYTES: u8 = 32;

/// Bytes that are kept of a request's target.
const MAX_URL_BYTES: u16 = 512;

const PROTOCOL: &[u8] = b"HTTP/1.";

/// What a status line begins with.
const NAME: &[u8] = b"HTTP/";

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Method,
    /// The rest of a request line.
    Target,
    /// `HTTP/` of a status line.
    Protocol,
    Major,
    MajorEnd,
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

/// How a call to [`Head::feed`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All bytes were taken and the section goes on.
    More,
    /// The section's last byte was taken.
    Complete,
    /// The next byte, or the line just taken, is no start line.
    Bad,
    /// The line just taken is a request line without a protocol.
    NoProtocol,
}

/// Where a section puts what is kept of it.
#[derive(Debug)]
pub(super) struct Store<'a, const N: usize> {
    pub(super) record: &'a mut Record<N>,
    /// `record` has no more than so many bytes of this section.
    pub(super) limit: usize,
    pub(super) meta: &'a mut Meta,
    pub(super) anomalies: &'a mut Anomalies,
}

/// The state of one section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) framing: Framing,
    /// The last bytes of the request line so far, latest last.
    tail: [u8; 16],
    /// Bytes of the request line after the method and the white space behind it.
    target_len: u32,
    name: [u8; MAX_NAME_BYTES],
    name_len: u8,
    /// Of the list that is passing.
    words: Words,
    keep: Keep,
    /// Fields that were there, a bit each.
    seen: u16,
    status: u16,
    /// Bytes of the method, of `HTTP/`, or digits of the status so far.
    count: u8,
    at: At,
    field: Field,
    direction: Direction,
    /// The last byte taken was a CR that may end a line.
    cr: bool,
    major: u8,
    minor: u8,
    /// Fields of a trailer section frame nothing.
    trailer: bool,
    method: Method,
    /// The request line is complete and was not fetched yet.
    request: bool,
    /// The request line has no protocol.
    simple: bool,
    /// Something did not fit into what is kept of it.
    pub(super) truncated: bool,
}

impl Default for Head {
    fn default() -> Self {
        Self::new(Direction::ToServer)
    }
}

impl Head {
    /// A new message of this direction.
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            framing: Framing::default(),
            tail: [0; 16],
            target_len: 0,
            name: [0; MAX_NAME_BYTES],
            name_len: 0,
            words: Words::default(),
            keep: Keep::default(),
            seen: 0,
            status: 0,
            count: 0,
            at: match direction {
                Direction::ToServer => At::Method,
                Direction::ToClient => At::Protocol,
            },
            field: Field::Other,
            direction,
            cr: false,
            major: b'1',
            minor: 0,
            trailer: false,
            method: Method::Other,
            request: false,
            simple: false,
            truncated: false,
        }
    }

    /// A trailer section, at the start of its first line.
    pub(super) fn trailer(direction: Direction) -> Self {
        Self { at: At::LineStart, trailer: true, ..Self::new(direction) }
    }

    /// A trailer section whose first line began with a CR that did not end it.
    pub(super) fn trailer_in_line(direction: Direction) -> Self {
        Self { at: At::Skip, ..Self::trailer(direction) }
    }

    /// Can a start line of this direction begin with this byte?
    pub(super) fn begins_with(direction: Direction, byte: u8) -> bool {
        match direction {
            Direction::ToServer => is_tchar(byte),
            Direction::ToClient => matches!(byte, b'H' | b'h'),
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

    /// Its line was a request without a protocol.
    pub(super) fn is_simple(&self) -> bool {
        self.simple
    }

    /// The protocol of the start line.
    pub(super) fn protocol(&self) -> [u8; 8] {
        [b'H', b'T', b'T', b'P', b'/', self.major, b'.', self.minor]
    }

    /// The field was there.
    pub(super) fn has(&self, field: Field) -> bool {
        self.seen & 1 << (field as u16) != 0
    }

    /// The message is of HTTP/1.0.
    pub(super) fn is_http10(&self) -> bool {
        self.major == b'1' && self.minor == b'0'
    }

    /// What follows this request's head.
    pub(super) fn request_body(&self, anomalies: &mut Anomalies) -> Body {
        self.framing.request_body(self.is_http10(), anomalies)
    }

    /// What follows this response's head, given the method it answers.
    pub(super) fn response_body(&self, method: Method, anomalies: &mut Anomalies) -> Body {
        self.framing.response_body(method, self.status, self.is_http10(), anomalies)
    }

    /// Takes bytes up to the end of the section; says how many were taken.
    pub(super) fn feed<const N: usize>(&mut self, bytes: &[u8], store: &mut Store<'_, N>) -> (usize, Progress) {
        let mut pos = 0;
        let mut progress = Progress::More;
        while progress == Progress::More {
            let rest = bytes.get(pos..).unwrap_or_default();
            let Some(&byte) = rest.first() else { break };
            let used;
            (used, progress) = match self.at {
                At::Skip | At::Target | At::Value => self.in_line(byte, rest, store),
                At::LineStart | At::LineStartCr => {
                    let (used, progress) = self.line_start(byte, store);
                    (usize::from(used), progress)
                }
                At::Name | At::NameSpace => (self.name(byte, rest, store), Progress::More),
                At::Method => self.method(rest, store),
                At::Protocol | At::Major | At::MajorEnd | At::Minor | At::MinorEnd | At::Status => {
                    match self.status_line(byte, store) {
                        Some(used) => (usize::from(used), Progress::More),
                        None => (0, Progress::Bad),
                    }
                }
            };
            pos += used;
        }
        (pos, progress)
    }

    /// Takes what is left of a line, or some of it.
    fn in_line<const N: usize>(&mut self, byte: u8, rest: &[u8], store: &mut Store<'_, N>) -> (usize, Progress) {
        if std::mem::take(&mut self.cr) {
            if byte == b'\n' {
                return (1, self.end_line(store));
            }
            self.stray(b'\r', store);
        }
        let stop = memchr3(b'\n', b'\r', 0, rest);
        let taken = rest.get(..stop.unwrap_or(rest.len())).unwrap_or_default();
        if self.at != At::Skip {
            self.text(taken, store);
        }
        match rest.get(taken.len()..).unwrap_or_default() {
            [] => (taken.len(), Progress::More),
            [b'\r', b'\n', ..] => (taken.len() + 2, self.end_line(store)),
            [b'\n', ..] => {
                // RFC 9112, 2.2: "Although the line terminator for the start-line and fields is the sequence CRLF, a
                // recipient MAY recognize a single LF as a line terminator and ignore any preceding CR."
                store.anomalies.insert(Anomaly::BareLf);
                (taken.len() + 1, self.end_line(store))
            }
            [b'\r'] => {
                self.cr = true;
                (taken.len() + 1, Progress::More)
            }
            [odd, ..] => {
                self.stray(*odd, store);
                (taken.len() + 1, Progress::More)
            }
        }
    }

    /// A CR within a line, or a NUL. RFC 9110, 5.5: "Field values containing CR, LF, or NUL characters are invalid and
    /// dangerous, due to the varying ways that implementations might parse and interpret those characters".
    #[cold]
    fn stray<const N: usize>(&mut self, byte: u8, store: &mut Store<'_, N>) {
        store.anomalies.insert(if byte == 0 { Anomaly::Nul } else { Anomaly::BareCr });
        self.text(&[byte], store);
    }

    /// Bytes of a line without its end.
    fn text<const N: usize>(&mut self, piece: &[u8], store: &mut Store<'_, N>) {
        match (self.at, self.field) {
            (At::Target, _) => {
                let leading = if self.target_len == 0 { piece.len() - piece.trim_ascii_start().len() } else { 0 };
                let piece = piece.get(leading..).unwrap_or_default();
                self.target_len = self.target_len.saturating_add(u32::try_from(piece.len()).unwrap_or(u32::MAX));
                self.keep_tail(piece);
                self.keep_text(piece, store);
            }
            (At::Value, Field::ContentLength) => {
                piece.iter().for_each(|&byte| self.framing.content_length.byte(byte));
            }
            (At::Value, field) if field.is_list() => {
                piece.iter().for_each(|&byte| self.list_byte(byte, store.meta));
            }
            (At::Value, _) => self.keep_text(piece, store),
            _ => {}
        }
    }

    /// The next byte of a value that is a list.
    fn list_byte(&mut self, byte: u8, meta: &mut Meta) {
        if self.field == Field::TransferEncoding {
            self.framing.transfer_encoding.byte(byte);
        }
        if let Some(word) = self.words.byte(byte) {
            self.word(self.field, &word, meta);
        }
    }

    fn word(&mut self, field: Field, word: &Word, meta: &mut Meta) {
        match field {
            Field::TransferEncoding => {
                self.framing.transfer_encoding.word(word);
                meta.transfer_codings.add(word);
            }
            Field::ContentEncoding => meta.content_codings.add(word),
            _ => meta.extensions.word(word),
        }
    }

    /// Appends to the text that is open, as far as its limit allows.
    fn keep_text<const N: usize>(&mut self, piece: &[u8], store: &mut Store<'_, N>) {
        let keep = self.keep;
        let cut = match keep.place {
            Place::Nowhere => false,
            Place::Event => append(store.record, piece, usize::from(keep.most), store.limit),
            Place::Meta => append(&mut store.meta.values, piece, usize::from(keep.most), usize::MAX),
        };
        self.truncated |= cut;
    }

    fn begin_text<const N: usize>(&mut self, keep: Keep, store: &mut Store<'_, N>) {
        self.keep = keep;
        match keep.place {
            Place::Nowhere => {}
            Place::Event => store.record.begin(keep.tag),
            Place::Meta => store.meta.values.begin(keep.tag),
        }
    }

    fn end_text<const N: usize>(&mut self, store: &mut Store<'_, N>) {
        match std::mem::take(&mut self.keep.place) {
            Place::Nowhere => {}
            Place::Event => {
                store.record.trim_end();
                store.record.end();
            }
            Place::Meta => {
                store.meta.values.trim_end();
                store.meta.values.end();
            }
        }
    }

    /// A line is complete.
    #[inline]
    fn end_line<const N: usize>(&mut self, store: &mut Store<'_, N>) -> Progress {
        if self.at == At::Skip {
            self.at = At::LineStart;
            return Progress::More;
        }
        self.end_kept_line(store)
    }

    fn end_kept_line<const N: usize>(&mut self, store: &mut Store<'_, N>) -> Progress {
        let at = std::mem::replace(&mut self.at, At::LineStart);
        match (at, self.field) {
            (At::Target, _) => self.end_request_line(store),
            (At::Value, Field::ContentLength) => {
                self.framing.content_length.byte(b'\n');
                Progress::More
            }
            (At::Value, field) if field.is_list() => {
                self.list_byte(b'\n', store.meta);
                Progress::More
            }
            _ => Progress::More,
        }
    }

    /// The target ends where the protocol's white space begins.
    fn end_request_line<const N: usize>(&mut self, store: &mut Store<'_, N>) -> Progress {
        let Some((minor, suffix)) = self.minor_version() else {
            let target = store.record.open_text().trim_ascii_end();
            let alone = target.starts_with(b"/") && !target.contains(&b' ');
            self.end_text(store);
            self.simple = alone;
            return if alone { Progress::NoProtocol } else { Progress::Bad };
        };
        let target = usize::try_from(self.target_len).unwrap_or(usize::MAX).saturating_sub(suffix);
        self.truncated &= target > store.record.open_text().len();
        let cut = target > store.record.open_text().len();
        store.record.shorten(target);
        hide_user(store.record, self.method == Method::Connect, cut);
        self.end_text(store);
        self.minor = minor;
        append_text(store.record, store.limit, tag::PROTOCOL, &self.protocol());
        self.request = true;
        Progress::More
    }

    fn method<const N: usize>(&mut self, rest: &[u8], store: &mut Store<'_, N>) -> (usize, Progress) {
        if self.count == 0 {
            store.record.begin(tag::METHOD);
        }
        let room = usize::from(MAX_METHOD_BYTES - self.count);
        let length = rest.iter().take(room).take_while(|byte| is_tchar(**byte)).count();
        let piece = rest.get(..length).unwrap_or_default();
        store.record.more(piece);
        self.count += u8::try_from(length).unwrap_or(0);
        let Some(byte) = rest.get(length) else { return (length, Progress::More) };
        self.method = match store.record.open_text() {
            b"HEAD" => Method::Head,
            b"CONNECT" => Method::Connect,
            _ => Method::Other,
        };
        store.record.end();
        if self.count == 0 || !matches!(byte, b' ' | b'\t') {
            return (length, Progress::Bad);
        }
        self.at = At::Target;
        self.begin_text(Keep { place: Place::Event, tag: tag::URL, most: MAX_URL_BYTES }, store);
        (length, Progress::More)
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

    /// The digit after `HTTP/1.` at the end of a request line, and how many bytes lie behind the target. RFC 9112, 3:
    /// recipients may treat "any form of whitespace as the SP separator while ignoring preceding or
    /// trailing whitespace"; as much of it as the tail holds.
    fn minor_version(&self) -> Option<(u8, usize)> {
        let [before @ .., minor] = self.tail.trim_ascii_end() else { return None };
        let target = before.strip_suffix(PROTOCOL)?;
        let [.., space] = target else { return None };
        let white = minor.is_ascii_digit() && matches!(space, b' ' | b'\t');
        white.then(|| (*minor, self.tail.len() - target.trim_ascii_end().len()))
    }

    /// A byte of a status line up to the status code; was it used? `None`: it is no status line. Clients take the protocol in
    /// small letters, another version, and words that stand directly behind the code.
    fn status_line<const N: usize>(&mut self, byte: u8, store: &mut Store<'_, N>) -> Option<bool> {
        let space = matches!(byte, b' ' | b'\t');
        match self.at {
            At::Protocol if NAME.get(usize::from(self.count)) == Some(&byte.to_ascii_uppercase()) => {
                if byte.is_ascii_lowercase() {
                    store.anomalies.insert(Anomaly::BadStartLine);
                }
                self.count += 1;
                if usize::from(self.count) == NAME.len() {
                    self.at = At::Major;
                }
            }
            At::Major if byte.is_ascii_digit() => {
                if byte != b'1' {
                    store.anomalies.insert(Anomaly::BadStartLine);
                }
                self.major = byte;
                self.at = At::MajorEnd;
            }
            At::MajorEnd if byte == b'.' => self.at = At::Minor,
            At::MajorEnd if space => {
                store.anomalies.insert(Anomaly::BadStartLine);
                (self.minor, self.count) = (b'0', 0);
                self.at = At::Status;
            }
            At::Minor if byte.is_ascii_digit() => {
                self.minor = byte;
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
            At::Status if self.count == 3 && !byte.is_ascii_digit() => {
                if !space && !matches!(byte, b'\r' | b'\n') {
                    store.anomalies.insert(Anomaly::BadStartLine);
                }
                store.record.number(tag::STATUS, u64::from(self.status));
                self.at = At::Skip;
                return Some(false);
            }
            _ => return None,
        }
        Some(true)
    }

    /// The first byte of a line, or the one after a CR there; was it used?
    fn line_start<const N: usize>(&mut self, byte: u8, store: &mut Store<'_, N>) -> (bool, Progress) {
        if self.at == At::LineStartCr {
            if byte == b'\n' {
                return (true, Progress::Complete);
            }
            store.anomalies.insert(Anomaly::BareCr);
            // several before the line end are one to servers and clients
            let again = byte == b'\r';
            self.at = if again { At::LineStartCr } else { At::Skip };
            return (again, Progress::More);
        }
        if matches!(byte, b' ' | b'\t') {
            // RFC 9112, 5.2: "replace each received obs-fold with one or more SP octets prior
            // to interpreting the field value"
            store.anomalies.insert(Anomaly::ObsFold);
            if self.field.frames() {
                store.anomalies.insert(Anomaly::ObscuredFraming);
            }
            self.at = if self.field == Field::Other { At::Skip } else { At::Value };
            return (false, Progress::More);
        }
        self.end_field(store);
        match byte {
            b'\n' => {
                store.anomalies.insert(Anomaly::BareLf);
                (true, Progress::Complete)
            }
            b'\r' => {
                self.at = At::LineStartCr;
                (true, Progress::More)
            }
            _ => {
                // most names differ from those that matter in the first byte
                self.at = if !Field::that_begin_with(byte).is_empty() && !self.trailer { At::Name } else { At::Skip };
                self.name_len = 0;
                (false, Progress::More)
            }
        }
    }

    /// Bytes of a field name or after it; how many were used? A name that cannot matter is left
    /// to [`At::Skip`], its current byte included, for that may be a line end.
    fn name<const N: usize>(&mut self, byte: u8, rest: &[u8], store: &mut Store<'_, N>) -> usize {
        if self.name_len == 0 && rest.len() > MAX_NAME_BYTES {
            for (field, name) in Field::that_begin_with(byte) {
                let (Some(found), Some(behind)) = (rest.get(..name.len()), rest.get(name.len())) else { continue };
                match behind {
                    b':' if found.eq_ignore_ascii_case(name) => {
                        self.begin_field(*field, false, store);
                        return name.len() + 1;
                    }
                    b' ' | b'\t' if found.eq_ignore_ascii_case(name) => return self.name_byte(byte, store),
                    _ => {}
                }
            }
            self.at = At::Skip;
            return 0;
        }
        self.name_byte(byte, store)
    }

    /// One byte of it: where the name is cut, or looks odd.
    fn name_byte<const N: usize>(&mut self, byte: u8, store: &mut Store<'_, N>) -> usize {
        let field = Field::of(self.name.get(..usize::from(self.name_len)).unwrap_or_default());
        match (byte, field) {
            (b':', Field::Other) => self.at = At::Skip,
            (b':', field) => {
                self.begin_field(field, self.at == At::NameSpace, store);
                return 1;
            }
            (b' ' | b'\t', Field::Other) => self.at = At::Skip,
            (b' ' | b'\t', _) => {
                self.at = At::NameSpace;
                return 1;
            }
            _ => match self.name.get_mut(usize::from(self.name_len)) {
                Some(place) if self.at == At::Name && !matches!(byte, b'\r' | b'\n' | 0) => {
                    *place = byte;
                    self.name_len += 1;
                    return 1;
                }
                _ => self.at = At::Skip,
            },
        }
        0
    }

    fn begin_field<const N: usize>(&mut self, field: Field, spaced: bool, store: &mut Store<'_, N>) {
        if spaced && field.frames() {
            // RFC 9112, 5.1: "No whitespace is allowed between the field name and
            // colon. In the past, differences in the handling of such whitespace
            // have led to security vulnerabilities"
            store.anomalies.insert(Anomaly::ObscuredFraming);
        }
        self.field = field;
        self.at = At::Value;
        if field == Field::TransferEncoding {
            self.framing.transfer_encoding.begin();
        }
        let again = self.has(field);
        self.seen |= 1 << (field as u16);
        if again && field == Field::Host {
            store.anomalies.insert(Anomaly::RepeatedHost);
        }
        let keep = if again && !field.is_list() { Keep::default() } else { field.keep(self.direction) };
        self.begin_text(keep, store);
    }

    /// The line that begins now does not continue the field before it.
    fn end_field<const N: usize>(&mut self, store: &mut Store<'_, N>) {
        self.end_text(store);
        match std::mem::take(&mut self.field) {
            Field::ContentLength => self.framing.content_length.end_element(),
            field if field.is_list() => {
                if let Some(word) = self.words.end() {
                    self.word(field, &word, store.meta);
                }
            }
            _ => {}
        }
    }
}

/// Appends a piece to the text that is open, which gets no longer than `most`, nor the record longer than `limit`; true
/// when something was left out. White space at its beginning is none of it.
fn append<const N: usize>(record: &mut Record<N>, piece: &[u8], most: usize, limit: usize) -> bool {
    let have = record.open_text().len();
    let piece = if have == 0 { piece.trim_ascii_start() } else { piece };
    let room = most.saturating_sub(have).min(limit.saturating_sub(record.bytes().len()));
    let fits = piece.get(..room).unwrap_or(piece);
    record.more(fits);
    record.open_text().len() < have + piece.trim_ascii_end().len()
}

/// Takes the name and password of a user out of the target that is open: events have none.
fn hide_user<const N: usize>(record: &mut Record<N>, connect: bool, cut: bool) {
    let target = record.open_text();
    let Some(user) = user_info(target, connect, cut) else { return };
    let mut behind: Buffer<{ MAX_URL_BYTES as usize }> = Buffer::new();
    behind.push(target.get(user.end..).unwrap_or_default());
    record.shorten(user.start);
    record.more(behind.bytes());
}

/// Appends a text that is there as a whole, if there is room for all of it.
pub(super) fn append_text<const N: usize>(record: &mut Record<N>, limit: usize, tag: u8, text: &[u8]) {
    if record.bytes().len() + text.len() + 4 <= limit.min(N) {
        record.text(tag, text);
    }
}

/// A character of a token (RFC 9110, 5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
