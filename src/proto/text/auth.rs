//! How far a client has come in identifying itself (SASL, RFC 4422).

/// Where in such an exchange the next line of the client stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::proto) enum Auth {
    /// There is none.
    #[default]
    Not,
    /// The client has spoken, and the server has not answered.
    Spoken,
    /// The server has asked for more: the next line is an answer, whatever it looks like.
    Asked,
}

impl Auth {
    /// Whether a line is no command but continues the exchange. While it is not known what the server has said, that is
    /// what consists of base64, or of the `*` that breaks off, and `is_command` says of it that it is no command.
    pub(in crate::proto) fn is_continued_by(self, line: &[u8], is_command: impl FnOnce(&[u8]) -> bool) -> bool {
        match self {
            Self::Not => false,
            Self::Asked => true,
            Self::Spoken => {
                let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'*');
                line.iter().all(is_base64) && !is_command(line)
            }
        }
    }
}
