//! What a server says of itself: a line of an agent, of a file, or of a program. What the words mean is the core's business.
//! An agent says its line to whoever connects, after it was sent something where that is defined (HAProxy's agent protocol);
//! it may close the connection or leave it open.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;

use director_core::model::AdviceSource;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::advice_error::{AdviceError, LONGEST};
use super::command;
use super::error::ProbeError;
use super::settings::ProbeSettings;
use super::stream;
use crate::blocking::BlockingPool;
use crate::regular_file;

/// Reads files that hold weights. On a file server that hangs they keep their threads.
static WEIGHT_FILES: BlockingPool = BlockingPool::new("weight-file", 64);

/// Asks; the first line comes back.
pub(super) async fn ask(
    peer: SocketAddr,
    source: &AdviceSource,
    settings: &ProbeSettings,
) -> Result<String, ProbeError> {
    let said = match source {
        AdviceSource::Agent { send } => agent(peer, send, settings).await?,
        AdviceSource::File { path } => {
            let file = PathBuf::from(path);
            let read = move || regular_file::read(&file, LONGEST as u64);
            let read = WEIGHT_FILES.run(read).await.flatten();
            read.map_err(|source| match source.kind() {
                ErrorKind::FileTooLarge => AdviceError::TooLong,
                _ => AdviceError::Unreadable {
                    path: path.clone(),
                    source,
                },
            })?
        }
        AdviceSource::Command(question) => {
            command::last_line(question, settings).await?.into_bytes()
        }
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
