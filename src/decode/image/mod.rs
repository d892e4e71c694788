//! Images: PNG, JPEG, GIF and TIFF are passed by, and what is written in them about themselves is handed out.
//!
//! Every child is `(metadata)`: comments, Exif (texts of all its directories), IPTC and Photoshop's other texts as lines;
//! XMP and compressed texts as they stand, for the tree to recognise. Pixels are not handed out. What follows the end of an
//! image is no part of it. Of metadata that is read whole (Exif, IPTC, comments) the first 64 KiB count, as much as a
//! segment of JPEG may have.

pub(super) mod exif;
mod gif;
mod iptc;
mod jpeg;
mod png;
mod tiff;

pub(super) use self::gif::FORMAT as GIF;
pub(super) use self::jpeg::FORMAT as JPEG;
pub(super) use self::png::FORMAT as PNG;
pub(super) use self::tiff::FORMAT as TIFF;
