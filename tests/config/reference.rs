//! `docs/configuration.md` has each key, with the default and range it really has.

use std::fs;
use std::path::Path;

use tidegate::config::{Config, Key};

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    fs::read_to_string(path).unwrap()
}

/// The rows `| key | default | range | meaning |` below the heading that begins with `heading`.
fn rows<'a>(document: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let lines = document.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
    let section = lines.take_while(|line| !line.starts_with("## "));
    let rows = section.filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

fn assert_documented(document: &str, heading: &str, keys: &[&Key]) {
    let rows = rows(document, heading);
    let names: Vec<String> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let expected: Vec<&str> = keys.iter().map(|key| key.name).collect();
    assert_eq!(names, expected, "keys below {heading}");
    for (row, key) in rows.iter().zip(keys) {
        let default = match &key.default {
            Some(default) => format!("`{default}`"),
            None if key.required => "required".to_owned(),
            None => "unset".to_owned(),
        };
        assert_eq!(row.len(), 4, "{row:?}");
        assert_eq!(row[1], default, "default of {heading} {}", key.name);
        assert_eq!(row[2], key.range, "range of {heading} {}", key.name);
        assert!(row[3].len() > 20, "meaning of {heading} {}", key.name);
    }
}

#[test]
fn every_key_of_the_configuration_is_documented() {
    let document = document();
    let keys = Config::keys();
    let mut sections: Vec<&str> = keys.iter().map(|key| key.section).collect();
    sections.dedup();
    assert_eq!(sections.len(), 22);
    for section in sections {
        let keys: Vec<&Key> = keys.iter().filter(|key| key.section == section).collect();
        let repeated = matches!(section, "port" | "dictionary" | "host" | "depth");
        let heading = if repeated { format!("## [[{section}]]") } else { format!("## [{section}]") };
        assert_documented(&document, &heading, &keys);
    }
}

#[test]
fn every_key_of_a_dictionary_file_is_documented() {
    let document = document();
    let keys = Config::dictionary_keys();
    let (head, keyword): (Vec<&Key>, Vec<&Key>) = keys.iter().partition(|key| key.section.is_empty());
    assert_documented(&document, "## Dictionary files", &head);
    assert_documented(&document, "## [[keyword]]", &keyword);
}

/// The examples are not just for show: each TOML block is read as what it is.
#[test]
fn the_examples_are_right() {
    let document = document();
    let mut examples = 0;
    for block in document.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let files = if text.contains("[[keyword]]") {
            [("sensor.toml", "[[dictionary]]\nfile = \"tern.toml\"\n"), ("tern.toml", text)]
        } else {
            [("sensor.toml", text), ("tern.toml", "name = \"t\"\nsignature_id = 1\nkeyword = [{ text = \"t\" }]\n")]
        };
        crate::load(&files).unwrap();
        examples += 1;
    }
    assert_eq!(examples, 2);
}
