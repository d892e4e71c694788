//! What the `show` commands print, from plain values.

use std::net::SocketAddr;

use super::table::{Align, Table, numbers, pairs, percent};
use crate::control::figures::{Figures, figure, grouped};
use crate::control::sensor::{DispatcherStatus, PortStatus, WorkerStatus};
use crate::control::steering::{Answer, Question};
use crate::dpdk::port::{Link, PortStats};
use crate::wire::proto;
use crate::worker::FlowLine;

use Align::{Left, Right};

/// `show port info`: one port.
pub(super) fn port_info(port: &PortStatus, link: Link) -> String {
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    pairs([
        ("port", format!("{} ({})", port.id, port.name)),
        ("driver", port.driver.clone()),
        ("NUMA node", port.socket.map_or_else(|| "none".to_owned(), |socket| socket.to_string())),
        ("MAC address", port.mac.map_or_else(|| "none".to_owned(), mac)),
        ("link", link_text(link)),
        ("MTU", format!("{} bytes", grouped(port.mtu.into()))),
        ("receive queues", port.rx_queues.to_string()),
        ("transmit queues", port.tx_queues.to_string()),
        ("promiscuous", yes_no(port.promiscuous)),
        ("steering", port.steering.clone()),
    ])
}

fn mac(address: [u8; 6]) -> String {
    address.map(|byte| format!("{byte:02x}")).join(":")
}

fn link_text(link: Link) -> String {
    if !link.up {
        return "down".to_owned();
    }
    // DPDK says `u32::MAX` when a driver does not know.
    let speed = match link.speed_mbps {
        0 | u32::MAX => "unknown speed".to_owned(),
        speed => format!("{} Mbit/s", grouped(speed.into())),
    };
    format!("up, {speed}, {} duplex", if link.full_duplex { "full" } else { "half" })
}

/// `show port stats`: a row a port.
pub(super) fn port_stats<'a>(ports: impl IntoIterator<Item = (&'a PortStatus, PortStats)>) -> String {
    let mut table = Table::new(&[
        ("port", Right),
        ("name", Left),
        ("rx packets", Right),
        ("rx bytes", Right),
        ("rx missed", Right),
        ("rx errors", Right),
        ("rx no buffer", Right),
        ("tx packets", Right),
        ("tx bytes", Right),
        ("tx errors", Right),
    ]);
    for (port, stats) in ports {
        let counts = [
            stats.ipackets,
            stats.ibytes,
            stats.imissed,
            stats.ierrors,
            stats.rx_nombuf,
            stats.opackets,
            stats.obytes,
            stats.oerrors,
        ];
        table.row([port.id.to_string(), port.name.clone()].into_iter().chain(counts.map(grouped)));
    }
    table.render()
}

/// `show port xstats`: one port.
pub(super) fn port_xstats(port: &PortStatus, counters: &[(String, u64)]) -> String {
    let head = format!("port {} ({}): {} counters of {}", port.id, port.name, counters.len(), port.driver);
    if counters.is_empty() {
        return head;
    }
    format!("{head}\n{}", numbers(counters.iter().map(|(name, value)| (name.as_str(), *value))))
}

/// A worker with the figures to show.
pub(super) struct WorkerRow<'a> {
    pub(super) number: usize,
    pub(super) status: &'a WorkerStatus,
    pub(super) figures: Figures,
}

impl WorkerRow<'_> {
    fn get(&self, name: &str) -> u64 {
        figure(&self.figures, name)
    }
}

fn cpu(cpu: i32) -> String {
    // The EAL says -1 of an lcore that may run on several.
    if cpu < 0 { "any".to_owned() } else { cpu.to_string() }
}

