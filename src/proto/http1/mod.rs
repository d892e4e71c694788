//! HTTP/1.0 and HTTP/1.1 (RFC 9112), both directions of one connection, seen in passing.
//!
//! [`Http1`] is fed the slices and gaps of each direction in stream order and tells
//! a [`Sink`] what they are: header sections, bodies with the chunked coding
//! removed, or raw bytes. Every delivery is a sub-slice of what was pushed.
//!
//! # State
//!
//! Plain data of fixed size, `Copy`, nothing to free. No line is ever stored: start
//! lines, the two fields that matter to framing (`Content-Length`,
//! `Transfer-Encoding`) and chunk sizes are matched byte by byte as they pass, and
//! all other lines are skipped from line end to line end. So lines may be of any
//! length, and a cut at any byte gives the same outcome. A slice of a body costs
//! one call, however long it is.
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
//! [`MAX_HEADER_BYTES`] a message, [`MAX_CHUNK_LINE_BYTES`] a chunk-size line,
//! [`MAX_METHOD_BYTES`] a method, [`MAX_OUTSTANDING`] requests awaiting an answer.
//! Transfer codings besides chunked are left on: their bytes are the body.

mod adapter;
mod anomaly;
mod framing;
mod half;
mod head;
mod outstanding;
mod probe;
mod sink;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
// a test may fail loudly
mod tests;
mod word;

pub use adapter::guess;
pub use anomaly::{Anomalies, Anomaly};
pub use half::MAX_CHUNK_LINE_BYTES;
pub use head::{MAX_HEADER_BYTES, MAX_METHOD_BYTES};
pub use outstanding::MAX_OUTSTANDING;
pub use probe::{PROBE_BYTES, Probe, probe};
pub use sink::{Part, Sink};

use crate::event::Direction;
use framing::Body;
use half::Half;
use outstanding::{Method, Outstanding};

/// The HTTP/1 state of one connection. [`Default`] is a connection of which nothing
/// was seen yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Http1 {
    to_server: Half,
    to_client: Half,
    outstanding: Outstanding,
    open: [bool; 2],
}

impl Http1 {
    /// Takes the next bytes of a direction. All of them are consumed.
    pub fn push(&mut self, direction: Direction, bytes: &[u8], sink: &mut impl Sink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let half = self.half(direction);
            let used = half.step(direction, rest, sink);
            let request = half.head.take_request();
            let complete = half.head_complete();
            if let Some(method) = request {
                self.request(method);
            }
            if complete {
                self.message(direction, sink);
            }
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// Takes a hole of `len` bytes in a direction: bytes that were never seen. A body
    /// of known length (or one that goes on until the end) is kept in step; anywhere
    /// else the direction is given up with [`Anomaly::LostSync`].
    pub fn gap(&mut self, direction: Direction, len: u64, sink: &mut impl Sink) {
        self.half(direction).gap(len, sink);
    }

    /// What was odd in this direction since the last call.
    pub fn take_anomalies(&mut self, direction: Direction) -> Anomalies {
        std::mem::take(&mut self.half(direction).anomalies)
    }

    /// True when the direction is no longer read as HTTP: after an upgrade or CONNECT,
    /// or because it was given up.
    #[must_use]
    pub fn is_raw(&self, direction: Direction) -> bool {
        match direction {
            Direction::ToServer => self.to_server.is_raw(),
            Direction::ToClient => self.to_client.is_raw(),
        }
    }

    fn half(&mut self, direction: Direction) -> &mut Half {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }

    /// A request line has passed: there will be a response, whatever becomes of the
    /// rest of the request. Nobody asks once responses are no longer read.
    fn request(&mut self, method: Method) {
        if !self.to_client.is_raw() && !self.outstanding.push(method) {
            self.to_server.anomalies.insert(Anomaly::PipelineOverflow);
        }
    }

    /// A header section is complete: what follows it?
    fn message(&mut self, direction: Direction, sink: &mut impl Sink) {
        let body = match direction {
            Direction::ToServer => self.to_server.head.request_body(&mut self.to_server.anomalies),
            Direction::ToClient => {
                let status = self.to_client.head.status();
                // RFC 9110, 15.2: "A client MUST be able to parse one or more 1xx responses
                // received prior to a final response". 101 is the last word in HTTP.
                let interim = matches!(status, 100 | 102..=199);
                let method = if interim { Method::Other } else { self.outstanding.pop() };
                self.to_client.head.response_body(method, &mut self.to_client.anomalies)
            }
        };
        if body == Body::Tunnel {
            self.to_server.tunnel();
        }
        self.half(direction).begin_body(body, sink);
    }
}
