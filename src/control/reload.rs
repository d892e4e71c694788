//! Another configuration for a running sensor.
//!
//! The file is read, checked and compiled on the thread that asks, which is the prompt's or the one that waits for SIGHUP.
//! What is wrong with it, or would need a restart, refuses it as a whole, and nothing has changed. Otherwise each worker
//! gets a snapshot of its own ([`Settings`]) and exchanges it between two bursts; what it had before comes back here and is
//! freed. One reload at a time.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use super::reporter;
use super::sensor::Sensor;
use crate::config::Config;
use crate::event::{Dictionaries, FIRST_CONFIGURATION, NameBook, StatsEvent};
use crate::scan::keyword::Matcher;
use crate::worker::{PipelineOptions, Settings};

/// Between two looks at workers that have yet to take their settings. They look when they are idle, and after 256 polls.
const LOOK: Duration = Duration::from_micros(100);
/// A worker that takes longer than this is named. It waits for the end of its walk over the flow table when the reload
/// before has just changed the dictionaries.
const SLOW: Duration = Duration::from_secs(5);
/// Between two looks at SIGHUP.
const TICK: Duration = Duration::from_millis(50);

/// What workers and events need of a configuration.
#[derive(Debug)]
pub struct Compiled {
    /// Dictionaries as alerts name them.
    pub dictionaries: Dictionaries,
    /// Dictionaries as workers search for them: the same allocation as before where they are the same.
    pub matcher: Arc<Matcher>,
    /// Rules; its sizes count for nothing.
    pub options: PipelineOptions,
    /// Most sessions that a worker kills in a second; 0: no limit.
    pub kill_rate: u32,
}

/// Compiles a configuration (the last argument) for a sensor that runs with another and its dictionaries. The error is
/// one line.
pub type Compile = fn(&Config, &Arc<Matcher>, &Config) -> Result<Compiled, String>;

/// What the sensor runs with.
#[derive(Debug)]
struct InForce {
    config: Config,
    matcher: Arc<Matcher>,
}

/// Reloads of one sensor.
#[derive(Debug)]
pub struct Reloader {
    file: PathBuf,
    compile: Compile,
    names: NameBook,
    stats: Sender<StatsEvent>,
    in_force: Mutex<InForce>,
    number: AtomicU32,
    done: AtomicU64,
    refused: AtomicU64,
}

impl Reloader {
    /// For a sensor that was started with `config` and `matcher`. Names of dictionaries go to `names`, and after each
    /// reload, done or refused, a `stats` event to `stats`.
    #[must_use]
    pub fn new(
        config: Config,
        matcher: Arc<Matcher>,
        compile: Compile,
        names: NameBook,
        stats: Sender<StatsEvent>,
    ) -> Self {
        Self {
            file: config.file.clone().unwrap_or_default(),
            compile,
            names,
            stats,
            in_force: Mutex::new(InForce { config, matcher }),
            number: AtomicU32::new(FIRST_CONFIGURATION),
            done: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Number of the configuration in force, reloads that were done, and reloads that were refused.
    #[must_use]
    pub fn counts(&self) -> (u64, u64, u64) {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (u64::from(self.number.load(Ordering::Relaxed)), of(&self.done), of(&self.refused))
    }

    /// Reads the file again. Returns when all workers have it, or when it is refused, with the lines to tell.
    pub(super) fn reload(&self, sensor: &Sensor) -> Vec<String> {
        let mut in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        let (counter, lines) = match self.attempt(sensor, &mut in_force) {
            Ok(lines) => (&self.done, lines),
            Err(reasons) => (&self.refused, reasons.iter().map(|reason| format!("reload refused: {reason}")).collect()),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        reporter::send(sensor, &self.stats);
        lines
    }

    fn attempt(&self, sensor: &Sensor, in_force: &mut InForce) -> Result<Vec<String>, Vec<String>> {
        let (config, compiled) = self.read(in_force)?;
        let number = self.number.load(Ordering::Relaxed).wrapping_add(1);
        self.names.add(number, Arc::clone(&compiled.dictionaries));
        let matcher = Arc::clone(&compiled.matcher);
        let took = hand_over(sensor, compiled, number).map_err(|reason| vec![reason])?;
        self.names.retire_before(number);
        self.number.store(number, Ordering::Relaxed);
        let mut lines: Vec<String> = config.warnings().iter().map(|warning| format!("warning: {warning}")).collect();
        let workers = match sensor.workers.len() {
            1 => "the worker".to_owned(),
            count => format!("all {count} workers"),
        };
        lines.push(format!("reload: configuration {number} in force on {workers} after {} ms", took.as_millis()));
        *in_force = InForce { config, matcher };
        Ok(lines)
    }

    /// Reads, checks and compiles the file; the error is a line a reason.
    fn read(&self, in_force: &InForce) -> Result<(Config, Compiled), Vec<String>> {
        let InForce { config, matcher } = in_force;
        let new = Config::load(&self.file).map_err(|error| vec![error.to_string()])?;
        let file = self.file.display();
        let differences = config.needs_restart(&new);
        if !differences.is_empty() {
            return Err(differences.iter().map(|difference| format!("{file}: {difference}")).collect());
        }
        let compiled = (self.compile)(config, matcher, &new).map_err(|reason| vec![format!("{file}: {reason}")])?;
        Ok((new, compiled))
    }
}

/// Gives every worker the settings, and waits until all have them: how long that took. The old ones are freed here.
fn hand_over(sensor: &Sensor, compiled: Compiled, number: u32) -> Result<Duration, String> {
    let Compiled { matcher, options, kill_rate, .. } = compiled;
    let settings = Settings::new(number, options, matcher, kill_rate);
    let controls = || sensor.workers.iter().map(|worker| &worker.control);
    let posted = Instant::now();
    controls().for_each(|control| control.settings.post(Box::new(settings.clone())));
    let mut told = false;
    let late = loop {
        let late = controls().position(|control| control.settings.is_waiting());
        let Some(worker) = late.filter(|_| !sensor.stop.raised()) else { break late };
        if !told && posted.elapsed() > SLOW {
            sensor.console.notice(&format!("reload: worker {worker} has yet to take configuration {number}"));
            told = true;
        }
        thread::sleep(LOOK);
    };
    let took = posted.elapsed();
    controls().for_each(|control| drop(control.settings.take_back()));
    if late.is_some() { Err("the sensor ends".to_owned()) } else { Ok(took) }
}

/// The thread that waits for SIGHUP, until the sensor is to stop. It ends within 50 ms then, or when the reload that
/// it is at is given up.
///
/// # Errors
/// When the system gives no thread.
pub fn on_hangup(sensor: &Arc<Sensor>, hangup: Arc<AtomicBool>) -> io::Result<thread::JoinHandle<()>> {
    let sensor = Arc::clone(sensor);
    thread::Builder::new().name("reload".to_owned()).spawn(move || {
        while !sensor.stop.raised() {
            if hangup.swap(false, Ordering::Relaxed) {
                sensor.reload().iter().for_each(|line| sensor.console.notice(line));
            }
            thread::sleep(TICK);
        }
    })
}
