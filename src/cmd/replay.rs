//! `tidegate replay`: captures through the same pipeline as live traffic.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::arguments::Replay;
use super::build;
use super::claim::Claims;
use super::extract::{self, ExtractReport, Extractor};
use super::mesh::{self, MeshParts};
use super::output::{Failure, complain, print};
use super::streams::{self, StreamsReport, StreamsWriter};
use super::watchdog;
use crate::config::{Config, MOST_WORKERS};
use crate::control::{self, figures};
use crate::dpdk::lcore::{self, StopFlag};
use crate::dpdk::{DpdkError, Eal, ring};
use crate::event::{
    EventReceiver, OpenMode, RingPolicy, StatsEvent, WriterHandle, WriterOptions, WriterReport, channel,
};
use crate::extractor::Point;
use crate::kill::Killer;
use crate::scan::keyword::Matcher;
use crate::steer::capture::{CaptureError, CaptureReader};
use crate::steer::reta::DEFAULT_RETA_SIZE;
use crate::steer::{Feeder, FeederCounters, Progress, Reta, Steering};
use crate::worker::{
    Answers, Expectations, Idle, KeptFiles, Membership, Pipeline, PipelineOptions, Quota, Sources, TapReceiver, Worker,
    WorkerControl, tap,
};

/// Packets between two looks at the clock, for progress.
const LOOK_EVERY: u64 = 1024;
/// The flow hash needs no secret here, and the same one gives the same run.
const SEED: u64 = 0;

