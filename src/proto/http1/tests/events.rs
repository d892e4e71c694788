//! Events and objects: what a transaction is said to have been.

use super::*;

fn end(direction: Direction) -> Step {
    Step::End(direction, true)
}

/// Events of both directions, those of requests first, at any split.
#[track_caller]
fn check_events(label: &str, steps: &[Step], to_server: &[&str], to_client: &[&str]) {
    let Outcome { told, .. } = outcome_at_any_split(label, steps);
    assert_eq!(told[0].events, to_server, "{label}: in requests");
    assert_eq!(told[1].events, to_client, "{label}: in responses");
}

/// Objects of both directions, at any split.
#[track_caller]
fn check_objects(label: &str, steps: &[Step], to_server: &[&str], to_client: &[&str]) {
    let Outcome { told, .. } = outcome_at_any_split(label, steps);
    assert_eq!(told[0].objects, to_server, "{label}: in requests");
    assert_eq!(told[1].objects, to_client, "{label}: in responses");
}

#[test]
fn an_event_has_what_both_sides_said() {
    check_events(
        "all fields",
        &[
            request(
                "POST  /a/b?c=d%20e  HTTP/1.1\r\nHost: Example.ORG:8080\r\nuser-agent:  curl/8  \r\nReferer: http://x/\r\n\
                 X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\nContent-Length: 2\r\n\r\nab",
            ),
            response(
                "HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 3\r\n\r\nabc",
            ),
        ],
        &[],
        &["http_method=POST url=/a/b?c=d%20e protocol=HTTP/1.1 http_user_agent=curl/8 http_refer=http://x/ \
           xff=192.0.2.1, 192.0.2.2 hostname=example.org http_port=8080 status=302 redirect=/else http_content_type=text/html length=3"],
    );
    check_events(
        "folded, with an empty value",
        &[
            request("GET / HTTP/1.0\r\nHost:\r\n  folded\r\n\t.example \r\nUser-Agent:\r\nReferer: a\r\n b\r\n\r\n"),
            response("HTTP/1.0 200 OK\r\n\r\nto the"),
            response(" end"),
            Step::End(ToClient, true),
        ],
        &[],
        &[
            "http_method=GET url=/ protocol=HTTP/1.0 http_user_agent= http_refer=a b hostname=folded\\t.example status=200 length=10",
        ],
    );
    check_events(
        "a part of a file",
        &[response(
            "HTTP/1.1 206 P\r\nContent-Range: bytes 5-6/90\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 206 P\r\nContent-Range: bytes 7-8/*\r\nContent-Length: 2\r\n\r\ncd",
        )],
        &[],
        &[
            "status=206 protocol=HTTP/1.1 content_range.raw=bytes 5-6/90 content_range.start=5 content_range.end=6 content_range.size=90 length=2",
            "status=206 protocol=HTTP/1.1 content_range.raw=bytes 7-8/* content_range.start=7 content_range.end=8 length=2",
        ],
    );
}

#[test]
fn pipelined_requests_meet_their_responses_in_order() {
    check_events(
        "three, and an interim response",
        &[
            request(
                "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: b\r\n\r\nPUT /3 HTTP/1.1\r\nHost: c\r\nContent-Length: 1\r\n\r\nx",
            ),
            response("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n"),
            response(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nStatus: 9\r\n\r\n",
            ),
        ],
        &[],
        &[
            "http_method=GET url=/1 protocol=HTTP/1.1 hostname=a status=200 length=1",
            "http_method=HEAD url=/2 protocol=HTTP/1.1 hostname=b status=204 length=0",
            "http_method=PUT url=/3 protocol=HTTP/1.1 hostname=c status=201 length=2",
        ],
    );
    check_events(
        "a response that comes before its request is whole",
        &[
            request("POST /1 HTTP/1.1\r\nHos"),
            response("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n"),
            request("t: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n"),
            response("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"),
        ],
        &["http_method=POST url=/1 protocol=HTTP/1.1 hostname=a"],
        &[
            "status=400 protocol=HTTP/1.1 length=0",
            "http_method=GET url=/2 protocol=HTTP/1.1 hostname=b status=404 length=0",
        ],
    );
}

