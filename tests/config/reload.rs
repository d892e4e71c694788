//! What a running sensor can take from another configuration: by key, and as `docs/configuration.md` says.

use std::fs;
use std::path::Path;

use tidegate::config::{Config, Key};

/// What there is once each key of a `[[port]]` can be compared.
const PORT: &str = "[[port]]\nname = \"net_tap0\"\n";

/// A value that is not the default, as TOML.
fn other(key: &Key) -> String {
    let default = key.default.as_deref().unwrap_or_default();
    let words = || key.range.split('"').skip(1).step_by(2).map(|word| format!("\"{word}\""));
    match (key.section, key.name) {
        ("eal", "args") => return "[\"--iova-mode=va\"]".to_owned(),
        ("eal", "file_prefix") => return "\"other\"".to_owned(),
        ("event", "file") => return "\"other.json\"".to_owned(),
        ("kill", "port") => return "\"net_tap0\"".to_owned(),
        ("port", "name") => return "\"net_tap1\"".to_owned(),
        ("extractor", "user") => return "\"daemon\"".to_owned(),
        // The least is too little for the largest object.
        ("extractor", "arena") => return "\"64 GiB\"".to_owned(),
        _ => {}
    }
    match &key.limits {
        Some((least, most)) => if least == default { most } else { least }.clone(),
        None if key.range == "true or false" => (default != "true").to_string(),
        None if key.range.starts_with("an array") => "[4711]".to_owned(),
        None => words().find(|word| word != default).unwrap(),
    }
}

/// The configuration, wherever it was written.
fn load_all(files: &[(&str, &str)]) -> Config {
    let config = crate::load(files).unwrap_or_else(|error| panic!("{error} in {files:?}"));
    Config { file: None, ..config }
}

fn load(text: &str) -> Config {
    load_all(&[("sensor.toml", text)])
}

#[test]
fn every_key_either_reloads_or_is_told_to_need_a_restart() {
    let before = load(PORT);
    let (mut reloads, mut restarts) = (0, 0);
    for key in Config::keys() {
        // Whatever these say is taken; `right.rs` reads them.
        if matches!(key.section, "host" | "depth" | "dictionary") {
            assert!(key.reload, "{}.{}", key.section, key.name);
            continue;
        }
        let value = other(&key);
        let (text, path) = match key.section {
            "port" if key.name == "name" => (format!("[[port]]\nname = {value}\n"), "port[0].name".to_owned()),
            "port" => (format!("{PORT}{} = {value}\n", key.name), format!("port[0].{}", key.name)),
            section => (format!("{PORT}[{section}]\n{} = {value}\n", key.name), format!("{section}.{}", key.name)),
        };
        let after = load(&text);
        assert_ne!(before, after, "{path}: nothing has changed");
        let told = before.needs_restart(&after);
        if key.reload {
            reloads += 1;
            assert_eq!(told, [], "{path}");
        } else {
            restarts += 1;
            let [only] = told.as_slice() else { panic!("{path}: {told:?}") };
            assert_eq!(only.key, path);
            assert_eq!((&only.found, only.runs_with.is_empty()), (&value, false), "{path}");
        }
        assert_eq!(after.needs_restart(&after), [], "{path}");
    }
    assert!(reloads > 20 && restarts > 40, "{reloads} and {restarts}");
}

#[test]
fn hosts_depths_and_dictionaries_come_and_go() {
    let words = ("words.txt", "windlass\n");
    let text = "[[host]]\nprefixes = [\"10.0.0.0/8\"]\ntcp = \"bsd\"\n[[depth]]\nports = [443]\nto_client = 0\n\
                [[dictionary]]\nfile = \"words.txt\"\nname = \"words\"\n";
    let (without, with) = (load(""), load_all(&[("sensor.toml", text), words]));
    assert_ne!(without, with);
    assert_eq!(without.needs_restart(&with), []);
    assert_eq!(with.needs_restart(&without), []);
}

#[test]
fn a_difference_is_one_line_with_key_and_both_values() {
    let (before, after) = (load(""), load("[kill]\nport = \"net_tap0\"\n[[port]]\nname = \"net_tap0\"\n"));
    let lines: Vec<String> = before.needs_restart(&after).iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "port: found 1 table, runs with 0 tables: needs a restart",
            "kill.port: found \"net_tap0\", runs with nothing: needs a restart"
        ]
    );
}

#[test]
fn the_reference_says_which_keys_reload() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let document = fs::read_to_string(path).unwrap();
    let lines = document.lines().skip_while(|line| *line != "## What a reload takes").skip(1);
    let rows = lines.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `["));
    let mut documented = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let section = cells[0].trim_matches(['`', '[', ']']);
        if cells[1] != "all" {
            documented.extend(cells[1].split(", ").map(|name| format!("{section}.{}", name.trim_matches('`'))));
            continue;
        }
        documented
            .extend(Config::keys().iter().filter(|k| k.section == section).map(|k| format!("{section}.{}", k.name)));
    }
    let keys = Config::keys();
    let reload: Vec<String> =
        keys.iter().filter(|key| key.reload).map(|key| format!("{}.{}", key.section, key.name)).collect();
    assert_eq!(documented, reload);
    assert!(Config::dictionary_keys().iter().all(|key| key.reload), "all of a dictionary file");
}
