//! Wiring and the event loop; alone in knowing every adapter.
