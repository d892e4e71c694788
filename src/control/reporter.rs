//! The statistics thread: `stats` events at intervals, the lines of `set verbose`, and what a start after a crash reads.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::StateFile;
use super::figures::{self, Figures, figure, grouped};
use super::sensor::{self, Sensor};
use crate::dpdk::port::{self, PortStats};
use crate::event::StatsEvent;

/// Between two lines of `set verbose`, and the longest wait until a new level shows.
const SECOND: Duration = Duration::from_secs(1);
/// Between two writings of the run's state when there are no `stats` events to go with.
const STATE_EVERY: Duration = Duration::from_secs(10);

/// The running statistics thread.
#[must_use = "the last stats event is sent by finish()"]
#[derive(Debug)]
pub struct Reporter {
    sensor: Arc<Sensor>,
    stats: Sender<StatsEvent>,
    /// Dropped to end the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<Option<StateFile>>>,
}

impl Reporter {
    /// Starts the thread. A `stats` event goes to `stats` each `interval_ns`
    /// nanoseconds (0: none but the last). While `verbose` is 1, a line of rates
    /// is printed on the sensor's console for each second in which packets came;
    /// from 2 on, a line a port too. `state`, if there is one, is written each
    /// [`Self::state_interval`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(
        sensor: Arc<Sensor>,
        interval_ns: u64,
        stats: Sender<StatsEvent>,
        verbose: Arc<AtomicU8>,
        state: Option<StateFile>,
    ) -> io::Result<Self> {
        let (end, ended) = mpsc::channel();
        let interval = (interval_ns != 0).then(|| Duration::from_nanos(interval_ns));
        let (shared, events) = (Arc::clone(&sensor), stats.clone());
        let thread = thread::Builder::new().name("statistics".to_owned()).spawn(move || {
            Rounds { sensor: shared, stats: events, verbose, interval, state }
                .run(&ended, Self::state_interval(interval_ns))
        })?;
        Ok(Self { sensor, stats, end: Some(end), thread: Some(thread) })
    }

    /// Time between two writings of the run's state, when `stats` events come each `interval_ns` nanoseconds.
    #[must_use]
    pub const fn state_interval(interval_ns: u64) -> Duration {
        if interval_ns == 0 { STATE_EVERY } else { Duration::from_nanos(interval_ns) }
    }

    /// Ends the thread and sends the last `stats` event, which holds the final figures
    /// when the workers have ended before. Returns the run's state, to be ended when all events are written.
    pub fn finish(mut self) -> Option<StateFile> {
        drop(self.end.take());
        // A panic of the thread has been printed by then; the last event is sent all the same.
        let state = self.thread.take().and_then(|thread| thread.join().ok()).flatten();
        send(&self.sensor, &self.stats);
        state
    }
}

/// What the thread works with.
struct Rounds {
    sensor: Arc<Sensor>,
    stats: Sender<StatsEvent>,
    verbose: Arc<AtomicU8>,
    interval: Option<Duration>,
    state: Option<StateFile>,
}

impl Rounds {
    /// Works until the other end of `ended` is gone; gives back the state.
    fn run(mut self, ended: &Receiver<()>, state_every: Duration) -> Option<StateFile> {
        let mut next_state = Instant::now() + state_every;
        let mut state_fails = false;
        let mut next_stats = self.interval.map(|interval| Instant::now() + interval);
        let mut next_line = Instant::now() + SECOND;
        let mut before: Option<Reading> = None;
        loop {
            let next = next_stats.map_or(next_line, |stats| stats.min(next_line)).min(next_state);
            match ended.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return self.state,
            }
            let now = Instant::now();
            if let (Some(at), Some(interval)) = (&mut next_stats, self.interval)
                && now >= *at
            {
                send(&self.sensor, &self.stats);
                step(at, interval, now);
            }
            if now >= next_state {
                step(&mut next_state, state_every, now);
                if let Some(state) = &mut self.state {
                    let failure = state.report(&self.sensor.figures()).err();
                    // Said when it begins to fail, not each time.
                    if let Some(failure) = failure.as_ref().filter(|_| !state_fails) {
                        self.sensor.console.line(&format!("{}: {failure}", state.path().display()));
                    }
                    state_fails = failure.is_some();
                }
            }
            if now >= next_line {
                step(&mut next_line, SECOND, now);
                before = self.lines(before);
            }
        }
    }

    /// Prints the lines of the second that has passed since `before`.
    fn lines(&self, before: Option<Reading>) -> Option<Reading> {
        let level = self.verbose.load(Ordering::Relaxed);
        if level == 0 {
            return None;
        }
        let now = Reading::new(&self.sensor);
        if let Some(before) = before {
            let seconds = now.at.saturating_duration_since(before.at).as_secs_f64();
            if let Some(line) = rate_line(&before.figures, &now.figures, seconds) {
                self.sensor.console.line(&line);
                if level >= 2 {
                    for ((port, old), new) in self.sensor.ports.iter().zip(&before.ports).zip(&now.ports) {
                        self.sensor.console.line(&port_line(port.id, &port.name, old, new, seconds));
                    }
                }
            }
        }
        Some(now)
    }
}

