//! tidegate: command line.

fn main() {}
