//! Negotiation, setup of sessions, shares, and who is recognised.

#[allow(clippy::wildcard_imports)] // all that messages are made of
use super::build::*;
use super::{Dialogue, lines, says, told};
use crate::event::Direction::{ToClient, ToServer};
use crate::proto::smb::{Smb, guess};
use crate::proto::testing::split_anywhere;
use crate::proto::{Guess, Heads};

fn negotiate(number: u64) -> Message {
    let mut body = vec![36, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    body.extend(id(0xAB));
    body.extend([0; 8]);
    for dialect in [0x0202_u16, 0x0210, 0x0311] {
        body.extend(dialect.to_le_bytes());
    }
    request(NEGOTIATE, number, &body)
}

fn negotiated(number: u64) -> Message {
    let mut body = vec![65, 0, 1, 0, 0x11, 3, 0, 0];
    body.extend(id(0xCD));
    body.extend([0; 4]);
    for size in [1_u32 << 20, 1 << 23, 1 << 22] {
        body.extend(size.to_le_bytes());
    }
    body.extend([0; 24]);
    response(NEGOTIATE, number, 0, &body)
}

/// A client's last message of NTLMSSP, with a proof of the password that nobody is to see.
fn authenticate(domain: &str, user: &str, host: &str) -> Vec<u8> {
    let proof = b"THE-PROOF-OF-THE-PASSWORD".to_vec();
    let (mut fields, mut payload) = (Vec::new(), Vec::new());
    for text in [proof.clone(), proof, utf16(domain), utf16(user), utf16(host), Vec::new()] {
        fields.extend((text.len() as u16).to_le_bytes());
        fields.extend((text.len() as u16).to_le_bytes());
        fields.extend((72 + payload.len() as u32).to_le_bytes());
        payload.extend(text);
    }
    let mut message = b"NTLMSSP\0\x03\0\0\0".to_vec();
    message.extend(fields);
    message.extend(0x0200_0001_u32.to_le_bytes());
    message.extend([10, 0, 0x61, 0x4A, 0, 0, 0, 15]);
    message.extend(payload);
    message
}

fn session_setup(number: u64, token: &[u8]) -> Message {
    let mut body = vec![25, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 88, 0];
    body.extend((token.len() as u16).to_le_bytes());
    body.extend([0; 8]);
    body.extend(token);
    request(SESSION_SETUP, number, &body)
}

#[test]
fn openings_are_told() {
    let token = [&b"\xa1\x82\x01\x02spnego"[..], &authenticate("HARBOUR", "ann", "DESK7")].concat();
    let dialogue: Dialogue = vec![
        says(ToServer, &[negotiate(0)]),
        says(ToClient, &[negotiated(0)]),
        says(ToServer, &[session_setup(1, &token)]),
        says(ToClient, &[response(SESSION_SETUP, 1, 0, &[9, 0, 0, 0, 72, 0, 0, 0])]),
        says(ToServer, &[tree_connect(2, "\\\\server\\papers")]),
        says(ToClient, &[tree_connected(2, 1)]),
    ];
    let seen = told(&dialogue).told();
    assert_eq!(
        seen,
        [
            "record smb id=0 dialect=3.11 command=SMB2_COMMAND_NEGOTIATE_PROTOCOL status=STATUS_SUCCESS status_code=0x0 \
             session_id=81 tree_id=7 client_guid=abababab-abab-abab-abab-abababababab client_dialects[]=2.02 \
             client_dialects[]=2.10 client_dialects[]=3.11 server_guid=cdcdcdcd-cdcd-cdcd-cdcd-cdcdcdcdcdcd \
             max_read_size=8388608 max_write_size=4194304",
            "record smb id=1 dialect=3.11 command=SMB2_COMMAND_SESSION_SETUP status=STATUS_SUCCESS status_code=0x0 \
             session_id=81 tree_id=7 ntlmssp.domain=HARBOUR ntlmssp.user=ann ntlmssp.host=DESK7 \
             ntlmssp.version=10.0 build 19041 rev 15",
            "record smb id=2 dialect=3.11 command=SMB2_COMMAND_TREE_CONNECT status=STATUS_SUCCESS status_code=0x0 \
             session_id=81 tree_id=7 share=\\\\\\\\server\\\\papers share_type=FILE",
        ]
    );
    assert!(!seen.concat().contains("PROOF"));
}

#[test]
fn names_outside_of_their_message_are_told() {
    let mut token = authenticate("D", "U", "H");
    token[40..44].copy_from_slice(&0xFFFF_FFF0_u32.to_le_bytes());
    let seen = told(&vec![says(ToServer, &[session_setup(1, &token)])]).told();
    assert_eq!(seen, ["anomaly smb.malformed_ntlmssp_request"]);
}

#[test]
fn what_goes_over_a_pipe_is_no_file() {
    let dialogue: Dialogue = vec![
        says(ToServer, &[tree_connect(2, "\\\\server\\IPC$")]),
        says(ToClient, &[tree_connected(2, 2)]),
        says(ToServer, &[create(3, "srvsvc", 0)]),
        says(ToClient, &[created(3, id(4), 0, 0x80)]),
        says(ToServer, &[write(4, id(4), 0, b"bind"), read(5, id(4), 0, 1024)]),
        says(ToClient, &[written(4, 4), data(5, b"bound")]),
        says(ToServer, &[close(6, id(4))]),
        says(ToClient, &[closed(6)]),
    ];
    // without the share's kind the pipe is a file: so no holes here
    let seen = split_anywhere::<Smb>(&super::borrowed(&dialogue));
    assert_eq!(seen.objects(), []);
    let told = seen.told();
    assert_eq!(told[told.len() - 2..], ["> smb/pipe \"bind\"", "< smb/pipe \"bound\""]);
    assert!(told[0].contains("named_pipe=\\\\\\\\server\\\\IPC$ share_type=PIPE"), "{}", told[0]);
}

#[test]
fn a_directory_is_told_as_one() {
    let seen = told(&vec![
        says(ToServer, &[create(1, "", 1), create(2, "sub", 1)]),
        says(ToClient, &[created(1, id(1), 0, 0x10), refused(CREATE, 2, 0xC000_0034)]),
    ]);
    let told = seen.told();
    let records = lines(&told, "record");
    assert!(records[0].contains("directory=<share_root> disposition=FILE_OPEN"), "{records:?}");
    assert!(records[1].contains("status=STATUS_OBJECT_NAME_NOT_FOUND status_code=0xc0000034"), "{records:?}");
    assert!(records[1].contains("directory=sub"), "{records:?}");
}

#[test]
fn encryption_is_told_once() {
    let header = [&b"\xFDSMB"[..], &[0x11; 40], &0x99_u64.to_le_bytes()].concat();
    let secret = framed(&[&header[..], &[0xEE; 50]].concat());
    let seen = told(&vec![(ToServer, secret.repeat(2)), (ToClient, secret)]);
    assert_eq!(seen.told(), ["record smb id=0 session_id=153 encrypted=true"]);
}

#[test]
fn smb1_leads_to_smb2_or_is_not_read() {
    let smb1 = |command: u8| framed(&[&b"\xFFSMB"[..], &[command], &[0; 40]].concat());
    let seen = told(&vec![(ToServer, smb1(0x72)), says(ToClient, &[negotiated(0)])]).told();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].contains("dialect=3.11"), "{seen:?}");
    let seen = told(&vec![(ToServer, smb1(0x75))]).told();
    assert_eq!(lines(&seen, "anomaly"), ["anomaly smb.smb1_not_read"]);
    assert!(seen[0].starts_with("> raw"));
}

