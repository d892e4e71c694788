//! Dictionary files: wrong ones with the whole line they give, right ones as read.

use std::fs;
use std::path::Path;

use tidegate::config::{Action, Config, Dictionary, DictionaryOptions, Keyword, MAX_KEYWORDS};

use crate::{assert_messages, load, relative};

const ONE: &str = "[[dictionary]]\nfile = \"leaks.toml\"\n";
const TEXT: &str = "[[dictionary]]\nfile = \"words.txt\"\n";

fn keyword(text: &str, weight: u32, max: u32) -> Keyword {
    Keyword { bytes: text.as_bytes().to_vec(), weight, max }
}

/// A dictionary file's body below the head that every one needs.
const CASES: &[(&str, &str)] = &[
    ("", "leaks.toml: found no keyword, expected at least one"),
    ("[[keyword]]\ntext = \"\"\n", "leaks.toml:4: keyword[0].text: found \"\", expected a string of 1 to 255 bytes"),
    ("[[keyword]]\nweight = 2\n", "leaks.toml:3: keyword[0]: found neither text nor hex, expected one of them"),
    ("[[keyword]]\ntext = \"a\"\nhex = \"61\"\n", "leaks.toml:3: keyword[0]: found text and hex, expected one of them"),
    (
        "[[keyword]]\nhex = \"de ad b\"\n",
        "leaks.toml:4: keyword[0].hex: found \"de ad b\", expected 1 to 255 bytes in hexadecimal such as \"de ad be ef\"",
    ),
    (
        "[[keyword]]\ntext = \"a\"\nweight = 0\n",
        "leaks.toml:5: keyword[0].weight: found 0, expected a number from 1 to 1000000",
    ),
    (
        "[[keyword]]\ntext = \"a\"\nmax = -1\n",
        "leaks.toml:5: keyword[0].max: found -1, expected a number from 0 to 4294967295",
    ),
    ("[[keyword]]\ntxt = \"a\"\n", "leaks.toml:4: keyword[0].txt: unknown key, did you mean \"text\"?"),
    ("[[keywords]]\ntext = \"a\"\n", "leaks.toml:3: keywords: unknown key, did you mean \"keyword\"?"),
    ("keyword = [\"a\", \"b\"]\n", "leaks.toml:3: keyword[0]: found \"a\", expected tables under [[keyword]]"),
    (
        "[[keyword]]\ntext = \"a\"\n[[keyword]]\ntext = \"b\"\n[[keyword]]\nhex = \"61\"\n",
        "leaks.toml:8: keyword[2].hex: found \"61\", expected a keyword of its own: line 4 has it already",
    ),
    (
        "case_insensitive = true\n[[keyword]]\ntext = \"Tern\"\n[[keyword]]\ntext = \"tERN\"\n",
        "leaks.toml:7: keyword[1].text: found \"tERN\", expected a keyword of its own: line 5 has it already",
    ),
    ("severity = 5\n", "leaks.toml:3: severity: found 5, expected a number from 1 to 4"),
    ("threshold = 0\n", "leaks.toml:3: threshold: found 0, expected a number from 1 to 4294967295"),
    ("action = \"drop\"\n", "leaks.toml:3: action: found \"drop\", expected \"alert\" or \"reset\""),
    ("name = \"again\"\n", "leaks.toml:3: name: found the key a second time, expected it once"),
];

#[test]
fn each_wrong_one_gives_its_one_line() {
    for (body, line) in CASES {
        let text = format!("name = \"leaks\"\nsignature_id = 1\n{body}");
        assert_messages(&[(&[("sensor.toml", ONE), ("leaks.toml", &text)], line)]);
    }
}

#[test]
fn name_and_signature_id_are_required() {
    assert_messages(&[
        (
            &[("sensor.toml", ONE), ("leaks.toml", "signature_id = 1\n")],
            "leaks.toml:1: name: found nothing, expected a name of 1 to 128 bytes on one line",
        ),
        (
            &[("sensor.toml", ONE), ("leaks.toml", "name = \"leaks\"\n")],
            "leaks.toml:1: signature_id: found nothing, expected a number from 1 to 4294967295",
        ),
        (
            &[("sensor.toml", ONE), ("leaks.toml", "name = \"leaks\"\nsignature_id = 0\n")],
            "leaks.toml:2: signature_id: found 0, expected a number from 1 to 4294967295",
        ),
    ]);
}

