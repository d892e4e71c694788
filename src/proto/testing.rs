//! What the tests of parsers share: a sink that writes down what it is given, and dialogues that are fed whole, byte by
//! byte, cut at every position and with a hole at every position.

use std::fmt::Write;

use super::{Expected, Object, Parser, Sink};
use crate::event::Direction::{self, ToClient, ToServer};
use crate::event::record::{Layout, Value, fields};

/// What one side says in its turn.
pub(crate) type Turn<'a> = (Direction, &'a [u8]);

/// A dialogue as it is written down: a line that begins with `> ` is the client's, with `< ` the server's; each ends in CRLF, and
/// blanks before them do not count. Lines of one side that follow one another are one turn.
pub(crate) fn dialogue(text: &str) -> Vec<(Direction, Vec<u8>)> {
    let mut turns: Vec<(Direction, Vec<u8>)> = Vec::new();
    for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
        let direction = match line.chars().next() {
            Some('>') => ToServer,
            Some('<') => ToClient,
            _ => panic!("a line of nobody: {line}"),
        };
        let bytes = format!("{}\r\n", line.get(2..).unwrap_or(""));
        match turns.last_mut() {
            Some((last, turn)) if *last == direction => turn.extend_from_slice(bytes.as_bytes()),
            _ => turns.push((direction, bytes.into_bytes())),
        }
    }
    turns
}

/// The same, borrowed.
pub(crate) fn turns(dialogue: &[(Direction, Vec<u8>)]) -> Vec<Turn<'_>> {
    dialogue.iter().map(|(direction, bytes)| (*direction, &bytes[..])).collect()
}

/// A sink that keeps all that it is given, adjacent pieces joined.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// The direction whose bytes the parser is given.
    pub(crate) direction: Option<Direction>,
    seen: Vec<(String, Vec<u8>)>,
    anomalies: Vec<&'static str>,
    lines_end: [u64; 2],
    open: Vec<(Direction, u32)>,
    ended: Vec<(Vec<u8>, bool)>,
    bodies: Vec<(Direction, u32, Vec<u8>)>,
}

impl Recorder {
    /// A line for each thing seen: `> smtp/command "QUIT\r\n"`, `< raw "..."`, `> object 0 begins smtp ...`.
    /// Anomalies come last: where among the bytes they are told depends on how these were cut.
    pub(crate) fn told(&self) -> Vec<String> {
        let line = |(what, bytes): &(String, Vec<u8>)| match bytes.is_empty() {
            true => what.clone(),
            false => format!("{what} \"{}\"", bytes.escape_ascii()),
        };
        let anomalies = self.anomalies.iter().map(|name| format!("anomaly {name}"));
        self.seen.iter().map(line).chain(anomalies).collect()
    }

    /// The objects that have ended: what of them was seen, and whether they were complete.
    pub(crate) fn objects(&self) -> &[(Vec<u8>, bool)] {
        &self.ended
    }

    fn way(&self) -> (Direction, char) {
        match self.direction {
            Some(ToServer) => (ToServer, '>'),
            Some(ToClient) => (ToClient, '<'),
            None => panic!("a sink was called with no bytes given"),
        }
    }

    fn join(&mut self, what: String, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "{what}: an empty delivery");
        match self.seen.last_mut() {
            Some((last, before)) if *last == what => before.extend_from_slice(bytes),
            _ => self.seen.push((what, bytes.to_vec())),
        }
    }

    fn say(&mut self, what: String) {
        self.seen.push((what, Vec::new()));
    }
}

impl Sink for Recorder {
    fn begin_lines(&mut self, label: &'static str) {
        let (direction, way) = self.way();
        self.lines_end[direction.index()] = 0;
        self.say(format!("{way} {label}"));
    }

