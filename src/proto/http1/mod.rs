//! HTTP/1.0 and HTTP/1.1 (RFC 9112), both directions of one connection, seen in passing.
//!
//! [`Http1`] is fed the slices and gaps of each direction in stream order and tells
//! a [`Sink`] what they are: header sections, bodies with the chunked coding
//! removed, or raw bytes. Every delivery is a sub-slice of what was pushed.
//!
//! # State
//!
//! Plain data of fixed size, nothing to free. Of header sections only what the transaction's event and the body's
//! object say is kept, and the outcome of the two fields that matter to framing (`Content-Length`, `Transfer-Encoding`),
//! which are read byte by byte as they pass; all other lines are skipped from line end to line end. So lines may be of any
//! length, and a cut at any byte gives the same outcome. A slice of a body costs one call, however long it is.
//!
//! # Transactions
//!
//! A request's fields wait for its response, in order; both make one record when the response is over. A request that
//! waits when no response can come any more (the direction has ended, or is no longer read) has a record of its own,
//! and so has a response to which no request is known. When there is no room for the fields of another request, the oldest
//! is told at once, and its response by itself later.
//!
//! # Giving up
//!
//! A direction whose framing is invalid or lost becomes raw: from the offending byte
//! on everything goes to [`Sink::raw`], and an [`Anomaly`] says why. There is no way
//! back. The other direction goes on; a response with no request to match is read as
//! the answer to something other than HEAD and CONNECT, as is one that was picked up
//! in the middle of a connection.
//!
//! # What is not delivered
//!
//! Empty lines before a start line, chunk-size lines with their extensions
//! ([`Anomaly::ChunkExtension`] says that there were any), the line end after each
//! chunk, and an empty trailer section.
//!
//! # Limits
//!
//! [`MAX_CHUNK_LINE_BYTES`] a chunk-size line,
//! [`MAX_METHOD_BYTES`] a method, [`MAX_OUTSTANDING`] requests awaiting an answer; fields of events and objects as `docs/protocols.md`
//! has them. Transfer codings besides chunked are left on, and are among the object's codings.

mod anomaly;
pub(super) mod codings;
mod disposition;
pub(super) mod fields;
mod framing;
mod half;
mod head;
mod layout;
pub(super) mod object;
mod outstanding;
mod probe;
mod requests;
pub(super) mod target;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;
pub(super) mod words;

use std::ops::Range;

pub use anomaly::Anomaly;
pub use half::MAX_CHUNK_LINE_BYTES;
pub use head::{MAX_HEADER_BYTES, MAX_METHOD_BYTES};
pub use layout::LAYOUT;
pub use outstanding::MAX_OUTSTANDING;
pub use probe::{PROBE_BYTES, Probe, guess, probe};

use super::websocket::WebSocket;
use super::{Parser, Sink};
use crate::event::Direction;
use crate::event::record::{Record, Value, fields as fields_of};
use fields::{Field, Meta, meta, tag};
use framing::Body;
use half::Half;
use head::{Head, append_text};
use object::{Buffer, ContentRange, Description};
use outstanding::{Method, Outstanding};
use requests::nth;

/// Bytes for the fields of requests.
const REQUEST_BYTES: usize = 1024;

/// Bytes for the fields of a response.
const RESPONSE_BYTES: usize = 416;

/// The HTTP/1 state of one connection. [`Default`] is a connection of which nothing
/// was seen yet.
#[derive(Clone, Copy, Debug)]
pub struct Http1 {
    to_server: Half<REQUEST_BYTES>,
    to_client: Half<RESPONSE_BYTES>,
    outstanding: Outstanding,
    /// Requests in `to_server.record` whose response has not begun; those before them in `outstanding` were told.
    waiting: u8,
    /// Requests at the front of `outstanding` whose event was told without a response.
    told: u8,
    /// The first request in the record belongs to the response that is passing.
    current: bool,
    /// The request whose header section is passing is in `outstanding`.
    counted: bool,
    /// That request has an event of its own.
    alone: bool,
    /// The response that is passing is not the last to its request.
    interim: bool,
    /// The sink knows of the tunnel.
    tunnel_told: bool,
    /// What reads the tunnel, where it is one of these.
    websocket: Option<WebSocket>,
}

