//! Telling JSON and forms from other text, by their first bytes.

use super::super::format::{Guess, PROBE};

/// JSON: an object or an array, at whatever depth its first string stands, or a string with an escape that only JSON has.
/// What is no JSON up to there is none, and neither is what has no string: nothing is written in another way in that.
pub(super) fn json(bytes: &[u8]) -> Guess {
    let mark = b"\xef\xbb\xbf";
    let text = bytes.strip_prefix(mark).unwrap_or(bytes).trim_ascii_start();
    let text = GUARDS.iter().find_map(|guard| text.strip_prefix(*guard)).map_or(text, <[u8]>::trim_ascii_start);
    match text.first() {
        None => more(bytes),
        Some(b')' | b'w' | b'f') if GUARDS.iter().any(|guard| guard.starts_with(text)) => more(bytes),
        Some(0xef) if bytes.len() < mark.len() && mark.starts_with(bytes) => Guess::More,
        Some(b'{' | b'[') => value(text).unwrap_or_else(|| more(bytes)),
        Some(b'"') => match string(text) {
            Quoted::Escaped => Guess::Yes,
            Quoted::Open => more(bytes),
            Quoted::Plain(_) | Quoted::Not => Guess::No,
        },
        _ => Guess::No,
    }
}

/// What servers put in front so that no script may include it.
const GUARDS: [&[u8]; 5] = [b")]}',", b")]}'", b"while(1);", b"while (1);", b"for(;;);"];

fn more(bytes: &[u8]) -> Guess {
    if bytes.len() < PROBE { Guess::More } else { Guess::No }
}

/// Objects and arrays within each other that are looked into.
const DEPTH: u32 = 64;

/// Whether an object or an array is one, up to what stands behind its first string; nothing where that is not seen.
fn value(text: &[u8]) -> Option<Guess> {
    // For each that is open, the innermost last, whether it is an object.
    let (mut open, mut depth) = (0_u64, 0);
    // A value may come, or the end of what is open; or a comma.
    let (mut empty, mut due) = (true, true);
    let mut rest = text;
    loop {
        let (byte, behind) = rest.split_first()?;
        let is_object = open & 1 == 1;
        match byte {
            b'{' | b'[' if due && depth < DEPTH && !(is_object && depth != 0) => {
                open = open << 1 | u64::from(*byte == b'{');
                (depth, empty) = (depth + 1, true);
                rest = behind;
            }
            b'}' | b']' if depth != 0 && is_object == (*byte == b'}') && (empty || !due) => {
                (open, depth) = (open >> 1, depth - 1);
                (empty, due) = (false, false);
                rest = behind;
                if depth == 0 {
                    // Programs write one object a line; the first that has a string tells.
                    rest = rest.trim_ascii_start();
                    if !matches!(rest.first()?, b'{' | b'[') {
                        return Some(Guess::No);
                    }
                    due = true;
                }
            }
            b',' if !due => (due, empty, rest) = (true, false, behind),
            b'"' if due => {
                let behind = match string(rest) {
                    Quoted::Not => return Some(Guess::No),
                    // So long a name or text is one.
                    Quoted::Open => return (text.len() >= LONG).then_some(Guess::Yes),
                    Quoted::Escaped => return Some(Guess::Yes),
                    Quoted::Plain(behind) => behind.trim_ascii_start(),
                };
                return behind.first().map(|byte| match byte {
                    b':' if is_object => Guess::Yes,
                    b',' | b']' if !is_object => Guess::Yes,
                    _ => Guess::No,
                });
            }
            _ if due && !is_object => {
                let end = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"+-.".contains(byte)));
                let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or(&[]);
                let number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                let known = [&b"true"[..], b"false", b"null"];
                let is_word =
                    known.iter().any(|known| if end.is_some() { *known == word } else { known.starts_with(word) });
                let is_number =
                    word.iter().all(number) && word.first().is_some_and(|byte| b"-0123456789".contains(byte));
                if !is_word && !is_number {
                    return Some(Guess::No);
                }
                due = false;
                rest = rest.get(end?..).unwrap_or(&[]);
            }
            _ => return Some(Guess::No),
        }
        rest = rest.trim_ascii_start();
    }
}

/// A string that is as long as what is looked at is none of a text in brackets.
const LONG: usize = PROBE - 16;

/// What a quotation mark begins.
enum Quoted<'a> {
    /// A string without escapes by number, and what stands behind it.
    Plain(&'a [u8]),
    /// One with such an escape.
    Escaped,
    /// One that is not over.
    Open,
    Not,
}

