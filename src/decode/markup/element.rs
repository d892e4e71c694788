//! What elements and attributes mean for the text: where lines end, and which values are text.

/// What an element's tag does to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    Nothing,
    /// The text before it is a line.
    Line,
    Tab,
    Blank,
    Hyphen,
}

/// HTML elements that are no part of a line, in order.
const BLOCKS: [&[u8]; 67] = [
    b"address",
    b"article",
    b"aside",
    b"blockquote",
    b"body",
    b"br",
    b"caption",
    b"center",
    b"col",
    b"colgroup",
    b"dd",
    b"details",
    b"dialog",
    b"dir",
    b"div",
    b"dl",
    b"dt",
    b"fieldset",
    b"figcaption",
    b"figure",
    b"footer",
    b"form",
    b"frame",
    b"frameset",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"head",
    b"header",
    b"hgroup",
    b"hr",
    b"html",
    b"legend",
    b"li",
    b"link",
    b"main",
    b"menu",
    b"meta",
    b"nav",
    b"noframes",
    b"noscript",
    b"ol",
    b"optgroup",
    b"option",
    b"p",
    b"pre",
    b"script",
    b"section",
    b"select",
    b"style",
    b"summary",
    b"table",
    b"tbody",
    b"td",
    b"template",
    b"textarea",
    b"tfoot",
    b"th",
    b"thead",
    b"title",
    b"tr",
    b"track",
    b"ul",
    b"video",
];

/// Elements that are part of a line in XML that is meant for readers, in order.
const INLINE: [&[u8]; 24] = [
    b"a",
    b"abbr",
    b"acronym",
    b"b",
    b"bdo",
    b"big",
    b"cite",
    b"code",
    b"em",
    b"emphasis",
    b"font",
    b"i",
    b"ins",
    b"kbd",
    b"mark",
    b"q",
    b"s",
    b"small",
    b"span",
    b"strong",
    b"sub",
    b"sup",
    b"tt",
    b"u",
];

/// Within a string of a spreadsheet: runs and how they look, in order.
const RUNS: [&[u8]; 19] = [
    b"b",
    b"charset",
    b"color",
    b"condense",
    b"extend",
    b"family",
    b"i",
    b"outline",
    b"phoneticPr",
    b"r",
    b"rFont",
    b"rPr",
    b"scheme",
    b"shadow",
    b"strike",
    b"sz",
    b"t",
    b"u",
    b"vertAlign",
];

/// Prefixes that office documents have for their own elements, in order. Of the values that stand there most are measures
/// and names of styles.
const OFFICE: [&[u8]; 28] = [
    b"a",
    b"c",
    b"chart",
    b"config",
    b"dr3d",
    b"draw",
    b"fo",
    b"form",
    b"loext",
    b"m",
    b"manifest",
    b"mc",
    b"number",
    b"office",
    b"p",
    b"pic",
    b"presentation",
    b"script",
    b"style",
    b"svg",
    b"table",
    b"text",
    b"w",
    b"w14",
    b"w15",
    b"wp",
    b"wps",
    b"xdr",
];

/// Attributes whose values are text in office documents.
const TEXTS: [&[u8]; 16] = [
    b"alt",
    b"author",
    b"content",
    b"descr",
    b"description",
    b"href",
    b"initials",
    b"instr",
    b"label",
    b"name",
    b"placeholder",
    b"string-value",
    b"target",
    b"title",
    b"tooltip",
    b"value",
];

/// Attributes whose values are text in HTML, in order.
const HTML_TEXTS: [&[u8]; 6] = [b"alt", b"content", b"href", b"placeholder", b"title", b"value"];

/// Prefix, and what stands behind it.
pub(super) fn split(name: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b':', name) {
        Some(at) => (name.get(..at).unwrap_or(&[]), name.get(at + 1..).unwrap_or(&[])),
        None => (&[], name),
    }
}

fn is_in(list: &[&[u8]], name: &[u8]) -> bool {
    list.binary_search(&name).is_ok()
}

/// Whether the first element of a document says that it is part of a spreadsheet (ECMA-376 part 1, section 18).
pub(super) fn is_sheet(root: &[u8]) -> bool {
    matches!(split(root).1, b"sst" | b"worksheet" | b"comments")
}

