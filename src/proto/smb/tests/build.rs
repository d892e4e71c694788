//! Messages of SMB, as MS-SMB2 section 2.2 has them.

/// Numbers of commands.
pub(super) const NEGOTIATE: u16 = 0;
pub(super) const SESSION_SETUP: u16 = 1;
pub(super) const TREE_CONNECT: u16 = 3;
pub(super) const CREATE: u16 = 5;
pub(super) const CLOSE: u16 = 6;
pub(super) const READ: u16 = 8;
pub(super) const WRITE: u16 = 9;

/// Session and share of all messages.
const SESSION: u64 = 0x51;
const TREE: u32 = 7;

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    bytes: Vec<u8>,
}

fn message(command: u16, number: u64, flags: u32, status: u32, body: &[u8]) -> Message {
    let mut bytes = b"\xFESMB\x40\0\0\0".to_vec();
    bytes.extend(status.to_le_bytes());
    bytes.extend(command.to_le_bytes());
    bytes.extend([1, 0]);
    bytes.extend(flags.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(number.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(TREE.to_le_bytes());
    bytes.extend(SESSION.to_le_bytes());
    bytes.extend([0; 16]);
    bytes.extend(body);
    Message { bytes }
}

pub(super) fn request(command: u16, number: u64, body: &[u8]) -> Message {
    message(command, number, 0, 0, body)
}

pub(super) fn response(command: u16, number: u64, status: u32, body: &[u8]) -> Message {
    message(command, number, 1, status, body)
}

impl Message {
    /// It goes on with the file of the message before.
    pub(super) fn related(mut self) -> Self {
        self.bytes[16] |= 4;
        self
    }

    /// The response proper comes later.
    pub(super) fn interim(mut self) -> Self {
        self.bytes[16] |= 2;
        self.bytes[8..12].copy_from_slice(&0x103_u32.to_le_bytes());
        self
    }

    /// Another byte somewhere.
    pub(super) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }
}

/// A frame of messages.
pub(super) fn frame(messages: &[Message]) -> Vec<u8> {
    let mut chain = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let mut bytes = message.bytes.clone();
        if at + 1 < messages.len() {
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            let next = bytes.len() as u32;
            bytes[20..24].copy_from_slice(&next.to_le_bytes());
        }
        chain.extend(bytes);
    }
    framed(&chain)
}

/// Any bytes behind their length.
pub(super) fn framed(content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32).to_be_bytes()[..], content].concat()
}

pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The number of an open file.
pub(super) const fn id(number: u8) -> [u8; 16] {
    [number; 16]
}

pub(super) const RELATED: [u8; 16] = [0xFF; 16];

pub(super) fn create(number: u64, name: &str, options: u32) -> Message {
    let name = utf16(name);
    let mut body = vec![57, 0, 0, 0, 2, 0, 0, 0];
    body.extend([0; 16]);
    body.extend([0x89, 0, 0x12, 0, 0, 0, 0, 0, 7, 0, 0, 0]);
    body.extend(1_u32.to_le_bytes());
    body.extend(options.to_le_bytes());
    body.extend(120_u16.to_le_bytes());
    body.extend((name.len() as u16).to_le_bytes());
    body.extend([0; 8]);
    body.extend(name);
    request(CREATE, number, &body)
}

pub(super) fn created(number: u64, file: [u8; 16], size: u64, attributes: u32) -> Message {
    let mut body = vec![89, 0, 0, 0, 1, 0, 0, 0];
    for time in [133_484_544_000_000_000_u64, 0, 133_484_544_000_000_000, 0] {
        body.extend(time.to_le_bytes());
    }
    body.extend(size.next_multiple_of(4096).to_le_bytes());
    body.extend(size.to_le_bytes());
    body.extend(attributes.to_le_bytes());
    body.extend([0; 4]);
    body.extend(file);
    body.extend([0; 8]);
    response(CREATE, number, 0, &body)
}

pub(super) fn close(number: u64, file: [u8; 16]) -> Message {
    request(CLOSE, number, &[&[24, 0, 0, 0, 0, 0, 0, 0][..], &file].concat())
}

pub(super) fn closed(number: u64) -> Message {
    let mut body = [0; 60];
    body[0] = 60;
    response(CLOSE, number, 0, &body)
}

pub(super) fn read(number: u64, file: [u8; 16], offset: u64, length: u32) -> Message {
    let mut body = vec![49, 0, 0x50, 0];
    body.extend(length.to_le_bytes());
    body.extend(offset.to_le_bytes());
    body.extend(file);
    body.extend([0; 17]);
    request(READ, number, &body)
}

pub(super) fn data(number: u64, data: &[u8]) -> Message {
    let mut body = vec![17, 0, 80, 0];
    body.extend((data.len() as u32).to_le_bytes());
    body.extend([0; 8]);
    body.extend(data);
    response(READ, number, 0, &body)
}

pub(super) fn write(number: u64, file: [u8; 16], offset: u64, data: &[u8]) -> Message {
    let mut body = vec![49, 0, 112, 0];
    body.extend((data.len() as u32).to_le_bytes());
    body.extend(offset.to_le_bytes());
    body.extend(file);
    body.extend([0; 16]);
    body.extend(data);
    request(WRITE, number, &body)
}

pub(super) fn written(number: u64, count: u32) -> Message {
    let mut body = vec![17, 0, 0, 0];
    body.extend(count.to_le_bytes());
    body.extend([0; 8]);
    response(WRITE, number, 0, &body)
}

/// The body of an error.
pub(super) fn refused(command: u16, number: u64, status: u32) -> Message {
    response(command, number, status, &[9, 0, 0, 0, 0, 0, 0, 0, 0])
}

pub(super) fn tree_connect(number: u64, path: &str) -> Message {
    let path = utf16(path);
    let mut body = vec![9, 0, 0, 0, 72, 0];
    body.extend((path.len() as u16).to_le_bytes());
    body.extend(path);
    request(TREE_CONNECT, number, &body)
}

pub(super) fn tree_connected(number: u64, kind: u8) -> Message {
    response(TREE_CONNECT, number, 0, &[16, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 1, 0x1F, 0])
}
