//! A generated file.

/// A file of the directory, by its relative path.
pub(super) struct GeneratedFile {
    pub(super) path: String,
    pub(super) text: String,
}
