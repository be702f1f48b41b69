//! The ldirectord command.

fn main() {}
