//! A dictionary as a TOML file.

use data_encoding::HEXLOWER_PERMISSIVE;

use super::{ACTION, Action, Dictionary, Draft, Keyword, Located, MAX_KEYWORD_BYTES, NAME, SIGNATURE_ID, THRESHOLD};
use crate::config::error::ConfigError;
use crate::config::source::Source;
use crate::config::spec::{Flag, Maybe, Number, Required, Section, Spec, Text, section};
use crate::config::walk::{Table, Value};

const ONE_LINE: Text = Text {
    default: "",
    check: |text| text.len() <= 1024 && !text.contains(char::is_control),
    expected: "at most 1024 bytes on one line",
};

section! {
    /// What a dictionary file says besides its keywords; the fields are those of [`Dictionary`].
    pub(super) struct Head at "" besides "keyword" {
        "name" => name: String = Required(NAME), reload;
        "description" => description: String = ONE_LINE, reload;
        "signature_id" => signature_id: u32 = Required(SIGNATURE_ID), reload;
        "revision" => revision: u32 = Number { default: 1, min: 1, max: u32::MAX }, reload;
        "severity" => severity: u8 = Number { default: 2, min: 1, max: 4 }, reload;
        "category" => category: String = ONE_LINE, reload;
        "threshold" => threshold: u32 = THRESHOLD, reload;
        "case_insensitive" => case_insensitive: bool = Flag(false), reload;
        "action" => action: Action = ACTION, reload;
    }
}

section! {
    /// One `[[keyword]]`.
    pub(super) struct KeywordEntry at "keyword" {
        "text" => text: Option<String> = Maybe(Text {
            default: "",
            check: |text| (1..=MAX_KEYWORD_BYTES).contains(&text.len()),
            expected: "a string of 1 to 255 bytes",
        }), reload;
        "hex" => hex: Option<Vec<u8>> = Maybe(Hex), reload;
        "weight" => weight: u32 = Number { default: 1, min: 1, max: 1_000_000 }, reload;
        "max" => max: u32 = Number { default: 0, min: 0, max: u32::MAX }, reload;
    }
}

/// Bytes as pairs of hexadecimal digits, blanks allowed anywhere.
struct Hex;

impl Spec for Hex {
    type Out = Vec<u8>;

    fn default(&self) -> Vec<u8> {
        Vec::new()
    }

    fn parse(&self, value: &Value<'_>) -> Result<Vec<u8>, ConfigError> {
        let digits = value.text().map(|text| text.split_ascii_whitespace().collect::<String>());
        let bytes = digits.and_then(|digits| HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok());
        let bytes = bytes.filter(|bytes| (1..=MAX_KEYWORD_BYTES).contains(&bytes.len()));
        bytes.ok_or_else(|| value.wrong(&self.range()))
    }

    fn text(&self, value: &Vec<u8>) -> String {
        format!("\"{}\"", HEXLOWER_PERMISSIVE.encode(value))
    }

    fn range(&self) -> String {
        "1 to 255 bytes in hexadecimal such as \"de ad be ef\"".to_owned()
    }
}

/// Reads the file.
pub(super) fn read(source: &Source<'_>) -> Result<Draft, ConfigError> {
    let document = source.parse()?;
    let root = Table::root(source, document.get_ref());
    let head = Head::read(&root)?;
    let keywords = root.tables("keyword")?.iter().map(read_keyword).collect::<Result<_, _>>()?;
    let head = Dictionary {
        name: head.name,
        description: head.description,
        signature_id: head.signature_id,
        revision: head.revision,
        severity: head.severity,
        category: head.category,
        threshold: head.threshold,
        case_insensitive: head.case_insensitive,
        action: head.action,
        keywords: Vec::new(),
    };
    Ok(Draft { head, keywords })
}

fn read_keyword(table: &Table<'_>) -> Result<Located, ConfigError> {
    let KeywordEntry { text, hex, weight, max } = KeywordEntry::read(table)?;
    let (bytes, value) = match (text, hex) {
        (Some(text), None) => (text.into_bytes(), table.value("text")),
        (None, Some(hex)) => (hex, table.value("hex")),
        (Some(_), Some(_)) => return Err(table.place.wrong("text and hex", "one of them")),
        (None, None) => return Err(table.place.wrong("neither text nor hex", "one of them")),
    };
    let found = value.as_ref().map_or_else(String::new, Value::found);
    let place = value.map_or_else(|| table.place.clone(), |value| value.place);
    let (line, key) = (place.line(), Some(place.path().to_owned()));
    Ok(Located { keyword: Keyword { bytes, weight, max }, line, key, found })
}
