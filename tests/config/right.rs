//! Right configurations: each key reaches its field, and the defaults are the built-in ones.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tidegate::config::{
    ChecksumMode, Config, DecodeConfig, DecoderConfig, DefragConfig, DepthConfig, EalConfig, EventConfig,
    ExtractorConfig, FlowConfig, HostConfig, Key, KillConfig, MempoolConfig, OverloadMode, PortConfig, RangesConfig,
    RssMode, ScanConfig, SessionsConfig, TcpChecksumMode, TcpConfig, TelemetryConfig, TimeoutConfig, TlsConfig,
    TunnelConfig, WorkerConfig,
};
use tidegate::policy::Prefix;
use tidegate::tcp::{IllegalFlags, Policy};

use tidegate::defrag;

/// Every key but those of `[[dictionary]]`, none at its default.
pub(crate) const FULL: &str = r#"
[eal]
args = ["--log-level=8", "--no-pci"]
hugepages = false
memory = "2 GiB"
file_prefix = "gate-1"
lcores = "(0-3)@(0,1)"

[[port]]
name = "net_af_packet0"
vdev = "iface=veth1"
rss = "software"
queues = 2
rx_descriptors = 2048
tx_descriptors = 256
mtu = 9000
promiscuous = false

[[port]]
name = "0000:01:00.0"
rss = "hardware"

[mempool]
mbufs = 65_536
cache = 128

[worker]
count = 3
burst = 64
ring = 0x400
inbox = 128
mesh_buffers = 100
events = 1000

[decoder]
ipv4_checksum = "verify"
tcp_checksum = "ignore"

[tunnel]
depth = 2
ipv4 = false
ipv6 = false
gre = false
vxlan = [8472, 4789]
geneve = []
gtpu = [2153]
tenants = false

[defrag]
packets = 100
large_packets = 10
min_fragment = 48
max_fragments = 50
max_packet = 9000
restarts = 1
timeout = "5s"
policy = "bsd"

[flow]
capacity = 1024
half_open = 2048
half_open_events = true
overload = "recycle"
vlan = false

[flow.timeout]
tcp_new = "100ms"
tcp_established = "1h"
tcp_closed = "1s"
udp_new = "2s"
udp_established = "3m"
icmp = "4s"
other = "7d"

[tcp]
out_of_order_segments = 100
out_of_order_per_stream = 10
hole_timeout = "500ms"
overlap_history = 0
policy = "bsd"
ttl_slack = 255
illegal_flags = "event"
urgent_inline = true
depth_to_server = "1MiB"
depth_to_client = 0
midstream = false

[[host]]
prefixes = ["10.0.0.0/8", "2001:db8::1"]
tcp = "windows"
fragments = "drop"

[[depth]]
ports = [443, 8443]
to_server = "1 MiB"
to_client = "64KiB"

[sessions]
undecided = 15
http = 16
tls = 18
http2 = 40
ssh = 41
dns = 42
dns_tcp = 43
quic = 44
imap = 45
tftp = 46
smb = 47
nfs = 48
nfs_udp = 49
smtp = 31
pop3 = 32
ftp = 33
expected = 34

[decode]
objects = 21
pending = 22
stalled = "23s"
depth = 23
children = 24
output = "25 KiB"
ratio = 26
decoders = 27
decoder_memory = "28 MiB"
sha256 = false
extract_quota = "29 MiB"
extract_buffer = "30 MiB"

[ranges]
files = 35
buffer = "36 MiB"
idle = "37s"
exchange = "38 KiB"

[extractor]
enabled = false
processes = 31
object_max = "32 MiB"
arena = "33 MiB"
deadline = "34s"
memory = "35 MiB"
user = "daemon"

[tls]
handshake_only = false

[scan]
hit_records = 17

[kill]
enabled = true
port = "0000:01:00.0"
rate = 0

[event]
file = "events.json"
stats_interval = 0

[telemetry]
enabled = false
"#;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;

