//! Who has to make room for others.

use proptest::prelude::*;

use super::*;
use crate::extractor::layout::CHUNK_BYTES;
use crate::extractor::{Counters, Failure, Lost};

#[test]
fn what_is_too_large_or_has_no_room_is_given_up() {
    let mut point = point(&Sizes { object_max: 1 << 18, arena: 1 << 17, ..sizes(1) });
    let ticket = begin(&mut point);
    assert_eq!(point.write(ticket, &vec![0; (1 << 18) + 1]), Err(Lost::TooLarge));
    let alone = begin(&mut point);
    point.write(alone, &vec![0; 1 << 17]).unwrap();
    assert_eq!(point.write(alone, b"x"), Err(Lost::NoRoom));
    assert_eq!(point.write(alone, b"x"), Err(Lost::Stalled), "it is there no more");
    assert_eq!(point.counters(), Counters::default(), "nobody has needed them yet");
    [Lost::TooLarge, Lost::NoRoom, Lost::Stalled].into_iter().for_each(|lost| point.lose(lost));
    let Counters { too_large, no_room, stalled, .. } = point.counters();
    assert_eq!((too_large, no_room, stalled), (1, 1, 1));
    assert_eq!(point.begin("7z", false), None, "there is no module for it");
}

#[test]
fn who_has_stopped_makes_room_for_who_goes_on() {
    let mut point = point(&Sizes { object_max: 1 << 16, arena: 1 << 17, ..sizes(1) });
    let half = vec![0; 1 << 16];
    let [stopped, other] = [begin(&mut point), begin(&mut point)];
    point.write(stopped, &half[..1000]).unwrap();
    point.write(other, &half).unwrap();
    // All of these, one after the other, take what the first two have held, and none of them loses anything.
    for number in 0..4 {
        assert_eq!(publish(&mut point, &half), Some(number));
    }
    assert_eq!((point.write(stopped, b"x"), point.counters().stalled), (Err(Lost::Stalled), 0));
    assert_eq!(point.publish(other, &whole(&Path::default()), true), None);
    assert_eq!(point.counters().stalled, 1, "it is counted when that is told");
    assert_eq!(point.counters().failed(Failure::Overflow), 2, "the last two have all the room");
}

/// What was published before an object was last written gives way to it, and what was published since does not.
#[test]
fn a_stopped_upload_is_worth_less_than_what_waits_for_a_process() {
    let mut point = point(&Sizes { object_max: 1 << 17, arena: 1 << 17, ..sizes(1) });
    let quarter = vec![0; 1 << 15];
    assert_eq!(publish(&mut point, &quarter), Some(0));
    let stopped = begin(&mut point);
    point.write(stopped, &quarter).unwrap();
    assert_eq!(publish(&mut point, &quarter), Some(1));
    let writer = begin(&mut point);
    let mut lost = Vec::new();
    for _ in 0..4 {
        point.write(writer, &quarter).unwrap();
        let held = [point.board.holds(0), point.board.is_open(stopped), point.board.holds(1)];
        lost.push(held.iter().filter(|held| !**held).count());
        assert!(held.is_sorted(), "the oldest goes first: {held:?}");
    }
    assert_eq!(lost, [0, 1, 2, 3]);
}

#[test]
fn a_place_is_taken_from_who_has_stopped() {
    let mut point = point(&sizes(1));
    let open: Vec<_> = (0..256).map(|_| begin(&mut point)).collect();
    point.write(open[0], b"goes on").unwrap();
    let next = begin(&mut point);
    assert_eq!(point.write(open[1], b"x"), Err(Lost::Stalled));
    for ticket in [open[0], open[2], next] {
        point.write(ticket, b"x").unwrap();
    }
    point.abandon(open[1]);
    point.write(next, b"the place is another's by now").unwrap();
}

/// An object as the model has it.
#[derive(Clone, Copy, Debug)]
struct Modelled {
    ticket: Ticket,
    /// Once it is published.
    number: Option<u64>,
    length: usize,
    written: u64,
    /// It has lost its memory.
    lost: bool,
}