/// Moves a deadline on by whole steps until it lies ahead: a late thread does not catch up.
fn step(deadline: &mut Instant, by: Duration, now: Instant) {
    *deadline += by;
    if *deadline <= now {
        *deadline = now + by;
    }
}

/// Sends a `stats` event of now.
pub(super) fn send(sensor: &Sensor, stats: &Sender<StatsEvent>) {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let timestamp_ns = u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX);
    let uptime_s = sensor.started.elapsed().as_secs();
    // The event thread may have ended early; it has said why, and the sensor goes on.
    let _ = stats.send(figures::stats_event(&sensor.figures(), timestamp_ns, uptime_s, true));
}

/// Figures at one moment.
struct Reading {
    at: Instant,
    figures: Figures,
    ports: Vec<PortStats>,
}

impl Reading {
    fn new(sensor: &Sensor) -> Self {
        let ports = sensor.ports.iter().map(|port| port::stats(port.id).unwrap_or_default()).collect();
        Self { at: Instant::now(), figures: sensor.figures(), ports }
    }
}

/// Packets, bits and events a second between two readings; `None` when no packet came.
fn rate_line(before: &Figures, now: &Figures, seconds: f64) -> Option<String> {
    let more = |name: &str| figure(now, name).saturating_sub(figure(before, name));
    let packets = more("decoder.pkts");
    if packets == 0 {
        return None;
    }
    let mut line = format!(
        "{} packets/s, {} Mbit/s, {} flows/s, {} flows active",
        per_second(packets, seconds),
        megabits(more("decoder.bytes"), seconds),
        per_second(more("flow.total"), seconds),
        grouped(figure(now, "flow.active")),
    );
    let counts =
        [("detect.alert", "alerts"), ("capture.drops", "packets dropped"), ("event.dropped", "events dropped")];
    for (name, what) in counts {
        if more(name) != 0 {
            // Writing to a string cannot fail.
            let _ = write!(line, ", {} {what}", grouped(more(name)));
        }
    }
    Some(line)
}

