//! `tidegate run`: the live sensor.

mod cores;
mod ports;
pub(super) mod sizing;
mod summary;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use self::cores::LcorePlan;
use self::ports::Started;
use super::arguments::Run;
use super::build;
use super::claim::Claims;
use super::extract::{self, Extractor};
use super::mesh::MeshParts;
use super::output::{Failure, complain, print};
use crate::config::Config;
use crate::control::reload::{self, Reloader};
use crate::control::sensor::{DispatcherStatus, PortStatus, Sensor, WorkerStatus};
use crate::control::{self, RUN_STATE_FILE, Reporter, ShellEnd, StateFile, shell, telemetry};
use crate::dpdk::lcore::{self, Lcore, Running, StopFlag};
use crate::dpdk::port::TxQueue;
use crate::dpdk::ring::{self, RingReceiver, RingSender};
use crate::dpdk::{Eal, Mempool};
use crate::event::{EventReceiver, OpenMode, RingPolicy, WriterHandle, WriterOptions, channel};
use crate::extractor::Point;
use crate::kill::{Injector, Killer};
use crate::scan::keyword::Matcher;
use crate::steer::{Dispatcher, DispatcherStats, Reta, Steering};
use crate::worker::{
    Answers, Exit, Expectations, Idle, KeptFiles, Membership, Pipeline, PipelineOptions, PortInjector, Quota, Sources,
    Worker, WorkerControl,
};

/// Between two looks at signals, time and the event file.
const TICK: Duration = Duration::from_millis(50);
/// Time for a worker to take and touch its memory; 100 GB takes half a minute.
const WORKERS_READY_WITHIN: Duration = Duration::from_secs(60);
/// Buffers for forged resets, a worker.
const INJECT_MBUFS: u32 = 255;

