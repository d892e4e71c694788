//! A running sensor, as the control side sees it: what the shell shows, what
//! telemetry answers, what `stats` events hold.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Console;
use super::figures::{self, Figures};
use super::reload::Reloader;
use crate::dpdk::lcore::StopFlag;
use crate::dpdk::port::PortStats;
use crate::dpdk::{DpdkError, Mempool, port};
use crate::steer::{DispatcherStats, Reta, SymmetricHash};
use crate::worker::{FlowLine, WorkerControl};

/// How long a worker may take to answer a question.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// A port, as it was started.
#[derive(Clone, Debug)]
pub struct PortStatus {
    /// Name in the configuration.
    pub name: String,
    /// The EAL's number.
    pub id: u16,
    /// Driver.
    pub driver: String,
    /// NUMA node; `None` for a virtual device.
    pub socket: Option<u32>,
    /// Ethernet address.
    pub mac: Option<[u8; 6]>,
    /// MTU in bytes.
    pub mtu: u16,
    /// Receive queues.
    pub rx_queues: u16,
    /// Transmit queues.
    pub tx_queues: u16,
    /// Promiscuous mode was asked for.
    pub promiscuous: bool,
    /// How packets find their worker, in words.
    pub steering: String,
    /// The NIC steers.
    pub hardware: bool,
}

/// A worker, as it was started.
#[derive(Clone, Debug)]
pub struct WorkerStatus {
    /// The EAL's lcore number.
    pub lcore: u32,
    /// CPU it runs on; -1 when it floats over several.
    pub cpu: i32,
    /// NUMA node.
    pub socket: u32,
    /// What it shares with the control thread.
    pub control: Arc<WorkerControl>,
}

/// The dispatcher, as it was started.
#[derive(Clone, Debug)]
pub struct DispatcherStatus {
    /// The EAL's lcore number.
    pub lcore: u32,
    /// CPU it runs on; -1 when it floats over several.
    pub cpu: i32,
    /// Its counters.
    pub stats: Arc<DispatcherStats>,
}

/// The whole sensor.
#[derive(Debug)]
pub struct Sensor {
    /// Ports, in configuration order.
    pub ports: Vec<PortStatus>,
    /// Workers; their place is their number.
    pub workers: Vec<WorkerStatus>,
    /// Present when a port is steered in software.
    pub dispatcher: Option<DispatcherStatus>,
    /// Mempools, with their names.
    pub pools: Vec<(String, Mempool)>,
    /// The redirection table that all ports share.
    pub reta: Reta,
    /// The steering hash.
    pub hash: SymmetricHash,
    /// Raised: everything ends.
    pub stop: StopFlag,
    /// True: nothing is polled.
    pub paused: Arc<AtomicBool>,
    /// When the sensor was started.
    pub started: Instant,
    /// Where lines go that nobody asked for, such as those of `set verbose`.
    pub console: Console,
    /// How it gets another configuration.
    reloader: Option<Reloader>,
    /// Files that the thread of `--extract` could not write.
    not_stored: Arc<AtomicU64>,
    /// What `clear stats` has set aside.
    baseline: Mutex<Baseline>,
}

/// Everything as it was counted at the last [`Sensor::clear`], or nothing at the start.
#[derive(Debug)]
struct Baseline {
    since: Instant,
    workers: Vec<Figures>,
    dispatched: u64,
    ports: Vec<PortStats>,
    extended: Vec<Vec<(String, u64)>>,
}

impl Sensor {
    /// Puts the parts together; the sensor's uptime begins.
    #[must_use]
    pub fn new(
        ports: Vec<PortStatus>,
        workers: Vec<WorkerStatus>,
        dispatcher: Option<DispatcherStatus>,
        pools: Vec<(String, Mempool)>,
        reta: Reta,
        stop: StopFlag,
        paused: Arc<AtomicBool>,
    ) -> Self {
        let started = Instant::now();
        let baseline =
            Baseline { since: started, workers: Vec::new(), dispatched: 0, ports: Vec::new(), extended: Vec::new() };
        Self {
            ports,
            workers,
            dispatcher,
            pools,
            reta,
            hash: SymmetricHash::new(),
            stop,
            paused,
            started,
            console: Console::new(),
            reloader: None,
            not_stored: Arc::default(),
            baseline: Mutex::new(baseline),
        }
    }

