//! The shell's figures on DPDK's telemetry socket, as `/tidegate/...`, for
//! `dpdk-telemetry.py` and collectors that speak its protocol.
//!
//! Names of figures are those of `stats` events with `_` for the dots, since
//! DPDK allows letters, digits, `_` and `/` only; those of `app_layer` stand in
//! an object of that name. Counters run from the start and are not set back by
//! `clear stats`. Handlers run on DPDK's telemetry thread.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::figures::Figures;
use super::sensor::{PortStatus, Sensor, WorkerStatus};
use super::steering::Question;
use crate::dpdk::{DpdkError, Eal, port, telemetry};

pub use crate::dpdk::telemetry::clear;

/// A command: name, help, and what answers it.
type Command = (&'static str, &'static str, fn(&Sensor, &str) -> Value);

const COMMANDS: &[Command] = &[
    ("/tidegate/info", "Version, uptime in seconds, state, numbers of workers and ports. No parameters", info),
    ("/tidegate/workers", "Numbers of the workers. No parameters", workers),
    ("/tidegate/worker", "Where a worker runs, and all of its figures. Parameter: worker number", worker),
    ("/tidegate/stats", "All figures, summed over workers and ports. No parameters", stats),
    ("/tidegate/ports", "Numbers of the ports. No parameters", ports),
    ("/tidegate/port", "State and counters of a port. Parameter: port number or name", port_of),
    ("/tidegate/flows", "Flows by state, and active ones by worker. No parameters", flows),
    (
        "/tidegate/steering",
        "Hash, table entry and worker of a connection. Parameters: src,sport,dst,dport[,tcp|udp|icmp]",
        steering,
    ),
];

/// Registers all commands. They answer until [`clear`] is called, which must be
/// before the EAL ends.
///
/// # Errors
/// When DPDK refuses a command.
pub fn register(eal: &Eal, sensor: &Arc<Sensor>) -> Result<(), DpdkError> {
    for &(name, help, answer) in COMMANDS {
        let sensor = Arc::clone(sensor);
        telemetry::register(eal, name, help, move |parameters| answer(&sensor, parameters))?;
    }
    Ok(())
}

/// Bytes of a string that DPDK keeps (`RTE_TEL_MAX_STRING_LEN` with its NUL byte).
const STRING_BYTES: usize = 127;

/// A string as long as DPDK takes it; cut here, since DPDK would cut within a character.
fn text(text: &str) -> Value {
    text.get(..text.floor_char_boundary(STRING_BYTES)).unwrap_or(text).into()
}

fn error(reason: &str) -> Value {
    json!({ "error": text(reason) })
}

/// Parts of the figures that have a dictionary of their own each: DPDK's have 256 entries at most.
const PARTS: [&str; 3] = ["app_layer", "decode", "extractor"];

/// Figures under names that DPDK allows.
fn named(figures: &Figures) -> Map<String, Value> {
    let name = |name: &str| name.replace(['.', '-'], "_");
    let mut map = Map::new();
    let mut parts = PARTS.map(|part| (part, Map::new()));
    for (figure, value) in figures {
        let part = figure.split_once('.').and_then(|(first, rest)| {
            let (_, own) = parts.iter_mut().find(|(part, _)| *part == first)?;
            Some((own, rest))
        });
        match part {
            Some((own, rest)) => own.insert(name(rest), (*value).into()),
            None => map.insert(name(figure), (*value).into()),
        };
    }
    map.extend(parts.map(|(part, own)| (part.to_owned(), Value::Object(own))));
    map
}

fn info(sensor: &Sensor, _: &str) -> Value {
    json!({
        "version": crate::VERSION,
        "uptime": sensor.started.elapsed().as_secs(),
        "running": u8::from(sensor.is_running()),
        "workers": sensor.workers.len(),
        "ports": sensor.ports.len(),
    })
}

