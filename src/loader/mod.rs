//! Reads definitions files: chooses the dialect, parses, resolves names, renders findings.
