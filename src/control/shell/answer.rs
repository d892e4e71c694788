//! From a command to its answer.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::command::{COMMANDS, Command, Spec, Which};
use super::show::{self, WorkerRow};
use super::table::{Align, Table};
use crate::control::sensor::{PortStatus, Sensor};
use crate::control::steering::Question;
use crate::dpdk::{Clock, port};

/// Flows that `show flow top` lists.
const TOP: usize = 20;

/// Does what `command` says. The text has no line end and may be empty.
pub(super) fn answer(sensor: &Sensor, verbose: &AtomicU8, command: &Command) -> String {
    match command {
        Command::Nothing | Command::Quit => String::new(),
        Command::Start => {
            sensor.set_running(true);
            "the ports are polled".to_owned()
        }
        Command::Stop => {
            sensor.set_running(false);
            "no port is polled; \"start\" goes on".to_owned()
        }
        Command::PortInfo(which) => each_port(sensor, which, |_, port| show::port_info(port, port::link(port.id))),
        Command::PortStats(which) => port_stats(sensor, which),
        Command::PortXstats(which) => each_port(sensor, which, |place, port| match sensor.recent_port_xstats(place) {
            Ok(counters) => show::port_xstats(port, &counters),
            Err(error) => error.to_string(),
        }),
        Command::Lcore => {
            let dispatcher = sensor.dispatcher.as_ref().map(|dispatcher| (dispatcher, sensor.recent_dispatched()));
            show::lcores(&rows(sensor), dispatcher, recent_ticks(sensor))
        }
        Command::Workers => show::workers(&rows(sensor)),
        Command::Worker(number) => rows(sensor)
            .get(*number)
            .map_or_else(|| format!("no worker {number}; there are {}", sensor.workers.len()), show::worker),
        Command::FlowCount => show::flow_count(&rows(sensor)),
        Command::FlowTop => flow_top(sensor),
        Command::Steering(question) => steering(sensor, question),
        Command::Mempool => {
            show::mempools(sensor.pools.iter().map(|(name, pool)| (name.clone(), pool.size(), pool.available())))
        }
        Command::ClearStats => {
            sensor.clear();
            "counters begin at zero".to_owned()
        }
        Command::Verbose(level) => {
            verbose.store(*level, Ordering::Relaxed);
            format!("verbose is {level}")
        }
        Command::Reload => sensor.reload().join("\n"),
        Command::Help(None) => help(),
        Command::Help(Some(spec)) => help_of(spec),
    }
}

fn rows(sensor: &Sensor) -> Vec<WorkerRow<'_>> {
    let row = |(number, status)| WorkerRow { number, status, figures: sensor.recent_worker_figures(number) };
    sensor.workers.iter().enumerate().map(row).collect()
}

/// Ticks of the time-stamp counter since the figures began.
fn recent_ticks(sensor: &Sensor) -> u64 {
    let ticks = sensor.recent_time().as_nanos() * u128::from(Clock::hz()) / 1_000_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// The ports that are meant, with their places in the sensor's list.
fn chosen<'a>(sensor: &'a Sensor, which: &Which) -> Result<Vec<(usize, &'a PortStatus)>, String> {
    let all = sensor.ports.iter().enumerate();
    let Which::One(wanted) = which else { return Ok(all.collect()) };
    let found = all.filter(|(_, port)| port.name == *wanted || port.id.to_string() == *wanted).collect::<Vec<_>>();
    if found.is_empty() {
        let known: Vec<_> = sensor.ports.iter().map(|port| format!("{} ({})", port.id, port.name)).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(format!("no port {wanted:?}; there are: {known}"));
    }
    Ok(found)
}

fn each_port(sensor: &Sensor, which: &Which, show: impl Fn(usize, &PortStatus) -> String) -> String {
    match chosen(sensor, which) {
        Ok(ports) => ports.iter().map(|(place, port)| show(*place, port)).collect::<Vec<_>>().join("\n\n"),
        Err(error) => error,
    }
}

fn port_stats(sensor: &Sensor, which: &Which) -> String {
    let ports = match chosen(sensor, which) {
        Ok(ports) => ports,
        Err(error) => return error,
    };
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for (place, port) in ports {
        match sensor.recent_port_stats(place) {
            Ok(stats) => rows.push((port, stats)),
            Err(error) => errors.push(error.to_string()),
        }
    }
    std::iter::once(show::port_stats(rows)).chain(errors).collect::<Vec<_>>().join("\n")
}

