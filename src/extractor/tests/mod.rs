//! Both ends of the rings in one process, without confinement.

mod board;
mod hostile;
mod lag;
mod room;
mod serving;

use std::sync::Arc;

use super::board::{Facts, Ticket};
use super::module::Module;
use super::point::{Point, Sizes};
use super::rehearsal::REHEARSAL;
use super::serve::Server;
use crate::decode::{Cut, Ended, File, Leaves, Limits, Path, Taking, Whole, format};
use crate::dpdk::shared::{ReadOnly, Shared};

/// An object for the modules of the rehearsal.
fn object(line: &str, body: &[u8]) -> Vec<u8> {
    [b"Rar!\x1a\x07\0", line.as_bytes(), b"\n", body].concat()
}

fn sizes(processes: u8) -> Sizes {
    Sizes { processes, object_max: 1 << 20, arena: 4 << 20, depth: 16, output: 1 << 24 }
}

fn point(sizes: &Sizes) -> Point {
    Point::new(sizes, REHEARSAL, false).unwrap()
}

fn whole(path: &Path) -> Whole<'_> {
    Whole { level: 1, format: format("rar").unwrap(), path, within: false }
}

/// Begins an object.
fn begin(point: &mut Point) -> Ticket {
    let (ticket, taking) = point.begin("rar", false).unwrap();
    assert_eq!(taking, Taking::Whole);
    ticket
}

/// Writes an object in pieces and publishes it.
fn publish(point: &mut Point, bytes: &[u8]) -> Option<u64> {
    let ticket = begin(point);
    for piece in bytes.chunks(1000) {
        point.write(ticket, piece).unwrap();
    }
    point.make_way();
    while point.next_failed().is_some() {}
    point.publish(ticket, &whole(&Path::default()), true)
}

/// The far end of a point, as its processes find it.
fn far_end(point: &Point, reader: usize) -> (ReadOnly, Arc<Shared>) {
    let objects = ReadOnly::open(point.board.memory().descriptor().unwrap()).unwrap();
    let answers = point.readers[reader].answers.memory();
    let answers = Shared::open(answers.descriptor().unwrap()).unwrap();
    (objects, Arc::new(answers))
}

/// Serves until `stop`, as process `reader` would.
fn serve(point: &Point, reader: usize, modules: &'static [&'static Module], stop: impl Fn() -> bool) {
    let (objects, answers) = far_end(point, reader);
    let mut server = Server::new(&Limits::default(), modules, 1 << 20);
    server.run(&objects, &answers, u32::try_from(reader).unwrap(), || !stop());
}

/// Writes down what a tree hands out.
#[derive(Debug, Default, PartialEq)]
struct Seen(Vec<String>);

impl Seen {
    /// Everything that has come back by now.
    fn take(&mut self, point: &mut Point) {
        let (mut base, mut path) = (Path::default(), Path::default());
        base.join(&Path::default(), b"http");
        while let Some(step) = point.next_step() {
            point.apply(&step, &base, &mut path, self);
            if step.is_last() {
                self.0.push(format!("over {}", step.number()));
            }
        }
    }
}

impl Leaves for Seen {
    fn begin(&mut self, level: usize, path: &Path) {
        self.0.push(format!("begin {level} {path}"));
    }

    fn data(&mut self, level: usize, bytes: &[u8]) {
        self.0.push(format!("data {level} {}", String::from_utf8_lossy(bytes)));
    }

    fn gap(&mut self, level: usize, length: u64) {
        self.0.push(format!("gap {level} {length}"));
    }

    fn end(&mut self, level: usize, ended: Ended) {
        self.0.push(format!("end {level} {} {}", ended.size, ended.complete));
    }

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.0.push(format!("cut {path} {}", reason.name()));
    }

    fn file_begin(&mut self, level: usize, file: &File<'_>) {
        let name = String::from_utf8_lossy(file.name);
        self.0.push(format!("file {level} {name} {} {}", file.kind, file.path));
    }

    fn file_data(&mut self, level: usize, bytes: &[u8]) {
        self.0.push(format!("file data {level} {}", String::from_utf8_lossy(bytes)));
    }

    fn file_end(&mut self, level: usize, ended: Ended) {
        self.0.push(format!("file end {level} {} {}", ended.size, ended.complete));
    }
}

/// What an object is told with in these tests.
fn facts() -> Facts {
    Facts { module: 0, level: 1, complete: true, within: false }
}
