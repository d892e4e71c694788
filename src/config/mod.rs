//! TOML to a checked, typed plan.
//!
//! A configuration is read once, off the packet path: at start, by `check`, and
//! on reload. Everything is checked before anything is started, and what is
//! wrong is told on one line with file, line and key ([`ConfigError`]). Each
//! key has its default and range in one place, the `section!` of its table;
//! `docs/configuration.md` is the reference, and a test keeps it in step.
//!
//! Durations are nanoseconds (`_ns`), sizes bytes (`_bytes`). Counts that say
//! "a worker" are for each worker: a sensor with four has four times as many.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod check;
mod defrag;
mod dictionary;
mod difference;
mod eal;
mod error;
mod extractor;
mod flow;
mod inspect;
mod output;
mod port;
mod source;
mod spec;
pub(crate) mod suggest;
mod tcp;
mod tunnel;
pub(crate) mod user;
mod value;
mod walk;
mod worker;

use std::path::{Path, PathBuf};

pub use self::defrag::DefragConfig;
pub use self::dictionary::{
    Action, Dictionary, DictionaryOptions, Keyword, MAX_DICTIONARIES, MAX_KEYWORD_BYTES, MAX_KEYWORDS,
};
pub use self::difference::Difference;
pub use self::eal::EalConfig;
pub use self::error::ConfigError;
pub use self::extractor::ExtractorConfig;
pub use self::flow::{FlowConfig, OverloadMode, TimeoutConfig};
pub use self::inspect::{
    ChecksumMode, DecodeConfig, DecoderConfig, RangesConfig, ScanConfig, SessionsConfig, TcpChecksumMode, TlsConfig,
};
pub use self::output::{EventConfig, KillConfig, TelemetryConfig};
pub use self::port::{MempoolConfig, PortConfig, RssMode};
pub use self::spec::Key;
pub use self::tcp::{DepthConfig, HostConfig, TcpConfig};
pub use self::tunnel::TunnelConfig;
pub use self::worker::{MOST_WORKERS, WorkerConfig};

use self::error::found_expected;
use self::source::{Source, read_bounded};
use self::spec::Section;
use self::walk::Table;
use crate::policy::PrefixTable;
use crate::tcp::{Depth, Policy};

/// The tables of a configuration file.
const SECTIONS: [&str; 21] = [
    "eal",
    "port",
    "mempool",
    "worker",
    "decoder",
    "tunnel",
    "defrag",
    "flow",
    "tcp",
    "host",
    "depth",
    "sessions",
    "decode",
    "ranges",
    "extractor",
    "tls",
    "scan",
    "dictionary",
    "kill",
    "event",
    "telemetry",
];