/// Numbers alone, as DPDK's own `/ethdev/list`: DPDK 22.11 has no lists of objects.
fn workers(sensor: &Sensor, _: &str) -> Value {
    (0..sensor.workers.len()).map(Value::from).collect()
}

fn place(number: usize, worker: &WorkerStatus) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("worker".to_owned(), number.into());
    map.insert("lcore".to_owned(), worker.lcore.into());
    // A worker that floats over several CPUs has none to name, and numbers are unsigned here.
    if let Ok(cpu) = u32::try_from(worker.cpu) {
        map.insert("cpu".to_owned(), cpu.into());
    }
    map.insert("socket".to_owned(), worker.socket.into());
    map
}

fn worker(sensor: &Sensor, parameters: &str) -> Value {
    let found = parameters.trim().parse().ok().and_then(|number| Some((number, sensor.workers.get(number)?)));
    let Some((number, worker)) = found else {
        let count = sensor.workers.len();
        return error(&format!("found {parameters:?}, expected a worker number below {count}"));
    };
    let mut map = place(number, worker);
    map.extend(named(&sensor.worker_figures(number)));
    Value::Object(map)
}

fn stats(sensor: &Sensor, _: &str) -> Value {
    Value::Object(named(&sensor.figures()))
}

fn described(port: &PortStatus) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("port".to_owned(), port.id.into());
    map.insert("name".to_owned(), text(&port.name));
    map.insert("driver".to_owned(), text(&port.driver));
    map.insert("rx_queues".to_owned(), port.rx_queues.into());
    map.insert("tx_queues".to_owned(), port.tx_queues.into());
    map.insert("hardware_steering".to_owned(), u8::from(port.hardware).into());
    map
}

fn ports(sensor: &Sensor, _: &str) -> Value {
    sensor.ports.iter().map(|port| Value::from(port.id)).collect()
}

fn port_of(sensor: &Sensor, parameters: &str) -> Value {
    let wanted = parameters.trim();
    let found = sensor.ports.iter().find(|port| port.name == wanted || port.id.to_string() == wanted);
    let Some(status) = found else {
        let known: Vec<_> = sensor.ports.iter().map(|port| format!("{} ({})", port.id, port.name)).collect();
        let known = if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
        return error(&format!("found {parameters:?}, expected a port number or name: {known}"));
    };
    let mut map = described(status);
    map.insert("steering".to_owned(), text(&status.steering));
    map.insert("mtu".to_owned(), status.mtu.into());
    map.insert("promiscuous".to_owned(), u8::from(status.promiscuous).into());
    let link = port::link(status.id);
    map.insert("link_up".to_owned(), u8::from(link.up).into());
    // DPDK says `u32::MAX` when a driver does not know.
    if link.speed_mbps != u32::MAX {
        map.insert("link_mbps".to_owned(), link.speed_mbps.into());
    }
    match port::stats(status.id) {
        Ok(stats) => {
            let counters = [
                ("ipackets", stats.ipackets),
                ("opackets", stats.opackets),
                ("ibytes", stats.ibytes),
                ("obytes", stats.obytes),
                ("imissed", stats.imissed),
                ("ierrors", stats.ierrors),
                ("oerrors", stats.oerrors),
                ("rx_nombuf", stats.rx_nombuf),
            ];
            map.extend(counters.map(|(name, value)| (name.to_owned(), value.into())));
        }
        Err(reason) => {
            map.insert("error".to_owned(), text(&reason.to_string()));
        }
    }
    Value::Object(map)
}

/// A list of numbers by worker, so that the answer of 128 workers fits DPDK's 16 KiB.
fn flows(sensor: &Sensor, _: &str) -> Value {
    let mut map = named(&sensor.figures());
    map.retain(|name, _| name.starts_with("flow_"));
    let active = sensor.workers.iter().map(|worker| Value::from(worker.control.published.get("flow.active")));
    map.insert("active_by_worker".to_owned(), active.collect());
    Value::Object(map)
}

