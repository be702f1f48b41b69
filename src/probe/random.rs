//! Bytes that nobody can guess.

use ring::rand::{SecureRandom, SystemRandom};

use super::protocol::ProtocolError;

/// Random bytes.
pub(super) fn bytes<const N: usize>() -> Result<[u8; N], ProtocolError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| ProtocolError::NoRandomness)?;
    Ok(bytes)
}

/// Random hexadecimal digits, two a byte.
pub(super) fn hex<const N: usize>() -> Result<String, ProtocolError> {
    Ok(bytes::<N>()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
