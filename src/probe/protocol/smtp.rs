//! SMTP and message submission (RFC 5321): the greeting, and an answer to EHLO or, where that is unknown, to HELO, are of
//! the 2xx kind. Uses `receive` on the greeting, `tls`, and `starttls` (RFC 3207).

use director_core::model::GreetingCheck;

use super::lines::{LineConnection, Reply};
use super::peer::starttls;
use super::{Peer, ProtocolError};
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
    let hello = say_hello(&mut talk).await?;
    if let Some(tls) = starttls(check.tls.as_ref()) {
        if !offers_starttls(&hello) {
            return Err(ProtocolError::NoStartTls.into());
        }
        talk.say("STARTTLS").await?;
        talk.reply("answer to STARTTLS").await?.expect(2, "2xx")?;
        talk = talk.secure(peer, tls).await?;
        say_hello(&mut talk).await?;
    }
    talk.leave("QUIT").await;
    Ok(Short(greeting.first_line()).to_string())
}

async fn say_hello(talk: &mut LineConnection) -> Result<Reply, ProbeError> {
    talk.say(&format!("EHLO {OWN_NAME}")).await?;
    let mut hello = talk.reply("answer to EHLO").await?;
    if hello.class() == 5 {
        talk.say(&format!("HELO {OWN_NAME}")).await?;
        hello = talk.reply("answer to HELO").await?;
    }
    hello.expect(2, "2xx")?;
    Ok(hello)
}

/// The lines of an answer to EHLO name what the server can do, each behind the digits.
fn offers_starttls(hello: &Reply) -> bool {
    let mut words = hello.text.lines().filter_map(|line| line.get(4..));
    words.any(|words| words.trim().eq_ignore_ascii_case("STARTTLS"))
}
