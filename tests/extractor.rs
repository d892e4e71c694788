//! Objects that need to be whole: what modules of the extractor find in them is what other programs find, and whatever is
//! missing or wrong, little memory is taken, and all of it ends.

#[path = "extractor/compound.rs"]
mod compound;
#[path = "extractor/damage.rs"]
mod damage;
#[path = "extractor/documents.rs"]
mod documents;
#[path = "extractor/hand_made.rs"]
mod hand_made;
#[path = "extractor/heard.rs"]
mod heard;
#[path = "extractor/real.rs"]
mod real;
#[path = "common/unzipped.rs"]
mod unzipped;