impl Default for Http1 {
    fn default() -> Self {
        Self {
            to_server: Half::new(Direction::ToServer),
            to_client: Half::new(Direction::ToClient),
            outstanding: Outstanding::default(),
            waiting: 0,
            told: 0,
            current: false,
            counted: false,
            alone: false,
            interim: false,
            tunnel_told: false,
            websocket: None,
        }
    }
}

impl Parser for Http1 {
    fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut dyn Sink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.is_raw(direction)
                && let Some(websocket) = &mut self.websocket
            {
                websocket.push(direction, rest, sink);
                return;
            }
            let used = match direction {
                Direction::ToServer => self.step_request(rest, sink),
                Direction::ToClient => self.step_response(rest, sink),
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// A body of known length (or one that goes on until the end) is kept in step; anywhere
    /// else the direction is given up with [`Anomaly::LostSync`].
    fn gap(&mut self, direction: Direction, length: u64, sink: &mut dyn Sink) {
        if self.is_raw(direction)
            && let Some(websocket) = &mut self.websocket
        {
            websocket.gap(direction, length, sink);
            return;
        }
        match direction {
            Direction::ToServer => {
                self.to_server.gap(length, sink);
                self.after_request(sink);
            }
            Direction::ToClient => {
                self.to_client.gap(length, sink);
                self.after_response(sink);
            }
        }
        if self.is_raw(direction)
            && let Some(websocket) = &mut self.websocket
        {
            websocket.lose(direction);
        }
    }

    fn end(&mut self, direction: Direction, in_order: bool, sink: &mut dyn Sink) {
        if let Some(websocket) = &mut self.websocket {
            websocket.end(direction, sink);
        }
        match direction {
            Direction::ToServer => {
                self.to_server.end(in_order, sink);
                self.after_request(sink);
            }
            Direction::ToClient => {
                self.to_client.end(in_order, sink);
                self.after_response(sink);
            }
        }
    }

    fn was_mistaken(&self) -> bool {
        let proven = self.to_server.proven || self.to_client.proven;
        !proven && (self.to_server.mistaken || self.to_client.mistaken)
    }
}

impl Http1 {
    /// True when the direction is no longer read as HTTP: after an upgrade or CONNECT,
    /// because it was given up, or has ended.
    #[must_use]
    pub fn is_raw(&self, direction: Direction) -> bool {
        match direction {
            Direction::ToServer => self.to_server.is_raw(),
            Direction::ToClient => self.to_client.is_raw(),
        }
    }

    fn step_request(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        if self.to_server.is_between() {
            if let Some(used) = self.begin_early(bytes) {
                return used;
            }
            self.make_room(sink);
        }
        let used = self.to_server.step(bytes, sink);
        if let Some(method) = self.to_server.head.take_request() {
            self.request_line(method);
        }
        if self.to_server.head_complete() {
            self.request_head(sink);
        }
        self.after_request(sink);
        used
    }

    fn step_response(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        let used = self.to_client.step(bytes, sink);
        // Most pieces are of a body that goes on.
        if self.to_client.is_at_rest() {
            return used;
        }
        if self.to_client.head_complete() {
            self.response_head(sink);
        }
        self.after_response(sink);
        used
    }

    /// Tells what happened in this direction besides its bytes.
    fn after_request(&mut self, sink: &mut dyn Sink) {
        if self.to_server.anomalies.any() {
            for anomaly in self.to_server.anomalies.take() {
                sink.anomaly(anomaly.name(Direction::ToServer));
            }
        }
        self.to_server.message_over();
        if self.to_server.is_raw() {
            if self.to_server.fresh {
                self.abandon_request(sink);
            }
            self.tell_tunnel(sink);
        }
    }

