//! A line at a time, of which as much is kept as a parser has to read.

use memchr::memchr;

use crate::proto::Sink;

/// How much of a line is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) enum Show {
    /// All of it, as a line.
    All,
    /// That many bytes at its beginning: what follows is secret.
    First(usize),
    /// All of it, as bytes that are no line of this protocol.
    Raw,
    /// Nothing.
    Nothing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// All of the line so far is held.
    #[default]
    Held,
    /// It is longer than what is held; the rest is handed out as it comes.
    Long(Show),
    /// It has ended.
    Complete,
    /// Its beginning was never seen; the rest is handed out raw, or not at all.
    Lost { shown: bool },
}

/// The line that is passing, and its first `N` bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::proto) struct Line<const N: usize> {
    bytes: [u8; N],
    held: u16,
    /// Bytes of it, held or not.
    length: u64,
    state: State,
}

impl<const N: usize> Default for Line<N> {
    fn default() -> Self {
        const { assert!(N < u16::MAX as usize, "the length is kept in 16 bits") };
        Self { bytes: [0; N], held: 0, length: 0, state: State::Held }
    }
}

impl<const N: usize> Line<N> {
    /// Takes bytes up to the end of the line, and says how many. What `show` allows of it is handed out when the line is
    /// complete, or no more of it is held. Only a line whose beginning was seen becomes [complete](Self::is_complete).
    pub(in crate::proto) fn feed(
        &mut self,
        bytes: &[u8],
        label: &'static str,
        sink: &mut dyn Sink,
        show: impl FnOnce(&[u8]) -> Show,
    ) -> usize {
        let (used, ended) = memchr(b'\n', bytes).map_or((bytes.len(), false), |at| (at + 1, true));
        let mut piece = bytes.get(..used).unwrap_or(bytes);
        if self.state == State::Held {
            piece = self.hold(piece);
            if ended || !piece.is_empty() {
                let shown = show(self.text());
                self.hand_out(label, shown, sink);
                self.state = State::Long(shown);
            }
        }
        match self.state {
            State::Long(Show::All) if !piece.is_empty() => sink.lines(self.length, piece),
            State::Long(Show::Raw) | State::Lost { shown: true } if !piece.is_empty() => sink.raw(piece),
            _ => {}
        }
        self.length = self.length.saturating_add(piece.len() as u64);
        if ended {
            if matches!(self.state, State::Lost { .. }) {
                self.clear();
            } else {
                self.state = State::Complete;
            }
        }
        used
    }

    /// `length` bytes were never seen: of this line, if any of it was, and maybe of others. What comes until the next line
    /// begins is handed out raw, where `show` allows what is held of this one.
    pub(in crate::proto) fn gap(
        &mut self,
        length: u64,
        label: &'static str,
        sink: &mut dyn Sink,
        show: impl FnOnce(&[u8]) -> Show,
    ) {
        let shown = match self.state {
            State::Held => {
                let shown = show(self.text());
                if self.held > 0 {
                    self.hand_out(label, shown, sink);
                }
                shown
            }
            State::Long(shown) => shown,
            State::Lost { shown: true } | State::Complete => Show::Raw,
            State::Lost { shown: false } => Show::Nothing,
        };
        if self.length > 0 && shown == Show::All {
            sink.lines_gap(length);
        } else {
            sink.raw_gap(length);
        }
        self.clear();
        self.state = State::Lost { shown: matches!(shown, Show::All | Show::Raw) };
    }

    /// No more comes: what is held of an unfinished line is handed out.
    pub(in crate::proto) fn end(&mut self, label: &'static str, sink: &mut dyn Sink, show: impl FnOnce(&[u8]) -> Show) {
        if self.state == State::Held && self.held > 0 {
            let shown = show(self.text());
            self.hand_out(label, shown, sink);
        }
        self.clear();
    }

    /// The line has ended, and all of it was seen.
    pub(in crate::proto) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Nothing of a line was seen: the next byte begins one.
    pub(in crate::proto) fn is_fresh(&self) -> bool {
        self.state == State::Held && self.held == 0
    }

    /// Bytes were lost, and no line has begun since.
    pub(in crate::proto) const fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost { .. })
    }

    /// It has more than the `N` bytes that are held.
    pub(in crate::proto) const fn is_long(&self) -> bool {
        self.length > self.held as u64
    }

    /// What is held of the line, without its end.
    pub(in crate::proto) fn text(&self) -> &[u8] {
        let held = self.bytes.get(..usize::from(self.held)).unwrap_or(&[]);
        let held = held.strip_suffix(b"\n").unwrap_or(held);
        held.strip_suffix(b"\r").unwrap_or(held)
    }

    /// The next byte begins a line.
    pub(in crate::proto) const fn clear(&mut self) {
        (self.held, self.length, self.state) = (0, 0, State::Held);
    }

    /// Holds what there is room for; the rest of the piece.
    fn hold<'a>(&mut self, piece: &'a [u8]) -> &'a [u8] {
        let start = usize::from(self.held);
        let (fits, rest) = piece.split_at_checked(N.saturating_sub(start)).unwrap_or((piece, &[]));
        if let Some(place) = self.bytes.get_mut(start..start + fits.len()) {
            place.copy_from_slice(fits);
        }
        self.held = u16::try_from(start + fits.len()).unwrap_or(u16::MAX);
        self.length = u64::from(self.held);
        rest
    }

    fn hand_out(&self, label: &'static str, shown: Show, sink: &mut dyn Sink) {
        let held = self.bytes.get(..usize::from(self.held)).unwrap_or(&[]);
        let first = match shown {
            Show::All => held,
            Show::First(length) => held.get(..length).unwrap_or(held),
            Show::Raw => return sink.raw(held),
            Show::Nothing => return,
        };
        if !first.is_empty() {
            sink.begin_lines(label);
            sink.lines(0, first);
        }
    }
}
