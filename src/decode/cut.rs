//! Why something was not decoded, or not all of it.

use crate::event::reasons::reasons;

reasons! {
    /// Why an object was left as it is, or cut short. One variant, one counter, one event.
    pub enum Cut {
        /// It lies deeper than [`Limits::depth`](super::Limits::depth): what it holds is scanned as it stands.
        Depth => "depth",
        /// Its container has had [`Limits::children`](super::Limits::children) before it.
        Children => "children",
        /// All that was decoded of the outermost object is [`Limits::output`](super::Limits::output).
        Output => "output",
        /// It becomes more than [`Limits::ratio`](super::Limits::ratio) times as long as it came.
        Ratio => "ratio",
        /// Every decoder of its format is at work on other objects.
        Decoders => "decoders",
        /// It is not what its first bytes promised; what came before the fault was decoded.
        Malformed => "malformed",
        /// Bytes of it were never seen; what came before them was decoded.
        Gap => "gap",
        /// It ended before its end.
        Truncated => "truncated",
        /// It is encrypted.
        Encrypted => "encrypted",
        /// It is packed in a way that is not undone.
        Unsupported => "unsupported",
        /// What was decoded does not have the checksum or the length that stands with it.
        Checksum => "checksum",
        /// It is, or holds, a program in a document. Nothing is left out for that.
        Macros => "macros",
        /// It has to be seen whole, and nobody had the room or the time for it, or who looked into it failed; or it needs what is
        /// not with it, such as a dictionary.
        NotInspected => "not_inspected",
    }
    /// Its name.
    pub fn name => "";
    /// The counter's name.
    pub fn counter => "decode.cut.";
    /// The event's name.
    pub fn event => "content.";
}

/// How many reasons there are.
pub const CUT_COUNT: usize = Cut::ALL.len();
