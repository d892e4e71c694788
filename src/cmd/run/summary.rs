//! What `run` says at its start and its end.

use std::path::Path;

use serde_json::json;

use crate::cmd::extract::ExtractReport;
use crate::config::Config;
use crate::control::figures::{self, Figures, grouped};
use crate::control::sensor::{PortStatus, Sensor};
use crate::dpdk::port;
use crate::event::WriterReport;

/// A line for each port.
pub(super) fn ports(statuses: &[PortStatus]) -> Vec<String> {
    statuses
        .iter()
        .map(|status| {
            let link = port::link(status.id);
            let speed = match (link.up, link.speed_mbps) {
                (false, _) => "link down".to_owned(),
                (true, 0 | u32::MAX) => "link up".to_owned(),
                (true, mbps) => format!("link up {} Mbit/s", grouped(u64::from(mbps))),
            };
            let node = status.socket.map_or_else(String::new, |node| format!(", NUMA node {node}"));
            format!(
                "port {} {} ({}{node}): {speed}, MTU {}, {} receive and {} transmit queues; steered by {}",
                status.id, status.name, status.driver, status.mtu, status.rx_queues, status.tx_queues, status.steering
            )
        })
        .collect()
}

/// One line once everything runs.
pub(super) fn running(sensor: &Sensor, config: &Config, out: &Path) -> String {
    let workers: Vec<String> =
        sensor.workers.iter().map(|worker| format!("lcore {} on CPU {}", worker.lcore, worker.cpu)).collect();
    let killing = if config.kill.enabled { "on" } else { "off" };
    format!(
        "running: {} worker{} ({}); {} dictionaries; killing is {killing}; events go to {}",
        workers.len(),
        if workers.len() == 1 { "" } else { "s" },
        workers.join(", "),
        config.dictionaries.len(),
        out.join(&config.event.file).display()
    )
}

/// The summary at the end.
pub(super) fn end(
    figures: &Figures,
    written: &WriterReport,
    seconds: f64,
    workers: usize,
    kept: Option<(ExtractReport, &Path)>,
    as_json: bool,
) -> String {
    let get = |name| figures::figure(figures, name);
    if as_json {
        let mut summary = json!({
            "packets": get("decoder.pkts"),
            "bytes": get("decoder.bytes"),
            "seconds": seconds,
            "workers": workers,
            "flows": get("flow.total"),
            "alerts": get("detect.alert"),
            "killed": get("kill.sessions"),
            "events": written.written,
            "invalid": figures::invalid(figures),
            "reloads": { "done": get("reload.done"), "refused": get("reload.refused") },
            "drops": { "capture": get("capture.drops"), "events": get("event.dropped"), "write_errors": written.errors },
        });
        if let (Some((report, _)), Some(fields)) = (kept, summary.as_object_mut()) {
            fields.insert("extracted".to_owned(), report.json());
        }
        return summary.to_string();
    }
    let number = |name| grouped(get(name));
    let kept = kept.map(|(report, directory)| format!("\n{}", report.text(directory))).unwrap_or_default();
    let reloads = match (get("reload.done"), get("reload.refused")) {
        (0, 0) => String::new(),
        (done, refused) => format!("\nreloads: {} done, {} refused", grouped(done), grouped(refused)),
    };
    format!(
        "{} packets, {} bytes in {seconds:.1} s on {workers} worker{}\n{} flows; {} alerts; {} connections killed\n\
         dropped: {} packets, {} events; {} events written{reloads}{kept}",
        number("decoder.pkts"),
        number("decoder.bytes"),
        if workers == 1 { "" } else { "s" },
        number("flow.total"),
        number("detect.alert"),
        number("kill.sessions"),
        number("capture.drops"),
        grouped(get("event.dropped") + written.errors),
        grouped(written.written),
    )
}
