//! HPACK: the examples of RFC 7541, and a naive encoder.

use proptest::prelude::*;

use crate::proto::http2::hpack::{Broken, Fields, Hpack};

/// Fields of one block, and their text.
#[derive(Default)]
struct Taken {
    fields: Vec<(String, String)>,
    text: Vec<u8>,
    unknown: usize,
}

impl Fields for Taken {
    fn text(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
    }

    fn field(&mut self, name: &[u8], value: &[u8], known: bool) {
        self.unknown += usize::from(!known);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.fields.push((text(name), text(value)));
    }
}

fn block(hpack: &mut Hpack, bytes: &[u8], size: usize) -> Result<Taken, Broken> {
    let mut taken = Taken::default();
    for piece in bytes.chunks(size) {
        hpack.push(piece, &mut taken)?;
    }
    hpack.end()?;
    Ok(taken)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Blocks one after the other through one table, in pieces of any size; each gives its fields, `name: value` a line.
#[track_caller]
fn check(label: &str, size: &str, blocks: &[(&str, &str)]) {
    for piece in [1, 2, 3, 1000] {
        let mut hpack = Hpack::new();
        assert!(block(&mut hpack, &hex(size), piece).is_ok());
        for (bytes, expected) in blocks {
            let taken = block(&mut hpack, &hex(bytes), piece).unwrap();
            let lines: Vec<String> = taken.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            assert_eq!(lines, expected, "{label}, in pieces of {piece}");
            assert_eq!(String::from_utf8_lossy(&taken.text), expected.join("\r\n") + "\r\n", "{label}");
        }
    }
}

const REQUESTS: [&str; 3] = [
    ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com",
    ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache",
    ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value",
];

const RESPONSES: [&str; 3] = [
    ":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: https://www.example.com",
    ":status: 307\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: https://www.example.com",
    ":status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\nlocation: https://www.example.com\n\
     content-encoding: gzip\nset-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
];

#[test]
fn the_examples_of_rfc_7541() {
    let [first, second, third] = REQUESTS;
    check(
        "C.3",
        "",
        &[
            ("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", first),
            ("8286 84be 5808 6e6f 2d63 6163 6865", second),
            ("8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65", third),
        ],
    );
    check(
        "C.4",
        "",
        &[
            ("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", first),
            ("8286 84be 5886 a8eb 1064 9cbf", second),
            ("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", third),
        ],
    );
    // the examples of responses have a table of 256 bytes, so that entries are evicted
    let [first, second, third] = RESPONSES;
    check(
        "C.5",
        "3fe1 01",
        &[
            (
                "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d \
                 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                first,
            ),
            ("4803 3330 37c1 c0bf", second),
            (
                "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f \
                 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b \
                 2076 6572 7369 6f6e 3d31",
                third,
            ),
        ],
    );
    check(
        "C.6",
        "3fe1 01",
        &[
            (
                "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 \
                 8f0b 97c8 e9ae 82ae 43d3",
                first,
            ),
            ("4883 640e ffc1 c0bf", second),
            (
                "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 \
                 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
                third,
            ),
        ],
    );
}

#[test]
fn blocks_that_cannot_be_decoded() {
    let cases = [
        ("80", "index 0"),
        ("be", "an entry that is not there"),
        ("7e 01 61", "a name that is not there"),
        ("3fff ffff ff7f", "a size beyond 32 bits"),
        ("ff80 8080 8080 00", "an integer with zeros without end"),
        ("4086 a0e4 1d13 9dff ff ff ff", "EOS behind some text"),
        ("4081 00 00", "a name whose padding is not ones"),
        ("40", "a block that ends within a field"),
        ("4001 61", "a block that ends before a value"),
        ("ff", "a block that ends within an integer"),
    ];
    for (bytes, why) in cases {
        for size in [1, 100] {
            assert!(block(&mut Hpack::new(), &hex(bytes), size).is_err(), "{why}");
        }
    }
}

#[test]
fn entries_that_were_never_seen_are_unknown() {
    let mut hpack = Hpack::new();
    block(&mut hpack, &hex("4001 6101 62"), 1).unwrap();
    hpack.lose();
    // an entry from before, a literal under its name, and one that is added now
    let taken = block(&mut hpack, &hex("be 7e 01 78 40 01 63 01 64 be bf c0"), 1).unwrap();
    let fields: Vec<(&str, &str)> = taken.fields.iter().map(|(name, value)| (&name[..], &value[..])).collect();
    assert_eq!(fields, [("?", "?"), ("?", "x"), ("c", "d"), ("c", "d"), ("?", "x"), ("?", "?")]);
    assert_eq!(taken.unknown, 3, "two entries, and a name");
    // a table of no bytes has nothing that could be unknown
    block(&mut hpack, &hex("20"), 1).unwrap();
    assert!(block(&mut hpack, &hex("be"), 1).is_err());
}

#[test]
fn a_table_that_is_larger_than_is_kept() {
    let mut hpack = Hpack::new();
    let long = [&hex("3fe1 7f")[..], &(0..200).flat_map(|n: u8| [0x40, 1, b'a', 1, n]).collect::<Vec<u8>>()].concat();
    block(&mut hpack, &long, 100).unwrap();
    // the newest, the oldest that is kept (4,096 bytes of 34 each), and one before
    let taken = block(&mut hpack, &hex("be ff36 ff38"), 1).unwrap();
    assert_eq!(taken.unknown, 1);
    assert_eq!(taken.fields[1], ("a".to_owned(), String::from_utf8_lossy(&[200 - 120]).into_owned()));
    assert_eq!(taken.fields[2].0, "?");
}

#[test]
fn long_values_are_kept_in_part_and_handed_on_whole() {
    let mut hpack = Hpack::new();
    let value = "v".repeat(1000);
    // 1000 is 127 and 873, of which 105 are in the first seven bits
    let mut bytes = hex("40 01 61 7f e9 06");
    bytes.extend_from_slice(value.as_bytes());
    bytes.push(0xbe);
    let taken = block(&mut hpack, &bytes, 7).unwrap();
    assert_eq!(taken.fields[0].1.len(), 512);
    assert_eq!(taken.fields[1].1.len(), 512);
    assert!(String::from_utf8(taken.text).unwrap().starts_with(&format!("a: {value}\r\na: vvv")));
    // they count in full: three more push the first out
    let mut other = hex("40 01 62 7f e9 06");
    other.extend_from_slice(value.as_bytes());
    for _ in 0..2 {
        block(&mut hpack, &other, 7).unwrap();
    }
    assert!(block(&mut hpack, &hex("c0"), 1).is_ok(), "three of 1,033 bytes fit");
    block(&mut hpack, &other, 7).unwrap();
    assert!(block(&mut hpack, &hex("c1"), 1).is_err(), "four do not");
}

/// A naive encoder: a list as its table, everything uncoded.
#[derive(Default)]
struct Encoder(Vec<(String, String)>);

impl Encoder {
    fn integer(out: &mut Vec<u8>, first: u8, bits: u8, number: usize) {
        let mask = (1usize << bits) - 1;
        if number < mask {
            out.push(first | number as u8);
            return;
        }
        out.push(first | mask as u8);
        let mut rest = number - mask;
        while rest >= 128 {
            out.push(0x80 | (rest % 128) as u8);
            rest /= 128;
        }
        out.push(rest as u8);
    }

    fn string(out: &mut Vec<u8>, text: &str) {
        Self::integer(out, 0, 7, text.len());
        out.extend_from_slice(text.as_bytes());
    }

    fn field(&mut self, out: &mut Vec<u8>, name: &str, value: &str, add: bool) {
        let place = |found: &(String, String)| found.0 == name && found.1 == value;
        if let Some(index) = self.0.iter().position(place) {
            return Self::integer(out, 0x80, 7, index + 62);
        }
        let index = self.0.iter().position(|found| found.0 == name).map_or(0, |index| index + 62);
        let (first, bits) = if add { (0x40, 6) } else { (0, 4) };
        Self::integer(out, first, bits, index);
        if index == 0 {
            Self::string(out, name);
        }
        Self::string(out, value);
        if add {
            self.0.insert(0, (name.to_owned(), value.to_owned()));
            while self.0.iter().map(|(name, value)| name.len() + value.len() + 32).sum::<usize>() > 4096 {
                self.0.pop();
            }
        }
    }
}

proptest! {
    #[test]
    fn fields_come_out_as_they_went_in(
        blocks in prop::collection::vec(prop::collection::vec(("[a-e]{1,3}", "[a-c]{0,2}|[a-z]{100,400}", any::<bool>()), 0..12), 1..20),
        size in 1usize..50,
    ) {
        let (mut encoder, mut hpack) = (Encoder::default(), Hpack::new());
        for fields in &blocks {
            let mut bytes = Vec::new();
            for (name, value, add) in fields {
                encoder.field(&mut bytes, name, value, *add);
            }
            let taken = block(&mut hpack, &bytes, size).unwrap();
            let expected: Vec<(String, String)> = fields.iter().map(|(name, value, _)| (name.clone(), value.clone())).collect();
            prop_assert_eq!(taken.fields, expected);
        }
    }

    #[test]
    fn any_bytes_do_no_harm(blocks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6)) {
        let (mut whole, mut bytewise) = (Hpack::new(), Hpack::new());
        for bytes in &blocks {
            let results = [(&mut whole, 1000), (&mut bytewise, 1)].map(|(hpack, size)| {
                let mut taken = Taken::default();
                let mut done = bytes.chunks(size).try_for_each(|piece| hpack.push(piece, &mut taken));
                done = done.and_then(|()| hpack.end());
                if done.is_err() {
                    hpack.lose();
                }
                (done, taken.fields, taken.text)
            });
            prop_assert_eq!(&results[0], &results[1]);
        }
    }
}
