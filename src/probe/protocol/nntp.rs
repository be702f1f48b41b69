//! NNTP (RFC 3977): the greeting is of the 2xx kind. Uses `receive` on the greeting, and `tls`.

use director_core::model::GreetingCheck;

use super::lines::LineConnection;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

pub(super) async fn ask(peer: Peer<'_>, check: &GreetingCheck) -> Result<String, ProbeError> {
    let mut talk = LineConnection::open(peer, check.tls.as_ref()).await?;
    // Without a text to look for the first byte decides, whether or not the line has an end.
    let greeting = match &check.receive {
        Some(_) => talk.line("greeting").await?,
        None => talk.start("greeting").await?,
    };
    if !greeting.starts_with('2') {
        return Err(ProtocolError::Unexpected {
            what: "greeting",
            said: greeting,
            expected: "2xx",
        }
        .into());
    }
    peer.expect(check.receive.as_ref(), greeting.as_bytes())
        .await?;
    talk.leave("QUIT").await;
    Ok(Short(&greeting).to_string())
}