fn port_line(id: u16, name: &str, before: &PortStats, now: &PortStats, seconds: f64) -> String {
    let more = sensor::difference(now, before);
    format!(
        "  port {id} ({name}): received {} packets/s, {} Mbit/s, missed {}, errors {}, no buffer {}; sent {} packets/s",
        per_second(more.ipackets, seconds),
        megabits(more.ibytes, seconds),
        grouped(more.imissed),
        grouped(more.ierrors),
        grouped(more.rx_nombuf),
        per_second(more.opackets, seconds),
    )
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a rate for people
fn per_second(count: u64, seconds: f64) -> String {
    grouped((count as f64 / seconds.max(1e-9)).round() as u64)
}

#[allow(clippy::cast_precision_loss)] // as above
fn megabits(bytes: u64, seconds: f64) -> String {
    format!("{:.1}", bytes as f64 * 8.0 / 1e6 / seconds.max(1e-9))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::tests::made_up_sensor;

    #[test]
    fn rates_are_differences_by_time() {
        let before = Figures::from([("decoder.pkts", 1_000), ("decoder.bytes", 500), ("flow.total", 1)]);
        let now = Figures::from([
            ("decoder.pkts", 4_000),
            ("decoder.bytes", 1_000_500),
            ("flow.total", 21),
            ("flow.active", 1_234),
            ("capture.drops", 7),
        ]);
        assert_eq!(
            rate_line(&before, &now, 2.0).as_deref(),
            Some("1,500 packets/s, 4.0 Mbit/s, 10 flows/s, 1,234 flows active, 7 packets dropped")
        );
        assert_eq!(rate_line(&now, &now, 1.0), None, "nothing is said while nothing comes");
        let stats = PortStats { ipackets: 10, ibytes: 250_000, imissed: 3, opackets: 2, ..PortStats::default() };
        assert_eq!(
            port_line(1, "net_tap0", &PortStats::default(), &stats, 2.0),
            "  port 1 (net_tap0): received 5 packets/s, 1.0 Mbit/s, missed 3, errors 0, no buffer 0; sent 1 packets/s"
        );
    }

    #[test]
    fn events_come_at_intervals_and_at_the_end() {
        let sensor = Arc::new(made_up_sensor(2));
        let (stats, events) = mpsc::channel();
        let reporter = Reporter::spawn(Arc::clone(&sensor), 20_000_000, stats, Arc::default(), None).expect("a thread");
        for _ in 0..2 {
            events.recv_timeout(Duration::from_secs(10)).expect("an event at each interval");
        }
        while events.try_recv().is_ok() {}
        assert!(reporter.finish().is_none());
        let last: Vec<_> = events.iter().collect();
        assert!(!last.is_empty(), "the last event is sent at the end");
    }

    #[test]
    fn without_an_interval_there_is_the_last_event_only() {
        let (stats, events) = mpsc::channel();
        let sensor = Arc::new(made_up_sensor(1));
        let reporter = Reporter::spawn(Arc::clone(&sensor), 0, stats, Arc::default(), None).expect("a thread");
        assert!(events.recv_timeout(Duration::from_millis(100)).is_err());
        assert!(reporter.finish().is_none());
        assert_eq!(events.iter().count(), 1);
    }

    #[test]
    fn the_state_of_the_run_is_written_at_intervals_and_given_back() {
        let directory = tempfile::tempdir().expect("a directory");
        let sensor = Arc::new(made_up_sensor(1));
        crate::control::tests::publish(&sensor, 0, |snapshot| snapshot.counters.packets = 50);
        let (stats, _events) = mpsc::channel();
        let (state, _) = StateFile::begin(directory.path(), 20_000_000).expect("a state");
        let path = state.path().to_owned();
        let reporter = Reporter::spawn(sensor, 20_000_000, stats, Arc::default(), Some(state)).expect("a thread");
        let begin = Instant::now();
        while !std::fs::read_to_string(&path).expect("it is replaced, never away").contains("\"packets\":50") {
            assert!(begin.elapsed() < Duration::from_secs(10), "it is not written");
            thread::sleep(Duration::from_millis(5));
        }
        reporter.finish().expect("it is given back").end().expect("it can be removed");
        assert!(!path.exists());
    }

    #[test]
    fn verbose_lines_go_to_the_console_while_packets_come() {
        let sensor = Arc::new(made_up_sensor(1));
        let (printed, lines) = mpsc::channel();
        sensor.console.redirect(Some(Box::new(move |line| drop(printed.send(line)))));
        let (stats, _events) = mpsc::channel();
        let rounds = Rounds {
            sensor: Arc::clone(&sensor),
            stats,
            verbose: Arc::new(AtomicU8::new(1)),
            interval: None,
            state: None,
        };
        let first = rounds.lines(None);
        let second = rounds.lines(first);
        assert!(lines.try_recv().is_err(), "no packets, no line");
        crate::control::tests::publish(&sensor, 0, |snapshot| snapshot.counters.packets = 50);
        assert!(rounds.lines(second).is_some());
        let line = lines.try_recv().expect("packets came");
        assert!(line.contains(" packets/s") && line.ends_with('\n'), "{line:?}");
        rounds.verbose.store(0, Ordering::Relaxed);
        assert!(rounds.lines(None).is_none());
    }
}