#[test]
fn netbios_opens_a_session() {
    let ask = [&[0x81, 0, 0, 68, 32][..], &[b'C'; 32], &[0, 32], &[b'A'; 32], &[0]].concat();
    let dialogue: Dialogue = vec![
        (ToServer, ask.clone()),
        (ToClient, b"\x82\0\0\0".to_vec()),
        says(ToServer, &[negotiate(0)]),
        (ToServer, b"\x85\0\0\0".to_vec()),
        says(ToClient, &[negotiated(0)]),
    ];
    assert_eq!(told(&dialogue).told().len(), 1);
    assert_eq!(guess(&Heads { to_server: &ask, to_client: b"" }), Guess::Yes);
}

#[test]
fn guesses() {
    let message = frame(&[negotiate(0)]);
    for length in 0..message.len() {
        let expected = if length < 8 { Guess::More } else { Guess::Yes };
        assert_eq!(guess(&Heads { to_server: &message[..length], to_client: b"" }), expected, "{length} bytes");
        assert_eq!(guess(&Heads { to_server: b"", to_client: &message[..length] }), expected, "{length} bytes");
    }
    for other in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01",
        b"SSH-2.0-x\r\n",
        b"\0\0\0\x04\0\0\0\0\0",
        b"\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0",
        b"\xFESMB@\0\0\0",
        b"\x81\0\0\x44\x20ab",
    ] {
        assert_eq!(guess(&Heads { to_server: other, to_client: b"" }), Guess::No, "{}", other.escape_ascii());
    }
}