    /// Tells what happened in this direction besides its bytes.
    fn after_response(&mut self, sink: &mut dyn Sink) {
        if self.to_client.anomalies.any() {
            for anomaly in self.to_client.anomalies.take() {
                sink.anomaly(anomaly.name(Direction::ToClient));
            }
        }
        if self.to_client.message_over() {
            self.tell_response(sink);
        }
        if self.to_client.is_raw() {
            self.tell_response(sink);
            self.tell_waiting(sink);
            self.tell_tunnel(sink);
        }
    }

    fn tell_tunnel(&mut self, sink: &mut dyn Sink) {
        let tunnel = self.to_client.is_tunnel() && self.to_server.is_raw();
        if tunnel && self.websocket.is_none() && !self.tunnel_told {
            self.tunnel_told = true;
            sink.tunnel();
        }
    }

    /// A request line has passed: there will be a response, whatever becomes of the
    /// rest of the request. Nobody asks once responses are no longer read.
    fn request_line(&mut self, method: Method) {
        self.counted = true;
        self.alone = self.to_client.is_raw();
        if !self.alone && !self.outstanding.push(method) {
            self.to_server.anomalies.insert(Anomaly::PipelineOverflow);
            self.alone = true;
        }
    }

    /// A request's header section is complete: what follows it?
    fn request_head(&mut self, sink: &mut dyn Sink) {
        let half = &mut self.to_server;
        let body = half.head.request_body(&mut half.anomalies);
        note_host(half);
        half.note_codings(body);
        let start = usize::from(half.start);
        let request = half.record.bytes().get(start..).unwrap_or_default();
        let (host, url) = (text(request, tag::HOSTNAME), url(request));
        let range = ContentRange::of(half.meta.get_text(meta::RANGE));
        let describe = || Description::new(&half.meta, url).part_of(range, host, url);
        let description = body.is_content().then(describe);
        self.commit(sink);
        self.to_server.begin_body(body, description.as_ref(), sink);
    }

    /// The fields of the request that is passing are all there.
    fn commit(&mut self, sink: &mut dyn Sink) {
        let half = &mut self.to_server;
        half.fresh = false;
        if half.head.truncated {
            half.record.flag(tag::TRUNCATED, true);
        }
        self.counted = false;
        if std::mem::take(&mut self.alone) {
            let range = usize::from(self.to_server.start)..self.to_server.record.bytes().len();
            self.tell_request(range, sink);
        } else {
            self.waiting = self.waiting.saturating_add(1);
        }
    }

    /// The direction is given up, or has ended, before the request's header section had.
    #[cold]
    fn abandon_request(&mut self, sink: &mut dyn Sink) {
        let start = usize::from(self.to_server.start);
        self.to_server.record.end();
        if self.counted {
            note_host(&mut self.to_server);
            self.commit(sink);
            return;
        }
        self.to_server.fresh = false;
        let range = start..self.to_server.record.bytes().len();
        // A whole line all the same, of HTTP/0.9: its response is no HTTP.
        if self.to_server.head.is_simple() {
            self.to_server.record.text(tag::PROTOCOL, b"HTTP/0.9");
            self.tell_request(start..self.to_server.record.bytes().len(), sink);
        } else {
            self.to_server.record.remove(range);
        }
    }