impl Modelled {
    const fn chunks(&self) -> usize {
        if self.lost { 0 } else { self.length.div_ceil(CHUNK_BYTES) }
    }
}

const ROOM: usize = 12;
const MOST: usize = 8 * CHUNK_BYTES;

#[derive(Debug, Default)]
struct Model {
    objects: Vec<Modelled>,
    clock: u64,
}

impl Model {
    fn free(&self) -> usize {
        ROOM - self.objects.iter().map(Modelled::chunks).sum::<usize>()
    }

    /// The next `length` bytes of an object: whoever was written least recently makes room.
    fn write(&mut self, at: usize, length: usize) -> Result<(), Lost> {
        let own = self.objects[at];
        if own.lost {
            return Err(Lost::Stalled);
        }
        if own.length + length > MOST {
            self.objects[at].lost = true;
            return Err(Lost::TooLarge);
        }
        self.clock += 1;
        self.objects[at].written = self.clock;
        let wanted = (own.length + length).div_ceil(CHUNK_BYTES) - own.chunks();
        while wanted > self.free() {
            let others =
                self.objects.iter_mut().enumerate().filter(|(other, object)| *other != at && object.chunks() != 0);
            match others.min_by_key(|(_, object)| object.written) {
                Some((_, least)) => least.lost = true,
                None => {
                    self.objects[at].lost = true;
                    return Err(Lost::NoRoom);
                }
            }
        }
        self.objects[at].length += length;
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Do {
    Begin,
    Write(usize, usize),
    Publish(usize),
    Abandon(usize),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn room_is_made_by_who_was_written_least_recently(
        steps in prop::collection::vec(
            prop_oneof![
                3 => Just(Do::Begin),
                12 => (0..64_usize, 0..3 * CHUNK_BYTES).prop_map(|(at, length)| Do::Write(at, length)),
                2 => (0..64_usize).prop_map(Do::Publish),
                1 => (0..64_usize).prop_map(Do::Abandon),
            ],
            1..120,
        )
    ) {
        let mut point = point(&Sizes { object_max: MOST, arena: ROOM * CHUNK_BYTES, ..sizes(1) });
        let mut model = Model::default();
        for step in steps {
            let open: Vec<_> = (0..model.objects.len()).filter(|at| model.objects[*at].number.is_none()).collect();
            let chosen = |at: usize| open.get(at % open.len().max(1)).copied();
            match step {
                Do::Begin => {
                    let ticket = begin(&mut point);
                    model.clock += 1;
                    model.objects.push(Modelled { ticket, number: None, length: 0, written: model.clock, lost: false });
                }
                Do::Write(at, length) => {
                    let Some(at) = chosen(at) else { continue };
                    let written = point.write(model.objects[at].ticket, &vec![7; length]);
                    prop_assert_eq!(written, model.write(at, length));
                }
                Do::Publish(at) => {
                    let Some(at) = chosen(at) else { continue };
                    let Modelled { ticket, lost, .. } = model.objects[at];
                    let number = point.publish(ticket, &whole(&Path::default()), true);
                    prop_assert_eq!(number.is_none(), lost);
                    match number {
                        Some(_) => model.objects[at].number = number,
                        None => drop(model.objects.remove(at)),
                    }
                }
                Do::Abandon(at) => {
                    let Some(at) = chosen(at) else { continue };
                    point.abandon(model.objects.remove(at).ticket);
                }
            }
            for object in &model.objects {
                let holds = object.number.map_or_else(|| point.board.is_open(object.ticket), |number| point.board.holds(number));
                prop_assert_eq!(holds, !object.lost && (object.number.is_none() || object.length != 0), "{:?}", object);
            }
            prop_assert_eq!(point.board.free(), model.free());
        }
        let published = model.objects.iter().filter(|object| object.number.is_some() && object.lost).count();
        while point.next_failed().is_some() {}
        prop_assert_eq!(point.counters().failed(Failure::Overflow), published as u64);
    }
}
