//! Captures within other objects: pcap and pcapng files.
//!
//! Flows are not put together again, which would need a table of them and as many open children: what the packets carry is
//! one text, `(packets)`, in the order in which they were captured. The payload of each packet is handed out as far as its
//! headers are known ([`wire`](crate::wire)), fragments with theirs, and the frame itself where they are not. Payloads of
//! packets that follow each other in one direction of a flow are joined; where another begins stands a line end. Of a
//! packet the first 64 KiB are read, of a section the first 64 interfaces.

mod block;

use self::block::{Block, File, Order};
use super::cut::Cut;
use super::decoder::{Child, Decoder, Fault, Field, Out, Taken, take};
use super::format::{Format, Guess};
use crate::wire::{Headers, LinkType, parse};

pub(super) static FORMAT: Format = Format {
    name: "pcap",
    recognise,
    make: || Box::new(Pcap::new()),
    memory: 66 << 10,
    scanned: false,
    carries: false,
};

const PACKET: usize = 64 << 10;
const INTERFACES: usize = 64;
/// Largest packet and block that there may be: more than any program writes.
const LONGEST: u32 = 64 << 20;
/// Longest header: pcap's with a packet's, and a block's with its fields.
const HEADER: usize = 28;

fn recognise(bytes: &[u8]) -> Guess {
    match (bytes.get(..4).map(File::of), bytes.get(8..12)) {
        (None, _) => {
            let magics: [&[u8; 4]; 7] = [
                b"\xa1\xb2\xc3\xd4",
                b"\xd4\xc3\xb2\xa1",
                b"\xa1\xb2\x3c\x4d",
                b"\x4d\x3c\xb2\xa1",
                b"\xa1\xb2\xcd\x34",
                b"\x34\xcd\xb2\xa1",
                b"\x0a\x0d\x0d\x0a",
            ];
            if magics.into_iter().any(|magic| magic.starts_with(bytes)) { Guess::More } else { Guess::No }
        }
        (Some(None), _) => Guess::No,
        (Some(Some(File::Pcap(..))), _) => Guess::Yes,
        // Four line ends are no section yet.
        (Some(Some(File::Pcapng)), None) => Guess::More,
        (Some(Some(File::Pcapng)), Some(magic)) if block::section(magic).is_some() => Guess::Yes,
        (Some(Some(File::Pcapng)), Some(_)) => Guess::No,
    }
}

/// The link layer of a LINKTYPE number, where it is one that is read.
const fn link(number: u16) -> Option<LinkType> {
    Some(match number {
        0 => LinkType::Null,
        1 => LinkType::Ethernet,
        12 | 14 | 101 | 228 | 229 => LinkType::RawIp,
        108 => LinkType::Loop,
        113 => LinkType::LinuxSll,
        276 => LinkType::LinuxSll2,
        _ => return None,
    })
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// What tells which kind of file it is.
    Magic,
    /// The rest of pcap's header, and a packet's header of so many bytes.
    FileHeader(usize),
    PacketHeader(usize),
    /// A block's type and length, with a section's magic where it is one.
    Block,
    /// The fields of a block, of which so many bytes are left.
    Fields(Block, u32),
    /// A packet: what is left of it, and of the block behind it.
    Packet(u32, u32),
    /// So many bytes that are not read.
    Skipped(u32),
    /// What is no capture, and whether it is wanted.
    Rest(bool),
}

/// One direction of a flow: its addresses, ports and protocol.
type Flow = ([u8; 16], [u8; 16], u16, u16, u8);

#[derive(Debug)]
struct Pcap {
    state: State,
    order: Order,
    /// Bytes of a packet's header in pcap; none for pcapng.
    plain: Option<usize>,
    field: Field<HEADER>,
    /// Link layers by interface, and that of the packet.
    interfaces: Vec<Option<LinkType>>,
    link: Option<LinkType>,
    wire_length: u32,
    packet: Vec<u8>,
    last: Option<Flow>,
    /// The text has begun, and whether it is wanted.
    open: Option<bool>,
}

