//! What a worker passes on to another, and what becomes of it there.

#[path = "common/pipeline.rs"]
mod pipeline;

use std::sync::Arc;

use etherparse::{IpNumber, PacketBuilder};
use pipeline::options;
use tidegate::event::{Event, EventReceiver, RingPolicy, channel};
use tidegate::flow::Capacity;
use tidegate::kill::Killer;
use tidegate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use tidegate::steer::{Reta, Steering};
use tidegate::wire::{Headers, LinkType, Tunnels};
use tidegate::worker::{Forward, Frame, Origin, Pipeline, PipelineOptions, TcpChecksums};

/// A worker's way to others that only writes down what it is given.
struct Others {
    number: u16,
    steering: Steering,
    passed: Vec<(u16, LinkType, u32, Vec<u8>)>,
}

impl Forward for Others {
    fn elsewhere(&self, frame: &[u8], headers: &Headers) -> Option<u16> {
        Some(self.steering.owner(frame, headers)).filter(|owner| *owner != self.number)
    }

    fn pass(&mut self, _number: usize, frame: &Frame<'_>, worker: u16) {
        self.passed.push((worker, frame.link, frame.wire_len, frame.data.to_vec()));
    }

    fn pass_copy(&mut self, head: &[u8], frame: &Frame<'_>, worker: u16) {
        self.passed.push((worker, frame.link, frame.wire_len, [head, frame.data].concat()));
    }
}

/// Worker `number` of eight.
fn worker(number: u16) -> (Pipeline, Others, EventReceiver) {
    let keyword = KeywordSpec { bytes: b"Project Tern".as_slice().into(), weight: 1, max: 0 };
    let matcher =
        Matcher::new(&[DictionarySpec { threshold: 1, ignore_case: false, keywords: vec![keyword] }]).unwrap();
    let (sender, receiver) = channel(256, RingPolicy::DropAndCount);
    let options = PipelineOptions {
        capacity: Capacity { flows: 1024, half_open: 256 },
        half_open_events: true,
        tcp_checksum: TcpChecksums::Ignored,
        defrag: tidegate::defrag::Limits { descriptors: 64, large_buffers: 8, ..Default::default() },
        ..options()
    };
    let steering = Steering::new(Reta::new(512, 8).unwrap(), Tunnels::all());
    let pipeline = Pipeline::new(options, Arc::new(matcher), Killer::new(None, 0), sender);
    (pipeline, Others { number, steering, passed: Vec::new() }, receiver)
}

fn frame(data: &[u8], origin: Origin) -> Frame<'_> {
    Frame { data, timestamp_ns: 1, clock_ns: 1, wire_len: data.len() as u32, origin, ..Frame::EMPTY }
}

fn alerts(receiver: &mut EventReceiver) -> usize {
    std::iter::from_fn(|| receiver.pop(&mut Vec::new())).filter(|event| matches!(event, Event::Alert(_))).count()
}

fn counter(pipeline: &Pipeline, name: &str) -> u64 {
    let mut found = None;
    pipeline.snapshot().visit(|have, value| found = if have == name { Some(value) } else { found });
    found.unwrap_or_else(|| panic!("there is no counter {name}"))
}

fn udp(src_port: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let step = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64);
    step.udp(src_port, 9000).write(&mut bytes, payload).unwrap();
    bytes
}

/// A frame of an IPv4 packet that carries `body`.
fn ipv4(proto: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let step = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4([203, 0, 113, 1], [203, 0, 113, 2], 64);
    step.write(&mut bytes, IpNumber(proto), body).unwrap();
    bytes
}

/// An Ethernet frame of an IPv4 packet, cut into fragments of `size` bytes of payload.
fn fragments(frame: &[u8], size: usize) -> Vec<Vec<u8>> {
    let (head, payload) = frame.split_at(34);
    let pieces = payload.chunks(size).enumerate();
    let last = payload.len().div_ceil(size) - 1;
    pieces
        .map(|(number, piece)| {
            let mut bytes = [head, piece].concat();
            let field = u16::try_from(number * size / 8).unwrap() | if number == last { 0 } else { 0x2000 };
            bytes[16..18].copy_from_slice(&u16::try_from(20 + piece.len()).unwrap().to_be_bytes());
            bytes[18..20].copy_from_slice(&[0x12, 0x34]);
            bytes[20..22].copy_from_slice(&field.to_be_bytes());
            bytes[24..26].fill(0);
            let sum = tidegate::wire::checksum::finish(tidegate::wire::checksum::add(0, &bytes[14..34]));
            bytes[24..26].copy_from_slice(&sum.to_be_bytes());
            bytes
        })
        .collect()
}

