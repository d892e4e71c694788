//! Dialogues whole, cut, with holes and odd.

mod build;
mod hostile;

use super::{Nfs, NfsUdp, guess_tcp, guess_udp};
use crate::event::Direction::{self, ToClient, ToServer};
use crate::proto::testing::{Recorder, gap_anywhere, split_anywhere, whole};
use crate::proto::{Guess, Heads};
#[allow(clippy::wildcard_imports)] // all that messages are made of
use build::*;

type Dialogue = Vec<(Direction, Vec<u8>)>;

fn borrowed(dialogue: &Dialogue) -> Vec<(Direction, &[u8])> {
    dialogue.iter().map(|(direction, bytes)| (*direction, &bytes[..])).collect()
}

/// What is told of a dialogue, however it is cut; and with holes of several lengths anywhere, nothing is told wrong.
fn told(dialogue: &Dialogue) -> Recorder {
    let outcome = split_anywhere::<Nfs>(&borrowed(dialogue));
    for length in [1, 70, 300] {
        gap_anywhere::<Nfs>(&borrowed(dialogue), length, |_, _, _| {});
    }
    outcome
}

/// Of what was told, the lines that begin so.
fn lines<'a>(told: &'a [String], begin: &str) -> Vec<&'a str> {
    told.iter().filter(|line| line.starts_with(begin)).map(String::as_str).collect()
}

fn to_server(messages: &[Vec<u8>]) -> (Direction, Vec<u8>) {
    (ToServer, records(messages))
}

fn to_client(messages: &[Vec<u8>]) -> (Direction, Vec<u8>) {
    (ToClient, records(messages))
}

/// A file is looked up.
fn found(name: &str, file: u8, size: u64) -> Dialogue {
    vec![to_server(&[named(1, LOOKUP, name)]), to_client(&[looked_up(1, file, size)])]
}

#[test]
fn a_file_is_read() {
    let mut dialogue = found("plan.txt", 3, 10);
    dialogue.extend([
        to_server(&[read(2, 3, 0, 6), read(3, 3, 6, 6)]),
        to_client(&[data(2, 10, false, b"Projec"), data(3, 10, true, b"t Te")]),
    ]);
    let rpc = |xid| {
        format!(
            "/rpc.status=ACCEPTED /rpc.xid={xid} /rpc.auth_type=UNIX /rpc.creds.machine_name=pier /rpc.creds.uid=1000 /rpc.creds.gid=100"
        )
    };
    let record = |procedure, id, file_tx, xid| {
        let head = format!("record nfs version=3 procedure={procedure} filename=plan.txt id={id} file_tx={file_tx}");
        format!("{head} type=response status=OK {}", rpc(xid))
    };
    assert_eq!(
        told(&dialogue).told(),
        [
            "> nfs/filename \"plan.txt\"".to_owned(),
            record("LOOKUP", 0, false, 1),
            "< object 1 begins nfs/file name=plan.txt".to_owned(),
            record("READ", 1, true, 2),
            "< body 1 \"Project Te\"".to_owned(),
            "< object 1 ends".to_owned(),
        ]
    );
}

#[test]
fn a_file_is_written_and_committed() {
    let dialogue = vec![
        to_server(&[named(1, CREATE, "up.bin")]),
        to_client(&[made(1, 4)]),
        to_server(&[write(2, 4, 0, b"first, "), write(3, 4, 7, b"second")]),
        to_client(&[written(2, 7), written(3, 13)]),
        to_server(&[commit(4, 4)]),
        to_client(&[committed(4, 13)]),
        to_server(&[read(5, 4, 0, 100)]),
        to_client(&[data(5, 13, true, b"first, second")]),
    ];
    let seen = told(&dialogue);
    assert_eq!(seen.objects(), [(b"first, second".to_vec(), true), (b"first, second".to_vec(), true)]);
    assert_eq!(lines(&seen.told(), "> object 1 begins"), ["> object 1 begins nfs/file name=up.bin"]);
}

