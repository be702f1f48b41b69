//! What a server says of itself: a line of an agent, of a file, or of a program. What the words mean is the core's business.
//! An agent says its line to whoever connects, after it was sent something where that is defined (HAProxy's agent protocol);
//! it may close the connection or leave it open.

use std::io;
use std::net::SocketAddr;

use director_core::model::AdviceSource;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::advice_error::{AdviceError, LONGEST};
use super::command;
use super::error::ProbeError;
use super::settings::ProbeSettings;
use super::stream;

/// Asks; the first line comes back.
pub(super) async fn ask(
    peer: SocketAddr,
    source: &AdviceSource,
    settings: &ProbeSettings,
) -> Result<String, ProbeError> {
    let said = match source {
        AdviceSource::Agent { send } => agent(peer, send, settings).await?,
        AdviceSource::File { path } => {
            start_of(path)
                .await
                .map_err(|source| AdviceError::Unreadable {
                    path: path.clone(),
                    source,
                })?
        }
        AdviceSource::Command(question) => command::last_line(question).await?.into_bytes(),
    };
    if said.len() > LONGEST {
        return Err(AdviceError::TooLong.into());
    }
    let text = String::from_utf8_lossy(&said);
    let mut lines = text.split(['\r', '\n', '\0']).map(str::trim);
    match lines.next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(line.to_owned()),
        None => Err(AdviceError::Silence.into()),
    }
}

/// What stands in a file, up to a byte more than a line may have.
async fn start_of(path: &str) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    let file = File::open(path).await?;
    let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    file.take(limit + 1).read_to_end(&mut start).await?;
    Ok(start)
}

async fn agent(
    peer: SocketAddr,
    send: &str,
    settings: &ProbeSettings,
) -> Result<Vec<u8>, ProbeError> {
    let mut stream = stream::open(peer, None, settings).await?;
    stream
        .write_all(send.as_bytes())
        .await
        .map_err(ProbeError::of_connection)?;
    let mut said = Vec::new();
    let mut buffer = [0; 1024];
    while said.len() <= LONGEST && !said.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        match stream.read(&mut buffer).await {
            Ok(0) => break,
            Ok(length) => said.extend_from_slice(&buffer[..length]),
            Err(error) => return Err(ProbeError::of_connection(error)),
        }
    }
    Ok(said)
}