    /// A response's header section is complete: what follows it?
    fn response_head(&mut self, sink: &mut dyn Sink) {
        let status = self.to_client.head.status();
        // RFC 9110, 15.2: "A client MUST be able to parse one or more 1xx responses
        // received prior to a final response". 101 is the last word in HTTP.
        self.interim = matches!(status, 100 | 102..=199);
        let method = if self.interim { Method::Other } else { self.match_request() };
        let half = &mut self.to_client;
        let body = half.head.response_body(method, &mut half.anomalies);
        half.note_codings(body);
        let range = ContentRange::of(half.meta.get_text(meta::RANGE)).filter(|_| status == 206);
        if !self.interim {
            note_response(half, range, !self.current);
        }
        if body == Body::Tunnel {
            self.websocket = self.upgrade(status);
            self.to_client.tunnel();
            self.to_server.tunnel();
        }
        let request = if self.current { self.front() } else { &[] };
        let (host, url) = (text(request, tag::HOSTNAME), url(request));
        let of = &self.to_client.meta;
        let describe = || match body {
            Body::Length(size) if status == 200 => Description::new(of, url).all_of(size, of, host, url),
            _ => Description::new(of, url).part_of(range, host, url),
        };
        let description = body.is_content().then(describe);
        self.to_client.begin_body(body, description.as_ref(), sink);
        if body == Body::Tunnel {
            self.after_request(sink);
        }
    }

    /// Between requests come bytes that begin none, while one for a WebSocket waits for its response: the client does not wait.
    /// Says how many bytes stand before its first frame, and that is where its direction is no HTTP any more.
    fn begin_early(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.waiting == 0 || self.websocket.is_some() || !asks_for_websocket(&self.to_server.meta) {
            return None;
        }
        let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if bytes.get(empty).is_none_or(|&first| Head::begins_with(Direction::ToServer, first)) {
            return None;
        }
        self.to_server.tunnel();
        self.websocket = Some(WebSocket::early());
        Some(empty)
    }

    /// The WebSocket that a response opens, if it does (RFC 6455, 4.2.2).
    fn upgrade(&self, status: u16) -> Option<WebSocket> {
        let of = &self.to_client.meta;
        if status != 101 || !asks_for_websocket(of) {
            return self.websocket;
        }
        if let Some(mut websocket) = self.websocket {
            websocket.open(of.extensions);
            return Some(websocket);
        }
        let mut websocket = WebSocket::new(of.extensions);
        if self.to_server.is_raw() {
            websocket.lose(Direction::ToServer);
        }
        Some(websocket)
    }

    /// Finds the request that a final response belongs to.
    fn match_request(&mut self) -> Method {
        self.current = false;
        let method = self.outstanding.pop();
        if self.told > 0 {
            self.told -= 1;
        } else if method.is_some() && self.waiting > 0 {
            self.waiting -= 1;
            self.current = true;
        } else if method.is_some() && self.counted {
            self.alone = true;
        } else if method.is_none() && self.to_server.proven && !self.to_server.is_raw() {
            self.to_client.anomalies.insert(Anomaly::UnmatchedResponse);
        }
        method.unwrap_or_default()
    }

    /// The fields of the request that the current response belongs to.
    fn front(&self) -> &[u8] {
        let bytes = self.to_server.record.bytes();
        bytes.get(nth(bytes, 0)).unwrap_or_default()
    }

    /// The response is over, or as much of it as is read.
    fn tell_response(&mut self, sink: &mut dyn Sink) {
        let half = &mut self.to_client;
        if std::mem::take(&mut self.interim) || half.record.is_empty() {
            half.record.clear();
            return;
        }
        half.record.end();
        let mut rest: Record<32> = Record::default();
        rest.number(tag::LENGTH, half.body_len);
        let truncated = half.head.truncated;
        let request = if self.current { self.front() } else { &[] };
        let told = fields_of(request).any(|(found, _)| found == tag::TRUNCATED);
        if truncated && !told {
            rest.flag(tag::TRUNCATED, true);
        }
        sink.record(&LAYOUT, &[request, self.to_client.record.bytes(), rest.bytes()]);
        self.to_client.record.clear();
        if std::mem::take(&mut self.current) {
            let range = nth(self.to_server.record.bytes(), 0);
            self.remove(range);
        }
    }

    /// A request's event without a response.
    fn tell_request(&mut self, range: Range<usize>, sink: &mut dyn Sink) {
        let bytes = self.to_server.record.bytes();
        sink.record(&LAYOUT, &[bytes.get(range.clone()).unwrap_or_default()]);
        self.remove(range);
    }

