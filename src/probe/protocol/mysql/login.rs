//! The login: greeting, TLS where it is wanted, and the two ways of proving a password that servers use by default,
//! `mysql_native_password` and `caching_sha2_password`.

use director_core::model::SqlCheck;
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

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

const NATIVE: &str = "mysql_native_password";
const CACHING: &str = "caching_sha2_password";

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

    /// Servers that keep passwords the new way take a new client's password only where nobody listens.
    fn wants_tls(&self) -> bool {
        self.offers_tls() && self.plugin == CACHING
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
    if check.tls.is_some() && !greeting.offers_tls() {
        return Err(ProtocolError::NoTls.into());
    }
    if check.tls.is_some() || greeting.wants_tls() {
        capabilities |= SSL;
        wire = secure(wire, capabilities, peer, check).await?;
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
    finish(&mut wire, password).await?;
    Ok(wire)
}

async fn secure(
    mut wire: Wire,
    capabilities: u32,
    peer: Peer<'_>,
    check: &SqlCheck,
) -> Result<Wire, ProbeError> {
    wire.send(&preamble(capabilities)).await?;
    let (stream, number) = wire.into_parts();
    let tls = peer.tls_wish(check.tls.as_ref());
    let stream = stream::upgrade(stream, &tls, peer.settings).await?;
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

/// Answers what the server asks until it says yes.
async fn finish(wire: &mut Wire, password: &[u8]) -> Result<(), ProbeError> {
    for _ in 0..STEPS {
        let packet = wire.receive().await?;
        match packet[..] {
            [0, ..] => return Ok(()),
            [1, 3] => {}
            [1, 4] if wire.is_secure() => {
                wire.send(&[password, &[0]].concat()).await?;
            }
            [1, 4] => {
                let way = format!("{CACHING} without TLS");
                return Err(ProtocolError::UnknownLogin(way).into());
            }
            [0xfe, ref rest @ ..] if !rest.is_empty() => {
                let mut cursor = Cursor(rest);
                let plugin = cursor.until_zero().ok_or_else(not_mysql)?;
                let nonce = cursor.0.strip_suffix(&[0]).unwrap_or(cursor.0);
                let proof = prove(&String::from_utf8_lossy(plugin), password, nonce)?;
                wire.send(&proof).await?;
            }
            _ => return Err(not_mysql().into()),
        }
    }
    Err(not_mysql().into())
}

fn prove(plugin: &str, password: &[u8], nonce: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    match plugin {
        NATIVE | CACHING if password.is_empty() => Ok(Vec::new()),
        NATIVE => Ok(native(password, nonce)),
        CACHING => Ok(caching(password, nonce)),
        other => Err(ProtocolError::UnknownLogin(other.to_owned())),
    }
}

/// SHA1(password) mixed with SHA1(nonce, SHA1(SHA1(password))).
fn native(password: &[u8], nonce: &[u8]) -> Vec<u8> {
    let hash = |parts: &[&[u8]]| hash(&SHA1_FOR_LEGACY_USE_ONLY, parts);
    let once = hash(&[password]);
    let twice = hash(&[&once]);
    mix(&once, &hash(&[nonce, &twice]))
}

/// SHA256(password) mixed with SHA256(SHA256(SHA256(password)), nonce).
fn caching(password: &[u8], nonce: &[u8]) -> Vec<u8> {
    let hash = |parts: &[&[u8]]| hash(&SHA256, parts);
    let once = hash(&[password]);
    let twice = hash(&[&once]);
    mix(&once, &hash(&[&twice, nonce]))
}

fn hash(algorithm: &'static Algorithm, parts: &[&[u8]]) -> Vec<u8> {
    digest(algorithm, &parts.concat()).as_ref().to_vec()
}

fn mix(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter()
        .zip(right)
        .map(|(left, right)| left ^ right)
        .collect()
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

    #[test]
    fn an_empty_password_is_proven_by_nothing() {
        assert_eq!(prove(NATIVE, b"", b"nonce").unwrap(), b"");
        assert_eq!(prove(CACHING, b"", b"nonce").unwrap(), b"");
        assert!(prove("client_ed25519", b"", b"nonce").is_err());
    }

    /// What a server computes: it knows the password hashed twice, and takes the hash of the proof back out.
    #[test]
    fn the_proofs_convince_a_server_that_knows_the_double_hash() {
        let nonce = b"12345678abcdefghijkl";
        for (algorithm, proof, nonce_first) in [
            (&SHA1_FOR_LEGACY_USE_ONLY, native(b"secret", nonce), true),
            (&SHA256, caching(b"secret", nonce), false),
        ] {
            let stored = hash(algorithm, &[&hash(algorithm, &[b"secret"])]);
            let key = if nonce_first {
                hash(algorithm, &[nonce, &stored])
            } else {
                hash(algorithm, &[&stored, nonce])
            };
            assert_eq!(hash(algorithm, &[&mix(&proof, &key)]), stored);
        }
    }
}
