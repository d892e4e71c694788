//! Which boxes there are, and how texts stand in them.

use super::super::super::metadata::Texts;
use super::super::super::parts::{be16, be32, until_zero};

/// What a box lies within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// The file.
    Top,
    /// A film, or a track of it.
    Movie,
    /// What users say about it.
    User,
    Meta,
    /// The list that iTunes writes, and an item of it.
    List,
    Item,
}

/// What is in a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Boxes(Inside),
    Meta,
    /// XMP, or what else users think of.
    Uuid,
    /// XMP, wanted or not.
    Xml(bool),
    Text(Text),
    Pass,
    /// No such box is known here.
    Unknown,
}

/// How a text stands in a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// As it is.
    Plain,
    /// Each with its length and language (QuickTime).
    Counted,
    /// Behind version, flags and language (3GPP TS 26.244).
    Versioned,
    /// Behind version and flags.
    Named,
    /// Behind its kind and language.
    Value,
}

/// What is in a box of that kind.
pub(super) fn body(kind: [u8; 4], inside: Inside) -> Body {
    match (inside, &kind) {
        (Inside::List, _) => Body::Boxes(Inside::Item),
        (Inside::Item, b"data") => Body::Text(Text::Value),
        (Inside::Item, b"mean" | b"name") => Body::Text(Text::Named),
        (Inside::Item, _) => Body::Pass,
        (_, b"uuid") => Body::Uuid,
        (_, b"meta") => Body::Meta,
        (_, b"udta") => Body::Boxes(Inside::User),
        (Inside::Meta, b"ilst") => Body::Boxes(Inside::List),
        (Inside::Top, b"moov") | (Inside::Movie, b"trak") => Body::Boxes(Inside::Movie),
        (Inside::User, b"XMP_") => Body::Xml(false),
        (Inside::User, b"name") => Body::Text(Text::Plain),
        (Inside::User, [0xa9, ..]) => Body::Text(Text::Counted),
        (Inside::User, b"titl" | b"dscp" | b"cprt" | b"perf" | b"auth" | b"gnre" | b"albm" | b"clsf" | b"kywd") => {
            Body::Text(Text::Versioned)
        }
        (
            Inside::Top,
            b"ftyp" | b"styp" | b"mdat" | b"free" | b"skip" | b"wide" | b"pnot" | b"PICT" | b"sidx" | b"ssix" | b"prft"
            | b"moof" | b"mfra" | b"pdin" | b"emsg" | b"idat" | b"mvex" | b"junk" | b"leva" | b"evti",
        )
        | (Inside::Movie | Inside::User | Inside::Meta, _) => Body::Pass,
        (Inside::Top, _) => Body::Unknown,
    }
}

/// Hands out the texts of a box.
pub(super) fn read(text: Text, bytes: &[u8], texts: &mut Texts<'_>) {
    let behind = |front: usize| bytes.get(front..).unwrap_or(&[]);
    match text {
        Text::Plain => texts.plain(until_zero(bytes)),
        Text::Named => texts.plain(behind(4)),
        Text::Versioned => match behind(6) {
            text @ [0xfe, 0xff, ..] => texts.wide(text, false),
            text => texts.plain(until_zero(text)),
        },
        // Of the well-known kinds, those of UTF-8 and UTF-16.
        Text::Value => match be32(bytes, 0) {
            Some(1) => texts.plain(behind(8)),
            Some(2) => texts.wide(behind(8), false),
            _ => {}
        },
        Text::Counted => {
            let mut rest = bytes;
            while let Some(length) = be16(rest, 0).map(usize::from).filter(|length| *length > 0) {
                let text = rest.get(4..).unwrap_or(&[]);
                let (text, behind) = text.split_at_checked(length).unwrap_or((text, &[]));
                match text {
                    [0xfe, 0xff, ..] => texts.wide(text, false),
                    _ => texts.plain(text),
                }
                rest = behind;
            }
        }
    }
}
