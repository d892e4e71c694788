//! The shell on a real terminal and on a pipe: this test runs itself as a sensor
//! without ports, and a script plays the user.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tidegate::control::sensor::{Sensor, WorkerStatus};
use tidegate::control::{Reporter, install_signals, shell};
use tidegate::dpdk::lcore::StopFlag;
use tidegate::steer::Reta;
use tidegate::worker::{Snapshot, WorkerControl};

/// Set for the process that is to be the sensor.
const ROLE: &str = "TIDEGATE_TEST_SENSOR";
/// Makes the test program run [`sensor_process`] alone.
const AS_SENSOR: [&str; 3] = ["sensor_process", "--exact", "--nocapture"];

/// Not a test of its own: the sensor that the tests below start.
#[test]
#[allow(clippy::print_stdout)] // read by the parent process
fn sensor_process() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let (stop, paused) = (StopFlag::new(), Arc::default());
    install_signals(&stop).expect("signal handlers");
    let control = Arc::new(WorkerControl::new(stop.clone(), Arc::clone(&paused)));
    let shared = Arc::clone(&control);
    let workers = vec![WorkerStatus { lcore: 1, cpu: 1, socket: 0, control }];
    let reta = Reta::new(128, 1).expect("a power of two");
    let sensor = Arc::new(Sensor::new(Vec::new(), workers, None, Vec::new(), reta, stop.clone(), paused));
    let verbose = Arc::new(AtomicU8::new(0));
    let (stats, events) = mpsc::channel();
    let reporter = Reporter::spawn(Arc::clone(&sensor), 0, stats, Arc::clone(&verbose), None).expect("a thread");
    let watched = stop.clone();
    let worker = std::thread::spawn(move || {
        let mut snapshot = Snapshot::default();
        while !watched.raised() {
            snapshot.counters.packets += 1;
            shared.published.publish(&snapshot);
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let end = shell::run(&sensor, &verbose);
    stop.raise();
    worker.join().expect("no panic");
    reporter.finish();
    println!("ended: {end:?}, {} stats event", events.iter().count());
}

fn this() -> String {
    std::env::current_exe().expect("a path").to_string_lossy().into_owned()
}

/// The sensor on pipes.
fn on_pipes(stdin: Stdio) -> std::process::Child {
    Command::new(this()).args(AS_SENSOR).env(ROLE, "1").stdin(stdin).stdout(Stdio::piped()).spawn().expect("it starts")
}

#[test]
fn a_script_on_a_pipe_gets_its_answers() {
    let mut child = on_pipes(Stdio::piped());
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"show worker\nshwo\nset verbose 3\nquit\n").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("worker  lcore  CPU"), "{text}");
    assert!(text.contains("\nno command \"shwo\"; did you mean \"show\"?\n"), "{text}");
    assert!(text.contains("\nset verbose 0|1|2: found \"3\", expected 0, 1 or 2\n"), "{text}");
    assert!(text.contains("ended: Ok(Quit), 1 stats event"), "{text}");
    assert!(!text.contains("tidegate> "), "a script sees no prompt: {text}");
}

#[test]
fn the_end_of_a_script_ends_it() {
    let output = on_pipes(Stdio::null()).wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("ended: Ok(Input)"), "{text}");
}

#[test]
fn a_signal_ends_it_while_a_script_is_silent() {
    let mut child = on_pipes(Stdio::piped());
    // Stays open, so that only the signal can end it.
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"show lcore\n").expect("it reads");
    std::thread::sleep(Duration::from_millis(500));
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("ended: Ok(Stopped)"), "{text}");
    drop(stdin);
}

#[test]
#[allow(clippy::print_stdout)] // why it was skipped
fn a_user_at_a_terminal() {
    if Command::new("python3").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: no python3 to play the user");
        return;
    }
    let player = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/control_shell/terminal.py");
    let state = tempfile::tempdir().expect("a directory");
    // In this order: what the first scene types is the history of the second.
    for scene in ["complete", "history", "interrupt", "end_of_file", "terminate", "verbose", "dumb", "no_history"] {
        let output = Command::new("python3")
            .args([player, scene, &this()])
            .args(AS_SENSOR)
            .env(ROLE, "1")
            .env("XDG_STATE_HOME", state.path())
            .env("TERM", "xterm")
            .output()
            .expect("python3 runs");
        assert!(output.status.success(), "{scene}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