#[test]
fn wrong_entries_of_the_configuration_give_their_one_line() {
    let leaks = ("leaks.toml", "name = \"leaks\"\nsignature_id = 7\nkeyword = [{ text = \"a\" }]\n");
    let other = ("other.toml", "name = \"other\"\nsignature_id = 7\nkeyword = [{ text = \"a\" }]\n");
    let both = "[[dictionary]]\nfile = \"leaks.toml\"\n\n[[dictionary]]\nfile = \"other.toml\"\n";
    let twice = "[[dictionary]]\nfile = \"leaks.toml\"\n[[dictionary]]\nfile = \"leaks.toml\"\nsignature_id = 8\n";
    assert_messages(&[
        (
            &[("sensor.toml", "[[dictionary]]\naction = \"alert\"\n")],
            "sensor.toml:1: dictionary[0].file: found nothing, expected the path of a dictionary file",
        ),
        (
            &[("sensor.toml", ONE)],
            "sensor.toml:2: dictionary[0].file: found no such file at \"leaks.toml\", expected a dictionary file",
        ),
        (
            &[("sensor.toml", "[[dictionary]]\nfile = \"leaks.csv\"\n")],
            "sensor.toml:2: dictionary[0].file: found \"leaks.csv\", expected a dictionary file whose name ends in \
             .toml or .txt",
        ),
        (
            &[("sensor.toml", both), leaks, other],
            "sensor.toml:4: dictionary[1]: found signature_id 7, expected one of its own: the dictionary of line 1 \
             has it already",
        ),
        (
            &[("sensor.toml", twice), leaks],
            "sensor.toml:3: dictionary[1]: found the name \"leaks\", expected a name of its own: the dictionary of \
             line 1 has it already",
        ),
    ]);
    let many = "[[dictionary]]\nfile = \"leaks.toml\"\n".repeat(257);
    assert_messages(&[(
        &[("sensor.toml", &many), leaks],
        "sensor.toml:513: dictionary[256]: found 257 dictionaries, expected at most 256",
    )]);
}

#[test]
fn wrong_text_files_give_their_one_line() {
    let long = format!("short\n{}\n", "x".repeat(256));
    assert_messages(&[
        (
            &[("sensor.toml", TEXT), ("words.txt", "# one\nsecret\n\n  secret  \n")],
            "words.txt:4: found \"secret\", expected a keyword of its own: line 2 has it already",
        ),
        (
            &[("sensor.toml", TEXT), ("words.txt", &long)],
            "words.txt:2: found a keyword of 256 bytes, expected at most 255 bytes",
        ),
        (&[("sensor.toml", TEXT), ("words.txt", "# none\n\n")], "words.txt: found no keyword, expected at least one"),
    ]);
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("words.txt"), b"one\ntwo\n\xff\n").unwrap();
    let error = Dictionary::load(&directory.path().join("words.txt"), &DictionaryOptions::default()).unwrap_err();
    assert_eq!(relative(&error, directory.path()), "words.txt:3: found the byte 0xff, expected UTF-8 text");
}

#[test]
fn one_keyword_too_many_is_refused_and_the_limit_is_not() {
    let words = |count: usize| -> String { (0..count).map(|n| format!("word{n}\n")).collect() };
    let config = load(&[("sensor.toml", TEXT), ("words.txt", &words(MAX_KEYWORDS))]).unwrap();
    assert_eq!(config.dictionaries[0].keywords.len(), MAX_KEYWORDS);
    assert_messages(&[(
        &[("sensor.toml", TEXT), ("words.txt", &words(MAX_KEYWORDS + 1))],
        "words.txt:65537: found 65537 keywords, expected at most 65536",
    )]);
}

