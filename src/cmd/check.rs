//! `tidegate check`: is this configuration valid, and what will it need?

use std::fmt::Write as _;

use serde_json::json;

use super::arguments::Check;
use super::build;
use super::extractor;
use super::mesh;
use super::output::{Failure, print};
use super::run::sizing;
use crate::config::{Action, Config, ExtractorConfig};
use crate::control::figures::grouped;
use crate::defrag::Defragmenter;
use crate::event::Event;
use crate::flow::{BYTES_PER_FLOW, BYTES_PER_HALF_OPEN};
use crate::scan::keyword::HitPool;
use crate::tcp::Reassembler;

/// Bytes of a hugepage of the smaller size.
const HUGE_PAGE: u64 = 2 << 20;

pub(super) fn check(options: &Check) -> Result<(), Failure> {
    let config = Config::load(&options.config)?;
    let matcher = build::matcher(&config)?;
    let needs = Needs::of(&config, options.workers, u64::try_from(matcher.memory()).unwrap_or(u64::MAX));
    let warnings = config.warnings();
    if options.json {
        return print(&needs.json(&config, &warnings));
    }
    let mut text = format!("{}: valid\n", options.config.display());
    for warning in &warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    text.push_str(&needs.text(&config));
    print(text.trim_end())
}

/// Memory and cores that a configuration asks for.
struct Needs {
    workers: u16,
    lcores: String,
    /// Bytes a worker, by table.
    tables: Vec<(&'static str, u64)>,
    matcher: u64,
    mbufs: u64,
    mbuf_bytes: u64,
    mesh_bytes: u64,
}

impl Needs {
    fn of(config: &Config, workers: Option<u16>, matcher: u64) -> Self {
        let wanted = workers.or(Some(config.worker.count).filter(|count| *count != 0));
        let (lcores, workers) = sizing::lcores(config, wanted);
        let size = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        let mut tables = vec![
            ("flow table", u64::from(config.flow.capacity) * size(BYTES_PER_FLOW)),
            ("half-open sessions", u64::from(config.flow.half_open) * size(BYTES_PER_HALF_OPEN)),
            (
                "segments out of order",
                u64::from(config.tcp.out_of_order_segments) * size(Reassembler::BYTES_PER_SEGMENT)
                    + u64::from(config.tcp.overlap_history) * size(Reassembler::BYTES_PER_RECORD),
            ),
            ("fragments", Defragmenter::memory_bytes(&config.defrag_limits(0))),
            ("protocol parsers", build::sessions(config).memory_bytes()),
            ("objects and decoders", build::objects(config).memory_bytes()),
            ("parts of files for other workers", if workers < 2 { 0 } else { config.ranges.exchange }),
            ("keyword hits", u64::from(config.scan.hit_records) * size(HitPool::BYTES_PER_RECORD)),
            ("event ring", u64::from(config.worker.events) * size(size_of::<Event>())),
        ];
        if config.extractor.enabled {
            let objects = build::objects(config).extraction_bytes();
            tables.push(("extractor objects", extractor::sizes(config).memory_bytes() + objects));
        }
        let (mbufs, mbuf_bytes) = sizing::mempool(config, u32::from(workers));
        let mesh_bytes = mesh::memory_bytes(config, u64::from(workers), 1);
        Self { workers, lcores, tables, matcher, mbufs, mbuf_bytes, mesh_bytes }
    }

    fn worker_bytes(&self) -> u64 {
        self.tables.iter().map(|(_, bytes)| bytes).sum()
    }

    /// 2 MiB pages for packet buffers on each NUMA node that has a port, with a tenth for the EAL's own.
    fn hugepages(&self) -> u64 {
        let bytes = self.mbuf_bytes + self.mesh_bytes;
        (bytes + bytes / 10).div_ceil(HUGE_PAGE) + 16
    }

    fn json(&self, config: &Config, warnings: &[String]) -> String {
        let tables: serde_json::Map<_, _> =
            self.tables.iter().map(|(name, bytes)| (name.replace(' ', "_"), json!(bytes))).collect();
        json!({
            "valid": true,
            "warnings": warnings,
            "workers": self.workers,
            "lcores": self.lcores,
            "ports": config.ports.iter().map(|port| &port.name).collect::<Vec<_>>(),
            "dictionaries": config.dictionaries.len(),
            "keywords": config.dictionaries.iter().map(|dictionary| dictionary.keywords.len()).sum::<usize>(),
            "bytes_per_flow": BYTES_PER_FLOW,
            "worker_bytes": self.worker_bytes(),
            "worker_tables": tables,
            "matcher_bytes": self.matcher,
            "mbufs": self.mbufs,
            "mbuf_bytes": self.mbuf_bytes,
            "mesh_bytes": self.mesh_bytes,
            "hugepages_2m": self.hugepages(),
            "total_bytes": self.worker_bytes() * u64::from(self.workers) + self.matcher + self.mbuf_bytes + self.mesh_bytes,
        })
        .to_string()
    }

    fn text(&self, config: &Config) -> String {
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut line = |name: &str, value: String| lines.push((name.to_owned(), value));
        let ports: Vec<_> = config.ports.iter().map(|port| port.name.as_str()).collect();
        line("ports", if ports.is_empty() { "none: for replay only".to_owned() } else { ports.join(", ") });
        line("workers", format!("{} (on this machine; --lcores {})", self.workers, self.lcores));
        for dictionary in &config.dictionaries {
            let action = match (dictionary.action, config.kill.enabled) {
                (Action::Reset, true) => "resets",
                _ => "alerts",
            };
            let words = dictionary.keywords.len();
            line("dictionary", format!("{} ({words} keywords, {action} at {})", dictionary.name, dictionary.threshold));
        }
        line("memory a worker", mebibytes(self.worker_bytes()));
        for (name, bytes) in &self.tables {
            line(&format!("  {name}"), mebibytes(*bytes));
        }
        if config.extractor.enabled {
            let ExtractorConfig { processes, memory, .. } = &config.extractor;
            let process = if *processes == 1 { "process" } else { "processes" };
            line("extractor", format!("{processes} {process} a worker, {} each at most", mebibytes(*memory)));
        }
        line("keyword automata", mebibytes(self.matcher));
        if !config.ports.is_empty() {
            line("packet buffers a node", format!("{} ({} mbufs)", mebibytes(self.mbuf_bytes), grouped(self.mbufs)));
            if self.mesh_bytes != 0 {
                line("mesh buffers a node", mebibytes(self.mesh_bytes));
            }
            if config.eal.hugepages {
                line("hugepages a node", format!("{} of 2 MiB (hugepage-setup reserve)", grouped(self.hugepages())));
            }
        }
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        lines.iter().fold(String::new(), |text, (name, value)| text + &format!("{name:<width$} {value}\n"))
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", grouped(bytes.div_ceil(1 << 20)))
}
