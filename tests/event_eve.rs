//! Events in, EVE lines out: whole lines are compared, and the guide shows the same ones.

use std::net::IpAddr;
use std::sync::Arc;

use tidegate::event::record::{Layout, Record};
use tidegate::event::{
    AlertEvent, AlertHit, AnomalyEvent, AppProto, DictionaryNames, Direction, EndReason, EveEncoder, Event, EventNames,
    FIRST_CONFIGURATION, FileEvent, FlowEvent, FlowHead, FlowState, Kept, KeywordName, Layer, Location, MAX_ALERT_HITS,
    NameBook, RecordEvent, StatsEvent, TcpSummary, Tuple, Versions,
};

const START_NS: u64 = 1_795_280_700_123_456_789; // 2026-11-21T17:05:00.123456789Z

const TCP_FLOW: &str = r#"{"timestamp":"2026-11-21T17:05:02.123456+0000","flow_id":1641064043342895,"in_iface":"eth0","event_type":"flow","vlan":[100,7],"src_ip":"192.0.2.10","src_port":40000,"dest_ip":"198.51.100.7","dest_port":80,"proto":"TCP","ip_v":4,"app_proto":"http","community_id":"1:A+wB/38FKHQ9oqkjcQbGrCR7PWk=","flow":{"pkts_toserver":6,"pkts_toclient":5,"bytes_toserver":812,"bytes_toclient":4711,"start":"2026-11-21T17:05:00.123456+0000","end":"2026-11-21T17:05:02.023456+0000","age":2,"state":"closed","reason":"timeout","alerted":true},"tcp":{"tcp_flags":"5b","tcp_flags_ts":"1b","tcp_flags_tc":"5b","syn":true,"fin":true,"psh":true,"ack":true,"ecn":true,"state":"closed","tc_gap":true},"tidegate":{"blocked":false,"gap_bytes_toserver":0,"gap_bytes_toclient":1448}}"#;
const UDP_FLOW: &str = r#"{"timestamp":"2026-11-21T17:05:02.123456+0000","flow_id":3465055887399612,"in_iface":"0000:3b:00.0","event_type":"flow","src_ip":"2001:db8::10","src_port":5353,"dest_ip":"2001:db8::53","dest_port":53,"proto":"UDP","ip_v":6,"community_id":"1:N95rQ4W2JeI5nlqXzlScgY7P5wA=","flow":{"pkts_toserver":1,"pkts_toclient":0,"bytes_toserver":86,"bytes_toclient":0,"start":"2026-11-21T17:05:00.123456+0000","end":"2026-11-21T17:05:00.123456+0000","age":0,"state":"new","reason":"shutdown","alerted":false},"tidegate":{"blocked":false}}"#;
const ICMP_FLOW: &str = r#"{"timestamp":"2026-11-21T17:05:02.123456+0000","flow_id":7093447231758045,"in_iface":"eth0","event_type":"flow","vlan":[42],"src_ip":"192.0.2.1","dest_ip":"192.0.2.2","proto":"ICMP","ip_v":4,"icmp_type":8,"icmp_code":0,"community_id":"1:IOfYZQoUwQ3ZLk3+qU6KcSd9W5k=","flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":98,"bytes_toclient":98,"start":"2026-11-21T17:05:00.123456+0000","end":"2026-11-21T17:05:00.123456+0000","age":0,"state":"established","reason":"forced","alerted":false},"tidegate":{"blocked":false}}"#;
const ALERT: &str = r#"{"timestamp":"2026-11-21T17:05:02.123456+0000","flow_id":4383695043919671,"in_iface":"eth0","event_type":"alert","src_ip":"198.51.100.7","src_port":80,"dest_ip":"192.0.2.10","dest_port":40000,"proto":"TCP","ip_v":4,"app_proto":"http","community_id":"1:A+wB/38FKHQ9oqkjcQbGrCR7PWk=","alert":{"action":"blocked","gid":1,"signature_id":1000001,"rev":2,"signature":"project names","category":"Sensitive Data","severity":1},"direction":"to_client","flow":{"pkts_toserver":4,"pkts_toclient":3,"bytes_toserver":512,"bytes_toclient":3100,"start":"2026-11-21T17:05:00.123456+0000","src_ip":"192.0.2.10","src_port":40000,"dest_ip":"198.51.100.7","dest_port":80},"tidegate":{"dictionary":"project names","score":110,"threshold":100,"path":"http/body","offset":2310,"keywords":[{"keyword":"größenplan","count":2,"weight":50},{"keyword":"confidential","count":1,"weight":10}],"more_keywords":3}}"#;
const OVERLAP: &str = r#"{"timestamp":"2026-11-21T17:05:02.123456+0000","flow_id":4383695043919671,"in_iface":"eth0","event_type":"anomaly","src_ip":"198.51.100.7","src_port":80,"dest_ip":"192.0.2.10","dest_port":40000,"proto":"TCP","ip_v":4,"community_id":"1:A+wB/38FKHQ9oqkjcQbGrCR7PWk=","anomaly":{"type":"stream","event":"stream.reassembly_overlap_different_data"},"tidegate":{"direction":"to_client","overlap":{"offset":1460,"length":512,"first_xxh3":"0123456789abcdef","later_xxh3":"00000000000000fe","kept":"first"}}}"#;
const TEARDROP: &str = r#"{"timestamp":"2026-11-21T17:05:02.123456+0000","in_iface":"eth0","event_type":"anomaly","src_ip":"192.0.2.10","src_port":0,"dest_ip":"198.51.100.7","dest_port":0,"proto":"UDP","ip_v":4,"anomaly":{"type":"decode","event":"decoder.ipv4.frag_overlap"},"tidegate":{"direction":"to_server"}}"#;
const FILE: &str = r#"{"timestamp":"2026-11-21T17:05:02.123456+0000","flow_id":4383695043919671,"in_iface":"eth0","event_type":"fileinfo","src_ip":"198.51.100.7","src_port":80,"dest_ip":"192.0.2.10","dest_port":40000,"proto":"TCP","ip_v":4,"community_id":"1:A+wB/38FKHQ9oqkjcQbGrCR7PWk=","fileinfo":{"filename":"q3.pdf","magic":"application/pdf","gaps":false,"state":"CLOSED","sha256":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","stored":false,"size":81920,"tx_id":2},"tidegate":{"direction":"to_client","path":"http/body","claimed_type":"application/x-pdf","offset":212}}"#;