fn flow_top(sensor: &Sensor) -> String {
    let (flows, silent) = sensor.top_flows(TOP);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut text = show::flow_top(&flows, u64::try_from(now.as_nanos()).unwrap_or(u64::MAX));
    if !silent.is_empty() {
        let silent: Vec<String> = silent.iter().map(usize::to_string).collect();
        let why = if sensor.is_running() { "" } else { ", since polling is stopped" };
        text.push_str(&format!("\nwithout those of worker {}: no answer{why}", silent.join(", ")));
    }
    text
}

fn steering(sensor: &Sensor, question: &Question) -> String {
    let ask = |question: Question| (question, question.answer(&sensor.hash, &sensor.reta));
    show::steering([ask(*question), ask(question.reversed())], &sensor.ports)
}

fn help() -> String {
    let mut table = Table::new(&[("", Align::Left), ("", Align::Left)]);
    for spec in COMMANDS {
        table.row([spec.usage(), spec.help.to_owned()]);
    }
    table.render()
}

fn help_of(spec: &Spec) -> String {
    format!("{}\n  {}", spec.usage(), spec.help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::shell::command::parse;
    use crate::control::tests::{made_up_sensor, publish};

    fn ask(sensor: &Sensor, line: &str) -> String {
        answer(sensor, &AtomicU8::new(0), &parse(line).expect(line))
    }

    #[test]
    fn start_and_stop_begin_and_end_polling() {
        let sensor = made_up_sensor(1);
        assert!(sensor.is_running());
        assert_eq!(ask(&sensor, "stop"), "no port is polled; \"start\" goes on");
        assert!(!sensor.is_running());
        assert_eq!(ask(&sensor, "start"), "the ports are polled");
        assert!(sensor.is_running());
    }

    #[test]
    fn verbose_and_clear_change_what_they_say() {
        let (sensor, verbose) = (made_up_sensor(1), AtomicU8::new(0));
        assert_eq!(answer(&sensor, &verbose, &Command::Verbose(2)), "verbose is 2");
        assert_eq!(verbose.load(Ordering::Relaxed), 2);
        publish(&sensor, 0, |snapshot| snapshot.counters.alerts = 4);
        assert!(
            ask(&sensor, "show worker 0").lines().any(|line| line.starts_with("detect.alert ") && line.ends_with(" 4"))
        );
        assert_eq!(ask(&sensor, "clear stats"), "counters begin at zero");
        assert!(
            ask(&sensor, "show worker 0").lines().any(|line| line.starts_with("detect.alert ") && line.ends_with(" 0"))
        );
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let sensor = made_up_sensor(2);
        assert_eq!(ask(&sensor, "show worker 2"), "no worker 2; there are 2");
        assert_eq!(ask(&sensor, "show port info net_tap0"), "no port \"net_tap0\"; there are: none");
        assert_eq!(ask(&sensor, "show port stats 0"), "no port \"0\"; there are: none");
    }

    #[test]
    fn workers_that_do_not_answer_are_named() {
        let sensor = made_up_sensor(2);
        sensor.set_running(false);
        let text = ask(&sensor, "show flow top");
        assert!(text.ends_with("\nwithout those of worker 0, 1: no answer, since polling is stopped"), "{text}");
    }

    #[test]
    fn both_directions_of_a_connection_are_steered_alike() {
        let sensor = made_up_sensor(2);
        let text = ask(&sensor, "show steering 10.0.0.1 40000 192.0.2.7 80 tcp");
        let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split_whitespace().skip(4).collect()).collect();
        assert_eq!(rows.len(), 2, "{text}");
        assert_eq!(rows[0], rows[1], "{text}");
    }

    #[test]
    fn every_command_is_in_the_help_and_has_an_example_in_the_guide() {
        let help = ask(&made_up_sensor(1), "help");
        // Bars are escaped in the guide's tables.
        let guide = include_str!("../../../docs/shell.md").replace("\\|", "|");
        for spec in COMMANDS {
            assert!(help.contains(&spec.usage()), "{spec:?}");
            assert!(guide.contains(&format!("`{}`", spec.usage())), "{spec:?} is not in docs/shell.md");
        }
        assert!(guide.contains(&help), "docs/shell.md does not show what help prints:\n{help}");
        assert_eq!(ask(&made_up_sensor(1), "help quit"), "quit\n  End the sensor");
    }
}
