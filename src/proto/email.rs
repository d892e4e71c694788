//! What the header of a message says of it (RFC 5322 section 3.6), read while the message passes.
//!
//! Fields are told as they stand, without the line ends that folding has put into them (section 2.2.3); of fields that
//! come several times the first counts. Addresses of To and Cc are told one by one. The reader stops where the header ends: a body
//! costs it nothing.
//!
//! # Limits
//!
//! [`KNOWN`] says how much of each field is told; `email.truncated` says that one had more. A hole ends the reading.

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail loudly
mod tests;

use memchr::memchr;

use crate::event::record::Record;

/// Keys of a layout whose tags begin with `BASE`, in their order.
#[cfg(test)]
pub(in crate::proto) const KEYS: [&str; 9] = [
    "/email.from",
    "/email.to[]",
    "/email.cc[]",
    "/email.subject",
    "/email.date",
    "/email.message_id",
    "/email.x_mailer",
    "/email.status",
    "/email.truncated",
];
const STATUS: u8 = 7;
const TRUNCATED: u8 = 8;

/// A field that is told.
#[derive(Debug)]
struct Known {
    name: &'static [u8],
    /// Bytes of it that are told; of a list, four more count for each address.
    limit: usize,
    is_list: bool,
}

/// Fields that are told, in the order of their keys.
const KNOWN: [Known; 7] = [
    Known { name: b"From", limit: 256, is_list: false },
    Known { name: b"To", limit: 384, is_list: true },
    Known { name: b"Cc", limit: 192, is_list: true },
    Known { name: b"Subject", limit: 256, is_list: false },
    Known { name: b"Date", limit: 64, is_list: false },
    Known { name: b"Message-ID", limit: 192, is_list: false },
    Known { name: b"X-Mailer", limit: 96, is_list: false },
];

/// Bytes before a value in a record.
const PREFIX: usize = 4;

/// What all of them take in a record.
const FIELDS_BYTES: usize = {
    let [from, to, cc, subject, date, id, mailer] = &KNOWN;
    let limits = from.limit + to.limit + cc.limit + subject.limit + date.limit + id.limit + mailer.limit;
    limits + KNOWN.len() * PREFIX
};

/// Longest name of a field: RFC 5322 section 2.1.1 allows lines of so many bytes.
const MAX_NAME: u16 = 998;

/// So much of a name is kept, to know it by; one byte more than the longest that is known tells others.
const NAME_BYTES: usize = 11;

/// Where in a message the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// Behind the header, or nowhere: it is not read.
    #[default]
    Over,
    /// At the beginning of a line.
    Line,
    /// Behind a CR that begins a line.
    LineCr,
    /// In the name of a field.
    Name,
    /// In the blanks between a name and its colon (section 4.5).
    Blanks,
    /// In the value of the field that is open.
    Value,
    /// In a line that is not told.
    Skipped,
}

/// Where in a list of addresses the next byte stands.
#[derive(Clone, Copy, Debug, Default)]
struct Within {
    quoted: bool,
    /// Behind a backslash.
    escaped: bool,
    bracketed: bool,
    /// Comments within comments.
    comments: u8,
}

impl Within {
    /// Whether a byte separates two addresses.
    fn separates(&mut self, byte: u8) -> bool {
        if std::mem::take(&mut self.escaped) {
            return false;
        }
        match byte {
            b'\\' => self.escaped = self.quoted || self.comments > 0,
            b'(' if !self.quoted => self.comments = self.comments.saturating_add(1),
            b')' if !self.quoted => self.comments = self.comments.saturating_sub(1),
            b'"' if self.comments == 0 => self.quoted ^= true,
            b'<' if !self.quoted && self.comments == 0 => self.bracketed = true,
            b'>' if !self.quoted && self.comments == 0 => self.bracketed = false,
            b',' => return !self.quoted && !self.bracketed && self.comments == 0,
            _ => {}
        }
        false
    }
}

/// The header of one message. `BASE` is the tag of the first of its keys in the protocol's layout. [`Default`] is one
/// of which nothing was seen, and which is not read until it [begins](Self::begin).
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Email<const BASE: u8> {
    at: At,
    /// A CR stands before the next byte of the value.
    cr: bool,
    within: Within,
    name: [u8; NAME_BYTES],
    name_len: u16,
    /// The first line has passed.
    past_first: bool,
    /// The header's end was seen.
    past_header: bool,
    /// The field that is open, in `KNOWN`.
    field: Option<u8>,
    /// Those that were there, a bit each.
    seen: u8,
    /// Bytes that the open list has.
    listed: u16,
    truncated: bool,
    fields: Record<FIELDS_BYTES>,
}

impl<const BASE: u8> Email<BASE> {
    /// A message begins.
    pub(in crate::proto) fn begin(&mut self) {
        self.clear();
        self.at = At::Line;
    }

    /// Forgets it.
    pub(in crate::proto) const fn clear(&mut self) {
        self.at = At::Over;
        (self.cr, self.past_first, self.past_header, self.truncated) = (false, false, false, false);
        (self.field, self.seen) = (None, 0);
        self.fields.clear();
    }