pub(super) fn run(options: &Run) -> Result<(), Failure> {
    let common = &options.common;
    let config = build::configuration(common.config.as_deref())?;
    config.require_ports()?;
    let matcher = build::matcher(&config)?;
    let extract = common.extract.as_deref();
    let mut claims = Claims::default();
    let quota = extract.map(|directory| extract::prepare(&mut claims, directory, config.decode.extract_quota));
    let quota = quota.transpose()?;
    let output = build::event_file(&config, &mut claims, &common.out, OpenMode::Append)?;
    for warning in config.warnings() {
        complain(&format!("warning: {warning}"));
    }
    let stop = StopFlag::new();
    control::install_signals(&stop).context("signal handlers")?;
    let hangup = control::install_hangup().context("signal handlers")?;

    let wanted = common.workers.or(Some(config.worker.count).filter(|count| *count != 0));
    let dispatches = cores::may_dispatch(&config);
    let plan = cores::place(&cores::by_distance(build::cores(), &config.ports), dispatches, wanted);
    let eal = Eal::start(&eal_arguments(&config, &plan)).map_err(|error| Failure::input(error.to_string()))?;
    let lcores = Lcores::of(&eal, &config, dispatches, &plan, wanted)?;

    let found = ports::find(&eal, &config, lcores.workers_u16())?;
    let (steerings, reta) = ports::decide(&found, lcores.workers_u16())?;
    let pools = Pools::new(&eal, &config, &found, lcores.workers.len())?;
    let mut started = Vec::new();
    for (found, steering) in found.into_iter().zip(steerings) {
        let pool = pools.of(found.port.socket())?;
        started.push(ports::start(found, steering, &reta, lcores.workers_u16(), pool)?);
    }
    let statuses: Vec<PortStatus> = started.iter().map(|started| started.status.clone()).collect();
    for line in summary::ports(&statuses) {
        complain(&line);
    }

    let (stats, stats_receiver) = mpsc::channel();
    // On the core of this thread, where they take nothing from the workers.
    let (supervisor, points) = super::extractor::start(&config, lcores.workers.len(), true, common.rehearsal)?;
    let beside = Beside { points, quota: quota.clone() };
    let mut parts = launch(&eal, &config, &matcher, &lcores, started, &reta, &pools, &stop, beside)?;
    let files = std::mem::take(&mut parts.files);
    let extractor = extract.zip(quota).map(|(directory, quota)| Extractor::spawn(directory, quota, files));
    let extractor = extractor.transpose().context("the thread that keeps files")?;
    let ifaces = statuses.iter().map(|status| status.name.clone().into_bytes()).collect();
    let receivers = std::mem::take(&mut parts.receivers);
    let names = build::names(&config, ifaces);
    let book = names.dictionaries.clone();
    let reloader = Reloader::new(config.clone(), matcher, build::compile, book, stats.clone());
    let writer = WriterHandle::spawn(receivers, stats_receiver, names, output, WriterOptions::default())
        .context("the event thread")?;
    let sensor = Sensor::new(
        statuses,
        parts.statuses.clone(),
        parts.dispatcher_status.take(),
        pools.named().into_iter().chain(std::mem::take(&mut parts.mesh_pools)).collect(),
        reta,
        stop.clone(),
        Arc::clone(&parts.paused),
    );
    let not_stored = extractor.as_ref().map(Extractor::not_stored).unwrap_or_default();
    let sensor = Arc::new(sensor.with_reloader(reloader).with_not_stored(not_stored));
    if config.telemetry.enabled {
        telemetry::register(&eal, &sensor)?;
    }
    let verbose = Arc::new(AtomicU8::new(0));
    let interval_ns = config.event.stats_interval_ns;
    let state = run_state(&common.out, interval_ns);
    let reporter = Reporter::spawn(Arc::clone(&sensor), interval_ns, stats, Arc::clone(&verbose), state)
        .context("the statistics thread")?;

    let reload = reload::on_hangup(&sensor, hangup).context("the thread that reloads")?;
    complain(&summary::running(&sensor, &config, &common.out));
    let ended = attend(options, &sensor, &writer, &verbose);
    stop.raise();
    parts.join();
    drop(supervisor);
    // A panic of that thread has been printed by then.
    let _ = reload.join();
    // Before the last figures, which have what it could not write.
    let extracted = extractor.map(Extractor::finish);
    let state = reporter.finish();
    telemetry::clear();
    // Ports count until they are closed.
    let figures = sensor.figures();
    parts.ports.clear();
    let (written, failure) = writer.finish().context("the event thread")?;
    if let Some(state) = state {
        let path = state.path().to_owned();
        state.end().unwrap_or_else(|error| complain(&format!("{}: {error}", path.display())));
    }
    let extracted = extracted.transpose()?;
    let seconds = sensor.started.elapsed().as_secs_f64();
    let kept = extracted.zip(common.extract.as_deref());
    print(&summary::end(&figures, &written, seconds, sensor.workers.len(), kept, common.json))?;
    drop(sensor);
    ended?;
    if let Some(failure) = failure {
        return Err(Failure::Running(anyhow::anyhow!("{}: {failure}", common.out.join(&config.event.file).display())));
    }
    Ok(())
}

/// Says what the run before this one lost, if it did not end cleanly, and begins the state of this one. A directory
/// that takes no state is no reason not to run.
fn run_state(out: &Path, stats_interval_ns: u64) -> Option<StateFile> {
    let interval = Reporter::state_interval(stats_interval_ns);
    match StateFile::begin(out, u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX)) {
        Ok((state, lost)) => {
            if let Some(lost) = lost {
                complain(&lost);
            }
            Some(state)
        }
        Err(error) => {
            let path = out.join(RUN_STATE_FILE);
            complain(&format!("{}: {error}; after a crash nothing will be told of this run", path.display()));
            None
        }
    }
}

/// Waits for the end: the prompt's, a signal's, or the time's.
fn attend(options: &Run, sensor: &Arc<Sensor>, writer: &WriterHandle, verbose: &Arc<AtomicU8>) -> Result<(), Failure> {
    let until = options.duration.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    if options.interactive {
        if let Some(seconds) = options.duration {
            let stop = sensor.stop.clone();
            // Ends with the process when the prompt ends first.
            thread::spawn(move || {
                thread::sleep(Duration::from_secs(seconds));
                stop.raise();
            });
        }
        // A script that has come to its end leaves the sensor running only for as long as it was asked to.
        if shell::run(sensor, verbose)? != ShellEnd::Input || until.is_none() {
            return Ok(());
        }
    }
    while !sensor.stop.raised() && until.is_none_or(|until| Instant::now() < until) {
        thread::sleep(TICK);
        if let Some(failure) = writer.take_failure() {
            complain(&format!("events: {failure}"));
        }
    }
    Ok(())
}