#[test]
fn what_has_no_other_half_is_told_by_itself() {
    let get = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
    let event = "http_method=GET url=/1 protocol=HTTP/1.1 hostname=a";
    check_events("only requests", &[request(get), request(get), end(ToServer), end(ToClient)], &[], &[event, event]);
    check_events("the server has ended", &[end(ToClient), request(get)], &[event], &[]);
    check_events(
        "the server's side is not HTTP",
        &[request(get), response("SSH-2.0"), request(get)],
        &[event],
        &[event],
    );
    check_events(
        "half a request",
        &[request("GET /1 HTTP/1.1\r\nHost: a\r\nUser-Agent: cu"), end(ToServer), end(ToClient)],
        &[],
        &["http_method=GET url=/1 protocol=HTTP/1.1 http_user_agent=cu hostname=a"],
    );
    check_events("less than a request line", &[request("GET /1 HT"), end(ToServer), end(ToClient)], &[], &[]);
    check_events(
        "half a response",
        &[request(get), response("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), Step::End(ToClient, false)],
        &[],
        &["http_method=GET url=/1 protocol=HTTP/1.1 hostname=a status=200 length=3"],
    );
    check_events(
        "a response whose head is cut",
        &[request(get), response("HTTP/1.1 200 OK\r\nLocation: /x"), Step::Gap(ToClient, 5), response("abc")],
        &[],
        &["status=200 redirect=/x length=0", event],
    );
    check_events(
        "a lost response",
        &[request(get), Step::Gap(ToServer, 7), response("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), request(get)],
        &[],
        &[&format!("{event} status=200 length=0")],
    );
    check_events("HTTP/0.9", &[request("GET /old\r\n")], &["http_method=GET url=/old protocol=HTTP/0.9"], &[]);
}

#[test]
fn requests_beyond_the_room_are_told_before_their_response() {
    let long = "x".repeat(300);
    let get = |n: usize| request(&format!("GET /{n}?{long} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let answer = response("HTTP/1.1 204 No\r\n\r\n");
    let event = |n: usize| format!("http_method=GET url=/{n}?{long} protocol=HTTP/1.1 hostname=a");
    let (first, third, fourth) =
        (event(1), format!("{} status=204 length=0", event(3)), format!("{} status=204 length=0", event(4)));
    let alone = "status=204 protocol=HTTP/1.1 length=0";
    let steps = [get(1), get(2), get(3), get(4), answer.clone(), answer.clone(), answer.clone(), answer];
    check_events("four", &steps, &[&first, &event(2)], &[alone, alone, &third, &fourth]);
}

#[test]
fn long_values_are_cut_and_the_event_says_so() {
    let long = "x".repeat(5000);
    let steps = [
        request(&format!("GET /{long} HTTP/1.1\r\nUser-Agent: {long}\r\nReferer: {long}\r\nHost: a:81\r\n\r\n")),
        response(&format!("HTTP/1.1 200 OK\r\nLocation: {long}\r\nContent-Type: {long}\r\nContent-Length: 0\r\n\r\n")),
    ];
    let mut connection = Connection::default();
    connection.run(&steps);
    let [_, to_client] = connection.records;
    let x = |count: usize| "x".repeat(count);
    // 768 bytes a request: method 7, target 516, protocol 12, and what is left of them
    let agent = 768 - 7 - 516 - 12 - 4;
    let expected = format!(
        "http_method=GET url=/{} protocol=HTTP/1.1 http_user_agent={} http_refer= http_port=81 truncated=true status=200 redirect={} length=0",
        x(511),
        x(agent),
        x(256),
    );
    assert_eq!(to_client.events, [expected]);
}

#[test]
fn objects_say_what_they_claim_to_be() {
    check_objects(
        "names, types, codings",
        &[
            request(
                "PUT /up/plan.pdf?v=1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/pdf\r\nContent-Range: bytes 7-9/10\r\nContent-Length: 3\r\n\r\nabc\
                 POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n\
                 GET http://a/dir/named HTTP/1.1\r\nHost: a\r\n\r\n",
            ),
            response(
                "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Encoding: GZIP, identity\r\nContent-Length: 1\r\n\r\nx\
                 HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"a b.txt\"\r\nContent-Length: 1\r\n\r\nx\
                 HTTP/1.1 206 P\r\nContent-Range: bytes 5-8/9\r\nContent-Type: text/plain\r\n\r\nx",
            ),
            end(ToClient),
        ],
        &[
            "plan.pdf|application/pdf length 3 at 7 part 3/10 of a /up/plan.pdf?v=1 [] []: whole",
            "form|multipart/form-data; boundary=b|gzip: whole",
        ],
        &[
            "plan.pdf||deflate,gzip length 1: whole",
            "a b.txt| length 1: whole",
            "named|text/plain at 5 part 4/9 of a http://a/dir/named [] []: whole",
        ],
    );
    check_objects(
        "files and parts of them",
        &[
            request(&"GET /f HTTP/1.1\r\nHost: A.example:8080\r\n\r\n".repeat(6)),
            response(
                "HTTP/1.1 206 P\r\nContent-Range: bytes 0-1/9\r\nETag: \"v1\"\r\nContent-Length: 2\r\n\r\nab\
                 HTTP/1.1 206 P\r\nContent-Range: bytes 2-3/*\r\nETag: \"v1\"\r\nContent-Length: 2\r\n\r\ncd\
                 HTTP/1.1 206 P\r\nContent-Range: bytes 2-9/9\r\nContent-Length: 2\r\n\r\ncd\
                 HTTP/1.1 206 P\r\nContent-Range: bytes 2-5/9\r\nContent-Length: 2\r\n\r\ncd\
                 HTTP/1.1 206 P\r\nContent-Range: bytes 2-3/9\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n\
                 HTTP/1.1 200 OK\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 262144\r\n\r\nx",
            ),
            end(ToClient),
        ],
        &[],
        &[
            "f| length 2 part 2/9 of a.example /f [\\\"v1\\\"] []: whole",
            "f| length 2 at 2: whole",
            "f| length 2 at 2: whole",
            "f| length 2 at 2: whole",
            "f||gzip at 2: whole",
            "f| length 262144 all 262144/262144 of a.example /f [] [Mon, 01 Jan 2024 00:00:00 GMT]: cut",
        ],
    );
    check_objects(
        "a file without a version, a short one, and no request",
        &[
            request("GET /f HTTP/1.1\r\nHost: a\r\n\r\n"),
            response(
                "HTTP/1.1 200 OK\r\nETag: 1\r\nContent-Length: 1\r\n\r\nx\
                 HTTP/1.1 206 P\r\nContent-Range: bytes 0-0/9\r\nContent-Length: 1\r\n\r\ny\
                 HTTP/1.1 200 OK\r\nContent-Length: 262144\r\n\r\nx",
            ),
            end(ToClient),
        ],
        &[],
        &["f| length 1: whole", "| length 1: whole", "| length 262144: cut"],
    );
    check_objects(
        "cut short",
        &[
            request("POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"),
            response("HTTP/1.1 200 OK\r\n\r\nab"),
            end(ToServer),
            Step::End(ToClient, false),
        ],
        &["a| length 9: cut"],
        &["a|: cut"],
    );
    check_objects(
        "given up",
        &[response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nax")],
        &[],
        &["|: cut"],
    );
    check_objects(
        "a part that is no answer to a range, and a type that is too long",
        &[response(&format!(
            "HTTP/1.1 200 OK\r\nContent-Range: bytes 5-8/9\r\nContent-Type: {}\r\nContent-Length: 1\r\n\r\nx",
            "t".repeat(300)
        ))],
        &[],
        &[&format!("|{} length 1: whole", "t".repeat(256))],
    );
}

#[test]
fn a_tunnel_is_told_once_when_both_sides_are_in_it() {
    let tunnels = |label: &str, steps: &[Step]| outcome_at_any_split(label, steps).told.map(|told| told.tunnels);
    let connect = request("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n");
    let opened = response("HTTP/1.1 200 OK\r\n\r\n\x16\x03");
    assert_eq!(tunnels("CONNECT", &[connect.clone(), opened, request("\x16\x03\x01")]), [0, 1]);
    let upgrade = response("HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n\u{1}");
    let body = request("POST /c HTTP/1.1\r\nContent-Length: 4\r\n\r\nab");
    assert_eq!(tunnels("during a body", &[body, upgrade, request("cd\u{2}")]), [1, 0]);
    assert_eq!(
        tunnels("refused", &[connect.clone(), response("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")]),
        [0, 0]
    );
    assert_eq!(tunnels("given up", &[request("\x16\x03"), response("SSH-2.0")]), [0, 0]);
    check_events(
        "the request is told",
        &[connect, response("HTTP/1.1 200 OK\r\n\r\n\x16\x03")],
        &[],
        &["http_method=CONNECT url=h:443 protocol=HTTP/1.1 hostname=h http_port=443 status=200 length=0"],
    );
}

/// What the requests of these shapes are said to be; each is one that two servers have understood differently.
#[test]
fn shapes_of_request_smuggling() {
    use Anomaly::*;
    let cases: &[(&str, &[Anomaly])] = &[
        ("Host: a\r\nContent-Length: 2\r\nContent-Length: 2", &[RepeatedContentLength]),
        ("Host: a\r\nContent-Length: 2, 2", &[RepeatedContentLength]),
        ("Host: a\r\nContent-Length: +2", &[BadContentLength]),
        ("Host: a\r\nContent-Length:\r\n 2", &[ObscuredFraming, ObsFold]),
        ("Host: a\r\nContent-Length : 2", &[ObscuredFraming]),
        ("Host: a\r\nTransfer-Encoding : chunked", &[ObscuredFraming]),
        ("Host: a\r\nTransfer-Encoding:\tchunked", &[ObscuredFraming]),
        ("Host: a\r\nTransfer-Encoding: chunked, identity", &[BadTransferEncoding]),
        ("Host: a\r\nTransfer-Encoding: xchunked", &[BadTransferEncoding]),
        ("Host: a\r\nTransfer-Encoding: \u{b}chunked", &[BadTransferEncoding]),
        ("Host: a\r\nTransfer-Encoding: x, chunked", &[BadTransferEncoding]),
        ("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 2", &[ConflictingLength]),
        ("Host: a\r\nX: a\rTransfer-Encoding: chunked", &[BareCr]),
        ("Host: a\r\nX: a\0b", &[Nul]),
        ("Host: a\r\nHost: b", &[RepeatedHost]),
        ("X: y", &[MissingHost]),
    ];
    for (fields, expected) in cases {
        let Outcome { told, .. } =
            outcome_at_any_split(fields, &[request(&format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n"))]);
        let mut names: Vec<&str> = expected.iter().map(|odd| odd.name(ToServer)).collect();
        names.sort_unstable();
        assert_eq!(told[0].anomalies, names, "{fields:?}");
    }
    let lines: &[(&str, &[Anomaly])] = &[
        ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", &[AmbiguousHost]),
        ("GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", &[AmbiguousHost]),
        ("GET http://a:80/ HTTP/1.1\r\nHost: A\r\n\r\n", &[]),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", &[]),
        ("GET /\r\n", &[MissingProtocol]),
        ("GET / HTTP/1.0\r\n\r\n", &[]),
        ("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", &[Nul]),
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", &[BareLf]),
    ];
    for (text, expected) in lines {
        let Outcome { told, .. } = outcome_at_any_split(text, &[request(text)]);
        let names: Vec<&str> = expected.iter().map(|odd| odd.name(ToServer)).collect();
        assert_eq!(told[0].anomalies, names, "{text:?}");
    }
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = "HTTP/1.1 204 No\r\n\r\n";
    let Outcome { odd, .. } = outcome_at_any_split("two answers", &[request(get), response(&answer.repeat(2))]);
    assert_eq!(odd[1], [UnmatchedResponse]);
}

#[test]
fn an_anomaly_is_told_once_a_message() {
    let message = "GET / HTTP/1.1\nHost: a\nA: b\n\n";
    let Outcome { told, .. } = outcome_at_any_split("bare LF", &[request(&message.repeat(3))]);
    assert_eq!(told[0].anomalies, ["http.request_bare_lf"; 3]);
}

#[test]
fn what_never_was_http_was_a_mistake() {
    let mistaken = |steps: &[Step]| {
        let mut connection = Connection::default();
        connection.run(steps);
        connection.http.was_mistaken()
    };
    assert!(mistaken(&[request("GET /\x01\x02\r\nmore")]) || mistaken(&[request("GET \x16\x03 x\r\n")]));
    assert!(mistaken(&[response("HTTP/x")]));
    assert!(!mistaken(&[request("GET / HTTP/1.1\r\n\r\n\x16\x03")]), "it was, for one message");
    assert!(!mistaken(&[response("HTTP/1.1 200 OK\r\nA"), Step::Gap(ToClient, 1)]), "lost is not mistaken");
}

#[test]
fn a_guess_looks_at_both_sides() {
    use crate::proto::{Guess, Heads};
    let of = |to_server: &str, to_client: &str| {
        guess(&Heads { to_server: to_server.as_bytes(), to_client: to_client.as_bytes() })
    };
    assert_eq!(of("GET / HTTP/1.1\r\n", ""), Guess::Yes);
    assert_eq!(of("", "HTTP/1.1 200 OK\r\n"), Guess::Yes);
    assert_eq!(of("the middle of an upload", "HTTP/1.1 200 OK\r\n"), Guess::Yes);
    assert_eq!(of("GET / HTTP/1.1\r\n", "the middle of a download"), Guess::Yes);
    assert_eq!(of("the middle of an upload", ""), Guess::No, "nobody waits for the other side");
    assert_eq!(of("GE", "nothing"), Guess::More);
    assert_eq!(of("EHLO x\r\n", "220 mail"), Guess::No);
}

#[test]
fn an_event_has_no_name_and_password_of_a_user() {
    let long = "p".repeat(600);
    let fields = "HTTP/1.0\r\nHost: h:81\r\n\r\n";
    for (method, target, url) in [
        ("GET", "http://u:secret@h:81/a?b=c@d", "http://h:81/a?b=c@d".to_owned()),
        ("GET", "/a?b=http://u:p@h/", "/a?b=http://u:p@h/".to_owned()),
        ("CONNECT", "u:secret@h:81", "h:81".to_owned()),
        ("GET", &format!("http://u:{long}@h:81/"), "http://".to_owned()),
        ("GET", &format!("http://u:secret@h:81/{long}"), format!("http://h:81/{}", &long[..512 - 21])),
    ] {
        let steps = [request(&format!("{method}  {target} {fields}")), end(ToServer), end(ToClient)];
        let told = outcome_at_any_split(target, &steps).told;
        let [event] = &[&told[0].events[..], &told[1].events].concat()[..] else { panic!("{told:?}") };
        assert!(event.contains(&format!(" url={url} protocol=")), "{event}");
        assert!(!event.contains("secret"), "{event}");
    }
}