pub(super) fn replay(options: &Replay) -> Result<(), Failure> {
    let common = &options.common;
    let config = build::configuration(common.config.as_deref())?;
    let matcher = build::matcher(&config)?;
    let stop = StopFlag::new();
    // Signals still end the process at once while nothing but the capture is waited for.
    let first = CaptureReader::open_until(first_file(&options.files)?, &stop.shared())?;
    let workers = worker_count(&config, common.workers);
    if let Some(directory) = &options.streams {
        streams::prepare(directory)?;
    }
    let extract = common.extract.as_deref();
    let mut claims = Claims::default();
    let quota = extract.map(|directory| extract::prepare(&mut claims, directory, config.decode.extract_quota));
    let quota = quota.transpose()?;
    let output = build::event_file(&config, &mut claims, &common.out, OpenMode::Truncate)?;
    control::install_signals(&stop).context("signal handlers")?;
    watchdog::start(&stop).context("the thread that sees to the end")?;

    let eal = start_eal(&config, workers)?;
    let reta = Reta::new(DEFAULT_RETA_SIZE, workers)
        .ok_or_else(|| Failure::input(format!("worker.count: found {workers}, expected 1 to {DEFAULT_RETA_SIZE}")))?;
    let started = Instant::now();
    let steering = Steering::new(reta, config.tunnel.tunnels());
    let wanted = Wanted { streams: options.streams.is_some(), quota: quota.clone() };
    let (supervisor, points) = super::extractor::start(&config, usize::from(workers), false, common.rehearsal)?;
    let Launched { running, rings, receivers, taps, files } =
        launch(&eal, &config, &matcher, &steering, points, &wanted)?;
    let extractor = extract.zip(quota).map(|(directory, quota)| Extractor::spawn(directory, quota, files));
    let extractor = extractor.transpose().context("the thread that keeps files")?;
    let streams = options.streams.as_deref().map(|directory| StreamsWriter::spawn(directory, taps));
    let streams = streams.transpose().context("the streams' thread")?;
    let (stats, stats_receiver) = mpsc::channel();
    let ifaces = options.files.iter().map(|file| iface_name(file)).collect();
    let names = build::names(&config, ifaces);
    let writer = WriterHandle::spawn(receivers, stats_receiver, names, output, WriterOptions::default())
        .context("the event thread")?;

    let feeder = Feeder::new(&eal, rings, steering, config.worker.ring, stop.clone())?;
    let (fed, end_ns, broken) = feed(feeder, first, &options.files, &stop);
    let controls: Vec<_> = running
        .into_iter()
        .map(|(task, control)| {
            task.join();
            control
        })
        .collect();
    drop(supervisor);
    let extracted = extractor.map(Extractor::finish);
    let mut sums = figures::sum(controls.iter().map(|control| &control.published));
    let kept = extracted.as_ref().and_then(|kept| kept.as_ref().ok());
    sums.insert("decode.not_stored", kept.map_or(0, |report| report.failed));
    send_stats(&stats, &sums, end_ns);
    drop(stats);
    let (written, failure) = writer.finish().context("the event thread")?;
    let streams = streams.map(StreamsWriter::finish).transpose()?.zip(options.streams.as_deref());
    let extracted = extracted.transpose()?.zip(common.extract.as_deref());

    let seconds = started.elapsed().as_secs_f64();
    let summary = Summary { figures: &sums, fed: &fed, written, seconds, workers, streams, extracted };
    let path = common.out.join(&config.event.file);
    print(&if common.json { summary.json() } else { summary.text(&path) })?;
    if let Some(failure) = failure {
        return Err(Failure::Running(anyhow::anyhow!("{}: {failure}", path.display())));
    }
    if written.errors != 0 {
        return Err(Failure::Running(anyhow::anyhow!("{}: {} events not written", path.display(), written.errors)));
    }
    match broken {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

fn first_file(files: &[std::path::PathBuf]) -> Result<&Path, Failure> {
    files.first().map(std::path::PathBuf::as_path).ok_or_else(|| Failure::input("no capture file is given"))
}

fn worker_count(config: &Config, asked: Option<u16>) -> u16 {
    let configured = Some(config.worker.count).filter(|count| *count != 0);
    asked.or(configured).unwrap_or_else(|| u16::try_from(build::cores().len()).unwrap_or(1)).clamp(1, MOST_WORKERS)
}

/// No hugepages, no devices, no files: an EAL of its own for this process. The
/// lcores float over the cores that the process may use.
fn start_eal(config: &Config, workers: u16) -> Result<Eal, DpdkError> {
    let bytes = Feeder::memory_bytes(u64::from(workers), u64::from(config.worker.ring));
    let rings = u64::from(workers) * u64::from(config.worker.ring) * 16;
    let mesh = mesh::memory_bytes(config, u64::from(workers), 1);
    let megabytes = (bytes + rings + mesh) / (1 << 20) + 160;
    let cores: Vec<String> = build::cores().iter().map(usize::to_string).collect();
    let lcores = format!("(0-{workers})@({})", cores.join(","));
    let memory = megabytes.to_string();
    Eal::start(&[
        "--no-huge",
        "--no-pci",
        "--no-shconf",
        "--no-telemetry",
        "--iova-mode=va",
        "--log-level=lib.*:3",
        "-m",
        &memory,
        "--lcores",
        &lcores,
    ])
}

/// The workers, and the other ends of what they were given.
struct Launched {
    running: Vec<(lcore::Running<()>, Arc<WorkerControl>)>,
    rings: Vec<(ring::RingSender, Arc<Progress>)>,
    receivers: Vec<EventReceiver>,
    /// None unless streams are to be written.
    taps: Vec<TapReceiver>,
    /// None unless files are to be kept.
    files: Vec<KeptFiles>,
}

/// What workers hand out beside events.
#[derive(Clone, Debug)]
struct Wanted {
    streams: bool,
    /// What files may be kept of, where they are.
    quota: Option<Arc<Quota>>,
}

/// Starts a worker for each connection point, or place of one; each makes its own tables.
fn launch(
    eal: &Eal,
    config: &Config,
    matcher: &Arc<Matcher>,
    steering: &Steering,
    points: Vec<Option<Point>>,
    wanted: &Wanted,
) -> Result<Launched, Failure> {
    let mut mesh = MeshParts::new(eal, config, steering, &vec![None; points.len()])?;
    let paused = Arc::new(AtomicBool::new(false));
    let (mut running, mut rings, mut receivers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut taps, mut files) = (Vec::new(), Vec::new());
    let expectations = Arc::<Expectations>::default();
    let count = u16::try_from(points.len()).unwrap_or(u16::MAX);
    let exchange = build::exchange(config, count);
    for ((number, lcore), point) in lcore::others(eal).into_iter().enumerate().zip(points) {
        let (ring_in, ring_out) = ring::channel(eal, &format!("work_{number}"), config.worker.ring, None)?;
        let events = usize::try_from(config.worker.events).unwrap_or(1);
        let (sender, receiver) = channel(events, RingPolicy::Wait);
        let control = Arc::new(WorkerControl::new(StopFlag::new(), Arc::clone(&paused)));
        let shared = Arc::clone(&control);
        let options = PipelineOptions {
            settle: false,
            expectations: Arc::clone(&expectations),
            membership: Membership {
                exchange: Arc::clone(&exchange),
                number: u16::try_from(number).unwrap_or(u16::MAX),
                waits: true,
            },
            ..build::pipeline_options(config, SEED, false)
        };
        let matcher = Arc::clone(matcher);
        let burst = usize::from(config.worker.burst);
        let mesh = mesh.next(number, None, &control.progress)?;
        let progress = Arc::clone(&control.progress);
        let (tapped, tap) = wanted.streams.then(tap).unzip();
        let (keeper, kept) =
            wanted.quota.as_ref().map(|quota| build::file_keeper(config, RingPolicy::Wait, quota)).unzip();
        let task = lcore::launch(eal, lcore, move || {
            let mut pipeline = Pipeline::new(options, matcher, Killer::new(None, 0), sender);
            if let Some(tapped) = tapped {
                pipeline.attach(tapped);
            }
            if let Some(keeper) = keeper {
                pipeline.keep_files(keeper);
            }
            if let Some(point) = point {
                pipeline.extract(point, Answers::Awaited);
            }
            let sources = Sources { queues: Vec::new(), ring: Some(ring_out), mesh, live: false };
            Worker::new(pipeline, sources, shared, burst, Idle::Yield).run();
        })?;
        running.push((task, control));
        rings.push((ring_in, progress));
        receivers.push(receiver);
        taps.extend(tap);
        files.extend(kept);
    }
    Ok(Launched { running, rings, receivers, taps, files })
}

/// Feeds all files; returns what was fed, the clock at the end, and the error
/// that ended it early.
fn feed(
    mut feeder: Feeder,
    first: CaptureReader,
    files: &[std::path::PathBuf],
    stop: &StopFlag,
) -> (FeederCounters, u64, Option<CaptureError>) {
    let mut broken = None;
    let mut ready = Some(first);
    for (number, file) in files.iter().enumerate() {
        let reader = match ready.take().map_or_else(|| CaptureReader::open_until(file, &stop.shared()), Ok) {
            Ok(reader) => reader,
            Err(error) => {
                // What was asked to stop could not be read on.
                broken = Some(error).filter(|_| !stop.raised());
                break;
            }
        };
        let iface = u16::try_from(number).unwrap_or(u16::MAX);
        if let Err(error) = feed_file(&mut feeder, reader, iface, stop) {
            broken = Some(error);
            break;
        }
        if stop.raised() || feeder.lost_a_worker() {
            break;
        }
    }
    if stop.raised() {
        complain("interrupted; events are those of the packets read until now");
    }
    let end_ns = feeder.clock_ns();
    (feeder.finish(), end_ns, broken)
}

fn feed_file(feeder: &mut Feeder, mut reader: CaptureReader, iface: u16, stop: &StopFlag) -> Result<(), CaptureError> {
    let bar = progress(reader.size());
    let mut count = 0_u64;
    let result = loop {
        // A slow pipe may take long for the packets of one look at the clock; the flag costs next to nothing.
        if stop.raised() {
            break Ok(());
        }
        if count.is_multiple_of(LOOK_EVERY) {
            if feeder.lost_a_worker() {
                break Ok(());
            }
            bar.set_position(reader.bytes_read());
        }
        match reader.next() {
            Ok(Some(packet)) => {
                // A file that starts before the last one ended has a time of its own.
                if count == 0 && packet.timestamp_ns < feeder.clock_ns() {
                    feeder.restart();
                }
                count += 1;
                feeder.feed(&packet, iface);
            }
            Ok(None) => break Ok(()),
            Err(_) if stop.raised() => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    bar.finish_and_clear();
    result
}

/// A progress bar on a terminal; nothing elsewhere.
fn progress(size: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = match size {
        Some(size) => ProgressBar::new(size).with_style(
            ProgressStyle::with_template(
                "{bar:32} {percent:>3}%  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
        ),
        None => ProgressBar::new_spinner().with_style(
            ProgressStyle::with_template("{spinner} {bytes}  {bytes_per_sec}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        ),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn iface_name(file: &Path) -> Vec<u8> {
    file.file_name().unwrap_or(file.as_os_str()).as_bytes().to_vec()
}

fn send_stats(stats: &mpsc::Sender<StatsEvent>, figures: &figures::Figures, end_ns: u64) {
    // The event thread outlives this sender.
    let _ = stats.send(figures::stats_event(figures, end_ns, 0, false));
}

/// What a replay tells at its end.
struct Summary<'a> {
    figures: &'a figures::Figures,
    fed: &'a FeederCounters,
    written: WriterReport,
    seconds: f64,
    workers: u16,
    /// What was written of streams, and where.
    streams: Option<(StreamsReport, &'a Path)>,
    /// What was kept of files, and where.
    extracted: Option<(ExtractReport, &'a Path)>,
}

impl Summary<'_> {
    fn get(&self, name: &str) -> u64 {
        figures::figure(self.figures, name)
    }

    fn json(&self) -> String {
        let rejects: BTreeMap<_, _> = figures::rejects(self.figures).into_iter().collect();
        let mut summary = json!({
            "packets": self.fed.packets,
            "bytes": self.fed.bytes,
            "seconds": self.seconds,
            "workers": self.workers,
            "flows": self.get("flow.total"),
            "alerts": self.get("detect.alert"),
            "events": self.written.written,
            "invalid": figures::invalid(self.figures),
            "rejects": rejects,
            "gaps": self.get("tcp.reassembly_gap"),
            "gap_bytes": self.get("tcp.gap_bytes"),
            "oversize": self.fed.oversize,
            "drops": self.get("event.dropped"),
        });
        if let Some((streams, _)) = &self.streams
            && let Some(fields) = summary.as_object_mut()
        {
            let StreamsReport { files, bytes, gaps, gap_bytes } = streams;
            let value = json!({"files": files, "bytes": bytes, "gaps": gaps, "gap_bytes": gap_bytes});
            fields.insert("streams".to_owned(), value);
        }
        if let Some((report, _)) = &self.extracted
            && let Some(fields) = summary.as_object_mut()
        {
            fields.insert("extracted".to_owned(), report.json());
        }
        summary.to_string()
    }

    fn text(&self, path: &Path) -> String {
        let number = |name| figures::grouped(self.get(name));
        let mut lines = vec![
            format!(
                "{} packets, {} bytes in {:.2} s on {} worker{}",
                figures::grouped(self.fed.packets),
                figures::grouped(self.fed.bytes),
                self.seconds,
                self.workers,
                if self.workers == 1 { "" } else { "s" },
            ),
            format!(
                "{} flows, {} HTTP; {} alerts",
                number("flow.total"),
                number("app_layer.flow.http"),
                number("detect.alert")
            ),
        ];
        let gaps = self.get("tcp.reassembly_gap");
        if gaps != 0 {
            lines.push(format!(
                "{} gaps in TCP streams, {} bytes never seen",
                figures::grouped(gaps),
                number("tcp.gap_bytes")
            ));
        }
        let rejects = figures::rejects(self.figures);
        if !rejects.is_empty() {
            let named: Vec<_> =
                rejects.iter().map(|(name, count)| format!("{name} {}", figures::grouped(*count))).collect();
            lines.push(format!("not analysed: {}", named.join(", ")));
        }
        if self.fed.oversize != 0 {
            lines.push(format!("{} frames longer than 65,535 bytes were cut", figures::grouped(self.fed.oversize)));
        }
        if let Some((streams, directory)) = &self.streams {
            lines.push(format!(
                "{} bytes of TCP streams in {} files in {}",
                figures::grouped(streams.bytes),
                figures::grouped(streams.files),
                directory.display()
            ));
        }
        if let Some((report, directory)) = &self.extracted {
            lines.push(report.text(directory));
        }
        lines.push(format!("{} events in {}", figures::grouped(self.written.written), path.display()));
        lines.join("\n")
    }
}