#[test]
fn every_key_reaches_its_field() {
    let config = Config::from_bytes(Path::new("etc/sensor.toml"), FULL.as_bytes()).unwrap();
    let expected = Config {
        file: Some(PathBuf::from("etc/sensor.toml")),
        eal: EalConfig {
            args: vec!["--log-level=8".to_owned(), "--no-pci".to_owned()],
            hugepages: false,
            memory_bytes: 2 << 30,
            file_prefix: "gate-1".to_owned(),
            lcores: "(0-3)@(0,1)".to_owned(),
        },
        ports: vec![
            PortConfig {
                name: "net_af_packet0".to_owned(),
                vdev: Some("iface=veth1".to_owned()),
                rss: RssMode::Software,
                queues: 2,
                rx_descriptors: 2048,
                tx_descriptors: 256,
                mtu: 9000,
                promiscuous: false,
            },
            PortConfig { name: "0000:01:00.0".to_owned(), rss: RssMode::Hardware, ..PortConfig::default() },
        ],
        mempool: MempoolConfig { mbufs: 65_536, cache: 128 },
        worker: WorkerConfig { count: 3, burst: 64, ring: 1024, inbox: 128, mesh_buffers: 100, events: 1000 },
        decoder: DecoderConfig { ipv4_checksum: ChecksumMode::Verify, tcp_checksum: TcpChecksumMode::Ignore },
        tunnel: TunnelConfig {
            depth: 2,
            ipv4: false,
            ipv6: false,
            gre: false,
            vxlan: vec![8472, 4789],
            geneve: Vec::new(),
            gtpu: vec![2153],
            tenants: false,
        },
        defrag: DefragConfig {
            packets: 100,
            large_packets: 10,
            min_fragment: 48,
            max_fragments: 50,
            max_packet: 9000,
            restarts: 1,
            timeout_ns: 5 * SECOND,
            policy: defrag::Policy::Bsd,
        },
        flow: FlowConfig {
            capacity: 1024,
            half_open: 2048,
            half_open_events: true,
            overload: OverloadMode::Recycle,
            vlan: false,
            timeout: TimeoutConfig {
                tcp_new_ns: 100 * MS,
                tcp_established_ns: 3600 * SECOND,
                tcp_closed_ns: SECOND,
                udp_new_ns: 2 * SECOND,
                udp_established_ns: 180 * SECOND,
                icmp_ns: 4 * SECOND,
                other_ns: 604_800 * SECOND,
            },
        },
        tcp: TcpConfig {
            out_of_order_segments: 100,
            out_of_order_per_stream: 10,
            hole_timeout_ns: 500 * MS,
            overlap_history: 0,
            policy: Policy::Bsd,
            ttl_slack: 255,
            illegal_flags: IllegalFlags { event: true, drop: false },
            urgent_inline: true,
            depth_to_server: Some(1 << 20),
            depth_to_client: Some(0),
            midstream: false,
        },
        hosts: vec![HostConfig {
            prefixes: vec![prefix("10.0.0.0", 8), prefix("2001:db8::1", 128)],
            tcp: Some(Policy::Windows),
            fragments: Some(defrag::Policy::Drop),
        }],
        depths: vec![DepthConfig { ports: vec![443, 8443], to_server: Some(1 << 20), to_client: Some(65_536) }],
        sessions: SessionsConfig {
            undecided: 15,
            http: 16,
            tls: 18,
            http2: 40,
            ssh: 41,
            dns: 42,
            dns_tcp: 43,
            quic: 44,
            imap: 45,
            tftp: 46,
            smb: 47,
            nfs: 48,
            nfs_udp: 49,
            smtp: 31,
            pop3: 32,
            ftp: 33,
            expected: 34,
        },
        extractor: ExtractorConfig {
            enabled: false,
            processes: 31,
            object_max: 32 << 20,
            arena: 33 << 20,
            deadline_ns: 34_000_000_000,
            memory: 35 << 20,
            user: "daemon".to_owned(),
        },
        decode: DecodeConfig {
            objects: 21,
            pending: 22,
            stalled_ns: 23_000_000_000,
            depth: 23,
            children: 24,
            output: 25 << 10,
            ratio: 26,
            decoders: 27,
            decoder_memory: 28 << 20,
            sha256: false,
            extract_quota: 29 << 20,
            extract_buffer: 30 << 20,
        },
        ranges: RangesConfig { files: 35, buffer: 36 << 20, idle_ns: 37_000_000_000, exchange: 38 << 10 },
        tls: TlsConfig { handshake_only: false },
        scan: ScanConfig { hit_records: 17 },
        dictionaries: Vec::new(),
        kill: KillConfig { enabled: true, port: Some("0000:01:00.0".to_owned()), rate: 0 },
        event: EventConfig { file: "events.json".to_owned(), stats_interval_ns: 0 },
        telemetry: TelemetryConfig { enabled: false },
    };
    assert_eq!(config, expected);
}