fn owner(data: &[u8]) -> u16 {
    let (worker, headers) = worker(0).1.steering.frame(LinkType::Ethernet, data, data.len() as u32);
    assert!(headers.is_some());
    worker
}

/// A datagram with the keyword whose owner is not `other`.
fn datagram_of_another(other: u16) -> Vec<u8> {
    let text = [&[b'.'; 90][..], b"Project Tern", &[b'.'; 90]].concat();
    (40_000..40_100).map(|port| udp(port, &text)).find(|data| owner(data) != other).unwrap()
}

#[test]
fn a_packet_that_is_put_together_goes_to_the_worker_of_its_connection() {
    let parts = fragments(&udp(1, &[0; 64]), 32);
    let here = owner(&parts[0]);
    assert!(parts.iter().all(|part| owner(part) == here), "fragments go by their addresses");
    let whole = datagram_of_another(here);
    let parts = fragments(&whole, 96);
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let (mut pipeline, mut others, mut events) = worker(here);
        let burst = order.map(|at| frame(&parts[at], Origin::Nic));
        pipeline.burst_among(&burst, &mut others);
        let [(to, link, wire_len, data)] = others.passed.as_slice() else { panic!("{:?}", others.passed.len()) };
        assert_eq!((*to, *link), (owner(&whole), LinkType::Ethernet));
        assert_eq!(*wire_len as usize, parts.iter().map(Vec::len).sum::<usize>(), "what the fragments had on the wire");
        assert_eq!(data[34..], whole[34..]);
        assert_eq!(
            (alerts(&mut events), counter(&pipeline, "decoder.udp"), counter(&pipeline, "decoder.pkts")),
            (0, 0, 3)
        );
        // There it is a packet like any other, and is not counted again.
        let (mut pipeline, mut others, mut events) = worker(*to);
        let arrived = Frame { wire_len: *wire_len, ..frame(data, Origin::Mesh) };
        pipeline.burst_among(&[arrived], &mut others);
        assert_eq!(
            (alerts(&mut events), counter(&pipeline, "decoder.udp"), counter(&pipeline, "decoder.pkts")),
            (1, 1, 0)
        );
        assert!(others.passed.is_empty());
    }
}

#[test]
fn what_is_put_together_at_home_stays_at_its_place_in_the_burst() {
    let text = [&[b'.'; 90][..], b"Project Tern", &[b'.'; 90]].concat();
    let whole = udp(40_000, &text);
    let parts = fragments(&whole, 96);
    let small = udp(40_000, b"Project T");
    let (mut pipeline, _, mut events) = worker(0);
    let [first, second, third] = parts.as_slice() else { panic!("{} parts", parts.len()) };
    let burst = [third, &small, first, second, &small].map(|data| frame(data, Origin::Steered));
    pipeline.burst(&burst);
    pipeline.flush(2);
    let flow = std::iter::from_fn(|| events.pop(&mut Vec::new())).find_map(|event| match event {
        Event::Flow(flow) => Some(flow),
        _ => None,
    });
    assert_eq!(flow.unwrap().packets, [3, 0], "two small ones and the one in between");
    assert_eq!(counter(&pipeline, "defrag.ipv4.reassembled"), 1);
}

#[test]
fn a_nic_s_tunnelled_packets_and_icmp_errors_go_to_whom_they_belong() {
    let inner = datagram_of_another(owner(&udp(1, b"")));
    let tunnelled = ipv4(4, &inner[14..]);
    assert_eq!(owner(&tunnelled), owner(&inner), "by the inner addresses");
    let error = ipv4(1, &[&[3, 3, 0, 0, 0, 0, 0, 0], &inner[14..14 + 28]].concat());
    assert_eq!(owner(&error), owner(&inner), "by the header that is quoted");
    let here = (owner(&inner) + 1) % 8;
    let (mut pipeline, mut others, mut events) = worker(here);
    pipeline.burst_among(&[&tunnelled, &error].map(|data| frame(data, Origin::Nic)), &mut others);
    let expected =
        [&tunnelled, &error].map(|data| (owner(&inner), LinkType::Ethernet, data.len() as u32, data.clone()));
    assert_eq!(others.passed, expected);
    assert_eq!((alerts(&mut events), counter(&pipeline, "decoder.tunnelled")), (0, 0));
    // What software has steered is where it belongs, and what came by the mesh goes no further.
    for origin in [Origin::Steered, Origin::Mesh] {
        let (mut pipeline, mut others, mut events) = worker(here);
        pipeline.burst_among(&[&tunnelled, &error].map(|data| frame(data, origin)), &mut others);
        assert!(others.passed.is_empty());
        assert_eq!((alerts(&mut events), counter(&pipeline, "decoder.tunnelled")), (1, 1));
        let errors = ["decoder.icmp_error", "decoder.icmp_error_known"].map(|name| counter(&pipeline, name));
        assert_eq!(errors, [1, 1], "the connection is known by then");
    }
}

