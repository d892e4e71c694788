//! Dialogues for parsers: what a parser tells of one does not depend on how its bytes are divided.

use std::hash::{DefaultHasher, Hash, Hasher};

use tidegate::event::Direction::{self, ToClient, ToServer};
use tidegate::event::record::Layout;
use tidegate::proto::{Expected, Object, Parser, Sink};

/// A digest of what was told, however it was divided.
#[derive(Default)]
struct Digest {
    hasher: DefaultHasher,
    anomalies: u64,
    direction: Option<Direction>,
    open: [Option<u32>; 2],
    delivered: usize,
}

impl Digest {
    fn say(&mut self, what: impl Hash) {
        (self.direction.map(Direction::index), what).hash(&mut self.hasher);
    }

    fn bytes(&mut self, what: u8, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "an empty delivery");
        self.delivered += bytes.len();
        for byte in bytes {
            self.say((what, byte));
        }
    }

    fn open(&mut self) -> &mut Option<u32> {
        &mut self.open[self.direction.map_or(0, Direction::index)]
    }
}

impl Sink for Digest {
    fn begin_lines(&mut self, label: &'static str) {
        self.say(label);
    }

    fn lines(&mut self, _offset: u64, bytes: &[u8]) {
        self.bytes(1, bytes);
    }

    fn lines_gap(&mut self, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        assert!(self.open().replace(id).is_none(), "two objects at a time");
        self.say((object.label, object.name, object.media_type, object.length, object.offset));
    }

    fn object(&mut self, id: u32, bytes: &[u8]) {
        assert_eq!(*self.open(), Some(id));
        self.bytes(2, bytes);
    }

    fn object_gap(&mut self, id: u32, length: u64) {
        assert_eq!(*self.open(), Some(id));
        self.say(length);
    }

    fn end_object(&mut self, id: u32, complete: bool) {
        assert_eq!(self.open().take(), Some(id));
        self.say(complete);
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes(3, bytes);
    }

    fn raw_gap(&mut self, length: u64) {
        panic!("a gap of {length} bytes that nobody made");
    }

    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        self.say((layout.name, parts.concat()));
    }

    fn anomaly(&mut self, _name: &'static str) {
        self.anomalies += 1;
    }

    fn expect(&mut self, expected: &Expected<'_>) {
        self.say(format!("{expected:?}"));
    }
}

fn feed<P: Parser + Default>(turns: &[&[u8]], size: usize) -> (u64, u64) {
    let (mut parser, mut digest) = (P::default(), Digest::default());
    for (direction, turn) in [ToServer, ToClient].into_iter().cycle().zip(turns) {
        digest.direction = Some(direction);
        for piece in turn.chunks(size) {
            parser.push(direction, piece, &mut digest);
        }
    }
    for direction in [ToServer, ToClient] {
        digest.direction = Some(direction);
        parser.end(direction, true, &mut digest);
    }
    assert_eq!(digest.open, [None, None], "an object that never ended");
    let sent: usize = turns.iter().map(|turn| turn.len()).sum();
    assert!(digest.delivered <= sent, "{} bytes out of {sent}", digest.delivered);
    (digest.hasher.finish(), digest.anomalies)
}

/// The first byte, plus one, is the size of the pieces. What follows are the turns of client and server, each up to a byte
/// 0xfe. With `datagrams`, a turn is one, and is not divided.
pub fn check<P: Parser + Default>(input: &[u8], datagrams: bool) {
    let [size, dialogue @ ..] = input else { return };
    let turns: Vec<&[u8]> = dialogue.split(|byte| *byte == 0xfe).collect();
    let whole = feed::<P>(&turns, usize::MAX);
    if !datagrams {
        assert_eq!(feed::<P>(&turns, usize::from(*size) + 1), whole);
    }
}
