//! Memory for the brotli decoder, which asks for it while it decodes: taken once, and given out again and again.

use brotli_decompressor::{Allocator, HuffmanCode, SliceWrapper, SliceWrapperMut};

/// A block that was given out: so much of it was asked for.
#[derive(Debug)]
pub(super) struct Cell<T> {
    block: Box<[T]>,
    len: usize,
}

impl<T> Default for Cell<T> {
    fn default() -> Self {
        Self { block: Box::default(), len: 0 }
    }
}

impl<T> SliceWrapper<T> for Cell<T> {
    fn slice(&self) -> &[T] {
        self.block.get(..self.len).unwrap_or(&[])
    }
}

impl<T> SliceWrapperMut<T> for Cell<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        self.block.get_mut(..self.len).unwrap_or(&mut [])
    }
}

/// Blocks, the smallest first.
#[derive(Debug)]
pub(super) struct Pool<T> {
    blocks: Vec<Box<[T]>>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { blocks: Vec::new() }
    }
}

impl<T: Clone + Default> Pool<T> {
    /// Blocks of these sizes.
    pub(super) fn new(sizes: &[usize]) -> Self {
        let mut blocks: Vec<Box<[T]>> = sizes.iter().map(|size| vec![T::default(); *size].into_boxed_slice()).collect();
        blocks.sort_by_key(|block| block.len());
        Self { blocks }
    }
}

/// Larger blocks come as they are: the one for the window, of which nothing is read that was not written before.
const CLEARED: usize = 1 << 20;

impl<T: Clone + Default> Allocator<T> for Pool<T> {
    type AllocatedMemory = Cell<T>;

    /// The smallest free block that is large enough; where there is none an empty one, which the decoder takes for a failure.
    fn alloc_cell(&mut self, len: usize) -> Cell<T> {
        let Some(at) = self.blocks.iter().position(|block| block.len() >= len) else { return Cell::default() };
        let mut cell = Cell { block: self.blocks.remove(at), len };
        if len < CLEARED {
            cell.slice_mut().fill(T::default());
        }
        cell
    }

    fn free_cell(&mut self, cell: Cell<T>) {
        if !cell.block.is_empty() {
            let at = self.blocks.partition_point(|block| block.len() <= cell.block.len());
            self.blocks.insert(at, cell.block);
        }
    }
}

/// Room for the window, for both context maps, and for their modes: 256 block types of 64 or 4 contexts.
pub(super) fn bytes(window: usize) -> Pool<u8> {
    Pool::new(&[window + (4 << 10), 256 * 64, 256 * 4, 256])
}

/// Where the trees of three groups begin.
pub(super) fn words() -> Pool<u32> {
    Pool::new(&[256; 3])
}

/// Room for the trees of three groups, for those of block types and block lengths, and for one of context maps.
pub(super) fn codes() -> Pool<HuffmanCode> {
    const GROUP: usize = 256 * 1080;
    Pool::new(&[GROUP, GROUP, GROUP, 3 * 632, 3 * 396, 646])
}
