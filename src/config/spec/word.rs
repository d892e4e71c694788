//! Flags, words and free text.

use super::Spec;
use crate::config::error::{ConfigError, alternatives, quoted};
use crate::config::walk::Value;

/// `true` or `false`, with its default.
pub(in crate::config) struct Flag(pub(in crate::config) bool);

impl Spec for Flag {
    type Out = bool;

    fn default(&self) -> bool {
        self.0
    }

    fn parse(&self, value: &Value<'_>) -> Result<bool, ConfigError> {
        value.boolean().ok_or_else(|| value.wrong(&self.range()))
    }

    fn text(&self, value: &bool) -> String {
        value.to_string()
    }

    fn range(&self) -> String {
        "true or false".to_owned()
    }
}

/// One of a few words.
pub(in crate::config) struct Choice<T: 'static> {
    pub(in crate::config) default: T,
    pub(in crate::config) of: &'static [(&'static str, T)],
}

impl<T: Copy + PartialEq> Spec for Choice<T> {
    type Out = T;

    fn default(&self) -> T {
        self.default
    }

    fn parse(&self, value: &Value<'_>) -> Result<T, ConfigError> {
        let chosen = value.text().and_then(|text| self.of.iter().find(|(word, _)| *word == text));
        chosen.map(|(_, choice)| *choice).ok_or_else(|| value.wrong(&self.range()))
    }

    fn text(&self, value: &T) -> String {
        let word = self.of.iter().find(|(_, choice)| choice == value).map_or("", |(word, _)| word);
        format!("\"{word}\"")
    }

    fn range(&self) -> String {
        let words: Vec<String> = self.of.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        alternatives(&words)
    }
}

/// A string for which `check` holds.
pub(in crate::config) struct Text {
    pub(in crate::config) default: &'static str,
    pub(in crate::config) check: fn(&str) -> bool,
    /// What `check` asks for, in words.
    pub(in crate::config) expected: &'static str,
}

impl Spec for Text {
    type Out = String;

    fn default(&self) -> String {
        self.default.to_owned()
    }

    fn parse(&self, value: &Value<'_>) -> Result<String, ConfigError> {
        // A number that should be in quotes looks right else.
        let text = value.text().ok_or_else(|| value.wrong(&format!("a string: {}", self.expected)))?;
        Some(text).filter(|text| (self.check)(text)).map(str::to_owned).ok_or_else(|| value.wrong(self.expected))
    }

    fn text(&self, value: &String) -> String {
        quoted(value)
    }

    fn range(&self) -> String {
        self.expected.to_owned()
    }
}

/// An array of strings, empty by default.
pub(in crate::config) struct Words;

impl Spec for Words {
    type Out = Vec<String>;

    fn default(&self) -> Vec<String> {
        Vec::new()
    }

    fn parse(&self, value: &Value<'_>) -> Result<Vec<String>, ConfigError> {
        let items = value.items().ok_or_else(|| value.wrong(&self.range()))?;
        let word = |item: &Value<'_>| {
            let word = item.text().filter(|text| !text.is_empty() && !text.contains('\0'));
            word.map(str::to_owned).ok_or_else(|| item.wrong("a string"))
        };
        items.iter().map(word).collect()
    }

    fn text(&self, value: &Vec<String>) -> String {
        let words: Vec<String> = value.iter().map(|word| quoted(word)).collect();
        format!("[{}]", words.join(", "))
    }

    fn range(&self) -> String {
        "an array of strings".to_owned()
    }
}
