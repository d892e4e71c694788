//! Whether a connection speaks DNS: by the shape of its first message, on any port.

use super::message::{HEADER_BYTES, Header, Question, Resource};
use super::name::Fault;
use super::names::record_type;
use crate::proto::parser::{Guess, HEAD_BYTES, Heads};

/// Questions that are believed.
const MOST_QUESTIONS: u16 = 64;

/// Records of a section that are believed.
const MOST: u16 = 512;

/// Length of a message whose header is waited for: that of text's first two letters is more.
const MOST_WAITED_FOR: usize = 0x2000;

/// A message whose datagrams were kept.
#[must_use]
pub fn guess(heads: &Heads<'_>) -> Guess {
    of_either(heads, |head| of_message(head, head.len() < HEAD_BYTES))
}

/// A message behind its length, as TCP has it (RFC 1035 section 4.2.2).
#[must_use]
pub fn guess_tcp(heads: &Heads<'_>) -> Guess {
    of_either(heads, |head| {
        let Some((length, message)) = head.split_first_chunk() else { return Guess::More };
        let length = usize::from(u16::from_be_bytes(*length));
        if length < HEADER_BYTES + 5 {
            return Guess::No;
        }
        let message = message.get(..length).unwrap_or(message);
        let is_whole = message.len() == length;
        if !is_whole && message.len() < HEADER_BYTES + 5 && head.len() < HEAD_BYTES {
            // Text has lengths beyond that, and nobody is to wait for the rest of a line to see that it is none.
            let may_be = length < MOST_WAITED_FOR && Header::read(message).is_none_or(has_shape);
            return if may_be { Guess::More } else { Guess::No };
        }
        of_message(message, is_whole)
    })
}

fn of_either(heads: &Heads<'_>, of: impl Fn(&[u8]) -> Guess) -> Guess {
    match (heads.to_server, heads.to_client) {
        (b"", b"") => Guess::More,
        (b"", head) | (head, _) => of(head),
    }
}

/// A header of an operation that is in use, with counts that go with it.
fn has_shape(header: Header) -> bool {
    let [answers, ..] = header.sections;
    let counts = match (header.is_response(), header.operation()) {
        (true, 0 | 4 | 5) => header.questions == 1 || answers > 0,
        // Multicast DNS asks much at once, and says what it knows already (RFC 6762 section 7.1).
        (false, 0 | 4 | 5) => header.questions > 0,
        _ => false,
    };
    counts
        && header.questions <= MOST_QUESTIONS
        && !header.is_reserved_set()
        && header.response_code() <= 10
        && (header.is_response() || header.response_code() == 0)
        && header.sections.iter().all(|count| *count <= MOST)
}

/// `is_whole`: there is no more of the message than that.
fn of_message(message: &[u8], is_whole: bool) -> Guess {
    let Some(header) = Header::read(message).filter(|header| has_shape(*header)) else { return Guess::No };
    match reads(message, header) {
        Ok(()) => Guess::Yes,
        // What is missing may be behind what was kept.
        Err(Some(Fault::Malformed)) if !is_whole => Guess::Yes,
        Err(_) => Guess::No,
    }
}

/// Questions and records have known types; an error without a fault where one has not.
fn reads(message: &[u8], header: Header) -> Result<(), Option<Fault>> {
    let mut at = HEADER_BYTES;
    for _ in 0..header.questions {
        let question = Question::read(message, at)?;
        // The highest bit asks multicast DNS for an answer to one alone (RFC 6762 section 5.4).
        let is_class = matches!(question.class & 0x7FFF, 1 | 3 | 4 | 254 | 255);
        // Names may have any bytes, and those of tunnels do.
        if !is_class || record_type(question.kind).is_none() {
            return Err(None);
        }
        at = question.end;
    }
    let records: u16 = header.sections.iter().sum();
    for _ in 0..records {
        let resource = Resource::read(message, at)?;
        if record_type(resource.kind).is_none() {
            return Err(None);
        }
        at = resource.end;
    }
    Ok(())
}
