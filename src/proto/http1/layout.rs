//! How a transaction looks in EVE.

use crate::event::record::Layout;

/// Fields of the `http` object, by the tags of its fields (`fields.rs`).
pub static LAYOUT: Layout = Layout {
    name: "http",
    keys: &[
        "http_method",
        "url",
        "protocol",
        "hostname",
        "http_port",
        "http_user_agent",
        "http_refer",
        "xff",
        "status",
        "http_content_type",
        "redirect",
        "content_range.raw",
        "content_range.start",
        "content_range.end",
        "content_range.size",
        "length",
        "truncated",
    ],
};
