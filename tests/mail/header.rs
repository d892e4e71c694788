//! What is told of messages' headers, against what Python's `email` finds in them.

use std::io::Write;
use std::process::{Command, Stdio};

use tidegate::event::Direction::ToServer;
use tidegate::proto::{Parser, smtp};

use super::capture::{Kept, file};

/// Prints a line for each field, `key=value` with its folding undone, and for each address of a list `key=address`.
const ORACLE: &str = r#"
import email, email.policy, email.utils, re, sys
message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.compat32)
unfold = lambda value: re.sub(r"\r?\n", "", value).strip()
for key, name in [("from", "From"), ("subject", "Subject"), ("date", "Date"), ("message_id", "Message-ID"), ("x_mailer", "X-Mailer")]:
    if unfold(message.get(name, "")):
        print(f"{key}={unfold(message[name])}")
for key in ["to", "cc"]:
    for _, address in email.utils.getaddresses([unfold(message.get(key, ""))]):
        print(f"{key}={address}")
"#;

const MESSAGES: [&str; 4] = [
    "Received: from a.example (a.example [192.0.2.1])\r\n\tby b.example; Sat, 21 Nov 2026 17:05:00 +0000\r\n\
     From: =?utf-8?q?An=C3=A4?= <anna@example.org>\r\nTo: \"Ben, the other\" <ben@example.net>,\r\n carl@example.net,\r\n\
     \tDora (at home, mostly) <dora@example.net>\r\nCC: eve@example.net\r\nSubject: =?utf-8?b?R3LDtsOfZW4=?=\r\n\
     \x20and more of it\r\nMessage-ID:\r\n <1@example.org>\r\nX-Mailer: pine 4.64\r\nDate: Sat, 21 Nov 2026 17:05:00 +0000\r\n\
     Bcc: hidden@example.net\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nSubject: of a part\r\n\r\n\
     x\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: within@example.org\r\nSubject: within\r\n\r\n--b--\r\n",
    "subject: the first\r\nSubject: the second\r\nFROM:anna@example.org\r\nto:<ben@example.net>,<carl@example.net>\r\n\r\nCc: no@field\r\n",
    "From: anna@example.org\r\nX-Empty:\r\nSubject:\r\n \r\nTo: ben@example.net\r\nthis is the body\r\nDate: never\r\n",
    "no header at all\r\nFrom: anna@example.org\r\n",
];

/// What is told of a message that is sent by DATA.
fn told(message: &[u8]) -> Vec<(String, String)> {
    let mut kept = Kept::default();
    let text = String::from_utf8_lossy(message).replace("\r\n.", "\r\n..");
    let mut smtp = smtp::Smtp::default();
    smtp.push(ToServer, format!("MAIL FROM:<a>\r\nDATA\r\n{text}.\r\n").as_bytes(), &mut kept);
    let key = |key: &'static str| Some(key.strip_prefix("/email.")?.trim_end_matches("[]").to_owned());
    kept.fields.iter().filter_map(|(name, value)| Some((key(name)?, value.clone()))).collect()
}

fn by_python(message: &[u8]) -> Vec<(String, String)> {
    let mut python = Command::new("python3")
        .args(["-c", ORACLE])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    python.stdin.take().expect("a pipe").write_all(message).expect("python3 reads");
    let output = python.wait_with_output().expect("python3 ends");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
#[allow(clippy::print_stdout)] // why it was skipped
fn headers_are_read_as_python_reads_them() {
    if Command::new("python3").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: no python3 to read messages");
        return;
    }
    let mut fields = 0;
    for message in MESSAGES.iter().map(|message| message.as_bytes().to_vec()).chain([file("message.eml")]) {
        let (mut told, mut expected) = (told(&message), by_python(&message));
        let status = told.iter().position(|(key, _)| key == "status").map(|at| told.remove(at).1);
        assert_eq!(status.as_deref(), (!expected.is_empty()).then_some("PARSE_DONE"));
        told.sort_by(|a, b| a.0.cmp(&b.0));
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(told.len(), expected.len(), "{told:?} {expected:?}");
        for ((key, value), (expected_key, expected)) in told.iter().zip(&expected) {
            let is_list = key == "to" || key == "cc";
            let same = if is_list { value.contains(expected.as_str()) } else { value == expected };
            assert!(key == expected_key && same, "{key}: {value:?}, {expected:?}");
            fields += 1;
        }
    }
    assert!(fields > 15);
}
