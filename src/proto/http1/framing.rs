//! The two fields that say where a message ends, and RFC 9112, section 6.3, which
//! makes a length of them. Their values are read byte by byte; nothing is kept but the outcome.

use super::anomaly::{Anomalies, Anomaly};
use super::outstanding::Method;
use super::words::Word;

/// What follows a header section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing: the next message.
    None,
    /// That many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
    /// All that is still to come.
    UntilEnd,
    /// So many bytes by what some make of a faulty length, and all that is still to come unless a message follows them.
    Doubtful(u64),
    /// Another protocol, in both directions.
    Tunnel,
    /// Nobody can say; the reason is among the anomalies.
    Unknown,
}

impl Body {
    /// It has bytes, or may have: an object.
    pub(super) const fn is_content(self) -> bool {
        matches!(self, Self::Length(_) | Self::Chunked | Self::UntilEnd | Self::Doubtful(_))
    }
}

/// Where in an element of a comma-separated value the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    Inside,
    After,
}

/// What the `Content-Length` fields of a section say so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Length {
    #[default]
    Absent,
    Agreed,
    Invalid,
    Differing,
}

/// All `Content-Length` fields of one header section.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ContentLength {
    /// The length, where `length` is `Agreed`.
    agreed: u64,
    /// The element being read.
    number: u64,
    place: Place,
    length: Length,
    /// There were several of the same value.
    repeated: bool,
    /// The element being read has digits.
    digits: bool,
    /// It is more than 64 bits can say.
    overflow: bool,
    /// What clients that read no further than the digits make of the last element.
    lenient: Option<u64>,
}

impl ContentLength {
    /// Takes the next byte of the value, line ends of a folded one included.
    pub(super) fn byte(&mut self, byte: u8) {
        match (byte, self.place) {
            (b'0'..=b'9', Place::Before | Place::Inside) => {
                self.place = Place::Inside;
                self.digits = true;
                let next = self.number.checked_mul(10).and_then(|n| n.checked_add(u64::from(byte - b'0')));
                match next {
                    Some(number) => self.number = number,
                    None => {
                        self.overflow = true;
                        self.invalid();
                    }
                }
            }
            (b',', _) => self.end_element(),
            (b' ' | b'\t' | b'\r' | b'\n', Place::Inside) => self.place = Place::After,
            (b' ' | b'\t' | b'\r' | b'\n', _) => {}
            (b'+', Place::Before) => self.invalid(),
            _ => {
                self.place = Place::After;
                self.invalid();
            }
        }
    }

    /// The field is over. RFC 9112, 6.3: a list is fine when "all values in the list are
    /// valid, and all values in the list are the same".
    pub(super) fn end_element(&mut self) {
        if self.place == Place::Before {
            self.invalid();
        }
        match self.length {
            Length::Absent => (self.length, self.agreed) = (Length::Agreed, self.number),
            Length::Agreed if self.agreed != self.number => self.length = Length::Differing,
            Length::Agreed => self.repeated = true,
            Length::Invalid | Length::Differing => {}
        }
        self.lenient = (self.digits && !self.overflow).then_some(self.number);
        self.place = Place::Before;
        (self.number, self.digits, self.overflow) = (0, false, false);
    }

    fn invalid(&mut self) {
        self.length = Length::Invalid;
    }
}

/// The codings that are known, in lower case (RFC 9112, section 7).
const CHUNKED: &[u8] = b"chunked";
const IDENTITY: &[u8] = b"identity";
const COMPRESSIONS: &[&[u8]] = &[b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress"];

/// All `Transfer-Encoding` fields of one header section.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TransferEncoding {
    /// A field was there, whatever its value.
    present: bool,
    /// A coding other than `identity` was named.
    coded: bool,
    /// The last coding is chunked.
    chunked: bool,
    /// `identity`, an unknown one, chunked not only at the end, or control characters around them.
    odd: bool,
    /// A tab stands in it.
    tab: bool,
}

impl TransferEncoding {
    /// A field begins.
    pub(super) fn begin(&mut self) {
        self.present = true;
    }

    /// The next byte of the value, line ends of a folded one included.
    pub(super) fn byte(&mut self, byte: u8) {
        self.tab |= byte == b'\t';
        self.odd |= byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n');
    }

    /// The next word of the value. Coding parameters say nothing.
    pub(super) fn word(&mut self, word: &Word) {
        if word.is_parameter {
            return;
        }
        let coding = word.text();
        if coding == IDENTITY {
            self.odd = true;
            return;
        }
        // RFC 9112, 6.1: "A sender MUST NOT apply the chunked transfer coding more
        // than once to a message body"
        self.odd |= self.chunked;
        self.coded = true;
        self.chunked = coding == CHUNKED;
        self.odd |= !self.chunked && !COMPRESSIONS.contains(&coding);
    }
}

