//! The login: greeting, TLS where it is wanted, and the proof of the password, in the way that the server wants.

use director_core::model::{SqlCheck, TlsCheck, TlsStart};

use super::proof::{CACHING, CLEAR, NATIVE, SHA256, encrypted, prove};
use super::wire::{Cursor, Wire, not_mysql};
use crate::probe::error::ProbeError;
use crate::probe::protocol::{Peer, ProtocolError};
use crate::probe::stream;

const CONNECT_WITH_DB: u32 = 0x8;
const PROTOCOL_41: u32 = 0x200;
const SSL: u32 = 0x800;
const SECURE_CONNECTION: u32 = 0x8000;
const PLUGIN_AUTH: u32 = 0x8_0000;

/// What every login of ours says it can do.
const ALWAYS: u32 = 0x1 | PROTOCOL_41 | 0x2000 | SECURE_CONNECTION | PLUGIN_AUTH;

/// Bytes of a packet that we would take, as we say.
const MAX_PACKET: u32 = 1 << 20;

/// `utf8mb4_general_ci`, which all servers know.
const CHARSET: u8 = 45;

/// What a client of `caching_sha2_password` and of `sha256_password` sends for the key, without TLS.
const REQUEST_PUBLIC_KEY: u8 = 2;
const REQUEST_PUBLIC_KEY_OF_SHA256: u8 = 1;

/// Steps that a login may take.
const STEPS: usize = 8;

/// What the server says first.
#[derive(Debug)]
struct Greeting {
    capabilities: u32,
    nonce: Vec<u8>,
    plugin: String,
}

impl Greeting {
    fn read(packet: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(packet);
        if cursor.byte()? != 10 {
            return None;
        }
        let _version = cursor.until_zero()?;
        let _connection = cursor.bytes(4)?;
        let mut nonce = cursor.bytes(8)?.to_vec();
        cursor.byte()?;
        let low = cursor.bytes(2)?;
        let _charset_and_status = cursor.bytes(3)?;
        let high = cursor.bytes(2)?;
        let capabilities = u32::from_le_bytes([low[0], low[1], high[0], high[1]]);
        let length = usize::from(cursor.byte()?);
        cursor.bytes(10)?;
        let rest = cursor.bytes(length.saturating_sub(8).max(13))?;
        nonce.extend_from_slice(rest.strip_suffix(&[0]).unwrap_or(rest));
        let plugin = cursor.until_zero().unwrap_or(cursor.0);
        Some(Self {
            capabilities,
            nonce,
            plugin: String::from_utf8_lossy(plugin).into_owned(),
        })
    }

    fn offers_tls(&self) -> bool {
        self.capabilities & SSL != 0
    }
}

pub(super) async fn log_in(
    mut wire: Wire,
    login: &str,
    peer: Peer<'_>,
    check: &SqlCheck,
) -> Result<Wire, ProbeError> {
    let greeting = Greeting::read(&wire.receive().await?).ok_or_else(not_mysql)?;
    let database = check.database.as_deref().unwrap_or_default();
    if login.contains('\0') || database.contains('\0') {
        return Err(ProtocolError::LineBreak("login or database").into());
    }
    let mut capabilities = ALWAYS;
    if !database.is_empty() {
        capabilities |= CONNECT_WITH_DB;
    }
    match &check.tls {
        Some(tls) if greeting.offers_tls() => {
            capabilities |= SSL;
            wire = secure(wire, capabilities, peer, tls).await?;
        }
        Some(tls) if tls.start != TlsStart::Preferred => return Err(ProtocolError::NoTls.into()),
        _ => {}
    }
    let password = check.credentials.password().as_bytes();
    // A way that we do not know is answered in the way that all know; the server then asks for another one.
    let plugin = match greeting.plugin.as_str() {
        CACHING => CACHING,
        _ => NATIVE,
    };
    let proof = prove(plugin, password, &greeting.nonce)?;
    let response = response(capabilities, login, &proof, database, plugin);
    wire.send(&response).await?;
    finish(&mut wire, password, greeting.nonce, plugin).await?;
    Ok(wire)
}

async fn secure(
    mut wire: Wire,
    capabilities: u32,
    peer: Peer<'_>,
    tls: &TlsCheck,
) -> Result<Wire, ProbeError> {
    wire.send(&preamble(capabilities)).await?;
    let (stream, number) = wire.into_parts();
    let stream = stream::upgrade(stream, &peer.tls_wish(tls), peer.settings).await?;
    Ok(Wire::from_parts(stream, number))
}

