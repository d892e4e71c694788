//! `tidegate bench`: the pipeline's speed on traffic held in memory.
//!
//! What is timed is what a worker does with packets that have arrived: headers,
//! flow table, reassembly, protocols, scanning, events into the ring. Not timed
//! is what a NIC or a dispatcher does: putting packets into memory. Every loop
//! gives all packets other addresses and later times, so that flows are new.

mod flood;
mod synthetic;
mod traffic;

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::json;

use self::traffic::Traffic;
use super::arguments::Bench;
use super::build;
use super::claim::Claims;
use super::output::{Failure, print};
use crate::config::Config;
use crate::control::figures;
use crate::dpdk::{Clock, MAX_BURST};
use crate::event::{EventSender, OpenMode, Output, RingPolicy, WriterHandle, WriterOptions, channel};
use crate::kill::Killer;
use crate::scan::keyword::Matcher;
use crate::steer::Reta;
use crate::steer::reta::DEFAULT_RETA_SIZE;
use crate::worker::{Frame, Pipeline, Snapshot};

/// The flow hash needs no secret here.
const SEED: u64 = 0;

pub(super) fn bench(options: &Bench) -> Result<(), Failure> {
    let mut config = build::configuration(options.config.as_deref())?;
    let matcher = build::matcher(&config)?;
    let reta = Reta::new(DEFAULT_RETA_SIZE, options.workers)
        .ok_or_else(|| Failure::input(format!("--workers: found {}, expected 1 to 128", options.workers)))?;
    let whole = match (options.synthetic, &options.file) {
        (Some(kind), _) => {
            // The point is a table of this many flows, so it gets room for them.
            config.flow.capacity = config.flow.capacity.max(options.flows.saturating_add(options.flows / 8));
            synthetic::make(kind, options.flows)
        }
        (None, Some(file)) => Traffic::read(file)?,
        (None, None) => return Err(Failure::input("neither a capture nor --synthetic is given")),
    };
    if whole.is_empty() {
        return Err(Failure::input("the capture holds no packet"));
    }
    let mut claims = Claims::default();
    let output = match &options.out {
        Some(directory) => build::event_file(&config, &mut claims, directory, OpenMode::Truncate)?,
        None => Output::writer("nowhere", Box::new(std::io::sink())),
    };
    let shares = whole.split(&reta, options.workers);
    let (stats, stats_receiver) = mpsc::channel();
    drop(stats);
    let (senders, receivers): (Vec<_>, Vec<_>) = shares
        .iter()
        .map(|_| channel(usize::try_from(config.worker.events).unwrap_or(1), RingPolicy::DropAndCount))
        .unzip();
    let names = build::names(&config, vec![b"bench".to_vec()]);
    let writer = WriterHandle::spawn(receivers, stats_receiver, names, output, WriterOptions::default())
        .context("the event thread")?;

    let started = Instant::now();
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let tasks: Vec<_> = shares
        .into_iter()
        .zip(senders)
        .enumerate()
        .map(|(number, (share, sender))| {
            let work = Work { config: config.clone(), matcher: Arc::clone(&matcher), share, loops: options.loops };
            let core = cores.get(number % cores.len().max(1)).copied();
            thread::spawn(move || {
                if let Some(core) = core {
                    core_affinity::set_for_current(core);
                }
                work.run(sender)
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.join().map_err(|_| anyhow::anyhow!("a worker panicked"))?);
    }
    let wall = started.elapsed();
    let (written, failure) = writer.finish().context("the event thread")?;
    if let Some(failure) = failure {
        return Err(Failure::Running(anyhow::anyhow!(failure)));
    }
    print(&summary(&results, written.written, wall))
}

/// One worker's part.
struct Work {
    config: Config,
    matcher: Arc<Matcher>,
    share: Traffic,
    loops: u32,
}

/// What one worker measured.
struct Measured {
    busy: Duration,
    ticks: u64,
    packets: u64,
    bytes: u64,
    /// Time to read as many packets once and do nothing else.
    reading: Duration,
    snapshot: Snapshot,
}

impl Work {
    fn run(mut self, events: EventSender) -> Measured {
        let mut options = build::pipeline_options(&self.config, SEED, false);
        options.resets.clear();
        let mut pipeline = Pipeline::new(options, self.matcher, Killer::new(None, 0), events);
        let size = usize::from(self.config.worker.burst);
        for burst in self.share.warm_up(size) {
            pipeline.burst(&burst);
        }
        let (mut busy, mut ticks, mut packets, mut bytes) = (Duration::ZERO, 0_u64, 0_u64, 0_u64);
        let mut reading = Duration::ZERO;
        let mut frames = [Frame::EMPTY; MAX_BURST];
        for turn in 0..self.loops {
            self.share.turn(turn);
            let (start, first_tick) = (Instant::now(), Clock::ticks());
            let mut next = 0;
            loop {
                let filled = self.share.frames(next, frames.get_mut(..size).unwrap_or_default());
                if filled == 0 {
                    break;
                }
                let burst = frames.get(..filled).unwrap_or_default();
                pipeline.burst(burst);
                if let Some(last) = burst.last() {
                    pipeline.expire(last.clock_ns);
                }
                next += filled;
            }
            ticks += Clock::ticks().wrapping_sub(first_tick);
            busy += start.elapsed();
            reading += self.share.read_once();
            packets += self.share.len();
            bytes += self.share.wire_bytes();
            frames = [Frame::EMPTY; MAX_BURST];
        }
        let end_ns = self.share.end_ns(self.loops);
        pipeline.flush(end_ns);
        Measured { busy, ticks, packets, bytes, reading, snapshot: pipeline.snapshot() }
    }
}

fn summary(results: &[Measured], events: u64, wall: Duration) -> String {
    let sum = |get: fn(&Measured) -> u64| results.iter().map(get).sum::<u64>();
    let (packets, bytes, ticks) = (sum(|m| m.packets), sum(|m| m.bytes), sum(|m| m.ticks));
    // Workers run side by side: the slowest one decides.
    let seconds = results.iter().map(|m| m.busy.as_secs_f64()).fold(0.0, f64::max).max(1e-9);
    let reading = results.iter().map(|m| m.reading.as_secs_f64()).sum::<f64>();
    let published: Vec<_> = results
        .iter()
        .map(|measured| {
            let published = crate::worker::Published::new();
            published.publish(&measured.snapshot);
            published
        })
        .collect();
    let sums = figures::sum(published.iter());
    let get = |name| figures::figure(&sums, name);
    #[allow(clippy::cast_precision_loss)] // 2^53 packets would take years
    let ratio = |count: u64, per: f64| count as f64 / per;
    #[allow(clippy::cast_precision_loss)]
    let nonzero = packets.max(1) as f64;
    json!({
        "version": crate::VERSION,
        "packets": packets,
        "bytes": bytes,
        "seconds": seconds,
        "wall_seconds": wall.as_secs_f64(),
        "packets_per_second": ratio(packets, seconds),
        "bits_per_second": ratio(bytes.saturating_mul(8), seconds),
        "ns_per_packet": ratio(ticks, nonzero) * 1e9 / ratio(Clock::hz(), 1.0),
        "reading_ns_per_packet": reading * 1e9 / nonzero,
        "cycles_per_packet": ratio(ticks, nonzero),
        "flows": get("flow.total"),
        "alerts": get("detect.alert"),
        "keyword_hits": get("detect.keyword_hits"),
        "scanned_bytes": get("detect.scanned_bytes"),
        "events": events,
        "drops": get("event.dropped"),
        "invalid": figures::invalid(&sums),
        "workers": results.len(),
    })
    .to_string()
}