impl Pcap {
    fn new() -> Self {
        Self {
            state: State::Magic,
            order: Order { little: true },
            plain: None,
            field: Field::EMPTY,
            interfaces: Vec::with_capacity(INTERFACES),
            link: None,
            wire_length: 0,
            packet: Vec::with_capacity(PACKET),
            last: None,
            open: None,
        }
    }

    /// A packet is complete, or, `cut`, as much of it as there is. False when no more is wanted.
    fn end_of_packet(&mut self, cut: bool, out: &mut dyn Out) -> bool {
        let frame = &self.packet;
        let headers = self.link.and_then(|link| parse(link, frame, self.wire_length, false).ok());
        let payload = headers.as_ref().map_or(frame.as_slice(), |headers| headers.payload(frame));
        // Where a frame is cut within its headers, nothing of what it carries is there.
        if payload.is_empty() || (cut && headers.is_none()) {
            return true;
        }
        let flow = headers
            .map(|Headers { src, dest, src_port, dest_port, proto, .. }| (src, dest, src_port, dest_port, proto));
        let is_first = self.open.is_none();
        let wanted = *self.open.get_or_insert_with(|| out.begin_text(&Child { name: b"(packets)" }));
        let joins = is_first || (flow.is_some() && flow == self.last);
        self.last = flow;
        !wanted || ((joins || out.data(b"\n")) && out.data(payload))
    }

    /// The next record.
    const fn next(&self) -> State {
        match self.plain {
            Some(length) => State::PacketHeader(length),
            None => State::Block,
        }
    }

    /// A packet of so many bytes begins, with so many behind it in its block. `None` where there cannot be so many.
    fn begin_packet(&mut self, length: u32, behind: u32) -> Option<State> {
        self.packet.clear();
        (length <= LONGEST).then_some(State::Packet(length, behind))
    }

    /// The header of a block is complete: `None` where it is none.
    fn block(&mut self) -> Option<State> {
        let header = self.field.get();
        // A section's number reads the same in both orders.
        let block = Block::of(self.order.word(header, 0)?);
        let mut read = 8;
        if block == Block::Section {
            self.order = block::section(header.get(8..12)?)?;
            self.interfaces.clear();
            read = 12;
        }
        let length = self.order.word(header, 4).filter(|length| length % 4 == 0 && *length <= LONGEST)?;
        let left = length.checked_sub(read)?.checked_sub(4)?;
        Some(State::Fields(block, left))
    }

    /// The fields in front of what a block holds are complete.
    fn fields(&mut self, block: Block, left: u32) -> Option<State> {
        let (order, fields) = (self.order, self.field.get());
        match block {
            Block::Section | Block::Other => Some(State::Skipped(left.saturating_add(4))),
            Block::Interface => {
                let kind = link(order.half(fields, 0)?);
                if self.interfaces.len() < INTERFACES {
                    self.interfaces.push(kind);
                }
                Some(State::Skipped(left.checked_sub(4)?.saturating_add(4)))
            }
            Block::Packet { old } => {
                // The old block has a number of 16 bits, and how many packets were lost.
                let number = if old { u32::from(order.half(fields, 0)?) } else { order.word(fields, 0)? };
                self.link = usize::try_from(number).ok().and_then(|at| self.interfaces.get(at).copied()).flatten();
                self.wire_length = order.word(fields, 16)?;
                let captured = order.word(fields, 12)?;
                let behind = left.checked_sub(20)?.checked_sub(captured)?;
                self.begin_packet(captured, behind.saturating_add(4))
            }
            Block::Simple => {
                self.link = self.interfaces.first().copied().flatten();
                self.wire_length = order.word(fields, 0)?;
                let room = left.checked_sub(4)?;
                let captured = self.wire_length.min(room);
                self.begin_packet(captured, (room - captured).saturating_add(4))
            }
        }
    }
}

