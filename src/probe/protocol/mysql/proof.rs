//! Proofs of a password, as the server's ways of login want them.

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use ring::digest::{self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY, digest};
use sha2::{Digest, Sha512};

use super::wire::not_mysql;
use crate::probe::protocol::ProtocolError;

pub(super) const NATIVE: &str = "mysql_native_password";
pub(super) const CACHING: &str = "caching_sha2_password";
/// The server reads the password itself: over TLS, or encrypted for its public key.
pub(super) const SHA256: &str = "sha256_password";
/// The server reads the password itself, for PAM or LDAP behind it.
pub(super) const CLEAR: &str = "mysql_clear_password";
const ED25519: &str = "client_ed25519";

/// Bytes of a nonce; a zero byte follows them.
const NONCE: usize = 20;
/// Bytes of a nonce for a signature.
const LONG_NONCE: usize = 32;

/// The proof that the server's way of login wants. `nonce` is what the server sent for it, which may end in a zero byte.
pub(super) fn prove(plugin: &str, password: &[u8], nonce: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    let short = nonce.get(..NONCE).unwrap_or(nonce);
    match plugin {
        NATIVE | CACHING if password.is_empty() => Ok(Vec::new()),
        NATIVE => Ok(native(password, short)),
        CACHING => Ok(caching(password, short)),
        ED25519 => Ok(ed25519(password, nonce)),
        other => Err(ProtocolError::UnknownLogin(other.to_owned())),
    }
}

/// A signature under the nonce. The server knows the public key. The secret key is the password hashed, as MariaDB's
/// `auth_ed25519` has it: SHA512(password) in the place of the hash of a random seed (RFC 8032, 5.1.5).
fn ed25519(password: &[u8], nonce: &[u8]) -> Vec<u8> {
    let key = ExpandedSecretKey::from_bytes(&Sha512::digest(password).into());
    let public = VerifyingKey::from(&key);
    let nonce = nonce.get(..LONG_NONCE).unwrap_or(nonce);
    raw_sign::<Sha512>(&key, nonce, &public).to_bytes().to_vec()
}

/// The password for a server that does not know it yet and can decrypt it: with a zero byte behind it, mixed with the nonce,
/// and encrypted for the server's public key.
pub(super) fn encrypted(
    password: &[u8],
    nonce: &[u8],
    key: &[u8],
) -> Result<Vec<u8>, ProtocolError> {
    let nonce = nonce.get(..NONCE).filter(|nonce| !nonce.is_empty());
    let nonce = nonce.ok_or_else(not_mysql)?;
    let plain: Vec<u8> = (password.iter().chain(&[0]))
        .zip(nonce.iter().cycle())
        .map(|(byte, nonce)| byte ^ nonce)
        .collect();
    let encrypt = || {
        // OpenSSL reads a passphrase from the terminal where a key in PEM says that it needs one.
        let key = PKey::public_key_from_pem_callback(key, |_| Err(ErrorStack::get()))?;
        let mut encrypter = Encrypter::new(&key)?;
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        let mut bytes = vec![0; encrypter.encrypt_len(&plain)?];
        let length = encrypter.encrypt(&plain, &mut bytes)?;
        bytes.truncate(length);
        Ok::<_, ErrorStack>(bytes)
    };
    encrypt().map_err(|_| ProtocolError::NoKey)
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
    let hash = |parts: &[&[u8]]| hash(&digest::SHA256, parts);
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
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD_NO_PAD;
    use ed25519_dalek::Signature;
    use openssl::rsa::Rsa;

    use super::*;

    #[test]
    fn an_empty_password_is_proven_by_nothing() {
        assert_eq!(prove(NATIVE, b"", b"nonce").unwrap(), b"");
        assert_eq!(prove(CACHING, b"", b"nonce").unwrap(), b"");
        assert!(prove("auth_gssapi_client", b"", b"nonce").is_err());
    }

    /// What a server computes: it knows the password hashed twice, and takes the hash of the proof back out.
    #[test]
    fn the_proofs_convince_a_server_that_knows_the_double_hash() {
        let nonce = b"12345678abcdefghijkl";
        for (algorithm, proof, nonce_first) in [
            (&SHA1_FOR_LEGACY_USE_ONLY, native(b"secret", nonce), true),
            (&digest::SHA256, caching(b"secret", nonce), false),
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

    /// What MariaDB stores for the password `secret` (its documentation of `ed25519_password`).
    #[test]
    fn a_signature_fits_the_public_key_that_the_server_stores() {
        let stored = BASE64_STANDARD_NO_PAD
            .decode("ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY")
            .unwrap();
        let public = VerifyingKey::from_bytes(&stored.try_into().unwrap()).unwrap();
        // A nonce is any bytes, a zero at its end included.
        let nonce = [[7; 31].as_slice(), &[0]].concat();
        let proof = prove("client_ed25519", b"secret", &nonce).unwrap();
        let signature = Signature::from_slice(&proof).unwrap();
        assert!(public.verify_strict(&nonce, &signature).is_ok());
        let other = prove("client_ed25519", b"other", &nonce).unwrap();
        assert!(
            public
                .verify_strict(&nonce, &Signature::from_slice(&other).unwrap())
                .is_err()
        );
    }

    #[test]
    fn a_server_reads_the_password_with_its_private_key() {
        let key = Rsa::generate(2048).unwrap();
        let public = key.public_key_to_pem().unwrap();
        let nonce = b"12345678abcdefghijkl";
        let sent = encrypted(b"secret of more than twenty bytes", nonce, &public).unwrap();
        let mut plain = vec![0; 256];
        let length = key
            .private_decrypt(&sent, &mut plain, Padding::PKCS1_OAEP)
            .unwrap();
        let mixed = nonce
            .iter()
            .cycle()
            .zip(&plain[..length])
            .map(|(nonce, byte)| nonce ^ byte);
        assert_eq!(
            mixed.collect::<Vec<u8>>(),
            b"secret of more than twenty bytes\0"
        );
        assert!(encrypted(b"secret", nonce, b"no key").is_err());
        assert!(encrypted(b"secret", b"", &public).is_err());
    }
}