/// A checked configuration.
///
/// `Config::default()` is what `replay` uses without `--config`: every limit at
/// its default, all that needs no training data, no dictionaries, no killing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The file it came from; `None` for the built-in defaults.
    pub file: Option<PathBuf>,
    /// `[eal]`.
    pub eal: EalConfig,
    /// Each `[[port]]`, in file order; names are unique.
    pub ports: Vec<PortConfig>,
    /// `[mempool]`.
    pub mempool: MempoolConfig,
    /// `[worker]`.
    pub worker: WorkerConfig,
    /// `[decoder]`.
    pub decoder: DecoderConfig,
    /// `[tunnel]`.
    pub tunnel: TunnelConfig,
    /// `[defrag]`.
    pub defrag: DefragConfig,
    /// `[flow]`.
    pub flow: FlowConfig,
    /// `[tcp]`.
    pub tcp: TcpConfig,
    /// Each `[[host]]`, in file order.
    pub hosts: Vec<HostConfig>,
    /// Each `[[depth]]`, in file order.
    pub depths: Vec<DepthConfig>,
    /// `[sessions]`.
    pub sessions: SessionsConfig,
    /// `[decode]`.
    pub decode: DecodeConfig,
    /// `[ranges]`.
    pub ranges: RangesConfig,
    /// `[extractor]`.
    pub extractor: ExtractorConfig,
    /// `[tls]`.
    pub tls: TlsConfig,
    /// `[scan]`.
    pub scan: ScanConfig,
    /// Each `[[dictionary]]`, read, in file order; names and signature ids are unique.
    pub dictionaries: Vec<Dictionary>,
    /// `[kill]`.
    pub kill: KillConfig,
    /// `[event]`.
    pub event: EventConfig,
    /// `[telemetry]`.
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Reads and checks the configuration in `file` and the dictionaries it names.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong: a file that cannot be read or is over
    /// 128 MiB, text that is not UTF-8 or not TOML, a key that is not known, a
    /// value that is out of range, values that do not go together.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let bytes = read_bounded(file)
            .map_err(|found| ConfigError::file(file, found_expected(&found, "a configuration file")))?;
        Self::from_bytes(file, &bytes)
    }

    /// The same for a file whose content is at hand. `file` gives the name in
    /// messages and the directory that dictionary files are relative to.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn from_bytes(file: &Path, bytes: &[u8]) -> Result<Self, ConfigError> {
        let source = Source::new(file, bytes)?;
        let document = source.parse()?;
        let root = Table::root(&source, document.get_ref());
        root.only(&SECTIONS)?;
        let config = Self {
            file: Some(file.to_owned()),
            eal: read_section(&root, "eal")?,
            ports: port::read_ports(&root)?,
            mempool: read_section(&root, "mempool")?,
            worker: read_section(&root, "worker")?,
            decoder: read_section(&root, "decoder")?,
            tunnel: read_section(&root, "tunnel")?,
            defrag: read_section(&root, "defrag")?,
            flow: read_section(&root, "flow")?,
            tcp: read_section(&root, "tcp")?,
            hosts: tcp::read_tables(&root, "host")?,
            depths: tcp::read_tables(&root, "depth")?,
            sessions: read_section(&root, "sessions")?,
            decode: read_section(&root, "decode")?,
            ranges: read_section(&root, "ranges")?,
            extractor: read_section(&root, "extractor")?,
            tls: read_section(&root, "tls")?,
            scan: read_section(&root, "scan")?,
            dictionaries: dictionary::read_dictionaries(&root, file.parent().unwrap_or(Path::new("")))?,
            kill: read_section(&root, "kill")?,
            event: read_section(&root, "event")?,
            telemetry: read_section(&root, "telemetry")?,
        };
        check::check(&config, &root)?;
        Ok(config)
    }

    /// How receivers treat overlapping segments.
    #[must_use]
    pub fn tcp_policies(&self) -> PrefixTable<Policy> {
        tcp::by_host(self.tcp.policy, &self.hosts, |host| host.tcp)
    }

    /// What the defragmenter may use and how it treats overlaps.
    #[must_use]
    pub fn defrag_limits(&self, seed: u64) -> crate::defrag::Limits {
        self.defrag.limits(&self.hosts, seed)
    }

    /// How much of a stream is inspected.
    #[must_use]
    pub fn tcp_depth(&self) -> Depth {
        tcp::depth(&self.tcp)
    }

    /// The same for single server ports, sorted by port.
    #[must_use]
    pub fn tcp_port_depths(&self) -> Box<[(u16, Depth)]> {
        tcp::port_depths(&self.depths)
    }

    /// For `run`: there must be a port.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn require_ports(&self) -> Result<(), ConfigError> {
        if !self.ports.is_empty() {
            return Ok(());
        }
        let file = self.file.as_deref().unwrap_or(Path::new("built-in defaults"));
        Err(ConfigError::file(file, found_expected("none", "at least one [[port]]")).at_key("port"))
    }

    /// What is allowed and yet hardly meant, one sentence each, for `check` to show.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        check::warnings(self)
    }

    /// Every key of a configuration file, in the order of the reference.
    #[must_use]
    pub fn keys() -> Vec<Key> {
        let mut keys = Vec::new();
        EalConfig::describe(&mut keys);
        PortConfig::describe(&mut keys);
        MempoolConfig::describe(&mut keys);
        WorkerConfig::describe(&mut keys);
        DecoderConfig::describe(&mut keys);
        TunnelConfig::describe(&mut keys);
        DefragConfig::describe(&mut keys);
        FlowConfig::describe(&mut keys);
        TcpConfig::describe(&mut keys);
        HostConfig::describe(&mut keys);
        DepthConfig::describe(&mut keys);
        SessionsConfig::describe(&mut keys);
        DecodeConfig::describe(&mut keys);
        RangesConfig::describe(&mut keys);
        ExtractorConfig::describe(&mut keys);
        TlsConfig::describe(&mut keys);
        ScanConfig::describe(&mut keys);
        dictionary::describe_entry(&mut keys);
        KillConfig::describe(&mut keys);
        EventConfig::describe(&mut keys);
        TelemetryConfig::describe(&mut keys);
        keys
    }

    /// Every key of a dictionary file and of its `[[keyword]]`s.
    #[must_use]
    pub fn dictionary_keys() -> Vec<Key> {
        let mut keys = Vec::new();
        dictionary::describe_file(&mut keys);
        keys
    }
}

fn read_section<T: Section>(root: &Table<'_>, key: &str) -> Result<T, ConfigError> {
    spec::Spec::read(&spec::Nested(std::marker::PhantomData), root, key)
}
