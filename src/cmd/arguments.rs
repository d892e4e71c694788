//! Arguments of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::output::{Failure, print};
use crate::config::MOST_WORKERS;

/// A network sensor on DPDK: it steers every connection to one core, puts its
/// bytes in order, finds what must not leave while it passes, and cuts it off.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version = crate::VERSION, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed while running, 2 the input or the configuration is wrong.")]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// What people type
    #[command(flatten)]
    Shown(Shown),
    /// Take objects apart for a sensor, which starts this by itself
    #[command(hide = true)]
    Extractor(ServeExtractor),
}

#[derive(Debug, Subcommand)]
pub(super) enum Shown {
    /// Inspect capture files (pcap, pcapng; plain, gzip or zstd); needs no root, no hugepages and no NIC
    Replay(Replay),
    /// Inspect live ports; SIGHUP has a running sensor read its configuration again
    Run(Run),
    /// Decode and scan files on disk, as if they had crossed the wire
    Scan(Scan),
    /// Measure this build on a capture held in memory, as JSON
    Bench(Bench),
    /// Check a configuration, and say what it will need
    Check(Check),
    /// Print a completion script for a shell
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// What `replay` and `run` have in common.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Configuration file; without it the built-in defaults
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Directory for the events (eve.json); made when it is not there
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) out: PathBuf,
    /// Workers, instead of worker.count of the configuration
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_WORKERS)))]
    pub(super) workers: Option<u16>,
    /// Keep the files that pass in this directory, each once, named by its SHA-256; made when it is not there
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(super) extract: Option<PathBuf>,
    /// Have the extractor's modules that misbehave, for tests
    #[arg(long, hide = true)]
    pub(super) rehearsal: bool,
    /// Print the summary as one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Capture files, in order; "-" is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) common: Common,
    /// Write each direction of each TCP connection to a file in this new or empty directory, named as tcpflow names it
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(super) streams: Option<PathBuf>,
}

/// What a sensor tells a process that takes objects apart for it.
#[derive(Debug, Args)]
pub(super) struct ServeExtractor {
    /// Its number
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..32))]
    pub(super) reader: u32,
    /// The sensor's process
    #[arg(long)]
    pub(super) parent: u32,
    /// Wrappings around each other
    #[arg(long, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(0..=64))]
    pub(super) depth: usize,
    /// Parts of one container
    #[arg(long)]
    pub(super) children: u32,
    /// Bytes that come out of one object
    #[arg(long)]
    pub(super) output: u64,
    /// How many times as long as it came an object may become
    #[arg(long)]
    pub(super) ratio: u64,
    /// Bytes of the largest object
    #[arg(long)]
    pub(super) object_max: usize,
    /// Bytes that it may take
    #[arg(long)]
    pub(super) memory: u64,
    /// User that it becomes
    #[arg(long, requires = "gid")]
    pub(super) uid: Option<u32>,
    /// Group that it becomes
    #[arg(long, requires = "uid")]
    pub(super) gid: Option<u32>,
    /// Have modules that misbehave, for tests
    #[arg(long)]
    pub(super) rehearsal: bool,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) common: Common,
    /// Read commands from a prompt, as testpmd does; "help" lists them
    #[arg(short, long)]
    pub(super) interactive: bool,
    /// Stop by itself after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(super) duration: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct Scan {
    /// Files, and directories with all that is in them
    #[arg(required = true, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    pub(super) paths: Vec<PathBuf>,
    /// Configuration file with the dictionaries to scan for
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// Print one JSON object a leaf: file, path, type, size, flags, findings
    #[arg(long)]
    pub(super) json: bool,
    /// Print each leaf's decoded text as well
    #[arg(long)]
    pub(super) text: bool,
    /// With --text, bytes of decoded text that are kept of one file; what is more is told (text_cut), and scanned all the same
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20, requires = "text",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) text_max: u64,
    /// Files that are looked at side by side; as many as there are processors if not said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Have the extractor's modules that misbehave, for tests
    #[arg(long, hide = true)]
    pub(super) rehearsal: bool,
}

#[derive(Debug, Args)]
pub(super) struct Bench {
    /// The capture
    #[arg(value_name = "FILE", required_unless_present = "synthetic")]
    pub(super) file: Option<PathBuf>,
    /// Instead of a capture, traffic made up for a limit
    #[arg(long, value_enum, conflicts_with = "file")]
    pub(super) synthetic: Option<Synthetic>,
    /// Flows of synthetic traffic
    #[arg(long, value_name = "N", default_value_t = 1_000_000, requires = "synthetic")]
    pub(super) flows: u32,
    /// Times the capture is inspected; each time under other addresses
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) loops: u32,
    /// Configuration file; without it the built-in defaults
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Workers, each on a core and with its own share of the packets
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=128))]
    pub(super) workers: u16,
    /// Write the events here; without it they are encoded and thrown away
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

/// Synthetic traffic of `bench`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Synthetic {
    /// 64-byte SYNs from random addresses: every packet a new session
    Syn,
    /// The same with SYN and ACK, as answers to forged addresses look
    SynAck,
    /// The same with ACK
    Ack,
    /// The same with FIN and ACK
    Fin,
    /// The same with RST
    Rst,
    /// The same with flags at random
    RandomFlags,
    /// The same with ACK and one byte of payload: every packet wants a flow record
    OneByte,
    /// 64-byte fragments of 8 bytes out of the middle of datagrams, each of another datagram
    TinyFragments,
    /// 64-byte first fragments that no other follows
    FirstFragments,
    /// 64-byte acknowledgements over established flows
    Established,
    /// Full-size segments of bulk streams
    Bulk,
    /// The same, one segment in a hundred after the next one of its stream
    BulkReordered,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    pub(super) config: PathBuf,
    /// Workers, instead of worker.count of the configuration
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_WORKERS)))]
    pub(super) workers: Option<u16>,
    /// Print the findings as one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// `tidegate completion SHELL`.
pub(super) fn completion(shell: clap_complete::Shell) -> Result<(), Failure> {
    // Scripts would offer what is hidden as well.
    let mut shown = Shown::augment_subcommands(clap::Command::new("tidegate").version(crate::VERSION));
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut shown, "tidegate", &mut script);
    print(String::from_utf8_lossy(&script).trim_end())
}
