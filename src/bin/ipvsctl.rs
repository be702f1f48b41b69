//! The ipvsctl command.

fn main() {}
