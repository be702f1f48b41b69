//! LDAP (RFC 4511): a simple bind, with `login` and `password` when both are given, and a search of the one entry in
//! `request`, whose name `receive` must be found in. Nothing of the entry but its name is asked for. Uses `tls` (ldaps)
//! and `starttls`.

use director_core::model::{LdapCheck, TlsCheck};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::ber::{BOOLEAN, ENUMERATED, INTEGER, LONGEST, OCTETS, SEQUENCE, nested, take, value};
use super::peer::starttls;
use super::{Peer, ProtocolError, ber};
use crate::probe::error::ProbeError;
use crate::probe::stream::{self, Stream};
use crate::probe::words::Short;

/// Messages that a search may be answered with.
const ANSWERS: usize = 1000;

const BIND: u8 = 0x60;
const BOUND: u8 = 0x61;
const UNBIND: u8 = 0x42;
const SEARCH: u8 = 0x63;
const ENTRY: u8 = 0x64;
const SEARCHED: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const EXTENDED: u8 = 0x77;
/// An extended response: what a server sends unasked is one too.
const EXTENDED_ANSWER: u8 = 0x78;
/// The name of an extended request.
const REQUEST_NAME: u8 = 0x80;
/// RFC 4511, 4.14.1.
const STARTTLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
const INTERMEDIATE: u8 = 0x79;
/// The choice of a simple bind.
const SIMPLE: u8 = 0x80;
/// The filter that asks whether an attribute is there.
const PRESENT: u8 = 0x87;
/// Aliases are followed while the base is found, as ldirectord does.
const DEREFERENCE_BASE: u8 = 2;

pub(super) async fn ask(peer: Peer<'_>, check: &LdapCheck) -> Result<String, ProbeError> {
    let request = check.request.as_deref().unwrap_or_default();
    // ldirectord puts a slash before every request, and no distinguished name begins with one.
    let base = request.strip_prefix('/').unwrap_or(request);
    let mut talk = Talk {
        stream: peer.connect(check.tls.as_ref()).await?,
        last: 0,
    };
    if let Some(tls) = starttls(check.tls.as_ref()) {
        talk = talk.secure(peer, tls).await?;
    }
    let password = check.credentials.password();
    let login = check.credentials.login().filter(|_| !password.is_empty());
    talk.bind(login.unwrap_or_default(), login.map_or("", |_| password))
        .await?;
    let (found, name) = talk.search(base).await?;
    if found != 1 {
        let base = base.to_owned();
        return Err(ProtocolError::Entries { found, base }.into());
    }
    peer.expect(check.receive.as_ref(), name.as_bytes()).await?;
    talk.unbind().await;
    Ok(match name.as_str() {
        "" => "bound, root entry found".to_owned(),
        name => Short(name).to_string(),
    })
}

/// A connection and the number of the last request on it.
struct Talk {
    stream: Stream,
    last: u8,
}

impl Talk {
    /// Changes to TLS (RFC 4511, 4.14). Nothing is read ahead, so no byte from before the handshake counts after it.
    async fn secure(mut self, peer: Peer<'_>, tls: &TlsCheck) -> Result<Self, ProbeError> {
        self.send(&nested(EXTENDED, &[value(REQUEST_NAME, STARTTLS)]))
            .await?;
        let (tag, content) = self.receive().await?;
        if tag != EXTENDED_ANSWER {
            return Err(not_ldap());
        }
        succeeded("STARTTLS", &content)?;
        let stream = stream::upgrade(self.stream, &peer.tls_wish(tls), peer.settings).await?;
        Ok(Self { stream, ..self })
    }

    async fn bind(&mut self, login: &str, password: &str) -> Result<(), ProbeError> {
        let operation = nested(
            BIND,
            &[
                value(INTEGER, &[3]),
                value(OCTETS, login.as_bytes()),
                value(SIMPLE, password.as_bytes()),
            ],
        );
        self.send(&operation).await?;
        for _ in 0..ANSWERS {
            match self.receive().await? {
                (BOUND, content) => return succeeded("bind", &content),
                // A word to all clients, unless it ends the connection.
                (EXTENDED_ANSWER, content) if succeeded("notice", &content).is_ok() => {}
                _ => break,
            }
        }
        Err(not_ldap())
    }

