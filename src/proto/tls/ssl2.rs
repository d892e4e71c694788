//! Hellos in the form of SSLv2 (RFC 5246 appendix E.2; RFC 6101 appendix E): a client of before 2011 may begin with one, whatever
//! version it asks for.

use crate::event::Direction;

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 4;

/// Where the first record of a direction is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Start,
    /// Behind the first byte of its length.
    Length(u8),
    /// In its body: bytes that were seen, bytes that are left.
    Body(u16, u16),
    Over,
}

/// What the hellos have said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The client asks for that version.
    Asked(u16),
    /// The server has answered, and all that follows is SSLv2's.
    Answered,
}

/// Both directions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ssl2 {
    phases: [Phase; 2],
    version: u16,
    has_asked: bool,
}

impl Ssl2 {
    /// Takes what belongs to a hello of this form off the next bytes.
    pub(super) fn push(&mut self, direction: Direction, rest: &mut &[u8]) -> Option<Said> {
        let at = direction.index();
        let mut phase = self.phases.get(at).copied().unwrap_or(Phase::Over);
        let mut said = None;
        while let ([byte, after @ ..], true) = (*rest, phase != Phase::Over) {
            phase = match phase {
                Phase::Start if byte & 0x80 != 0 && (direction == Direction::ToServer || self.has_asked) => {
                    Phase::Length(byte & 0x7F)
                }
                Phase::Length(high) => Phase::Body(0, u16::from_be_bytes([high, *byte])),
                Phase::Body(seen, left) if left > 0 => {
                    let kind = if direction == Direction::ToServer { CLIENT_HELLO } else { SERVER_HELLO };
                    if seen == 0 && *byte != kind {
                        // What it is instead, the records will not know either.
                        phase = Phase::Over;
                        break;
                    }
                    if seen == 0 && kind == SERVER_HELLO {
                        said = Some(Said::Answered);
                    }
                    if matches!(seen, 1 | 2) && kind == CLIENT_HELLO {
                        self.version = (self.version << 8) | u16::from(*byte);
                    }
                    Phase::Body(seen.saturating_add(1), left - 1)
                }
                Phase::Start | Phase::Body(..) | Phase::Over => {
                    phase = Phase::Over;
                    break;
                }
            };
            *rest = after;
            if matches!(phase, Phase::Body(3, _)) && direction == Direction::ToServer {
                self.has_asked = true;
                said = Some(Said::Asked(self.version));
            }
        }
        if let Some(place) = self.phases.get_mut(at) {
            *place = phase;
        }
        said
    }

    /// Bytes of a direction were lost.
    pub(super) fn gap(&mut self, direction: Direction) {
        if let Some(place) = self.phases.get_mut(direction.index()) {
            *place = Phase::Over;
        }
    }
}
