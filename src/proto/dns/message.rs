//! One message (RFC 1035 section 4), and the record that tells it.

use super::layout::{LAYOUT, tag};
use super::name::{Fault, Name};
use super::names::{record_type, response_code};
use crate::event::record::Record;
use crate::proto::digits::{Address, Decimal, hex};
use crate::proto::sink::Sink;

/// Bytes of a header.
pub(super) const HEADER_BYTES: usize = 12;

/// Questions and resource records of a message that are told.
pub const MAX_RECORDS: u16 = 64;

/// Bytes for the fields of a message.
const FIELD_BYTES: usize = 4096;

/// Bits of the header's flags.
const RESPONSE: u16 = 0x8000;
const AUTHORITATIVE: u16 = 0x0400;
const TRUNCATED: u16 = 0x0200;
const RECURSION_DESIRED: u16 = 0x0100;
const RECURSION_AVAILABLE: u16 = 0x0080;
const RESERVED: u16 = 0x0040;

/// Types of records whose data is told.
const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const NULL: u16 = 10;
const PTR: u16 = 12;
const MX: u16 = 15;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const DNAME: u16 = 39;
const OPT: u16 = 41;
const SSHFP: u16 = 44;

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    id: u16,
    pub(super) flags: u16,
    pub(super) questions: u16,
    /// Answers, authorities, additionals.
    pub(super) sections: [u16; 3],
}

impl Header {
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        let mut at = 0;
        let mut next = || {
            at += 2;
            number(message, at - 2)
        };
        Some(Self { id: next()?, flags: next()?, questions: next()?, sections: [next()?, next()?, next()?] })
    }

    pub(super) const fn is_response(self) -> bool {
        self.flags & RESPONSE != 0
    }

    pub(super) const fn is_reserved_set(self) -> bool {
        self.flags & RESERVED != 0
    }

    pub(super) const fn operation(self) -> u16 {
        (self.flags >> 11) & 15
    }

    pub(super) const fn response_code(self) -> u16 {
        self.flags & 15
    }
}

/// 16 bits in network order.
pub(super) fn number(message: &[u8], at: usize) -> Option<u16> {
    message.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

fn long_number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// A question, and where the bytes behind it are.
pub(super) struct Question {
    pub(super) name: Name,
    pub(super) kind: u16,
    pub(super) class: u16,
    pub(super) end: usize,
}

impl Question {
    pub(super) fn read(message: &[u8], at: usize) -> Result<Self, Fault> {
        let (name, end) = Name::read(message, at)?;
        let kind = number(message, end).ok_or(Fault::Malformed)?;
        let class = number(message, end + 2).ok_or(Fault::Malformed)?;
        Ok(Self { name, kind, class, end: end + 4 })
    }
}

/// A resource record: its fixed part, and where its data is.
pub(super) struct Resource {
    pub(super) name: Name,
    pub(super) kind: u16,
    ttl: u32,
    data: usize,
    pub(super) end: usize,
}

impl Resource {
    pub(super) fn read(message: &[u8], at: usize) -> Result<Self, Fault> {
        let Question { name, kind, end, .. } = Question::read(message, at)?;
        let ttl = long_number(message, end).ok_or(Fault::Malformed)?;
        let length = usize::from(number(message, end + 4).ok_or(Fault::Malformed)?);
        let data = end + 6;
        if data + length > message.len() {
            return Err(Fault::Malformed);
        }
        Ok(Self { name, kind, ttl, data, end: data + length })
    }
}

/// Tells a message; false when it is none. Of one that is longer than `message`, that is the beginning.
pub(super) fn tell(message: &[u8], is_cut: bool, transaction: u32, sink: &mut dyn Sink) -> bool {
    let Some(header) = Header::read(message) else {
        sink.anomaly("dns.malformed_data");
        return false;
    };
    if header.is_reserved_set() {
        sink.anomaly("dns.z_flag_set");
    }
    if header.operation() == 3 || header.operation() > 6 {
        sink.anomaly("dns.invalid_opcode");
    }
    let mut teller = Teller { message, record: Record::default(), told: 0, is_cut_short: false };
    teller.header(header, transaction);
    let fault = teller.body(header);
    if let Err((fault, section)) = fault
        && !is_cut
    {
        sink.anomaly(match (fault, section) {
            (Fault::Loop, _) => "dns.infinite_loop",
            (Fault::Malformed, Section::Authorities) => "dns.invalid_authorities",
            (Fault::Malformed, Section::Additionals) => "dns.invalid_additionals",
            (Fault::Malformed, _) => "dns.malformed_data",
        });
    }
    // In a record of its own, for the other may be full.
    let mut rest: Record<8> = Record::default();
    if is_cut || teller.is_cut_short || teller.record.is_cut() {
        rest.flag(tag::TRUNCATED, true);
    }
    sink.record(&LAYOUT, &[teller.record.bytes(), rest.bytes()]);
    fault.is_ok() || teller.told > 0
}

/// Parts of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Questions,
    Answers,
    Authorities,
    Additionals,
}

struct Teller<'a> {
    message: &'a [u8],
    record: Record<FIELD_BYTES>,
    told: u16,
    is_cut_short: bool,
}

