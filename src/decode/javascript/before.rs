//! What stands before a slash, a parenthesis or a quotation mark, and what that makes of it.

/// The last bytes of something, however it was cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Tail<N> {
    pub(super) const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    pub(super) fn append(&mut self, bytes: &[u8]) {
        let new = bytes.get(bytes.len().saturating_sub(N)..).unwrap_or(&[]);
        let over = (self.len + new.len()).saturating_sub(N);
        self.bytes.copy_within(over..self.len, 0);
        self.len -= over;
        if let Some(place) = self.bytes.get_mut(self.len..self.len + new.len()) {
            place.copy_from_slice(new);
            self.len += new.len();
        }
    }

    pub(super) fn get(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    pub(super) const fn clear(&mut self) {
        self.len = 0;
    }
}

/// Longest word that means something, and a letter before it.
pub(super) const WORD: usize = 24;

/// What came last before white space and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// The beginning, an opening bracket, an operator: a value comes next.
    Opening,
    /// A value.
    Value,
    /// The parenthesis that such a function's arguments begin with.
    Call(Escape),
}

/// How the function that a string is passed to reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// `unescape` (ECMA-262 B.2.1.2): `%XX` and `%uXXXX`.
    Units,
    /// `decodeURIComponent` (section 19.2.6): `%XX` of UTF-8.
    Bytes,
}

/// Words behind which an expression begins.
const KEYWORDS: [&[u8]; 14] = [
    b"return",
    b"typeof",
    b"case",
    b"in",
    b"of",
    b"do",
    b"else",
    b"void",
    b"delete",
    b"throw",
    b"new",
    b"instanceof",
    b"yield",
    b"await",
];

/// Those behind whose parentheses a statement begins.
const STATEMENTS: [&[u8]; 4] = [b"if", b"while", b"for", b"with"];

/// Whether a byte is one of a name. What is not ASCII is taken for a letter.
const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

/// The word at the end of code.
fn word(code: &[u8]) -> &[u8] {
    let begin = code.iter().rposition(|byte| !is_name(*byte)).map_or(0, |at| at + 1);
    // The name of a property is no word of the language.
    match code.get(..begin).and_then(<[u8]>::last) {
        Some(b'.') => &[],
        _ => code.get(begin..).unwrap_or(&[]),
    }
}

/// Whether a slash begins a regular expression rather than divides (section 12.9.5), behind `code` and what came before that.
pub(super) fn is_regular(before: Before, code: &[u8]) -> bool {
    let code = code.trim_ascii_end();
    match code {
        [] => before != Before::Value,
        [.., b'+', b'+'] | [.., b'-', b'-'] | [.., b']'] => false,
        [.., byte] if is_name(*byte) => KEYWORDS.contains(&word(code)),
        _ => true,
    }
}

/// What a parenthesis that opens behind `code` makes of what follows, and whether a statement follows where it closes.
pub(super) fn opens(code: &[u8]) -> (Before, bool) {
    let code = code.trim_ascii_end();
    let begin = code.iter().rposition(|byte| !is_name(*byte)).map_or(0, |at| at + 1);
    match code.get(begin..).unwrap_or(&[]) {
        b"unescape" => (Before::Call(Escape::Units), false),
        b"decodeURIComponent" | b"decodeURI" => (Before::Call(Escape::Bytes), false),
        _ => (Before::Opening, STATEMENTS.contains(&word(code))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_divides_values_and_begins_expressions() {
        let cases: [(Before, &str, bool); 17] = [
            (Before::Opening, "", true),
            (Before::Value, "", false),
            (Before::Value, " ", false),
            (Before::Value, ",", true),
            (Before::Value, " = ", true),
            (Before::Opening, "a ", false),
            (Before::Opening, "return ", true),
            (Before::Opening, ";return", true),
            (Before::Opening, "a.return ", false),
            (Before::Opening, "returned ", false),
            (Before::Opening, "$return", false),
            (Before::Opening, "a[0]", false),
            (Before::Opening, "a++", false),
            (Before::Opening, "a +", true),
            (Before::Opening, "12", false),
            (Before::Opening, "\u{e9}", false),
            (Before::Opening, "case", true),
        ];
        for (before, code, expected) in cases {
            assert_eq!(is_regular(before, code.as_bytes()), expected, "{before:?} {code:?}");
        }
        assert_eq!(opens(b"x=window.unescape"), (Before::Call(Escape::Units), false));
        assert_eq!(opens(b"decodeURIComponent "), (Before::Call(Escape::Bytes), false));
        assert_eq!(opens(b"else if"), (Before::Opening, true));
        assert_eq!(opens(b"a.if"), (Before::Opening, false));
        assert_eq!(opens(b"myunescape"), (Before::Opening, false));
    }

    #[test]
    fn a_tail_is_the_same_however_it_came() {
        let text = b"0123456789";
        for size in 1..=10 {
            let mut tail = Tail::<4>::EMPTY;
            text.chunks(size).for_each(|piece| tail.append(piece));
            assert_eq!(tail.get(), b"6789", "pieces of {size}");
        }
        let mut tail = Tail::<4>::EMPTY;
        tail.append(b"ab");
        assert_eq!(tail.get(), b"ab");
    }
}