#[test]
fn a_dictionary_is_read_as_written() {
    let file = "name = \"leaks\"\ndescription = \"d\"\nsignature_id = 4294967295\nrevision = 3\nseverity = 4\n\
                category = \"c\"\nthreshold = 12\ncase_insensitive = true\naction = \"reset\"\n\
                [[keyword]]\ntext = \"caf\\u00e9\\n\"\nweight = 1000000\nmax = 2\n[[keyword]]\nhex = \"DE ad be\\tEF\"\n";
    let config = load(&[("sensor.toml", ONE), ("leaks.toml", file)]).unwrap();
    let expected = Dictionary {
        name: "leaks".to_owned(),
        description: "d".to_owned(),
        signature_id: u32::MAX,
        revision: 3,
        severity: 4,
        category: "c".to_owned(),
        threshold: 12,
        case_insensitive: true,
        action: Action::Reset,
        keywords: vec![
            keyword("caf\u{e9}\n", 1_000_000, 2),
            Keyword { bytes: vec![0xde, 0xad, 0xbe, 0xef], weight: 1, max: 0 },
        ],
    };
    assert_eq!(config.dictionaries, [expected]);
}

#[test]
fn the_configuration_overrides_the_file() {
    let options = "name = \"mine\"\nsignature_id = 9\nthreshold = 4\ncase_insensitive = true\naction = \"reset\"\n";
    let toml = "name = \"leaks\"\nsignature_id = 1\nthreshold = 2\n[[keyword]]\ntext = \"a\"\n";
    for (entry, name, text) in [(ONE, "leaks.toml", toml), (TEXT, "words.txt", "a\n")] {
        let config = load(&[("sensor.toml", &format!("{entry}{options}")), (name, text)]).unwrap();
        let read = &config.dictionaries[0];
        assert_eq!((read.name.as_str(), read.signature_id, read.threshold), ("mine", 9, 4), "{name}");
        assert_eq!((read.case_insensitive, read.action), (true, Action::Reset), "{name}");
        assert_eq!(read.keywords, [keyword("a", 1, 0)], "{name}");
    }
    // That case does not count makes keywords the same that the file keeps apart.
    let both = "name = \"leaks\"\nsignature_id = 1\n[[keyword]]\ntext = \"a\"\n[[keyword]]\ntext = \"A\"\n";
    load(&[("sensor.toml", ONE), ("leaks.toml", both)]).unwrap();
    assert_messages(&[(
        &[("sensor.toml", &format!("{ONE}case_insensitive = true\n")), ("leaks.toml", both)],
        "leaks.toml:6: keyword[1].text: found \"A\", expected a keyword of its own: line 4 has it already",
    )]);
}

#[test]
fn a_text_file_gives_a_keyword_a_line() {
    let words = "\u{feff}# names\r\nProject Tern\r\n\r\n  term sheet\t\n#not this\nconfidential # this too";
    let config = load(&[("sensor.toml", TEXT), ("words.txt", words)]).unwrap();
    let read = &config.dictionaries[0];
    assert_eq!((read.name.as_str(), read.threshold, read.revision, read.severity), ("words", 1, 1, 2));
    assert_eq!(
        read.keywords,
        [keyword("Project Tern", 1, 0), keyword("term sheet", 1, 0), keyword("confidential # this too", 1, 0)]
    );
    // The id hangs on the name alone: another directory, other words, the same id.
    let again = load(&[("sensor.toml", TEXT), ("words.txt", "other\n")]).unwrap();
    assert_eq!(again.dictionaries[0].signature_id, read.signature_id);
    assert!((1_000_000_000..2_000_000_000).contains(&read.signature_id));
    let other = Dictionary::from_bytes(Path::new("nouns.txt"), b"other", &DictionaryOptions::default()).unwrap();
    assert_ne!(other.signature_id, read.signature_id);
}

#[test]
fn the_bundled_dictionary_is_what_the_quick_start_looks_for() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let config = Config::load(&captures.join("quickstart.toml")).unwrap();
    assert_eq!(config.warnings(), Vec::<String>::new());
    let tern = &config.dictionaries[0];
    assert_eq!((tern.name.as_str(), tern.signature_id, tern.severity), ("project-tern", 4_200_001, 1));
    assert_eq!(tern.category, "Sensitive Data was Transmitted Across the Network");
    assert_eq!((tern.threshold, tern.case_insensitive, tern.action), (10, true, Action::Alert));
    assert_eq!(
        tern.keywords,
        [
            keyword("Project Tern", 5, 0),
            keyword("launch valuation", 5, 0),
            keyword("term sheet", 3, 0),
            keyword("confidential", 1, 0),
        ]
    );
}
