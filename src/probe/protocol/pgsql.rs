//! PostgreSQL: a login and, when `request` holds a query, its first row. TLS is off, required, or preferred as libpq does it
//! by default: without TLS after all where the server has none, or takes this login without TLS only. Uses `login`, `password`, `database`, `request`,
//! `receive` on the values of the first row (a tab between two), and `tls`.

use std::error::Error;
use std::future::Future;
use std::pin::{Pin, pin};

use director_core::model::{SqlCheck, TlsCheck, TlsStart};
use futures_util::StreamExt;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, Connection, SimpleQueryMessage, SimpleQueryRow};

use super::pgsql_frames::Frames;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::settings::ProbeSettings;
use crate::probe::stream::{self, TlsWish};
use crate::probe::words::Short;

/// `invalid_authorization_specification`: no entry of pg_hba.conf fits.
const NO_ENTRY: &str = "28000";

pub(super) async fn ask(peer: Peer<'_>, check: &SqlCheck) -> Result<String, ProbeError> {
    let login = check.credentials.login().ok_or(ProtocolError::Missing {
        protocol: "PostgreSQL",
        what: "a login",
    })?;
    let (client, connection) = log_in(peer, login, check).await?;
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

type PgConnection = Connection<Frames, Frames>;

/// Logs in, with TLS as the check wants it.
async fn log_in(
    peer: Peer<'_>,
    login: &str,
    check: &SqlCheck,
) -> Result<(Client, PgConnection), ProbeError> {
    let tls = check.tls.as_ref();
    let first = connect(peer, login, check, tls).await;
    match (first, tls) {
        (Err(error), Some(tls)) if tls.start == TlsStart::Preferred && may_work_without(&error) => {
            // What the plain connection met is the reason only where the server has turned the other one away unseen.
            let second = connect(peer, login, check, None).await;
            second.map_err(|plain| match plain {
                plain if plain.is_ours() => plain,
                ProbeError::Protocol(ProtocolError::DatabaseRefused { ref code, .. })
                    if code != NO_ENTRY =>
                {
                    plain
                }
                _ => error,
            })
        }
        (first, _) => first,
    }
}

/// Whether a server that fails so may have a login without TLS: its TLS is broken, or its pg_hba.conf has no entry for it.
fn may_work_without(error: &ProbeError) -> bool {
    match error {
        ProbeError::Tls(_) | ProbeError::TlsClosed => true,
        ProbeError::Protocol(ProtocolError::DatabaseRefused { code, .. }) => code == NO_ENTRY,
        _ => false,
    }
}

async fn connect(
    peer: Peer<'_>,
    login: &str,
    check: &SqlCheck,
    tls: Option<&TlsCheck>,
) -> Result<(Client, PgConnection), ProbeError> {
    let stream = peer.connect(None).await?;
    let mut config = config(login, check);
    let (mode, frames) = match tls {
        None => (SslMode::Disable, Frames::without_tls(stream)),
        Some(tls) if tls.start == TlsStart::Preferred => {
            (SslMode::Prefer, Frames::before_tls(stream))
        }
        Some(_) => (SslMode::Require, Frames::before_tls(stream)),
    };
    config.ssl_mode(mode);
    let secure = Secure {
        wish: tls.map(|tls| peer.tls_wish(tls)),
        settings: peer.settings.clone(),
    };
    config
        .connect_raw(frames, secure)
        .await
        .map_err(of_postgres)
}

fn config(login: &str, check: &SqlCheck) -> Config {
    let mut config = Config::new();
    config
        .user(login)
        .password(check.credentials.password())
        .application_name("ipvsd");
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
    /// None where the client library never asks for it.
    wish: Option<TlsWish>,
    settings: ProbeSettings,
}

impl TlsConnect<Frames> for Secure {
    type Stream = Frames;
    type Error = ProbeError;
    type Future = Pin<Box<dyn Future<Output = Result<Frames, ProbeError>> + Send>>;

    fn connect(self, frames: Frames) -> Self::Future {
        Box::pin(async move {
            let wish = self.wish.ok_or(ProtocolError::NoTls)?;
            let stream = frames.into_stream();
            let stream = stream::upgrade(stream, &wish, &self.settings).await?;
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
