//! A new configuration while packets flow.
//!
//! Flows, streams, stored segments, half-open sessions, fragments and parsers stay as they are. A flow's scanner states
//! and keyword scores mean something only to the dictionaries that made them. Whose they are is one bit of the flow,
//! which changes with the dictionaries: a flow whose bit is another begins anew with its next piece, and a walk over
//! the table, a slice at each housekeeping and each idle poll, sees to the flows that say nothing. The next
//! dictionaries wait until it is through, so that one bit is enough.

use std::mem::swap;
use std::sync::Arc;

use super::Pipeline;
use crate::worker::settings::Settings;

/// Flow records looked at in one step of the walk, about 50 µs' worth.
const SLICE: u32 = 4096;

impl Pipeline {
    /// Takes `settings` and leaves there what it had before, between two bursts. False, with nothing changed, while
    /// the walk after the last dictionaries goes on ([`Pipeline::renew_flows`]).
    ///
    /// Exchanges values of fixed size: no allocation, nothing is freed.
    pub fn exchange(&mut self, settings: &mut Settings) -> bool {
        let inspector = &mut self.inspector;
        if !Arc::ptr_eq(&inspector.desk.matcher, &settings.matcher) {
            if self.renewing.is_some() {
                return false;
            }
            self.renewing = Some(0);
            inspector.desk.generation = !inspector.desk.generation;
        }
        let is_new = !Arc::ptr_eq(&inspector.desk.matcher, &settings.matcher);
        swap(&mut inspector.desk.matcher, &mut settings.matcher);
        if is_new {
            inspector.objects.renew(&mut inspector.desk);
        }
        swap(&mut inspector.desk.resets, &mut settings.resets);
        swap(&mut inspector.desk.configuration, &mut settings.number);
        swap(&mut inspector.tls_handshake_only, &mut settings.tls_handshake_only);
        inspector.desk.killer.exchange(&mut settings.kill_rate);
        self.tcp.exchange(&mut settings.tcp, &mut settings.least_depth);
        self.table.exchange(&mut settings.timeouts);
        if let Some(fragments) = &mut self.fragments {
            fragments.defragmenter_mut().exchange(&mut settings.defrag);
        }
        let options = &mut self.options;
        swap(&mut options.tcp_checksum, &mut settings.tcp_checksum);
        swap(&mut options.verify_checksum, &mut settings.verify_checksum);
        swap(&mut options.half_open_events, &mut settings.half_open_events);
        swap(&mut options.overload, &mut settings.overload);
        swap(&mut options.midstream, &mut settings.midstream);
        true
    }

    /// The next step of the walk over flows that new dictionaries ask for; nothing when there are none.
    pub fn renew_flows(&mut self) {
        let Some(from) = self.renewing else { return };
        let to = from.saturating_add(SLICE);
        for flow in self.table.walk_mut(from..to) {
            self.inspector.renew(&mut flow.facts);
        }
        let done = usize::try_from(to).unwrap_or(usize::MAX) >= self.table.capacity();
        self.renewing = if done { None } else { Some(to) };
    }
}
