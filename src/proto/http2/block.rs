//! A header block: its fields into the stream's record, its text to the scanners.

use super::hpack::{Fields, MAX_VALUE_BYTES};
use super::layout::tag;
use super::streams::Stream;
use crate::event::Direction;
use crate::proto::Sink;
use crate::proto::http1::fields::{Field, Meta, Place};
use crate::proto::http1::object::Buffer;
use crate::proto::http1::target::authority;
use crate::proto::http1::words::Words;

/// Bytes of text that are handed on at a time.
const PIECE_BYTES: usize = 512;

/// What a block has said so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    /// The stream that it is about.
    pub(super) stream: u32,
    /// Whose header section it is: a promise comes from the server and is the client's.
    pub(super) of_request: bool,
    /// The stream is over with it.
    pub(super) ends_stream: bool,
    /// A section came before it in this direction.
    pub(super) trailer: bool,
    pub(super) status: u16,
    pub(super) length: Option<u64>,
    /// Bytes of text so far.
    pub(super) offset: u64,
    /// Its stream has a name from `:authority`.
    pub(super) authority: bool,
    /// `host` is another.
    pub(super) ambiguous: bool,
}

impl Block {
    /// A response that is not the final one.
    pub(super) const fn is_interim(&self) -> bool {
        !self.of_request && matches!(self.status, 100..=199)
    }
}

/// Takes a block's fields, and hands its text on.
pub(super) struct Collector<'a> {
    pub(super) block: &'a mut Block,
    pub(super) meta: &'a mut Meta,
    pub(super) stream: Option<&'a mut Stream>,
    pub(super) sink: &'a mut dyn Sink,
    text: [u8; PIECE_BYTES],
    used: usize,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        block: &'a mut Block,
        meta: &'a mut Meta,
        stream: Option<&'a mut Stream>,
        sink: &'a mut dyn Sink,
    ) -> Self {
        Self { block, meta, stream, sink, text: [0; PIECE_BYTES], used: 0 }
    }

    /// Hands on what text there is.
    pub(super) fn flush(&mut self) {
        let text = self.text.get(..self.used).unwrap_or_default();
        if !text.is_empty() {
            self.sink.lines(self.block.offset, text);
            self.block.offset = self.block.offset.saturating_add(u64::try_from(text.len()).unwrap_or(0));
        }
        self.used = 0;
    }

    fn keep(&mut self, key: u8, value: &[u8], most: usize) {
        if let Some(stream) = &mut self.stream {
            stream.text(key, value, most);
        }
    }

    fn pseudo(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b":method" => self.keep(tag::METHOD, value, 32),
            b":path" => self.keep(tag::URL, value, 160),
            b":authority" => {
                self.block.authority = true;
                self.host(value);
            }
            b":status" => {
                let digit = |sum: u16, byte: &u8| sum.checked_mul(10)?.checked_add(u16::from(byte.wrapping_sub(b'0')));
                let digits = value.len() == 3 && value.iter().all(u8::is_ascii_digit);
                self.block.status = if digits { value.iter().try_fold(0, digit).unwrap_or(0) } else { 0 };
                if let Some(stream) = self.stream.as_mut().filter(|_| digits && !self.block.is_interim()) {
                    stream.record.number(tag::STATUS, u64::from(self.block.status));
                }
            }
            _ => {}
        }
    }

    fn host(&mut self, value: &[u8]) {
        let (host, port) = authority(value);
        let mut lower: Buffer<128> = Buffer::new();
        lower.push(host);
        lower.make_lowercase();
        self.keep(tag::HOSTNAME, lower.bytes(), 96);
        if let Some((stream, port)) = self.stream.as_mut().zip(port) {
            stream.record.number(tag::PORT, u64::from(port));
        }
    }

    fn regular(&mut self, name: &[u8], value: &[u8]) {
        let field = Field::of(name);
        let direction = if self.block.of_request { Direction::ToServer } else { Direction::ToClient };
        match field {
            Field::Other => {}
            Field::Host if self.block.of_request && !self.block.authority => self.host(value),
            Field::Host if self.block.of_request => {
                let stream = self.stream.as_ref();
                let known = stream.map(|stream| stream.record.get_text(tag::HOSTNAME)).unwrap_or_default();
                self.block.ambiguous |= !authority(value).0.eq_ignore_ascii_case(known);
            }
            Field::UserAgent if self.block.of_request => self.keep(tag::USER_AGENT, value, 80),
            Field::Referer if self.block.of_request => self.keep(tag::REFERER, value, 80),
            Field::ForwardedFor if self.block.of_request => self.keep(tag::FORWARDED_FOR, value, 48),
            Field::Location if !self.block.of_request => self.keep(tag::LOCATION, value, 96),
            Field::ContentLength => self.block.length = decimal(value),
            Field::ContentEncoding => {
                let codings = &mut self.meta.content_codings;
                Words::each(value, |word| codings.add(word));
                if value.len() == MAX_VALUE_BYTES {
                    codings.drop_rest();
                }
            }
            _ => {
                let keep = field.keep(direction);
                let again = !field.is_list() && self.meta.get(keep.tag).is_some();
                let most = usize::from(keep.most);
                if keep.place == Place::Meta && !again {
                    self.meta.values.text(keep.tag, value.get(..most).unwrap_or(value));
                }
            }
        }
    }
}

impl Fields for Collector<'_> {
    fn text(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.used == PIECE_BYTES {
                self.flush();
            }
            let (piece, after) = rest.split_at(rest.len().min(PIECE_BYTES - self.used));
            if let Some(place) = self.text.get_mut(self.used..self.used + piece.len()) {
                place.copy_from_slice(piece);
            }
            self.used += piece.len();
            rest = after;
        }
    }

    fn field(&mut self, name: &[u8], value: &[u8], known: bool) {
        if let Some(stream) = self.stream.as_mut().filter(|_| !known) {
            stream.unknown = true;
        }
        if self.block.trailer {
            return;
        }
        if name.starts_with(b":") {
            self.pseudo(name, value);
        } else if !self.block.is_interim() {
            self.regular(name, value);
        }
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let digit = |sum: u64, byte: &u8| {
        let value = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(value)
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, digit) }
}
