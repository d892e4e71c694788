//! What a module is.

/// A format that needs the whole object.
#[derive(Debug)]
pub struct Module {
    /// Its name: that of the format in `decode::FORMATS`.
    pub name: &'static str,
    /// Takes the object apart. Children go to `out` as a decoder's do. True: all of it was read. `None` where the decoder
    /// that works in passing finds the same and only takes longer than a packet may: then it does so in the process, and
    /// who waits for the answer anyway has no use for the module.
    pub extract: Option<Extract>,
    /// It gets an object only after the decoder that works in passing has found that it is encrypted
    /// ([`Cut::Encrypted`](crate::decode::Cut::Encrypted)); it need not hand out again what that can read.
    pub encrypted: bool,
}

/// Takes an object apart.
pub type Extract = fn(object: &[u8], out: &mut dyn crate::decode::Out) -> bool;
