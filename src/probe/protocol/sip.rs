//! SIP (RFC 3261): OPTIONS is answered with status 200; provisional answers are waited out. Uses `login` as the address
//! that is asked, `receive` on the final answer, `transport` and `tls`.

use std::net::SocketAddr;

use director_core::model::{Protocol, SipCheck};

use super::lines::{LineConnection, REPLY_LIMIT, one_line};
use super::udp::Datagrams;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::random;
use crate::probe::words::Short;

/// Headers of an answer at most.
const HEADERS: usize = 200;

/// Answers that are not the final one, at most.
const PROVISIONAL: usize = 100;

pub(super) async fn ask(peer: Peer<'_>, check: &SipCheck) -> Result<String, ProbeError> {
    if let Some(address) = login(check) {
        one_line(address, "login")?;
    }
    if check.transport == Protocol::Udp && check.tls.is_none() {
        let datagrams = Datagrams::open(peer.address, peer.settings)?;
        let options = Options::new(check, "UDP", datagrams.local)?;
        let mut provisional = 0;
        let answer = datagrams
            .ask(options.text.as_bytes(), |answer| {
                provisional += 1;
                let answer = String::from_utf8_lossy(answer).into_owned();
                let answer = options.final_answer(answer);
                let too_many = || (provisional > PROVISIONAL).then(|| Err(no_final_answer()));
                answer.or_else(too_many)
            })
            .await?;
        return good_answer(peer, check, &answer).await;
    }
    ask_by_stream(peer, check).await
}

async fn ask_by_stream(peer: Peer<'_>, check: &SipCheck) -> Result<String, ProbeError> {
    let mut talk = LineConnection::open(peer, check.tls.as_ref()).await?;
    let stream = talk.stream();
    let transport = if stream.is_secure() { "TLS" } else { "TCP" };
    let local = stream.local_addr().map_err(ProbeError::CannotAsk)?;
    let options = Options::new(check, transport, local)?;
    talk.send(options.text.as_bytes()).await?;
    for _ in 0..=PROVISIONAL {
        let head = read_head(&mut talk).await?;
        if let Some(answer) = options.final_answer(head) {
            return good_answer(peer, check, &answer?).await;
        }
    }
    Err(no_final_answer())
}

fn no_final_answer() -> ProbeError {
    ProtocolError::TooManyInterim(PROVISIONAL).into()
}

/// Reads status line and headers up to the empty line that ends them. The end of the connection ends them too.
async fn read_head(talk: &mut LineConnection) -> Result<String, ProbeError> {
    let mut head = talk.line("answer to OPTIONS").await?;
    for _ in 0..HEADERS {
        let line = match talk.line("headers of the answer").await {
            Err(ProbeError::Protocol(ProtocolError::Closed(_))) => return Ok(head),
            line => line?,
        };
        if line.is_empty() {
            return Ok(head);
        }
        head.push('\n');
        head.push_str(&line);
        if head.len() > REPLY_LIMIT {
            break;
        }
    }
    Err(ProtocolError::TooLong {
        what: "answer to OPTIONS",
        limit: head.len(),
    }
    .into())
}

async fn good_answer(peer: Peer<'_>, check: &SipCheck, answer: &str) -> Result<String, ProbeError> {
    peer.expect(check.receive.as_ref(), answer.as_bytes())
        .await?;
    Ok(Short(answer.lines().next().unwrap_or_default()).to_string())
}

/// One OPTIONS request.
struct Options {
    text: String,
    call: String,
}

impl Options {
    fn new(check: &SipCheck, transport: &str, local: SocketAddr) -> Result<Self, ProtocolError> {
        let own = format!("ipvsd@{}", host(local));
        let user = login(check).unwrap_or(&own);
        // RFC 3261, 8.1.1.7: a branch of this RFC begins with these letters.
        let branch = format!("z9hG4bK{}", random::hex::<8>()?);
        let tag = random::hex::<4>()?;
        let call = random::hex::<8>()?;
        let text = [
            format!("OPTIONS sip:{user} SIP/2.0"),
            format!("Via: SIP/2.0/{transport} {local};branch={branch};rport"),
            "Max-Forwards: 70".to_owned(),
            format!("To: <sip:{user}>"),
            format!("From: <sip:{user}>;tag={tag}"),
            format!("Call-ID: {call}"),
            "CSeq: 1 OPTIONS".to_owned(),
            format!("Contact: <sip:{user}>"),
            "Accept: application/sdp".to_owned(),
            "Content-Length: 0".to_owned(),
            String::new(),
            String::new(),
        ]
        .join("\r\n");
        Ok(Self { text, call })
    }

    /// The answer, if it is good so far; nothing when it is not the final one, or belongs to another request.
    fn final_answer(&self, answer: String) -> Option<Result<String, ProbeError>> {
        let status = answer.lines().next().unwrap_or_default();
        let code = status
            .strip_prefix("SIP/2.0 ")
            .and_then(|rest| rest.get(..3));
        let Some(code) = code else {
            return Some(Err(unexpected(status)));
        };
        if code.starts_with('1') || !self.is_ours(&answer) {
            return None;
        }
        if code != "200" {
            return Some(Err(unexpected(status)));
        }
        Some(Ok(answer))
    }

    /// Whether the answer has our Call-ID, in its long or compact form, or none at all.
    fn is_ours(&self, answer: &str) -> bool {
        let mut calls = answer.lines().filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            let name = name.trim();
            let is_call = name.eq_ignore_ascii_case("call-id") || name.eq_ignore_ascii_case("i");
            is_call
                .then(|| value.trim())
                .filter(|call| !call.is_empty())
        });
        calls.next().is_none_or(|call| call == self.call)
    }
}

fn login(check: &SipCheck) -> Option<&str> {
    check.login.as_deref().filter(|login| !login.is_empty())
}

fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

fn unexpected(status: &str) -> ProbeError {
    ProtocolError::Unexpected {
        what: "answer to OPTIONS",
        said: status.to_owned(),
        expected: "SIP/2.0 200",
    }
    .into()
}
