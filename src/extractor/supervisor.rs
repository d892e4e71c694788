//! Starts the processes, and replaces those that hang or die.
//!
//! One thread of the sensor. It counts time against a process only while its worker looks for answers, so that
//! a worker that is busy or paused costs no process its life.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::modules::MODULES;
use super::point::{Point, Sizes};
use super::post::{Post, READY_WITHIN, last_words};
use super::rehearsal::REHEARSAL;
use crate::decode::Limits;

/// Between two looks at all processes.
const TICK: Duration = Duration::from_millis(2);

/// What processes are started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Sizes of each worker's connection point.
    pub sizes: Sizes,
    /// What is decoded of one object.
    pub limits: Limits,
    /// Longest time that an object may take.
    pub deadline: Duration,
    /// Bytes that a process may take besides what it starts with.
    pub memory: u64,
    /// User and group that processes become; `None` when this process is nobody privileged.
    pub user: Option<(u32, u32)>,
    /// Take all memory at once.
    pub settle: bool,
    /// This program.
    pub program: PathBuf,
    /// Processes have modules that misbehave, for tests.
    pub rehearsal: bool,
}

/// The thread that has the processes. Dropping it kills them.
#[derive(Debug)]
pub struct Supervisor {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Makes connection points for so many workers, starts their processes, and waits until all of them are confined.
    /// `tell` gets a line for each process that is replaced.
    ///
    /// # Errors
    /// Why a process cannot be started or confined.
    pub fn start(options: &Options, workers: usize, tell: fn(&str)) -> Result<(Self, Vec<Point>), String> {
        let modules = if options.rehearsal { REHEARSAL } else { MODULES };
        let (mut points, mut posts) = (Vec::new(), Vec::new());
        for worker in 0..workers {
            let point = Point::new(&options.sizes, modules, options.settle)
                .map_err(|error| format!("shared memory of the extractor: {error}"))?;
            for (number, reader) in point.readers.iter().enumerate() {
                posts.push(Post::new(worker, number, &point, reader));
            }
            points.push(point);
        }
        let (said, says) = std::sync::mpsc::sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let (options, stopped) = (options.clone(), Arc::clone(&stop));
        // Processes die with the thread that started them.
        let thread = thread::Builder::new().name("extractor".to_owned()).spawn(move || {
            let started = start_all(&mut posts, &options);
            let failed = started.is_err();
            if said.send(started).is_ok() && !failed {
                attend(&mut posts, &options, &stopped, tell);
            }
        });
        let thread = Some(thread.map_err(|error| format!("the extractor's thread: {error}"))?);
        let supervisor = Self { stop, thread };
        says.recv().map_err(|_| "the extractor's thread is gone".to_owned())??;
        Ok((supervisor, points))
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been printed by then.
            let _ = thread.join();
        }
    }
}

/// Starts all processes at once, and waits for each.
fn start_all(posts: &mut [Post], options: &Options) -> Result<(), String> {
    for post in posts.iter_mut() {
        post.start(options).map_err(|error| format!("{}: {error}", options.program.display()))?;
    }
    for post in posts {
        while !post.look_ready() {
            if let Some(child) = &mut post.child
                && let Ok(Some(status)) = child.try_wait()
            {
                return Err(format!("{}: {}", post.name, last_words(child, status)));
            }
            if post.started.elapsed() > READY_WITHIN {
                return Err(format!("{}: not ready after {} s", post.name, READY_WITHIN.as_secs()));
            }
            thread::sleep(TICK);
        }
        post.test_kill().map_err(|error| format!("{}: the right to end it (CAP_KILL): {error}", post.name))?;
    }
    Ok(())
}

/// Looks after the processes until told to stop.
fn attend(posts: &mut [Post], options: &Options, stop: &AtomicBool, tell: fn(&str)) {
    let mut last = Instant::now();
    while !stop.load(Ordering::Acquire) {
        thread::sleep(TICK);
        let now = Instant::now();
        // A sensor that was stopped for a while has not waited.
        let passed = now.duration_since(last).min(TICK * 50);
        last = now;
        for post in posts.iter_mut() {
            post.attend(options, passed, tell);
        }
    }
}
