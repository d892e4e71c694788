//! The commands: one table for parsing, completion and help.

use std::fmt;

use crate::config::suggest::nearest;
use crate::control::steering::Question;

/// A line that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// An empty line.
    Nothing,
    Start,
    Stop,
    PortInfo(Which),
    PortStats(Which),
    PortXstats(Which),
    Lcore,
    Workers,
    /// Every figure of one worker.
    Worker(usize),
    FlowCount,
    FlowTop,
    Steering(Question),
    Mempool,
    ClearStats,
    Verbose(u8),
    Reload,
    Help(Option<&'static Spec>),
    Quit,
}

/// One port by number or name, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    All,
    One(String),
}

/// What may follow a command's words; completion offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    Nothing,
    Port,
    Worker,
    Steering,
    Level,
    Command,
}

type Read = fn(&[&str]) -> Result<Command, String>;

/// One command.
pub(super) struct Spec {
    /// Its words.
    pub(super) words: &'static [&'static str],
    /// What follows them, as `help` writes it.
    pub(super) arguments: &'static str,
    /// The same for completion.
    pub(super) follows: Follows,
    /// What it does, in one line.
    pub(super) help: &'static str,
    /// Reads the arguments; the error says what was found and expected.
    read: Read,
}

impl Spec {
    /// Its words as they are typed.
    pub(super) fn name(&self) -> String {
        self.words.join(" ")
    }

    /// Its words with what follows.
    pub(super) fn usage(&self) -> String {
        format!("{} {}", self.name(), self.arguments).trim_end().to_owned()
    }
}

/// A command is itself, whatever it reads.
impl PartialEq for Spec {
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
    }
}

impl Eq for Spec {}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

const fn spec(
    words: &'static [&'static str],
    arguments: &'static str,
    follows: Follows,
    help: &'static str,
    read: Read,
) -> Spec {
    Spec { words, arguments, follows, help, read }
}

/// All commands, in the order in which `help` lists them.
pub(super) static COMMANDS: &[Spec] = &[
    spec(&["start"], "", Follows::Nothing, "Poll the ports again after stop", |words| none(words, Command::Start)),
    spec(&["stop"], "", Follows::Nothing, "Poll no port; flows and counters stay", |words| none(words, Command::Stop)),
    spec(&["show", "port", "info"], "PORT|all", Follows::Port, "Driver, address, link, queues, steering", |words| {
        which(words).map(Command::PortInfo)
    }),
    spec(&["show", "port", "stats"], "PORT|all", Follows::Port, "Packets, bytes and losses", |words| {
        which(words).map(Command::PortStats)
    }),
    spec(&["show", "port", "xstats"], "PORT|all", Follows::Port, "The driver's own counters", |words| {
        which(words).map(Command::PortXstats)
    }),
    spec(&["show", "lcore"], "", Follows::Nothing, "Lcores, their CPUs and how busy they are", |words| {
        none(words, Command::Lcore)
    }),
    spec(&["show", "worker"], "[N]", Follows::Worker, "Workers side by side, or every figure of one", worker),
    spec(&["show", "flow", "count"], "", Follows::Nothing, "Flows by state and worker", |words| {
        none(words, Command::FlowCount)
    }),
    spec(&["show", "flow", "top"], "", Follows::Nothing, "The flows with the most bytes", |words| {
        none(words, Command::FlowTop)
    }),
    spec(
        &["show", "steering"],
        "SRC SPORT DST DPORT [tcp|udp|icmp]",
        Follows::Steering,
        "Hash, table entry, queue and worker of a connection; also SRC:SPORT DST:DPORT, [IPV6]:PORT",
        |words| Question::parse(words).map(Command::Steering),
    ),
    spec(&["show", "mempool"], "", Follows::Nothing, "Packet buffers, free and in use", |words| {
        none(words, Command::Mempool)
    }),
    spec(&["clear", "stats"], "", Follows::Nothing, "Show all counters from zero", |words| {
        none(words, Command::ClearStats)
    }),
    spec(
        &["set", "verbose"],
        "0|1|2",
        Follows::Level,
        "Rates each second: 0 none, 1 a line, 2 and a line a port",
        level,
    ),
    spec(&["reload"], "", Follows::Nothing, "Read the configuration again, and run on with it", |words| {
        none(words, Command::Reload)
    }),
    spec(&["help"], "[COMMAND]", Follows::Command, "All commands, or one", help),
    spec(&["quit"], "", Follows::Nothing, "End the sensor", |words| none(words, Command::Quit)),
];

