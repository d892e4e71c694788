//! What becomes of streams.

use super::*;

const RESET: u8 = 3;
const PROMISE: u8 = 5;
const GOAWAY: u8 = 7;

fn ok() -> Vec<u8> {
    literals(&[(":status", "200")])
}

#[test]
fn all_fields_of_a_transaction() {
    let request = literals(&[
        (":method", "POST"),
        (":path", "/up"),
        (":authority", "Example.ORG:8080"),
        ("host", "other.example"),
        ("user-agent", "curl/8"),
        ("referer", "http://x/"),
        ("x-forwarded-for", "192.0.2.1"),
        ("content-type", "application/pdf"),
        ("content-disposition", "attachment; filename=plan.pdf"),
        ("content-encoding", "gzip"),
    ]);
    let response = literals(&[
        (":status", "206"),
        ("location", "/else"),
        ("content-type", "text/html; charset=utf-8"),
        ("content-range", "bytes 5-6/90"),
        ("content-encoding", "br"),
        ("content-encoding", "gzip"),
    ]);
    check(
        "all fields",
        &[
            client(&[
                frame(HEADERS, END_HEADERS, 1, &request),
                frame(DATA, 0, 1, b"a"),
                frame(HEADERS, END_HEADERS | END_STREAM, 1, &literals(&[("x-trailer", "t")])),
            ]),
            server(&[
                frame(HEADERS, END_HEADERS, 1, &literals(&[(":status", "103"), ("location", "/early")])),
                frame(HEADERS, END_HEADERS, 1, &response),
                frame(DATA, END_STREAM, 1, b"bc"),
            ]),
        ],
        &[
            "http/header :method: POST\\r\\n:path: /up\\r\\n:authority: Example.ORG:8080\\r\\nhost: other.example\\r\\n\
             user-agent: curl/8\\r\\nreferer: http://x/\\r\\nx-forwarded-for: 192.0.2.1\\r\\ncontent-type: application/pdf\\r\\n\
             content-disposition: attachment; filename=plan.pdf\\r\\ncontent-encoding: gzip\\r\\n",
            "http/body 1 name=plan.pdf type=application/pdf codings=gzip: a whole",
            "http/header x-trailer: t\\r\\n",
        ],
        &[
            "http/header :status: 103\\r\\nlocation: /early\\r\\n",
            "http/header :status: 206\\r\\nlocation: /else\\r\\ncontent-type: text/html; charset=utf-8\\r\\ncontent-range: bytes 5-6/90\\r\\n\
             content-encoding: br\\r\\ncontent-encoding: gzip\\r\\n",
            "http/body 1 name=up type=text/html; charset=utf-8 codings=br,gzip offset=5: bc whole",
            "http http_method=POST url=/up hostname=example.org http_port=8080 http_user_agent=curl/8 http_refer=http://x/ \
             xff=192.0.2.1 status=206 redirect=/else http_content_type=text/html content_range.raw=bytes 5-6/90 \
             content_range.start=5 content_range.end=6 content_range.size=90 protocol=HTTP/2 version=2 http2.stream_id=1 length=2",
        ],
        [&["http2.authority_host_mismatch"], &[]],
    );
}

#[test]
fn settings_goaway_and_frames_of_no_known_kind() {
    let settings = [&[0, 1, 0, 0, 0x10, 0][..], &[0, 99, 0, 0, 0, 1]].concat();
    check(
        "stream 0",
        &[
            Step::Push(
                ToServer,
                [
                    PREFACE,
                    &frame(SETTINGS, 0, 0, &settings),
                    &frame(8, 0, 0, &[0, 0, 1, 0]),
                    &frame(6, 0, 0, b"pingpong"),
                ]
                .concat(),
            ),
            server(&[
                frame(SETTINGS, 1, 0, &[]),
                frame(77, 0, 5, b"unknown"),
                frame(GOAWAY, 0, 0, &[&[0, 0, 0, 9, 0, 0, 0, 0][..], b"bye"].concat()),
                frame(GOAWAY, 0, 0, &[0, 0, 0, 9, 0, 0, 0, 0]),
            ]),
        ],
        &[
            "http http2.request.settings[].settings_id=SETTINGSHEADERTABLESIZE http2.request.settings[].settings_value=4096 \
             http2.request.settings[].settings_id=SETTINGSUNKNOWN http2.request.settings[].settings_value=1 \
             protocol=HTTP/2 version=2 http2.stream_id=0",
        ],
        &["raw unknown", "http2/goaway bye"],
        [&[], &[]],
    );
}

