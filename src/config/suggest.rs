//! The known key that a misspelt one was probably meant to be.

/// The entry of `known` nearest to `word`, if it is near enough to be a
/// misspelling: at most a third of the word's letters, and at least one, may
/// have to be changed. The first of several equally near ones wins.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let near = known.iter().map(|candidate| (distance(word, candidate), *candidate));
    near.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, key)| key)
}

/// Edit distance with insertions, deletions, substitutions and swaps of
/// neighbours (optimal string alignment), ignoring case and taking `-` for `_`.
fn distance(left: &str, right: &str) -> usize {
    let fold = |text: &str| -> Vec<char> {
        text.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
    };
    let (left, right) = (fold(left), fold(right));
    // Rows of the table of prefixes: two back, one back. `previous[j]` is the
    // distance between the letters of `left` so far and the first j of `right`.
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    let mut left_before = None;
    for (i, &l) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut last = i + 1;
        let mut right_before = None;
        for (j, (&r, pair)) in right.iter().zip(previous.windows(2)).enumerate() {
            let [diagonal, above] = pair else { continue };
            let mut best = (above + 1).min(last + 1).min(diagonal + usize::from(l != r));
            if left_before == Some(r)
                && right_before == Some(l)
                && let Some(swapped) = j.checked_sub(1).and_then(|at| before.get(at))
            {
                best = best.min(swapped + 1);
            }
            row.push(best);
            last = best;
            right_before = Some(r);
        }
        left_before = Some(l);
        before = std::mem::replace(&mut previous, row);
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let cases = [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("tcp_nwe", "tcp_new", 1),
            ("Burst", "burst", 0),
            ("tcp-new", "tcp_new", 0),
            ("ab", "ba", 1),
            ("xab", "xba", 1),
        ];
        for (left, right, expected) in cases {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let known = ["count", "burst", "ring", "events"];
        assert_eq!(nearest("brust", &known), Some("burst"));
        assert_eq!(nearest("event", &known), Some("events"));
        assert_eq!(nearest("Ring", &known), Some("ring"));
        assert_eq!(nearest("capacity", &known), None);
        assert_eq!(nearest("", &known), None);
    }
}