const STATS: &str = r#"{"timestamp":"2026-11-21T17:05:00.123456+0000","event_type":"stats","stats":{"uptime":8,"capture":{"kernel_packets":1000},"decoder":{"bytes":415800,"invalid":3,"pkts":990},"flow":{"active":17,"memuse":7154304},"tcp":{"reassembly_gap":1},"tidegate":{"worker":{"0":{"drops":0},"1":{"drops":4}}}}}"#;

fn address(text: &str) -> ([u8; 16], bool) {
    match text.parse().unwrap() {
        IpAddr::V4(ip) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&ip.octets());
            (bytes, false)
        }
        IpAddr::V6(ip) => (ip.octets(), true),
    }
}

fn tuple(proto: u8, src: (&str, u16), dest: (&str, u16)) -> Tuple {
    let ((src_ip, v6), (dest_ip, _)) = (address(src.0), address(dest.0));
    Tuple { src: src_ip, dest: dest_ip, src_port: src.1, dest_port: dest.1, proto, v6 }
}

fn head(tuple: Tuple) -> FlowHead {
    FlowHead {
        timestamp_ns: START_NS + 2_000_000_000,
        start_ns: START_NS,
        tuple,
        vlan: [0, 0],
        iface: 0,
        app_proto: AppProto::Unknown,
    }
}

fn tcp_tuple() -> Tuple {
    tuple(6, ("192.0.2.10", 40_000), ("198.51.100.7", 80))
}

fn tcp_flow() -> FlowEvent {
    FlowEvent {
        head: FlowHead { app_proto: AppProto::Http, vlan: [100, 7], ..head(tcp_tuple()) },
        end_ns: START_NS + 1_900_000_000,
        packets: [6, 5],
        bytes: [812, 4_711],
        state: FlowState::Closed,
        reason: EndReason::Timeout,
        alerted: true,
        blocked: false,
        tcp: Some(TcpSummary { flags_to_server: 0x1b, flags_to_client: 0x5b, gap_bytes: [0, 1_448] }),
    }
}

