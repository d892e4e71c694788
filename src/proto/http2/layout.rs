//! How a stream looks in EVE.

use crate::event::record::Layout;

/// Keys that HTTP/1 has too have the same tags.
pub(super) mod tag {
    pub(in crate::proto) use crate::proto::http1::fields::tag::*;
    pub(in crate::proto) const VERSION: u8 = 17;
    pub(in crate::proto) const STREAM: u8 = 18;
    pub(in crate::proto) const REQUEST_ERROR: u8 = 19;
    pub(in crate::proto) const RESPONSE_ERROR: u8 = 20;
    pub(in crate::proto) const REQUEST_SETTING: u8 = 21;
    pub(in crate::proto) const REQUEST_SETTING_VALUE: u8 = 22;
    pub(in crate::proto) const RESPONSE_SETTING: u8 = 23;
    pub(in crate::proto) const RESPONSE_SETTING_VALUE: u8 = 24;
    pub(in crate::proto) const UNKNOWN: u8 = 25;
    pub(in crate::proto) const PROMISED: u8 = 26;
}

/// Fields of the `http` object.
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
        "version",
        "http2.stream_id",
        "http2.request.error_code",
        "http2.response.error_code",
        "http2.request.settings[].settings_id",
        "http2.request.settings[].settings_value",
        "http2.response.settings[].settings_id",
        "http2.response.settings[].settings_value",
        "http2.headers_unknown",
        "http2.promised",
    ],
};

/// EVE's word for a setting (RFC 9113, 6.5.2; RFC 8441).
pub(super) const fn setting(id: u16) -> &'static str {
    match id {
        1 => "SETTINGSHEADERTABLESIZE",
        2 => "SETTINGSENABLEPUSH",
        3 => "SETTINGSMAXCONCURRENTSTREAMS",
        4 => "SETTINGSINITIALWINDOWSIZE",
        5 => "SETTINGSMAXFRAMESIZE",
        6 => "SETTINGSMAXHEADERLISTSIZE",
        8 => "SETTINGSENABLECONNECTPROTOCOL",
        9 => "SETTINGSNORFC7540PRIORITIES",
        _ => "SETTINGSUNKNOWN",
    }
}

/// An error code's name (RFC 9113, section 7).
pub(super) const fn error(code: u32) -> &'static str {
    match code {
        0 => "NO_ERROR",
        1 => "PROTOCOL_ERROR",
        2 => "INTERNAL_ERROR",
        3 => "FLOW_CONTROL_ERROR",
        4 => "SETTINGS_TIMEOUT",
        5 => "STREAM_CLOSED",
        6 => "FRAME_SIZE_ERROR",
        7 => "REFUSED_STREAM",
        8 => "CANCEL",
        9 => "COMPRESSION_ERROR",
        10 => "CONNECT_ERROR",
        11 => "ENHANCE_YOUR_CALM",
        12 => "INADEQUATE_SECURITY",
        13 => "HTTP_1_1_REQUIRED",
        _ => "UNKNOWN",
    }
}
