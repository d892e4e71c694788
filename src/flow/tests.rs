//! The flow table: keys, hash, and random operations against a naive model.

mod half_open;
mod half_open_model;
mod key;
mod model;
mod opening;
mod table;

use super::*;
use crate::wire::{Headers, TcpHeader, proto};

/// Nanoseconds of a second.
const S: u64 = 1_000_000_000;

/// Room for so many flows, and one half-open session.
fn flows(flows: u32) -> Capacity {
    Capacity { flows, half_open: 1 }
}

/// The flow that was found.
fn flow(found: Option<Found>) -> Option<FlowIndex> {
    found.map(|found| match found {
        Found::Flow(index) => index,
        Found::HalfOpen(index) => panic!("{index:?} is half open"),
    })
}

/// Headers of a packet, as far as a key looks at them.
fn headers(proto: u8, src: (u32, u16), dest: (u32, u16)) -> Headers {
    let address = |address: u32| {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&address.to_be_bytes());
        bytes
    };
    Headers {
        src: address(src.0),
        dest: address(dest.0),
        src_port: src.1,
        dest_port: dest.1,
        proto,
        v6: false,
        ttl: 64,
        mpls: false,
        fragment: false,
        icmp_error: false,
        tunnel: 0,
        stop: None,
        tenant: 0,
        vlan: [0; 2],
        network_at: 14,
        transport_at: 34,
        payload_at: 54,
        payload_len: 0,
        missing_len: 0,
        tcp: TcpHeader::default(),
    }
}

/// The packet that answers another.
fn answer(headers: &Headers) -> Headers {
    Headers {
        src: headers.dest,
        dest: headers.src,
        src_port: headers.dest_port,
        dest_port: headers.src_port,
        ..*headers
    }
}

/// The key of the `n`-th of many flows.
fn key(n: u32) -> FlowKey {
    FlowKey::of(&headers(proto::TCP, (0x0a00_0000 + n, 40_000), (0xc0a8_0001, 443)), true).0
}
