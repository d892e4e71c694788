//! What a module is.

/// A format that needs the whole object.
#[derive(Debug)]
pub struct Module {
    /// Its name: that of the format in `decode::FORMATS`.
    pub name: &'static str,
    /// Takes the object apart. Children go to `out` as a decoder's do. True: all of it was read.
    pub extract: fn(object: &[u8], out: &mut dyn crate::decode::Out) -> bool,
}