impl Decoder for Pcap {
    fn push(&mut self, piece: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
        let mut input = piece;
        loop {
            let next = match self.state {
                State::Magic => {
                    if !self.field.fill(&mut input, 4) {
                        return Ok(Taken::All);
                    }
                    match File::of(self.field.get()) {
                        // What was read is the beginning of what comes next.
                        Some(File::Pcap(order, length)) => {
                            (self.order, self.plain) = (order, Some(length));
                            self.state = State::FileHeader(length);
                            continue;
                        }
                        Some(File::Pcapng) => {
                            self.state = State::Block;
                            continue;
                        }
                        None => None,
                    }
                }
                State::FileHeader(length) => {
                    if !self.field.fill(&mut input, 24) {
                        return Ok(Taken::All);
                    }
                    // The upper half says something about checksums.
                    let number = self.order.word(self.field.get(), 20).map_or(0, |number| number & 0xffff);
                    self.link = u16::try_from(number).ok().and_then(link);
                    Some(State::PacketHeader(length))
                }
                State::PacketHeader(length) => {
                    if !self.field.fill(&mut input, length) {
                        return Ok(Taken::All);
                    }
                    let captured = self.order.word(self.field.get(), 8).unwrap_or(u32::MAX);
                    self.wire_length = self.order.word(self.field.get(), 12).unwrap_or(0);
                    self.begin_packet(captured, 0)
                }
                State::Block => {
                    let is_section = |field: &[u8]| field.starts_with(b"\x0a\x0d\x0d\x0a");
                    if !self.field.fill(&mut input, 8)
                        || is_section(self.field.get()) && !self.field.fill(&mut input, 12)
                    {
                        return Ok(Taken::All);
                    }
                    self.block()
                }
                State::Fields(block, left) => {
                    let length = match block {
                        Block::Packet { .. } => 20,
                        Block::Interface | Block::Simple => 4,
                        Block::Section | Block::Other => 0,
                    };
                    if !self.field.fill(&mut input, length) {
                        return Ok(Taken::All);
                    }
                    self.fields(block, left)
                }
                State::Packet(0, behind) => {
                    if !self.end_of_packet(false, out) {
                        return Ok(Taken::Enough);
                    }
                    Some(State::Skipped(behind))
                }
                State::Skipped(0) => Some(self.next()),
                _ if input.is_empty() => return Ok(Taken::All),
                State::Packet(left, behind) => {
                    let bytes = take(&mut input, u64::from(left));
                    let room = PACKET.saturating_sub(self.packet.len()).min(bytes.len());
                    self.packet.extend_from_slice(bytes.get(..room).unwrap_or(&[]));
                    Some(State::Packet(left.saturating_sub(u32::try_from(bytes.len()).unwrap_or(left)), behind))
                }
                State::Skipped(left) => {
                    let passed = take(&mut input, u64::from(left)).len();
                    Some(State::Skipped(left.saturating_sub(u32::try_from(passed).unwrap_or(left))))
                }
                State::Rest(wanted) => {
                    return Ok(if wanted && out.data(input) { Taken::All } else { Taken::Enough });
                }
            };
            self.state = next.unwrap_or_else(|| {
                if self.open.take() == Some(true) {
                    out.end();
                }
                // It is not looked into, since it may begin like a capture.
                let wanted = out.begin_text(&Child { name: b"(rest)" }) && out.data(self.field.get());
                out.cut(Cut::Malformed);
                State::Rest(wanted)
            });
            self.field.clear();
        }
    }

    fn finish(&mut self, out: &mut dyn Out) -> bool {
        if let State::Rest(wanted) = self.state {
            if wanted {
                out.end();
            }
            return true;
        }
        let between = matches!(self.state, State::PacketHeader(_) | State::Block) && self.field.get().is_empty();
        let go_on = !matches!(self.state, State::Packet(..)) || self.end_of_packet(true, out);
        if !between && go_on {
            out.cut(Cut::Truncated);
        }
        if self.open == Some(true) {
            out.end();
        }
        between
    }

    fn reset(&mut self) {
        self.state = State::Magic;
        self.field.clear();
        self.interfaces.clear();
        self.packet.clear();
        (self.plain, self.link, self.last, self.open) = (None, None, None, None);
    }
}
