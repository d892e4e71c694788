//! `tidegate extractor`: what the sensor starts itself as, to take objects apart; and how it does.

use std::path::PathBuf;
use std::time::Duration;

use super::arguments::ServeExtractor;
use super::build;
use super::output::{Failure, complain};
use crate::config::Config;
use crate::config::user::{self, USERS};
use crate::decode::{FEWEST_DECODERS, Limits};
use crate::extractor::{self, Confinement, MODULES, Options, Orders, Point, Sizes, Supervisor};

/// This program, even when its file was replaced meanwhile.
const PROGRAM: &str = "/proc/self/exe";

/// Serves as an extractor process until it is killed.
pub(super) fn serve(options: &ServeExtractor) -> Result<(), Failure> {
    let orders = Orders {
        reader: options.reader,
        limits: Limits {
            depth: options.depth,
            children: options.children,
            output: options.output,
            ratio: options.ratio,
            decoders: options.depth.max(FEWEST_DECODERS),
            decoder_memory: 0,
        },
        object_max: options.object_max,
        confinement: Confinement { user: options.uid.zip(options.gid), memory: options.memory, parent: options.parent },
        rehearsal: options.rehearsal,
    };
    extractor::serve(&orders).map_err(|error| Failure::Running(anyhow::anyhow!("{error}")))
}

/// Starts the processes for so many workers, where there are to be any. Live they take all their memory at once.
pub(super) fn start(
    config: &Config,
    workers: usize,
    live: bool,
    rehearsal: bool,
) -> Result<(Option<Supervisor>, Vec<Option<Point>>), Failure> {
    if !config.extractor.enabled || (MODULES.is_empty() && !rehearsal) {
        return Ok((None, (0..workers).map(|_| None).collect()));
    }
    let options = Options {
        sizes: sizes(config),
        limits: build::decode_limits(config),
        deadline: Duration::from_nanos(config.extractor.deadline_ns),
        memory: config.extractor.memory,
        user: user(config)?,
        settle: live,
        program: PathBuf::from(PROGRAM),
        rehearsal,
    };
    let started = Supervisor::start(&options, workers, complain);
    let (supervisor, points) = started.map_err(|error| {
        Failure::Running(anyhow::anyhow!("{error} (extractor.enabled = false runs without an extractor)"))
    })?;
    Ok((Some(supervisor), points.into_iter().map(Some).collect()))
}

/// Sizes of a worker's connection point.
pub(super) fn sizes(config: &Config) -> Sizes {
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    Sizes {
        processes: config.extractor.processes,
        object_max: size(config.extractor.object_max),
        arena: size(config.extractor.arena),
        depth: usize::from(config.decode.depth),
        output: config.decode.output,
    }
}

/// User and group that processes become; `None` where this process is not root, and so need not change.
fn user(config: &Config) -> Result<Option<(u32, u32)>, Failure> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let user = &config.extractor.user;
    let found = user::find(user).map_err(|error| Failure::input(format!("{USERS}: {error}")))?;
    // One that a file names was found when that was read.
    found.map(Some).ok_or_else(|| {
        Failure::input(format!(
            "extractor.user: found {user:?}, expected a user of this system ({USERS}) without root's rights"
        ))
    })
}
