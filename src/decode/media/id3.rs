//! ID3 (version 2.2 to 2.4, and 1): frames of a tag, of which those with texts are read.

use super::super::cut::Cut;
use super::super::decoder::{Field, Out, take};
use super::super::metadata::{Held, LATIN, Sheet, TEXT_ROOM, Texts, object};
use super::super::parts::until_zero;

/// A tag's header.
pub(super) const HEADER: usize = 10;
/// Flags of a tag (2.4, section 3.1): bytes were put into it so that nothing in it looks like sound; a header goes on.
const UNSYNCHRONISED: u8 = 0x80;
const EXTENDED: u8 = 0x40;
const FOOTER: u8 = 0x10;

/// Whether bytes begin a tag, and how long it is behind its header.
pub(super) fn header(bytes: &[u8]) -> Option<u64> {
    match *bytes.first_chunk::<HEADER>()? {
        [b'I', b'D', b'3', 2..=4, minor, flags, size @ ..] if minor != 0xff && flags & 0x0f == 0 => {
            let footer = if flags & FOOTER == 0 { 0 } else { HEADER as u64 };
            Some(u64::from(synchsafe(size)?) + footer)
        }
        _ => None,
    }
}

/// A number of which each byte has seven bits (section 6.2).
fn synchsafe(bytes: [u8; 4]) -> Option<u32> {
    bytes.iter().all(|byte| *byte < 0x80).then(|| bytes.iter().fold(0, |number, byte| number << 7 | u32::from(*byte)))
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    /// The length of the extended header, and so many bytes of that.
    Extended,
    Skip(u64),
    Frame,
    Body(u64),
    /// Zeros up to the end of the tag.
    Padding,
}

/// Reads the frames of a tag, piece by piece.
#[derive(Debug)]
pub(super) struct Frames {
    state: State,
    field: Field<HEADER>,
    /// What the frame is called, and its flags.
    id: [u8; 4],
    flags: u16,
    version: u8,
    unsynchronised: bool,
    /// The last byte was 0xff, behind which a zero means nothing.
    mark: bool,
    held: Held,
    sheet: Sheet,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self {
            state: State::Header,
            field: Field::EMPTY,
            id: [0; 4],
            flags: 0,
            version: 4,
            unsynchronised: false,
            mark: false,
            held: Held::with_room(TEXT_ROOM),
            sheet: Sheet::NEW,
        }
    }

    pub(super) fn clear(&mut self) {
        self.state = State::Header;
        self.field.clear();
        (self.unsynchronised, self.mark) = (false, false);
        self.held.clear();
        self.sheet = Sheet::NEW;
    }

    /// Bytes of a tag, its header with them. False when no more is wanted.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut dyn Out) -> bool {
        let mut input = bytes;
        let mut go_on = true;
        while go_on && !input.is_empty() {
            if !self.unsynchronised {
                return self.frames(&mut input, out);
            }
            // What was put in is taken out again.
            if std::mem::take(&mut self.mark) && input.first() == Some(&0) {
                take(&mut input, 1);
                continue;
            }
            let end = memchr::memchr(0xff, input).map_or(input.len(), |at| at + 1);
            let mut part = take(&mut input, end as u64);
            self.mark = part.last() == Some(&0xff);
            go_on = self.frames(&mut part, out);
        }
        go_on
    }

    /// The tag is over. False when no more is wanted.
    pub(super) fn end(&mut self, out: &mut dyn Out) -> bool {
        let go_on = match self.state {
            // The rest of a frame is not there.
            State::Body(_) => self.frame(out),
            _ => true,
        };
        let go_on = self.sheet.end(out) && go_on;
        self.clear();
        go_on
    }

    fn frames(&mut self, input: &mut &[u8], out: &mut dyn Out) -> bool {
        loop {
            match self.state {
                State::Skip(0) => self.state = State::Frame,
                State::Body(0) => {
                    self.state = State::Frame;
                    if !self.frame(out) {
                        return false;
                    }
                }
                _ if input.is_empty() => return true,
                State::Header => {
                    if self.field.fill(input, HEADER) {
                        let header = self.field;
                        self.field.clear();
                        let [_, _, _, version, _, flags, ..] = *header.get() else { return true };
                        self.version = version;
                        self.state = if flags & EXTENDED != 0 && version > 2 { State::Extended } else { State::Frame };
                        // In 2.4 each frame says it for itself.
                        if flags & UNSYNCHRONISED != 0 && version < 4 {
                            self.unsynchronised = true;
                            let rest = std::mem::take(input);
                            return self.push(rest, out);
                        }
                    }
                }
                State::Extended => {
                    if self.field.fill(input, 4) {
                        let field = self.field.get().first_chunk::<4>().copied().unwrap_or_default();
                        self.field.clear();
                        // In 2.4 its own four bytes count.
                        let length = match self.version {
                            4 => synchsafe(field).unwrap_or(0).saturating_sub(4),
                            _ => u32::from_be_bytes(field),
                        };
                        self.state = State::Skip(u64::from(length));
                    }
                }
                State::Skip(left) => {
                    let skipped = take(input, left).len() as u64;
                    self.state = State::Skip(left - skipped);
                }
                State::Frame => self.frame_header(input),
                State::Body(left) => {
                    let bytes = take(input, left);
                    if self.is_read() {
                        self.held.append(bytes);
                    }
                    self.state = State::Body(left - bytes.len() as u64);
                }
                State::Padding => {
                    *input = &[];
                    return true;
                }
            }
        }
    }

    fn frame_header(&mut self, input: &mut &[u8]) {
        let length = if self.version == 2 { 6 } else { HEADER };
        if !self.field.fill(input, length) {
            return;
        }
        let header = self.field;
        self.field.clear();
        self.held.clear();
        let (id, size, flags) = match *header.get() {
            [a, b, c, s0, s1, s2] => ([a, b, c, 0], Some(u32::from_be_bytes([0, s0, s1, s2])), [0; 2]),
            [a, b, c, d, s0, s1, s2, s3, f0, f1] => {
                let size = [s0, s1, s2, s3];
                let size = if self.version == 4 { synchsafe(size) } else { Some(u32::from_be_bytes(size)) };
                ([a, b, c, d], size, [f0, f1])
            }
            _ => ([0; 4], None, [0; 2]),
        };
        (self.id, self.flags) = (id, u16::from_be_bytes(flags));
        let is_id = self.id.first().is_some_and(u8::is_ascii_uppercase);
        self.state = match size.filter(|_| is_id) {
            Some(size) => State::Body(u64::from(size)),
            None => State::Padding,
        };
    }

    /// Whether the frame is one of those that are read.
    fn is_read(&self) -> bool {
        matches!(
            &self.id,
            [b'T' | b'W', ..] | b"COMM" | b"COM\0" | b"USLT" | b"ULT\0" | b"IPLS" | b"IPL\0" | b"USER" | b"PRIV"
        )
    }

    /// A frame is over. False when no more is wanted.
    fn frame(&mut self, out: &mut dyn Out) -> bool {
        // Encrypted, packed, with a byte of a group, with its length unpacked; in 2.4 unsynchronised by itself.
        let (encrypted, packed, grouped, sized, unsynchronised) = match self.version {
            4 => (
                self.flags & 4 != 0,
                self.flags & 8 != 0,
                self.flags & 0x40 != 0,
                self.flags & 1 != 0,
                self.flags & 2 != 0,
            ),
            _ => {
                (self.flags & 0x40 != 0, self.flags & 0x80 != 0, self.flags & 0x20 != 0, self.flags & 0x80 != 0, false)
            }
        };
        if !self.is_read() {
            return true;
        }
        if encrypted {
            out.cut(Cut::Encrypted);
            return true;
        }
        if unsynchronised {
            self.held.resynchronise();
        }
        let front = usize::from(grouped) + 4 * usize::from(sized);
        let body = self.held.get().get(front..).unwrap_or(&[]);
        let xmp = body.strip_prefix(b"XMP\0").filter(|_| self.id == *b"PRIV");
        if let Some(found) = if packed { Some(body) } else { xmp } {
            return self.sheet.end(out) && object(found, out);
        }
        if self.id != *b"PRIV" {
            frame(self.id, body, &mut self.sheet.on(out));
        }
        true
    }
}

