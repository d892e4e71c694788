//! stub
use super::arguments::*;
use super::output::Failure;
pub(super) fn bench(_o: &Bench) -> Result<(), Failure> {
    Err(Failure::input("x"))
}
