//! Heads as `httparse` reads them.

use proptest::prelude::*;

use super::*;

/// A request whose lines are valid more often than not.
fn head() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("Host".to_owned()),
        Just("user-AGENT".to_owned()),
        Just("Referer".to_owned()),
        Just("X-Forwarded-For".to_owned()),
        Just("Content-Type".to_owned()),
        "[A-Za-z-]{1,12}",
    ];
    let value = prop_oneof![3 => "[ -~]{0,40}", 1 => "[ \\t]{0,3}[a-z:/.]{1,20}[ \\t]{0,3}"];
    let field = (name, prop_oneof![6 => Just(":"), 1 => Just(": "), 1 => Just(":\t")], value);
    let line = ("[A-Z]{1,8}", prop_oneof![4 => "/[a-z0-9/?=&.]{0,30}", 1 => "http://[a-z.]{1,9}/[a-z]{0,5}"], 0u8..2);
    (line, prop::collection::vec(field, 0..8), prop::option::of((any::<prop::sample::Index>(), any::<u8>()))).prop_map(
        |((method, target, minor), fields, change)| {
            let mut bytes = format!("{method} {target} HTTP/1.{minor}\r\n").into_bytes();
            for (name, colon, value) in fields {
                bytes.extend_from_slice(format!("{name}{colon}{value}\r\n").as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
            if let Some((at, byte)) = change {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What `httparse` takes for a request is one, with the same words in it.
    #[test]
    fn a_request_has_the_words_that_httparse_finds(bytes in head()) {
        let mut fields = [httparse::EMPTY_HEADER; 16];
        let mut request = httparse::Request::new(&mut fields);
        let Ok(httparse::Status::Complete(length)) = request.parse(&bytes) else { return Ok(()) };
        let mut connection = Connection::default();
        connection.push(ToServer, &bytes[..length]);
        connection.http.end(ToClient, true, &mut connection.records[1]);
        let [to_server, to_client] = &connection.records;
        prop_assert!(!to_server.lines().iter().any(|line| line.starts_with("raw")), "{:?}", to_server.lines());
        let events: Vec<&String> = to_server.events.iter().chain(&to_client.events).collect();
        prop_assert_eq!(events.len(), 1);
        let mut expected = vec![
            format!("http_method={}", request.method.unwrap().as_bytes().escape_ascii()),
            format!("url={}", request.path.unwrap().as_bytes().escape_ascii()),
            format!("protocol=HTTP/1.{}", request.version.unwrap()),
        ];
        for (name, key, most) in
            [("user-agent", "http_user_agent", 256), ("referer", "http_refer", 256), ("x-forwarded-for", "xff", 64)]
        {
            let first = request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
            expected.extend(first.map(|field| {
                let value = field.value.trim_ascii();
                format!("{key}={}", value[..value.len().min(most)].escape_ascii())
            }));
        }
        let parts: Vec<String> = expected.iter().filter(|part| !events[0].contains(&part[..])).cloned().collect();
        prop_assert!(parts.is_empty(), "{parts:?} not in {}", events[0]);
    }
}