fn none(words: &[&str], command: Command) -> Result<Command, String> {
    words.first().map_or(Ok(command), |word| Err(format!("found {word:?}, expected nothing more")))
}

fn which(words: &[&str]) -> Result<Which, String> {
    match words {
        ["all"] => Ok(Which::All),
        [port] => Ok(Which::One((*port).to_owned())),
        [] => Err("expected a port number, a port name or \"all\"".to_owned()),
        [_, more, ..] => Err(format!("found {more:?}, expected nothing after the port")),
    }
}

fn worker(words: &[&str]) -> Result<Command, String> {
    match words {
        [] => Ok(Command::Workers),
        [number] => number
            .parse()
            .map(Command::Worker)
            .map_err(|_| format!("found {number:?}, expected a worker number, or nothing for all")),
        [_, more, ..] => Err(format!("found {more:?}, expected nothing after the worker")),
    }
}

fn level(words: &[&str]) -> Result<Command, String> {
    match words {
        ["0"] => Ok(Command::Verbose(0)),
        ["1"] => Ok(Command::Verbose(1)),
        ["2"] => Ok(Command::Verbose(2)),
        [] => Err("expected 0, 1 or 2".to_owned()),
        [word] => Err(format!("found {word:?}, expected 0, 1 or 2")),
        [_, more, ..] => Err(format!("found {more:?}, expected nothing after the level")),
    }
}

fn help(words: &[&str]) -> Result<Command, String> {
    if words.is_empty() {
        return Ok(Command::Help(None));
    }
    find(words).map(|(spec, _)| Command::Help(Some(spec))).map_err(|error| error.to_string())
}

/// A line that was not understood; one line for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ParseError {
    /// There is no such command.
    Unknown { typed: String, nearest: Option<String> },
    /// The command goes on.
    Incomplete { typed: String, next: Vec<&'static str> },
    /// Its arguments are wrong.
    Arguments { usage: String, reason: String },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { typed, nearest: Some(near) } => {
                write!(f, "no command {typed:?}; did you mean \"{near}\"?")
            }
            Self::Unknown { typed, nearest: None } => write!(f, "no command {typed:?}; \"help\" lists them"),
            Self::Incomplete { typed, next } => write!(f, "{typed:?} goes on with: {}", next.join(", ")),
            Self::Arguments { usage, reason } => write!(f, "{usage}: {reason}"),
        }
    }
}

/// Reads a line.
pub(super) fn parse(line: &str) -> Result<Command, ParseError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    if words.is_empty() {
        return Ok(Command::Nothing);
    }
    let (spec, arguments) = find(&words)?;
    (spec.read)(arguments).map_err(|reason| ParseError::Arguments { usage: spec.usage(), reason })
}

