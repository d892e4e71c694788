//! A frame's header (RFC 9113, section 4.1).

/// Bytes of it.
pub(super) const HEADER_BYTES: usize = 9;

/// Longest frame that is followed. The default limit is 16 KiB; a peer may allow up to 16 MiB.
pub(super) const MAX_FRAME_BYTES: u32 = 1 << 20;

/// What a frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Data,
    Headers,
    Priority,
    Reset,
    Settings,
    Promise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    Other,
}

/// A frame of which nothing has passed but this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) length: u32,
    pub(super) kind: Kind,
    flags: u8,
    pub(super) stream: u32,
}

impl Frame {
    pub(super) fn of(header: [u8; HEADER_BYTES]) -> Self {
        let [a, b, c, kind, flags, s0, s1, s2, s3] = header;
        let kind = match kind {
            0 => Kind::Data,
            1 => Kind::Headers,
            2 => Kind::Priority,
            3 => Kind::Reset,
            4 => Kind::Settings,
            5 => Kind::Promise,
            6 => Kind::Ping,
            7 => Kind::GoAway,
            8 => Kind::WindowUpdate,
            9 => Kind::Continuation,
            _ => Kind::Other,
        };
        Self {
            length: u32::from_be_bytes([0, a, b, c]),
            kind,
            flags,
            stream: u32::from_be_bytes([s0 & 0x7f, s1, s2, s3]),
        }
    }

    /// END_STREAM; ACK of settings.
    pub(super) const fn ends_stream(self) -> bool {
        self.flags & 0x1 != 0
    }

    pub(super) const fn ends_headers(self) -> bool {
        self.flags & 0x4 != 0
    }

    pub(super) const fn is_padded(self) -> bool {
        self.flags & 0x8 != 0 && matches!(self.kind, Kind::Data | Kind::Headers | Kind::Promise)
    }

    pub(super) const fn has_priority(self) -> bool {
        self.flags & 0x20 != 0 && matches!(self.kind, Kind::Headers)
    }

    /// It stands for a part of a header block.
    pub(super) const fn is_block(self) -> bool {
        matches!(self.kind, Kind::Headers | Kind::Promise | Kind::Continuation)
    }

    /// A length that its kind may have.
    pub(super) const fn length_fits(self) -> bool {
        match self.kind {
            Kind::Priority => self.length == 5,
            Kind::Reset | Kind::WindowUpdate => self.length == 4,
            Kind::Ping => self.length == 8,
            Kind::GoAway => self.length >= 8 && self.length <= MAX_FRAME_BYTES,
            Kind::Settings => self.length.is_multiple_of(6) && self.length <= 6 * 256,
            _ => self.length <= MAX_FRAME_BYTES,
        }
    }

    /// It stands on a stream, or on none, as its kind must.
    pub(super) const fn stream_fits(self) -> bool {
        match self.kind {
            Kind::Settings | Kind::Ping | Kind::GoAway => self.stream == 0,
            Kind::WindowUpdate | Kind::Other => true,
            _ => self.stream != 0,
        }
    }
}
