//! Each rule that a reload may change: after it, a worker is as one that was started with it.

use std::sync::Arc;

use tidegate::defrag;
use tidegate::flow::Class;
use tidegate::tcp::{Depth, IllegalFlags, Policy};
use tidegate::worker::{OverloadPolicy, PipelineOptions, Settings, TcpChecksums};

use super::segments::{Connection, DATA, Segment, fragment};
use super::world::{Packet, SECOND, World, captures, matcher, options};

/// A change of one rule (the number is the killer's rate), and packets to which it matters.
struct Case {
    name: &'static str,
    change: fn(&mut PipelineOptions, &mut u32),
    packets: Vec<Packet>,
}

fn case(name: &'static str, change: fn(&mut PipelineOptions, &mut u32), packets: Vec<Packet>) -> Case {
    Case { name, change, packets }
}

fn captured(name: &str) -> Vec<Packet> {
    captures().into_iter().find(|(have, _)| have == name).unwrap().1
}

/// `count` connections of `make`, of which only the client's port is told, one after the other.
fn many(count: u16, make: impl Fn(Connection) -> Connection) -> Vec<Packet> {
    let begin = |number: u16| Connection::unopened(20_000 + number, SECOND + u64::from(number) * 10_000_000);
    (0..count).flat_map(|number| make(begin(number)).packets()).collect()
}

/// Two versions of the same bytes, before the hole ahead of them is filled.
fn overlap() -> Vec<Packet> {
    Connection::open()
        .segment(&Segment { seq: 5, text: "lass", ..DATA })
        .segment(&Segment { seq: 5, text: "fall", ..DATA })
        .segment(&Segment { seq: 1, text: "wind", ..DATA })
        .packets()
}

/// Two fragments of a datagram that overlap with other bytes, and its end.
fn overlapping_fragments() -> Vec<Packet> {
    vec![
        fragment(SECOND, 0, true, b"................windlass"),
        fragment(SECOND + 1, 16, true, b"windfallwindfall"),
        fragment(SECOND + 2, 32, false, b"."),
    ]
}

/// A datagram whose end comes late.
fn late_fragments() -> Vec<Packet> {
    vec![fragment(SECOND, 0, true, b"................"), fragment(5 * SECOND, 16, false, b"windlass")]
}

fn tcp_cases() -> Vec<Case> {
    let hole = |ns| Connection::open().segment(&Segment { seq: 9, text: "windlass", ..DATA }).after(ns);
    vec![
        case("policy", |o, _| o.tcp.policies = tidegate::policy::PrefixTable::new(Policy::Last), overlap()),
        case(
            "ttl_slack",
            |o, _| o.tcp.ttl_slack = 255,
            Connection::open().client("wind").segment(&Segment { seq: 5, ttl: 9, text: "lass", ..DATA }).packets(),
        ),
        case(
            "illegal_flags",
            |o, _| o.tcp.illegal_flags = IllegalFlags { event: false, drop: true },
            Connection::open().segment(&Segment { syn: true, fin: true, ..DATA }).packets(),
        ),
        case(
            "urgent_inline",
            |o, _| o.tcp.urgent_inline = true,
            Connection::open().segment(&Segment { urgent: Some(4), text: "wind!lass", ..DATA }).packets(),
        ),
        case(
            "depth",
            |o, _| o.tcp.depth = Depth { to_server: 6, to_client: 0 },
            Connection::open().client("a wind").client("lass").packets(),
        ),
        case(
            "port depth",
            |o, _| o.tcp.port_depths = Box::new([(9_000, Depth { to_server: 0, to_client: 0 })]),
            Connection::open().client("windlass").packets(),
        ),
        case(
            "hole_timeout",
            |o, _| o.tcp.hole_timeout_ns = SECOND,
            hole(3 * SECOND / 2).segment(&Segment { seq: 17, text: "!", ..DATA }).packets(),
        ),
        case(
            "out_of_order_per_stream",
            |o, _| o.tcp.per_stream = 1,
            hole(0).segment(&Segment { seq: 33, text: "windlass", ..DATA }).packets(),
        ),
        case(
            "midstream",
            |o, _| o.midstream = false,
            Connection::unopened(40_000, SECOND).client("windlass").packets(),
        ),
        case(
            "tcp_checksum",
            |o, _| o.tcp_checksum = TcpChecksums::Ignored,
            Connection::open().client("windlass").spoiled().packets(),
        ),
    ]
}

