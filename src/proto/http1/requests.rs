//! The fields of requests that wait for their responses: they stand one behind the other in one record, each from its
//! method on.

use std::ops::Range;

use super::fields::tag;

/// Where the request number `index` stands in the fields; empty, and at their end, when there are not as many.
pub(super) fn nth(bytes: &[u8], index: usize) -> Range<usize> {
    let mut begins = starts(bytes).skip(index);
    let begin = begins.next().unwrap_or(bytes.len());
    begin..begins.next().unwrap_or(bytes.len())
}

/// Where requests begin.
fn starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(&[tag, _, low, high]) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let begin = at;
            at += 4 + usize::from(u16::from_le_bytes([low, high]));
            if tag == tag::METHOD {
                return Some(begin);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::record::Record;

    #[test]
    fn requests_begin_with_their_method() {
        let mut record: Record<128> = Record::default();
        assert_eq!(nth(record.bytes(), 0), 0..0);
        let mut ends = vec![0];
        for url in [&b"/"[..], b"", b"/a/longer/one"] {
            record.text(tag::METHOD, b"GET");
            record.text(tag::URL, url);
            record.number(tag::PORT, 8080);
            ends.push(record.bytes().len());
        }
        for (index, (begin, end)) in ends.iter().zip(ends.iter().skip(1)).enumerate() {
            assert_eq!(nth(record.bytes(), index), *begin..*end);
        }
        let end = record.bytes().len();
        assert_eq!(nth(record.bytes(), 3), end..end);
    }
}
