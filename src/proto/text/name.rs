//! Names of files.

/// Bytes of a file's name that are kept.
pub const MAX_NAME_BYTES: usize = 256;

/// A file's name, as much of it as is kept.
#[derive(Clone, Copy, Debug)]
pub(in crate::proto) struct Name {
    bytes: [u8; MAX_NAME_BYTES],
    len: u16,
}

impl Default for Name {
    fn default() -> Self {
        Self { bytes: [0; MAX_NAME_BYTES], len: 0 }
    }
}

impl Name {
    pub(in crate::proto) fn set(&mut self, name: &[u8]) {
        let kept = name.get(..MAX_NAME_BYTES).unwrap_or(name);
        if let Some(place) = self.bytes.get_mut(..kept.len()) {
            place.copy_from_slice(kept);
        }
        self.len = u16::try_from(kept.len()).unwrap_or(0);
    }

    pub(in crate::proto) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}