/// A VXLAN frame of network 77 around an Ethernet frame.
fn vxlan(inner: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let step = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4([203, 0, 113, 1], [203, 0, 113, 2], 64);
    step.udp(50_000, 4789).write(&mut bytes, &[&[8, 0, 0, 0, 0, 0, 77, 0], inner].concat()).unwrap();
    bytes
}

#[test]
fn fragments_within_a_tunnel_keep_what_the_tunnel_says() {
    let here = owner(&fragments(&udp(1, &[0; 64]), 32)[0]);
    let whole = datagram_of_another(here);
    let (mut pipeline, mut others, _) = worker(here);
    let parts: Vec<_> = fragments(&whole, 96).iter().map(|part| vxlan(part)).collect();
    let burst: Vec<_> = parts.iter().map(|data| frame(data, Origin::Nic)).collect();
    pipeline.burst_among(&burst, &mut others);
    let [(to, link, wire_len, data)] = others.passed.as_slice() else { panic!("{:?}", others.passed.len()) };
    assert_eq!((*to, *link), (owner(&whole), LinkType::Resumed));
    let (mut pipeline, mut others, mut events) = worker(*to);
    let arrived = Frame { link: *link, wire_len: *wire_len, ..frame(data, Origin::Mesh) };
    // The same flow as one that was not fragmented.
    let unfragmented = vxlan(&whole);
    pipeline.burst_among(&[arrived, frame(&unfragmented, Origin::Steered)], &mut others);
    assert_eq!(alerts(&mut events), 1);
    assert_eq!((counter(&pipeline, "flow.total"), counter(&pipeline, "decoder.tunnelled")), (1, 2));
    // The same addresses outside of the tunnel are another flow.
    pipeline.burst_among(&[frame(&whole, Origin::Steered)], &mut others);
    assert_eq!(counter(&pipeline, "flow.total"), 2);
}

#[test]
fn a_fragmented_tunnel_is_looked_into_and_fragments_within_it_too() {
    let inner: Vec<_> = fragments(&udp(40_000, &[&[b'.'; 90][..], b"Project Tern", &[b'.'; 90]].concat()), 96);
    let outer: Vec<_> = inner.iter().map(|part| ipv4(4, &part[14..])).collect();
    let (mut pipeline, _, mut events) = worker(0);
    for (id, packet) in outer.iter().enumerate() {
        for mut part in fragments(packet, 64) {
            part[18] = u8::try_from(id).unwrap();
            part[24..26].fill(0);
            let sum = tidegate::wire::checksum::finish(tidegate::wire::checksum::add(0, &part[14..34]));
            part[24..26].copy_from_slice(&sum.to_be_bytes());
            pipeline.burst(&[frame(&part, Origin::Steered)]);
        }
    }
    // Two of the three outer packets, and the inner one; the third part is small enough for the tunnel.
    assert_eq!((alerts(&mut events), counter(&pipeline, "defrag.ipv4.reassembled")), (1, 3));
    assert_eq!((counter(&pipeline, "decoder.tunnelled"), counter(&pipeline, "flow.total")), (1, 1));
}

#[test]
fn a_fault_and_too_many_tunnels_are_events_without_a_flow() {
    let mut deep = udp(1, b"x");
    for _ in 0..5 {
        deep = ipv4(4, &deep[14..]);
    }
    let mut parts = fragments(&udp(1, &[0; 200]), 96);
    let other = fragments(&udp(2, &[1; 200]), 96);
    parts.insert(1, other[0].clone());
    parts.push(deep);
    let (mut pipeline, _, mut events) = worker(0);
    let burst: Vec<_> = parts.iter().map(|data| frame(data, Origin::Steered)).collect();
    pipeline.burst(&burst);
    let seen: Vec<_> = std::iter::from_fn(|| events.pop(&mut Vec::new()))
        .filter_map(|event| match event {
            Event::Anomaly(anomaly) => Some((anomaly.event, anomaly.of_flow, anomaly.versions.is_some())),
            _ => None,
        })
        .collect();
    assert!(seen.iter().any(|(event, ..)| *event == "decoder.too_many_layers"), "{seen:?}");
    assert!(seen.iter().any(|(event, ..)| event.starts_with("decoder.ipv4.frag_overlap")), "{seen:?}");
    assert!(seen.iter().all(|(_, of_flow, _)| !of_flow), "{seen:?}");
}