fn udp_flow() -> FlowEvent {
    FlowEvent {
        head: FlowHead { iface: 1, ..head(tuple(17, ("2001:db8::10", 5_353), ("2001:db8::53", 53))) },
        end_ns: START_NS,
        packets: [1, 0],
        bytes: [86, 0],
        state: FlowState::New,
        reason: EndReason::Shutdown,
        alerted: false,
        blocked: false,
        tcp: None,
    }
}

fn icmp_flow() -> FlowEvent {
    FlowEvent {
        head: FlowHead { vlan: [42, 0], ..head(tuple(1, ("192.0.2.1", 8), ("192.0.2.2", 0))) },
        packets: [1, 1],
        bytes: [98, 98],
        state: FlowState::Established,
        reason: EndReason::Forced,
        ..udp_flow()
    }
}

fn alert() -> AlertEvent {
    let mut hits = [AlertHit::default(); MAX_ALERT_HITS];
    hits[0] = AlertHit { keyword: 1, count: 2 };
    hits[1] = AlertHit { keyword: 0, count: 1 };
    AlertEvent {
        configuration: FIRST_CONFIGURATION,
        head: FlowHead { app_proto: AppProto::Http, ..head(tcp_tuple()) },
        dictionary: 0,
        direction: Direction::ToClient,
        location: Location::Object(9),
        offset: 2_310,
        score: 110,
        blocked: true,
        hits,
        hit_count: 2,
        more_hits: 3,
        packets: [4, 3],
        bytes: [512, 3_100],
    }
}

fn overlap() -> AnomalyEvent {
    AnomalyEvent {
        head: head(tcp_tuple()),
        of_flow: true,
        direction: Direction::ToClient,
        layer: Layer::Stream,
        event: "stream.reassembly_overlap_different_data",
        versions: Some(Versions {
            offset: 1_460,
            length: 512,
            first: 0x0123_4567_89ab_cdef,
            later: 0xfe,
            kept: Kept::First,
        }),
        path: 0,
    }
}

fn file() -> FileEvent {
    FileEvent {
        head: head(tcp_tuple()),
        direction: Direction::ToClient,
        kind: "application/pdf",
        size: 81_920,
        start: 0,
        offset: Some(212),
        sha256: Some(std::array::from_fn(|place| place as u8)),
        gaps: false,
        complete: true,
        stored: false,
        tx_id: 2,
        lengths: [6, 9, 17],
    }
}

fn teardrop() -> AnomalyEvent {
    AnomalyEvent {
        head: head(tuple(17, ("192.0.2.10", 0), ("198.51.100.7", 0))),
        of_flow: false,
        direction: Direction::ToServer,
        layer: Layer::Decode,
        event: "decoder.ipv4.frag_overlap",
        versions: None,
        path: 0,
    }
}

fn dictionary() -> DictionaryNames {
    let keyword = |bytes: &[u8], weight| KeywordName { bytes: bytes.to_vec(), weight };
    DictionaryNames {
        name: "project names".to_owned(),
        signature_id: 1_000_001,
        rev: 2,
        severity: 1,
        category: "Sensitive Data".to_owned(),
        threshold: 100,
        keywords: vec![keyword(b"confidential", 10), keyword("größenplan".as_bytes(), 50)],
    }
}

fn encoder_for(dictionary: DictionaryNames) -> EveEncoder {
    EveEncoder::new(EventNames {
        ifaces: vec![b"eth0".to_vec(), b"0000:3b:00.0".to_vec()],
        dictionaries: NameBook::new(Arc::from([dictionary])),
    })
}

fn line(event: &Event) -> String {
    line_with(event, b"")
}

