use super::*;

/// Strings with escapes, and whether all else is told as it stands.
#[derive(Default)]
struct Found {
    strings: Vec<String>,
    open: Vec<u8>,
    plain: Vec<u8>,
}

impl Sink for Found {
    fn plain(&mut self, bytes: &[u8]) -> bool {
        self.plain.extend_from_slice(bytes);
        false
    }

    fn text(&mut self, bytes: &[u8]) {
        self.open.extend_from_slice(bytes);
    }

    fn end(&mut self) {
        self.strings.push(String::from_utf8_lossy(&std::mem::take(&mut self.open)).into_owned());
    }
}

fn read(source: &[u8], size: usize) -> (Vec<String>, Vec<u8>) {
    let (mut literals, mut found) = (Literals::NEW, Found::default());
    source.chunks(size).for_each(|piece| literals.push(piece, &mut found));
    literals.finish(&mut found);
    assert_eq!(found.open, b"", "a string has not ended");
    (found.strings, found.plain)
}

#[test]
fn strings_with_escapes_are_found_and_only_they() {
    let cases: [(&str, &[&str]); 46] = [
        (r#"a = "\x63\x6f\x6e\x66idential";"#, &["confidential"]),
        (r"a = '\u0063onfidential' + 'plain'", &["confidential"]),
        (r"a = `con\u{66}idential`", &["confidential"]),
        (r"'conf' + '\151dential'", &["idential"]),
        (r"'a\0b\8\47\400\1a'", &["a\0b8' 0\u{1}a"]),
        (r#""\b\t\n\v\f\r\'\"\\\q""#, &["\u{8}\t\n\u{b}\u{c}\r'\"\\q"]),
        ("'conf\\\nidential'", &["confidential"]),
        ("'conf\\\r\nidential'", &["confidential"]),
        ("'conf\\\ridential'", &["confidential"]),
        (r"'\uD83D\uDE00 \u{1F600} \xe4'", &["\u{1f600} \u{1f600} \u{e4}"]),
        (r"'\uD83D' + '\uDE00'", &["\u{fffd}", "\u{fffd}"]),
        (r"'\uD83Dx'", &["\u{fffd}x"]),
        (r"'\xZZ\x4\u12\u{}\u{110000}\u{41'", &["xZZx4u12u{}u{110000u{41"]),
        ("'a\\x41\nb\\x41'", &["aA"]),
        ("\"it's \\x41\"", &["it's A"]),
        ("// don't \\x41\n'\\x42'", &["B"]),
        ("/* don't ` \\x41 **/'\\x42'", &["B"]),
        ("a / b; '\\x42' / 2", &["B"]),
        ("x = /'/; '\\x42'", &["B"]),
        ("x = /[/']/; '\\x42'", &["B"]),
        ("x = /\\/'/; '\\x42'", &["B"]),
        ("return/'/.test(a); '\\x42'", &["B"]),
        ("if (a) /'/.test(b); '\\x42'", &["B"]),
        ("f(a) / b / '\\x42'", &["B"]),
        ("a[0] / b / '\\x42'", &["B"]),
        ("a++ / b / '\\x42'", &["B"]),
        ("f(/`/, '\\x42')", &["B"]),
        ("a = /unclosed '\n'\\x42'", &["B"]),
        ("`a${b + '\\x41'}\\x42${`\\x43${1}`}\\x44`; '\\x45'", &["A", "B", "C", "D", "E"]),
        ("`a${{b: {c: 1}}}\\x42`", &["B"]),
        ("`$\\x41$$\\x42$`", &["$A$$B$"]),
        ("`$a${1}b`; '\\x42'", &["B"]),
        ("x = {a: 'b'}; '\\x42'", &["B"]),
        ("`lines\n\\x41\nmore`", &["lines\nA\nmore"]),
        ("unescape('%63%6f%6Efidential%u20AC%E4%zz%4')", &["confidential\u{20ac}\u{e4}%zz%4"]),
        ("window.unescape (\"%uD83D%uDE00%u12\")", &["\u{1f600}%u12"]),
        ("decodeURIComponent('%C3%A4 100%')", &["\u{e4} 100%"]),
        ("f('%63')", &[]),
        ("unescape(a, '%63')", &[]),
        ("'plain'", &[]),
        ("\\x41", &[]),
        ("'\\x41", &["A"]),
        ("'\\x4", &["x4"]),
        ("'a\\", &["a"]),
        ("'\\6", &["\u{6}"]),
        ("`\\x41$", &["A$"]),
    ];
    for (source, expected) in cases {
        for size in 1..=source.len() {
            let (strings, plain) = read(source.as_bytes(), size);
            assert_eq!(strings, expected, "{source:?} in pieces of {size}");
            assert_eq!(plain, read(source.as_bytes(), source.len()).1, "{source:?} in pieces of {size}");
            assert!(!expected.is_empty() || plain == source.as_bytes(), "{source:?}: {plain:?} is told");
        }
    }
}

#[test]
fn what_came_before_the_first_escape_is_kept_as_far_as_there_is_room() {
    let long = "x".repeat(HEAD + 100);
    let source = format!("a = \"{long}tern\\x21 and more\"");
    for size in [1, 7, 100, 1000, source.len()] {
        let (strings, _) = read(source.as_bytes(), size);
        assert_eq!(strings, [format!("{}tern! and more", "x".repeat(HEAD - 4))], "pieces of {size}");
    }
}

#[test]
fn nesting_without_end_is_borne() {
    let deep =
        [b"`${".repeat(1000), b"(".repeat(1000), b"'\\x41'".to_vec(), b")".repeat(3000), b"}`".repeat(1000)].concat();
    assert_eq!(read(&deep, 100).0, ["A"]);
    assert_eq!(read(&deep, 1), read(&deep, deep.len()));
}
