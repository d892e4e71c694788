//! Keywords in content, the alerts they raise, and the sessions those end.

use super::{Desk, Trigger, head, length};
use crate::event::{AlertEvent, Direction, Event, Location};
use crate::flow::{Bits, Facts};
use crate::kill::eighth;
use crate::scan::keyword::{Crossing, ScanState};

/// When and by what packet bytes came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub(super) trigger: Option<Trigger<'a>>,
    pub(super) timestamp_ns: u64,
    pub(super) direction: Direction,
    /// The flow goes on, and what is scanned came before.
    pub(super) late: bool,
}

/// Which part of a flow's content bytes are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Where<'a> {
    /// A part that has a name of its own.
    Part(&'static str),
    /// What is in an object.
    Object(&'a [u8]),
}

impl Where<'_> {
    /// The stream, or the datagrams.
    pub(super) const STREAM: Self = Self::Part("stream");
}

impl Desk {
    /// Scans bytes that go on where the flow's last of that direction ended. `offset` is that of the first.
    pub(super) fn scan_flow(&mut self, flow: &mut Facts, spot: &Spot<'_>, place: Where<'_>, offset: u64, bytes: &[u8]) {
        self.renew(flow);
        let mut state = flow.scan.get(spot.direction.index()).copied().unwrap_or_default();
        self.scan(flow, spot, place, &mut state, offset, bytes);
        if let Some(kept) = flow.scan.get_mut(spot.direction.index()) {
            *kept = state;
        }
    }

    /// Scans bytes that go on where `state` was left. The flow must have been renewed.
    #[inline]
    pub(super) fn scan(
        &mut self,
        flow: &mut Facts,
        spot: &Spot<'_>,
        place: Where<'_>,
        state: &mut ScanState,
        offset: u64,
        bytes: &[u8],
    ) {
        // Disjoint parts, so that the automaton can be read while its hits are counted and raised.
        let Self { matcher, resets, configuration, hits, reset_wanted, told, killer, events, counters, .. } = self;
        if matcher.is_empty() {
            return;
        }
        counters.scanned_bytes = counters.scanned_bytes.saturating_add(length(bytes));
        let configuration = *configuration;
        matcher.scan(state, bytes, |keyword, end| {
            if let Some(crossing) = hits.count(&mut flow.hits, matcher, keyword) {
                let offset = offset.saturating_add(u64::try_from(end).unwrap_or(0));
                let wants_reset = resets.get(usize::from(crossing.dictionary)).copied().unwrap_or(false);
                *reset_wanted |= wants_reset;
                if told.has(crossing.dictionary) {
                    return;
                }
                flow.bits.set(Bits::ALERTED);
                if wants_reset && !flow.bits.has(Bits::KILLED) {
                    let killed = match spot.trigger {
                        Some(trigger) => killer.kill(trigger.frame, trigger.headers, trigger.iface, flow.last_ns) != 0,
                        // The flow's next packet is answered with the resets.
                        None => spot.late && killer.condemn(spot.timestamp_ns),
                    };
                    if killed {
                        flow.bits.set(Bits::KILLED);
                        flow.killed_at = eighth(flow.last_ns.max(spot.timestamp_ns));
                    }
                }
                counters.alerts = counters.alerts.saturating_add(1);
                let (alert, path) = alert(flow, spot, place, offset, configuration, wants_reset, &crossing);
                events.send_with(Event::Alert(alert), &[path]);
            }
        });
    }
}

/// The event of a threshold that was crossed, and its text.
#[cold]
fn alert<'a>(
    flow: &Facts,
    spot: &Spot<'_>,
    place: Where<'a>,
    offset: u64,
    configuration: u32,
    wants_reset: bool,
    crossing: &Crossing,
) -> (AlertEvent, &'a [u8]) {
    let (location, path) = match place {
        Where::Part(part) => (Location::Part(part), &[][..]),
        Where::Object(path) => (Location::Object(u16::try_from(path.len()).unwrap_or(0)), path),
    };
    let alert = AlertEvent {
        head: head(flow, spot.timestamp_ns),
        configuration,
        dictionary: crossing.dictionary,
        direction: spot.direction,
        location,
        offset,
        score: crossing.score,
        blocked: wants_reset && flow.bits.has(Bits::KILLED),
        hits: crossing.hits,
        hit_count: crossing.hit_count,
        more_hits: crossing.more_hits,
        packets: flow.packets,
        bytes: flow.bytes,
    };
    (alert, path)
}
