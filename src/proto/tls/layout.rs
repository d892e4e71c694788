//! How a handshake looks in EVE.

use crate::event::record::Layout;

/// Tags of the fields.
pub(in crate::proto) mod tag {
    pub(in crate::proto) const VERSION: u8 = 0;
    pub(in crate::proto) const SNI: u8 = 1;
    pub(in crate::proto) const CLIENT_ALPN: u8 = 2;
    pub(in crate::proto) const SERVER_ALPN: u8 = 3;
    pub(in crate::proto) const CIPHER: u8 = 4;
    pub(in crate::proto) const RESUMED: u8 = 5;
    pub(in crate::proto) const SUBJECT: u8 = 6;
    pub(in crate::proto) const ISSUER: u8 = 7;
    pub(in crate::proto) const SERIAL: u8 = 8;
    pub(in crate::proto) const FINGERPRINT: u8 = 9;
    pub(in crate::proto) const NOT_BEFORE: u8 = 10;
    pub(in crate::proto) const NOT_AFTER: u8 = 11;
    pub(in crate::proto) const ALTERNATIVE: u8 = 12;
    pub(in crate::proto) const JA3_HASH: u8 = 13;
    pub(in crate::proto) const JA3_STRING: u8 = 14;
    pub(in crate::proto) const JA3S_HASH: u8 = 15;
    pub(in crate::proto) const JA3S_STRING: u8 = 16;
    pub(in crate::proto) const JA4: u8 = 17;
}

/// Keys by tag, also those of a handshake that QUIC carries.
pub(in crate::proto) const KEYS: &[&str] = &[
    "version",
    "sni",
    "client_alpns[]",
    "server_alpns[]",
    "server_handshake.cipher",
    "session_resumed",
    "subject",
    "issuerdn",
    "serial",
    "fingerprint",
    "notbefore",
    "notafter",
    "subjectaltname[]",
    "ja3.hash",
    "ja3.string",
    "ja3s.hash",
    "ja3s.string",
    "ja4",
];

/// EVE's `tls`.
pub static LAYOUT: Layout = Layout { name: "tls", keys: KEYS };

/// A version as EVE names it; a version without a name is written as its number by [`unnamed`].
pub(super) const fn version_name(version: u16) -> Option<&'static str> {
    Some(match version {
        0 => "UNDETERMINED",
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        0x7F10 => "TLS 1.3 draft-16",
        0x7F11 => "TLS 1.3 draft-17",
        0x7F12 => "TLS 1.3 draft-18",
        0x7F13 => "TLS 1.3 draft-19",
        0x7F14 => "TLS 1.3 draft-20",
        0x7F15 => "TLS 1.3 draft-21",
        0x7F16 => "TLS 1.3 draft-22",
        0x7F17 => "TLS 1.3 draft-23",
        0x7F18 => "TLS 1.3 draft-24",
        0x7F19 => "TLS 1.3 draft-25",
        0x7F1A => "TLS 1.3 draft-26",
        0x7F1B => "TLS 1.3 draft-27",
        0x7F1C => "TLS 1.3 draft-28",
        0xFB17 => "TLS 1.3 draft-23-fb",
        0xFB1A => "TLS 1.3 draft-26-fb",
        _ => return None,
    })
}

/// `0x` and four digits.
pub(super) fn unnamed(version: u16) -> [u8; 6] {
    let [high, low] = version.to_be_bytes().map(crate::proto::digits::hex);
    let ([a, b], [c, d]) = (high, low);
    [b'0', b'x', a, b, c, d]
}