fn prefix(address: &str, len: u8) -> Prefix {
    Prefix::new(address.parse().unwrap(), len).unwrap()
}

#[test]
fn fragments_follow_the_policy_of_their_destination() {
    let config = Config::from_bytes(Path::new("sensor.toml"), FULL.as_bytes()).unwrap();
    let limits = config.defrag_limits(7);
    assert_eq!((limits.descriptors, limits.large_buffers, limits.seed), (100, 10, 7));
    let of = |first: [u8; 4]| {
        let mut dest = [0; 16];
        dest[..4].copy_from_slice(&first);
        limits.policy.get(&dest, false)
    };
    assert_eq!([of([10, 1, 2, 3]), of([192, 0, 2, 1])], [defrag::Policy::Drop, defrag::Policy::Bsd]);
}

/// The keys that `FULL` sets, as `section.name`.
#[test]
fn the_full_configuration_has_every_key() {
    let document: toml::Table = FULL.parse().unwrap();
    for key in Config::keys().iter().filter(|key| key.section != "dictionary") {
        let mut value = &toml::Value::Table(document.clone());
        for part in key.section.split('.') {
            value = &value[part];
        }
        let table = value.get(0).unwrap_or(value);
        assert!(table.get(key.name).is_some(), "{}.{} is not in FULL", key.section, key.name);
    }
}

fn is_port(key: &Key) -> bool {
    key.section == "port"
}

/// The defaults that the reference states, written out, are the built-in ones.
#[test]
fn stated_defaults_are_the_built_in_ones() {
    let mut text = String::new();
    let mut port = "[[port]]\nname = \"net_null0\"\n".to_owned();
    for key in Config::keys().iter().filter(|key| key.section != "dictionary") {
        let Some(default) = &key.default else { continue };
        if is_port(key) {
            writeln!(port, "{} = {default}", key.name).unwrap();
        } else {
            writeln!(text, "{}.{} = {default}", key.section, key.name).unwrap();
        }
    }
    let config = Config::from_bytes(Path::new("sensor.toml"), format!("{text}{port}").as_bytes()).unwrap();
    let ports = vec![PortConfig { name: "net_null0".to_owned(), ..PortConfig::default() }];
    assert_eq!(config, Config { file: Some(PathBuf::from("sensor.toml")), ports, ..Config::default() });
}

