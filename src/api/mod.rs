//! The control interface: JSON over a Unix socket, server and client.
