//! Starts the processes, and replaces those that hang or die.
//!
//! One thread of the sensor. It counts time against a process only while its worker looks for answers, so that
//! a worker that is busy or paused costs no process its life.

use std::io::{self, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::layout::READY;
use super::link::{Failure, Link, State};
use super::modules::MODULES;
use super::point::{Point, Sizes};
use super::rehearsal::REHEARSAL;
use super::teller::load;
use crate::decode::Limits;
use crate::dpdk::shared::Shared;

/// Between two looks at all processes.
const TICK: Duration = Duration::from_millis(2);
/// Time for a process to start.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How long after a death the next process is started, when the one before it died as well without an answer; doubled
/// with each, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// After so many processes in a row that did not even start there is no other.
const MOST_FALSE_STARTS: u32 = 8;
/// Longest message of a process that cannot start.
const MESSAGE: u64 = 1024;

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

/// A process's place.
#[derive(Debug)]
struct Post {
    /// Worker and number.
    name: String,
    reader: usize,
    link: Arc<Link>,
    objects: Arc<Shared>,
    answers: Arc<Shared>,
    child: Option<Child>,
    started: Instant,
    is_ready: bool,
    /// What the worker said last, and how long that has been so.
    waiting: u64,
    looked: u64,
    waited: Duration,
    /// What the worker had accused of before this process.
    accused: u64,
    /// Processes in a row that died without an answer, and that did not start.
    failures: u32,
    false_starts: u32,
    /// When the next one may be started.
    not_before: Instant,
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
                let now = Instant::now();
                posts.push(Post {
                    name: format!("extractor {worker}/{number}"),
                    reader: number,
                    link: Arc::clone(&reader.link),
                    objects: point.board.memory(),
                    answers: reader.answers.memory(),
                    child: None,
                    started: now,
                    is_ready: false,
                    waiting: 0,
                    looked: 0,
                    waited: Duration::ZERO,
                    accused: 0,
                    failures: 0,
                    false_starts: 0,
                    not_before: now,
                });
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
        let passed = now.duration_since(last).min(TICK * 5);
        last = now;
        for post in posts.iter_mut() {
            post.attend(options, passed, tell);
        }
    }
}

impl Post {
    fn start(&mut self, options: &Options) -> io::Result<()> {
        let Options { limits, sizes, .. } = options;
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let orders = [
            ("--reader", Some(wide(self.reader))),
            ("--parent", Some(u64::from(std::process::id()))),
            ("--depth", Some(wide(limits.depth))),
            ("--children", Some(u64::from(limits.children))),
            ("--output", Some(limits.output)),
            ("--ratio", Some(limits.ratio)),
            ("--object-max", Some(wide(sizes.object_max))),
            ("--memory", Some(options.memory)),
            ("--uid", options.user.map(|(user, _)| u64::from(user))),
            ("--gid", options.user.map(|(_, group)| u64::from(group))),
        ];
        let mut command = Command::new(&options.program);
        command.arg("extractor");
        for (name, value) in orders {
            if let Some(value) = value {
                command.arg(name).arg(value.to_string());
            }
        }
        if options.rehearsal {
            command.arg("--rehearsal");
        }
        command
            .env_clear()
            .current_dir("/")
            // What is typed at the sensor's terminal is not meant for them.
            .process_group(0)
            .stdin(Stdio::from(self.objects.descriptor()?))
            .stdout(Stdio::from(self.answers.descriptor()?))
            .stderr(Stdio::piped());
        self.accused = self.link.accused();
        (self.is_ready, self.waiting, self.waited, self.started) = (false, 0, Duration::ZERO, Instant::now());
        self.child = Some(command.spawn()?);
        Ok(())
    }

    fn look_ready(&mut self) -> bool {
        if !self.is_ready && load(&self.answers, READY) != 0 {
            self.is_ready = true;
            self.false_starts = 0;
            if let Some(child) = &mut self.child {
                // It has nothing more to tell.
                child.stderr = None;
            }
        }
        self.is_ready
    }

    fn attend(&mut self, options: &Options, passed: Duration, tell: fn(&str)) {
        match self.link.state() {
            State::Up => self.watch(options, passed, tell),
            State::Cleared if Instant::now() >= self.not_before => {
                self.link.count_replaced();
                self.link.set(State::Up);
                if let Err(error) = self.start(options) {
                    tell(&format!("{}: {}: {error}", self.name, options.program.display()));
                    self.gone(Failure::Died, tell);
                }
            }
            State::Cleared | State::Down | State::Off => {}
        }
    }

    fn watch(&mut self, options: &Options, passed: Duration, tell: fn(&str)) {
        let Some(child) = &mut self.child else { return };
        if let Ok(Some(status)) = child.try_wait() {
            let words = last_words(child, status);
            tell(&format!("{}: {words}; replaced", self.name));
            return self.gone(Failure::Died, tell);
        }
        if self.link.accused() != self.accused {
            tell(&format!("{}: what it handed back broke the rules; replaced", self.name));
            self.end();
            return self.gone(Failure::Protocol, tell);
        }
        if !self.look_ready() {
            if self.started.elapsed() > READY_WITHIN {
                self.end();
                self.gone(Failure::Died, tell);
            }
            return;
        }
        let (waiting, looked) = (self.link.waiting(), self.link.looked());
        if waiting != self.waiting {
            if self.waiting != 0 {
                self.failures = 0;
            }
            (self.waiting, self.waited) = (waiting, Duration::ZERO);
        } else if waiting != 0 && looked != self.looked {
            self.waited += passed;
        }
        self.looked = looked;
        if self.waited > options.deadline {
            tell(&format!("{}: an object took longer than {:?}; replaced", self.name, options.deadline));
            self.end();
            self.gone(Failure::Deadline, tell);
        }
    }

    /// The process is no more.
    fn gone(&mut self, reason: Failure, tell: fn(&str)) {
        self.child = None;
        let pause = FIRST_PAUSE * 2_u32.saturating_pow(self.failures.min(16));
        self.not_before = Instant::now() + if self.failures == 0 { Duration::ZERO } else { pause.min(LONGEST_PAUSE) };
        self.failures = self.failures.saturating_add(1);
        self.false_starts = if self.is_ready { 0 } else { self.false_starts + 1 };
        if self.false_starts >= MOST_FALSE_STARTS {
            tell(&format!("{}: does not start any more; its objects are not inspected", self.name));
            return self.link.set(State::Off);
        }
        self.link.down(reason);
    }

    /// Kills the process, and waits until it is dead.
    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have died by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Post {
    /// Whoever waits for an answer learns that none will come.
    fn drop(&mut self) {
        self.end();
        self.link.set(State::Off);
    }
}

/// Why a process has ended, as far as it could tell.
fn last_words(child: &mut Child, status: ExitStatus) -> String {
    let mut words = Vec::new();
    if let Some(stderr) = &mut child.stderr {
        // What cannot be read is no reason to say nothing.
        let _ = stderr.take(MESSAGE).read_to_end(&mut words);
    }
    let words = String::from_utf8_lossy(&words);
    match (words.trim().lines().next(), status.signal(), status.code()) {
        (Some(line), _, _) => line.to_owned(),
        (None, Some(libc::SIGSYS), _) => "killed for a forbidden system call".to_owned(),
        (None, Some(signal), _) => format!("ended by signal {signal}"),
        (None, None, code) => format!("ended with exit code {}", code.unwrap_or(-1)),
    }
}
