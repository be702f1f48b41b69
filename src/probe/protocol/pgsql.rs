//! PostgreSQL: a login and, when `request` holds a query, its first row. TLS is taken where the server offers it, as the
//! standard client does, and required where the question wants it. Uses `login`, `password`, `database`, `request`,
//! `receive` on the values of the first row (a tab between two), and `tls`.

use std::error::Error;
use std::future::Future;
use std::pin::{Pin, pin};

use director_core::model::SqlCheck;
use futures_util::StreamExt;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, SimpleQueryMessage, SimpleQueryRow};

use super::pgsql_frames::Frames;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::settings::ProbeSettings;
use crate::probe::stream::{self, TlsWish};
use crate::probe::words::Short;

pub(super) async fn ask(peer: Peer<'_>, check: &SqlCheck) -> Result<String, ProbeError> {
    let login = check.credentials.login().ok_or(ProtocolError::Missing {
        protocol: "PostgreSQL",
        what: "a login",
    })?;
    let stream = peer.connect(None).await?;
    let secure = Secure {
        wish: peer.tls_wish(check.tls.as_ref()),
        settings: peer.settings.clone(),
    };
    let (client, connection) = config(login, check)
        .connect_raw(Frames::before_tls(stream), secure)
        .await
        .map_err(of_postgres)?;
    let query = check.request.as_deref().unwrap_or_default();
    let answer = async {
        if query.is_empty() {
            return Ok(format!("logged in as {}", Short(login)));
        }
        self::query(&client, query, peer, check).await
    };
    let mut answer = pin!(answer);
    // What the connection itself meets reaches the answer as an error, so its own result adds nothing.
    tokio::select! {
        biased;
        answered = &mut answer => answered,
        _ = connection => answer.await,
    }
}

fn config(login: &str, check: &SqlCheck) -> Config {
    let mut config = Config::new();
    config
        .user(login)
        .password(check.credentials.password())
        .application_name("ipvsd")
        .ssl_mode(if check.tls.is_some() {
            SslMode::Require
        } else {
            SslMode::Prefer
        });
    if let Some(database) = check.database.as_deref()
        && !database.is_empty()
    {
        config.dbname(database);
    }
    config
}

async fn query(
    client: &Client,
    query: &str,
    peer: Peer<'_>,
    check: &SqlCheck,
) -> Result<String, ProbeError> {
    let rows = client.simple_query_raw(query).await.map_err(of_postgres)?;
    let mut rows = pin!(rows);
    while let Some(message) = rows.next().await {
        match message.map_err(of_postgres)? {
            SimpleQueryMessage::Row(row) => {
                let values = values(&row);
                peer.expect(check.receive.as_ref(), values.as_bytes())
                    .await?;
                return Ok(format!("row: {}", Short(&values)));
            }
            SimpleQueryMessage::CommandComplete(changed) if changed > 0 => {
                return Ok(format!("{changed} rows changed"));
            }
            _ => {}
        }
    }
    Err(ProtocolError::NoRow.into())
}

fn values(row: &SimpleQueryRow) -> String {
    (0..row.len())
        .map(|column| row.try_get(column).ok().flatten().unwrap_or("NULL"))
        .collect::<Vec<_>>()
        .join("\t")
}

/// The words for a fault that the library met.
fn of_postgres(error: tokio_postgres::Error) -> ProbeError {
    if let Some(refusal) = error.as_db_error() {
        return ProtocolError::DatabaseRefused {
            code: refusal.code().code().to_owned(),
            text: refusal.message().to_owned(),
        }
        .into();
    }
    if error.is_closed() {
        return ProbeError::Closed;
    }
    match error.into_source() {
        Some(source) => of_source(source),
        None => ProtocolError::NotSpoken("PostgreSQL").into(),
    }
}

fn of_source(source: Box<dyn Error + Send + Sync>) -> ProbeError {
    match source.downcast::<ProbeError>() {
        Ok(ours) => *ours,
        Err(other) => match other.downcast::<std::io::Error>() {
            Ok(io) => ProbeError::of_ending(*io),
            Err(other) => ProtocolError::Postgres(other).into(),
        },
    }
}

/// Puts our TLS on the connection when the server agrees.
struct Secure {
    wish: TlsWish,
    settings: ProbeSettings,
}

impl TlsConnect<Frames> for Secure {
    type Stream = Frames;
    type Error = ProbeError;
    type Future = Pin<Box<dyn Future<Output = Result<Frames, ProbeError>> + Send>>;

    fn connect(self, frames: Frames) -> Self::Future {
        Box::pin(async move {
            let stream = frames.into_stream();
            let stream = stream::upgrade(stream, &self.wish, &self.settings).await?;
            Ok(Frames::with_tls(stream))
        })
    }
}

impl TlsStream for Frames {
    fn channel_binding(&self) -> ChannelBinding {
        // The probe does not prove who the server is unless asked to, and then the certificate does.
        ChannelBinding::none()
    }
}