fn eal_arguments(config: &Config, plan: &LcorePlan) -> Vec<String> {
    let eal = &config.eal;
    let mut arguments = vec!["--file-prefix".to_owned(), eal.file_prefix.clone()];
    let lcores = if eal.lcores.is_empty() { plan.expression.clone() } else { eal.lcores.clone() };
    arguments.extend(["--lcores".to_owned(), lcores]);
    if !eal.hugepages {
        let megabytes = (eal.memory_bytes >> 20).max(64);
        arguments.extend(["--no-huge", "--iova-mode=va", "-m"].map(str::to_owned));
        arguments.push(megabytes.to_string());
    }
    if !config.telemetry.enabled {
        arguments.push("--no-telemetry".to_owned());
    }
    let mut pci = false;
    for port in &config.ports {
        match &port.vdev {
            Some(vdev) if vdev.is_empty() => arguments.push(format!("--vdev={}", port.name)),
            Some(vdev) => arguments.push(format!("--vdev={},{vdev}", port.name)),
            None if port.name.contains(':') => {
                pci = true;
                arguments.push(format!("--allow={}", port.name));
            }
            None => {}
        }
    }
    // Without a PCI port there is no reason to look at, or take over, any PCI device.
    if !pci && !eal.args.iter().any(|argument| argument.starts_with("--allow") || argument == "-a") {
        arguments.push("--no-pci".to_owned());
    }
    // The second one keeps telemetry from reporting at every start that it has no socket of the old form.
    arguments.extend(["--log-level=warning", "--log-level=lib.telemetry:critical"].map(str::to_owned));
    arguments.extend(eal.args.iter().cloned());
    arguments
}

/// The lcores by what they do.
struct Lcores {
    dispatcher: Option<Lcore>,
    workers: Vec<Lcore>,
    main_cpu: i32,
    all: Vec<Lcore>,
}

impl Lcores {
    fn of(
        eal: &Eal,
        config: &Config,
        dispatches: bool,
        plan: &LcorePlan,
        wanted: Option<u16>,
    ) -> Result<Self, Failure> {
        let all = lcore::others(eal);
        let (dispatcher, rest) = match all.split_first() {
            Some((first, rest)) if dispatches => (Some(*first), rest),
            _ => (None, all.as_slice()),
        };
        let count = if config.eal.lcores.is_empty() {
            usize::from(plan.workers)
        } else {
            wanted.map_or(rest.len(), usize::from)
        };
        if count == 0 || rest.len() < count {
            return Err(Failure::input(format!(
                "eal.lcores: found {} lcores besides the main one, expected {}",
                all.len(),
                count.max(1) + usize::from(dispatches)
            )));
        }
        let workers = rest.get(..count).unwrap_or(rest).to_vec();
        Ok(Self { dispatcher, workers, main_cpu: lcore::main_cpu(eal), all })
    }

    fn workers_u16(&self) -> u16 {
        u16::try_from(self.workers.len()).unwrap_or(u16::MAX)
    }

    fn idle(&self, lcore: Lcore) -> Idle {
        if cores::has_own_core(lcore, &self.all, self.main_cpu) { Idle::Poll } else { Idle::Yield }
    }
}

/// Packet buffers, a pool a NUMA node.
struct Pools {
    by_socket: BTreeMap<u32, Mempool>,
    inject: Vec<Mempool>,
}

impl Pools {
    fn new(eal: &Eal, config: &Config, found: &[ports::Found], workers: usize) -> Result<Self, Failure> {
        let workers = u32::try_from(workers).unwrap_or(u32::MAX);
        let mut by_socket = BTreeMap::new();
        for port in found {
            let socket = port.port.socket().unwrap_or(0);
            if by_socket.contains_key(&socket) {
                continue;
            }
            let count = sizing::mbufs(config, workers);
            let room = ports::data_room(config);
            let cache = u32::from(config.mempool.cache);
            let pool = Mempool::new(eal, &format!("rx_{socket}"), count, cache, room, port.port.socket())?;
            by_socket.insert(socket, pool);
        }
        let mut inject = Vec::new();
        if config.kill.enabled {
            for worker in 0..workers {
                inject.push(Mempool::new(eal, &format!("inject_{worker}"), INJECT_MBUFS, 0, 512, None)?);
            }
        }
        Ok(Self { by_socket, inject })
    }