    /// The same with a way to another configuration.
    #[must_use]
    pub fn with_reloader(self, reloader: Reloader) -> Self {
        Self { reloader: Some(reloader), ..self }
    }

    /// The same with what counts files that could not be written.
    #[must_use]
    pub fn with_not_stored(self, not_stored: Arc<AtomicU64>) -> Self {
        Self { not_stored, ..self }
    }

    /// Reads the configuration again; returns when it is in force on all workers, or refused, with the lines to tell.
    #[must_use]
    pub fn reload(&self) -> Vec<String> {
        let none = || vec!["reload refused: there is no configuration file".to_owned()];
        self.reloader.as_ref().map_or_else(none, |reloader| reloader.reload(self))
    }

    /// True while packets are polled.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.paused.load(Ordering::Relaxed)
    }

    /// Begins or stops polling.
    pub fn set_running(&self, running: bool) {
        self.paused.store(!running, Ordering::Relaxed);
    }

    /// A worker's figures since the start.
    #[must_use]
    pub fn worker_figures(&self, number: usize) -> Figures {
        let mut figures = figures::sum(self.workers.get(number).map(|worker| &worker.control.published).into_iter());
        if let Some(dispatcher) = &self.dispatcher {
            figures.insert("steer.ring_dropped", dispatcher.stats.worker(number).1);
        }
        figures
    }

    /// Figures of all workers since the start, and those of dispatcher and ports.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let mut sum = figures::sum(self.workers.iter().map(|worker| &worker.control.published));
        if let Some(dispatcher) = &self.dispatcher {
            sum.insert("steer.dispatched", dispatcher.stats.packets());
            sum.insert("steer.ring_dropped", dispatcher.stats.dropped());
        }
        let ports = self.ports.iter().filter_map(|port| port::stats(port.id).ok());
        let (mut received, mut missed, mut errors, mut no_buffer) = (0, 0, 0, 0);
        for stats in ports {
            received += stats.ipackets;
            missed += stats.imissed;
            errors += stats.ierrors;
            no_buffer += stats.rx_nombuf;
        }
        sum.insert("capture.packets", received);
        sum.insert("capture.missed", missed);
        sum.insert("capture.errors", errors);
        sum.insert("capture.no_mbuf", no_buffer);
        let (configuration, done, refused) = self.reloader.as_ref().map(Reloader::counts).unwrap_or_default();
        sum.insert("reload.configuration", configuration);
        sum.insert("reload.done", done);
        sum.insert("reload.refused", refused);
        sum.insert("decode.not_stored", self.not_stored.load(Ordering::Relaxed));
        sum.insert("capture.drops", missed + no_buffer + figures::figure(&sum, "steer.ring_dropped"));
        sum
    }

    /// A worker's figures since the last [`Sensor::clear`].
    #[must_use]
    pub fn recent_worker_figures(&self, number: usize) -> Figures {
        let mut figures = self.worker_figures(number);
        if let Some(before) = self.baseline().workers.get(number) {
            for (name, value) in &mut figures {
                if !is_gauge(name) {
                    *value = value.saturating_sub(figures::figure(before, name));
                }
            }
        }
        figures
    }

    /// Packets the dispatcher has received since the last [`Sensor::clear`].
    #[must_use]
    pub fn recent_dispatched(&self) -> u64 {
        let now = self.dispatcher.as_ref().map_or(0, |dispatcher| dispatcher.stats.packets());
        now.saturating_sub(self.baseline().dispatched)
    }

    /// Counters of the port at `place` of [`Sensor::ports`] since the last [`Sensor::clear`].
    ///
    /// # Errors
    /// When the driver does not answer, or there is no such port.
    pub fn recent_port_stats(&self, place: usize) -> Result<PortStats, DpdkError> {
        let now = port::stats(self.port_id(place)?)?;
        let before = self.baseline().ports.get(place).copied().unwrap_or_default();
        Ok(difference(&now, &before))
    }

    /// The driver's own counters of the port at `place` since the last [`Sensor::clear`].
    ///
    /// # Errors
    /// When the driver does not answer, or there is no such port.
    pub fn recent_port_xstats(&self, place: usize) -> Result<Vec<(String, u64)>, DpdkError> {
        let mut now = port::xstats(self.port_id(place)?)?;
        if let Some(before) = self.baseline().extended.get(place) {
            // A driver keeps its counters in one order; a name that differs has nothing to be subtracted.
            for ((name, value), (old_name, old_value)) in now.iter_mut().zip(before) {
                if name == old_name {
                    *value = value.saturating_sub(*old_value);
                }
            }
        }
        Ok(now)
    }

    fn port_id(&self, place: usize) -> Result<u16, DpdkError> {
        let port = self.ports.get(place).map(|port| port.id);
        port.ok_or_else(|| DpdkError::refusal(format!("no port at place {place}")))
    }

    /// Time since the last [`Sensor::clear`], or since the start.
    #[must_use]
    pub fn recent_time(&self) -> Duration {
        self.baseline().since.elapsed()
    }

    /// Sets all counters that the shell shows to zero; gauges stay. Nothing is
    /// lost: `stats` events and telemetry go on counting from the start.
    pub fn clear(&self) {
        let now = Baseline {
            since: Instant::now(),
            workers: (0..self.workers.len()).map(|number| self.worker_figures(number)).collect(),
            dispatched: self.dispatcher.as_ref().map_or(0, |dispatcher| dispatcher.stats.packets()),
            ports: self.ports.iter().map(|port| port::stats(port.id).unwrap_or_default()).collect(),
            extended: self.ports.iter().map(|port| port::xstats(port.id).unwrap_or_default()).collect(),
        };
        *self.baseline() = now;
    }

    fn baseline(&self) -> MutexGuard<'_, Baseline> {
        self.baseline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The flows with the most bytes over all workers, largest first, with their
    /// worker. A worker that does not answer in time is left out and named.
    #[must_use]
    pub fn top_flows(&self, most: usize) -> (Vec<(usize, FlowLine)>, Vec<usize>) {
        for worker in &self.workers {
            worker.control.mailbox.ask();
        }
        let (mut flows, mut silent) = (Vec::new(), Vec::new());
        let asked = Instant::now();
        for (number, worker) in self.workers.iter().enumerate() {
            loop {
                if let Some(lines) = worker.control.mailbox.take() {
                    flows.extend(lines.into_iter().map(|line| (number, line)));
                    break;
                }
                if asked.elapsed() > ANSWER_WITHIN {
                    silent.push(number);
                    break;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        flows.sort_by_key(|(_, line)| std::cmp::Reverse(line.total_bytes()));
        flows.truncate(most);
        (flows, silent)
    }
}

/// What was counted between two readings.
#[must_use]
pub fn difference(now: &PortStats, before: &PortStats) -> PortStats {
    PortStats {
        ipackets: now.ipackets.saturating_sub(before.ipackets),
        opackets: now.opackets.saturating_sub(before.opackets),
        ibytes: now.ibytes.saturating_sub(before.ibytes),
        obytes: now.obytes.saturating_sub(before.obytes),
        imissed: now.imissed.saturating_sub(before.imissed),
        ierrors: now.ierrors.saturating_sub(before.ierrors),
        oerrors: now.oerrors.saturating_sub(before.oerrors),
        rx_nombuf: now.rx_nombuf.saturating_sub(before.rx_nombuf),
    }
}

/// Figures that say what is there now, not what was counted.
#[must_use]
pub fn is_gauge(name: &str) -> bool {
    const OTHERS: [&str; 13] = [
        "reload.configuration",
        "tcp.segments_held",
        "tcp.pieces_held",
        "app_layer.undecided",
        "decode.active",
        "ranges.active",
        "ranges.held_bytes",
        "extractor.waiting",
        "detect.hit_records",
        "defrag.small_buffers",
        "defrag.large_buffers",
        "worker.recycle_level",
        "worker.overloaded",
    ];
    ["flow.active", "app_layer.active", "defrag.held"].iter().any(|prefix| name.starts_with(prefix))
        || OTHERS.contains(&name)
}
