//! The streams of a connection that are followed, and their transactions.

use super::anomaly::Anomaly;
use super::layout::{LAYOUT, error, tag};
use crate::event::Direction;
use crate::event::record::Record;
use crate::proto::Sink;

/// Streams that are followed at a time.
pub const MAX_STREAMS: usize = 64;

/// Bytes for the fields of a transaction.
const RECORD_BYTES: usize = 384;

/// What a direction of a stream has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Side {
    /// Its header section: for a response, the final one.
    pub(super) headers: bool,
    /// A body has begun and not ended.
    pub(super) object: bool,
    pub(super) ended: bool,
    /// Bytes of the body.
    pub(super) length: u64,
}

/// A stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub(super) record: Record<RECORD_BYTES>,
    pub(super) sides: [Side; 2],
    /// A field was in an entry that was never seen.
    pub(super) unknown: bool,
    pub(super) truncated: bool,
    told: bool,
    cancelled: bool,
}

impl Stream {
    const fn side(&self, direction: Direction) -> Side {
        let [to_server, to_client] = self.sides;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    pub(super) fn side_mut(&mut self, direction: Direction) -> &mut Side {
        let [to_server, to_client] = &mut self.sides;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    /// Appends a text, or as much of it as has room.
    pub(super) fn text(&mut self, tag: u8, text: &[u8], most: usize) {
        let piece = text.get(..most).unwrap_or(text);
        self.truncated |= piece.len() < text.len();
        if self.record.bytes().len() + piece.len() + 4 <= RECORD_BYTES {
            self.record.text(tag, piece);
        } else {
            self.truncated = true;
        }
    }
}

/// All of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streams {
    /// 0 where there is none.
    ids: [u32; MAX_STREAMS],
    streams: [Stream; MAX_STREAMS],
    used: u8,
    /// Directions with an object whose stream the other has cancelled.
    cancelled: [bool; 2],
}

impl Streams {
    pub(super) fn new() -> Self {
        let stream = Stream {
            record: Record::default(),
            sides: [Side::default(); 2],
            unknown: false,
            truncated: false,
            told: false,
            cancelled: false,
        };
        Self { ids: [0; MAX_STREAMS], streams: [stream; MAX_STREAMS], used: 0, cancelled: [false; 2] }
    }

    pub(super) fn get(&mut self, id: u32) -> Option<&mut Stream> {
        let at = self.place(id)?;
        self.streams.get_mut(at)
    }

    fn place(&self, id: u32) -> Option<usize> {
        if self.used == 0 || id == 0 { None } else { self.ids.iter().position(|&known| known == id) }
    }

    /// The stream of that number, a new one if need be; `None` when there is no room.
    pub(super) fn open(&mut self, id: u32, sink: &mut dyn Sink) -> Option<&mut Stream> {
        if id == 0 {
            return None;
        }
        if let Some(at) = self.place(id) {
            return self.streams.get_mut(at);
        }
        let free = self.ids.iter().position(|&known| known == 0);
        let at = match free {
            Some(at) => at,
            None => {
                sink.anomaly(Anomaly::TooManyStreams.name());
                self.oldest_waiting(sink)?
            }
        };
        *self.ids.get_mut(at)? = id;
        self.used = self.used.saturating_add(1);
        let stream = self.streams.get_mut(at)?;
        stream.record.clear();
        (stream.unknown, stream.truncated, stream.told, stream.cancelled) = (false, false, false, false);
        stream.sides = [Side::default(); 2];
        Some(stream)
    }

    /// Tells the oldest stream that only waits for its response, and says where it was.
    fn oldest_waiting(&mut self, sink: &mut dyn Sink) -> Option<usize> {
        let waits = |stream: &Stream| {
            let [request, response] = stream.sides;
            request.ended && !response.headers && !response.object
        };
        let waiting = self.ids.iter().zip(&self.streams).enumerate().filter(|(_, (_, stream))| waits(stream));
        let (at, _) = waiting.min_by_key(|(_, (id, _))| **id)?;
        self.free(at, sink);
        Some(at)
    }

