use super::*;
use crate::control::sensor::Sensor;
use crate::control::tests::{made_up_sensor, publish};
use crate::event::{AppProto, Tuple};
use crate::steer::{Reta, SymmetricHash};

fn port(hardware: bool) -> PortStatus {
    PortStatus {
        name: "0000:3b:00.0".to_owned(),
        id: 2,
        driver: "net_ixgbe".to_owned(),
        socket: Some(1),
        mac: Some([2, 0, 0, 0xab, 0xcd, 0xef]),
        mtu: 1500,
        rx_queues: 4,
        tx_queues: 1,
        promiscuous: true,
        steering: "RSS of the NIC".to_owned(),
        hardware,
    }
}

fn rows(sensor: &Sensor) -> Vec<WorkerRow<'_>> {
    let row = |(number, status)| WorkerRow { number, status, figures: sensor.recent_worker_figures(number) };
    sensor.workers.iter().enumerate().map(row).collect()
}

fn busy_sensor() -> Sensor {
    let sensor = made_up_sensor(2);
    publish(&sensor, 0, |snapshot| {
        snapshot.counters.packets = 1_000;
        snapshot.counters.bytes = 1_500_000;
        snapshot.counters.busy_ticks = 250_000;
        snapshot.gauges.flows = 12;
        snapshot.gauges.tcp_established = 7;
        snapshot.gauges.udp = 3;
    });
    sensor
}

#[test]
fn a_port_is_described() {
    let up = Link { up: true, speed_mbps: 10_000, full_duplex: true };
    let expected = "\
port             2 (0000:3b:00.0)
driver           net_ixgbe
NUMA node        1
MAC address      02:00:00:ab:cd:ef
link             up, 10,000 Mbit/s, full duplex
MTU              1,500 bytes
receive queues   4
transmit queues  1
promiscuous      yes
steering         RSS of the NIC";
    assert_eq!(port_info(&port(true), up), expected);
    let unknown = Link { speed_mbps: u32::MAX, full_duplex: false, ..up };
    assert_eq!(link_text(unknown), "up, unknown speed, half duplex");
    assert_eq!(link_text(Link { up: false, ..up }), "down");
}

#[test]
fn ports_stand_in_rows() {
    let stats = PortStats { ipackets: 1_234, ibytes: 99, imissed: 1, rx_nombuf: 2, oerrors: 3, ..PortStats::default() };
    let expected = "\
port  name          rx packets  rx bytes  rx missed  rx errors  rx no buffer  tx packets  tx bytes  tx errors
   2  0000:3b:00.0       1,234        99          1          0             2           0         0          3";
    assert_eq!(port_stats([(&port(true), stats)]), expected);
    let xstats = [("rx_good_packets".to_owned(), 1_234), ("rx_q0_errors".to_owned(), 0)];
    let expected = "\
port 2 (0000:3b:00.0): 2 counters of net_ixgbe
rx_good_packets  1,234
rx_q0_errors         0";
    assert_eq!(port_xstats(&port(true), &xstats), expected);
    assert_eq!(port_xstats(&port(true), &[]), "port 2 (0000:3b:00.0): 0 counters of net_ixgbe");
}

#[test]
fn workers_stand_in_rows_with_their_sum() {
    let sensor = busy_sensor();
    let expected = "\
worker  lcore  CPU  packets      bytes  flows  TCP gaps  alerts  killed  ring drops  event drops  cycles/packet
     0      1    1    1,000  1,500,000     12         0       0       0           0            0            250
     1      2    2        0          0      0         0       0       0           0            0              -
   all                1,000  1,500,000     12         0       0       0           0            0            250";
    assert_eq!(workers(&rows(&sensor)), expected);
    let one = worker(&rows(&sensor)[0]);
    assert!(one.starts_with("worker 0 on lcore 1\napp_layer.active"), "{one}");
    for (name, _) in sensor.worker_figures(0) {
        assert!(one.contains(name), "{name}");
    }
}

