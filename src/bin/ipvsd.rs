//! The ipvsd command.

fn main() {}
