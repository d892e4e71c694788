//! Random fragments against naive models: bytes with owners for the policies that merge, runs for `linux`.

use proptest::prelude::*;

use super::*;

/// A fragment of the one packet that a case is about.
#[derive(Clone, Debug)]
struct Sent {
    offset: usize,
    more: bool,
    payload: Vec<u8>,
}

/// What each policy makes of the fragments: the packets that become whole.
trait Model {
    fn take(&mut self, sent: &Sent) -> Option<Vec<u8>>;
}

/// A byte and the piece that it belongs to.
type Owned = Option<(u8, usize)>;

/// For all policies but `linux`: bytes in a row, each with the number of its piece. A piece is what stands together.
struct Merging {
    policy: Policy,
    v6: bool,
    bytes: Vec<Owned>,
    total: Option<usize>,
    next: usize,
    bad: bool,
}

impl Merging {
    fn new(policy: Policy, v6: bool) -> Self {
        Self { policy, v6, bytes: vec![None; 2000], total: None, next: 0, bad: false }
    }

    /// The piece around a byte: what stands together with it and has the same number.
    fn around(&self, at: usize) -> (usize, usize) {
        let same = |other: &Owned| other.map(|(_, piece)| piece) == self.bytes[at].map(|(_, piece)| piece);
        let begin = at - self.bytes[..at].iter().rev().take_while(|other| same(other)).count();
        let end = at + self.bytes[at..].iter().take_while(|other| same(other)).count();
        (begin, end)
    }

    fn wins(&self, held: (usize, usize), new: (usize, usize)) -> bool {
        match self.policy {
            Policy::First => false,
            Policy::Last => true,
            Policy::Bsd => new.0 < held.0,
            Policy::Windows => new.0 < held.0 && new.1 > held.1,
            Policy::Linux | Policy::Drop => unreachable!(),
        }
    }
}

impl Model for Merging {
    fn take(&mut self, sent: &Sent) -> Option<Vec<u8>> {
        let (start, end) = (sent.offset, sent.offset + sent.payload.len());
        let top = self.bytes.iter().rposition(Option::is_some).map_or(0, |at| at + 1);
        self.bad |= sent.payload.is_empty()
            || sent.more && !sent.payload.len().is_multiple_of(8)
            || !sent.more && (end < top || self.total.is_some_and(|total| total != end))
            || sent.more && self.total.is_some_and(|total| end > total);
        if self.bad {
            return None;
        }
        if !sent.more {
            self.total = Some(end);
        }
        let held: Vec<usize> = (start..end).filter(|at| self.bytes[*at].is_some()).collect();
        if let [first, ..] = held[..] {
            let same = held.iter().all(|at| self.bytes[*at].unwrap().0 == sent.payload[at - start]);
            let exact = self.around(first) == (start, end) && held.len() == end - start;
            if !(same && exact) {
                if self.policy == Policy::Drop || self.v6 {
                    self.bad = true;
                    return None;
                }
                let wins: Vec<bool> = (start..end)
                    .map(|at| self.bytes[at].is_none() || self.wins(self.around(at), (start, end)))
                    .collect();
                for (number, at) in (start..end).enumerate() {
                    if wins[number] {
                        if number == 0 || !wins[number - 1] {
                            self.next += 1;
                        }
                        self.bytes[at] = Some((sent.payload[number], self.next));
                    }
                }
            }
        } else {
            self.next += 1;
            for (at, byte) in (start..end).zip(&sent.payload) {
                self.bytes[at] = Some((*byte, self.next));
            }
        }
        let whole =
            self.bytes[..self.total?].iter().map(|byte| byte.map(|(byte, _)| byte)).collect::<Option<Vec<u8>>>();
        if whole.is_some() {
            *self = Self::new(self.policy, self.v6);
        }
        whole
    }
}

/// `linux`: the kernel's queue, in the words of `ip_frag_queue`, `ip6_frag_queue` and `inet_frag_queue_insert`.
#[derive(Default)]
struct Kernel {
    v6: bool,
    /// Begin, end and bytes of each run, in order.
    runs: Vec<(usize, Vec<u8>)>,
    len: usize,
    last_in: bool,
}