/// What a tag of HTML does.
pub(super) fn html(name: &[u8]) -> Break {
    if is_in(&BLOCKS, name) { Break::Line } else { Break::Nothing }
}

/// What a tag of XML does: of WordprocessingML and DrawingML (ECMA-376 part 1, sections 17 and 21), of SpreadsheetML, of
/// OpenDocument (part 3, section 6), else of any XML.
pub(super) fn xml(name: &[u8], sheet: bool) -> Break {
    match split(name) {
        (b"w" | b"a", b"p" | b"br" | b"cr" | b"tc" | b"tr") | (b"text", b"line-break") => Break::Line,
        (b"w" | b"text", b"tab") => Break::Tab,
        (b"w", b"noBreakHyphen") => Break::Hyphen,
        (b"text", b"s") => Break::Blank,
        (b"w" | b"a" | b"m" | b"mc" | b"wp" | b"wps" | b"w14" | b"w15" | b"pic", _) => Break::Nothing,
        (b"text", b"span" | b"a" | b"soft-page-break") => Break::Nothing,
        (b"text", mark) if mark.starts_with(b"bookmark") || mark.starts_with(b"reference-") => Break::Nothing,
        (_, name) if sheet => {
            if is_in(&RUNS, name) {
                Break::Nothing
            } else {
                Break::Line
            }
        }
        (b"", name) if is_in(&INLINE, name) => Break::Nothing,
        _ => Break::Line,
    }
}

/// Whether white space that stands alone between tags has no meaning although it is between two words.
pub(super) fn is_run(name: &[u8], sheet: bool) -> bool {
    sheet || matches!(split(name).0, b"w" | b"a" | b"m" | b"mc")
}

/// Whether the value of an attribute is text, and whether it is an address, in which `%XX` stands for bytes.
pub(super) fn attribute(element: &[u8], name: &[u8], is_xml: bool, sheet: bool) -> (bool, bool) {
    let (prefix, local) = split(name);
    let is_text = if !is_xml {
        is_in(&HTML_TEXTS, name)
    } else if sheet || is_in(&OFFICE, split(element).0) {
        TEXTS.iter().any(|known| known.eq_ignore_ascii_case(local))
    } else {
        prefix != b"xmlns" && name != b"xmlns"
    };
    (is_text, local.eq_ignore_ascii_case(b"href") || local.eq_ignore_ascii_case(b"target"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order() {
        for list in [&BLOCKS[..], &INLINE, &RUNS, &OFFICE, &HTML_TEXTS] {
            assert!(
                list.is_sorted(),
                "{:?}",
                list.iter().map(|name| name.escape_ascii().to_string()).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn lines_end_where_readers_see_them_end() {
        let cases: [(&str, bool, Break); 14] = [
            ("w:p", false, Break::Line),
            ("w:t", false, Break::Nothing),
            ("w:r", false, Break::Nothing),
            ("w:tab", false, Break::Tab),
            ("w:noBreakHyphen", false, Break::Hyphen),
            ("a:br", false, Break::Line),
            ("text:p", false, Break::Line),
            ("text:span", false, Break::Nothing),
            ("text:s", false, Break::Blank),
            ("text:bookmark-start", false, Break::Nothing),
            ("si", true, Break::Line),
            ("t", true, Break::Nothing),
            ("t", false, Break::Line),
            ("b", false, Break::Nothing),
        ];
        for (name, sheet, expected) in cases {
            assert_eq!(xml(name.as_bytes(), sheet), expected, "{name}");
        }
        assert_eq!((html(b"div"), html(b"span")), (Break::Line, Break::Nothing));
    }

    #[test]
    fn values_that_are_text_are_told_from_measures() {
        let cases: [(&str, &str, bool, bool); 7] = [
            ("a", "href", false, true),
            ("a", "class", false, false),
            ("w:rPr", "w:rsidR", true, false),
            ("wp:docPr", "descr", true, true),
            ("plan", "id", true, true),
            ("plan", "xmlns:x", true, false),
            ("draw:frame", "xlink:href", true, true),
        ];
        for (element, name, is_xml, expected) in cases {
            assert_eq!(attribute(element.as_bytes(), name.as_bytes(), is_xml, false).0, expected, "{element} {name}");
        }
    }
}