    /// Bytes were lost: what follows may be anything.
    pub(in crate::proto) fn lose(&mut self) {
        if self.at != At::Over {
            self.truncated |= self.at == At::Value;
            self.close();
            self.at = At::Over;
        }
    }

    /// Nothing of it is known.
    pub(in crate::proto) const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields of a message that goes no further, and how far it got: to be told together.
    pub(in crate::proto) fn told(&mut self, complete: bool) -> (&[u8], Record<64>) {
        self.close();
        let mut outcome = Record::default();
        if !self.is_empty() {
            // Suricata's words
            outcome.text(
                BASE + STATUS,
                match (complete, self.past_header) {
                    (true, _) => b"PARSE_DONE",
                    (false, true) => b"BODY_STARTED",
                    (false, false) => b"HEADER_STARTED",
                },
            );
            if self.truncated {
                outcome.flag(BASE + TRUNCATED, true);
            }
        }
        (self.fields.bytes(), outcome)
    }

    /// Takes the next bytes of the message.
    pub(in crate::proto) fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            match self.at {
                At::Over => return,
                At::Skipped => {
                    let Some(end) = memchr(b'\n', rest) else { return };
                    self.at = At::Line;
                    rest = rest.get(end + 1..).unwrap_or(&[]);
                    continue;
                }
                At::Line => self.line(byte),
                At::LineCr => self.end_header(),
                At::Name => self.name(byte),
                At::Blanks => match byte {
                    b':' => self.begin_value(),
                    b' ' | b'\t' => {}
                    _ => self.end_header(),
                },
                At::Value => self.value(byte),
            }
            rest = after;
        }
    }

    fn line(&mut self, byte: u8) {
        match byte {
            b'\r' => self.at = At::LineCr,
            b' ' | b'\t' if self.field.is_some() => {
                self.at = At::Value;
                self.value(byte);
            }
            b' ' | b'\t' => self.at = At::Skipped,
            b'!'..=b'~' if byte != b':' => {
                self.close();
                (self.at, self.name_len) = (At::Name, 0);
                self.name(byte);
            }
            _ => self.end_header(),
        }
    }

    fn name(&mut self, byte: u8) {
        match byte {
            b':' => self.begin_value(),
            // the line that stands before a message in an mbox file (RFC 4155)
            b' ' if !self.past_first && self.name_is(b"From") => {
                (self.at, self.past_first) = (At::Skipped, true);
            }
            b' ' | b'\t' => self.at = At::Blanks,
            b'!'..=b'~' if self.name_len < MAX_NAME => {
                if let Some(place) = self.name.get_mut(usize::from(self.name_len)) {
                    *place = byte;
                }
                self.name_len += 1;
            }
            _ => self.end_header(),
        }
    }

    fn name_is(&self, name: &[u8]) -> bool {
        self.name.get(..usize::from(self.name_len)).is_some_and(|kept| kept.eq_ignore_ascii_case(name))
    }

    fn begin_value(&mut self) {
        (self.at, self.past_first) = (At::Skipped, true);
        for (index, known) in (0u8..).zip(&KNOWN) {
            if self.name_is(known.name) && self.seen & (1 << index) == 0 {
                self.seen |= 1 << index;
                (self.at, self.field, self.listed, self.cr) = (At::Value, Some(index), 0, false);
                self.within = Within::default();
            }
        }
    }

    fn value(&mut self, byte: u8) {
        if byte == b'\n' {
            (self.at, self.cr) = (At::Line, false);
            return;
        }
        if std::mem::replace(&mut self.cr, byte == b'\r') {
            self.put(b'\r');
        }
        if byte != b'\r' {
            self.put(byte);
        }
    }

    /// The next byte of the open field.
    fn put(&mut self, byte: u8) {
        let Some(field) = self.field else { return };
        let Some(known) = KNOWN.get(usize::from(field)) else { return };
        if known.is_list && self.within.separates(byte) {
            return self.close_text();
        }
        let is_blank = byte.is_ascii_whitespace();
        let open = self.fields.open_text().len();
        if is_blank && open == 0 {
            return;
        }
        let begins = if open == 0 && known.is_list { PREFIX } else { 0 };
        let len = if known.is_list { usize::from(self.listed) } else { open };
        if len + begins >= known.limit {
            // blanks at the end are not told anyway
            if !is_blank {
                self.truncated = true;
                self.close();
                self.at = At::Skipped;
            }
            return;
        }
        if open == 0 {
            self.fields.begin(BASE + field);
        }
        self.fields.more(&[byte]);
        self.listed = u16::try_from(len + begins + 1).unwrap_or(u16::MAX);
    }

    /// The open field is over.
    fn close(&mut self) {
        self.close_text();
        self.field = None;
    }

    fn close_text(&mut self) {
        self.fields.trim_end();
        self.fields.end();
    }

    fn end_header(&mut self) {
        self.close();
        (self.at, self.past_header) = (At::Over, true);
    }
}
