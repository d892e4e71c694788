//! One DFA with its filter.

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind, PatternID, StartKind};

/// The automaton's own name for a state.
type StateId = aho_corasick::automaton::StateID;

use super::filter::Filter;

/// Stands for the start state in a flow's record, so that an unused record is ready to scan.
pub(super) const START: u32 = 0;

/// Longest keyword prefix the depth table tells apart; keywords are at most 255 bytes.
pub(super) const MAX_KEYWORD: usize = 255;

/// All keywords of one case rule.
#[derive(Debug)]
pub(super) struct Engine {
    dfa: DFA,
    start: StateId,
    filter: Filter,
    /// Length of the prefix that a state stands for, by state number shifted.
    depth: Box<[u8]>,
    depth_shift: u32,
    /// Pattern number to keyword number.
    keywords: Box<[u32]>,
}

impl Engine {
    /// Compiles `patterns`, pairs of keyword number and bytes. The error is the automaton's own.
    pub(super) fn new(patterns: &[(u32, &[u8])], ignore_case: bool) -> Result<Self, String> {
        let dfa = DFA::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .ascii_case_insensitive(ignore_case)
            .build(patterns.iter().map(|(_, bytes)| bytes))
            .map_err(|error| error.to_string())?;
        let start = dfa.start_state(Anchored::No).map_err(|error| error.to_string())?;
        // A keyword's prefix leads to the state that stands for exactly this prefix: its length is the state's depth.
        let mut depths = Vec::new();
        for (_, bytes) in patterns {
            let mut state = start;
            for (depth, byte) in (1..=u8::MAX).zip(bytes.iter()) {
                state = dfa.next_state(Anchored::No, state, *byte);
                depths.push((state.as_usize(), depth));
            }
        }
        // State numbers are multiples of the width of a row, a power of two.
        let depth_shift = depths.iter().map(|(state, _)| state.trailing_zeros()).min().unwrap_or(0);
        let rows = depths.iter().map(|(state, _)| state >> depth_shift).max().unwrap_or(0) + 1;
        let mut depth = vec![0_u8; rows.max((start.as_usize() >> depth_shift) + 1)].into_boxed_slice();
        for (state, value) in depths {
            if let Some(place) = depth.get_mut(state >> depth_shift) {
                *place = value;
            }
        }
        let filter = Filter::new(patterns.iter().map(|(_, bytes)| *bytes), ignore_case);
        let keywords = patterns.iter().map(|(keyword, _)| *keyword).collect();
        Ok(Self { dfa, start, filter, depth, depth_shift, keywords })
    }

    /// Bytes of memory, the filter not counted.
    pub(super) fn memory(&self) -> usize {
        self.dfa.memory_usage() + self.depth.len()
    }

    /// Scans a piece that continues in `state`; returns the state after it.
    /// `found` gets each keyword and the position after its last byte.
    #[inline]
    pub(super) fn scan(&self, state: u32, bytes: &[u8], found: &mut impl FnMut(u32, usize)) -> u32 {
        let reach = self.filter.reach();
        // From here on too few bytes are left to test.
        let tail = (bytes.len() + 1).saturating_sub(reach);
        let (mut state, mut from, mut at) = match StateId::new(usize::try_from(state).unwrap_or(0)) {
            Ok(id) if state != START => (id, None, 0),
            _ => {
                let at = self.filter.next_candidate(bytes, 0);
                (self.start, Some(at), at)
            }
        };
        loop {
            let Some(byte) = bytes.get(at) else {
                return if state == self.start { START } else { state.as_u32() };
            };
            state = self.dfa.next_state(Anchored::No, state, *byte);
            at += 1;
            if self.dfa.is_special(state) && self.dfa.is_match(state) {
                for index in 0..self.dfa.match_len(state) {
                    found(self.keyword(self.dfa.match_pattern(state, index)), at);
                }
            }
            let depth = self.depth(state);
            // The prefixes that the state stands for begin `depth` bytes back at the earliest. When that is within
            // this piece, past where this run began, and none is as long as the filter sees, the filter goes on there.
            let Some(resume) = at.checked_sub(depth) else { continue };
            if depth < reach && resume < tail && from.is_none_or(|from| resume > from) {
                at = self.filter.next_candidate(bytes, resume);
                from = Some(at);
                state = self.start;
            }
        }
    }

    #[inline]
    fn depth(&self, state: StateId) -> usize {
        self.depth.get(state.as_usize() >> self.depth_shift).copied().map_or(0, usize::from)
    }

    fn keyword(&self, pattern: PatternID) -> u32 {
        self.keywords.get(pattern.as_usize()).copied().unwrap_or(0)
    }
}
