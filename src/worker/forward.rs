//! From a worker to the one that owns a packet.

use crate::wire::Headers;

use super::pipeline::Frame;

/// The worker among others, as its pipeline sees it: who owns a packet, and the
/// way there. What is passed on between two calls for a burst goes in that order,
/// so that packets of one flow do not overtake each other.
pub trait Forward {
    /// The worker that owns a packet; `None` when it is this one.
    fn elsewhere(&self, frame: &[u8], headers: &Headers) -> Option<u16>;

    /// `frame`, number `number` of the burst at hand, goes to `worker` as it arrived.
    fn pass(&mut self, number: usize, frame: &Frame<'_>, worker: u16);

    /// `frame`, which no buffer of the burst holds, goes to `worker`. Its data come in two parts, `head` and
    /// then `frame.data`, which `frame.link` describes together.
    fn pass_copy(&mut self, head: &[u8], frame: &Frame<'_>, worker: u16);
}

/// The only worker: all packets are its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Forward for Alone {
    fn elsewhere(&self, _frame: &[u8], _headers: &Headers) -> Option<u16> {
        None
    }

    fn pass(&mut self, _number: usize, _frame: &Frame<'_>, _worker: u16) {}

    fn pass_copy(&mut self, _head: &[u8], _frame: &Frame<'_>, _worker: u16) {}
}
