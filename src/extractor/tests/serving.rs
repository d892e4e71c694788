//! Objects through a server and back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;
use crate::decode::{Child, Out};

/// What comes back of one object.
fn answer(modules: &'static [&'static Module], whole: &Whole<'_>, bytes: &[u8], complete: bool) -> Vec<String> {
    let mut point = Point::new(&sizes(1), modules, false).unwrap();
    let (ticket, _) = point.begin(whole.format.name, false).unwrap();
    point.write(ticket, bytes).unwrap();
    let number = point.publish(ticket, whole, complete).unwrap();
    let stop = AtomicBool::new(false);
    let mut seen = Seen::default();
    thread::scope(|scope| {
        let (objects, answers) = far_end(&point, 0);
        let stop = &stop;
        scope.spawn(move || {
            let mut server = Server::new(&Limits::default(), modules, 1 << 20);
            server.run(&objects, &answers, 0, || !stop.load(Ordering::Relaxed));
        });
        let mut path = Path::default();
        point.wait(number, whole.path, &mut path, &mut seen);
        stop.store(true, Ordering::Relaxed);
    });
    assert!(!point.is_waiting());
    assert_eq!(point.counters().answered, 1);
    seen.0
}

#[test]
fn children_come_back_with_the_way_to_them() {
    let mut base = Path::default();
    base.join(&Path::default(), b"http");
    let whole = Whole { level: 1, path: &base, ..whole(&base) };
    let seen = answer(REHEARSAL, &whole, &object("child notes.txt", b"Project Tern"), true);
    assert_eq!(seen, ["begin 2 http/rar:notes.txt", "data 2 Project Tern", "end 2 12 true"]);
    let inner = object("child notes.txt", b"deeper");
    let seen = answer(REHEARSAL, &whole, &object("child inner.rar", &inner), true);
    assert_eq!(seen, ["begin 3 http/rar:inner.rar/rar:notes.txt", "data 3 deeper", "end 3 6 true"]);
}

#[test]
fn what_cannot_be_read_is_handed_back_as_it_is_and_told() {
    let base = Path::default();
    let junk = object("nonsense", b"text");
    let text = String::from_utf8_lossy(&junk);
    let seen = answer(REHEARSAL, &whole(&base), &junk, true);
    assert_eq!(seen, ["cut rar malformed", "begin 1 ", &format!("data 1 {text}"), "end 1 20 true"]);
    let seen = answer(REHEARSAL, &whole(&base), &junk, false);
    assert_eq!(seen, ["cut rar truncated", "begin 1 ", &format!("data 1 {text}"), "end 1 20 false"]);
    let seen = answer(REHEARSAL, &whole(&base), &object("child a", b"b"), false);
    assert_eq!(seen, ["begin 2 rar:a", "data 2 b", "end 2 1 false"], "who lacks a part has no whole children");
}

#[test]
fn depth_counts_what_lies_around_the_object() {
    let base = Path::default();
    let bytes = object("child a", b"b");
    let seen = answer(REHEARSAL, &Whole { level: 15, ..whole(&base) }, &bytes, true);
    assert_eq!(seen, ["begin 16 rar:a", "data 16 b", "end 16 1 true"]);
    let nested = object("child a", &bytes);
    let seen = answer(REHEARSAL, &Whole { level: 15, ..whole(&base) }, &nested, true);
    assert_eq!(seen[..2], ["cut rar:a depth", "begin 16 rar:a"], "{seen:?}");
}

/// A mail with a file, within something that is none.
fn mail(_: &[u8], out: &mut dyn Out) -> bool {
    let mail = b"From: a@b\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n\
        --z\r\nContent-Disposition: attachment; filename=\"q3.txt\"\r\n\r\nnumbers\r\n--z--\r\n";
    out.begin(&Child { name: b"" });
    out.data(mail);
    out.end();
    true
}

#[test]
fn files_within_come_back_as_files_unless_the_object_is_one_itself() {
    static MAIL: &[&Module] = &[&Module { name: "rar", extract: Some(mail), encrypted: false }];
    let base = Path::default();
    let bytes = object("", b"");
    let files =
        |seen: Vec<String>| -> Vec<String> { seen.into_iter().filter(|line| line.starts_with("file")).collect() };
    let seen = files(answer(MAIL, &whole(&base), &bytes, true));
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert!(seen[0].starts_with("file 3 q3.txt text/plain rar/mime"), "{seen:?}");
    assert_eq!(seen[1..], ["file data 3 numbers", "file end 3 7 true"]);
    assert!(files(answer(MAIL, &Whole { within: true, ..whole(&base) }, &bytes, true)).is_empty());
}

