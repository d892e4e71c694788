//! By what parts of one file know each other.
//!
//! Who serves it to whom, what was asked of whom, how long it is, and what tells its versions apart. Their digest is
//! XXH3-128 under a secret of the sensor's own: nobody who does not know that can make two files that meet, say one of
//! somebody else behind the same proxy.

use xxhash_rust::const_xxh3::const_custom_default_secret;
use xxhash_rust::xxh3::xxh3_128_with_secret;

use crate::event::Direction;
use crate::flow::Facts;
use crate::proto::Part;

/// Most bytes that a digest is of; what parsers hand out is no longer.
const MATERIAL: usize = 1024;

/// A file's digest; 0 is that of none.
pub(in crate::worker::content) type FileId = u128;

/// Makes digests.
#[derive(Debug)]
pub(super) struct Keys {
    secret: [u8; 192],
}

impl Keys {
    /// The same seed gives the same digests.
    pub(super) const fn new(seed: u64) -> Self {
        Self { secret: const_custom_default_secret(seed) }
    }

    /// The digest of the file that a part in this flow is of. Nothing when too much is said of it.
    pub(super) fn digest(&self, flow: &Facts, direction: Direction, part: &Part<'_>) -> Option<FileId> {
        let tuple = flow.tuple();
        let mut material = Material { bytes: [0; MATERIAL], length: 0 };
        // The client's port is another with each connection.
        let whole = material.put(&tuple.src)
            && material.put(&tuple.dest)
            && material.put(&tuple.dest_port.to_le_bytes())
            && material.put(&[tuple.proto, u8::from(tuple.v6), u8::from(direction == Direction::ToServer)])
            && flow.key().vlan().iter().all(|vlan| material.put(&vlan.to_le_bytes()))
            && material.put(&flow.key().tenant().to_le_bytes())
            && material.put(&part.size.to_le_bytes())
            && material.text(part.host)
            && material.text(part.target)
            && part.validators.iter().all(|validator| material.text(validator));
        let bytes = material.bytes.get(..material.length).filter(|_| whole)?;
        Some(xxh3_128_with_secret(bytes, &self.secret).max(1))
    }
}

/// What a digest is made of.
struct Material {
    bytes: [u8; MATERIAL],
    length: usize,
}

impl Material {
    /// False when there is no room.
    fn put(&mut self, bytes: &[u8]) -> bool {
        let end = self.length + bytes.len();
        let Some(place) = self.bytes.get_mut(self.length..end) else { return false };
        place.copy_from_slice(bytes);
        self.length = end;
        true
    }

    /// With its length, so that no text reaches into the next.
    fn text(&mut self, text: &[u8]) -> bool {
        u16::try_from(text.len()).is_ok_and(|length| self.put(&length.to_le_bytes())) && self.put(text)
    }
}
