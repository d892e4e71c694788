//! What every event of a flow begins with, and the counts that most of them carry.

use std::net::IpAddr;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::EncodeError;
use super::proto::Proto;
use super::text::Text;
use crate::event::community_id::CommunityId;
use crate::event::flow_id::flow_id;
use crate::event::names::EventNames;
use crate::event::timestamp::EveTime;
use crate::event::types::{Direction, FlowHead, Tuple};

/// EVE's common section.
#[derive(Serialize)]
pub(super) struct Head<'a> {
    timestamp: EveTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_id: Option<u64>,
    in_iface: Text<'a>,
    event_type: &'static str,
    #[serde(skip_serializing_if = "Vlan::is_empty")]
    vlan: Vlan,
    #[serde(flatten)]
    ends: Ends,
    proto: Proto,
    ip_v: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    icmp_type: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icmp_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_proto: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    community_id: Option<CommunityId>,
}

impl<'a> Head<'a> {
    /// The head of an event that is told in `direction`: its sender is `src_ip`.
    pub(super) fn new(
        event_type: &'static str,
        head: &FlowHead,
        direction: Direction,
        names: &'a EventNames,
    ) -> Result<Self, EncodeError> {
        let tuple = &head.tuple;
        let proto = Proto(tuple.proto);
        let iface = names.ifaces.get(usize::from(head.iface)).ok_or(EncodeError::UnknownInterface(head.iface))?;
        Ok(Self {
            timestamp: EveTime(head.timestamp_ns),
            flow_id: Some(flow_id(head)),
            in_iface: Text(iface),
            event_type,
            vlan: Vlan(head.vlan),
            ends: Ends::new(tuple, direction),
            proto,
            ip_v: if tuple.v6 { 6 } else { 4 },
            icmp_type: proto.is_icmp().then_some(tuple.src_port),
            icmp_code: proto.is_icmp().then_some(tuple.dest_port),
            app_proto: head.app_proto.name(),
            community_id: Some(CommunityId::of(tuple)),
        })
    }

    /// The same for a packet that belongs to no flow: what is made from a flow's ports and start is left out.
    pub(super) fn without_flow(self) -> Self {
        Self { flow_id: None, community_id: None, ..self }
    }
}

/// Who sends to whom.
#[derive(Serialize)]
pub(super) struct Ends {
    src_ip: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_port: Option<u16>,
    dest_ip: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    dest_port: Option<u16>,
}

impl Ends {
    pub(super) fn new(tuple: &Tuple, direction: Direction) -> Self {
        let ports = Proto(tuple.proto).has_ports();
        let client = (tuple.src_ip(), ports.then_some(tuple.src_port));
        let server = (tuple.dest_ip(), ports.then_some(tuple.dest_port));
        let ((src_ip, src_port), (dest_ip, dest_port)) = match direction {
            Direction::ToServer => (client, server),
            Direction::ToClient => (server, client),
        };
        Self { src_ip, src_port, dest_ip, dest_port }
    }
}

/// VLAN ids from the outside in; written as an array of those that are there.
struct Vlan([u16; 2]);

impl Vlan {
    fn ids(&self) -> impl Iterator<Item = u16> {
        self.0.into_iter().take_while(|id| *id != 0)
    }

    fn is_empty(&self) -> bool {
        self.ids().next().is_none()
    }
}

impl Serialize for Vlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.ids().count()))?;
        for id in self.ids() {
            seq.serialize_element(&id)?;
        }
        seq.end()
    }
}

/// A flow's packets and bytes by direction, and its start.
#[derive(Serialize)]
pub(super) struct Counts {
    pkts_toserver: u64,
    pkts_toclient: u64,
    bytes_toserver: u64,
    bytes_toclient: u64,
    start: EveTime,
}

impl Counts {
    pub(super) const fn new([pkts_toserver, pkts_toclient]: [u64; 2], bytes: [u64; 2], start_ns: u64) -> Self {
        let [bytes_toserver, bytes_toclient] = bytes;
        Self { pkts_toserver, pkts_toclient, bytes_toserver, bytes_toclient, start: EveTime(start_ns) }
    }
}