    fn lines(&mut self, offset: u64, bytes: &[u8]) {
        let (direction, way) = self.way();
        assert!(!bytes.is_empty(), "an empty delivery of lines");
        assert_eq!(offset, self.lines_end[direction.index()], "lines have their offset");
        self.lines_end[direction.index()] += bytes.len() as u64;
        match self.seen.last_mut() {
            Some((last, before)) if is_label(last, way) => {
                before.extend_from_slice(bytes);
            }
            _ => self.join(format!("{way} lines"), bytes),
        }
    }

    fn lines_gap(&mut self, length: u64) {
        let (direction, way) = self.way();
        self.lines_end[direction.index()] += length;
        self.say(format!("{way} lines gap {length}"));
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        let (direction, way) = self.way();
        assert!(!self.open.contains(&(direction, id)), "object {id} begins twice");
        self.open.push((direction, id));
        self.bodies.push((direction, id, Vec::new()));
        let mut what = format!("{way} object {id} begins {}", object.label);
        for (key, value) in [("name", object.name), ("type", object.media_type), ("codings", object.codings)] {
            if !value.is_empty() {
                write!(what, " {key}={}", value.escape_ascii()).unwrap();
            }
        }
        if let Some(length) = object.length {
            write!(what, " length={length}").unwrap();
        }
        if object.offset > 0 {
            write!(what, " offset={}", object.offset).unwrap();
        }
        self.say(what);
    }

    fn object(&mut self, id: u32, bytes: &[u8]) {
        let (direction, way) = self.way();
        assert!(self.open.contains(&(direction, id)), "bytes of object {id}, which is not open");
        let body = self.bodies.iter_mut().find(|(of, number, _)| (*of, *number) == (direction, id)).unwrap();
        body.2.extend_from_slice(bytes);
        self.join(format!("{way} body {id}"), bytes);
    }

    fn object_gap(&mut self, id: u32, length: u64) {
        let (direction, way) = self.way();
        assert!(self.open.contains(&(direction, id)), "a gap of object {id}, which is not open");
        self.say(format!("{way} object {id} gap {length}"));
    }

    fn end_object(&mut self, id: u32, complete: bool) {
        let (direction, way) = self.way();
        assert!(self.open.contains(&(direction, id)), "the end of object {id}, which is not open");
        self.open.retain(|open| *open != (direction, id));
        let at = self.bodies.iter().position(|(of, number, _)| (*of, *number) == (direction, id)).unwrap();
        self.ended.push((self.bodies.remove(at).2, complete));
        self.say(format!("{way} object {id} ends{}", if complete { "" } else { " incomplete" }));
    }

    fn raw(&mut self, bytes: &[u8]) {
        let (_, way) = self.way();
        self.join(format!("{way} raw"), bytes);
    }

    fn raw_gap(&mut self, length: u64) {
        let (_, way) = self.way();
        self.say(format!("{way} raw gap {length}"));
    }

    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        let mut what = format!("record {}", layout.name);
        for (tag, value) in parts.iter().flat_map(|part| fields(part)) {
            let key = layout.keys[usize::from(tag)];
            match value {
                Value::Text(text) => write!(what, " {key}={}", text.escape_ascii()),
                Value::Number(number) => write!(what, " {key}={number}"),
                Value::Flag(flag) => write!(what, " {key}={flag}"),
            }
            .unwrap();
        }
        self.say(what);
    }

    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.push(name);
    }

    fn expect(&mut self, expected: &Expected<'_>) {
        self.say(format!("{expected:?}"));
    }
}

/// `> smtp/command`, of which more comes.
fn is_label(what: &str, way: char) -> bool {
    what.strip_prefix(way)
        .and_then(|what| what.strip_prefix(' '))
        .is_some_and(|label| label.contains('/') && !label.contains(' '))
}

/// A piece of a dialogue.
enum Piece<'a> {
    Bytes(Direction, &'a [u8]),
    Hole(Direction, u64),
}

