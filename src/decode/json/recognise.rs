//! Telling JSON and forms from other text, by their first bytes.

use super::super::format::{Guess, PROBE};

/// JSON: an object with a name, or an array of objects.
pub(super) fn json(bytes: &[u8]) -> Guess {
    let mark = b"\xef\xbb\xbf";
    let text = bytes.strip_prefix(mark).unwrap_or(bytes).trim_ascii_start();
    let second = text.get(1..).unwrap_or(&[]).trim_ascii_start();
    match (text.first(), second.first()) {
        (None, _) => more(bytes),
        (Some(0xef), _) if bytes.len() < mark.len() && mark.starts_with(bytes) => Guess::More,
        (Some(b'{' | b'['), None) => more(bytes),
        (Some(b'{'), Some(b'"')) => name(second, bytes),
        (Some(b'['), Some(b'{')) => match second.get(1..).unwrap_or(&[]).trim_ascii_start() {
            [] => more(bytes),
            third @ [b'"', ..] => name(third, bytes),
            _ => Guess::No,
        },
        _ => Guess::No,
    }
}

fn more(bytes: &[u8]) -> Guess {
    if bytes.len() < PROBE { Guess::More } else { Guess::No }
}

/// A string, and a colon behind it.
fn name(text: &[u8], bytes: &[u8]) -> Guess {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                return match text.get(at + 1..).unwrap_or(&[]).trim_ascii_start() {
                    [] => more(bytes),
                    [b':', ..] => Guess::Yes,
                    _ => Guess::No,
                };
            }
            0..0x20 => return Guess::No,
            _ => {}
        }
    }
    more(bytes)
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
        let cases: [(Recognise, &str, Guess); 19] = [
            (json, "{\"name\": 1}", Yes),
            (json, "\u{feff} {\n  \"a\\\"b\" : 1}", Yes),
            (json, "[ { \"name\":", Yes),
            (json, "{\"name\"", More),
            (json, "{", More),
            (json, "{\"name\", ", No),
            (json, "{name: 1}", No),
            (json, "[1, 2]", No),
            (json, "{}", No),
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