fn other_cases() -> Vec<Case> {
    vec![
        case(
            "ipv4_checksum",
            |o, _| o.verify_checksum = true,
            Connection::open().client("windlass").spoiled_header().packets(),
        ),
        case(
            "timeout",
            |o, _| o.timeouts.set(Class::TcpEstablished, 5 * SECOND),
            Connection::open()
                .client("wind")
                .segment(&Segment { from_client: false, acked: 5, ..DATA })
                .after(10 * SECOND)
                .client("lass")
                .packets(),
        ),
        case(
            "timeout of attempts",
            |o, _| o.timeouts.set(Class::TcpNew, 5 * SECOND),
            Connection::unopened(40_000, SECOND)
                .segment(&Segment { syn: true, ack: false, seq: 0, ..DATA })
                .after(10 * SECOND)
                .handshake()
                .packets(),
        ),
        case(
            "half_open_events",
            |o, _| o.half_open_events = true,
            many(100, |attempt| attempt.segment(&Segment { syn: true, ack: false, seq: 0, ..DATA })),
        ),
        case(
            "overload",
            |o, _| o.overload = OverloadPolicy::Recycle,
            many(300, |session| session.handshake().client("windlass")),
        ),
        case("tls_handshake_only", |o, _| o.tls_handshake_only = false, captured("tls.pcap")),
        case("action", |o, _| o.resets = vec![true], Connection::open().client("windlass").packets()),
        case(
            "rate",
            |o, rate| (o.resets, *rate) = (vec![true], 1),
            many(3, |session| session.handshake().client("windlass")),
        ),
        case("defrag.max_fragments", |o, _| o.defrag.max_fragments = 2, captured("fragments.pcap")),
        case("defrag.min_fragment", |o, _| o.defrag.min_fragment = 1280, captured("fragments.pcap")),
        case(
            "defrag.policy",
            |o, _| o.defrag.policy = defrag::PolicyTable::new(defrag::Policy::Last),
            overlapping_fragments(),
        ),
        case("defrag.timeout", |o, _| o.defrag.timeout_ns = SECOND, late_fragments()),
    ]
}

#[test]
fn after_a_reload_a_worker_is_as_one_that_was_started_with_it() {
    let dictionaries = matcher(&[("windlass", 1)], 1);
    for Case { name, change, packets } in tcp_cases().into_iter().chain(other_cases()) {
        let (mut changed, mut rate) = (options(), 0);
        change(&mut changed, &mut rate);
        let untouched = World::new(options(), &dictionaries).run(&packets, |_, _| {});
        let started = World::with_rate(changed.clone(), &dictionaries, rate).run(&packets, |_, _| {});
        let mut settings = Some(Settings::new(2, changed, Arc::clone(&dictionaries), rate));
        let reloaded = World::new(options(), &dictionaries).run(&packets, |_, pipeline| {
            settings.take().into_iter().for_each(|mut settings| assert!(pipeline.exchange(&mut settings)));
        });
        assert_eq!(reloaded.events(), started.events(), "{name}");
        assert_eq!(reloaded.delivered, started.delivered, "{name}");
        assert_eq!(reloaded.counters, started.counters, "{name}");
        let same = untouched.counters == started.counters && untouched.delivered == started.delivered;
        assert!(!same, "{name}: these packets do not show the rule");
    }
}

/// Whatever else changes in the middle of whatever goes by: nothing that a flow holds is lost or kept for ever.
#[test]
fn rules_may_change_at_every_packet() {
    let dictionaries = [matcher(&[("Project Tern", 5)], 10), matcher(&[("e", 1)], 50)];
    let mut strict = options();
    for Case { change, .. } in tcp_cases().into_iter().chain(other_cases()) {
        change(&mut strict, &mut 0);
    }
    for (name, packets) in captures() {
        let seen = World::new(options(), &dictionaries[0]).run(&packets, |number, pipeline| {
            let (options, matcher) =
                if number % 2 == 0 { (&strict, &dictionaries[1]) } else { (&options(), &dictionaries[0]) };
            assert!(pipeline.exchange(&mut Settings::new(2, options.clone(), Arc::clone(matcher), 1)));
            pipeline.renew_flows();
        });
        let counter = |name: &str| seen.counters.iter().find(|(have, _)| *have == name).unwrap().1;
        assert_eq!(counter("decoder.pkts"), u64::try_from(packets.len()).unwrap(), "{name}");
        assert_eq!(u64::try_from(seen.flows().len()).unwrap(), counter("flow.total"), "{name}: each has its end");
        for held in
            ["flow.active", "tcp.segments_held", "tcp.pieces_held", "detect.hit_records", "app_layer.active.http"]
        {
            assert_eq!(counter(held), 0, "{name}: {held}");
        }
    }
}