fn line_with(event: &Event, text: &[u8]) -> String {
    let mut out = Vec::new();
    encoder_for(dictionary()).event(event, text, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn stats_line() -> String {
    let mut stats = StatsEvent::new(START_NS, 8);
    for (name, value) in [
        ("capture.kernel_packets", 1_000),
        ("decoder.pkts", 990),
        ("decoder.bytes", 415_800),
        ("decoder.invalid", 3),
        ("flow.active", 17),
        ("flow.memuse", 7_154_304),
        ("tcp.reassembly_gap", 1),
        ("tidegate.worker.0.drops", 0),
        ("tidegate.worker.1.drops", 4),
    ] {
        stats.set(name, value).unwrap();
    }
    let mut out = Vec::new();
    EveEncoder::default().stats(&stats, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn golden_tcp_flow() {
    assert_eq!(line(&Event::Flow(tcp_flow())), format!("{TCP_FLOW}\n"));
}

#[test]
fn golden_udp_flow_over_ipv6() {
    assert_eq!(line(&Event::Flow(udp_flow())), format!("{UDP_FLOW}\n"));
}

#[test]
fn golden_icmp_flow() {
    assert_eq!(line(&Event::Flow(icmp_flow())), format!("{ICMP_FLOW}\n"));
}

#[test]
fn golden_alert_from_the_server() {
    assert_eq!(line_with(&Event::Alert(alert()), b"http/body"), format!("{ALERT}\n"));
}

#[test]
fn golden_anomaly_of_a_stream() {
    assert_eq!(line(&Event::Anomaly(overlap())), format!("{OVERLAP}\n"));
}

#[test]
fn an_overlap_says_which_version_counts() {
    for (kept, name) in [(Kept::First, "first"), (Kept::Later, "later"), (Kept::Neither, "neither")] {
        let mut event = overlap();
        event.versions = event.versions.map(|versions| Versions { kept, ..versions });
        assert!(line(&Event::Anomaly(event)).ends_with(&format!(r#""kept":"{name}"}}}}}}{}"#, "\n")), "{name}");
    }
}

#[test]
fn golden_anomaly_of_a_packet() {
    assert_eq!(line(&Event::Anomaly(teardrop())), format!("{TEARDROP}\n"));
}

#[test]
fn golden_file() {
    assert_eq!(line_with(&Event::File(file()), b"q3.pdfhttp/bodyapplication/x-pdf"), format!("{FILE}\n"));
    let part =
        FileEvent { start: 10, offset: None, sha256: None, complete: false, gaps: true, lengths: [6, 9, 0], ..file() };
    let json: serde_json::Value = serde_json::from_str(&line_with(&Event::File(part), b"q3.pdfhttp/body")).unwrap();
    let expected = serde_json::json!({
        "filename": "q3.pdf", "magic": "application/pdf", "gaps": true, "state": "TRUNCATED", "stored": false,
        "size": 81_920, "start": 10, "tx_id": 2,
    });
    assert_eq!(json["fileinfo"], expected);
    assert_eq!(json["tidegate"], serde_json::json!({ "direction": "to_client", "path": "http/body" }));
}

static LAYOUT: Layout = Layout { name: "http", keys: &["hostname", "status", "redirected", "versions[].name"] };

#[test]
fn a_record_becomes_an_object_of_its_protocol_s_name() {
    let mut fields: Record<64> = Record::default();
    fields.text(0, b"example.org\n");
    fields.number(1, 200);
    fields.flag(2, true);
    fields.text(3, b"a");
    fields.text(3, b"b");
    let length = u16::try_from(fields.bytes().len()).unwrap();
    let event =
        RecordEvent { head: head(tcp_tuple()), direction: Direction::ToClient, layout: &LAYOUT, tx_id: 7, length };
    let json: serde_json::Value = serde_json::from_str(&line_with(&Event::Record(event), fields.bytes())).unwrap();
    assert_eq!((&json["event_type"], &json["tx_id"]), (&"http".into(), &7.into()));
    let expected = serde_json::json!({
        "hostname": "example.org\\x0a", "status": 200, "redirected": true, "versions": [{"name": "a"}, {"name": "b"}],
    });
    assert_eq!(json["http"], expected);
    let mut unknown: Record<64> = Record::default();
    unknown.flag(4, true);
    let mut out = b"before\n".to_vec();
    let error = encoder_for(dictionary()).event(&Event::Record(event), unknown.bytes(), &mut out).unwrap_err();
    assert_eq!(error.to_string(), "a record of http has field 4, which has no name");
    assert_eq!(out, b"before\n");
}

#[test]
fn an_anomaly_of_an_object_says_which() {
    let event = AnomalyEvent { layer: Layer::AppLayer, event: "content.ratio", versions: None, path: 9, ..overlap() };
    let json: serde_json::Value = serde_json::from_str(&line_with(&Event::Anomaly(event), b"http/body")).unwrap();
    assert_eq!(json["tidegate"], serde_json::json!({"direction": "to_client", "path": "http/body"}));
}

#[test]
fn golden_stats() {
    assert_eq!(stats_line(), format!("{STATS}\n"));
}

#[test]
fn the_guide_s_examples_are_real_output() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/events.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let examples: Vec<&str> = guide.lines().filter(|line| line.starts_with("{\"timestamp\"")).collect();
    assert_eq!(examples, [TCP_FLOW, UDP_FLOW, ICMP_FLOW, ALERT, FILE, OVERLAP, TEARDROP, STATS]);
}

fn parsed(event: &Event) -> serde_json::Value {
    serde_json::from_str(&line(event)).unwrap()
}

#[test]
fn an_alert_s_sender_is_its_source_and_its_flow_object_stays_client_first() {
    let to_server = parsed(&Event::Alert(AlertEvent { direction: Direction::ToServer, blocked: false, ..alert() }));
    let to_client = parsed(&Event::Alert(alert()));
    for (json, src, dest, direction, action) in [
        (&to_server, "192.0.2.10", "198.51.100.7", "to_server", "allowed"),
        (&to_client, "198.51.100.7", "192.0.2.10", "to_client", "blocked"),
    ] {
        assert_eq!(json["src_ip"], src);
        assert_eq!(json["dest_ip"], dest);
        assert_eq!(json["direction"], direction);
        assert_eq!(json["alert"]["action"], action);
        assert_eq!(json["flow"]["src_ip"], "192.0.2.10");
        assert_eq!(json["flow"]["dest_port"], 80);
    }
    assert_eq!(to_server["flow_id"], to_client["flow_id"]);
    assert_eq!(to_server["community_id"], to_client["community_id"]);
}

#[test]
fn an_alert_and_its_flow_share_one_id() {
    let mut flow = tcp_flow();
    flow.head.vlan = [0, 0];
    assert_eq!(parsed(&Event::Alert(alert()))["flow_id"], parsed(&Event::Flow(flow))["flow_id"]);
}

#[test]
fn protocols_have_their_fields_and_no_others() {
    for (proto, name, ports, icmp) in [
        (1, "ICMP", false, true),
        (6, "TCP", true, false),
        (17, "UDP", true, false),
        (47, "GRE", false, false),
        (58, "IPv6-ICMP", false, true),
        (132, "SCTP", true, false),
        (63, "063", false, false),
        (255, "255", false, false),
    ] {
        let mut flow = udp_flow();
        flow.head.tuple.proto = proto;
        let json = parsed(&Event::Flow(flow));
        assert_eq!(json["proto"], name);
        let keys = json.as_object().unwrap();
        for (key, expected) in [("src_port", ports), ("dest_port", ports), ("icmp_type", icmp), ("icmp_code", icmp)] {
            assert_eq!(keys.contains_key(key), expected, "{name}: {key}");
        }
        assert!(!keys.contains_key("vlan") && !keys.contains_key("tcp"), "{name}");
    }
}

#[test]
fn states_reasons_paths_and_application_protocols_have_their_words() {
    let states = [FlowState::New, FlowState::Established, FlowState::Closed];
    for (state, word) in states.into_iter().zip(["new", "established", "closed"]) {
        assert_eq!(parsed(&Event::Flow(FlowEvent { state, ..udp_flow() }))["flow"]["state"], word);
    }
    let reasons = [EndReason::Timeout, EndReason::Forced, EndReason::Shutdown];
    for (reason, word) in reasons.into_iter().zip(["timeout", "forced", "shutdown"]) {
        assert_eq!(parsed(&Event::Flow(FlowEvent { reason, ..udp_flow() }))["flow"]["reason"], word);
    }
    for part in ["stream", "http/header"] {
        let event = Event::Alert(AlertEvent { location: Location::Part(part), ..alert() });
        assert_eq!(parsed(&event)["tidegate"]["path"], part);
    }
    for (app_proto, word) in [
        (AppProto::Unknown, None),
        (AppProto::Failed, Some("failed")),
        (AppProto::Http, Some("http")),
        (AppProto::Tls, Some("tls")),
        (AppProto::Ssh, Some("ssh")),
        (AppProto::Dns, Some("dns")),
        (AppProto::Quic, Some("quic")),
    ] {
        let mut flow = udp_flow();
        flow.head.app_proto = app_proto;
        assert_eq!(parsed(&Event::Flow(flow)).get("app_proto").and_then(|v| v.as_str()), word);
    }
}

#[test]
fn age_is_the_difference_of_whole_seconds_and_never_negative() {
    for (end_ns, age) in [(START_NS, 0), (START_NS + 876_543_211, 1), (START_NS + 60_000_000_000, 60), (0, 0)] {
        assert_eq!(parsed(&Event::Flow(FlowEvent { end_ns, ..udp_flow() }))["flow"]["age"], age);
    }
}

/// The alert of a dictionary whose only keyword is `bytes`.
fn alert_line(name: &str, bytes: &[u8]) -> String {
    let names = DictionaryNames {
        name: name.to_owned(),
        category: name.to_owned(),
        keywords: vec![KeywordName { bytes: bytes.to_vec(), weight: 1 }],
        ..dictionary()
    };
    let mut event = AlertEvent { hit_count: 1, ..alert() };
    event.hits[0].keyword = 0;
    let mut out = Vec::new();
    encoder_for(names).event(&Event::Alert(event), b"", &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn hostile_keywords_stay_on_one_line_of_valid_json() {
    let hostile: [&[u8]; 9] = [
        b"\n{\"event_type\":\"alert\"}\n",
        b"\"},\"alert\":{\"action\":\"allowed",
        b"\r\x1b[2J\x00\x7f",
        b"\xff\xfe\x80",
        b"\xc2",
        b"\\",
        b"\\x41",
        "\u{85}\u{2028}\u{2029}\u{9b}".as_bytes(),
        b"",
    ];
    for bytes in hostile {
        let text = alert_line(&String::from_utf8_lossy(bytes), bytes);
        let body = text.strip_suffix('\n').unwrap();
        assert!(!body.contains(|c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}'), "{body}");
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(json["alert"]["action"], "blocked", "{body}");
        assert_eq!(json["tidegate"]["keywords"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn keyword_bytes_are_escaped_as_documented() {
    let text = alert_line("any", b"key\xffword\n");
    assert!(text.contains(r#"{"keyword":"key\\xffword\\x0a","count":2,"weight":1}"#), "{text}");
}

#[test]
fn a_name_that_does_not_exist_is_an_error_and_leaves_no_half_line() {
    let mut flow = udp_flow();
    flow.head.iface = 2;
    let mut unknown_keyword = alert();
    unknown_keyword.hits[1].keyword = 2;
    for (event, expected) in [
        (Event::Flow(flow), "an event names interface 2, which has no name"),
        (
            Event::Alert(AlertEvent { configuration: 2, ..alert() }),
            "an alert names configuration 2, whose dictionaries are not known",
        ),
        (Event::Alert(AlertEvent { dictionary: 1, ..alert() }), "an alert names dictionary 1, which does not exist"),
        (Event::Alert(unknown_keyword), "an alert names keyword 2 of dictionary 0, which does not exist"),
    ] {
        let mut out = b"before\n".to_vec();
        let error = encoder_for(dictionary()).event(&event, b"", &mut out).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(out, b"before\n");
    }
}

#[test]
fn a_hit_count_past_the_array_is_not_believed() {
    let hits = [AlertHit { keyword: 0, count: 1 }; MAX_ALERT_HITS];
    let event = AlertEvent { hits, hit_count: u8::MAX, ..alert() };
    assert_eq!(parsed(&Event::Alert(event))["tidegate"]["keywords"].as_array().unwrap().len(), MAX_ALERT_HITS);
}
