//! Events about a packet that belongs to no flow.

use super::{Frame, Pipeline};
use crate::event::{AnomalyEvent, AppProto, Direction, Event, FlowHead, Layer, Tuple, Versions};
use crate::wire::Headers;

impl Pipeline {
    /// Sends `event` about the packet of `headers` by itself: its sender stands for the client.
    ///
    /// `vlan` is the caller's, since a session's key may leave out the ids that the packet has.
    #[cold]
    pub(super) fn sessionless(
        &mut self,
        frame: &Frame<'_>,
        headers: &Headers,
        vlan: [u16; 2],
        layer: Layer,
        event: &'static str,
        versions: Option<Versions>,
    ) {
        let Headers { src, dest, src_port, dest_port, proto, v6, .. } = *headers;
        self.inspector.desk.events.send(Event::Anomaly(AnomalyEvent {
            head: FlowHead {
                timestamp_ns: frame.timestamp_ns,
                start_ns: frame.timestamp_ns,
                tuple: Tuple { src, dest, src_port, dest_port, proto, v6 },
                vlan,
                iface: frame.iface,
                app_proto: AppProto::Unknown,
            },
            of_flow: false,
            direction: Direction::ToServer,
            layer,
            event,
            versions,
            path: 0,
        }));
    }
}