    fn remove(&mut self, range: Range<usize>) {
        let start = usize::from(self.to_server.start);
        if range.end <= start {
            self.to_server.start = u16::try_from(start - range.len()).unwrap_or(u16::MAX);
        }
        self.to_server.record.remove(range);
    }

    /// No response comes any more.
    fn tell_waiting(&mut self, sink: &mut dyn Sink) {
        while self.waiting > 0 {
            self.waiting -= 1;
            self.tell_request(nth(self.to_server.record.bytes(), usize::from(self.current)), sink);
        }
        self.alone |= self.counted;
    }

    /// Makes room for the fields of another request: the oldest are told without their response.
    fn make_room(&mut self, sink: &mut dyn Sink) {
        while self.waiting > 0 && self.to_server.record.bytes().len() > REQUEST_BYTES / 2 {
            self.waiting -= 1;
            self.told = self.told.saturating_add(1);
            self.tell_request(nth(self.to_server.record.bytes(), usize::from(self.current)), sink);
        }
    }
}

/// A request, or the response to it, has `Upgrade: websocket`.
fn asks_for_websocket(of: &Meta) -> bool {
    of.get_text(meta::UPGRADE).eq_ignore_ascii_case(b"websocket")
}

fn url(request: &[u8]) -> &[u8] {
    text(request, tag::URL)
}

/// The first text of that tag; empty where there is none.
fn text(request: &[u8], tag: u8) -> &[u8] {
    let mut found = fields_of(request).filter_map(|field| match field {
        (found, Value::Text(text)) if found == tag => Some(text),
        _ => None,
    });
    found.next().unwrap_or_default()
}

/// Whom the request is meant for: RFC 9112, 3.3, the target's authority if it has one, else `Host`.
fn note_host(half: &mut Half<REQUEST_BYTES>) {
    let start = usize::from(half.start);
    let request = half.record.bytes().get(start..).unwrap_or_default();
    let connect = request.get(4..).is_some_and(|method| method.starts_with(b"CONNECT"));
    let target = url(request);
    let in_target = if connect { Some(target) } else { target::absolute(target).map(|(authority, _)| authority) };
    let field = half.meta.get_text(meta::HOST);
    let in_field = target::authority(field);
    if let Some(text) = in_target {
        let (host, port) = target::authority(text);
        let same_port = connect || port.unwrap_or(80) == in_field.1.unwrap_or(80);
        if half.head.has(Field::Host) && !(host.eq_ignore_ascii_case(in_field.0) && same_port) {
            half.anomalies.insert(Anomaly::AmbiguousHost);
        }
    }
    if !half.head.has(Field::Host) && !half.head.is_http10() {
        half.anomalies.insert(Anomaly::MissingHost);
    }
    let (host, port) = in_target.map_or(in_field, target::authority);
    let mut lower: Buffer<256> = Buffer::new();
    lower.push(host);
    lower.make_lowercase();
    let limit = half.limit();
    if !lower.bytes().is_empty() {
        append_text(&mut half.record, limit, tag::HOSTNAME, lower.bytes());
    }
    if let Some(port) = port {
        half.record.number(tag::PORT, u64::from(port));
    }
}

/// What a response's event says besides the fields that went into it as they passed.
fn note_response(half: &mut Half<RESPONSE_BYTES>, range: Option<ContentRange>, alone: bool) {
    let limit = half.limit();
    let Half { record, meta: of, head, .. } = half;
    if alone {
        append_text(record, limit, tag::PROTOCOL, &head.protocol());
    }
    let media_type = of.get_text(meta::MEDIA_TYPE).split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    if !media_type.is_empty() {
        append_text(record, limit, tag::CONTENT_TYPE, media_type);
    }
    if let Some(range) = range {
        append_text(record, limit, tag::RANGE, of.get_text(meta::RANGE));
        record.number(tag::RANGE_START, range.start);
        record.number(tag::RANGE_END, range.end);
        if let Some(size) = range.size {
            record.number(tag::RANGE_SIZE, size);
        }
    }
}