/// `show lcore`. `ticks` of the time-stamp counter have passed since the figures began.
pub(super) fn lcores(workers: &[WorkerRow<'_>], dispatcher: Option<(&DispatcherStatus, u64)>, ticks: u64) -> String {
    let mut table = Table::new(&[
        ("lcore", Right),
        ("CPU", Right),
        ("NUMA node", Right),
        ("role", Left),
        ("packets", Right),
        ("busy", Right),
    ]);
    for worker in workers {
        table.row([
            worker.status.lcore.to_string(),
            cpu(worker.status.cpu),
            worker.status.socket.to_string(),
            format!("worker {}", worker.number),
            grouped(worker.get("decoder.pkts")),
            percent(worker.get("worker.busy_ticks"), ticks),
        ]);
    }
    if let Some((dispatcher, packets)) = dispatcher {
        table.row([
            dispatcher.lcore.to_string(),
            cpu(dispatcher.cpu),
            String::new(),
            "dispatcher".to_owned(),
            grouped(packets),
        ]);
    }
    table.render()
}

/// What `show worker` has a column for, and whether a sum of it makes sense.
const WORKER_COLUMNS: &[(&str, &str)] = &[
    ("packets", "decoder.pkts"),
    ("bytes", "decoder.bytes"),
    ("flows", "flow.active"),
    ("TCP gaps", "tcp.reassembly_gap"),
    ("alerts", "detect.alert"),
    ("killed", "kill.sessions"),
    ("ring drops", "steer.ring_dropped"),
    ("event drops", "event.dropped"),
];

/// `show worker`: side by side, and their sum.
pub(super) fn workers(workers: &[WorkerRow<'_>]) -> String {
    let mut columns = vec![("worker", Right), ("lcore", Right), ("CPU", Right)];
    columns.extend(WORKER_COLUMNS.iter().map(|(title, _)| (*title, Right)));
    columns.push(("cycles/packet", Right));
    let mut table = Table::new(&columns);
    let per_packet = |ticks: u64, packets: u64| ticks.checked_div(packets).map_or_else(|| "-".to_owned(), grouped);
    for worker in workers {
        let place = [worker.number.to_string(), worker.status.lcore.to_string(), cpu(worker.status.cpu)];
        let counts = WORKER_COLUMNS.iter().map(|(_, name)| grouped(worker.get(name)));
        let cycles = per_packet(worker.get("worker.busy_ticks"), worker.get("decoder.pkts"));
        table.row(place.into_iter().chain(counts).chain([cycles]));
    }
    if workers.len() > 1 {
        let sum = |name: &str| workers.iter().map(|worker| worker.get(name)).sum::<u64>();
        let counts = WORKER_COLUMNS.iter().map(|(_, name)| grouped(sum(name)));
        let cycles = per_packet(sum("worker.busy_ticks"), sum("decoder.pkts"));
        table.row(["all".to_owned(), String::new(), String::new()].into_iter().chain(counts).chain([cycles]));
    }
    table.render()
}

/// `show worker N`: every figure.
pub(super) fn worker(worker: &WorkerRow<'_>) -> String {
    let head = format!("worker {} on lcore {}", worker.number, worker.status.lcore);
    format!("{head}\n{}", numbers(worker.figures.iter().map(|(name, value)| (*name, *value))))
}

/// `show flow count`.
pub(super) fn flow_count(workers: &[WorkerRow<'_>]) -> String {
    let mut table = Table::new(&[
        ("worker", Right),
        ("active", Right),
        ("TCP new", Right),
        ("TCP established", Right),
        ("TCP closed", Right),
        ("UDP", Right),
        ("other", Right),
        ("begun", Right),
        ("timed out", Right),
        ("forced out", Right),
    ]);
    let mut sums = [0_u64; 9];
    for worker in workers {
        let active = worker.get("flow.active");
        let classes =
            ["flow.active_tcp_new", "flow.active_tcp_established", "flow.active_tcp_closed", "flow.active_udp"]
                .map(|name| worker.get(name));
        let [new, established, closed, udp] = classes;
        let other = active.saturating_sub(classes.iter().sum());
        let ended = ["flow.total", "flow.end.timeout", "flow.end.forced"].map(|name| worker.get(name));
        let [begun, timeout, forced] = ended;
        let counts = [active, new, established, closed, udp, other, begun, timeout, forced];
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum = sum.saturating_add(count);
        }
        table.row([worker.number.to_string()].into_iter().chain(counts.map(grouped)));
    }
    if workers.len() > 1 {
        table.row(["all".to_owned()].into_iter().chain(sums.map(grouped)));
    }
    table.render()
}

/// `show flow top`. `now_ns` is the time since the epoch.
pub(super) fn flow_top(flows: &[(usize, FlowLine)], now_ns: u64) -> String {
    let mut table = Table::new(&[
        ("bytes", Right),
        ("packets", Right),
        ("worker", Right),
        ("protocol", Left),
        ("client", Left),
        ("server", Left),
        ("to server", Right),
        ("to client", Right),
        ("age", Right),
    ]);
    for (worker, flow) in flows {
        let [to_server, to_client] = flow.bytes;
        let [sent, received] = flow.packets;
        let tuple = &flow.tuple;
        let transport = match tuple.proto {
            proto::TCP => "tcp".to_owned(),
            proto::UDP => "udp".to_owned(),
            proto::SCTP => "sctp".to_owned(),
            proto::ICMP | proto::ICMPV6 => "icmp".to_owned(),
            other => format!("ip {other}"),
        };
        // ICMP has no ports; type and code stand in their place.
        let ported = matches!(tuple.proto, proto::TCP | proto::UDP | proto::SCTP);
        let end = |ip, port| if ported { SocketAddr::new(ip, port).to_string() } else { ip.to_string() };
        table.row([
            grouped(flow.total_bytes()),
            grouped(sent.saturating_add(received)),
            worker.to_string(),
            flow.app_proto.name().map_or_else(|| transport.clone(), |app| format!("{transport} {app}")),
            end(tuple.src_ip(), tuple.src_port),
            end(tuple.dest_ip(), tuple.dest_port),
            grouped(to_server),
            grouped(to_client),
            format!("{} s", grouped(now_ns.saturating_sub(flow.start_ns) / 1_000_000_000)),
        ]);
    }
    table.render()
}

/// `show steering`: both directions, and how each port gets there.
pub(super) fn steering(directions: [(Question, Answer); 2], ports: &[PortStatus]) -> String {
    let mut table =
        Table::new(&[("direction", Left), ("hash", Left), ("table entry", Right), ("queue", Right), ("worker", Right)]);
    for (question, answer) in &directions {
        table.row([
            question.to_string(),
            format!("0x{:08x}", answer.hash),
            format!("{} of {}", answer.entry, answer.entries),
            answer.worker.to_string(),
            answer.worker.to_string(),
        ]);
    }
    let mut text = table.render();
    let [(_, forth), (_, back)] = directions;
    for port in ports {
        let way = if port.hardware {
            format!("receive queue {} of the NIC", forth.worker)
        } else {
            format!("the dispatcher, to the ring of worker {}", forth.worker)
        };
        text.push_str(&format!("\nport {} ({}): {way}", port.id, port.name));
    }
    if forth != back {
        text.push_str("\nthe two directions differ: this is a fault of the steering hash");
    }
    text
}

/// `show mempool`: name, size and free buffers of each.
pub(super) fn mempools(pools: impl IntoIterator<Item = (String, u32, u32)>) -> String {
    let mut table =
        Table::new(&[("mempool", Left), ("buffers", Right), ("free", Right), ("in use", Right), ("used", Right)]);
    for (name, size, free) in pools {
        let used = u64::from(size.saturating_sub(free));
        table.row([name, grouped(size.into()), grouped(free.into()), grouped(used), percent(used, size.into())]);
    }
    table.render()
}

#[cfg(test)]
#[path = "show_tests.rs"]
mod tests;