fn string(text: &[u8]) -> Quoted<'_> {
    let mut rest = text.get(1..).unwrap_or(&[]);
    loop {
        rest = match rest {
            [] => return Quoted::Open,
            [b'"', behind @ ..] => return Quoted::Plain(behind),
            [b'\\', b'u', digits @ ..] => match digits.first_chunk::<4>() {
                Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => return Quoted::Escaped,
                None if digits.iter().all(u8::is_ascii_hexdigit) => return Quoted::Open,
                _ => digits,
            },
            [b'\\', _, behind @ ..] => behind,
            [b'\\'] => return Quoted::Open,
            [0..0x20, ..] => return Quoted::Not,
            [_, behind @ ..] => behind,
        };
    }
}

/// A form (application/x-www-form-urlencoded): `name=value&name=`, or `name=` and a value with `%XX` in it.
pub(super) fn form(bytes: &[u8]) -> Guess {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-[]%+*".contains(byte);
    let is_value = |byte: &u8| is_name(byte) || b"!~'(),:;@/?$".contains(byte);
    let (mut rest, mut pairs) = (bytes, 0);
    loop {
        let end = rest.iter().position(|byte| !is_name(byte)).unwrap_or(rest.len());
        let Some(byte) = rest.get(end) else { return more(bytes) };
        if *byte != b'=' || end == 0 || !rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
            return Guess::No;
        }
        pairs += 1;
        if pairs == 2 {
            return Guess::Yes;
        }
        let value = rest.get(end + 1..).unwrap_or(&[]);
        let end = value.iter().position(|byte| !is_value(byte)).unwrap_or(value.len());
        let text = value.get(..end).unwrap_or(&[]);
        let is_escape = |part: &[u8]| matches!(part, [b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
        if text.windows(3).any(is_escape) {
            return Guess::Yes;
        }
        match value.get(end) {
            None => return more(bytes),
            Some(b'&') => rest = value.get(end + 1..).unwrap_or(&[]),
            Some(_) => return Guess::No,
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn json_and_forms_are_told_from_other_text() {
        use Guess::{More, No, Yes};
        type Recognise = fn(&[u8]) -> Guess;
        let long = format!("{{\"{}", "n".repeat(600));
        let cases: [(Recognise, &str, Guess); 45] = [
            (json, ")]}',\n[\"a\", 1]", Yes),
            (json, ")]}'\n{\"a\": 1", Yes),
            (json, "while(1);[\"a\", 1]", Yes),
            (json, "for(;;); {\"a\":", Yes),
            (json, "while(1", More),
            (json, "while(1);", More),
            (json, "while(1) { a(\"b\"); }", No),
            (json, "[\"a\", 1]", Yes),
            (json, "[ \"a\"]", Yes),
            (json, "[\"a\"", More),
            (json, "[{}, {\"a\":", Yes),
            (json, "[[], [true, -1.5e3, [\"a\",", Yes),
            (json, "[1, null, \"\\u0061", Yes),
            (json, "\"zan\\u007aibar\"", Yes),
            (json, "\"\\u00", More),
            (json, "\"Well\", he said", No),
            (json, "[\"Well\", he", Yes),
            (json, "[\"Well\" he", No),
            (json, "[note: see \"this\"]", No),
            (json, "[1] see \"this\"", No),
            (json, "[{}]", More),
            (json, "[,\"a\"]", No),
            (json, "[1}", No),
            (json, &long, Yes),
            (json, "{\"name\": 1}", Yes),
            (json, "\u{feff} {\n  \"a\\\"b\" : 1}", Yes),
            (json, "[ { \"name\":", Yes),
            (json, "{\"name\"", More),
            (json, "{", More),
            (json, "{\"name\", ", No),
            (json, "{name: 1}", No),
            (json, "[1, 2]", More),
            (json, "[1, 2] and", No),
            (json, "{}", More),
            (json, "{}\n[1]\r\n{\"a\":", Yes),
            (json, "{\\rtf1", No),
            (json, "text {\"a\":1}", No),
            (form, "name=Project+Tern&value=", Yes),
            (form, "q=Project%20Tern", Yes),
            (form, "q=Project", More),
            (form, "a=1&b", More),
            (form, "x = 1", No),
            (form, "a=b\n", No),
            (form, "=a&b=", No),
            (form, "2=a&b=c", No),
        ];
        for (recognise, text, expected) in cases {
            let bytes = &text.as_bytes()[..text.len().min(PROBE)];
            assert_eq!(recognise(bytes), expected, "{text:?}");
            let mut last = More;
            for length in 0..=bytes.len() {
                let guess = recognise(&bytes[..length]);
                assert!(last == More || guess == last, "{text:?} is {last:?}, then {guess:?} at {length}");
                last = guess;
            }
        }
    }
}
