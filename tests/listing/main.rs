//! Listings byte for byte as ipvsadm prints them: every captured output of `tests/golden/ipvsadm`, from a table built by
//! the commands that were used then.

#[cfg(test)]
mod commands;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod static_table;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod traffic;