/// Texts of a frame.
fn frame(id: [u8; 4], body: &[u8], texts: &mut Texts<'_>) {
    let address = |body: &[u8], texts: &mut Texts<'_>| texts.line(until_zero(body), Some(LATIN));
    let is_address = id.first() == Some(&b'W');
    if is_address && !matches!(&id, b"WXXX" | b"WXX\0") {
        return address(body, texts);
    }
    let Some((encoding, rest)) = body.split_first() else { return };
    let front = if matches!(&id, b"COMM" | b"COM\0" | b"USLT" | b"ULT\0" | b"USER") { 3 } else { 0 };
    let mut rest = rest.get(front..).unwrap_or(&[]);
    if is_address {
        let (description, behind) = split(*encoding, rest);
        text(*encoding, description, texts);
        return address(behind, texts);
    }
    // Several are in one frame, a zero between them.
    while !rest.is_empty() {
        let (one, behind) = split(*encoding, rest);
        text(*encoding, one, texts);
        rest = behind;
    }
}

/// A text up to its zero, and what stands behind it.
fn split(encoding: u8, bytes: &[u8]) -> (&[u8], &[u8]) {
    let (end, zeros) = match encoding {
        1 | 2 => (bytes.chunks_exact(2).position(|unit| unit == [0, 0]).map(|at| 2 * at), 2),
        _ => (memchr::memchr(0, bytes), 1),
    };
    let end = end.unwrap_or(bytes.len());
    (bytes.get(..end).unwrap_or(&[]), bytes.get(end + zeros..).unwrap_or(&[]))
}

fn text(encoding: u8, bytes: &[u8], texts: &mut Texts<'_>) {
    match encoding {
        0 => texts.line(bytes, Some(LATIN)),
        1 => texts.wide(bytes, true),
        2 => texts.wide(bytes, false),
        _ => texts.plain(bytes),
    }
}
