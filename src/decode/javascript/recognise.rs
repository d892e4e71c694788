//! Telling JavaScript from other text, by its first bytes.
//!
//! Source of another language that begins alike may be taken for it: its strings are mostly written alike too, and it is
//! scanned as it stands in either case.

use super::super::format::{Guess, PROBE};

/// What a source may begin with that nothing else does, behind parentheses and operators too.
const OPENINGS: [&[u8]; 27] = [
    b"\"use strict\"",
    b"'use strict'",
    b"\"use client\"",
    b"function(",
    b"function (",
    b"async function",
    b"async(",
    b"window.",
    b"window[",
    b"document.",
    b"self.",
    b"globalThis.",
    b"this.",
    b"module.exports",
    b"exports.",
    b"Object.define",
    b"require(",
    b"define(",
    b"console.",
    b"jQuery(",
    b"eval(",
    b"unescape(",
    b"$(",
    b"try{",
    b"try {",
    b"()=>",
    b"() =>",
];

/// How names are declared, and statements that begin with such a word.
const WORDS: [&[u8]; 7] = [b"var", b"let", b"const", b"function", b"class", b"import", b"export"];

/// What may be exported.
const EXPORTED: [&[u8]; 7] = [b"default", b"const", b"let", b"var", b"function", b"class", b"async"];

/// JavaScript: what it begins with, behind comments. A text that is nothing but comments for so long is a source too.
pub(super) fn javascript(bytes: &[u8]) -> Guess {
    let mark = b"\xef\xbb\xbf";
    if bytes.len() < mark.len() && mark.starts_with(bytes) {
        return Guess::More;
    }
    let mut text = bytes.strip_prefix(mark).unwrap_or(bytes);
    let mut comments = 0;
    if let Some(line) = text.strip_prefix(b"#!") {
        let Some(end) = memchr::memchr(b'\n', line) else { return more(bytes) };
        let (program, behind) = line.split_at_checked(end).unwrap_or((line, &[]));
        if ![&b"node"[..], b"deno", b"bun"].iter().any(|name| memchr::memmem::find(program, name).is_some()) {
            return Guess::No;
        }
        return if behind.is_empty() { more(bytes) } else { Guess::Yes };
    }
    loop {
        text = text.trim_ascii_start();
        let (inner, end) = match text {
            [] | [b'/'] | [b'#'] => return more(bytes),
            [b';', behind @ ..] if comments == 0 => (behind, &b""[..]),
            [b'/', b'/', inner @ ..] => (inner, &b"\n"[..]),
            [b'/', b'*', inner @ ..] => (inner, &b"*/"[..]),
            _ => return begin(text, bytes),
        };
        let Some(at) = memchr::memmem::find(inner, end) else {
            // No other text begins so for that long.
            let is_source = bytes.len() >= PROBE && (comments > 0 || end != b"\n");
            return if is_source && memchr::memchr(0, bytes).is_none() { Guess::Yes } else { more(bytes) };
        };
        comments += usize::from(!end.is_empty());
        text = inner.get(at + end.len()..).unwrap_or(&[]);
    }
}

fn more(bytes: &[u8]) -> Guess {
    if bytes.len() < PROBE { Guess::More } else { Guess::No }
}

/// The first word or sign of a source.
fn begin(text: &[u8], bytes: &[u8]) -> Guess {
    // What is evaluated at once: `(function`, `!function`.
    let signs = text.iter().take_while(|byte| b"(!+-~".contains(byte)).count();
    let inner = text.get(signs..).unwrap_or(&[]);
    if inner.is_empty() {
        return more(bytes);
    }
    let mut guess = Guess::No;
    for opening in OPENINGS {
        // The empty parentheses of a function without parameters.
        let text = if opening.starts_with(b"(") { text.get(signs.saturating_sub(1)..).unwrap_or(&[]) } else { inner };
        let common = text.len().min(opening.len());
        if text.get(..common) == opening.get(..common) {
            if common == opening.len() {
                return Guess::Yes;
            }
            guess = more(bytes);
        }
    }
    if guess == Guess::More {
        return guess;
    }
    let (name, behind) = word(inner);
    match (name, behind.first()) {
        ([], _) => Guess::No,
        (_, None) => more(bytes),
        // A function of the page gets what follows (JSONP).
        (_, Some(b'(')) if signs == 0 => match behind.get(1..).unwrap_or(&[]).trim_ascii_start() {
            [] => more(bytes),
            [b'{' | b'[' | b'"' | b'\'', ..] if WORDS.iter().all(|word| *word != name) => Guess::Yes,
            _ => Guess::No,
        },
        (_, Some(b' ' | b'\t' | b'\r' | b'\n' | b'{' | b'*' | b'"' | b'\'')) if signs == 0 && WORDS.contains(&name) => {
            declaration(name, behind.trim_ascii_start(), bytes)
        }
        _ => Guess::No,
    }
}