#[test]
fn a_commit_in_the_middle_ends_nothing() {
    let mut dialogue = found("f", 4, 0);
    dialogue.extend([
        to_server(&[write(2, 4, 0, b"one"), write(3, 4, 6, b"three"), commit(4, 4)]),
        to_client(&[written(2, 3), written(3, 11), committed(4, 11)]),
        to_server(&[write(5, 4, 3, b"two"), commit(6, 4)]),
        to_client(&[written(5, 11), committed(6, 11)]),
    ]);
    // in two stretches: neither is all of the file
    assert_eq!(told(&dialogue).objects(), [(b"onetwo".to_vec(), false), (b"three".to_vec(), false)]);
}

#[test]
fn a_file_that_is_never_committed_is_complete_when_the_connection_ends_in_order() {
    let mut dialogue = found("f", 4, 0);
    dialogue.extend([to_server(&[write(2, 4, 0, b"stable")]), to_client(&[written(2, 6)])]);
    assert_eq!(told(&dialogue).objects(), [(b"stable".to_vec(), true)]);
}

#[test]
fn fragments_make_a_message() {
    let mut dialogue = found("f", 3, 10);
    dialogue.extend([
        (ToServer, fragments(&read(2, 3, 0, 10), 9)),
        (ToClient, fragments(&data(2, 10, true, b"0123456789"), 31)),
    ]);
    assert_eq!(told(&dialogue).objects(), [(b"0123456789".to_vec(), true)]);
}

#[test]
fn replies_out_of_order_are_stretches_and_what_comes_again_is_no_part() {
    let mut dialogue = found("f", 3, 9);
    dialogue.extend([
        to_server(&[read(2, 3, 0, 3), read(3, 3, 3, 3), read(4, 3, 6, 3)]),
        to_client(&[data(2, 9, false, b"abc"), data(4, 9, true, b"ghi"), data(3, 9, false, b"def")]),
        to_server(&[write(5, 3, 0, b"ABC"), write(6, 3, 1, b"XY")]),
        to_client(&[written(5, 9), written(6, 9)]),
    ]);
    let seen = told(&dialogue);
    assert_eq!(seen.objects(), [(b"ABC".to_vec(), false), (b"abcdef".to_vec(), false), (b"ghi".to_vec(), false)]);
    let told = seen.told();
    assert_eq!(lines(&told, "> nfs/data"), ["> nfs/data \"XY\""]);
    assert_eq!(lines(&told, "anomaly"), ["anomaly nfs.file_overlap"]);
}

#[test]
fn names_that_are_not_there_and_names_that_change() {
    let seen = told(&vec![
        to_server(&[named(1, LOOKUP, "no"), rename(2, "a", "b")]),
        to_client(&[refused(1, 2), refused(2, 13)]),
    ])
    .told();
    let records = lines(&seen, "record");
    assert!(
        records[0].contains("procedure=LOOKUP filename=no") && records[0].contains("status=ERR_NOENT"),
        "{records:?}"
    );
    assert!(records[1].contains("procedure=RENAME filename=a") && records[1].contains("rename.from=a rename.to=b"));
}

#[test]
fn a_file_without_a_name_and_a_reply_without_a_call() {
    let seen = told(&vec![
        to_client(&[data(70, 5, true, b"whose")]),
        to_server(&[read(71, 8, 100, 5)]),
        to_client(&[data(71, 105, true, b"bytes")]),
    ])
    .told();
    assert!(seen[0].starts_with("< raw"), "{seen:?}");
    assert_eq!(lines(&seen, "< object"), ["< object 1 begins nfs/file offset=100", "< object 1 ends incomplete"]);
}