    fn of(&self, socket: Option<u32>) -> Result<&Mempool, Failure> {
        self.by_socket
            .get(&socket.unwrap_or(0))
            .ok_or_else(|| Failure::Running(anyhow::anyhow!("no mempool for NUMA node {socket:?}")))
    }

    fn named(&self) -> Vec<(String, Mempool)> {
        let rx = self.by_socket.iter().map(|(socket, pool)| (format!("rx_{socket}"), pool.clone()));
        let inject = self.inject.iter().enumerate().map(|(worker, pool)| (format!("inject_{worker}"), pool.clone()));
        rx.chain(inject).collect()
    }
}

/// What runs, to be joined at the end. Ports are stopped last.
struct Parts {
    workers: Vec<Running<()>>,
    dispatcher: Option<Running<()>>,
    statuses: Vec<WorkerStatus>,
    dispatcher_status: Option<DispatcherStatus>,
    receivers: Vec<EventReceiver>,
    /// None unless files are to be kept.
    files: Vec<KeptFiles>,
    paused: Arc<AtomicBool>,
    ports: Vec<crate::dpdk::port::Port>,
    mesh_pools: Vec<(String, Mempool)>,
}

impl Parts {
    fn join(&mut self) {
        if let Some(dispatcher) = self.dispatcher.take() {
            dispatcher.join();
        }
        for worker in self.workers.drain(..) {
            worker.join();
        }
    }
}

/// What workers have beside their pipelines.
struct Beside {
    /// The way to the extractor, for each worker.
    points: Vec<Option<Point>>,
    /// What files may be kept of, where they are.
    quota: Option<Arc<Quota>>,
}