impl Teller<'_> {
    fn header(&mut self, header: Header, transaction: u32) {
        let record = &mut self.record;
        record.number(tag::VERSION, 3);
        record.text(tag::TYPE, if header.is_response() { b"response" } else { b"request" });
        record.number(tag::TX_ID, transaction.into());
        record.number(tag::ID, header.id.into());
        record.begin(tag::FLAGS);
        let [[a, b], [c, d]] = header.flags.to_be_bytes().map(hex);
        let digits = [a, b, c, d];
        let leading = digits.iter().take(3).take_while(|digit| **digit == b'0').count();
        record.more(digits.get(leading..).unwrap_or(&[]));
        record.end();
        for (bit, tag) in [
            (RESPONSE, tag::QR),
            (AUTHORITATIVE, tag::AA),
            (TRUNCATED, tag::TC),
            (RECURSION_DESIRED, tag::RD),
            (RECURSION_AVAILABLE, tag::RA),
            (RESERVED, tag::Z),
        ] {
            if header.flags & bit != 0 {
                record.flag(tag, true);
            }
        }
        record.number(tag::OPCODE, header.operation().into());
        self.named(tag::RCODE, header.response_code(), response_code(header.response_code()));
    }

    /// A number's name; the number where it has none.
    fn named(&mut self, tag: u8, number: u16, name: Option<&str>) {
        match name {
            Some(name) => self.record.text(tag, name.as_bytes()),
            None => self.record.text(tag, Decimal::new(number.into()).text()),
        }
    }

    fn body(&mut self, header: Header) -> Result<(), (Fault, Section)> {
        let mut at = HEADER_BYTES;
        for _ in 0..header.questions {
            if self.is_enough() {
                return Ok(());
            }
            let question = Question::read(self.message, at).map_err(|fault| (fault, Section::Questions))?;
            self.record.text(tag::QUERY_NAME, question.name.text());
            self.named(tag::QUERY_TYPE, question.kind, record_type(question.kind));
            if question.name.is_cut() {
                self.record.flag(tag::QUERY_CUT, true);
            }
            at = question.end;
        }
        let sections = [Section::Answers, Section::Authorities, Section::Additionals];
        let tags = [tag::ANSWERS, tag::ANSWERS + tag::SECTION, tag::ANSWERS + 2 * tag::SECTION];
        for ((section, first), count) in sections.into_iter().zip(tags).zip(header.sections) {
            for _ in 0..count {
                if self.is_enough() {
                    return Ok(());
                }
                let resource = Resource::read(self.message, at).map_err(|fault| (fault, section))?;
                // What OPT says is of the sender, not of a name (RFC 6891 section 6.1).
                if resource.kind != OPT {
                    self.resource(first, &resource).map_err(|fault| (fault, section))?;
                }
                at = resource.end;
            }
        }
        Ok(())
    }

    /// No more is told; counts one more otherwise.
    const fn is_enough(&mut self) -> bool {
        self.is_cut_short = self.told == MAX_RECORDS;
        self.told += !self.is_cut_short as u16;
        self.is_cut_short
    }

    fn resource(&mut self, first: u8, resource: &Resource) -> Result<(), Fault> {
        self.record.text(first + tag::NAME, resource.name.text());
        if resource.name.is_cut() {
            self.record.flag(first + tag::CUT, true);
        }
        self.named(first + tag::RECORD_TYPE, resource.kind, record_type(resource.kind));
        self.record.number(first + tag::TTL, resource.ttl.into());
        let message = self.message;
        let data = message.get(resource.data..resource.end).unwrap_or(&[]);
        let rdata = first + tag::DATA;
        match resource.kind {
            // An update may delete by a record without data (RFC 2136 section 2.5).
            _ if data.is_empty() => {}
            A | AAAA => {
                let wanted = if resource.kind == A { 4 } else { 16 };
                let address = Address::new(data).filter(|_| data.len() == wanted).ok_or(Fault::Malformed)?;
                self.record.text(rdata, address.text());
            }
            NS | CNAME | PTR | DNAME => self.name(rdata, resource.data)?,
            MX => self.name(rdata, resource.data + 2)?,
            TXT => self.strings(rdata, data)?,
            NULL => self.record.text(rdata, data),
            SOA => self.start_of_authority(first + tag::SOA, resource)?,
            SRV => {
                for (tag, at) in (first + tag::SRV..).zip([0, 2, 4]) {
                    self.record.number(tag, number(data, at).ok_or(Fault::Malformed)?.into());
                }
                self.name(first + tag::SRV + 3, resource.data + 6)?;
            }
            SSHFP => {
                let [algorithm, kind, digest @ ..] = data else { return Err(Fault::Malformed) };
                self.record.number(first + tag::SSHFP, (*algorithm).into());
                self.record.number(first + tag::SSHFP + 1, (*kind).into());
                self.record.begin(first + tag::SSHFP + 2);
                for (at, byte) in digest.iter().enumerate() {
                    self.record.more(if at == 0 { b"" } else { b":" });
                    self.record.more(&hex(*byte));
                }
                self.record.end();
            }
            _ => {}
        }
        Ok(())
    }

    fn name(&mut self, tag: u8, at: usize) -> Result<(), Fault> {
        let (name, _) = Name::read(self.message, at)?;
        self.record.text(tag, name.text());
        Ok(())
    }

    /// Character strings, one behind the other.
    fn strings(&mut self, tag: u8, data: &[u8]) -> Result<(), Fault> {
        self.record.begin(tag);
        let mut rest = data;
        while let [length, after @ ..] = rest {
            let (string, after) = after.split_at_checked(usize::from(*length)).ok_or(Fault::Malformed)?;
            self.record.more(string);
            rest = after;
        }
        self.record.end();
        Ok(())
    }

    fn start_of_authority(&mut self, first: u8, resource: &Resource) -> Result<(), Fault> {
        let (server, end) = Name::read(self.message, resource.data)?;
        let (mailbox, end) = Name::read(self.message, end)?;
        self.record.text(first, server.text());
        self.record.text(first + 1, mailbox.text());
        for (tag, at) in (first + 2..).zip((0..5).map(|number| end + 4 * number)) {
            self.record.number(tag, long_number(self.message, at).ok_or(Fault::Malformed)?.into());
        }
        Ok(())
    }
}
