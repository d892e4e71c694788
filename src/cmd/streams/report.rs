//! `report.json`: one object a line for each direction of a flow of which a packet was seen, in the order of their names.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::event::{Direction, EveTime, FlowEvent, FlowHead, flow_id};
use crate::tcp::StreamEnd;

/// The report's name in the directory. No stream has it: theirs begin with an address.
const FILE: &str = "report.json";

/// One direction, as it is when its flow has ended.
#[derive(Debug)]
pub(super) struct Line {
    /// Of the flow, client first.
    pub(super) head: FlowHead,
    /// Which way the bytes went.
    pub(super) direction: Direction,
    /// The file's name; `None` when no byte came.
    pub(super) file: Option<String>,
    /// Bytes in the file, without holes.
    pub(super) bytes: u64,
    /// Holes as offset and length, in order.
    pub(super) gaps: Vec<(u64, u64)>,
    /// Why nothing more came.
    pub(super) end: Option<StreamEnd>,
}

/// Where the report is.
pub(super) fn path(directory: &Path) -> PathBuf {
    directory.join(FILE)
}

/// Creates the report, or empties it.
pub(super) fn create(directory: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path(directory))
}

/// A line as JSON. `flow` is how its flow ended; `None` when the replay broke off before that.
fn object(line: &Line, flow: Option<&FlowEvent>) -> Value {
    let tuple = &line.head.tuple;
    let client = (tuple.src_ip(), tuple.src_port);
    let server = (tuple.dest_ip(), tuple.dest_port);
    let ((src_ip, src_port), (dest_ip, dest_port)) = match line.direction {
        Direction::ToServer => (client, server),
        Direction::ToClient => (server, client),
    };
    let vlan: Vec<_> = line.head.vlan.into_iter().filter(|id| *id != 0).collect();
    json!({
        "file": line.file,
        "flow_id": flow_id(&line.head),
        "start": EveTime(line.head.start_ns),
        "src_ip": src_ip,
        "src_port": src_port,
        "dest_ip": dest_ip,
        "dest_port": dest_port,
        "vlan": vlan,
        "direction": line.direction.name(),
        "bytes": line.bytes,
        "gaps": line.gaps,
        "end": line.end.map(StreamEnd::name),
        "state": flow.map(|event| event.state.name()),
        "reason": flow.map(|event| event.reason.name()),
    })
}

/// The lines of a report, as they come.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Sort keys, and the finished lines.
    lines: Vec<(String, u64, String)>,
}

impl Report {
    /// Adds a direction whose flow has ended as `flow` says.
    pub(super) fn push(&mut self, line: &Line, flow: Option<&FlowEvent>) {
        let name = line.file.clone().unwrap_or_else(|| super::name::of(&line.head, line.direction));
        self.lines.push((name, line.head.start_ns, object(line, flow).to_string()));
    }

    /// Writes all lines.
    pub(super) fn write(mut self, directory: &Path) -> io::Result<()> {
        self.lines.sort_unstable();
        let mut out = BufWriter::new(create(directory)?);
        for (_, _, line) in &self.lines {
            writeln!(out, "{line}")?;
        }
        out.flush()
    }
}
