//! The netlink kernel against a real IPVS, each test in a network namespace of its own.
//!
//! Needs root of the initial user namespace and a kernel with IPVS: `tests/lab/run auto --exec` gives both. Without them
//! the tests fail; they are only built with the feature `lab`.

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod listing;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod sync_daemons;
#[cfg(test)]
mod tables;
