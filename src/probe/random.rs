//! Bytes that nobody can guess, from the same source as TLS.

use rustls::crypto::ring;

use super::conversation::ConversationError;

/// Random bytes.
pub(super) fn bytes<const N: usize>() -> Result<[u8; N], ConversationError> {
    let mut bytes = [0; N];
    ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| ConversationError::NoRandomness)?;
    Ok(bytes)
}

/// Random hexadecimal digits, two a byte.
pub(super) fn hex<const N: usize>() -> Result<String, ConversationError> {
    Ok(bytes::<N>()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