impl Kernel {
    fn new(v6: bool) -> Self {
        Self { v6, ..Self::default() }
    }

    fn kill(&mut self) -> Option<Vec<u8>> {
        *self = Self::new(self.v6);
        None
    }
}

impl Model for Kernel {
    fn take(&mut self, sent: &Sent) -> Option<Vec<u8>> {
        let (offset, mut end) = (sent.offset, sent.offset + sent.payload.len());
        if self.v6 && offset == 0 && end == 0 || self.v6 && sent.more && end % 8 != 0 {
            return None;
        }
        if sent.more {
            end &= !7;
            if end > self.len {
                if self.last_in {
                    return self.kill();
                }
                self.len = end;
            }
        } else {
            if end < self.len || self.last_in && end != self.len {
                return self.kill();
            }
            self.last_in = true;
            self.len = end;
        }
        if end == offset {
            return self.kill();
        }
        let payload = &sent.payload[..end - offset];
        let ends = |run: &(usize, Vec<u8>)| run.0 + run.1.len();
        let touched: Vec<_> = self.runs.iter().filter(|run| run.0 < end && ends(run) > offset).collect();
        match touched[..] {
            [] => match self.runs.last_mut() {
                Some(last) if ends(last) == offset => last.1.extend(payload),
                _ => {
                    self.runs.push((offset, payload.to_vec()));
                    self.runs.sort_by_key(|run| run.0);
                }
            },
            [run] if run.0 <= offset && ends(run) >= end => return None,
            _ => return self.kill(),
        }
        let meat: usize = self.runs.iter().map(|run| run.1.len()).sum();
        if !self.last_in || meat != self.len {
            return None;
        }
        let whole = self.runs.iter().flat_map(|run| run.1.clone()).collect();
        *self = Self::new(self.v6);
        Some(whole)
    }
}

/// Fragments of a packet of about ten units: pieces of it, mostly the same bytes, now and then of another version,
/// with a wrong end or a wrong length.
fn sent() -> impl Strategy<Value = Sent> {
    let odd = prop_oneof![20 => Just(0_usize), 1 => 1..8_usize];
    (0..10_usize, 0..5_usize, odd, 0..16_u8, 0..24_u8).prop_map(|(unit, units, odd, version, end)| {
        let offset = unit * 8;
        let length = (units * 8).saturating_sub(odd) + usize::from(units == 0 && end > 2) * 8;
        // The packet is 80 bytes and a few; what reaches that far is usually the last fragment.
        let reaches = offset + length >= 80;
        let more = if reaches { end == 0 } else { end != 1 };
        let length = if reaches && !more && end > 3 { 83 - offset } else { length };
        let mark = if version < 2 { 0x80 * version } else { 0 };
        let payload = (offset..offset + length).map(|at| at as u8 ^ mark).collect();
        Sent { offset, more, payload }
    })
}

fn check(policy: Policy, v6: bool, schedule: &[Sent]) {
    let mut lab = Lab::new(Limits { restarts: u8::MAX, ..limits(policy) });
    let mut model: Box<dyn Model> = match policy {
        Policy::Linux => Box::new(Kernel::new(v6)),
        _ => Box::new(Merging::new(policy, v6)),
    };
    for (number, sent) in schedule.iter().enumerate() {
        let expected = model.take(sent);
        let fate = lab.send(&ip(v6, sent.offset as u32, sent.more, sent.payload.clone()));
        let delivered = if let Fate::Whole(payload) = fate { Some(payload) } else { None };
        assert_eq!(delivered, expected, "fragment {number}, policy {policy}, IPv6 {v6}");
    }
    lab.end();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_policy_agrees_with_its_model(schedule in prop::collection::vec(sent(), 1..24), v6: bool) {
        // What has offset 0 and no more after it is a whole packet.
        let schedule: Vec<Sent> = schedule.into_iter().filter(|sent| sent.more || sent.offset > 0).collect();
        for policy in Policy::ALL {
            check(policy, v6, &schedule);
        }
    }
}
