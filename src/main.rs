//! The front step: the only place that knows every room.

fn main() {}
