//! Sound, video and pictures in containers: WebP, WAVE and AVI (RIFF), MP3 with its tags, FLAC, Ogg, and the family of
//! MP4 with QuickTime and HEIC. What they hold is passed by, and what is written in them about themselves is handed out.
//!
//! Every child is `(metadata)`: texts as lines, XMP as it stands, for the tree to recognise. Pictures within tags are not
//! handed out. Of a text the first 16 KiB count, of what is read whole the first 64. What is none of a format's parts is scanned as it
//! stands.

mod flac;
mod id3;
mod mp3;
mod mp4;
mod mpeg;
mod ogg;
mod riff;
mod vorbis;

use super::decoder::{Fault, Out, Taken};

pub(super) use self::flac::FORMAT as FLAC;
pub(super) use self::mp3::FORMAT as MP3;
pub(super) use self::mp4::FORMAT as MP4;
pub(super) use self::ogg::FORMAT as OGG;
pub(super) use self::riff::{AVI, WAV, WEBP};

/// More of what is no part of a format, wanted or not.
fn rest(wanted: bool, bytes: &[u8], out: &mut dyn Out) -> Result<Taken, Fault> {
    Ok(if wanted && out.data(bytes) { Taken::All } else { Taken::Enough })
}

/// It is over. What came before it was complete.
fn end_rest(wanted: bool, out: &mut dyn Out) -> bool {
    if wanted {
        out.end();
    }
    true
}