/// Both fields of one header section.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Framing {
    pub(super) content_length: ContentLength,
    pub(super) transfer_encoding: TransferEncoding,
}

impl Framing {
    /// The length of a request's body: RFC 9112, section 6.3, in its order.
    pub(super) fn request_body(&self, http10: bool, anomalies: &mut Anomalies) -> Body {
        self.note(http10, anomalies);
        let coding = &self.transfer_encoding;
        if coding.coded {
            if coding.chunked {
                return Body::Chunked;
            }
            // "If a Transfer-Encoding header field is present in a request and the chunked
            // transfer coding is not the final encoding, the message body length cannot be
            // determined reliably"
            anomalies.insert(Anomaly::BadTransferEncoding);
            return Body::Unknown;
        }
        // "If this is a request message and none of the above are true, then the message
        // body length is zero (no message body is present)."
        self.by_content_length().unwrap_or(Body::None)
    }

    /// The length of a response's body: RFC 9112, section 6.3, in its order.
    pub(super) fn response_body(&self, method: Method, status: u16, http10: bool, anomalies: &mut Anomalies) -> Body {
        // RFC 9110, 15.2.2: after 101 the server speaks the protocol it names "immediately
        // after the empty line that terminates the 101 response".
        if status == 101 {
            return Body::Tunnel;
        }
        // "Any response to a HEAD request and any response with a 1xx (Informational), 204
        // (No Content), or 304 (Not Modified) status code is always terminated by the first
        // empty line after the header fields, regardless of the header fields present"
        if method == Method::Head || matches!(status, 100..=199 | 204 | 304) {
            return Body::None;
        }
        // "Any 2xx (Successful) response to a CONNECT request implies that the connection
        // will become a tunnel immediately after the empty line that concludes the header
        // fields."
        if method == Method::Connect && matches!(status, 200..=299) {
            return Body::Tunnel;
        }
        self.note(http10, anomalies);
        let coding = &self.transfer_encoding;
        if coding.coded {
            // "If a Transfer-Encoding header field is present in a response and the chunked
            // transfer coding is not the final encoding, the message body length is
            // determined by reading the connection until it is closed by the server."
            return if coding.chunked { Body::Chunked } else { Body::UntilEnd };
        }
        // "Otherwise, this is a response message without a declared message body length, so
        // the message body length is determined by the number of octets received prior to
        // the server closing the connection."
        match self.by_content_length() {
            // Clients read a body all the same: some as much as the last number says, some all that comes.
            Some(Body::Unknown) => self.content_length.lenient.map_or(Body::UntilEnd, Body::Doubtful),
            body => body.unwrap_or(Body::UntilEnd),
        }
    }

    /// What is odd whether it decides or not.
    fn note(&self, http10: bool, anomalies: &mut Anomalies) {
        let coding = &self.transfer_encoding;
        if coding.present {
            if coding.odd || !coding.coded {
                anomalies.insert(Anomaly::BadTransferEncoding);
            }
            // "If a message is received with both a Transfer-Encoding and a Content-Length
            // header field, the Transfer-Encoding overrides the Content-Length. Such a
            // message might indicate an attempt to perform request smuggling"
            if self.content_length.length != Length::Absent {
                anomalies.insert(Anomaly::ConflictingLength);
            }
            // RFC 9112, 6.1: "A server or client that receives an HTTP/1.0 message
            // containing a Transfer-Encoding header field MUST treat the message as if the
            // framing is faulty"
            if http10 {
                anomalies.insert(Anomaly::TransferEncodingHttp10);
            }
        }
        match self.content_length.length {
            Length::Invalid => anomalies.insert(Anomaly::BadContentLength),
            Length::Differing => anomalies.insert(Anomaly::ConflictingLength),
            Length::Agreed if self.content_length.repeated => anomalies.insert(Anomaly::RepeatedContentLength),
            Length::Absent | Length::Agreed => {}
        }
        if coding.tab {
            anomalies.insert(Anomaly::ObscuredFraming);
        }
    }

    /// "If a message is received without Transfer-Encoding and with an invalid
    /// Content-Length header field, then the message framing is invalid and the recipient
    /// MUST treat it as an unrecoverable error". "If a valid Content-Length header field
    /// is present without Transfer-Encoding, its decimal value defines the expected
    /// message body length in octets."
    fn by_content_length(&self) -> Option<Body> {
        match self.content_length.length {
            Length::Absent => None,
            Length::Agreed if self.content_length.agreed == 0 => Some(Body::None),
            Length::Agreed => Some(Body::Length(self.content_length.agreed)),
            Length::Invalid | Length::Differing => Some(Body::Unknown),
        }
    }
}
