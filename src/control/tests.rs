//! Sensors without DPDK, for the tests of this folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::sensor::{DispatcherStatus, Sensor, WorkerStatus};
use crate::dpdk::lcore::StopFlag;
use crate::steer::{DispatcherStats, Reta};
use crate::worker::{Snapshot, WorkerControl};

/// `workers` workers on lcores 1 and up and a dispatcher on the lcore after them; no ports, no pools.
pub(crate) fn made_up_sensor(workers: u16) -> Sensor {
    let paused = Arc::default();
    let statuses = (0..workers)
        .map(|number| WorkerStatus {
            lcore: u32::from(number) + 1,
            cpu: i32::from(number) + 1,
            socket: 0,
            control: Arc::new(WorkerControl::new(StopFlag::new(), Arc::clone(&paused))),
        })
        .collect();
    let dispatcher = DispatcherStatus {
        lcore: u32::from(workers) + 1,
        cpu: -1,
        stats: Arc::new(DispatcherStats::new(usize::from(workers))),
    };
    let reta = Reta::new(128, workers).expect("1 to 128 workers");
    Sensor::new(Vec::new(), statuses, Some(dispatcher), Vec::new(), reta, StopFlag::new(), paused)
}

/// Publishes what `change` makes of a fresh snapshot for one worker.
pub(crate) fn publish(sensor: &Sensor, worker: usize, change: impl FnOnce(&mut Snapshot)) {
    let mut snapshot = Snapshot::default();
    change(&mut snapshot);
    sensor.workers[worker].control.published.publish(&snapshot);
}

#[test]
fn clearing_sets_counters_to_zero_and_leaves_gauges_and_totals() {
    let sensor = made_up_sensor(1);
    publish(&sensor, 0, |snapshot| {
        snapshot.counters.packets = 5;
        snapshot.gauges.flows = 3;
    });
    sensor.clear();
    let recent = sensor.recent_worker_figures(0);
    assert_eq!((recent["decoder.pkts"], recent["flow.active"]), (0, 3));
    publish(&sensor, 0, |snapshot| {
        snapshot.counters.packets = 12;
        snapshot.gauges.flows = 2;
    });
    let recent = sensor.recent_worker_figures(0);
    assert_eq!((recent["decoder.pkts"], recent["flow.active"]), (7, 2));
    assert_eq!(sensor.figures()["decoder.pkts"], 12, "events and telemetry count from the start");
}

#[test]
fn files_that_could_not_be_written_are_among_the_figures() {
    assert_eq!(made_up_sensor(1).figures()["decode.not_stored"], 0);
    let count = Arc::new(AtomicU64::new(3));
    let sensor = made_up_sensor(1).with_not_stored(Arc::clone(&count));
    count.store(7, Ordering::Relaxed);
    assert_eq!(sensor.figures()["decode.not_stored"], 7);
}

/// Each counter has one row in the reference, each row a counter.
#[test]
fn the_reference_has_every_counter_and_no_other() {
    let reference = include_str!("../../docs/counters.md");
    let mut documented = Vec::new();
    for line in reference.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, unit, meaning, _what_to_do] = cells.as_slice() else { panic!("{line}: expected four cells") };
        assert!(!unit.is_empty() && !meaning.is_empty(), "{line}");
        documented.push(name.trim_matches('`'));
        assert_eq!(unit.ends_with("*now*"), super::sensor::is_gauge(name.trim_matches('`')), "{line}");
    }
    documented.sort_unstable();
    let mut counted: Vec<&str> = made_up_sensor(1).figures().into_keys().collect();
    counted.sort_unstable();
    assert_eq!(documented, counted);
}
