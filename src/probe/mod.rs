//! Asks real servers: runs one probe within its timeout and says in words why it failed.