fn run<'a, P: Parser + Default>(pieces: impl IntoIterator<Item = Piece<'a>>) -> Recorder {
    let (mut parser, mut seen) = (P::default(), Recorder::default());
    for piece in pieces {
        match piece {
            Piece::Bytes(direction, bytes) => {
                seen.direction = Some(direction);
                parser.push(direction, bytes, &mut seen);
            }
            Piece::Hole(direction, length) => {
                seen.direction = Some(direction);
                parser.gap(direction, length, &mut seen);
            }
        }
    }
    for direction in [ToServer, ToClient] {
        seen.direction = Some(direction);
        parser.end(direction, true, &mut seen);
    }
    assert!(seen.open.is_empty(), "objects that never ended: {:?}", seen.open);
    seen
}

/// A dialogue as it is, each turn in one piece.
pub(crate) fn whole<P: Parser + Default>(dialogue: &[Turn<'_>]) -> Recorder {
    run::<P>(dialogue.iter().map(|&(direction, bytes)| Piece::Bytes(direction, bytes)))
}

/// The same for a parser of datagrams or of streams; for streams, also byte by byte, in pieces of two and three, and cut
/// once at every position: the outcome has to be the same.
pub(crate) fn split_anywhere<P: Parser + Default>(dialogue: &[Turn<'_>]) -> Recorder {
    let outcome = whole::<P>(dialogue);
    let told = outcome.told();
    for size in 1..=3 {
        let pieces = dialogue.iter().flat_map(|&(way, bytes)| bytes.chunks(size).map(move |bytes| (way, bytes)));
        let seen = run::<P>(pieces.map(|(way, bytes)| Piece::Bytes(way, bytes)));
        assert_eq!(seen.told(), told, "in pieces of {size}");
    }
    for (turn, (_, bytes)) in dialogue.iter().enumerate() {
        for cut in 1..bytes.len() {
            let pieces = dialogue.iter().enumerate().flat_map(|(number, &(way, bytes))| {
                let (head, tail) = bytes.split_at(if number == turn { cut } else { bytes.len() });
                [(way, head), (way, tail)].into_iter().filter(|(_, bytes)| !bytes.is_empty())
            });
            let seen = run::<P>(pieces.map(|(way, bytes)| Piece::Bytes(way, bytes)));
            assert_eq!(seen.told(), told, "turn {turn} cut at {cut}");
        }
    }
    outcome
}

/// Loses `length` bytes at every position in turn, and shows each outcome to `check`, with the turn and the position. No
/// object may seem complete that is none of `outcome`'s.
pub(crate) fn gap_anywhere<P: Parser + Default>(
    dialogue: &[Turn<'_>],
    length: usize,
    check: impl Fn(&Recorder, usize, usize),
) {
    let intact = whole::<P>(dialogue);
    for (turn, (_, bytes)) in dialogue.iter().enumerate() {
        for at in 0..bytes.len() {
            let lost = length.min(bytes.len() - at);
            let pieces = dialogue.iter().enumerate().flat_map(|(number, &(way, bytes))| {
                if number != turn {
                    return vec![Piece::Bytes(way, bytes)];
                }
                let mut pieces = vec![Piece::Hole(way, lost as u64)];
                if at > 0 {
                    pieces.insert(0, Piece::Bytes(way, &bytes[..at]));
                }
                if at + lost < bytes.len() {
                    pieces.push(Piece::Bytes(way, &bytes[at + lost..]));
                }
                pieces
            });
            let seen = run::<P>(pieces);
            for (body, complete) in seen.objects() {
                assert!(
                    !complete || intact.objects().iter().any(|(whole, _)| whole == body),
                    "turn {turn}, {lost} bytes lost at {at}: complete, and not as it was sent: {}",
                    body.escape_ascii()
                );
            }
            check(&seen, turn, at);
        }
    }
}

/// Any pieces in any order: nothing panics, and no object stays open.
pub(crate) fn nonsense<P: Parser + Default>(steps: &[(bool, u8, Vec<u8>)]) {
    run::<P>(steps.iter().map(|(to_server, hole, bytes)| {
        let direction = if *to_server { ToServer } else { ToClient };
        if bytes.is_empty() { Piece::Hole(direction, u64::from(*hole)) } else { Piece::Bytes(direction, bytes) }
    }));
}
