//! Dialogues whole, cut, with holes and odd.

mod build;
mod compressed;
mod files;
mod hostile;
mod openings;

use crate::event::Direction;
use crate::proto::testing::{Recorder, gap_anywhere, split_anywhere, whole};
use build::{Message, frame};

type Dialogue = Vec<(Direction, Vec<u8>)>;

/// What one side sends, each message in a frame of its own.
fn says(direction: Direction, messages: &[Message]) -> (Direction, Vec<u8>) {
    (direction, messages.iter().flat_map(|message| frame(std::slice::from_ref(message))).collect())
}

fn borrowed(dialogue: &Dialogue) -> Vec<(Direction, &[u8])> {
    dialogue.iter().map(|(direction, bytes)| (*direction, &bytes[..])).collect()
}

/// What is told of a dialogue, however it is cut; and with holes of several lengths anywhere, nothing is told wrong.
fn told(dialogue: &Dialogue) -> Recorder {
    let outcome = split_anywhere::<super::Smb>(&borrowed(dialogue));
    for length in [1, 70, 300] {
        gap_anywhere::<super::Smb>(&borrowed(dialogue), length, |_, _, _| {});
    }
    outcome
}

/// The same without cutting, for dialogues that are long.
fn told_whole(dialogue: &Dialogue) -> Recorder {
    whole::<super::Smb>(&borrowed(dialogue))
}

/// Of what was told, the lines that begin so.
fn lines<'a>(told: &'a [String], begin: &str) -> Vec<&'a str> {
    told.iter().filter(|line| line.starts_with(begin)).map(String::as_str).collect()
}
