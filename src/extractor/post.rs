//! The place of one process: who has it now, what its worker waits for, and what is done about it.

use std::io::{self, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

use super::layout::READY;
use super::link::{Failure, Link, State};
use super::point::Point;
use super::processor::{Standing, is_starved};
use super::reader::Reader;
use super::supervisor::Options;
use super::teller::load;
use crate::dpdk::shared::Shared;

/// Time for a process to start.
pub(super) const READY_WITHIN: Duration = Duration::from_secs(20);
/// How long after a death the next process is started, when the one before it died as well without an answer; doubled
/// with each, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// After so many processes in a row that did not even start there is no other.
const MOST_FALSE_STARTS: u32 = 8;
/// Longest message of a process that cannot start.
const MESSAGE: u64 = 1024;

/// A process's place.
#[derive(Debug)]
pub(super) struct Post {
    /// Worker and number.
    pub(super) name: String,
    reader: usize,
    link: Arc<Link>,
    objects: Arc<Shared>,
    answers: Arc<Shared>,
    pub(super) child: Option<Child>,
    pub(super) started: Instant,
    is_ready: bool,
    /// What the worker said last, and how long that has been so.
    waiting: u64,
    looked: u64,
    waited: Duration,
    /// How the process stood when that was half of what it may take.
    standing: Option<Standing>,
    /// What the worker had accused of before this process.
    accused: u64,
    /// Processes in a row that died without an answer, and that did not start.
    failures: u32,
    false_starts: u32,
    /// When the next one may be started.
    not_before: Instant,
}

impl Post {
    /// A place for process `number` of `worker`.
    pub(super) fn new(worker: usize, number: usize, point: &Point, reader: &Reader) -> Self {
        let now = Instant::now();
        Self {
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
            standing: None,
            accused: 0,
            failures: 0,
            false_starts: 0,
            not_before: now,
        }
    }

    /// Starts its process.
    pub(super) fn start(&mut self, options: &Options) -> io::Result<()> {
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
        self.standing = None;
        self.child = Some(command.spawn()?);
        Ok(())
    }

    /// Whether its process is confined, and takes objects.
    pub(super) fn look_ready(&mut self) -> bool {
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

    /// Looks after its process; `passed` is the time since the last look.
    pub(super) fn attend(&mut self, options: &Options, passed: Duration, tell: fn(&str)) {
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
        let process = child.id();
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
            (self.waiting, self.waited, self.standing) = (waiting, Duration::ZERO, None);
        } else if waiting != 0 && looked != self.looked {
            self.waited += passed;
        }
        self.looked = looked;
        if self.standing.is_none() && self.waited > options.deadline / 2 {
            self.standing = Standing::of(process);
        }
        if self.waited > options.deadline
            && !is_starved(self.standing, Standing::of(process), self.waited, options.deadline)
        {
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

    /// Whether this process may kill the other, which is somebody else by now.
    pub(super) fn test_kill(&self) -> io::Result<()> {
        let process = self.child.as_ref().and_then(|child| Pid::from_raw(i32::try_from(child.id()).ok()?));
        Ok(test_kill_process(process.ok_or(io::ErrorKind::NotFound)?)?)
    }

    /// Kills the process, and waits until it is dead.
    fn end(&mut self) {
        if let Some(mut child) = self.child.take()
            && child.kill().is_ok()
        {
            // Nobody else has waited for it.
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
pub(super) fn last_words(child: &mut Child, status: ExitStatus) -> String {
    let mut words = Vec::new();
    if let Some(stderr) = &mut child.stderr {
        // What cannot be read is no reason to say nothing.
        let _ = stderr.take(MESSAGE).read_to_end(&mut words);
    }
    let words = String::from_utf8_lossy(&words);
    match (words.trim().lines().next(), status.signal(), status.code()) {
        // It is this program, and is named in front of the line that this becomes part of.
        (Some(line), _, _) => line.strip_prefix("tidegate: ").unwrap_or(line).to_owned(),
        (None, Some(libc::SIGSYS), _) => "killed for a forbidden system call".to_owned(),
        (None, Some(signal), _) => format!("ended by signal {signal}"),
        (None, None, code) => format!("ended with exit code {}", code.unwrap_or(-1)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail loudly
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn what_a_process_said_last_names_the_program_once() {
        let words = |script: &str| {
            let mut child = Command::new("sh").args(["-c", script]).stderr(Stdio::piped()).spawn().unwrap();
            let status = child.wait().unwrap();
            last_words(&mut child, status)
        };
        assert_eq!(words("echo 'tidegate: user 7: not there' >&2; echo more >&2; exit 1"), "user 7: not there");
        assert_eq!(words("echo 'memory allocation failed' >&2; exit 1"), "memory allocation failed");
        assert_eq!(words("exit 3"), "ended with exit code 3");
        assert_eq!(words("kill -SEGV $$"), "ended by signal 11");
    }
}