#[test]
fn a_stream_that_is_reset_is_cut() {
    check(
        "by the client",
        &[
            client(&[frame(HEADERS, END_STREAM | END_HEADERS, 1, &get("/big"))]),
            server(&[frame(HEADERS, END_HEADERS, 1, &ok()), frame(DATA, 0, 1, b"some")]),
            Step::Push(ToServer, frame(RESET, 0, 1, &[0, 0, 0, 8])),
            Step::Push(ToClient, frame(DATA, 0, 1, b"late")),
        ],
        &["http/header :method: GET\\r\\n:path: /big\\r\\n:authority: a\\r\\n"],
        &[
            "http/header :status: 200\\r\\n",
            "http/body 1 name=big: some cut",
            "http http_method=GET url=/big hostname=a status=200 http2.request.error_code=CANCEL protocol=HTTP/2 version=2 \
             http2.stream_id=1 length=4",
            "raw late",
        ],
        [&[], &[]],
    );
    check(
        "by the server",
        &[
            client(&[frame(HEADERS, END_HEADERS, 1, &get("/big")), frame(DATA, 0, 1, b"some")]),
            server(&[frame(RESET, 0, 1, &[0, 0, 0, 7])]),
            Step::End(ToServer, true),
            Step::End(ToClient, true),
        ],
        &[
            "http/header :method: GET\\r\\n:path: /big\\r\\n:authority: a\\r\\n",
            "http/body 1 name=big: some cut",
            "http http_method=GET url=/big hostname=a http2.response.error_code=REFUSED_STREAM protocol=HTTP/2 version=2 http2.stream_id=1",
        ],
        &[],
        [&[], &[]],
    );
}

#[test]
fn a_promise_is_a_request_of_the_server() {
    let promise = [&2u32.to_be_bytes()[..], &get("/style.css")].concat();
    check(
        "push",
        &[
            client(&[]),
            server(&[
                frame(PROMISE, END_HEADERS, 1, &promise),
                frame(HEADERS, END_HEADERS, 2, &ok()),
                frame(DATA, END_STREAM, 2, b"css"),
            ]),
        ],
        &[],
        &[
            "http/header :method: GET\\r\\n:path: /style.css\\r\\n:authority: a\\r\\n",
            "http/header :status: 200\\r\\n",
            "http/body 2 name=style.css: css whole",
            "http http2.promised=true http_method=GET url=/style.css hostname=a status=200 protocol=HTTP/2 version=2 http2.stream_id=2 length=3",
        ],
        [&[], &[]],
    );
}

#[test]
fn what_has_no_other_half_is_told_by_itself() {
    check(
        "no response",
        &[
            client(&[frame(HEADERS, END_STREAM | END_HEADERS, 1, &get("/"))]),
            Step::End(ToServer, true),
            Step::End(ToClient, true),
        ],
        &["http/header :method: GET\\r\\n:path: /\\r\\n:authority: a\\r\\n"],
        &["http http_method=GET url=/ hostname=a protocol=HTTP/2 version=2 http2.stream_id=1"],
        [&[], &[]],
    );
    check(
        "no request",
        &[server(&[frame(HEADERS, END_HEADERS, 1, &ok()), frame(DATA, 0, 1, b"ab")]), Step::End(ToClient, false)],
        &[],
        &[
            "http/header :status: 200\\r\\n",
            "http/body 1: ab cut",
            "http status=200 protocol=HTTP/2 version=2 http2.stream_id=1 length=2",
        ],
        [&[], &[]],
    );
}

