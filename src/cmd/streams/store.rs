//! The streams that are being written, and the few files that are open meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::report::{self, Line, Report};
use super::{StreamsReport, WriteError, name};
use crate::event::{Direction, FlowEvent, FlowHead, Tuple};
use crate::worker::TapRecord;

/// Most files open at a time: a quarter of the 1,024 that a process may have by default.
pub(super) const MAX_OPEN: usize = 256;

/// A direction of a flow that has not ended: of one key there is one flow at a time.
type Key = (Tuple, [u16; 2], Direction);

/// One direction.
#[derive(Debug)]
struct Stream {
    line: Line,
    /// Its length so far, holes included.
    length: u64,
    /// When it was written to, while its file is open.
    used: Option<u64>,
}

/// All streams of a replay.
#[derive(Debug)]
pub(super) struct Store {
    directory: PathBuf,
    streams: HashMap<Key, Stream>,
    /// Open files, by when they were last written to.
    open: BTreeMap<u64, (Key, File)>,
    clock: u64,
    /// How many files have a name, not counting what tells them apart.
    names: HashMap<String, u32>,
    report: Report,
    totals: StreamsReport,
}

impl Store {
    /// Nothing yet.
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_path_buf(),
            streams: HashMap::new(),
            open: BTreeMap::new(),
            clock: 0,
            names: HashMap::new(),
            report: Report::default(),
            totals: StreamsReport::default(),
        }
    }

    /// Takes one record and the bytes that came with it.
    pub(super) fn take(&mut self, record: &TapRecord, bytes: &[u8]) -> Result<(), WriteError> {
        match record {
            TapRecord::Data { head, direction, offset, .. } => self.data(head, *direction, *offset, bytes),
            TapRecord::Gap { head, direction, length } => {
                let stream = self.stream(head, *direction);
                let offset = stream.length;
                gap(stream, offset, *length);
                Ok(())
            }
            TapRecord::Ended { head, direction, reason } => {
                self.stream(head, *direction).line.end = Some(*reason);
                Ok(())
            }
            TapRecord::Over(event) => {
                self.end(event);
                Ok(())
            }
        }
    }

    /// Writes the report.
    pub(super) fn finish(mut self) -> Result<StreamsReport, WriteError> {
        self.open.clear();
        for (_, stream) in std::mem::take(&mut self.streams) {
            self.close(&stream, None);
        }
        let path = report::path(&self.directory);
        self.report.write(&self.directory).map_err(|error| WriteError { path, error })?;
        Ok(self.totals)
    }

    fn stream(&mut self, head: &FlowHead, direction: Direction) -> &mut Stream {
        self.streams.entry((head.tuple, head.vlan, direction)).or_insert_with(|| Stream {
            line: Line { head: *head, direction, file: None, bytes: 0, gaps: Vec::new(), end: None },
            length: 0,
            used: None,
        })
    }

    fn data(&mut self, head: &FlowHead, direction: Direction, offset: u64, bytes: &[u8]) -> Result<(), WriteError> {
        let key = (head.tuple, head.vlan, direction);
        let stream = self.stream(head, direction);
        // Bytes that neither came nor were called missing are missing.
        let skipped = offset.saturating_sub(stream.length);
        if skipped != 0 {
            gap(stream, stream.length, skipped);
        }
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        stream.length = stream.length.max(offset.saturating_add(length));
        stream.line.bytes = stream.line.bytes.saturating_add(length);
        let (file, used) = (stream.line.file.clone(), stream.used.take());
        let (name, new) = match file {
            Some(name) => (name, false),
            None => (self.fresh_name(head, direction), true),
        };
        let path = self.directory.join(&name);
        let written = self.write(key, used, &path, new, offset, bytes);
        let used = written.map_err(|error| WriteError { path, error })?;
        let stream = self.stream(head, direction);
        stream.line.file = Some(name);
        stream.used = Some(used);
        Ok(())
    }

    /// A name that no other file of this replay has.
    fn fresh_name(&mut self, head: &FlowHead, direction: Direction) -> String {
        let name = name::of(head, direction);
        let count = self.names.entry(name.clone()).or_insert(0);
        let counted = name::counted(&name, *count);
        *count = count.saturating_add(1);
        counted
    }

    /// Writes to a file, which is opened when it is not, and is then the one used last. Returns when that was.
    fn write(
        &mut self,
        key: Key,
        used: Option<u64>,
        path: &Path,
        new: bool,
        offset: u64,
        bytes: &[u8],
    ) -> io::Result<u64> {
        let held = used.and_then(|used| self.open.remove(&used)).map(|(_, file)| file);
        let file = match held {
            Some(file) => file,
            None => {
                self.make_room();
                OpenOptions::new().write(true).create_new(new).open(path)?
            }
        };
        file.write_all_at(bytes, offset)?;
        self.clock += 1;
        self.open.insert(self.clock, (key, file));
        Ok(self.clock)
    }

    /// Closes the file that was not written to for the longest time when as many are open as may be.
    fn make_room(&mut self) {
        if self.open.len() < MAX_OPEN {
            return;
        }
        if let Some((_, (key, _))) = self.open.pop_first()
            && let Some(stream) = self.streams.get_mut(&key)
        {
            stream.used = None;
        }
    }

    /// A flow has ended; the next one may have the same key.
    fn end(&mut self, event: &FlowEvent) {
        for direction in [Direction::ToServer, Direction::ToClient] {
            if let Some(stream) = self.streams.remove(&(event.head.tuple, event.head.vlan, direction)) {
                if let Some(used) = stream.used {
                    self.open.remove(&used);
                }
                self.close(&stream, Some(event));
            }
        }
    }

    fn close(&mut self, stream: &Stream, end: Option<&FlowEvent>) {
        let line = &stream.line;
        self.totals.files += u64::from(line.file.is_some());
        self.totals.bytes = self.totals.bytes.saturating_add(line.bytes);
        self.totals.gaps += u64::try_from(line.gaps.len()).unwrap_or(0);
        let missing = line.gaps.iter().map(|(_, length)| length);
        self.totals.gap_bytes = missing.fold(self.totals.gap_bytes, |sum, length| sum.saturating_add(*length));
        self.report.push(line, end);
    }
}

/// Notes a hole at `offset`; one right behind another is the same.
fn gap(stream: &mut Stream, offset: u64, length: u64) {
    let end = offset.saturating_add(length);
    match stream.line.gaps.last_mut() {
        Some((before, have)) if before.saturating_add(*have) == offset => *have = have.saturating_add(length),
        _ => stream.line.gaps.push((offset, length)),
    }
    stream.length = stream.length.max(end);
}