fn steering(sensor: &Sensor, parameters: &str) -> Value {
    let words: Vec<&str> = parameters.split(',').map(str::trim).collect();
    let question = match Question::parse(&words) {
        Ok(question) => question,
        Err(reason) => return error(&reason),
    };
    let answer = question.answer(&sensor.hash, &sensor.reta);
    let reverse = question.reversed().answer(&sensor.hash, &sensor.reta);
    json!({
        "connection": question.to_string(),
        "hash": answer.hash,
        "hash_hex": format!("0x{:08x}", answer.hash),
        "entry": answer.entry,
        "entries": answer.entries,
        "worker": answer.worker,
        "queue": answer.worker,
        "reverse_hash": reverse.hash,
        "reverse_worker": reverse.worker,
    })
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::control::tests::{made_up_sensor, publish};

    /// `RTE_TEL_MAX_DICT_ENTRIES` and `RTE_TEL_MAX_STRING_LEN` of `rte_telemetry.h`, and the longest answer.
    const MOST_ENTRIES: usize = 256;
    const LONGEST_STRING: usize = 128;
    const LONGEST_ANSWER: usize = 16 * 1024;

    fn check_names(value: &Value, at: &str) {
        match value {
            Value::Object(map) => {
                assert!(map.len() <= MOST_ENTRIES, "{at} has {} entries", map.len());
                for (name, inner) in map {
                    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '/';
                    assert!(name.chars().all(allowed) && name.len() < 64, "{at}: name {name:?}");
                    check_names(inner, name);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| check_names(item, at)),
            Value::String(text) => assert!(text.len() < LONGEST_STRING, "{at}: {text:?}"),
            _ => {}
        }
    }

    #[test]
    fn answers_fit_what_dpdk_allows() {
        let sensor = made_up_sensor(128);
        for (name, help, answer) in COMMANDS {
            assert!(name.len() < 56 && help.len() < LONGEST_STRING, "{name}");
            for parameters in ["", "0", "10.0.0.1,1,10.0.0.2,2,tcp", "nonsense", &"ö".repeat(500)] {
                let answer = answer(&sensor, parameters);
                check_names(&answer, name);
                assert!(answer.to_string().len() < LONGEST_ANSWER, "{name}");
            }
        }
    }

    #[test]
    fn all_figures_are_told_under_names_of_their_own() {
        let sensor = made_up_sensor(2);
        publish(&sensor, 0, |snapshot| snapshot.counters.packets = 3);
        publish(&sensor, 1, |snapshot| snapshot.counters.packets = 4);
        let figures = sensor.figures();
        let named = named(&figures);
        let own: usize = PARTS.iter().map(|part| named[*part].as_object().map_or(0, Map::len)).sum();
        assert_eq!(named.len() - PARTS.len() + own, figures.len(), "two names became one");
        assert_eq!((&named["extractor"]["not_inspected_died"], &named["decode"]["cut_depth"]), (&json!(0), &json!(0)));
        assert_eq!(named["app_layer"]["flow_dns_udp"], json!(0));
        assert_eq!(stats(&sensor, "")["decoder_pkts"], 7);
        assert_eq!(worker(&sensor, "1")["decoder_pkts"], 4);
        assert_eq!(worker(&sensor, "1")["lcore"], 2);
        assert_eq!(flows(&sensor, "")["active_by_worker"], json!([0, 0]));
    }

    #[test]
    fn wrong_parameters_are_an_error_in_the_answer() {
        let sensor = made_up_sensor(2);
        let cases = [
            (worker(&sensor, "2"), "found \"2\", expected a worker number below 2"),
            (worker(&sensor, ""), "found \"\", expected a worker number below 2"),
            (port_of(&sensor, "0"), "found \"0\", expected a port number or name: there are none"),
            (steering(&sensor, "10.0.0.1"), "SRC SPORT DST DPORT"),
        ];
        for (answer, expected) in cases {
            let error = answer["error"].as_str().unwrap_or_default();
            assert!(error.contains(expected), "{answer}");
        }
    }
}
