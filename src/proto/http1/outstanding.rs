//! The requests that still await a response, as far as a response's framing needs them.

/// Requests that are remembered; see [`Anomaly::PipelineOverflow`](super::Anomaly::PipelineOverflow).
pub const MAX_OUTSTANDING: u32 = 32;

/// What a response needs to know of its request's method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    /// Neither of the two below, or unknown.
    #[default]
    Other = 0,
    /// HEAD: the response has no body.
    Head = 1,
    /// CONNECT: a 2xx response opens a tunnel.
    Connect = 2,
}

/// A queue of methods, two bits each, oldest in the lowest bits.
///
/// Once it is full, further requests are only counted, until all of those counted are
/// answered too: order is kept, and each of them is taken for [`Method::Other`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outstanding {
    methods: u64,
    len: u32,
    beyond: u32,
}

impl Outstanding {
    /// Adds the latest request; false when only its number could be kept.
    pub(super) fn push(&mut self, method: Method) -> bool {
        if self.len >= MAX_OUTSTANDING || self.beyond > 0 {
            self.beyond = self.beyond.saturating_add(1);
            return false;
        }
        self.methods |= (method as u64) << (2 * self.len);
        self.len += 1;
        true
    }

    /// Takes the oldest request; `None` when there is none.
    pub(super) fn pop(&mut self) -> Option<Method> {
        if self.len == 0 {
            self.beyond = self.beyond.checked_sub(1)?;
            return Some(Method::Other);
        }
        let method = match self.methods & 3 {
            1 => Method::Head,
            2 => Method::Connect,
            _ => Method::Other,
        };
        self.methods >>= 2;
        self.len -= 1;
        Some(method)
    }
}
