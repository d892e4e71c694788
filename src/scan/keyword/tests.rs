//! The scanner against naive search, split everywhere; scores by case table.

use proptest::prelude::*;

use super::*;
use crate::event::AlertHit;

fn dictionary(threshold: u32, ignore_case: bool, keywords: &[(&str, u32, u32)]) -> DictionarySpec {
    let keywords = keywords
        .iter()
        .map(|&(text, weight, max)| KeywordSpec { bytes: text.as_bytes().to_vec(), weight, max })
        .collect();
    DictionarySpec { threshold, ignore_case, keywords }
}

/// Every occurrence of every keyword, as (keyword number, end).
fn naive(dictionaries: &[DictionarySpec], text: &[u8]) -> Vec<(u32, usize)> {
    let mut found = Vec::new();
    let mut id = 0;
    for dictionary in dictionaries {
        for keyword in &dictionary.keywords {
            let len = keyword.bytes.len();
            for start in 0..(text.len() + 1).saturating_sub(len) {
                let piece = &text[start..start + len];
                let same = if dictionary.ignore_case {
                    piece.eq_ignore_ascii_case(&keyword.bytes)
                } else {
                    piece == keyword.bytes
                };
                if same {
                    found.push((id, start + len));
                }
            }
            id += 1;
        }
    }
    found.sort_unstable();
    found
}

fn scan(matcher: &Matcher, pieces: &[&[u8]]) -> Vec<(u32, usize)> {
    let mut state = ScanState::default();
    let (mut found, mut base) = (Vec::new(), 0);
    for piece in pieces {
        matcher.scan(&mut state, piece, |keyword, end| found.push((keyword, base + end)));
        base += piece.len();
    }
    found.sort_unstable();
    found
}

#[test]
fn finds_what_naive_search_finds_at_every_split() {
    let sets = [
        vec![dictionary(1, true, &[("Project Tern", 1, 0), ("term sheet", 1, 0), ("confidential", 1, 0)])],
        vec![dictionary(1, false, &[("abc", 1, 0), ("bc", 1, 0), ("c", 1, 0), ("abcabc", 1, 0)])],
        vec![
            dictionary(1, true, &[("aAaA", 1, 0), ("aaa", 1, 0)]),
            dictionary(1, false, &[("AAAA", 1, 0), ("aAa", 1, 0)]),
        ],
        vec![dictionary(1, false, &[("abcdefghij", 1, 0), ("cdefghijk", 1, 0), ("jklmnopqrs", 1, 0)])],
        vec![dictionary(1, true, &[("same", 1, 0)]), dictionary(1, true, &[("SAME", 1, 0), ("amen", 1, 0)])],
    ];
    let texts: [&[u8]; 5] = [
        b"the pROJECT tERN term sheet is Confidential, not confidentiaproject ternterm sheetconfidential",
        b"abcabcabc cabbacab c abcab",
        b"aaaaAAAAaAaAxaaaAAaa",
        b"abcdefghijklmnopqrs abcdefghiabcdefghij cdefghijkjklmnopqrs",
        b"samesamenSAMEN same",
    ];
    for (set, text) in sets.iter().zip(texts) {
        let matcher = Matcher::new(set).expect("compiles");
        let expected = naive(set, text);
        assert!(expected.len() > 2, "the case finds something");
        assert_eq!(scan(&matcher, &[text]), expected);
        assert_eq!(scan(&matcher, &text.chunks(1).collect::<Vec<_>>()), expected, "byte by byte");
        for cut in 0..=text.len() {
            for second in cut..=text.len() {
                let pieces = [&text[..cut], &text[cut..second], &text[second..]];
                assert_eq!(scan(&matcher, &pieces), expected, "cut at {cut} and {second}");
            }
        }
    }
}

proptest! {
    #[test]
    fn agrees_with_naive_search_on_random_text(
        exact in proptest::collection::vec("[abA]{1,10}", 0..6),
        folded in proptest::collection::vec("[abB ]{2,12}", 0..6),
        text in "[abAB ]{0,200}",
        cuts in proptest::collection::vec(0_usize..200, 0..8))
    {
        let set = [
            dictionary(1, false, &exact.iter().map(|k| (k.as_str(), 1, 0)).collect::<Vec<_>>()),
            dictionary(1, true, &folded.iter().map(|k| (k.as_str(), 1, 0)).collect::<Vec<_>>()),
        ];
        let matcher = Matcher::new(&set).expect("compiles");
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.push(text.len());
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut start = 0;
        for cut in cuts {
            pieces.push(&text.as_bytes()[start..cut]);
            start = cut;
        }
        prop_assert_eq!(scan(&matcher, &pieces), naive(&set, text.as_bytes()));
    }

    #[test]
    fn agrees_with_naive_search_on_bytes_near_keywords(
        seed in proptest::collection::vec((0_usize..4, 0_usize..14, 0_u8..=255), 0..60))
    {
        // Prefixes of keywords with noise between them: the filter passes often and the automaton gives up late.
        let words = ["confidential", "confides", "dentist", "onfid"];
        let set = [dictionary(1, true, &words.map(|word| (word, 1, 0)))];
        let matcher = Matcher::new(&set).expect("compiles");
        let mut text = Vec::new();
        for (word, len, noise) in seed {
            let word = words[word].as_bytes();
            text.extend_from_slice(&word[..len.min(word.len())]);
            if noise < 100 {
                text.push(noise);
            }
        }
        prop_assert_eq!(scan(&matcher, &[&text]), naive(&set, &text));
    }
}

