//! In steady state a packet costs no memory: not an allocation, not a release, on any way through the pipeline.
//!
//! The counting allocator is the `allocation-counter` crate's; it counts by thread, so that what the test harness
//! does meanwhile is not counted.

#[path = "common/pipeline.rs"]
mod pipeline;
#[path = "no_allocation/traffic.rs"]
mod traffic;

use std::sync::Arc;

use allocation_counter::{AllocationInfo, measure};
use pipeline::options as common_options;
use tidegate::dpdk::MAX_BURST;
use tidegate::event::{Event, EventReceiver, RingPolicy, channel};
use tidegate::flow::Capacity;
use tidegate::kill::Killer;
use tidegate::scan::keyword::{DictionarySpec, KeywordSpec, Matcher};
use tidegate::tcp::Limits;
use tidegate::worker::{Pipeline, PipelineOptions, Sessions, Settings};
use traffic::Traffic;

/// What `tests/captures/tern.toml` says.
fn matcher() -> Arc<Matcher> {
    let keywords = [("Project Tern", 5), ("launch valuation", 5), ("term sheet", 3), ("confidential", 1)];
    let keywords = keywords.map(|(text, weight)| KeywordSpec { bytes: text.as_bytes().into(), weight, max: 0 });
    Arc::new(Matcher::new(&[DictionarySpec { threshold: 10, ignore_case: true, keywords: keywords.into() }]).unwrap())
}

fn options() -> PipelineOptions {
    PipelineOptions {
        capacity: Capacity { flows: 4096, half_open: 1024 },
        tcp: Limits { history: 4096, ..Limits::new(1024, 64, 2_000_000_000) },
        sessions: Sessions::all(1024),
        hit_records: 1024,
        ..common_options()
    }
}

fn pipeline() -> (Pipeline, EventReceiver) {
    let (sender, receiver) = channel(4096, RingPolicy::DropAndCount);
    (Pipeline::new(options(), matcher(), Killer::new(None, 0), sender), receiver)
}

/// All packets of one turn, and the end of all their flows. Returns what was allocated and released meanwhile.
fn turn(pipeline: &mut Pipeline, traffic: &Traffic, number: u32) -> AllocationInfo {
    let frames = traffic.frames(number);
    measure(|| {
        for burst in frames.chunks(MAX_BURST) {
            pipeline.burst(burst);
        }
        // Late enough for every flow to have timed out; a bounded number ends a call.
        while pipeline.expire(traffic.end_ns(number)) != 0 {}
        while pipeline.go_on_with_parts() {}
    })
}

/// Flow ends and alerts in the ring.
fn drain(receiver: &mut EventReceiver) -> [u32; 2] {
    let mut seen = [0, 0];
    while let Some(event) = receiver.pop(&mut Vec::new()) {
        match event {
            Event::Flow(_) => seen[0] += 1,
            Event::Alert(_) => seen[1] += 1,
            Event::Anomaly(_) | Event::Record(_) | Event::File(_) => {}
        }
    }
    seen
}

/// Allocations and releases.
fn operations(info: &AllocationInfo) -> (u64, i64) {
    (info.count_total, i64::try_from(info.count_total).unwrap() - info.count_current)
}

#[test]
fn packets_cost_no_allocation_once_warm() {
    for (name, traffic, flows, alerts) in traffic::all() {
        let (mut pipeline, mut receiver) = pipeline();
        for number in 0..2 {
            turn(&mut pipeline, &traffic, number);
            assert_eq!(drain(&mut receiver), [flows, alerts], "{name}: flows and alerts while warming up");
        }
        let before = pipeline.snapshot();
        let info = turn(&mut pipeline, &traffic, 2);
        let after = pipeline.snapshot();
        assert_eq!(operations(&info), (0, 0), "{name}: allocations and releases");
        // What was counted was the real work, on flows that were new.
        assert_eq!(drain(&mut receiver), [flows, alerts], "{name}: flows and alerts");
        let packets = after.counters.packets - before.counters.packets;
        assert_eq!(packets, u64::try_from(traffic.len()).unwrap(), "{name}");
        assert_eq!(after.counters.flows - before.counters.flows, u64::from(flows), "{name}");
        assert_eq!((after.gauges.flows, after.gauges.segments_held, after.gauges.hit_records), (0, 0, 0), "{name}");
        assert_eq!(after.gauges.events_dropped, 0, "{name}");
    }
}

/// Every few packets the dictionaries change, with flows that have scanner states and hits of the ones before.
#[test]
fn another_configuration_costs_no_allocation_either() {
    let mut renewed = 0;
    for (name, traffic, _, _) in traffic::all() {
        let (mut pipeline, mut receiver) = pipeline();
        for number in 0..2 {
            turn(&mut pipeline, &traffic, number);
            drain(&mut receiver);
        }
        let mut settings = Settings::new(2, options(), matcher(), 7);
        let frames = traffic.frames(2);
        let info = measure(|| {
            for few in frames.chunks(5) {
                pipeline.burst(few);
                let before = pipeline.snapshot().gauges.hit_records;
                assert!(pipeline.exchange(&mut settings));
                pipeline.renew_flows();
                renewed += before - pipeline.snapshot().gauges.hit_records;
            }
        });
        assert_eq!(operations(&info), (0, 0), "{name}: allocations and releases");
    }
    assert!(renewed > 100, "only {renewed} records of hits were given back");
}

#[test]
fn the_traffic_takes_every_way_through_the_pipeline() {
    let (mut pipeline, mut receiver) = pipeline();
    for ((_, traffic, _, _), number) in traffic::all().into_iter().zip(0..) {
        turn(&mut pipeline, &traffic, number);
        drain(&mut receiver);
    }
    let snapshot = pipeline.snapshot();
    let ways = [
        ("in order", snapshot.tcp.in_order),
        ("out of order", snapshot.tcp.out_of_order),
        ("retransmitted", snapshot.tcp.retransmitted),
        ("gap", snapshot.tcp.gaps),
        ("HTTP", snapshot.counters.app_flows[tidegate::event::AppProto::Http as usize]),
        ("HTTP/2", snapshot.counters.app_flows[tidegate::event::AppProto::Http2 as usize]),
        ("SMB", snapshot.counters.app_flows[tidegate::event::AppProto::Smb as usize]),
        ("NFS", snapshot.counters.app_flows[tidegate::event::AppProto::Nfs as usize]),
        ("UDP", snapshot.counters.udp),
        ("ICMP", snapshot.counters.icmp),
        ("keyword", snapshot.hits.hits),
        ("alert", snapshot.counters.alerts),
        ("timeout", snapshot.counters.flows_timeout),
    ];
    for (way, count) in ways {
        assert_ne!(count, 0, "no traffic for: {way}");
    }
}

#[test]
fn an_allocation_would_be_counted() {
    let (mut pipeline, mut receiver) = pipeline();
    let (_, traffic, _, _) = traffic::all().swap_remove(0);
    for number in 0..2 {
        turn(&mut pipeline, &traffic, number);
        drain(&mut receiver);
    }
    let frames = traffic.frames(2);
    let mut kept = Vec::new();
    let info = measure(|| {
        for burst in frames.chunks(MAX_BURST) {
            pipeline.burst(burst);
            // One allocation a burst, which is what a careless consumer would do.
            kept.push(Box::new(burst.len()));
        }
    });
    assert!(info.count_total >= u64::try_from(frames.chunks(MAX_BURST).count()).unwrap(), "{info:?}");
    let info = measure(|| drop(kept));
    assert!(operations(&info).1 >= 1, "{info:?}");
}
