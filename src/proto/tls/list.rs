//! A few numbers of a hello, in the order in which they came.

/// At most `N`; [`List::is_over`] says that there were more.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<const N: usize> {
    items: [u16; N],
    len: u8,
    over: bool,
}

impl<const N: usize> List<N> {
    pub(super) const EMPTY: Self = {
        assert!(N <= 255, "the length is a byte");
        Self { items: [0; N], len: 0, over: false }
    };

    pub(super) fn push(&mut self, item: u16) {
        match self.items.get_mut(usize::from(self.len)) {
            Some(place) => {
                *place = item;
                self.len += 1;
            }
            None => self.over = true,
        }
    }

    pub(super) fn as_slice(&self) -> &[u16] {
        self.items.get(..usize::from(self.len)).unwrap_or(&[])
    }

    pub(super) const fn is_over(&self) -> bool {
        self.over
    }
}

/// A value that RFC 8701 reserves, so that peers learn to ignore what they do not know.
pub(super) const fn is_grease(value: u16) -> bool {
    let [high, low] = value.to_be_bytes();
    high == low && low & 15 == 10
}
