//! SMTP and message submission (RFC 5321): the greeting, and an answer to EHLO or, where that is unknown, to HELO, are of
//! the 2xx kind. Uses `receive` on the greeting, and `tls`.

use director_core::model::GreetingCheck;

use super::Peer;
use super::lines::LineConnection;
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

/// The name we give: whoever we say we are, nothing is delivered.
const OWN_NAME: &str = "localhost.localdomain";

pub(super) async fn ask(peer: Peer<'_>, check: &GreetingCheck) -> Result<String, ProbeError> {
    let mut talk = LineConnection::open(peer, check.tls.as_ref()).await?;
    let greeting = talk.reply("greeting").await?;
    greeting.expect(2, "2xx")?;
    peer.expect(check.receive.as_ref(), greeting.text.as_bytes())
        .await?;
    talk.say(&format!("EHLO {OWN_NAME}")).await?;
    let mut hello = talk.reply("answer to EHLO").await?;
    if hello.class() == 5 {
        talk.say(&format!("HELO {OWN_NAME}")).await?;
        hello = talk.reply("answer to HELO").await?;
    }
    hello.expect(2, "2xx")?;
    talk.leave("QUIT").await;
    Ok(Short(greeting.first_line()).to_string())
}
