//! stub
use super::arguments::*;
use super::output::Failure;
pub(super) fn run(_o: &Run) -> Result<(), Failure> {
    Err(Failure::input("x"))
}