    /// How many entries are at `base`, and the name of the first one.
    async fn search(&mut self, base: &str) -> Result<(usize, String), ProbeError> {
        let operation = nested(
            SEARCH,
            &[
                value(OCTETS, base.as_bytes()),
                value(ENUMERATED, &[0]),
                value(ENUMERATED, &[DEREFERENCE_BASE]),
                value(INTEGER, &[0]),
                value(INTEGER, &[0]),
                value(BOOLEAN, &[0]),
                value(PRESENT, b"objectClass"),
                // RFC 4511, 4.5.1.8: this asks for no attribute at all.
                nested(SEQUENCE, &[value(OCTETS, b"1.1")]),
            ],
        );
        self.send(&operation).await?;
        let (mut found, mut first) = (0, String::new());
        for _ in 0..ANSWERS {
            let (tag, content) = match self.receive().await {
                // The entry is what counts, and it has come.
                Err(ProbeError::Closed) if found > 0 => return Ok((found, first)),
                message => message?,
            };
            match tag {
                ENTRY => {
                    let name = name_of(&content).ok_or_else(not_ldap)?;
                    if found == 0 {
                        first = name;
                    }
                    found += 1;
                }
                REFERENCE | INTERMEDIATE => {}
                // With an entry the result may be a limit or a referral.
                SEARCHED if found > 0 => return Ok((found, first)),
                SEARCHED => {
                    succeeded("search", &content)?;
                    return Ok((found, first));
                }
                _ => return Err(not_ldap()),
            }
        }
        Err(ProtocolError::TooLong {
            what: "answer to the search",
            limit: ANSWERS,
        }
        .into())
    }

    /// Takes leave; the verdict stands already.
    async fn unbind(mut self) {
        if self.send(&value(UNBIND, &[])).await.is_ok() {
            let _ = self.stream.shutdown().await;
        }
    }

    async fn send(&mut self, operation: &[u8]) -> Result<(), ProbeError> {
        self.last += 1;
        let message = nested(
            SEQUENCE,
            &[value(INTEGER, &[self.last]), operation.to_vec()],
        );
        self.stream
            .write_all(&message)
            .await
            .map_err(ProbeError::of_connection)?;
        self.stream.flush().await.map_err(ProbeError::of_connection)
    }

    /// The operation in the next message: its tag and content. A notice of disconnection, which has number 0, is one too.
    async fn receive(&mut self) -> Result<(u8, Vec<u8>), ProbeError> {
        let message = self.message().await?;
        let operation = || {
            let (SEQUENCE, inside, _) = take(&message)? else {
                return None;
            };
            let (INTEGER, _, rest) = take(inside)? else {
                return None;
            };
            let (tag, content, _) = take(rest)?;
            Some((tag, content.to_vec()))
        };
        operation().ok_or_else(not_ldap)
    }

    async fn message(&mut self) -> Result<Vec<u8>, ProbeError> {
        let mut bytes = Vec::new();
        let (start, length) = loop {
            bytes.push(self.stream.read_u8().await.map_err(ProbeError::of_ending)?);
            if bytes[0] != SEQUENCE {
                return Err(not_ldap());
            }
            if let Some(header) = ber::header(&bytes) {
                break header;
            }
        };
        if length > LONGEST {
            return Err(not_ldap());
        }
        bytes.resize(start + length, 0);
        self.stream
            .read_exact(&mut bytes[start..])
            .await
            .map_err(ProbeError::of_ending)?;
        Ok(bytes)
    }
}

fn not_ldap() -> ProbeError {
    ProtocolError::NotSpoken("LDAP").into()
}

fn name_of(entry: &[u8]) -> Option<String> {
    let (OCTETS, name, _) = take(entry)? else {
        return None;
    };
    Some(String::from_utf8_lossy(name).into_owned())
}

/// Fails unless an LDAPResult says success.
fn succeeded(operation: &'static str, result: &[u8]) -> Result<(), ProbeError> {
    let parts = || {
        let (ENUMERATED, code, rest) = take(result)? else {
            return None;
        };
        let (OCTETS, _matched, rest) = take(rest)? else {
            return None;
        };
        let (OCTETS, text, _) = take(rest)? else {
            return None;
        };
        Some((*code.last()?, String::from_utf8_lossy(text).into_owned()))
    };
    match parts().ok_or_else(not_ldap)? {
        (0, _) => Ok(()),
        (code, text) => Err(ProtocolError::LdapRefused {
            operation,
            code,
            text,
        }
        .into()),
    }
}