/// What a request for TLS and a login begin with.
fn preamble(capabilities: u32) -> Vec<u8> {
    let mut packet = capabilities.to_le_bytes().to_vec();
    packet.extend_from_slice(&MAX_PACKET.to_le_bytes());
    packet.push(CHARSET);
    packet.resize(32, 0);
    packet
}

fn response(capabilities: u32, login: &str, proof: &[u8], database: &str, plugin: &str) -> Vec<u8> {
    let mut packet = preamble(capabilities);
    packet.extend_from_slice(login.as_bytes());
    packet.push(0);
    // A proof is a digest, of 32 bytes at most.
    packet.push(u8::try_from(proof.len()).unwrap_or(0));
    packet.extend_from_slice(proof);
    if !database.is_empty() {
        packet.extend_from_slice(database.as_bytes());
        packet.push(0);
    }
    packet.extend_from_slice(plugin.as_bytes());
    packet.push(0);
    packet
}

/// Answers what the server asks until it says yes. Only the ways of login that need it send the password itself, and a key
/// only counts after the request for it: any other server could have the password encrypted for a key of its own.
async fn finish(
    wire: &mut Wire,
    password: &[u8],
    mut nonce: Vec<u8>,
    plugin: &str,
) -> Result<(), ProbeError> {
    let mut is_caching = plugin == CACHING;
    let mut awaits_key = false;
    for _ in 0..STEPS {
        let packet = wire.receive().await?;
        match packet[..] {
            [0, ..] => return Ok(()),
            [1, 3] => {}
            [1, 4] if is_caching && wire.is_secure() => {
                wire.send(&[password, &[0]].concat()).await?;
            }
            // The server has not seen this password since its start, and reads it only if no other program can.
            [1, 4] if is_caching => {
                wire.send(&[REQUEST_PUBLIC_KEY]).await?;
                awaits_key = true;
            }
            [1, ref key @ ..] if awaits_key && key.starts_with(b"-----BEGIN") => {
                wire.send(&encrypted(password, &nonce, key)?).await?;
                awaits_key = false;
            }
            [0xfe, ref rest @ ..] if !rest.is_empty() => {
                let mut cursor = Cursor(rest);
                let plugin = cursor.until_zero().ok_or_else(not_mysql)?;
                nonce = cursor.0.to_vec();
                let plugin = String::from_utf8_lossy(plugin);
                let answer = first_answer(&plugin, password, &nonce, wire.is_secure())?;
                wire.send(&answer).await?;
                is_caching = plugin == CACHING;
                awaits_key = plugin == SHA256 && answer == [REQUEST_PUBLIC_KEY_OF_SHA256];
            }
            _ => return Err(not_mysql().into()),
        }
    }
    Err(not_mysql().into())
}

/// What the client sends first after the server has named a way of login.
fn first_answer(
    plugin: &str,
    password: &[u8],
    nonce: &[u8],
    is_secure: bool,
) -> Result<Vec<u8>, ProtocolError> {
    match plugin {
        SHA256 if is_secure || password.is_empty() => Ok([password, &[0]].concat()),
        SHA256 => Ok(vec![REQUEST_PUBLIC_KEY_OF_SHA256]),
        CLEAR if is_secure => Ok([password, &[0]].concat()),
        CLEAR => Err(ProtocolError::ClearPassword),
        other => prove(other, password, nonce),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A greeting of MariaDB 10.11.
    fn greeting() -> Vec<u8> {
        let mut packet = vec![10];
        packet.extend_from_slice(b"5.5.5-10.11.19-MariaDB\0");
        packet.extend_from_slice(&[7, 0, 0, 0]);
        packet.extend_from_slice(b"12345678\0");
        packet.extend_from_slice(&[0xfe, 0xf7, 45, 2, 0, 0xff, 0x81, 21]);
        packet.extend_from_slice(&[0; 10]);
        packet.extend_from_slice(b"abcdefghijkl\0");
        packet.extend_from_slice(b"mysql_native_password\0");
        packet
    }

    #[test]
    fn greetings_are_read() {
        let read = Greeting::read(&greeting()).unwrap();
        assert_eq!(read.nonce, b"12345678abcdefghijkl");
        assert_eq!(read.plugin, NATIVE);
        assert!(!read.offers_tls());
        for end in 0..greeting().len() - 22 {
            assert!(Greeting::read(&greeting()[..end]).is_none(), "{end}");
        }
    }
}
