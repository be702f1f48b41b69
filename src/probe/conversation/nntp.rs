//! NNTP (RFC 3977): the greeting is of the 2xx kind. Uses `receive` on the greeting, and `tls`.

use super::dialogue::Dialogue;
use super::{ConversationError, Inquiry};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

pub(super) async fn ask(inquiry: Inquiry<'_>) -> Result<String, ProbeError> {
    let mut talk = Dialogue::open(inquiry).await?;
    let greeting = talk.line("greeting").await?;
    if !greeting.starts_with('2') {
        return Err(ConversationError::Unexpected {
            what: "greeting",
            said: greeting,
            expected: "2xx",
        }
        .into());
    }
    inquiry.expect(greeting.as_bytes())?;
    talk.leave("QUIT").await;
    Ok(Short(&greeting).to_string())
}
