//! Which packets may announce a connection of its own: what follows them in a capture has to wait for them.

use crate::wire::{Headers, proto};

/// What lines of FTP begin with that say where a data connection goes, or what it carries (RFC 959, RFC 2428, RFC 3659).
const LINES: [[u8; 4]; 14] = [
    *b"200 ", *b"227 ", *b"229 ", *b"PORT", *b"EPRT", *b"PASV", *b"EPSV", *b"RETR", *b"STOR", *b"APPE", *b"STOU",
    *b"LIST", *b"NLST", *b"MLSD",
];

/// Opcodes of TFTP's requests (RFC 1350 section 5).
const REQUESTS: [[u8; 2]; 2] = [[0, 1], [0, 2]];

/// Whether a packet may say that another connection is to come, as FTP's and TFTP's do. It may be about something else:
/// then waiting was for nothing.
pub(super) fn may_announce(frame: &[u8], headers: &Headers) -> bool {
    let payload = headers.payload(frame);
    match headers.proto {
        proto::TCP => {
            payload.first_chunk().is_some_and(|line| LINES.contains(&line.map(|byte| byte.to_ascii_uppercase())))
        }
        proto::UDP => {
            let named = payload.get(2).is_some_and(u8::is_ascii_graphic);
            named && payload.first_chunk().is_some_and(|opcode| REQUESTS.contains(opcode))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_replies_that_name_a_connection_are_known() {
        let cases: [(u8, &[u8], bool); 11] = [
            (proto::TCP, b"227 Entering Passive Mode (192,0,2,1,156,64)\r\n", true),
            (proto::TCP, b"port 192,0,2,1,156,64\r\n", true),
            (proto::TCP, b"RETR q3.pdf\r\n", true),
            (proto::TCP, b"226 Transfer complete\r\n", false),
            (proto::TCP, b"GET /port HTTP/1.1\r\n", false),
            (proto::TCP, b"PO", false),
            (proto::TCP, b"", false),
            (proto::UDP, b"\0\x01q3.pdf\0octet\0", true),
            (proto::UDP, b"\0\x02q3.pdf\0octet\0", true),
            (proto::UDP, b"\0\x03\0\x01data", false),
            (proto::UDP, b"227 ", false),
        ];
        for (proto, payload, announces) in cases {
            let length = u32::try_from(payload.len()).unwrap_or(0);
            let headers = Headers { proto, payload_len: length, ..Headers::default() };
            assert_eq!(may_announce(payload, &headers), announces, "{}", payload.escape_ascii());
        }
    }
}
