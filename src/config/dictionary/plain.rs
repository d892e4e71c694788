//! A dictionary as a text file: one keyword a line, each of weight 1, threshold 1.
//!
//! Blanks around a keyword do not belong to it; empty lines and lines that
//! begin with `#` are skipped. What needs more is written as TOML.

use super::{Action, Dictionary, Draft, Keyword, Located, MAX_KEYWORD_BYTES, NAME, derived_signature_id, is_name};
use crate::config::error::{ConfigError, found_expected, quoted};
use crate::config::source::Source;

/// Reads the file. The dictionary is named `name`, or like the file without its
/// ending, and its signature id is derived from that.
pub(super) fn read(source: &Source<'_>, name: Option<&str>) -> Result<Draft, ConfigError> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => file_stem(source)?,
    };
    let mut keywords = Vec::new();
    for (index, line) in source.text().lines().enumerate() {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let line = index + 1;
        if text.len() > MAX_KEYWORD_BYTES {
            let problem = found_expected(
                &format!("a keyword of {} bytes", text.len()),
                &format!("at most {MAX_KEYWORD_BYTES} bytes"),
            );
            return Err(ConfigError::file(source.file(), problem).at_line(line));
        }
        let keyword = Keyword { bytes: text.as_bytes().to_vec(), weight: 1, max: 0 };
        keywords.push(Located { keyword, line, key: None, found: quoted(text) });
    }
    let head = Dictionary {
        signature_id: derived_signature_id(&name),
        name,
        description: String::new(),
        revision: 1,
        severity: 2,
        category: String::new(),
        threshold: 1,
        case_insensitive: false,
        action: Action::Alert,
        keywords: Vec::new(),
    };
    Ok(Draft { head, keywords })
}

fn file_stem(source: &Source<'_>) -> Result<String, ConfigError> {
    let stem = source.file().file_stem().unwrap_or_default().to_string_lossy();
    if is_name(&stem) {
        return Ok(stem.into_owned());
    }
    let problem = format!("found {} as the dictionary's name, expected {}", quoted(&stem), NAME.expected);
    Err(ConfigError::file(source.file(), problem))
}
