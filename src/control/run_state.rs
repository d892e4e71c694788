//! What a sensor leaves behind for the next one, should it not end cleanly.
//!
//! `run.state` in the output directory is written when the sensor starts, again at each interval, and
//! removed at a clean end. A start that finds one knows that the run before was killed or has crashed, and how much
//! of what that one had seen is told by no event. The file is JSON, one object; it replaces the one before by
//! a rename, so that a crash in between leaves one of both whole.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::figures::{Figures, figure, grouped};
use crate::event::EveTime;

/// The file's name in the output directory.
pub const FILE: &str = "run.state";
/// More than a state ever takes, in bytes; a longer file is not ours.
const MOST_BYTES: u64 = 4096;

/// A run as of its last report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunState {
    /// When the run began, nanoseconds since 1970 in UTC.
    pub started_ns: u64,
    /// When this was written, likewise.
    pub reported_ns: u64,
    /// Longest time until it would have been written again, in nanoseconds.
    pub interval_ns: u64,
    /// Packets seen by then.
    pub packets: u64,
    /// Sessions that were open: their `flow` events were still to come.
    pub active_flows: u64,
    /// Events that the workers had sent.
    pub events: u64,
}

/// The state file of a running sensor.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    state: RunState,
}

impl StateFile {
    /// Takes over `directory`, which exists: says in one line what a run before it lost, if that did not end cleanly, and
    /// writes the first state. `interval_ns` is the longest time between two writings.
    ///
    /// A file that cannot be read, or is none of ours, is said to be so and replaced: it is no reason not to start.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn begin(directory: &Path, interval_ns: u64) -> io::Result<(Self, Option<String>)> {
        let path = directory.join(FILE);
        let lost = lost(&path);
        let now = now_ns();
        let state = RunState { started_ns: now, reported_ns: now, interval_ns, packets: 0, active_flows: 0, events: 0 };
        let file = Self { path, state };
        file.write()?;
        Ok((file, lost))
    }

    /// Writes what was counted until now.
    ///
    /// # Errors
    /// When the file cannot be written; the one before stays.
    pub fn report(&mut self, figures: &Figures) -> io::Result<()> {
        self.state.reported_ns = now_ns();
        self.state.packets = figure(figures, "decoder.pkts");
        self.state.active_flows = figure(figures, "flow.active");
        self.state.events = figure(figures, "event.sent");
        self.write()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run has ended cleanly.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn end(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    fn write(&self) -> io::Result<()> {
        let new = self.path.with_extension("state.new");
        let mut file = fs::File::create(&new)?;
        file.write_all(serde_json::to_string(&self.state)?.as_bytes())?;
        file.write_all(b"\n")?;
        // A rename that reaches the disk before the bytes would leave an empty file after a power failure.
        file.sync_data()?;
        fs::rename(&new, &self.path)
    }
}

/// What the run that left `path` behind has lost, in one line; `None` when there is no such file.
fn lost(path: &Path) -> Option<String> {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => return Some(unknown(path, &error.to_string())),
    };
    match serde_json::from_str::<RunState>(&text) {
        Ok(state) => Some(state.told()),
        Err(error) => Some(unknown(path, &error.to_string())),
    }
}

fn read(path: &Path) -> io::Result<String> {
    // A FIFO of that name would be waited for.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("found no regular file"));
    }
    let mut text = String::new();
    let read = fs::File::open(path)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(io::Error::other(format!("found more than {MOST_BYTES} bytes")));
    }
    Ok(text)
}

fn unknown(path: &Path, why: &str) -> String {
    let path = path.display();
    format!("{path}: {why}, expected the state of a run; how the run before this one ended is unknown")
}

impl RunState {
    fn told(&self) -> String {
        let seconds = Duration::from_nanos(self.interval_ns).as_secs_f64().ceil();
        format!(
            "the run of {} did not end cleanly: {} sessions that were open at {} are lost, and what was seen since (at \
             most {seconds} s); by then it had seen {} packets and sent {} events",
            EveTime(self.started_ns),
            grouped(self.active_flows),
            EveTime(self.reported_ns),
            grouped(self.packets),
            grouped(self.events),
        )
    }
}

