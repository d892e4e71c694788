//! Generated messages against a naive writer, and generated nonsense.

use proptest::prelude::*;

use super::*;

/// How a body is framed in a generated message.
#[derive(Clone, Debug)]
enum Framed {
    Nothing,
    Length,
    Chunked { sizes: Vec<usize>, trailer: bool },
}

#[derive(Clone, Debug)]
struct Exchange {
    head: bool,
    fields: Vec<(String, String)>,
    request: (Framed, Vec<u8>),
    response: (Framed, Vec<u8>),
    interim: bool,
}

fn framed() -> impl Strategy<Value = Framed> {
    prop_oneof![
        Just(Framed::Nothing),
        Just(Framed::Length),
        (prop::collection::vec(1usize..40, 1..6), any::<bool>())
            .prop_map(|(sizes, trailer)| Framed::Chunked { sizes, trailer }),
    ]
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let body = || prop::collection::vec(any::<u8>(), 0..120);
    // no name that frames begins with X
    let fields = prop::collection::vec(("X[A-Za-z-]{0,12}", "[ -~]{0,30}"), 0..4);
    (any::<bool>(), fields, (framed(), body()), (framed(), body()), any::<bool>())
        .prop_map(|(head, fields, request, response, interim)| Exchange { head, fields, request, response, interim })
}

/// The naive writer: returns the message and the body that it carries.
fn write(
    start: &str,
    fields: &[(String, String)],
    (framed, body): &(Framed, Vec<u8>),
    bodiless: bool,
) -> (Vec<u8>, Vec<u8>) {
    let mut out = format!("{start}\r\nHost: h\r\n").into_bytes();
    for (name, value) in fields {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    let mut content = Vec::new();
    match framed {
        Framed::Nothing => {
            // a response that says nothing would go on until the end
            if start.starts_with("HTTP/") {
                out.extend_from_slice(b"Content-Length: 0\r\n");
            }
            out.extend_from_slice(b"\r\n");
        }
        Framed::Length => {
            out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            content.clone_from(body);
        }
        Framed::Chunked { sizes, trailer } => {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            if bodiless {
                return (out, Vec::new());
            }
            let mut rest = &body[..];
            for size in sizes.iter().cycle() {
                let (chunk, more) = rest.split_at(rest.len().min(*size));
                if chunk.is_empty() {
                    break;
                }
                out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                out.extend_from_slice(chunk);
                out.extend_from_slice(b"\r\n");
                rest = more;
            }
            out.extend_from_slice(if *trailer { b"0\r\nT: u\r\n\r\n" } else { b"0\r\n\r\n" });
            return (out, body.clone());
        }
    }
    if bodiless {
        content.clear();
    }
    out.extend_from_slice(&content);
    (out, content)
}

/// The bodies of one direction, one entry for each body that is not empty.
fn bodies(record: &Heard) -> Vec<Vec<u8>> {
    let of_body = record.items.iter().filter(|(kind, ..)| kind == "body");
    of_body.map(|(_, _, bytes)| bytes.clone()).filter(|bytes| !bytes.is_empty()).collect()
}

proptest! {
    #[test]
    fn bodies_of_valid_messages_come_out(
        exchanges in prop::collection::vec(exchange(), 1..8),
        pieces in prop::collection::vec(1usize..90, 1..20),
        pipelined in any::<bool>(),
    ) {
        let mut connection = Connection::default();
        let mut expected = [Vec::new(), Vec::new()];
        let mut streams = [Vec::new(), Vec::new()];
        for exchange in &exchanges {
            let method = if exchange.head { "HEAD" } else { "POST" };
            let (request, request_body) = write(&format!("{method} /x HTTP/1.1"), &exchange.fields, &exchange.request, false);
            let (response, response_body) = write("HTTP/1.1 200 OK", &exchange.fields, &exchange.response, exchange.head);
            streams[0].extend(request);
            if exchange.interim {
                streams[1].extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            streams[1].extend(response);
            expected[0].push(request_body);
            expected[1].push(response_body);
            if !pipelined {
                for (direction, stream) in [ToServer, ToClient].into_iter().zip(&mut streams) {
                    push_in_pieces(&mut connection, direction, stream, &pieces);
                    stream.clear();
                }
            }
        }
        for (direction, stream) in [ToServer, ToClient].into_iter().zip(&streams) {
            push_in_pieces(&mut connection, direction, stream, &pieces);
        }
        for direction in [ToServer, ToClient] {
            let index = direction.index();
            expected[index].retain(|body: &Vec<u8>| !body.is_empty());
            prop_assert_eq!(&bodies(&connection.records[index]), &expected[index]);
            prop_assert!(!connection.http.is_raw(direction));
            prop_assert_eq!(connection.odd(direction), vec![]);
        }
    }

    #[test]
    fn any_bytes_do_no_harm_and_splits_make_no_difference(
        steps in prop::collection::vec(hostile(), 1..12),
        cuts in prop::collection::vec(1usize..20, 1..10),
    ) {
        let whole = outcome(&steps);
        prop_assert_eq!(&outcome(&bytewise(&steps)), &whole);
        let mut connection = Connection::default();
        for step in &steps {
            match step {
                Step::Push(direction, bytes) => push_in_pieces(&mut connection, *direction, bytes, &cuts),
                other => connection.run(std::slice::from_ref(other)),
            }
        }
        prop_assert_eq!(&connection.end(), &whole);
    }

    #[test]
    fn a_raw_direction_delivers_every_byte(bytes in prop::collection::vec(any::<u8>(), 1..600), size in 1usize..50) {
        let mut connection = Connection::default();
        connection.push(ToClient, b"SSH-2.0");
        prop_assert!(connection.http.is_raw(ToClient));
        for piece in bytes.chunks(size) {
            connection.push(ToClient, piece);
        }
        prop_assert_eq!(connection.records[1].joined("raw"), [b"SSH-2.0", &bytes[..]].concat());
    }
}

fn push_in_pieces(connection: &mut Connection, direction: Direction, stream: &[u8], pieces: &[usize]) {
    let mut rest = stream;
    for size in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, more) = rest.split_at(rest.len().min(*size));
        connection.push(direction, piece);
        rest = more;
    }
}

