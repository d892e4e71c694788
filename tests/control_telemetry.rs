//! The figures on DPDK's own telemetry socket, asked for as `dpdk-telemetry.py` does.
//!
//! One test: an EAL starts once a process.

use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use tidegate::control::sensor::{Sensor, WorkerStatus};
use tidegate::control::telemetry;
use tidegate::dpdk::Eal;
use tidegate::dpdk::lcore::StopFlag;
use tidegate::steer::Reta;
use tidegate::worker::{Snapshot, WorkerControl};

/// Asks over the telemetry socket, which is of a type that std does not have: one JSON list of answers.
const ASK: &str = r#"
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(10)
s.connect(sys.argv[1])
s.recv(65536)
answers = []
for command in sys.argv[2:]:
    s.send(command.encode())
    answers.append(json.loads(s.recv(65536).decode()))
print(json.dumps(answers))
"#;

fn sensor() -> Arc<Sensor> {
    let paused = Arc::default();
    let workers: Vec<_> = [(1, 1), (2, -1)]
        .into_iter()
        .map(|(lcore, cpu)| WorkerStatus {
            lcore,
            cpu,
            socket: 0,
            control: Arc::new(WorkerControl::new(StopFlag::new(), Arc::clone(&paused))),
        })
        .collect();
    for (packets, worker) in [30, 12].into_iter().zip(&workers) {
        let mut snapshot = Snapshot::default();
        snapshot.counters.packets = packets;
        snapshot.counters.alerts = 1;
        snapshot.gauges.flows = packets / 3;
        worker.control.published.publish(&snapshot);
    }
    let reta = Reta::new(128, 2).expect("a power of two");
    Arc::new(Sensor::new(Vec::new(), workers, None, Vec::new(), reta, StopFlag::new(), paused))
}

fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn ask<const N: usize>(socket: &str, commands: [&str; N]) -> [Value; N] {
    let output = Command::new("python3").args(["-c", ASK, socket]).args(commands).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    answers.try_into().expect("one answer a command")
}

/// DPDK's own client, where its package is installed.
#[allow(clippy::print_stdout)] // why it was skipped
fn ask_with_dpdks_client(prefix: &str) {
    if !has("dpdk-telemetry.py") {
        println!("skipped in part: no dpdk-telemetry.py");
        return;
    }
    let mut client = Command::new("dpdk-telemetry.py")
        .args(["-f", prefix])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = client.stdin.take().expect("piped");
    std::io::Write::write_all(&mut stdin, b"/tidegate/worker,0\nquit\n").expect("it reads");
    drop(stdin);
    let output = client.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.replace(' ', "").contains("\"decoder_pkts\":30"), "{text}");
}

#[test]
#[allow(clippy::print_stdout)] // why it was skipped
fn dpdks_telemetry_tells_the_same_figures() {
    if !has("python3") {
        println!("skipped: no python3 to speak to the telemetry socket");
        return;
    }
    let prefix = format!("tgtel{}", std::process::id());
    let file_prefix = format!("--file-prefix={prefix}");
    let arguments = ["--no-huge", "--no-pci", "--iova-mode=va", "-m", "64", "-l", "0", &file_prefix];
    let eal = Eal::start(&arguments).expect("an EAL without hugepages");
    let sensor = sensor();
    telemetry::register(&eal, &sensor).expect("all names are accepted");
    let socket = format!("{}/dpdk_telemetry.v2", eal.runtime_dir());

    let commands = [
        "/tidegate/info",
        "/tidegate/workers",
        "/tidegate/worker,0",
        "/tidegate/worker,1",
        "/tidegate/stats",
        "/tidegate/ports",
    ];
    let [info, workers, first, second, stats, ports] = ask(&socket, commands);
    let info = &info["/tidegate/info"];
    assert_eq!(info["version"], tidegate::VERSION);
    assert_eq!((&info["running"], &info["workers"], &info["ports"]), (&json!(1), &json!(2), &json!(0)));
    assert!(info["uptime"].is_u64());
    assert_eq!(workers["/tidegate/workers"], json!([0, 1]));
    let (first, second) = (&first["/tidegate/worker"], &second["/tidegate/worker"]);
    assert_eq!((&first["lcore"], &first["cpu"], &first["decoder_pkts"]), (&json!(1), &json!(1), &json!(30)));
    assert_eq!((&second["lcore"], &second["cpu"], &second["decoder_pkts"]), (&json!(2), &json!(null), &json!(12)));
    assert_eq!(ports["/tidegate/ports"], json!([]));
    let stats = stats["/tidegate/stats"].as_object().expect("an object");
    for (name, value) in sensor.figures() {
        let allowed = |name: &str| name.replace(['.', '-'], "_");
        let part = name.split_once('.').filter(|(part, _)| matches!(*part, "app_layer" | "decode" | "extractor"));
        let found = match part {
            Some((part, rest)) => stats[part].get(allowed(rest)),
            None => stats.get(&allowed(name)),
        };
        assert_eq!(found, Some(&json!(value)), "{name}");
    }
    assert_eq!((&stats["decoder_pkts"], &stats["detect_alert"]), (&json!(42), &json!(2)));

    let commands = [
        "/tidegate/flows",
        "/tidegate/steering,2001:db8::1,40000,2001:db8::2,443,tcp",
        "/tidegate/steering,2001:db8::2,443,2001:db8::1,40000,tcp",
        "/tidegate/worker,7",
        "/tidegate/port,eth\"\\0",
        "/help,/tidegate/worker",
    ];
    let [flows, steering, other_way, no_worker, no_port, help] = ask(&socket, commands);
    assert_eq!(flows["/tidegate/flows"]["flow_active"], 14);
    assert_eq!(flows["/tidegate/flows"]["active_by_worker"], json!([10, 4]));
    let (steering, other_way) = (&steering["/tidegate/steering"], &other_way["/tidegate/steering"]);
    assert_eq!(steering["connection"], "[2001:db8::1]:40000 -> [2001:db8::2]:443 tcp");
    for name in ["hash", "hash_hex", "entry", "entries", "worker", "queue"] {
        assert_eq!(steering[name], other_way[name], "{name}");
        assert!(!steering[name].is_null(), "{name}");
    }
    assert_eq!(steering["hash"], steering["reverse_hash"]);
    assert_eq!(no_worker["/tidegate/worker"]["error"], "found \"7\", expected a worker number below 2");
    let no_port = no_port["/tidegate/port"]["error"].as_str().expect("an error");
    assert!(no_port.ends_with("expected a port number or name: there are none"), "{no_port}");
    assert!(help.to_string().contains("Where a worker runs"), "{help}");

    ask_with_dpdks_client(&prefix);
    telemetry::clear();
    let [gone] = ask(&socket, ["/tidegate/stats"]);
    assert_eq!(gone["/tidegate/stats"], json!({}));
}