/// A name of the language, with what stands behind it. Names of properties belong to it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$.".contains(byte);
    let starts = text.first().is_some_and(|byte| is_name(byte) && !byte.is_ascii_digit() && *byte != b'.');
    let end = if starts { text.iter().position(|byte| !is_name(byte)).unwrap_or(text.len()) } else { 0 };
    text.split_at_checked(end).unwrap_or((text, &[]))
}

/// What stands behind one of [`WORDS`] and white space.
fn declaration(first: &[u8], text: &[u8], bytes: &[u8]) -> Guess {
    let Some(byte) = text.first() else { return more(bytes) };
    match (first, byte) {
        (b"import" | b"export", b'{' | b'*' | b'"' | b'\'') | (b"let" | b"const", b'{' | b'[') => return Guess::Yes,
        (b"function", b'*') => return Guess::Yes,
        _ => {}
    }
    let (name, behind) = word(text);
    let next = behind.trim_ascii_start();
    if name.is_empty() {
        return Guess::No;
    }
    let yes = |is_so: bool| if is_so { Guess::Yes } else { Guess::No };
    if first == b"export" && !behind.is_empty() {
        return yes(EXPORTED.contains(&name));
    }
    let Some(byte) = next.first() else { return more(bytes) };
    match first {
        b"function" => yes(*byte == b'('),
        b"class" => match word(next) {
            ([], _) => yes(*byte == b'{'),
            (word, []) if b"extends".starts_with(word) => more(bytes),
            (word, _) => yes(word == b"extends"),
        },
        b"import" => match word(next) {
            ([], _) => yes(*byte == b','),
            (word, []) if b"from".starts_with(word) => more(bytes),
            (word, _) => yes(word == b"from"),
        },
        _ => yes(matches!(byte, b'=' | b',' | b';')),
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may fail loudly
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_from_other_text() {
        use Guess::{More, No, Yes};
        let licence = format!("/*!\n * {}", "x".repeat(600));
        let lines = "// a line\n".repeat(60);
        let long = format!("// {}", "x".repeat(600));
        let cases: [(&str, Guess); 66] = [
            ("\"use strict\";", Yes),
            ("'use strict';var a", Yes),
            ("\u{feff}\n// a comment\n/* another */ var a = 1;", Yes),
            ("(function(){", Yes),
            ("!function(e,t){", Yes),
            (";(function ($) {", Yes),
            ("(()=>{", Yes),
            ("(() => {", Yes),
            ("(self.webpackChunk=self.webpackChunk||[]).push([", Yes),
            ("window.dataLayer = ", Yes),
            ("document.write(unescape(\"%3Cp", Yes),
            ("callback({\"a\":", Yes),
            ("jQuery.cb_12('", Yes),
            ("module.exports = {", Yes),
            ("var a=", Yes),
            ("var a, b;", Yes),
            ("let x;", Yes),
            ("const { a, b } = require(", Yes),
            ("const path = require('path')", Yes),
            ("function name(", Yes),
            ("function* g() {", Yes),
            ("async function name() {", Yes),
            ("class A extends B {", Yes),
            ("class A {", Yes),
            ("import a from 'b'", Yes),
            ("import a, {b} from 'b'", Yes),
            ("import{a as b}from\"./b.js\"", Yes),
            ("import './b.css'", Yes),
            ("export default ", Yes),
            ("export const a = 1", Yes),
            ("export * from 'a'", Yes),
            ("$(document).ready(", Yes),
            ("#!/usr/bin/env node\n", Yes),
            ("#!/usr/bin/env node", More),
            ("#!/bin/sh\nvar a=1", No),
            (&licence, Yes),
            (&lines, Yes),
            (&long, No),
            ("/*", More),
            ("// a comment", More),
            ("var", More),
            ("var a", More),
            ("class A ext", More),
            ("import a fr", More),
            ("function", More),
            ("", More),
            ("\u{feff}", More),
            ("(", More),
            ("win", More),
            ("callback(", More),
            ("let us go on with it", No),
            ("class warfare is over", No),
            ("import duties are high", No),
            ("import java.util.List;", No),
            ("import os\nimport sys", No),
            ("export of goods", No),
            ("function of the", No),
            ("const char *a", No),
            ("if (a < b) { return; }\n", No),
            ("#include <stdio.h>\nint main() {}\n", No),
            ("windows are open", No),
            ("name = value", No),
            ("a.b.c=text", No),
            ("(see the plan)", No),
            ("{ not json }", No),
            ("Dear all,", No),
        ];
        for (text, expected) in cases {
            let bytes = &text.as_bytes()[..text.len().min(PROBE)];
            assert_eq!(javascript(bytes), expected, "{text:?}");
            let mut last = More;
            for length in 0..=bytes.len() {
                let guess = javascript(&bytes[..length]);
                assert!(last == More || guess == last, "{text:?} is {last:?}, then {guess:?} at {length}");
                last = guess;
            }
        }
    }
}