/// Random bytes, random fragments of the language, and gaps, in both directions.
fn hostile() -> impl Strategy<Value = Step> {
    let direction = || prop_oneof![Just(ToServer), Just(ToClient)];
    const WORDS: &[&str] = &[
        "GET / HTTP/1.1\r\n",
        "HEAD / HTTP/1.0\r\n",
        "CONNECT h:1 HTTP/1.1\r\n\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 101 S\r\n",
        "HTTP/1.1 204 N\r\n",
        "\r\n",
        "\n",
        "\r",
        " ",
        "\t",
        ",",
        ";",
        ":",
        "Content-Length: ",
        "Transfer-Encoding: ",
        "chunked",
        "identity",
        "gzip",
        "5",
        "0\r\n",
        "3\r\nabc\r\n",
        "18446744073709551615",
        "ffffffffffffffff",
        "A: b\r\n",
        "Host: a:8\r\n",
        "User-Agent: u",
        "Content-Type: text/html; charset=x\r\n",
        "Content-Disposition: a; filename=\"n\"\r\n",
        "Content-Encoding: br\r\n",
        "Content-Range: bytes 1-2/3\r\n",
        "Location: /l\r\n",
        "\0",
        "GET /long/",
        " HTTP/1.1\r\n",
        "\r\n\r\n",
    ];
    let words = prop::collection::vec(prop::sample::select(WORDS), 1..14).prop_map(|words| words.concat().into_bytes());
    prop_oneof![
        1 => (direction(), prop::collection::vec(any::<u8>(), 1..80)).prop_map(|(to, bytes)| Step::Push(to, bytes)),
        5 => (direction(), words).prop_map(|(to, bytes)| Step::Push(to, bytes)),
        1 => (direction(), prop_oneof![0u64..9, Just(u64::MAX)]).prop_map(|(to, len)| Step::Gap(to, len)),
        1 => (direction(), any::<bool>()).prop_map(|(to, in_order)| Step::End(to, in_order)),
    ]
}
