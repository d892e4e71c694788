//! The command line as its users meet it: exit codes, one line an error, what goes to which stream.

use std::fs;

#[path = "cli/captures.rs"]
mod captures;
mod common;
#[path = "cli/replays.rs"]
mod replays;
#[path = "common/small.rs"]
mod small;
#[path = "cli/streams.rs"]
mod streams;

use common::{capture, replay, tidegate};
use serde_json::Value;

/// Runs the program; exit code, stdout, stderr.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = tidegate().args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_wrong_command_line_is_told_on_stderr_with_exit_code_2() {
    let file = capture("icmp.pcap");
    let file = file.to_str().unwrap();
    let cases: [(&[&str], &str); 8] = [
        (&[], "Usage: tidegate <COMMAND>"),
        (&["inspect"], "unrecognized subcommand 'inspect'"),
        (&["replay"], "required arguments were not provided"),
        (&["replay", file, "--speed", "2"], "unexpected argument '--speed' found"),
        (&["replay", file, "--workers", "0"], "invalid value '0' for '--workers <N>': 0 is not in 1..=127"),
        (&["replay", file, "--workers", "128"], "invalid value '128' for '--workers <N>': 128 is not in 1..=127"),
        (&["replay", file, "--workers", "two"], "invalid value 'two' for '--workers <N>'"),
        (&["completion", "powershall"], "invalid value 'powershall' for '<SHELL>'"),
    ];
    for (arguments, expected) in cases {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

#[test]
fn help_names_every_option_and_the_exit_codes() {
    let common = ["--config <FILE>", "--out <DIR>", "--workers <N>", "--json"];
    let cases: [(&str, &[&str]); 6] = [
        ("replay", &common),
        ("replay", &["--streams <DIR>"]),
        ("run", &common),
        ("bench", &["--config <FILE>", "--out <DIR>", "--workers <N>", "--loops <N>", "--synthetic", "--flows <N>"]),
        ("check", &["--config <FILE>", "--workers <N>", "--json"]),
        ("completion", &["<SHELL>"]),
    ];
    let (code, all, stderr) = run(&["--help"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(all.contains("Exit codes: 0 done, 1 failed while running, 2 the input or the configuration is wrong."));
    for (command, options) in cases {
        assert!(all.lines().any(|line| line.trim_start().starts_with(command)), "--help does not name {command}");
        let (code, stdout, stderr) = run(&[command, "--help"]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{command}");
        for option in options {
            assert!(stdout.contains(option), "{command} --help does not name {option}");
        }
    }
    let (_, stdout, _) = run(&["run", "--help"]);
    assert!(stdout.contains("-i, --interactive") && stdout.contains("--duration <SECONDS>"), "{stdout}");
}

#[test]
fn version_is_that_of_the_package() {
    let (code, stdout, stderr) = run(&["--version"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with(concat!("tidegate ", env!("CARGO_PKG_VERSION"))), "{stdout}");
    assert_eq!(stdout.lines().count(), 1);
}

#[test]
fn completion_scripts_name_the_commands_and_parse() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, stdout, stderr) = run(&["completion", shell]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{shell}");
        for word in ["tidegate", "replay", "bench", "workers"] {
            assert!(stdout.contains(word), "{shell}: no {word}");
        }
        // Nobody is to type what the sensor starts itself as.
        for word in ["object-max", "Take objects apart"] {
            assert!(!stdout.contains(word), "{shell}: {word}");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), stdout).unwrap();
        // bash is needed by the project's scripts; the other shells are asked where they are installed.
        match std::process::Command::new(shell).arg("-n").arg(file.path()).output() {
            Ok(output) => {
                assert!(output.status.success(), "{shell} -n: {}", String::from_utf8_lossy(&output.stderr));
            }
            Err(error) => assert_ne!(shell, "bash", "{error}"),
        }
    }
}

#[test]
fn a_wrong_configuration_gives_one_line_that_names_file_line_and_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sensor.toml");
    let cases = [
        ("[flow]\ncapacity = 10\n", "sensor.toml:2: flow.capacity: found 10, expected"),
        ("\n[flow.timeout]\ntcp_new = \"soon\"\n", "sensor.toml:3: flow.timeout.tcp_new: found \"soon\", expected"),
        ("[[dictionary]]\nfile = \"none.toml\"\n", "none.toml"),
    ];
    for (text, expected) in cases {
        fs::write(&path, text).unwrap();
        let run = replay(&[capture("icmp.pcap").as_path(), "--config".as_ref(), &path]);
        one_line(&run.output, 2, expected);
    }
    let run = replay(&[capture("icmp.pcap").as_path(), "--config".as_ref(), &directory.path().join("other.toml")]);
    one_line(&run.output, 2, "other.toml: found no such file, expected a configuration file");
    let run = replay(&[capture("icmp.pcap").as_path(), "--config".as_ref(), directory.path()]);
    one_line(&run.output, 2, directory.path().to_str().unwrap());
}

#[test]
fn a_directory_that_cannot_be_written_gives_one_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let inside = file.path().join("events");
    let output = tidegate().arg("replay").arg(capture("icmp.pcap")).arg("--out").arg(&inside).output().unwrap();
    one_line(&output, 2, inside.to_str().unwrap());
    // A directory where the file should be.
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("eve.json")).unwrap();
    let output =
        tidegate().arg("replay").arg(capture("icmp.pcap")).arg("--out").arg(directory.path()).output().unwrap();
    one_line(&output, 2, "eve.json");
}

