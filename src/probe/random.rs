//! Bytes that nobody can guess.

use ring::rand::{SecureRandom, SystemRandom};

use super::conversation::ConversationError;

/// Random bytes.
pub(super) fn bytes<const N: usize>() -> Result<[u8; N], ConversationError> {
    let mut bytes = [0; N];
    SystemRandom::new()
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