/// Says of its only child that it is encrypted, and that not all was read.
fn locked(_: &[u8], out: &mut dyn Out) -> bool {
    out.begin(&Child { name: b"secret" });
    out.cut(Cut::Encrypted);
    out.end();
    false
}

#[test]
fn what_a_module_has_told_is_not_told_again() {
    static LOCKED: &[&Module] = &[&Module { name: "rar", extract: Some(locked), encrypted: false }];
    let base = Path::default();
    let seen = answer(LOCKED, &whole(&base), &object("", b""), true);
    assert_eq!(seen, ["cut rar:secret encrypted"]);
}

/// Hands out a PDF as the object says: `large`, more than may be held of it; `locked`, encrypted.
fn document(object: &[u8], out: &mut dyn Out) -> bool {
    let says = |word: &[u8]| object.windows(word.len()).any(|bytes| bytes == word);
    let comment = if says(b"large") { 1 << 20 } else { 0 };
    let trailer = if says(b"locked") { "/Encrypt 2 0 R" } else { "" };
    let content = "1 0 obj\n<</Length 30>>\nstream\nBT /F 12 Tf (Project Tern) Tj ET\nendstream\nendobj\n";
    out.begin(&Child { name: b"a.pdf" });
    for part in
        ["%PDF-1.4\n%", &"x".repeat(comment), "\n", content, "trailer\n<<", trailer, ">>\nstartxref\n0\n%%EOF\n"]
    {
        out.data(part.as_bytes());
    }
    out.end();
    true
}

/// What stands for the decrypted document.
fn opened(_: &[u8], out: &mut dyn Out) -> bool {
    out.begin(&Child { name: b"opened" });
    out.data(b"decrypted");
    out.end();
    true
}

/// Within an object as anywhere: all but encrypted ones are read as they pass.
#[test]
fn what_needs_to_be_whole_only_where_it_is_encrypted() {
    static NESTED: &[&Module] = &[
        &Module { name: "rar", extract: Some(document), encrypted: false },
        &Module { name: "pdf", extract: Some(opened), encrypted: true },
    ];
    let base = Path::default();
    let cases = [
        ("plain", "begin 3 rar:a.pdf/pdf:(text)"),
        ("plain large", "begin 3 rar:a.pdf/pdf:(text)"),
        ("locked", "begin 3 rar:a.pdf/pdf:opened"),
        ("locked large", "cut rar:a.pdf/pdf not_inspected"),
    ];
    for (says, expected) in cases {
        let mut seen = answer(NESTED, &whole(&base), &object(says, &[b' '; 4000]), true);
        seen.retain(|line| line.starts_with("begin") || line.starts_with("cut"));
        assert_eq!(seen, ["begin 2 rar:a.pdf/pdf", expected], "{says}");
    }
}

#[test]
fn answers_larger_than_the_ring_pass_through_it() {
    let mut point = point(&sizes(1));
    let body = vec![b'x'; 100_000];
    publish(&mut point, &object("many 20", &body)).unwrap();
    let stop = AtomicBool::new(false);
    let (mut bytes, mut ends) = (0, 0);
    thread::scope(|scope| {
        scope.spawn({
            let (objects, answers) = far_end(&point, 0);
            let stop = &stop;
            move || {
                let mut server = Server::new(&Limits::default(), REHEARSAL, 1 << 20);
                server.run(&objects, &answers, 0, || !stop.load(Ordering::Relaxed));
            }
        });
        let mut seen = Seen::default();
        while point.is_waiting() {
            seen.take(&mut point);
            bytes += seen.0.iter().filter_map(|line| line.strip_prefix("data 2 ")).map(str::len).sum::<usize>();
            ends += seen.0.iter().filter(|line| *line == "end 2 100000 true").count();
            seen.0.clear();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!((bytes, ends), (2_000_000, 20));
    assert_eq!(point.totals().given, 2_000_000);
}
