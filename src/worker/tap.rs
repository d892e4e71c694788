//! The tap: a copy of every byte that the reassembler delivers, for a thread that
//! may write files.
//!
//! A worker owns the [`StreamTap`], the writing thread the [`TapReceiver`]. Between
//! them are two rings of fixed size, one of records and one of bytes, so that a copy
//! costs no allocation. When they are full the worker waits: a tap is for replays,
//! where nothing may be lost and nobody loses by waiting. A worker without a tap
//! pays one branch a delivery.

use crossbeam_utils::Backoff;
use rtrb::{Consumer, Producer, PushError, RingBuffer};

use crate::event::{Direction, FlowEvent, FlowHead, take_bytes};
use crate::tcp::StreamEnd;

/// Records between worker and writing thread.
const RECORDS: usize = 8192;
/// Bytes between them.
const BYTES: usize = 1 << 22;
/// Most bytes of one record.
const PIECE: usize = 1 << 16;

/// What became of one direction of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // fixed size by design: the ring holds values, not pointers
pub enum TapRecord {
    /// Its next bytes, which follow in the ring of bytes.
    Data {
        /// Whose.
        head: FlowHead,
        /// Which way they went.
        direction: Direction,
        /// Where in the stream they begin, in bytes from its first.
        offset: u64,
        /// How many there are.
        length: usize,
    },
    /// Its next bytes will never come.
    Gap {
        /// Whose.
        head: FlowHead,
        /// Which way they went.
        direction: Direction,
        /// How many are missing.
        length: u64,
    },
    /// No more comes of it.
    Ended {
        /// Whose.
        head: FlowHead,
        /// Which way it went.
        direction: Direction,
        /// Why.
        reason: StreamEnd,
    },
    /// The flow is over, and with it both directions.
    Over(FlowEvent),
}

/// Makes a tap and its other end.
#[must_use]
pub fn tap() -> (StreamTap, TapReceiver) {
    let (records, records_out) = RingBuffer::new(RECORDS);
    let (bytes, bytes_out) = RingBuffer::new(BYTES);
    (StreamTap { records, bytes }, TapReceiver { records: records_out, bytes: bytes_out })
}

/// The worker's end. Dropping it tells the writing thread that no more will come.
#[derive(Debug)]
pub struct StreamTap {
    records: Producer<TapRecord>,
    bytes: Producer<u8>,
}

impl StreamTap {
    /// The next bytes of a direction; `offset` counts from the stream's first byte.
    pub(super) fn data(&mut self, head: FlowHead, direction: Direction, offset: u64, bytes: &[u8]) {
        let mut offset = offset;
        for piece in bytes.chunks(PIECE) {
            // The bytes go first: who finds the record finds them.
            let backoff = Backoff::new();
            while self.bytes.push_entire_slice(piece).is_err() {
                // Once the writing thread is gone nothing will ever make room; it tells why.
                if self.bytes.is_abandoned() {
                    return;
                }
                backoff.snooze();
            }
            self.push(TapRecord::Data { head, direction, offset, length: piece.len() });
            offset = offset.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        }
    }

    /// The next `length` bytes of a direction will never come.
    pub(super) fn gap(&mut self, head: FlowHead, direction: Direction, length: u64) {
        self.push(TapRecord::Gap { head, direction, length });
    }

    /// A direction has ended.
    pub(super) fn ended(&mut self, head: FlowHead, direction: Direction, reason: StreamEnd) {
        self.push(TapRecord::Ended { head, direction, reason });
    }

    /// A flow is over.
    pub(super) fn over(&mut self, event: FlowEvent) {
        self.push(TapRecord::Over(event));
    }

    fn push(&mut self, mut record: TapRecord) {
        let backoff = Backoff::new();
        while let Err(PushError::Full(back)) = self.records.push(record) {
            if self.records.is_abandoned() {
                return;
            }
            backoff.snooze();
            record = back;
        }
    }
}

/// The writing thread's end. Dropping it lets the worker go on without being heard.
#[derive(Debug)]
pub struct TapReceiver {
    records: Consumer<TapRecord>,
    bytes: Consumer<u8>,
}

impl TapReceiver {
    /// The oldest record, whose bytes, if it has any, are put into `bytes` in place of what that held.
    pub fn pop(&mut self, bytes: &mut Vec<u8>) -> Option<TapRecord> {
        let record = self.records.pop().ok()?;
        bytes.clear();
        if let TapRecord::Data { length, .. } = record {
            return take_bytes(&mut self.bytes, length, bytes).then_some(record);
        }
        Some(record)
    }

    /// The worker's end is gone. Records may still be in the ring; when this was true
    /// *before* [`pop`](Self::pop) found nothing, nothing will ever come.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.records.is_abandoned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests {
    use super::*;
    use crate::event::{AppProto, Tuple};

    fn head() -> FlowHead {
        let tuple = Tuple { src: [1; 16], dest: [2; 16], src_port: 3, dest_port: 4, proto: 6, v6: true };
        FlowHead { timestamp_ns: 5, start_ns: 6, tuple, vlan: [0; 2], iface: 0, app_proto: AppProto::Unknown }
    }

    #[test]
    fn more_than_the_rings_hold_arrives_whole_and_in_order() {
        let (mut tap, mut receiver) = tap();
        let sent: Vec<u8> = (0..3 * BYTES).map(|number| (number % 251) as u8).collect();
        let expected = sent.clone();
        let worker = std::thread::spawn(move || {
            tap.data(head(), Direction::ToServer, 7, &sent);
            for length in 1..=3 * RECORDS as u64 {
                tap.gap(head(), Direction::ToClient, length);
            }
        });
        let (mut got, mut gaps, mut bytes) = (Vec::new(), 0, Vec::new());
        loop {
            let over = receiver.is_abandoned();
            match receiver.pop(&mut bytes) {
                Some(TapRecord::Data { direction, offset, length, .. }) => {
                    assert_eq!((direction, offset), (Direction::ToServer, 7 + got.len() as u64));
                    assert_eq!(length, bytes.len());
                    got.extend_from_slice(&bytes);
                }
                Some(TapRecord::Gap { direction, length, .. }) => {
                    gaps += 1;
                    assert_eq!((direction, length, bytes.len()), (Direction::ToClient, gaps, 0));
                }
                Some(TapRecord::Ended { .. } | TapRecord::Over(_)) => panic!("nothing has ended"),
                None if over => break,
                None => std::thread::yield_now(),
            }
        }
        worker.join().unwrap();
        assert_eq!(got, expected);
        assert_eq!(gaps, 3 * RECORDS as u64);
    }

    #[test]
    fn a_worker_goes_on_when_nobody_listens_any_more() {
        let (mut tap, receiver) = tap();
        drop(receiver);
        tap.data(head(), Direction::ToServer, 0, &vec![0; 2 * BYTES]);
        for length in 0..2 * RECORDS as u64 {
            tap.gap(head(), Direction::ToServer, length);
        }
    }
}