    /// A direction of a stream is over.
    pub(super) fn end_side(&mut self, id: u32, direction: Direction, sink: &mut dyn Sink) {
        let Some(at) = self.place(id) else { return };
        let Some(stream) = self.streams.get_mut(at) else { return };
        let side = stream.side_mut(direction);
        side.ended = true;
        if std::mem::take(&mut side.object) {
            sink.end_object(id, true);
        }
        let [request, response] = stream.sides;
        if response.ended && !stream.told {
            self.tell(at, sink);
        }
        if response.ended && (request.ended || !request.headers) {
            self.free(at, sink);
        }
    }

    /// A stream is cancelled by the sender of that direction. What the other has under way is ended when its bytes go on.
    pub(super) fn reset(&mut self, id: u32, direction: Direction, code: u32, sink: &mut dyn Sink) {
        let Some(at) = self.place(id) else { return };
        let Some(stream) = self.streams.get_mut(at) else { return };
        let key = if direction == Direction::ToServer { tag::REQUEST_ERROR } else { tag::RESPONSE_ERROR };
        if !stream.told {
            stream.text(key, error(code).as_bytes(), 32);
        }
        stream.cancelled = true;
        self.cut(at, direction, sink);
        if self.streams.get(at).is_some_and(|stream| stream.side(direction.flip()).object) {
            *self.sweeping(direction.flip()) = true;
        } else {
            self.free(at, sink);
        }
    }

    /// Ends what was cancelled by the other side.
    pub(super) fn sweep(&mut self, direction: Direction, sink: &mut dyn Sink) {
        if !std::mem::take(self.sweeping(direction)) {
            return;
        }
        for at in 0..MAX_STREAMS {
            let open = self.streams.get(at).is_some_and(|stream| stream.cancelled && stream.side(direction).object);
            if open && self.ids.get(at).is_some_and(|&id| id != 0) {
                self.cut(at, direction, sink);
                self.free(at, sink);
            }
        }
    }

    fn sweeping(&mut self, direction: Direction) -> &mut bool {
        let [to_server, to_client] = &mut self.cancelled;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    fn cut(&mut self, at: usize, direction: Direction, sink: &mut dyn Sink) {
        let Some((stream, id)) = self.streams.get_mut(at).zip(self.ids.get(at)) else { return };
        if std::mem::take(&mut stream.side_mut(direction).object) {
            sink.end_object(*id, false);
        }
    }

    /// No more comes in a direction: what is open there is cut short, and what can get no response is told.
    pub(super) fn end(&mut self, direction: Direction, sink: &mut dyn Sink) {
        self.sweep(direction, sink);
        for at in 0..MAX_STREAMS {
            if self.ids.get(at).is_none_or(|&id| id == 0) {
                continue;
            }
            self.cut(at, direction, sink);
            let Some(stream) = self.streams.get_mut(at) else { continue };
            stream.side_mut(direction).ended = true;
            let (over, other) = (stream.side(Direction::ToClient).ended, stream.side(direction.flip()));
            if over && !stream.told {
                self.tell(at, sink);
            }
            if over && !other.object {
                self.free(at, sink);
            }
        }
    }

    /// The transaction is over.
    fn tell(&mut self, at: usize, sink: &mut dyn Sink) {
        let Some((stream, id)) = self.streams.get_mut(at).zip(self.ids.get(at)) else { return };
        stream.told = true;
        let mut rest: Record<128> = Record::default();
        rest.text(tag::PROTOCOL, b"HTTP/2");
        rest.text(tag::VERSION, b"2");
        rest.number(tag::STREAM, u64::from(*id));
        let [_, response] = stream.sides;
        if response.headers || response.length > 0 {
            rest.number(tag::LENGTH, response.length);
        }
        if stream.unknown {
            rest.flag(tag::UNKNOWN, true);
        }
        if stream.truncated {
            rest.flag(tag::TRUNCATED, true);
        }
        sink.record(&LAYOUT, &[stream.record.bytes(), rest.bytes()]);
    }

    /// Forgets a stream; tells it if it was not.
    fn free(&mut self, at: usize, sink: &mut dyn Sink) {
        if self.streams.get(at).is_some_and(|stream| !stream.told) {
            self.tell(at, sink);
        }
        if let Some(id) = self.ids.get_mut(at).filter(|id| **id != 0) {
            *id = 0;
            self.used = self.used.saturating_sub(1);
        }
    }
}
