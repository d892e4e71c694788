//! Code pages of DOS, which the Encoding Standard has not: 437 and 850, as older RTF and mail are written.

use super::converter::put;

/// The table of that name.
pub(super) fn of(name: &[u8]) -> Option<&'static [char; 128]> {
    let is = |names: [&[u8]; 3]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    if is([b"cp437", b"ibm437", b"437"]) {
        Some(&PAGE_437)
    } else if is([b"cp850", b"ibm850", b"850"]) {
        Some(&PAGE_850)
    } else {
        None
    }
}

/// Converts what is at the front of `input`, as much as there is room for. Returns how many bytes were written.
pub(super) fn convert(table: &[char; 128], input: &mut &[u8], room: &mut [u8]) -> usize {
    let mut written = 0;
    while let Some((byte, rest)) = input.split_first() {
        let Some(place) = room.get_mut(written..).filter(|place| place.len() >= 4) else { break };
        let upper = usize::from(*byte).checked_sub(table.len());
        let letter = upper.map_or(Some(char::from(*byte)), |at| table.get(at).copied());
        written += put(letter.unwrap_or(char::REPLACEMENT_CHARACTER), place);
        *input = rest;
    }
    written
}

static PAGE_437: [char; 128] = [
    '\u{c7}', '\u{fc}', '\u{e9}', '\u{e2}', '\u{e4}', '\u{e0}', '\u{e5}', '\u{e7}', '\u{ea}', '\u{eb}', '\u{e8}',
    '\u{ef}', '\u{ee}', '\u{ec}', '\u{c4}', '\u{c5}', '\u{c9}', '\u{e6}', '\u{c6}', '\u{f4}', '\u{f6}', '\u{f2}',
    '\u{fb}', '\u{f9}', '\u{ff}', '\u{d6}', '\u{dc}', '\u{a2}', '\u{a3}', '\u{a5}', '\u{20a7}', '\u{192}', '\u{e1}',
    '\u{ed}', '\u{f3}', '\u{fa}', '\u{f1}', '\u{d1}', '\u{aa}', '\u{ba}', '\u{bf}', '\u{2310}', '\u{ac}', '\u{bd}',
    '\u{bc}', '\u{a1}', '\u{ab}', '\u{bb}', '\u{2591}', '\u{2592}', '\u{2593}', '\u{2502}', '\u{2524}', '\u{2561}',
    '\u{2562}', '\u{2556}', '\u{2555}', '\u{2563}', '\u{2551}', '\u{2557}', '\u{255d}', '\u{255c}', '\u{255b}',
    '\u{2510}', '\u{2514}', '\u{2534}', '\u{252c}', '\u{251c}', '\u{2500}', '\u{253c}', '\u{255e}', '\u{255f}',
    '\u{255a}', '\u{2554}', '\u{2569}', '\u{2566}', '\u{2560}', '\u{2550}', '\u{256c}', '\u{2567}', '\u{2568}',
    '\u{2564}', '\u{2565}', '\u{2559}', '\u{2558}', '\u{2552}', '\u{2553}', '\u{256b}', '\u{256a}', '\u{2518}',
    '\u{250c}', '\u{2588}', '\u{2584}', '\u{258c}', '\u{2590}', '\u{2580}', '\u{3b1}', '\u{df}', '\u{393}', '\u{3c0}',
    '\u{3a3}', '\u{3c3}', '\u{b5}', '\u{3c4}', '\u{3a6}', '\u{398}', '\u{3a9}', '\u{3b4}', '\u{221e}', '\u{3c6}',
    '\u{3b5}', '\u{2229}', '\u{2261}', '\u{b1}', '\u{2265}', '\u{2264}', '\u{2320}', '\u{2321}', '\u{f7}', '\u{2248}',
    '\u{b0}', '\u{2219}', '\u{b7}', '\u{221a}', '\u{207f}', '\u{b2}', '\u{25a0}', '\u{a0}',
];

static PAGE_850: [char; 128] = [
    '\u{c7}', '\u{fc}', '\u{e9}', '\u{e2}', '\u{e4}', '\u{e0}', '\u{e5}', '\u{e7}', '\u{ea}', '\u{eb}', '\u{e8}',
    '\u{ef}', '\u{ee}', '\u{ec}', '\u{c4}', '\u{c5}', '\u{c9}', '\u{e6}', '\u{c6}', '\u{f4}', '\u{f6}', '\u{f2}',
    '\u{fb}', '\u{f9}', '\u{ff}', '\u{d6}', '\u{dc}', '\u{f8}', '\u{a3}', '\u{d8}', '\u{d7}', '\u{192}', '\u{e1}',
    '\u{ed}', '\u{f3}', '\u{fa}', '\u{f1}', '\u{d1}', '\u{aa}', '\u{ba}', '\u{bf}', '\u{ae}', '\u{ac}', '\u{bd}',
    '\u{bc}', '\u{a1}', '\u{ab}', '\u{bb}', '\u{2591}', '\u{2592}', '\u{2593}', '\u{2502}', '\u{2524}', '\u{c1}',
    '\u{c2}', '\u{c0}', '\u{a9}', '\u{2563}', '\u{2551}', '\u{2557}', '\u{255d}', '\u{a2}', '\u{a5}', '\u{2510}',
    '\u{2514}', '\u{2534}', '\u{252c}', '\u{251c}', '\u{2500}', '\u{253c}', '\u{e3}', '\u{c3}', '\u{255a}', '\u{2554}',
    '\u{2569}', '\u{2566}', '\u{2560}', '\u{2550}', '\u{256c}', '\u{a4}', '\u{f0}', '\u{d0}', '\u{ca}', '\u{cb}',
    '\u{c8}', '\u{131}', '\u{cd}', '\u{ce}', '\u{cf}', '\u{2518}', '\u{250c}', '\u{2588}', '\u{2584}', '\u{a6}',
    '\u{cc}', '\u{2580}', '\u{d3}', '\u{df}', '\u{d4}', '\u{d2}', '\u{f5}', '\u{d5}', '\u{b5}', '\u{fe}', '\u{de}',
    '\u{da}', '\u{db}', '\u{d9}', '\u{fd}', '\u{dd}', '\u{af}', '\u{b4}', '\u{ad}', '\u{b1}', '\u{2017}', '\u{be}',
    '\u{b6}', '\u{a7}', '\u{f7}', '\u{b8}', '\u{b0}', '\u{a8}', '\u{b7}', '\u{b9}', '\u{b3}', '\u{b2}', '\u{25a0}',
    '\u{a0}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_dos_become_utf_8_as_far_as_there_is_room() {
        for (table, text, expected) in [
            (of(b"IBM850"), &b"Gr\x94\xe1e \xd5\xff"[..], "Gr\u{f6}\u{df}e \u{131}\u{a0}"),
            (of(b"cp437"), b"Gr\x94\xe1e \xe0\xff", "Gr\u{f6}\u{df}e \u{3b1}\u{a0}"),
        ] {
            for room in 4..12 {
                let (mut input, mut all, mut room) = (text, Vec::new(), vec![0; room]);
                while let (Some(table), false) = (table, input.is_empty()) {
                    let written = convert(table, &mut input, &mut room);
                    all.extend_from_slice(room.get(..written).unwrap_or(&[]));
                }
                assert_eq!(std::str::from_utf8(&all), Ok(expected));
            }
        }
        assert!(of(b"cp1252").is_none());
    }
}