#[allow(clippy::too_many_arguments)] // everything that a sensor is made of, once
fn launch(
    eal: &Eal,
    config: &Config,
    matcher: &Arc<Matcher>,
    lcores: &Lcores,
    started: Vec<Started>,
    reta: &Reta,
    pools: &Pools,
    stop: &StopFlag,
    beside: Beside,
) -> Result<Parts, Failure> {
    let Beside { points, quota } = beside;
    let count = lcores.workers.len();
    let mut queues: Vec<Sources> = (0..count).map(|_| Sources { live: true, ..Sources::default() }).collect();
    let (mut dispatched, mut exits, mut ports) = (Vec::new(), Vec::new(), Vec::new());
    for (iface, started) in started.into_iter().enumerate() {
        let iface = u16::try_from(iface).unwrap_or(u16::MAX);
        if started.status.hardware {
            for (sources, queue) in queues.iter_mut().zip(started.rx) {
                sources.queues.push((queue, iface));
            }
        } else {
            dispatched.extend(started.rx.into_iter().map(|queue| (queue, iface)));
        }
        if config.kill.port.as_ref().is_none_or(|name| *name == started.status.name) {
            exits.push(started.tx.into_iter());
        }
        ports.push(started.port);
    }
    let seed = random_seed();
    let steering = Steering::new(reta.clone(), config.tunnel.tunnels());
    let paused = Arc::new(AtomicBool::new(false));
    let sockets: Vec<Option<u32>> = lcores.workers.iter().map(|lcore| Some(lcore.socket())).collect();
    let mut mesh = MeshParts::new(eal, config, &steering, &sockets)?;
    let mut rings: Vec<RingSender> = Vec::new();
    let expectations = Arc::<Expectations>::default();
    let exchange = build::exchange(config, u16::try_from(count).unwrap_or(u16::MAX));
    let mut parts = Parts {
        workers: Vec::new(),
        dispatcher: None,
        statuses: Vec::new(),
        dispatcher_status: None,
        receivers: Vec::new(),
        files: Vec::new(),
        paused: Arc::clone(&paused),
        ports,
        mesh_pools: mesh.named().collect(),
    };
    for (number, ((lcore, mut sources), point)) in lcores.workers.iter().zip(queues).zip(points).enumerate() {
        if !dispatched.is_empty() {
            let (sender, receiver): (RingSender, RingReceiver) =
                ring::channel(eal, &format!("work_{number}"), config.worker.ring, Some(lcore.socket()))?;
            rings.push(sender);
            sources.ring = Some(receiver);
        }
        let (events, receiver) = channel(usize::try_from(config.worker.events).unwrap_or(1), RingPolicy::DropAndCount);
        parts.receivers.push(receiver);
        let (keeper, kept) =
            quota.as_ref().map(|quota| build::file_keeper(config, RingPolicy::DropAndCount, quota)).unzip();
        parts.files.extend(kept);
        let control = Arc::new(WorkerControl::new(stop.clone(), Arc::clone(&paused)));
        parts.statuses.push(WorkerStatus {
            lcore: lcore.id(),
            cpu: lcore.cpu(),
            socket: lcore.socket(),
            control: Arc::clone(&control),
        });
        sources.mesh = mesh.next(number, Some(lcore.socket()), &control.progress)?;
        let injector =
            injector(config, pools.inject.get(number), exits.iter_mut().filter_map(Iterator::next).collect());
        let expectations = Arc::clone(&expectations);
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        let membership = Membership { exchange: Arc::clone(&exchange), number, waits: false };
        let options = PipelineOptions { expectations, membership, ..build::pipeline_options(config, seed, true) };
        let (matcher, rate) = (Arc::clone(matcher), config.kill.rate);
        let (burst, idle) = (usize::from(config.worker.burst), lcores.idle(*lcore));
        parts.workers.push(lcore::launch(eal, *lcore, move || {
            let mut pipeline = Pipeline::new(options, matcher, Killer::new(injector, rate), events);
            if let Some(keeper) = keeper {
                pipeline.keep_files(keeper);
            }
            if let Some(point) = point {
                pipeline.extract(point, Answers::Later);
            }
            Worker::new(pipeline, sources, control, burst, idle).run();
        })?);
    }
    await_workers(&parts)?;
    if let Some(lcore) = lcores.dispatcher.filter(|_| !dispatched.is_empty()) {
        let stats = Arc::new(DispatcherStats::new(count));
        let pool = pools.by_socket.values().next().ok_or_else(|| anyhow::anyhow!("no mempool"))?;
        let burst = usize::from(config.worker.burst);
        let dispatcher = Dispatcher::new(dispatched, rings, steering.clone(), Arc::clone(&stats), pool, burst)?;
        let (stop, share) = (stop.clone(), lcores.idle(lcore) == Idle::Yield);
        parts.dispatcher_status = Some(DispatcherStatus { lcore: lcore.id(), cpu: lcore.cpu(), stats });
        parts.dispatcher = Some(lcore::launch(eal, lcore, move || dispatcher.run(&stop, &paused, share))?);
    }
    Ok(parts)
}

/// Waits until every worker has made its tables: packets that came before would only fill the rings.
fn await_workers(parts: &Parts) -> Result<(), Failure> {
    let waiting = Instant::now();
    while !parts.statuses.iter().all(|worker| worker.control.ready.load(Ordering::Acquire)) {
        if parts.workers.iter().any(Running::is_finished) || waiting.elapsed() > WORKERS_READY_WITHIN {
            return Err(Failure::Running(anyhow::anyhow!("the workers do not get ready; is there enough memory?")));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// A worker's way out: its own transmit queue of `kill.port`, or of every port.
fn injector(config: &Config, pool: Option<&Mempool>, mut queues: Vec<TxQueue>) -> Option<Box<dyn Injector>> {
    if !config.kill.enabled {
        return None;
    }
    let exit = match config.kill.port {
        Some(_) => Exit::One(queues.pop()?),
        None => Exit::Same(queues),
    };
    Some(Box::new(PortInjector::new(exit, pool?.clone())))
}

/// A seed for the flow hash that nobody outside knows: the standard library takes it from the system.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0_u64)
}
