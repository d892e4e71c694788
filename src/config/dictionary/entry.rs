//! `[[dictionary]]` of the configuration: which dictionary files to read.

use std::path::Path;

use hashbrown::HashMap;

use super::{ACTION, Action, Dictionary, DictionaryOptions, Format, MAX_DICTIONARIES, NAME, SIGNATURE_ID, THRESHOLD};
use crate::config::error::{ConfigError, quoted};
use crate::config::source::read_bounded;
use crate::config::spec::{Flag, Maybe, Required, Section, Text, section};
use crate::config::walk::Table;

section! {
    /// One `[[dictionary]]`: the file, and what replaces its own settings.
    pub(super) struct Entry at "dictionary" {
        "file" => file: String = Required(Text {
            default: "",
            check: |text| !text.is_empty() && !text.contains('\0'),
            expected: "the path of a dictionary file",
        }), reload;
        "name" => name: Option<String> = Maybe(NAME), reload;
        "signature_id" => signature_id: Option<u32> = Maybe(SIGNATURE_ID), reload;
        "threshold" => threshold: Option<u32> = Maybe(THRESHOLD), reload;
        "case_insensitive" => case_insensitive: Option<bool> = Maybe(Flag(false)), reload;
        "action" => action: Option<Action> = Maybe(ACTION), reload;
    }
}

/// Reads every `[[dictionary]]` and the files they name, relative to `directory`.
pub(in crate::config) fn read_dictionaries(root: &Table<'_>, directory: &Path) -> Result<Vec<Dictionary>, ConfigError> {
    let mut dictionaries = Vec::new();
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut ids: HashMap<u32, usize> = HashMap::new();
    let tables = root.tables("dictionary")?;
    if let Some(beyond) = tables.get(MAX_DICTIONARIES) {
        let found = format!("{} dictionaries", tables.len());
        return Err(beyond.place.wrong(&found, &format!("at most {MAX_DICTIONARIES}")));
    }
    for table in tables {
        let dictionary = read_entry(&table, directory)?;
        let line = table.place.line();
        if let Some(first) = names.insert(dictionary.name.clone(), line) {
            let expected = format!("a name of its own: the dictionary of line {first} has it already");
            return Err(table.place.wrong(&format!("the name {}", quoted(&dictionary.name)), &expected));
        }
        if let Some(first) = ids.insert(dictionary.signature_id, line) {
            let expected = format!("one of its own: the dictionary of line {first} has it already");
            return Err(table.place.wrong(&format!("signature_id {}", dictionary.signature_id), &expected));
        }
        dictionaries.push(dictionary);
    }
    Ok(dictionaries)
}

fn read_entry(table: &Table<'_>, directory: &Path) -> Result<Dictionary, ConfigError> {
    let Entry { file, name, signature_id, threshold, case_insensitive, action } = Entry::read(table)?;
    let options = DictionaryOptions { name, signature_id, threshold, case_insensitive, action };
    let path = directory.join(&file);
    // The value is there: `Entry::read` requires it.
    let place = table.value("file").map_or_else(|| table.place.clone(), |value| value.place);
    if Format::of(&path).is_none() {
        return Err(place.wrong(&quoted(&file), Format::EXPECTED));
    }
    let bytes = read_bounded(&path).map_err(|found| {
        place.wrong(&format!("{found} at {}", quoted(&path.display().to_string())), "a dictionary file")
    })?;
    Dictionary::from_bytes(&path, &bytes, &options)
}
