//! The `seal` program.
fn main() {}
