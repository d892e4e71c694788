//! `tidegate scan` as its users meet it: leaves, findings, flags, exit codes.

#[path = "common/tarred.rs"]
mod tarred;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tarred::tar;

fn content() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/content").to_owned()
}

/// Exit code, stdout, stderr.
fn scan(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate")).arg("scan").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The lines of `--json`.
fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const QUICKSTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/quickstart.toml");

#[test]
fn leaves_and_texts_are_those_that_other_programs_find() {
    let expected = std::fs::read_to_string(format!("{}/expected.json", content())).unwrap();
    let expected: BTreeMap<String, Vec<BTreeMap<String, String>>> = serde_json::from_str(&expected).unwrap();
    for (name, leaves) in expected {
        let file = format!("{}/{name}", content());
        let (code, stdout, stderr) = scan(&["--json", "--text", &file]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{name}");
        let found: Vec<_> = objects(&stdout).into_iter().filter(|leaf| leaf["type"] != "cut").collect();
        assert_eq!(found.len(), leaves.len(), "{name}: {stdout}");
        for (found, expected) in found.iter().zip(&leaves) {
            let bytes = data_encoding::HEXLOWER.decode(expected["hex"].as_bytes()).unwrap();
            assert_eq!(found["file"], file.as_str());
            assert_eq!(found["path"], expected["path"].as_str(), "{name}");
            assert_eq!(found["size"], bytes.len(), "{name}");
            assert_eq!(found["text"], String::from_utf8_lossy(&bytes).as_ref(), "{name}");
        }
    }
}

#[test]
fn a_planted_sentence_is_found_in_each_wrapping() {
    let files =
        ["plain.txt", "text.gz", "text.zz", "ustar.tar", "stored.zip", "deflated.zip", "streamed.zip", "zip64.zip"];
    for name in files {
        let (code, stdout, _) = scan(&["--json", "--config", QUICKSTART, &format!("{}/{name}", content())]);
        assert_eq!(code, 0);
        let found: Vec<_> =
            objects(&stdout).into_iter().filter(|leaf| leaf["findings"] != Value::Array(vec![])).collect();
        assert_eq!(found.len(), 1, "{name}: {stdout}");
        let finding = &found[0]["findings"][0];
        assert_eq!(
            (&finding["dictionary"], &finding["score"], &finding["offset"]),
            (&"project-tern".into(), &10.into(), &42.into())
        );
        assert_eq!(finding["keywords"][0]["keyword"], "Project Tern", "{name}");
    }
}

#[test]
fn what_cannot_be_decoded_is_flagged() {
    let directory = tempfile::tempdir().unwrap();
    let whole = std::fs::read(format!("{}/text.gz", content())).unwrap();
    let cut = directory.path().join("cut.gz");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let (code, stdout, _) = scan(&["--json", cut.to_str().unwrap()]);
    let found = objects(&stdout);
    assert_eq!((code, &found[0]["path"], &found[0]["flags"]), (0, &"gzip".into(), &serde_json::json!(["truncated"])));
    let (_, stdout, _) = scan(&["--json", &format!("{}/locked.zip", content())]);
    let found: Vec<_> = objects(&stdout).iter().map(|leaf| (leaf["path"].clone(), leaf["flags"].clone())).collect();
    let encrypted = serde_json::json!(["encrypted"]);
    assert_eq!(found, [("zip:plans/q3.txt".into(), encrypted.clone()), ("zip:note.txt".into(), encrypted)]);
}

#[test]
fn people_get_a_tree_and_a_sum() {
    let (code, stdout, stderr) = scan(&["--config", QUICKSTART, &format!("{}/nested.zip", content())]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let lines: Vec<_> = stdout.lines().collect();
    assert!(lines[0].ends_with("nested.zip  967 bytes"), "{stdout}");
    let q3 = "zip:inner.tar.gz/gzip/tar:plans/q3.txt  text, 1,211 bytes  !! project-tern 10 of 10 at 42";
    assert_eq!(lines[1], format!("\u{251c}\u{2500} {q3}"));
    assert!(lines[5].starts_with("\u{2514}\u{2500} zip:deflated.zip/zip:note.txt"), "{stdout}");
    assert_eq!(lines[6], "1 files, 967 bytes: 5 leaves, 0 cut short, 2 findings");
}

/// Of each file no more text is kept than was asked for, over all its leaves; what is more is scanned all the same.
#[test]
fn text_is_bounded_and_that_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let line = "Gr\u{f6}\u{df}e, and so on. ";
    std::fs::write(directory.path().join("long.txt"), format!("{}Project Tern", line.repeat(100_000))).unwrap();
    let folder = directory.path().to_str().unwrap();
    let text = |most: &str| {
        let (code, stdout, _) = scan(&["--json", "--text", "--text-max", most, "--config", QUICKSTART, folder]);
        assert_eq!(code, 0);
        let leaf = objects(&stdout).remove(0);
        (
            leaf["text"].as_str().unwrap().to_owned(),
            leaf["flags"].clone(),
            leaf["size"].as_u64().unwrap(),
            leaf["findings"].clone(),
        )
    };
    let (whole, flags, size, findings) = text("100000000");
    assert_eq!((whole.len() as u64, flags), (size, serde_json::json!([])));
    for most in [1, 2, 3, 4, 1000, 70_001] {
        let (some, flags, same, found) = text(&most.to_string());
        assert!(whole.starts_with(&some) && !some.contains('\u{fffd}'), "{most} bytes: {some:?}");
        assert!(some.len() <= most && some.len() + 4 > most, "{} of {most} bytes", some.len());
        assert_eq!((flags, same, &found), (serde_json::json!(["text_cut"]), size, &findings));
    }
    // Over all leaves of a file: five of them, of 1,211, 16, 16, 1,211 and 16 bytes.
    let nested = format!("{}/nested.zip", content());
    let (_, stdout, _) = scan(&["--json", "--text", "--text-max", "1240", &nested]);
    let kept: Vec<_> = objects(&stdout).iter().map(|leaf| leaf["text"].as_str().unwrap().len()).collect();
    assert_eq!(kept, [1211, 16, 12, 0, 0], "half a character is left out");
    let (_, stdout, _) = scan(&["--text", "--text-max", "1240", &nested]);
    assert_eq!(stdout.matches(", text_cut").count(), 3, "{stdout}");
    let (code, _, stderr) = scan(&["--text-max", "9", &nested]);
    assert!(code == 2 && stderr.contains("--text"), "{stderr}");
}

#[test]
fn the_order_is_that_of_the_names_however_many_work() {
    let (_, one, _) = scan(&["--json", "--jobs", "1", &content()]);
    for jobs in ["2", "7"] {
        assert_eq!(scan(&["--json", "--jobs", jobs, &content()]).1, one, "{jobs} jobs");
    }
    let mut names: Vec<_> = objects(&one).iter().map(|leaf| leaf["file"].as_str().unwrap().to_owned()).collect();
    names.dedup();
    assert!(names.len() > 10 && names.is_sorted(), "{names:?}");
}

#[test]
fn what_is_not_there_is_told_in_one_line_with_exit_code_2() {
    let (code, stdout, stderr) = scan(&["/nonexistent/file"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("/nonexistent/file") && stderr.contains("expected a file or a directory"), "{stderr}");
    assert!(Path::new(&content()).is_dir());
}

/// Paths and flags of all leaves, and of what has none.
fn flags(file: &Path) -> Vec<(String, Vec<String>)> {
    let (_, stdout, _) = scan(&["--json", file.to_str().unwrap()]);
    let leaf = |leaf: &Value| {
        let flags = leaf["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap().to_owned());
        (leaf["path"].as_str().unwrap().to_owned(), flags.collect())
    };
    objects(&stdout).iter().map(leaf).collect()
}

/// Members of one name have one path; what is wrong with one is said of that one.
#[test]
fn flags_are_those_of_their_own_leaf() {
    let good = std::fs::read(format!("{}/text.gz", content())).unwrap();
    let mut sum = good.clone();
    let place = sum.len() - 6;
    sum[place] ^= 0xff;
    let short = &good[..good.len() - 30];
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("same.tar");
    let kinds: [(&[u8], &[&str]); 3] = [(&sum, &["checksum"]), (&good, &[]), (short, &["truncated"])];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1], [0, 0, 2], [2, 2, 1]] {
        let members = order.map(|kind: usize| ("a.gz", kinds[kind].0));
        std::fs::write(&file, tar(&members)).unwrap();
        let expected = order.map(|kind| {
            let flags = kinds[kind].1.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>();
            ("tar:a.gz/gzip".to_owned(), flags)
        });
        assert_eq!(flags(&file), expected, "{order:?}");
    }
}

/// One directory in another, `depth` times, whose names together are longer than what a system takes for a path.
fn endless(directory: &Path, depth: usize) {
    use rustix::fs::{Mode, OFlags, mkdirat, open, openat};
    let name = "d".repeat(250);
    let mut at = open(directory, OFlags::DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..depth {
        mkdirat(&at, &name, Mode::from_raw_mode(0o700)).unwrap();
        at = openat(&at, &name, OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
}

/// What cannot be read is told, counted, and no reason to leave the rest alone.
#[test]
fn what_cannot_be_read_within_a_directory_is_told_and_the_rest_is_scanned() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["a.txt", "z.txt"] {
        std::fs::write(directory.path().join(name), "text").unwrap();
    }
    endless(directory.path(), 17);
    let folder = directory.path().to_str().unwrap();
    let (code, stdout, stderr) = scan(&["--json", folder]);
    let found = objects(&stdout);
    let names: Vec<_> = found.iter().map(|leaf| leaf["file"].as_str().unwrap()).collect();
    assert!(names.len() == 3 && names[0].ends_with("/a.txt") && names[2].ends_with("/z.txt"), "{names:?}");
    assert!(names[1].starts_with(&format!("{folder}/ddd")), "{names:?}");
    let unread = &found[1];
    assert_eq!((&unread["type"], &unread["flags"]), (&"cut".into(), &serde_json::json!(["unreadable"])));
    assert!(unread["error"].as_str().unwrap().starts_with("File name too long"), "{unread}");
    assert_eq!((code, stderr.lines().count()), (1, 2), "{stderr}");
    assert!(stderr.contains("ddd: File name too long") && stderr.contains("1 files could not be read"), "{stderr}");
    let (code, stdout, _) = scan(&[folder]);
    assert!(code == 1 && stdout.contains("unreadable: File name too long"), "{stdout}");
    // One that is named, and cannot be read; one that is named and is not there has nothing looked at.
    let (code, stdout, stderr) = scan(&["--json", folder, "/proc/self/mem"]);
    assert_eq!((code, objects(&stdout).last().unwrap()["flags"].clone()), (1, serde_json::json!(["unreadable"])));
    assert!(stderr.contains("/proc/self/mem: Input/output error"), "{stderr}");
    let (code, stdout, stderr) = scan(&[folder, "/nonexistent"]);
    assert_eq!((code, stdout.as_str(), stderr.lines().count()), (2, "", 1), "{stderr}");
}

#[test]
fn a_directory_behind_a_link_is_looked_into_where_it_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let (folder, link) = (directory.path().join("folder"), directory.path().join("link"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.txt"), "text").unwrap();
    std::os::unix::fs::symlink(&folder, &link).unwrap();
    let (code, stdout, _) = scan(&["--json", link.to_str().unwrap()]);
    assert_eq!((code, objects(&stdout).len()), (0, 1), "{stdout}");
    let (_, stdout, _) = scan(&["--json", directory.path().to_str().unwrap()]);
    assert_eq!(objects(&stdout).len(), 1, "{stdout}");
}

/// Two names are two names, whatever bytes they have, and one line is one line.
#[test]
fn names_that_are_no_text_are_told_apart() {
    use std::os::unix::ffi::OsStrExt as _;
    let directory = tempfile::tempdir().unwrap();
    let names: [(&[u8], &str); 4] =
        [(b"\xfe.txt", "\\xfe.txt"), (b"\xff.txt", "\\xff.txt"), (b"a\nb", "a\\x0ab"), (b"a\x1bb", "a\\x1bb")];
    for (name, _) in names {
        std::fs::write(directory.path().join(std::ffi::OsStr::from_bytes(name)), "text").unwrap();
    }
    let folder = directory.path().to_str().unwrap();
    let (_, stdout, _) = scan(&["--json", folder]);
    let mut found: Vec<_> = objects(&stdout).iter().map(|leaf| leaf["file"].as_str().unwrap().to_owned()).collect();
    found.sort_unstable();
    let mut expected = names.map(|(_, name)| format!("{folder}/{name}"));
    expected.sort_unstable();
    assert_eq!(found, expected);
    let (_, stdout, _) = scan(&[folder]);
    for name in expected {
        assert!(stdout.lines().any(|line| line == format!("{name}  4 bytes")), "{name}: {stdout}");
    }
}
