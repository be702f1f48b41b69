//! The kernel's IPVS tables over generic netlink, and the same rules in memory.
