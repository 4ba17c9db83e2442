//! `cargo xtask ...`
mod harness; mod media; mod paths; mod progress; mod shell; mod table;
fn main() {}
