//! How a connection looks in EVE: the fields of its handshake, which is that of TLS 1.3.

use crate::event::record::Layout;
use crate::proto::tls::layout::KEYS;

/// EVE's `quic`.
pub static LAYOUT: Layout = Layout { name: "quic", keys: KEYS };