fn now_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail loudly
mod tests {
    use super::*;

    const MINUTE_NS: u64 = 60_000_000_000;

    #[test]
    fn a_run_that_ended_cleanly_leaves_nothing_to_tell() {
        let directory = tempfile::tempdir().unwrap();
        let (file, lost) = StateFile::begin(directory.path(), MINUTE_NS).unwrap();
        assert_eq!(lost, None);
        assert!(directory.path().join(FILE).exists());
        file.end().unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "files are left");
        assert_eq!(StateFile::begin(directory.path(), MINUTE_NS).unwrap().1, None);
    }

    #[test]
    fn the_next_start_tells_what_a_killed_run_had_last_reported() {
        let directory = tempfile::tempdir().unwrap();
        let (mut file, _) = StateFile::begin(directory.path(), MINUTE_NS).unwrap();
        let figures = [("decoder.pkts", 1_234_567), ("flow.active", 8_901), ("event.sent", 2_345)];
        file.report(&Figures::from(figures)).unwrap();
        drop(file);
        let (_, lost) = StateFile::begin(directory.path(), MINUTE_NS).unwrap();
        let lost = lost.unwrap();
        for part in [
            " did not end cleanly: 8,901 sessions that were open at ",
            " (at most 60 s); ",
            "1,234,567 packets and sent 2,345 events",
        ] {
            assert!(lost.contains(part), "{lost}");
        }
        assert_eq!(lost.lines().count(), 1);
        // And the one after it is told of the second run, which saw nothing.
        let lost = StateFile::begin(directory.path(), MINUTE_NS).unwrap().1.unwrap();
        assert!(lost.contains(": 0 sessions "), "{lost}");
    }

    #[test]
    fn times_are_told_as_in_events() {
        let state = RunState {
            started_ns: 1_700_000_000_000_000_000,
            reported_ns: 1_700_000_010_500_000_000,
            interval_ns: 1_500_000_000,
            packets: 1,
            active_flows: 2,
            events: 3,
        };
        assert_eq!(
            state.told(),
            "the run of 2023-11-14T22:13:20.000000+0000 did not end cleanly: 2 sessions that were open at \
             2023-11-14T22:13:30.500000+0000 are lost, and what was seen since (at most 2 s); by then it had seen 1 packets \
             and sent 3 events"
        );
    }

    #[test]
    fn a_damaged_or_foreign_file_is_one_line_and_no_obstacle() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        let (file, _) = StateFile::begin(directory.path(), MINUTE_NS).unwrap();
        let whole = fs::read(&path).unwrap();
        drop(file);
        let half = whole.get(..whole.len() / 2).unwrap();
        let foreign: [&[u8]; 7] = [b"", b"\n\n\n", half, b"{}", b"[1, 2]\nmore\n", &[0xff; 99], &[b' '; 5000]];
        for content in foreign {
            fs::write(&path, content).unwrap();
            let (file, lost) = StateFile::begin(directory.path(), MINUTE_NS).unwrap();
            let lost = lost.unwrap();
            assert!(lost.starts_with(path.to_str().unwrap()), "{lost}");
            assert!(lost.ends_with("how the run before this one ended is unknown"), "{lost}");
            assert_eq!(lost.lines().count(), 1, "{lost}");
            // What replaced it is whole.
            assert!(serde_json::from_slice::<RunState>(&fs::read(&path).unwrap()).is_ok());
            file.end().unwrap();
        }
        // Numbers beyond a u64, and fields that no version of ours has.
        let text = String::from_utf8(whole).unwrap();
        for content in [text.replace("\"packets\":0", "\"packets\":-1"), text.replace("packets", "pockets")] {
            fs::write(&path, content).unwrap();
            assert!(StateFile::begin(directory.path(), MINUTE_NS).unwrap().1.unwrap().contains("expected the state"));
        }
    }

    #[test]
    fn a_directory_in_its_place_is_told_by_the_writing() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join(FILE).join("inside")).unwrap();
        assert!(StateFile::begin(directory.path(), MINUTE_NS).is_err());
    }
}