#[test]
fn the_summary_goes_to_stdout_and_as_json_is_one_object_with_its_keys() {
    let text = replay(&[capture("http-leak-v4.pcap")]).succeeded();
    let stdout = String::from_utf8(text.output.stdout.clone()).unwrap();
    assert!(stdout.starts_with("46 packets, 9,696 bytes in "), "{stdout}");
    let file = capture("http-leak-v4.pcap");
    let config = capture("quickstart.toml");
    let json = replay(&[file.as_path(), "--json".as_ref(), "--config".as_ref(), &config]).succeeded();
    assert_eq!(json.output.stdout.iter().filter(|byte| **byte == b'\n').count(), 1);
    let summary: Value = serde_json::from_slice(&json.output.stdout).unwrap();
    let mut keys: Vec<_> = summary.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = [
        "alerts",
        "bytes",
        "drops",
        "events",
        "flows",
        "gap_bytes",
        "gaps",
        "invalid",
        "oversize",
        "packets",
        "rejects",
        "seconds",
        "workers",
    ];
    assert_eq!(keys, expected);
    assert_eq!(summary["packets"], 46);
    assert_eq!(summary["flows"], 4);
    assert_eq!(summary["alerts"], 1);
    assert_eq!(summary["events"], json.events().len());
    assert_eq!(summary["rejects"]["not_ip"], 2);
}

#[test]
fn a_full_stdout_is_exit_code_1() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut command = tidegate();
    command.arg("replay").arg(capture("icmp.pcap")).arg("--out").arg(directory.path()).stdout(full);
    let output = command.output().unwrap();
    one_line(&output, 1, "standard output: No space left on device");
}

/// The program ended with `code`, said nothing on stdout and one line on stderr that contains `expected`.
fn one_line(output: &std::process::Output, code: i32, expected: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(stderr.starts_with("tidegate: ") && stderr.contains(expected), "expected {expected:?}, found {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

/// Values stand below each other, however long the longest name is.
#[test]
fn a_check_is_a_table() {
    let (code, stdout, stderr) = run(&["check", "--config", capture("quickstart.toml").to_str().unwrap()]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let (_, table) = stdout.split_once("none: for replay only").unwrap();
    let column = stdout.lines().find_map(|line| line.find("none: for replay only")).unwrap();
    assert!(table.lines().count() > 10, "{stdout}");
    for line in table.lines().skip(1) {
        let (name, value) = line.split_at(column);
        assert!(name.ends_with(' ') && !value.starts_with(' '), "{line:?} at {column}");
    }
}

/// What `check` calls valid is not refused by what it is checked for.
#[test]
fn a_wrong_value_gives_the_same_line_whoever_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sensor.toml");
    let config = path.to_str().unwrap();
    let mut cases = vec![("[worker]\ncount = 128\n", ":2: worker.count: found 128, expected a number from 0 to 127\n")];
    if rustix::process::geteuid().is_root() {
        let line = ":2: extractor.user: found \"nosuchuser\", expected a user of this system (/etc/passwd) without root's rights\n";
        cases.push(("[extractor]\nuser = \"nosuchuser\"\n", line));
    }
    let file = capture("icmp.pcap");
    let out = directory.path().join("out");
    for (text, expected) in cases {
        fs::write(&path, text).unwrap();
        let expected = format!("tidegate: {config}{expected}");
        let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
        for arguments in [
            &["check", "--config", config][..],
            &["replay", "--config", config, "--out", out, file],
            &["scan", "--config", config, file],
            &["bench", "--config", config, file],
            &["run", "--config", config, "--out", out],
        ] {
            assert_eq!(run(arguments), (2, String::new(), expected.clone()), "{arguments:?}");
        }
    }
    assert!(!out.exists());
}