/// The command that `words` begin with, and the rest of them.
fn find<'words, 'text>(words: &'words [&'text str]) -> Result<(&'static Spec, &'words [&'text str]), ParseError> {
    // No command's words begin with all words of another, so there is at most one.
    if let Some(found) = COMMANDS.iter().find(|spec| words.starts_with(spec.words)) {
        return Ok((found, words.get(found.words.len()..).unwrap_or(&[])));
    }
    let known = known_words(words);
    let (begin, rest) = words.split_at_checked(known).unwrap_or((words, &[]));
    let next = next_words(begin);
    let typed = words.iter().take(known + 1).copied().collect::<Vec<_>>().join(" ");
    match rest.first() {
        None => Err(ParseError::Incomplete { typed, next }),
        Some(word) => {
            let near = nearest(word, &next).map(|near| [begin, &[near]].concat().join(" "));
            Err(ParseError::Unknown { typed, nearest: near })
        }
    }
}

/// How many of `words` some command begins with.
fn known_words(words: &[&str]) -> usize {
    let common = |spec: &Spec| spec.words.iter().zip(words).take_while(|(have, typed)| have == typed).count();
    COMMANDS.iter().map(common).max().unwrap_or(0)
}

/// The words with which commands that begin with `begin` go on, each once.
pub(super) fn next_words(begin: &[&str]) -> Vec<&'static str> {
    let mut next = Vec::new();
    for spec in COMMANDS.iter().filter(|spec| spec.words.starts_with(begin)) {
        if let Some(word) = spec.words.get(begin.len())
            && !next.contains(word)
        {
            next.push(*word);
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let one = |port: &str| Which::One(port.to_owned());
        let cases = [
            ("", Command::Nothing),
            ("  \t ", Command::Nothing),
            ("start", Command::Start),
            (" stop  ", Command::Stop),
            ("show port info all", Command::PortInfo(Which::All)),
            ("show  port\tstats 0", Command::PortStats(one("0"))),
            ("show port xstats net_tap0", Command::PortXstats(one("net_tap0"))),
            ("show lcore", Command::Lcore),
            ("show worker", Command::Workers),
            ("show worker 3", Command::Worker(3)),
            ("show flow count", Command::FlowCount),
            ("show flow top", Command::FlowTop),
            ("show mempool", Command::Mempool),
            ("clear stats", Command::ClearStats),
            ("set verbose 2", Command::Verbose(2)),
            ("reload", Command::Reload),
            ("help", Command::Help(None)),
            ("quit", Command::Quit),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line), Ok(expected), "{line:?}");
        }
        let steering = parse("show steering 10.0.0.1:1 10.0.0.2:2 udp").expect("a question");
        assert!(matches!(steering, Command::Steering(question) if question.ports == (1, 2)));
        let Ok(Command::Help(Some(spec))) = parse("help show port info") else { panic!("help of one command") };
        assert_eq!(spec.usage(), "show port info PORT|all");
    }

    #[test]
    fn what_is_not_understood_gets_one_line() {
        let cases = [
            ("shwo worker", "no command \"shwo\"; did you mean \"show\"?"),
            ("show wroker 1", "no command \"show wroker\"; did you mean \"show worker\"?"),
            ("show port stat 0", "no command \"show port stat\"; did you mean \"show port stats\"?"),
            ("exit", "no command \"exit\"; \"help\" lists them"),
            ("\u{1b}[A", "no command \"\\u{1b}[A\"; \"help\" lists them"),
            ("show", "\"show\" goes on with: port, lcore, worker, flow, steering, mempool"),
            ("show port", "\"show port\" goes on with: info, stats, xstats"),
            ("show port info", "show port info PORT|all: expected a port number, a port name or \"all\""),
            ("show port info 0 1", "show port info PORT|all: found \"1\", expected nothing after the port"),
            ("show worker x", "show worker [N]: found \"x\", expected a worker number, or nothing for all"),
            ("show worker -1", "show worker [N]: found \"-1\", expected a worker number, or nothing for all"),
            ("set verbose", "set verbose 0|1|2: expected 0, 1 or 2"),
            ("set verbose 3", "set verbose 0|1|2: found \"3\", expected 0, 1 or 2"),
            ("quit now", "quit: found \"now\", expected nothing more"),
            ("help show nothing", "help [COMMAND]: no command \"show nothing\"; \"help\" lists them"),
            ("help show", "help [COMMAND]: \"show\" goes on with: port, lcore, worker, flow, steering, mempool"),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line).expect_err(line).to_string(), expected, "{line:?}");
        }
    }

    #[test]
    fn no_command_begins_with_another() {
        for (place, spec) in COMMANDS.iter().enumerate() {
            for (other_place, other) in COMMANDS.iter().enumerate() {
                assert!(place == other_place || !other.words.starts_with(spec.words), "{spec:?} {other:?}");
            }
        }
    }
}
