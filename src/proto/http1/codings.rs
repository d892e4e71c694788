//! What was put around a body: names of codings in the order in which they were applied.

use super::words::Word;
use crate::decode::MAX_CODINGS;

/// Bytes that are kept of a name: more than any known has, so that what is cut is none of them.
pub(super) const MAX_CODING_BYTES: usize = 12;

/// What stands for no coding, or is undone by the framing.
const NONE: &[&[u8]] = &[b"identity", b"none", b"chunked"];

/// The codings of a list, or of several fields that make one: the outermost where there are more than can be undone.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proto) struct Codings {
    names: [[u8; MAX_CODING_BYTES]; MAX_CODINGS],
    lengths: [u8; MAX_CODINGS],
    count: u8,
    /// There were more, or may have been.
    dropped: bool,
}

impl Codings {
    /// The next word of the list.
    pub(in crate::proto) fn add(&mut self, word: &Word) {
        if word.is_parameter || NONE.contains(&word.text()) {
            return;
        }
        if usize::from(self.count) == MAX_CODINGS {
            self.names.rotate_left(1);
            self.lengths.rotate_left(1);
            self.count -= 1;
            self.dropped = true;
        }
        let at = usize::from(self.count);
        if let (Some(name), Some(length)) = (self.names.get_mut(at), self.lengths.get_mut(at)) {
            *length = 0;
            for (place, byte) in name.iter_mut().zip(word.text()) {
                *place = *byte;
                *length += 1;
            }
            self.count += 1;
        }
    }

    /// Not all of the list was seen.
    pub(in crate::proto) fn drop_rest(&mut self) {
        self.dropped = true;
    }

    /// Their names, the innermost first.
    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.names.iter().zip(&self.lengths).take(usize::from(self.count));
        all.map(|(name, length)| name.get(..usize::from(*length)).unwrap_or_default())
    }

    /// There are none.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Something of these two lists, which stand around the same body, cannot be undone for lack of room.
    pub(super) fn too_many(&self, outer: &Self) -> bool {
        self.dropped || outer.dropped || usize::from(self.count + outer.count) > MAX_CODINGS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::coding;
    use crate::proto::http1::words::Words;

    fn of(list: &str) -> Codings {
        let mut codings = Codings::default();
        Words::each(list.as_bytes(), |word| codings.add(word));
        codings
    }

    fn text(codings: &Codings) -> String {
        codings.names().map(|name| String::from_utf8_lossy(name).into_owned()).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn the_outermost_are_kept() {
        for (list, expected, dropped) in [
            ("GZIP;q=1 , chunked", "gzip", false),
            ("br,, identity, none, Deflate", "br,deflate", false),
            ("a,b,c,d", "a,b,c,d", false),
            ("a,b,identity,c,d,deflate,x-compress", "c,d,deflate,x-compress", true),
            ("deflate x", "deflate x", false),
        ] {
            let codings = of(list);
            assert_eq!((text(&codings).as_str(), codings.too_many(&of(""))), (expected, dropped), "{list:?}");
        }
        assert!(
            of("a,b").too_many(&of("c,d,e")) && !of("a,b").too_many(&of("c,d")) && of("a").too_many(&of("1,2,3,4,5"))
        );
    }

    #[test]
    fn a_name_that_is_cut_is_no_coding() {
        for name in ["gzip", "x-gzip", "deflate", "br", "zstd", "deflate-raw", "compress", "x-compress"] {
            assert!(coding(name.as_bytes()).is_some() && name.len() < MAX_CODING_BYTES, "{name}");
            let long = format!("{name}-------------");
            let codings = of(&long);
            let kept = codings.names().next();
            assert_eq!(kept.map(<[u8]>::len), Some(MAX_CODING_BYTES));
            assert!(kept.is_some_and(|name| coding(name).is_none()), "{long}");
        }
    }
}