#[test]
fn refuses_keywords_it_cannot_hold() {
    let empty = DictionarySpec {
        threshold: 1,
        ignore_case: false,
        keywords: vec![KeywordSpec { bytes: Vec::new(), weight: 1, max: 0 }],
    };
    assert_eq!(Matcher::new(std::slice::from_ref(&empty)).err(), Some(BuildError::KeywordLength(0, 0)));
    let mut long = empty;
    long.keywords[0].bytes = vec![b'x'; 256];
    assert_eq!(Matcher::new(std::slice::from_ref(&long)).err(), Some(BuildError::KeywordLength(0, 0)));
    long.keywords[0].bytes.truncate(255);
    let matcher = Matcher::new(&[long]).expect("255 bytes fit");
    let text = vec![b'x'; 300];
    assert_eq!(scan(&matcher, &[&text]).len(), 300 - 255 + 1);
    let nothing = Matcher::new(&[]).expect("nothing to look for");
    assert!(nothing.is_empty());
    assert_eq!(scan(&nothing, &[b"text"]), []);
}

#[test]
fn a_score_is_weight_times_clipped_count_and_crosses_once() {
    let set = [
        dictionary(10, true, &[("tern", 3, 2), ("sheet", 1, 0), ("leak", 4, 1)]),
        dictionary(2, true, &[("tern", 1, 0)]),
    ];
    let matcher = Matcher::new(&set).expect("compiles");
    let mut pool = HitPool::new(4);
    let mut head = u32::MAX;
    let mut count =
        |keyword| pool.count(&mut head, &matcher, keyword).map(|crossing| (crossing.dictionary, crossing.score));
    assert_eq!(count(0), None, "3 of 10");
    assert_eq!(count(0), None, "6 of 10");
    assert_eq!(count(0), None, "still 6: two occurrences count at most");
    assert_eq!(count(3), None, "1 of 2 in the other dictionary");
    assert_eq!(count(3), Some((1, 2)));
    assert_eq!(count(3), None, "a dictionary alerts once a flow");
    assert_eq!(count(2), Some((0, 10)), "6 and 4");
    assert_eq!(count(1), None);
    pool.release(&mut head);
    assert_eq!((pool.used(), head), (0, u32::MAX));
}

#[test]
fn a_crossing_names_the_weightiest_keywords() {
    let names: Vec<String> = (0..30).map(|n| format!("keyword{n:02}")).collect();
    let keywords: Vec<(&str, u32, u32)> =
        names.iter().zip(1..).map(|(name, weight)| (name.as_str(), weight, 0)).collect();
    let set = [dictionary(465, false, &keywords)];
    let matcher = Matcher::new(&set).expect("compiles");
    let mut pool = HitPool::new(8);
    let mut head = u32::MAX;
    let mut crossing = None;
    for keyword in 0..30 {
        assert_eq!(crossing, None, "not before keyword {keyword}");
        crossing = pool.count(&mut head, &matcher, keyword);
    }
    let crossing = crossing.expect("1 + 2 + … + 30 is 465");
    assert_eq!((crossing.score, crossing.hit_count, crossing.more_hits), (465, 16, 14));
    let expected: Vec<AlertHit> = (14..30).rev().map(|keyword| AlertHit { keyword, count: 1 }).collect();
    assert_eq!(crossing.hits.to_vec(), expected);
}

#[test]
fn a_full_pool_and_a_full_flow_are_counted() {
    let names: Vec<String> = (0..700).map(|n| format!("keyword{n:03}")).collect();
    let keywords: Vec<(&str, u32, u32)> = names.iter().map(|name| (name.as_str(), 1, 0)).collect();
    let set = [dictionary(10_000, false, &keywords)];
    let matcher = Matcher::new(&set).expect("compiles");
    let mut pool = HitPool::new(1);
    let (mut first, mut second) = (u32::MAX, u32::MAX);
    pool.count(&mut first, &matcher, 0);
    pool.count(&mut second, &matcher, 0);
    assert_eq!((pool.counters().pool_exhausted, second), (1, u32::MAX));

    let mut pool = HitPool::new(100);
    let mut head = u32::MAX;
    for keyword in 0..700 {
        pool.count(&mut head, &matcher, keyword);
    }
    assert_eq!((pool.used(), pool.counters().flow_limit), (64, 60));
    pool.release(&mut head);
    assert_eq!(pool.used(), 0);
}