#[test]
fn other_versions_and_protected_calls_are_named() {
    let seen =
        told(&vec![to_server(&[call_of(1, 4, 1, b"compound, and so on."), call_of(2, 4, 1, b"again...")])]).told();
    assert_eq!(
        lines(&seen, "record"),
        ["record nfs version=4 id=0 type=request /rpc.xid=1 /rpc.auth_type=UNIX /rpc.creds.machine_name=pier \
          /rpc.creds.uid=1000 /rpc.creds.gid=100"]
    );
    assert_eq!(lines(&seen, "anomaly"), ["anomaly nfs.version_not_read"; 2]);
    assert_eq!(lines(&seen, "> raw"), ["> raw \"compound, and so on.again...\""]);
    let seen = told(&vec![to_server(&[gss(1, WRITE, 2, b"with a sum.."), gss(2, WRITE, 3, b"encrypted...")])]).told();
    assert_eq!(seen, ["> raw \"with a sum..\"", "anomaly nfs.protection_not_read", "anomaly nfs.protection_not_read"]);
    // only who calls is proven: it is read
    let arguments = [handle(99), opaque(b"open.txt")].concat();
    let seen = told(&vec![to_server(&[gss(1, LOOKUP, 1, &arguments)])]).told();
    assert_eq!(seen, ["> nfs/filename \"open.txt\""]);
}

#[test]
fn datagrams_are_messages() {
    let dialogue = [
        (ToServer, named(1, LOOKUP, "plan.txt")),
        (ToClient, looked_up(1, 3, 4)),
        (ToServer, read(2, 3, 0, 8)),
        (ToClient, data(2, 4, true, b"text")),
        (ToServer, read(3, 3, 0, 8)[..20].to_vec()),
    ];
    let turns: Vec<_> = dialogue.iter().map(|(way, bytes)| (*way, &bytes[..])).collect();
    let seen = whole::<NfsUdp>(&turns);
    assert_eq!(seen.objects(), [(b"text".to_vec(), true)]);
    assert_eq!(lines(&seen.told(), "anomaly"), ["anomaly nfs.malformed_data"]);
    assert_eq!(guess_udp(&Heads { to_server: &dialogue[0].1, to_client: b"" }), Guess::Yes);
    assert_eq!(guess_udp(&Heads { to_server: &dialogue[1].1, to_client: b"" }), Guess::No);
}

#[test]
fn guesses() {
    let call = records(&[read(1, 3, 0, 1)]);
    let reply = records(&[data(1, 1, true, b"x")]);
    for length in 0..call.len() {
        let expected = if length < 24 { Guess::More } else { Guess::Yes };
        assert_eq!(guess_tcp(&Heads { to_server: &call[..length], to_client: b"" }), expected, "{length} bytes");
        assert_eq!(guess_tcp(&Heads { to_server: b"", to_client: &reply[..length] }), Guess::More, "{length} bytes");
    }
    assert_eq!(guess_tcp(&Heads { to_server: &call, to_client: &reply }), Guess::Yes);
    let mut mount = records(&[call_of(1, 3, 1, b"")]);
    mount[19] = 0xA5;
    for other in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01",
        b"\0\0\0\x04\0\0\0\0\0",
        b"\x80\x2e\x01\x03\0",
        &mount,
    ] {
        let answer = guess_tcp(&Heads { to_server: other, to_client: b"" });
        assert!(answer == Guess::No || other.len() < 12 && answer == Guess::More, "{}", other.escape_ascii());
    }
}

#[test]
fn after_a_hole_the_next_message_is_found() {
    let mut dialogue = found("f", 4, 0);
    dialogue.push(to_server(&[write(2, 4, 0, b"first..."), write(3, 4, 8, b"second..")]));
    let first = records(&[write(2, 4, 0, b"first...")]).len();
    gap_anywhere::<Nfs>(&borrowed(&dialogue), first, |seen, turn, at| {
        if turn == 2 && at == 0 {
            let told = seen.told();
            assert!(told.contains(&"> object 1 begins nfs/file name=f offset=8".to_owned()), "{told:?}");
            assert!(told.contains(&"> body 1 \"second..\"".to_owned()), "{told:?}");
        }
    });
}
