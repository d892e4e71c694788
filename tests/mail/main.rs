//! Real mail and file transfers: what the parsers make of captures between real servers and clients, against the files
//! that were sent (`tests/captures/mail/make` makes them).

mod capture;
mod header;

use std::fs;
use std::net::SocketAddr;

use capture::{Kept, datagrams, file, objects, streams};
use tidegate::event::Direction::{self, ToClient, ToServer};
use tidegate::proto::{Guess, Heads, Parser, ftp, imap, pop3, smtp, tftp};

/// Every message of the capture, in whichever way it was sent.
#[test]
fn messages_by_smtp() {
    let streams = streams("smtp.pcap", 25);
    assert_eq!(streams.len(), 6);
    let message = file("message.eml");
    let (mut whole, mut anomalies, mut raw) = (0, Vec::new(), 0);
    for stream in &streams {
        assert_eq!(smtp::guess(&stream.heads()), Guess::Yes);
        let kept = stream.feed(&mut smtp::Smtp::default());
        for (label, body, complete) in &kept.objects {
            assert_eq!((*label, *complete), ("smtp", true));
            // a client may end the last line for itself
            assert!(body.starts_with(&message) && body.len() <= message.len() + 2, "{} bytes", body.len());
            whole += 1;
        }
        anomalies.extend(kept.anomalies.clone());
        raw += usize::from(kept.raw > 0);
    }
    assert_eq!(
        (whole, raw, &anomalies[..]),
        (4, 1, &[][..]),
        "two by swaks, one by curl, one in chunks; one refused, one by TLS"
    );
}

#[test]
fn messages_by_pop3() {
    let message = file("message.eml");
    let kept = objects(&streams("pop3.pcap", 110), pop3::guess, pop3::Pop3::default);
    let lengths: Vec<_> = kept.objects.iter().map(|(_, body, complete)| (body.len(), *complete)).collect();
    assert_eq!(
        kept.objects.iter().filter(|(_, body, complete)| *body == message && *complete).count(),
        2,
        "{lengths:?}"
    );
    let head = kept.objects.iter().find(|(_, body, _)| body.len() < message.len()).unwrap();
    assert!(message.starts_with(&head.1), "TOP has the first lines");
    assert!(kept.anomalies.is_empty(), "{:?}", kept.anomalies);
    assert!(!kept.shown("hunter2"));
}

#[test]
fn messages_by_imap() {
    let message = file("message.eml");
    let kept = objects(&streams("imap.pcap", 143), imap::guess, imap::Imap::default);
    let (mut whole, mut parts) = (0, 0);
    for (label, body, complete) in &kept.objects {
        // Of two texts the first 100 bytes are fetched, and no more.
        assert_eq!((*label, *complete), ("imap", body.len() != 100), "{}", body.escape_ascii());
        if *body == message {
            whole += 1;
        } else {
            assert!(message.windows(body.len()).any(|part| part == body), "{}", body.escape_ascii());
            parts += 1;
        }
    }
    assert_eq!((whole, parts), (4, 4), "fetched by two, stored by two; headers and texts of two");
    assert!(kept.anomalies.is_empty(), "{:?}", kept.anomalies);
    assert!(!kept.shown("hunter2"));
}

/// Each data connection is found among those of the capture by what the control connection announced.
#[test]
fn files_by_ftp() {
    let expected = file("file.bin");
    let all = streams("ftp.pcap", 0);
    let controls: Vec<_> = all.iter().filter(|stream| stream.server.port() == 21).collect();
    let (mut files, mut listings) = (Vec::new(), 0);
    for control in controls {
        assert_eq!(ftp::guess(&control.heads()), Guess::Yes);
        let kept = control.feed(&mut ftp::Ftp::default());
        assert!(kept.anomalies.is_empty(), "{:?}", kept.anomalies);
        assert!(!kept.shown("secret@example.org") && !kept.shown("ftp@example.com"));
        for announced in
            kept.expected.iter().filter(|announced| announced.direction.is_some() && announced.length.is_none())
        {
            let listens = |address: SocketAddr| address.port() == announced.port;
            let data = all.iter().find(|stream| listens(stream.server)).expect("the data connection");
            let from_opener = announced.direction == Some(announced.opener);
            let way = if from_opener { ToServer } else { ToClient };
            let body = data.bytes(way);
            if announced.command == "RETR" || announced.command == "STOR" {
                assert_eq!(body, expected[usize::try_from(announced.offset).unwrap()..]);
                files.push((announced.command, announced.offset, announced.opener));
            } else {
                assert!(String::from_utf8(body).unwrap().contains("file.bin"));
                listings += 1;
            }
        }
    }
    files.sort_by_key(|(command, offset, opener)| (*command, *offset, opener.index()));
    let retr = |offset, opener: Direction| ("RETR", offset, opener);
    let (passive, active) = (ToServer, ToClient);
    let all =
        [retr(0, passive), retr(0, passive), retr(0, passive), retr(0, active), retr(0, active), retr(1000, passive)];
    assert_eq!(files, [&all[..], &[("STOR", 0, passive)]].concat());
    assert_eq!(listings, 1);
}

#[test]
fn files_by_tftp() {
    let expected = file("file.bin");
    let flows = datagrams("tftp.pcap");
    let requests: Vec<_> = flows.iter().filter(|flow| flow.server.port() == 69).collect();
    assert_eq!(requests.len(), 3);
    for request in requests {
        let first = &request.turns[0].1;
        assert_eq!(tftp::guess(&Heads { to_server: first, to_client: b"" }), Guess::Yes);
        let mut kept = Kept::default();
        let mut transfer = None;
        for (direction, bytes) in &request.turns {
            kept.direction = *direction;
            tftp::Tftp::default().push(*direction, bytes, &mut kept);
            transfer = kept.tftp.take().or(transfer);
        }
        // the server opens the flow of the blocks
        let blocks = flows.iter().find(|flow| flow.server == request.client).expect("the flow of the blocks");
        let kept = blocks.feed(&mut transfer.unwrap());
        assert_eq!(kept.objects, [("tftp/file", expected.clone(), true)]);
    }
}

#[test]
fn captures_are_small() {
    for name in ["smtp", "ftp", "pop3", "imap", "tftp"] {
        let length = fs::metadata(capture::path(&format!("{name}.pcap"))).unwrap().len();
        assert!(length < 64 * 1024, "{name}: {length} bytes");
    }
}