#[test]
fn odd_frames_have_names() {
    let head = |flags, stream, payload: &[u8]| frame(HEADERS, flags, stream, payload);
    let whole = END_STREAM | END_HEADERS;
    let mut long = frame(DATA, 0, 1, &[]);
    long[..3].copy_from_slice(&[0x20, 0, 0]);
    let cases: &[(&str, Vec<u8>, &[&str])] = &[
        ("a frame of 2 MiB", long, &["http2.invalid_frame_length"]),
        ("a reset of three bytes", frame(RESET, 0, 1, &[0; 3]), &["http2.invalid_frame_length"]),
        ("settings that are not whole", frame(SETTINGS, 0, 0, &[0; 7]), &["http2.invalid_frame_length"]),
        ("data on stream 0", frame(DATA, 0, 0, b"x"), &["http2.invalid_frame_header"]),
        ("settings on a stream", frame(SETTINGS, 0, 1, &[]), &["http2.invalid_frame_header"]),
        ("a continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, &get("/")), &["http2.invalid_frame_header"]),
        (
            "data within a block",
            [head(END_STREAM, 1, &get("/")), frame(DATA, 0, 1, b"x")].concat(),
            &["http2.invalid_frame_header"],
        ),
        (
            "a block that goes on elsewhere",
            [head(0, 1, &get("/")), frame(CONTINUATION, END_HEADERS, 3, &[])].concat(),
            &["http2.invalid_frame_header"],
        ),
        ("more padding than frame", head(whole | PADDED, 1, &[200, 1, 2]), &["http2.invalid_frame_data"]),
        ("no room for a priority", head(whole | PRIORITY, 1, &[0, 0]), &["http2.invalid_frame_data"]),
        ("no room for the length of padding", frame(DATA, PADDED, 1, &[]), &["http2.invalid_frame_data"]),
        ("an entry that is not there", head(whole, 1, &[0xff, 0]), &["http2.failed_decompression"]),
        ("a block that is not whole", head(whole, 1, &[0x40]), &["http2.failed_decompression"]),
        (
            "another host twice",
            head(whole, 1, &[get("/"), literals(&[("host", "b"), ("host", "c")])].concat()),
            &["http2.authority_host_mismatch"],
        ),
        ("a stream again", [head(whole, 1, &get("/")), head(whole, 1, &get("/"))].concat(), &["http2.stream_id_reuse"]),
    ];
    for (label, bytes, odd) in cases {
        let told =
            run_at_any_split(label, Http2::default, &[client(std::slice::from_ref(bytes)), Step::End(ToServer, true)]);
        assert_eq!(told[0].odd(), *odd, "{label}: {:?}", told[0].lines);
    }
}

#[test]
fn what_follows_a_block_that_was_lost_has_unknown_fields() {
    let add = [&[0x40, 1, b'x', 1, b'y'][..], &get("/")].concat();
    let whole = END_STREAM | END_HEADERS;
    let first = frame(HEADERS, whole, 1, &add);
    check(
        "a gap in a block",
        &[
            client(&[first[..12].to_vec()]),
            Step::Gap(ToServer, 5),
            Step::Push(
                ToServer,
                [&first[17..], &frame(HEADERS, whole, 3, &[&[0xbe][..], &get("/3")].concat())].concat(),
            ),
            server(&[frame(HEADERS, whole, 1, &ok()), frame(HEADERS, whole, 3, &ok())]),
        ],
        &["http/header x: <5>", "http/header ?: ?\\r\\n:method: GET\\r\\n:path: /3\\r\\n:authority: a\\r\\n"],
        &[
            "http/header :status: 200\\r\\n",
            "http status=200 protocol=HTTP/2 version=2 http2.stream_id=1 length=0 http2.headers_unknown=true",
            "http/header :status: 200\\r\\n",
            "http http_method=GET url=/3 hostname=a status=200 protocol=HTTP/2 version=2 http2.stream_id=3 length=0 http2.headers_unknown=true",
        ],
        [&[], &[]],
    );
}

#[test]
fn streams_beyond_the_room() {
    let count = MAX_STREAMS as u32;
    // requests that wait: the oldest is told without its response
    let whole = END_STREAM | END_HEADERS;
    let requests: Vec<Vec<u8>> =
        (0..=count).map(|n| frame(HEADERS, whole, 2 * n + 1, &get(&format!("/{n}")))).collect();
    let told = run(
        Http2::default,
        &[client(&requests), server(&[frame(HEADERS, whole, 1, &ok()), frame(HEADERS, whole, 3, &ok())])],
    );
    let events =
        |index: usize| told[index].lines.iter().filter(|line| line.starts_with("http ")).cloned().collect::<Vec<_>>();
    assert_eq!(events(0), ["http http_method=GET url=/0 hostname=a protocol=HTTP/2 version=2 http2.stream_id=1"]);
    assert_eq!(told[0].odd(), ["http2.too_many_streams"]);
    // the late response to it finds no room of its own: the next is told for it
    assert_eq!(told[1].odd(), ["http2.too_many_streams"]);
    assert_eq!(events(1).len(), 3, "{:?}", events(1));

    // uploads under way: nothing can go
    let uploads: Vec<Vec<u8>> = (0..=count).map(|n| frame(HEADERS, END_HEADERS, 2 * n + 1, &get("/u"))).collect();
    let last = frame(DATA, END_STREAM, 2 * count + 1, b"beyond");
    let told = run(Http2::default, &[client(&[uploads.concat(), last])]);
    assert_eq!(told[0].odd(), ["http2.too_many_streams"]);
    assert_eq!(told[0].lines.last().unwrap(), "raw beyond");
}

#[test]
fn no_field_takes_the_room_of_a_coding() {
    let long = "x".repeat(300);
    let blanks = " ".repeat(300);
    let fields = [
        ("content-disposition", &long[..]),
        ("etag", &long),
        ("last-modified", &long),
        ("content-range", &long),
        ("upgrade", &long),
        ("content-type", &long),
        ("sec-websocket-extensions", &long),
        ("transfer-encoding", "gzip"),
        ("content-encoding", &blanks),
        ("content-encoding", &format!("identity{blanks}, deflate")),
    ];
    let body = frame(DATA, END_STREAM, 1, b"x");
    let told = run_at_any_split(
        "codings",
        Http2::default,
        &[
            client(&[frame(HEADERS, END_HEADERS, 1, &[get("/u"), literals(&fields)].concat()), body.clone()]),
            server(&[frame(HEADERS, END_HEADERS, 1, &[ok(), literals(&fields)].concat()), body]),
        ],
    );
    for told in &told {
        assert!(told.lines.iter().any(|line| line.contains(" codings=deflate: x whole")), "{:?}", told.lines);
        assert_eq!(told.odd(), [""; 0]);
    }
}

#[test]
fn codings_that_are_left_on_are_told() {
    // a list that is longer than is kept of a value
    let long = format!("{:512}, gzip", "br");
    for value in ["br,br,br,br,gzip", &long] {
        let fields = literals(&[(":status", "200"), ("content-encoding", value)]);
        let steps = [server(&[frame(HEADERS, END_HEADERS, 1, &fields), frame(DATA, END_STREAM, 1, b"x")])];
        let told = run_at_any_split("codings", Http2::default, &steps);
        assert_eq!(told[1].odd(), ["http2.too_many_encoding_layers"], "{value}");
    }
}
