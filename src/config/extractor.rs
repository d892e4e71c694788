//! `[extractor]`: processes for formats that need the whole object.

use super::spec::{Flag, Number, Size, Text, Time, section};

section! {
    /// `[extractor]`: processes for formats that need the whole object.
    pub struct ExtractorConfig at "extractor" {
        /// Whether there are any.
        "enabled" => enabled: bool = Flag(true);
        /// Processes of each worker.
        "processes" => processes: u8 = Number { default: 1, min: 1, max: 32 };
        /// Bytes of the largest object.
        "object_max" => object_max: u64 = Size { default: 16 << 20, min: 64 << 10, max: 1 << 32, step: 1 };
        /// Bytes of all objects of a worker that are on their way.
        "arena" => arena: u64 = Size { default: 32 << 20, min: 64 << 10, max: 1 << 36, step: 1 };
        /// Longest time that an object may take.
        "deadline" => deadline_ns: u64 = Time {
            default: 5_000_000_000,
            min: 10_000_000,
            max: 600_000_000_000,
            or_zero: false,
        };
        /// Bytes that a process may take besides what it starts with.
        "memory" => memory: u64 = Size { default: 256 << 20, min: 32 << 20, max: 1 << 36, step: 1 };
        /// User that the processes become when the sensor is root.
        "user" => user: String = Text {
            default: "nobody",
            check: |text| !text.is_empty() && text != "root" && text != "0",
            expected: "the name or number of a user other than root",
        };
    }
}