/// Both ends of each range are allowed, and what is just outside is not.
#[test]
fn ranges_are_inclusive_and_kept() {
    let keys = Config::keys();
    let limited = keys.iter().filter(|key| key.limits.is_some() && key.section != "dictionary");
    let mut seen = 0;
    for key in limited {
        let (min, max) = key.limits.clone().unwrap();
        let read = |value: &str| {
            let Key { section, name, .. } = key;
            let text = match *section {
                "port" => format!("[[port]]\nname = \"net_null0\"\n{name} = {value}\n"),
                "depth" => format!("[[depth]]\nports = [80]\n{name} = {value}\n"),
                // Neither is allowed whatever the other is.
                "extractor" if *name == "arena" => {
                    format!("extractor.object_max = \"64 KiB\"\n{section}.{name} = {value}\n")
                }
                "extractor" if *name == "object_max" => {
                    format!("extractor.arena = \"64 GiB\"\n{section}.{name} = {value}\n")
                }
                _ => format!("{section}.{name} = {value}\n"),
            };
            Config::from_bytes(Path::new("sensor.toml"), text.as_bytes())
        };
        read(&min).unwrap_or_else(|error| panic!("{error}"));
        read(&max).unwrap_or_else(|error| panic!("{error}"));
        if let (Ok(min), Ok(max)) = (min.parse::<i64>(), max.parse::<i64>()) {
            for outside in [min - 1, max + 1] {
                let message = read(&outside.to_string()).unwrap_err().to_string();
                assert!(message.ends_with(&format!("found {outside}, expected {}", key.range)), "{message}");
            }
        } else {
            let outside = if min == "\"0 B\"" { "\"1000 TiB\"" } else { "\"1 B\"" };
            let message = read("\"1ns\"").or(read(outside)).unwrap_err().to_string();
            assert!(message.contains(", expected "), "{message}");
        }
        seen += 1;
    }
    assert!(seen > 25, "{seen}");
}

#[test]
fn an_empty_file_is_the_defaults() {
    let config = Config::from_bytes(Path::new("sensor.toml"), b"").unwrap();
    assert_eq!(config, Config { file: Some(PathBuf::from("sensor.toml")), ..Config::default() });
    assert!(!config.kill.enabled);
    assert!(config.dictionaries.is_empty());
}

#[test]
fn what_is_hardly_meant_is_warned_of() {
    let warnings = |text: &str| {
        let dictionary = "name = \"leaks\"\nsignature_id = 1\naction = \"reset\"\nthreshold = 10\n\
                          [[keyword]]\ntext = \"a\"\nweight = 3\nmax = 3\n";
        crate::load(&[("sensor.toml", text), ("leaks.toml", dictionary)]).unwrap().warnings()
    };
    let leaks = "[[dictionary]]\nfile = \"leaks.toml\"\nthreshold = 9\n";
    assert_eq!(warnings(""), ["no [[dictionary]]: nothing is searched for"]);
    assert_eq!(
        warnings(leaks),
        ["dictionary \"leaks\": action is \"reset\", but kill.enabled is false: it only alerts"]
    );
    assert_eq!(warnings(&format!("{leaks}[kill]\nenabled = true\n")), Vec::<String>::new());
    assert_eq!(
        warnings(&format!("{leaks}action = \"alert\"\n[kill]\nenabled = true\n")),
        ["kill.enabled is true, but no dictionary has action \"reset\""]
    );
    assert_eq!(
        warnings("[[dictionary]]\nfile = \"leaks.toml\"\naction = \"alert\"\n"),
        ["dictionary \"leaks\": its keywords' max allows no score of 10: it never alerts"]
    );
    let alert = format!("{leaks}action = \"alert\"\n");
    assert_eq!(
        warnings(&format!("{alert}[tcp]\nout_of_order_segments = 8\n")),
        ["tcp.out_of_order_per_stream (512) is more than fits in tcp.out_of_order_segments (8)"]
    );
    assert_eq!(warnings(&format!("{alert}[tcp]\nout_of_order_segments = 0\n")), Vec::<String>::new());
    assert_eq!(
        warnings(&format!("{alert}[tcp]\nhole_timeout = \"2m\"\n[flow.timeout]\ntcp_established = \"1m\"\n")),
        ["tcp.hole_timeout (2m) is more than flow.timeout.tcp_established (1m): a silent flow ends before its holes"]
    );
    assert_eq!(
        warnings(&format!("{alert}[eal]\nargs = [\"-l\", \"0-1\", \"--file-prefix=x\", \"--log-level=8\"]\n")),
        ["eal.args has -l, which eal.lcores sets", "eal.args has --file-prefix, which eal.file_prefix sets"]
    );
}
