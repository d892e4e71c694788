//! Files within the text of mail.

use super::hand_made::{check as check_all, outline};

const HEAD: &str = "From: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
const FILE: &str = "begin 644 a.txt\r\n#;VYE\r\n`\r\nend\r\n";

/// Paths and contents of what is in a mail with this body, without headers.
fn parts(body: &str) -> (Vec<(String, String)>, Vec<String>) {
    let (mut leaves, cuts) = outline(format!("{HEAD}{body}").as_bytes());
    leaves.retain(|(path, _)| !path.ends_with("(header)"));
    (leaves, cuts)
}

fn check(body: &str, leaves: &[(&str, &str)], cuts: &[&str]) {
    let leaves: Vec<_> = leaves.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let cuts: Vec<_> = cuts.iter().map(|cut| (*cut).to_owned()).collect();
    assert_eq!(parts(body), (leaves, cuts), "{body:?}");
}

#[test]
fn files_are_found_in_parts_of_text() {
    check(
        &format!("--b\r\n\r\nDear\r\n{FILE}Ann\r\n--b--"),
        &[("mime[1]", "Dear\r\n"), ("mime:a.txt", "one"), ("mime:(text)", "Ann")],
        &[],
    );
    // The boundary's line end is the last one of the file.
    check(&format!("--b\r\n\r\n{}\r\n--b--", FILE.trim_end()), &[("mime:a.txt", "one")], &[]);
    // However the text is written.
    let coded = data_encoding::BASE64.encode(format!("Dear\r\n{FILE}").as_bytes());
    check(
        &format!("--b\r\nContent-Transfer-Encoding: base64\r\n\r\n{coded}\r\n--b--"),
        &[("mime[2]", "Dear\r\n"), ("mime:a.txt", "one")],
        &[],
    );
    let quoted = FILE.replace("one", "o=6Ee").replace(";VYE", "=3BVYE");
    check(
        &format!("--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}\r\n--b--"),
        &[("mime:a.txt", "one")],
        &[],
    );
    // A part that is no text is left as it is, and recognised for what it is.
    check(
        &format!("--b\r\nContent-Type: application/octet-stream\r\n\r\n{FILE}\r\n--b--"),
        &[("mime[2]/uuencode:a.txt", "one")],
        &[],
    );
}

#[test]
fn a_boundary_ends_a_file() {
    let file = FILE.split_once('`').unwrap().0;
    check(
        &format!("--b\r\n\r\n{file}\r\n--b\r\n\r\ntwo\r\n--b--"),
        &[("mime:a.txt", "one"), ("mime[2]", "two")],
        &["mime:a.txt truncated"],
    );
}

#[test]
fn every_message_of_a_mailbox_is_read() {
    let line = "From ann@example.org Sat Aug  1 10:00:00 2026";
    let fields = "From: a\nSubject: b\n";
    let header = "From ann@example.org Sat";
    let coded = |text: &str| {
        let body = data_encoding::BASE64.encode(text.as_bytes());
        format!("{line}\n{fields}Content-Transfer-Encoding: base64\n\n{body}\n\n")
    };
    let parts =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nb25l\n--b--\n\n";
    for end in ["\n", "\r\n"] {
        check_all(
            [&coded("one"), &*coded("two"), &format!("{line}\n{fields}{parts}"), &coded("three")]
                .concat()
                .replace('\n', end)
                .as_bytes(),
            &[
                ("mime:(header)", header),
                ("mime[1]", "one"),
                ("mime[2]/mime:(header)", header),
                ("mime[2]/mime[1]", "two"),
                ("mime[3]/mime:(header)", header),
                ("mime[3]/mime:(header)", "Content-Transfer-Encodin"),
                ("mime[3]/mime[2]", "one"),
                ("mime[4]/mime:(header)", header),
                ("mime[4]/mime[1]", "three"),
            ],
            &[],
        );
    }
    // The first has no end of its own, and there is no mailbox without that line.
    check_all(
        format!("{line}\n{fields}{}{}", parts.replace("--b--", "--"), coded("two")).as_bytes(),
        &[
            ("mime:(header)", header),
            ("mime:(header)", "Content-Transfer-Encodin"),
            ("mime[2]", "one"),
            ("mime[3]/mime:(header)", header),
            ("mime[3]/mime[1]", "two"),
        ],
        &["mime[2] truncated"],
    );
    check_all(
        format!("{fields}\none\n\n{}", coded("two")).as_bytes(),
        &[("mime:(header)", "From: a\nSubject: b\n"), ("mime[1]", "one\n\nFrom ann@example.or")],
        &[],
    );
}

#[test]
fn a_boundary_may_be_quoted() {
    let leaves: &[(&str, &str)] =
        &[("mime:(header)", "From: a\r\nContent-Type: m"), ("mime[1]", "one"), ("mime[2]", "two")];
    for (told, stands) in [("b\\nd", "bnd"), ("b\\nd", "b\\nd"), ("\\b\\n\\d", "bnd"), ("b\\\"d", "b\"d")] {
        let head = format!("From: a\r\nContent-Type: multipart/mixed; boundary=\"{told}\"\r\n\r\n");
        check_all(
            format!("{head}--{stands}\r\n\r\none\r\n--{stands}\r\n\r\ntwo\r\n--{stands}--").as_bytes(),
            leaves,
            &[],
        );
    }
}
