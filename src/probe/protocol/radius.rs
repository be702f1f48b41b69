//! RADIUS (RFC 2865): an Access-Request for `login` and `password`, made with `secret`, is answered with Access-Accept.
//! Requests carry a Message-Authenticator (RFC 3579), without which hardened servers drop them; answers are verified.

use std::net::{IpAddr, SocketAddr};

use director_core::model::RadiusCheck;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

use super::udp::Datagrams;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::random;

const ACCESS_REQUEST: u8 = 1;
const ACCESS_ACCEPT: u8 = 2;

const USER_NAME: u8 = 1;
const USER_PASSWORD: u8 = 2;
const NAS_IP_ADDRESS: u8 = 4;
const MESSAGE_AUTHENTICATOR: u8 = 80;
const NAS_IPV6_ADDRESS: u8 = 95;

/// Code, identifier, length and authenticator.
const HEADER: usize = 20;

/// A hidden password has at most so many bytes.
const PASSWORD_LIMIT: usize = 128;

/// An attribute has room for so many.
const VALUE_LIMIT: usize = 253;

pub(super) async fn ask(peer: Peer<'_>, check: &RadiusCheck) -> Result<String, ProbeError> {
    let secret = check.secret.as_ref();
    let secret = secret.map_or("", |secret| secret.reveal());
    if secret.is_empty() {
        return Err(missing("a secret"));
    }
    let login = check
        .credentials
        .login()
        .ok_or_else(|| missing("a login"))?;
    let datagrams = Datagrams::open(peer.address, peer.settings)?;
    let request = Request::new(login, check.credentials.password(), secret, datagrams.local)?;
    datagrams
        .ask(&request.packet, |answer| request.judge(answer))
        .await
}

fn missing(what: &'static str) -> ProbeError {
    let protocol = "RADIUS";
    ProtocolError::Missing { protocol, what }.into()
}

/// One Access-Request.
struct Request<'a> {
    packet: Vec<u8>,
    authenticator: [u8; 16],
    secret: &'a [u8],
}

impl<'a> Request<'a> {
    fn new(
        login: &str,
        password: &str,
        secret: &'a str,
        local: SocketAddr,
    ) -> Result<Self, ProtocolError> {
        let [identifier] = random::bytes::<1>()?;
        Self::with(
            identifier,
            random::bytes()?,
            login,
            password,
            secret.as_bytes(),
            local.ip(),
        )
    }

    fn with(
        identifier: u8,
        authenticator: [u8; 16],
        login: &str,
        password: &str,
        secret: &'a [u8],
        own: IpAddr,
    ) -> Result<Self, ProtocolError> {
        let hidden = hide(password.as_bytes(), secret, &authenticator)?;
        let mut attributes = Vec::new();
        // First, as RFC 5997 and the hardened servers want it; its value is filled in when all the rest is there.
        push(&mut attributes, MESSAGE_AUTHENTICATOR, &[0; 16], "packet")?;
        push(&mut attributes, USER_NAME, login.as_bytes(), "login")?;
        push(&mut attributes, USER_PASSWORD, &hidden, "password")?;
        match own {
            IpAddr::V4(own) => push(&mut attributes, NAS_IP_ADDRESS, &own.octets(), "address")?,
            IpAddr::V6(own) => push(&mut attributes, NAS_IPV6_ADDRESS, &own.octets(), "address")?,
        }
        let length = u16::try_from(HEADER + attributes.len()).unwrap_or(u16::MAX);
        let mut packet = vec![ACCESS_REQUEST, identifier];
        packet.extend_from_slice(&length.to_be_bytes());
        packet.extend_from_slice(&authenticator);
        packet.extend_from_slice(&attributes);
        let signature = sign(&packet, secret);
        packet[HEADER + 2..HEADER + 18].copy_from_slice(&signature);
        Ok(Self {
            packet,
            authenticator,
            secret,
        })
    }

    /// Judges a datagram; nothing when it answers another request.
    fn judge(&self, answer: &[u8]) -> Option<Result<String, ProbeError>> {
        let stated = answer.get(2..4).and_then(|length| length.try_into().ok());
        let length = usize::from(u16::from_be_bytes(stated.unwrap_or_default()));
        if length < HEADER || length > answer.len() {
            return Some(Err(ProtocolError::NotSpoken("RADIUS").into()));
        }
        let answer = &answer[..length];
        if answer[1] != self.packet[1] {
            return None;
        }
        Some(self.judge_answer(answer).map_err(Into::into))
    }

    fn judge_answer(&self, answer: &[u8]) -> Result<String, ProtocolError> {
        if !self.is_signed(answer) {
            return Err(ProtocolError::NotSigned);
        }
        let code = answer[0];
        if code == ACCESS_ACCEPT {
            return Ok("Access-Accept".to_owned());
        }
        let said = match code {
            3 => "Access-Reject".to_owned(),
            11 => "Access-Challenge".to_owned(),
            other => format!("code {other}"),
        };
        Err(ProtocolError::Unexpected {
            what: "answer",
            said,
            expected: "Access-Accept",
        })
    }

