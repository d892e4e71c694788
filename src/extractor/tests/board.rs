//! Objects written in pieces, side by side, and copied out.

use proptest::prelude::*;

use super::facts;
use crate::dpdk::shared::ReadOnly;
use crate::extractor::board::{Board, Ticket};
use crate::extractor::layout::{CHUNK_BYTES, RING};
use crate::extractor::taker::{Found, Taker};

fn bytes(seed: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 31 + seed * 7 + at / 255) % 251).unwrap()).collect()
}

fn read_only(board: &Board) -> ReadOnly {
    ReadOnly::open(board.memory().descriptor().unwrap()).unwrap()
}

fn write(board: &mut Board, bytes: &[u8]) -> Ticket {
    let ticket = board.begin().unwrap();
    assert_eq!(board.write(ticket, bytes), bytes.len());
    ticket
}

#[test]
fn objects_of_every_length_around_words_and_chunks_come_out_as_they_went_in() {
    let mut board = Board::new(8 * CHUNK_BYTES, false).unwrap();
    let memory = read_only(&board);
    let (mut taker, mut copy) = (Taker::new(&memory, 5, 0), Vec::new());
    let around = |at: usize| at.saturating_sub(9)..at + 10;
    for length in around(0).chain(around(CHUNK_BYTES)).chain(around(3 * CHUNK_BYTES)) {
        let object = bytes(length, length);
        let ticket = write(&mut board, &object);
        let number = board.publish(ticket, 1 << 5, &facts());
        assert_eq!(taker.next(&mut copy), Found::Object(number, facts()), "{length} bytes");
        assert!(copy == object, "{length} bytes");
        board.release(number);
        assert_eq!(board.free(), 8, "all chunks are back");
    }
    assert_eq!(taker.next(&mut copy), Found::Nothing);
}

#[test]
fn what_has_no_room_is_written_once_there_is() {
    let mut board = Board::new(2 * CHUNK_BYTES, false).unwrap();
    let first = write(&mut board, &bytes(1, CHUNK_BYTES));
    let number = board.publish(first, 1, &facts());
    let object = bytes(2, 2 * CHUNK_BYTES);
    let second = board.begin().unwrap();
    assert_eq!(board.write(second, &object), CHUNK_BYTES);
    board.release(number);
    assert_eq!(board.write(second, &object[CHUNK_BYTES..]), CHUNK_BYTES);
    let memory = read_only(&board);
    let (mut taker, mut copy) = (Taker::new(&memory, 0, 0), Vec::new());
    board.publish(second, 1, &facts());
    assert_eq!(taker.next(&mut copy), Found::Skipped, "its memory was taken");
    assert_eq!(taker.next(&mut copy), Found::Object(1, facts()));
    assert!(copy == object);
}

#[test]
fn an_abandoned_object_gives_its_chunks_back() {
    let mut board = Board::new(4 * CHUNK_BYTES, false).unwrap();
    let ticket = write(&mut board, &bytes(1, 3 * CHUNK_BYTES));
    assert_eq!(board.free(), 1);
    board.abandon(ticket);
    assert_eq!((board.free(), board.published()), (4, 0));
}

#[test]
fn each_process_has_its_own_position_and_who_is_late_goes_on_with_the_oldest_there_is() {
    let mut board = Board::new(4 << 20, false).unwrap();
    let memory = read_only(&board);
    let mut copy = Vec::new();
    let mut takers: Vec<_> = (0..32).map(|reader| Taker::new(&memory, reader, 0)).collect();
    for round in 0..RING as u64 + 10 {
        board.release(round.saturating_sub(RING as u64));
        let ticket = write(&mut board, &round.to_le_bytes());
        // For every second process.
        assert_eq!(board.publish(ticket, 0x5555_5555, &facts()), round);
        assert_eq!(takers[2].next(&mut copy), Found::Object(round, facts()));
        assert_eq!(copy, round.to_le_bytes());
    }
    // Process 4 has slept through all of it; process 3 is not meant.
    assert_eq!(takers[4].next(&mut copy), Found::Object(10, facts()));
    assert_eq!(copy, 10_u64.to_le_bytes());
    assert_eq!(takers[3].next(&mut copy), Found::Skipped);
    assert_eq!((takers[2].position(), takers[3].position(), takers[4].position()), (138, 11, 11));
}

#[derive(Clone, Debug)]
enum Do {
    /// The next bytes of one of the open objects.
    Write(usize, usize),
    Publish(usize),
    Abandon(usize),
    Release,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn objects_side_by_side_never_mix(
        steps in prop::collection::vec(
            prop_oneof![
                8 => (0..4_usize, 0..3 * CHUNK_BYTES / 2).prop_map(|(at, length)| Do::Write(at, length)),
                2 => (0..4_usize).prop_map(Do::Publish),
                1 => (0..4_usize).prop_map(Do::Abandon),
                2 => Just(Do::Release),
            ],
            1..200,
        )
    ) {
        let mut board = Board::new(24 * CHUNK_BYTES, false).unwrap();
        let memory = read_only(&board);
        let (mut taker, mut copy) = (Taker::new(&memory, 0, 0), Vec::new());
        let mut open: Vec<(Ticket, Vec<u8>)> = (0..4).map(|_| (board.begin().unwrap(), Vec::new())).collect();
        let mut held = std::collections::VecDeque::new();
        for (seed, step) in steps.into_iter().enumerate() {
            match step {
                Do::Write(at, length) => {
                    let piece = bytes(seed, length);
                    let written = board.write(open[at].0, &piece);
                    open[at].1.extend_from_slice(&piece[..written]);
                }
                Do::Publish(at) => {
                    if held.len() == RING {
                        continue;
                    }
                    let (ticket, object) = std::mem::replace(&mut open[at], (board.begin().unwrap(), Vec::new()));
                    let number = board.publish(ticket, 1, &facts());
                    prop_assert_eq!(taker.next(&mut copy), Found::Object(number, facts()));
                    prop_assert!(copy == object);
                    held.push_back(number);
                }
                Do::Abandon(at) => {
                    board.abandon(open[at].0);
                    open[at] = (board.begin().unwrap(), Vec::new());
                }
                Do::Release => {
                    if let Some(number) = held.pop_front() {
                        board.release(number);
                    }
                }
            }
        }
        held.into_iter().for_each(|number| board.release(number));
        open.into_iter().for_each(|(ticket, _)| board.abandon(ticket));
        prop_assert_eq!(board.free(), 24);
    }
}
