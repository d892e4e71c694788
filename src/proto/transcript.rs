//! What a sink was told, as lines of text: for tests of parsers.

use super::{Object, Sink};
use crate::event::Direction;
use crate::event::record::{Layout, Value, fields};

/// One direction's sink. Adjacent pieces are joined, so that it is the same however the input was cut.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Transcript {
    /// In order, but for anomalies.
    pub(super) lines: Vec<String>,
    /// Sorted when asked for by [`Transcript::odd`].
    anomalies: Vec<&'static str>,
    /// What each open object, lines and raw bytes have had since the last line about them: index into `lines`.
    open: Vec<(Kind, usize)>,
    lines_end: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Lines,
    Object(u32),
    Raw,
}

impl Transcript {
    /// The anomalies, sorted.
    pub(super) fn odd(&self) -> Vec<&'static str> {
        let mut odd = self.anomalies.clone();
        odd.sort_unstable();
        odd
    }

    fn piece(&mut self, kind: Kind, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "an empty delivery");
        let text = bytes.escape_ascii().to_string();
        if let Some((_, at)) = self.open.iter().find(|(open, _)| *open == kind) {
            self.lines[*at] += &text;
            return;
        }
        assert!(kind == Kind::Raw, "nothing of {kind:?} has begun");
        self.open.push((kind, self.lines.len()));
        self.lines.push(format!("raw {text}"));
    }

    fn begin(&mut self, kind: Kind, line: String) {
        self.open.retain(|(open, _)| *open != kind && *open != Kind::Raw);
        self.open.push((kind, self.lines.len()));
        self.lines.push(line);
    }

    fn gap(&mut self, kind: Kind, length: u64) {
        let place = self.open.iter().find(|(open, _)| *open == kind);
        let text = format!("<{length}>");
        match place {
            Some((_, at)) => self.lines[*at] += &text,
            None => self.lines.push(format!("gap {text}")),
        }
    }
}

impl Sink for Transcript {
    fn begin_lines(&mut self, label: &'static str) {
        self.lines_end = 0;
        self.begin(Kind::Lines, format!("{label} "));
    }

    fn lines(&mut self, offset: u64, bytes: &[u8]) {
        assert_eq!(offset, self.lines_end, "lines go on where they stopped");
        self.lines_end += bytes.len() as u64;
        self.piece(Kind::Lines, bytes);
    }

    fn lines_gap(&mut self, length: u64) {
        self.gap(Kind::Lines, length);
    }

    fn begin_object(&mut self, id: u32, object: &Object<'_>) {
        assert!(!self.open.iter().any(|(open, _)| *open == Kind::Object(id)), "object {id} is open");
        let mut line = format!("{} {id}", object.label);
        for (name, text) in [("name", object.name), ("type", object.media_type), ("codings", object.codings)] {
            if !text.is_empty() {
                line += &format!(" {name}={}", text.escape_ascii());
            }
        }
        if let Some(length) = object.length {
            line += &format!(" length={length}");
        }
        if object.offset != 0 {
            line += &format!(" offset={}", object.offset);
        }
        self.begin(Kind::Object(id), line + ": ");
    }

    fn object(&mut self, id: u32, bytes: &[u8]) {
        self.piece(Kind::Object(id), bytes);
    }

    fn object_gap(&mut self, id: u32, length: u64) {
        self.gap(Kind::Object(id), length);
    }

    fn end_object(&mut self, id: u32, complete: bool) {
        let at = self.open.iter().position(|(open, _)| *open == Kind::Object(id)).expect("an object ends that is open");
        let (_, line) = self.open.remove(at);
        self.lines[line] += if complete { " whole" } else { " cut" };
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.piece(Kind::Raw, bytes);
    }

    fn raw_gap(&mut self, length: u64) {
        self.gap(Kind::Raw, length);
    }

    fn tunnel(&mut self) {
        self.lines.push("tunnel".to_owned());
    }

    fn record(&mut self, layout: &'static Layout, parts: &[&[u8]]) {
        let mut line = layout.name.to_owned();
        for (tag, value) in parts.iter().flat_map(|part| fields(part)) {
            let key = layout.keys[usize::from(tag)];
            line += &match value {
                Value::Text(text) => format!(" {key}={}", text.escape_ascii()),
                Value::Number(number) => format!(" {key}={number}"),
                Value::Flag(flag) => format!(" {key}={flag}"),
            };
        }
        self.lines.push(line);
    }

    fn anomaly(&mut self, name: &'static str) {
        self.anomalies.push(name);
    }
}

/// Something that happens to a connection.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Push(Direction, Vec<u8>),
    Gap(Direction, u64),
    End(Direction, bool),
}

/// What both directions' sinks were told.
pub(super) type Told = [Transcript; 2];

/// Runs the steps through a fresh parser.
pub(super) fn run<P: super::Parser>(new: impl Fn() -> P, steps: &[Step]) -> Told {
    let mut parser = new();
    let mut told = Told::default();
    for step in steps {
        match step {
            Step::Push(direction, bytes) => parser.push(*direction, bytes, &mut told[direction.index()]),
            Step::Gap(direction, length) => parser.gap(*direction, *length, &mut told[direction.index()]),
            Step::End(direction, in_order) => parser.end(*direction, *in_order, &mut told[direction.index()]),
        }
    }
    for told in &mut told {
        told.anomalies = told.odd();
    }
    told
}

/// The steps as they are, byte by byte, and with each push cut at every position: all of them tell the same.
pub(super) fn run_at_any_split<P: super::Parser>(label: &str, new: impl Fn() -> P, steps: &[Step]) -> Told {
    let whole = run(&new, steps);
    let bytewise: Vec<Step> = steps
        .iter()
        .flat_map(|step| match step {
            Step::Push(direction, bytes) => bytes.iter().map(|&byte| Step::Push(*direction, vec![byte])).collect(),
            other => vec![other.clone()],
        })
        .collect();
    assert_eq!(run(&new, &bytewise), whole, "{label}: byte by byte");
    for (index, step) in steps.iter().enumerate() {
        let Step::Push(direction, bytes) = step else { continue };
        for at in 1..bytes.len() {
            let mut cut = steps.to_vec();
            cut[index] = Step::Push(*direction, bytes[..at].to_vec());
            cut.insert(index + 1, Step::Push(*direction, bytes[at..].to_vec()));
            assert_eq!(run(&new, &cut), whole, "{label}: step {index} cut at {at}");
        }
    }
    whole
}