#[test]
fn every_worker_column_is_a_figure() {
    let sensor = made_up_sensor(1);
    let figures = sensor.worker_figures(0);
    for (title, name) in WORKER_COLUMNS {
        assert!(figures.contains_key(name), "{title}: {name}");
    }
}

#[test]
fn lcores_are_busy_for_a_part_of_the_time() {
    let sensor = busy_sensor();
    let dispatcher = sensor.dispatcher.as_ref().map(|dispatcher| (dispatcher, 1_000));
    let expected = "\
lcore  CPU  NUMA node  role        packets   busy
    1    1          0  worker 0      1,000  25.0%
    2    2          0  worker 1          0   0.0%
    3  any             dispatcher    1,000";
    assert_eq!(lcores(&rows(&sensor), dispatcher, 1_000_000), expected);
}

#[test]
fn flows_are_counted_by_state() {
    let expected = "\
worker  active  TCP new  TCP established  TCP closed  UDP  other  begun  timed out  forced out
     0      12        0                7           0    3      2      0          0           0
     1       0        0                0           0    0      0      0          0           0
   all      12        0                7           0    3      2      0          0           0";
    assert_eq!(flow_count(&rows(&busy_sensor())), expected);
}

#[test]
fn flows_are_listed_with_both_ends() {
    let mut tuple = Tuple { src: [0; 16], dest: [0; 16], src_port: 40_000, dest_port: 80, proto: 6, v6: false };
    tuple.src[..4].copy_from_slice(&[10, 0, 0, 1]);
    tuple.dest[..4].copy_from_slice(&[192, 0, 2, 7]);
    let http =
        FlowLine { tuple, packets: [3, 5], bytes: [300, 7_000], start_ns: 1_000_000_000, app_proto: AppProto::Http };
    let echo = FlowLine {
        tuple: Tuple { proto: 1, src_port: 8, dest_port: 0, ..tuple },
        packets: [1, 0],
        bytes: [98, 0],
        start_ns: 60_000_000_000,
        app_proto: AppProto::Unknown,
    };
    let expected = "\
bytes  packets  worker  protocol  client          server        to server  to client   age
7,300        8       1  tcp http  10.0.0.1:40000  192.0.2.7:80        300      7,000  60 s
   98        1       0  icmp      10.0.0.1        192.0.2.7            98          0   1 s";
    assert_eq!(flow_top(&[(1, http), (0, echo)], 61_500_000_000), expected);
}

#[test]
fn steering_shows_both_directions_and_the_way_of_each_port() {
    let (hash, reta) = (SymmetricHash::new(), Reta::new(128, 4).expect("a power of two"));
    let question = Question::parse(&["10.0.0.1:40000", "192.0.2.7:80"]).expect("a question");
    let answer = question.answer(&hash, &reta);
    let text = steering([(question, answer), (question.reversed(), answer)], &[port(true), port(false)]);
    let lines: Vec<&str> = text.lines().collect();
    let hex = format!("0x{:08x}", answer.hash);
    assert!(lines[1].starts_with("10.0.0.1:40000 -> 192.0.2.7:80 tcp") && lines[1].contains(&hex), "{text}");
    assert!(lines[2].starts_with("192.0.2.7:80 -> 10.0.0.1:40000 tcp") && lines[2].contains(&hex), "{text}");
    assert_eq!(lines[3], format!("port 2 (0000:3b:00.0): receive queue {} of the NIC", answer.worker));
    assert_eq!(lines[4], format!("port 2 (0000:3b:00.0): the dispatcher, to the ring of worker {}", answer.worker));
    assert_eq!(lines.len(), 5, "{text}");
}

#[test]
fn buffers_in_use_are_what_is_not_free() {
    let expected = "\
mempool   buffers   free  in use   used
packets0    8,192  6,144   2,048  25.0%
empty           0      0       0      -";
    assert_eq!(mempools([("packets0".to_owned(), 8_192, 6_144), ("empty".to_owned(), 0, 0)]), expected);
}
