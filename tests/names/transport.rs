//! Streams of TCP connections, as `replay --streams` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::replay;
use crate::small::SMALL;

/// One direction: its bytes, and its holes by offset and length.
#[derive(Default)]
pub(crate) struct Stream {
    pub(crate) way: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) gaps: Vec<(usize, usize)>,
}

/// Larger streams than this are nothing but a hole.
const MOST: u64 = 64 << 20;

/// Both directions of each connection, the client's first.
pub(crate) fn streams(capture: &Path) -> Vec<[Stream; 2]> {
    let directory = tempfile::tempdir().unwrap();
    let streams = directory.path().join("streams");
    let config = directory.path().join("names.toml");
    let text = "[flow]\ncapacity = 16384\nhalf_open = 4096\n[worker]\nring = 256\n[tunnel]\ndepth = 0\n[tls]\nhandshake_only = false\n[decoder]\n\
                tcp_checksum = \"ignore\"\n[tcp]\nttl_slack = 255\n";
    fs::write(&config, format!("{SMALL}{text}")).unwrap();
    let [streams_option, config_option, workers_option, workers] =
        ["--streams", "--config", "--workers", "1"].map(Path::new);
    let replayed = replay(&[capture, streams_option, &streams, config_option, &config, workers_option, workers]);
    assert!(replayed.succeeded().events().iter().any(|event| event["event_type"] == "stats"));
    let report = fs::read_to_string(streams.join("report.json")).unwrap();
    let mut flows: BTreeMap<u64, [Stream; 2]> = BTreeMap::new();
    for line in report.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let Some(file) = line["file"].as_str().map(|name| streams.join(name)) else { continue };
        if fs::metadata(&file).unwrap().len() > MOST {
            continue;
        }
        let end =
            |side: &str| format!("{}:{}", line[format!("{side}_ip")].as_str().unwrap(), line[format!("{side}_port")]);
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let gaps = line["gaps"].as_array().unwrap().iter().map(|gap| (number(&gap[0]), number(&gap[1]))).collect();
        let stream = Stream { way: format!("{} > {}", end("src"), end("dest")), bytes: fs::read(file).unwrap(), gaps };
        let side = usize::from(line["direction"] == "to_client");
        flows.entry(line["flow_id"].as_u64().unwrap()).or_default()[side] = stream;
    }
    flows.into_values().collect()
}
