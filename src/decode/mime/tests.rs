//! Shapes of mail that no ordinary program makes.

use super::super::{Cut, Decoders, Ended, Leaves, Limits, Path, Start, Tree};

/// Path and bytes of each leaf, and what was cut.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    leaves: Vec<(String, String)>,
    cuts: Vec<(String, Cut)>,
}

impl Leaves for Said {
    fn begin(&mut self, _: usize, path: &Path) {
        self.leaves.push((path.to_string(), String::new()));
    }

    fn data(&mut self, _: usize, bytes: &[u8]) {
        self.leaves.last_mut().unwrap().1.push_str(std::str::from_utf8(bytes).unwrap());
    }

    fn end(&mut self, _: usize, _: Ended) {}

    fn cut(&mut self, path: &Path, reason: Cut) {
        self.cuts.push((path.to_string(), reason));
    }
}

/// What is in `mail`, however it is cut; headers left out.
fn decode(mail: &str) -> Said {
    let limits = Limits::default();
    let (mut tree, mut decoders) = (Tree::new(&limits), Decoders::new(limits));
    let mut pieces = |size: usize| {
        let mut said = Said::default();
        tree.begin(&Start::default(), &mut decoders);
        mail.as_bytes().chunks(size).for_each(|piece| tree.push(piece, &mut decoders, &mut said));
        tree.finish(true, &mut decoders, &mut said);
        said.leaves.retain(|(path, _)| !path.ends_with("(header)"));
        said
    };
    let whole = pieces(usize::MAX);
    for size in [1, 2, 3, 7] {
        assert_eq!(pieces(size), whole, "{mail:?} in pieces of {size}");
    }
    whole
}

const HEAD: &str = "From: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";

#[test]
fn parts_are_found_between_whatever_is_no_boundary() {
    let long = "x".repeat(10_000);
    let cases: [(&str, &[&str]); 14] = [
        ("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n", &["one", "two"]),
        ("--b\n\none\n--b  \t\n\ntwo\n--b--", &["one", "two"]),
        // No empty line, and no header.
        ("--b\r\nno field\r\n--b--", &["no field"]),
        ("--b\r\nX: y\r\nno field\r\n--b--", &["no field"]),
        // Parts without anything within.
        ("--b\r\n\r\n--b\r\n\r\n\r\n--b--", &["", ""]),
        ("--b\r\nX: y\r\n--b--", &[""]),
        ("--b\r\n\r\n--bc\r\n--\r\n-\r\r\n---b\r\n--b--", &["--bc\r\n--\r\n-\r\r\n---b"]),
        ("--b\r\n\r\none\r\r\n--b--", &["one\r"]),
        ("--b\r\n\r\none\n\r\n--b--", &["one\n"]),
        ("--b\r\n\r\none\r\n--b\rx\r\n--b--", &["one\r\n--b\rx"]),
        ("--b\r\n\r\none\r\n--b--\r\n \r\n", &["one"]),
        (" \r\n--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\nbehind", &["one", "--b\r\n\r\nbehind"]),
        ("--b\r\nContent-Transfer-Encoding: base64\r\n\r\nb25l\r\n--b\r\n\r\ntwo\r\n--b--", &["one", "two"]),
        ("--b\r\nContent-Transfer-Encoding: (x) Quoted-Printable\r\n\r\n=6F=6\r\n--b--", &["o=6"]),
    ];
    for (body, expected) in cases {
        let said = decode(&format!("{HEAD}{body}"));
        let found: Vec<_> = said.leaves.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!((found, said.cuts), (expected.to_vec(), vec![]), "{body:?}");
    }
    for line in [format!("--{long}"), format!("--b{}", " ".repeat(300)), long] {
        let said = decode(&format!("{HEAD}--b\r\n\r\n{line}\r\n--b--"));
        assert_eq!((said.leaves[0].1.as_str(), said.cuts.len()), (line.as_str(), 0), "longer than what is held");
    }
}

#[test]
fn outer_boundaries_end_inner_parts() {
    let inner = "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none";
    let said = decode(&format!("{HEAD}{inner}\r\n--b\r\n\r\ntwo\r\n--b--"));
    assert_eq!(said.leaves, [("mime[2]".into(), "one".into()), ("mime[3]".into(), "two".into())]);
    assert_eq!(said.cuts, [("mime".into(), Cut::Truncated)]);
    let said = decode(&format!("{HEAD}{inner}\r\n--c--\r\n--b\r\n\r\ntwo\r\n--b--"));
    assert_eq!((said.leaves.len(), said.cuts.len()), (2, 0));
    let said = decode(&format!("{HEAD}{inner}\r\n--"));
    assert_eq!(said.leaves, [("mime[2]".into(), "one".into())]);
    assert_eq!(said.cuts, [("mime[2]".into(), Cut::Truncated)]);
}

#[test]
fn a_ninth_multipart_is_scanned_as_it_stands() {
    let mut mail = String::from("From: a\r\n");
    for level in 0..9 {
        mail += &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    mail += "\r\nthe end\r\n";
    for level in (0..9).rev() {
        mail += &format!("--b{level}--\r\n");
    }
    let said = decode(&mail);
    assert_eq!(said.leaves, [("mime[9]".into(), "--b8\r\n\r\nthe end\r\n--b8--".into())]);
    assert_eq!(said.cuts, [("mime[9]".into(), Cut::Depth)]);
}

#[test]
fn bodies_of_forms_need_no_header() {
    let form = "--x y\r\nContent-Disposition: form-data; name=f; filename=\"q3.txt\"\r\n\r\none\r\n--x y--\r\n";
    assert_eq!(decode(form).leaves, [("mime:q3.txt".into(), "one".into())]);
}

#[test]
fn long_fields_are_handed_out_whole() {
    let long = format!("From: a\r\nSubject: {}\r\n\tend\r\n", "x".repeat(100_000));
    let limits = Limits::default();
    let (mut tree, mut decoders) = (Tree::new(&limits), Decoders::new(limits));
    let mut said = Said::default();
    tree.begin(&Start::default(), &mut decoders);
    tree.push(format!("{long}\r\nbody").as_bytes(), &mut decoders, &mut said);
    tree.finish(true, &mut decoders, &mut said);
    assert_eq!(said.leaves, [("mime:(header)".into(), long), ("mime[1]".into(), "body".into())]);
}