    /// RFC 2865, 3: the authenticator of an answer is made of the answer, the request's authenticator and the secret. RFC
    /// 3579, 3.2: so is the Message-Authenticator, where there is one.
    fn is_signed(&self, answer: &[u8]) -> bool {
        let digest = Md5::new()
            .chain_update(&answer[..4])
            .chain_update(self.authenticator)
            .chain_update(&answer[HEADER..])
            .chain_update(self.secret)
            .finalize();
        if digest[..] != answer[4..HEADER] {
            return false;
        }
        let Some(at) = find(answer, MESSAGE_AUTHENTICATOR) else {
            return true;
        };
        let Some(found) = answer.get(at + 2..at + 18) else {
            return false;
        };
        let mut unsigned = answer.to_vec();
        unsigned[4..HEADER].copy_from_slice(&self.authenticator);
        unsigned[at + 2..at + 18].fill(0);
        sign(&unsigned, self.secret) == found
    }
}

fn push(
    attributes: &mut Vec<u8>,
    kind: u8,
    value: &[u8],
    what: &'static str,
) -> Result<(), ProtocolError> {
    let limit = VALUE_LIMIT;
    if value.len() > limit {
        return Err(ProtocolError::NoRoom { what, limit });
    }
    let length = u8::try_from(value.len() + 2).unwrap_or(u8::MAX);
    attributes.extend_from_slice(&[kind, length]);
    attributes.extend_from_slice(value);
    Ok(())
}

/// Where the first attribute of a kind stands.
fn find(packet: &[u8], kind: u8) -> Option<usize> {
    let mut at = HEADER;
    while let [found, length, ..] = packet.get(at..)? {
        if *found == kind {
            return Some(at);
        }
        at += usize::from(*length).max(2);
    }
    None
}

/// RFC 2865, 5.2: each block of 16 bytes is mixed with a digest of the secret and the block before it.
fn hide(
    password: &[u8],
    secret: &[u8],
    authenticator: &[u8; 16],
) -> Result<Vec<u8>, ProtocolError> {
    let limit = PASSWORD_LIMIT;
    if password.len() > limit {
        let what = "password";
        return Err(ProtocolError::NoRoom { what, limit });
    }
    let mut hidden = password.to_vec();
    hidden.resize(password.len().div_ceil(16).max(1) * 16, 0);
    let mut before = authenticator.to_vec();
    for block in hidden.chunks_mut(16) {
        let key = Md5::new()
            .chain_update(secret)
            .chain_update(&before)
            .finalize();
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        before = block.to_vec();
    }
    Ok(hidden)
}

fn sign(packet: &[u8], secret: &[u8]) -> [u8; 16] {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(secret) else {
        return [0; 16];
    };
    mac.update(packet);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2865, 7.1: the request for nemo's telnet session.
    const AUTHENTICATOR: [u8; 16] = [
        0x0f, 0x40, 0x3f, 0x94, 0x73, 0x97, 0x80, 0x57, 0xbd, 0x83, 0xd5, 0xcb, 0x98, 0xf4, 0x22,
        0x7a,
    ];
    const SECRET: &[u8] = b"xyzzy5461";

    fn request() -> Request<'static> {
        let own = "192.168.1.16".parse().unwrap();
        Request::with(0, AUTHENTICATOR, "nemo", "arctangent", SECRET, own).unwrap()
    }

    #[test]
    fn the_password_of_the_rfc_is_hidden_as_there() {
        let hidden = hide(b"arctangent", SECRET, &AUTHENTICATOR).unwrap();
        assert_eq!(
            hidden,
            [
                0x0d, 0xbe, 0x70, 0x8d, 0x93, 0xd4, 0x13, 0xce, 0x31, 0x96, 0xe4, 0x3f, 0x78, 0x2a,
                0x0a, 0xee
            ]
        );
    }

    #[test]
    fn the_answer_of_the_rfc_is_accepted() {
        let answer = [
            0x02, 0x00, 0x00, 0x26, 0x86, 0xfe, 0x22, 0x0e, 0x76, 0x24, 0xba, 0x2a, 0x10, 0x05,
            0xf6, 0xbf, 0x9b, 0x55, 0xe0, 0xb2, 0x06, 0x06, 0x00, 0x00, 0x00, 0x01, 0x0f, 0x06,
            0x00, 0x00, 0x00, 0x00, 0x0e, 0x06, 0xc0, 0xa8, 0x01, 0x03,
        ];
        let verdict = request().judge(&answer).unwrap();
        assert_eq!(verdict.unwrap(), "Access-Accept");
        let mut forged = answer;
        forged[37] ^= 1;
        let verdict = request().judge(&forged).unwrap();
        assert_eq!(
            verdict.unwrap_err().to_string(),
            "the answer is not signed with the secret"
        );
    }

    #[test]
    fn requests_carry_a_valid_message_authenticator() {
        let mut packet = request().packet;
        let at = find(&packet, MESSAGE_AUTHENTICATOR).unwrap();
        let found = packet[at + 2..at + 18].to_vec();
        packet[at + 2..at + 18].fill(0);
        assert_eq!(sign(&packet, SECRET)[..], found);
        let stated = u16::from_be_bytes([packet[2], packet[3]]);
        assert_eq!(usize::from(stated), packet.len());
    }

    #[test]
    fn broken_answers_are_no_radius_and_never_a_panic() {
        for length in 0..40_u8 {
            let mut answer = vec![0xff; usize::from(length)];
            if let Some(stated) = answer.get_mut(2..4) {
                stated.copy_from_slice(&[0, length]);
            }
            if let Some(identifier) = answer.get_mut(1) {
                *identifier = 0;
            }
            assert!(request().judge(&answer).unwrap().is_err());
        }
    }
}
