//! No crate is older than the version in which a known advisory about it was mended: `advisories/known.tsv` against both
//! lock files, without a network. A downgrade fails here, and so does a crate that comes back in a version that was left.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Value;

/// A line of the table.
struct Advisory<'a> {
    id: &'a str,
    package: &'a str,
    /// The first version in which it is mended, and those that never had it are before that.
    fixed: Version,
    unaffected: Version,
}

type Version = (u64, u64, u64);

fn version(text: &str) -> Version {
    let plain = text.split(['-', '+']).next().unwrap();
    let mut parts = plain.split('.').map(|part| part.parse().unwrap_or_else(|_| panic!("{text:?} is no version")));
    (parts.next().unwrap(), parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

fn read(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn known(table: &str) -> Vec<Advisory<'_>> {
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let columns: Vec<_> = line.split('\t').collect();
            let [id, package, fixed, unaffected, what] = columns[..] else { panic!("five columns: {line:?}") };
            let unaffected = if unaffected == "-" { (0, 0, 0) } else { version(unaffected) };
            assert!(id.starts_with("RUSTSEC-") && what.len() > 10, "{line:?}");
            Advisory { id, package, fixed: version(fixed), unaffected }
        })
        .collect()
}

/// Packages of a lock file, and all versions of each.
fn locked(text: &str) -> BTreeMap<String, Vec<Version>> {
    let file: toml::Table = text.parse().unwrap();
    let mut packages: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for package in file["package"].as_array().unwrap() {
        let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap().to_owned();
        packages.entry(text("name")).or_default().push(version(&text("version")));
    }
    packages
}

/// What of a lock file an advisory is about.
fn affected<'a>(packages: &BTreeMap<String, Vec<Version>>, known: &'a [Advisory<'a>]) -> Vec<&'a str> {
    let is_affected = |advisory: &&Advisory<'_>| {
        let versions = packages.get(advisory.package).map_or(&[][..], Vec::as_slice);
        versions.iter().any(|version| (advisory.unaffected..advisory.fixed).contains(version))
    };
    known.iter().filter(is_affected).map(|advisory| advisory.id).collect()
}

#[test]
fn no_crate_is_older_than_its_advisories() {
    let table = read("tests/advisories/known.tsv");
    let known = known(&table);
    assert!(known.len() > 15, "{} advisories", known.len());
    for file in ["Cargo.lock", "fuzz/Cargo.lock"] {
        let packages = locked(&read(file));
        assert!(packages.contains_key("tidegate"), "{file}");
        assert_eq!(affected(&packages, &known), [""; 0], "{file}");
    }
    // What is decoded and taken apart with the help of others is in the table, where anything is known about it.
    for package in ["zlib-rs", "ruzstd", "aes-gcm", "hashbrown", "crossbeam-utils"] {
        assert!(known.iter().any(|advisory| advisory.package == package), "{package}");
    }
}

#[test]
fn a_downgrade_would_be_found() {
    let table = read("tests/advisories/known.tsv");
    let known = known(&table);
    let lock =
        |name: &str, version: &str| locked(&format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n"));
    assert_eq!(affected(&lock("zlib-rs", "0.3.1"), &known), ["RUSTSEC-2024-0401"]);
    assert_eq!(affected(&lock("ruzstd", "0.7.2"), &known), ["RUSTSEC-2024-0400"]);
    for (name, version) in [("zlib-rs", "0.4.0"), ("ruzstd", "0.6.9"), ("ruzstd", "0.7.3"), ("no-such-crate", "0.0.1")]
    {
        assert_eq!(affected(&lock(name, version), &known), [""; 0], "{name} {version}");
    }
}
