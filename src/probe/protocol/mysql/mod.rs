//! MySQL and MariaDB: a login and, when `request` holds a query, its first row. Uses `login`, `password`, `database`,
//! `request`, `receive` on the values of the first row (a tab between two), and `tls`, which the server's greeting offers.
//!
//! Written down here because a probe needs little of the protocol, and because the client library for tokio finishes
//! connections in tasks of its own, which a hanging server keeps alive after the probe's time limit.

mod login;
mod proof;
mod wire;

use director_core::model::SqlCheck;

use self::wire::{Cursor, Wire};
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

const COM_QUIT: u8 = 1;
const COM_QUERY: u8 = 3;

/// Columns of a row at most, as in MySQL itself.
const COLUMNS: u64 = 4096;

pub(super) async fn ask(peer: Peer<'_>, check: &SqlCheck) -> Result<String, ProbeError> {
    let login = check.credentials.login().ok_or(ProtocolError::Missing {
        protocol: "MySQL",
        what: "a login",
    })?;
    // Not before the server has spoken: TLS comes after its greeting.
    let wire = Wire::new(peer.connect(None).await?);
    let mut wire = login::log_in(wire, login, peer, check).await?;
    let query = check.request.as_deref().unwrap_or_default();
    let detail = if query.is_empty() {
        format!("logged in as {}", Short(login))
    } else {
        self::query(&mut wire, query, peer, check).await?
    };
    wire.leave(&[COM_QUIT]).await;
    Ok(detail)
}

async fn query(
    wire: &mut Wire,
    query: &str,
    peer: Peer<'_>,
    check: &SqlCheck,
) -> Result<String, ProbeError> {
    wire.begin();
    wire.send(&[&[COM_QUERY], query.as_bytes()].concat())
        .await?;
    let head = wire.receive().await?;
    let mut cursor = Cursor(&head);
    if head.first() == Some(&0) {
        cursor.byte();
        return changed(cursor.number().unwrap_or(0)).map_err(Into::into);
    }
    let columns = cursor.number().ok_or_else(wire::not_mysql)?;
    if columns > COLUMNS {
        return Err(ProtocolError::TooManyColumns(columns, COLUMNS).into());
    }
    for _ in 0..columns {
        wire.receive().await?;
    }
    let end = wire.receive().await?;
    if !wire::is_end(&end) {
        return Err(wire::not_mysql().into());
    }
    let row = wire.receive().await?;
    if wire::is_end(&row) {
        return Err(ProtocolError::NoRow.into());
    }
    let values = values(&row, columns).ok_or_else(wire::not_mysql)?;
    peer.expect(check.receive.as_ref(), values.as_bytes())
        .await?;
    Ok(format!("row: {}", Short(&values)))
}

/// The outcome of a statement that changes rows in place of giving them.
fn changed(rows: u64) -> Result<String, ProtocolError> {
    if rows == 0 {
        return Err(ProtocolError::NoRow);
    }
    Ok(format!("{rows} rows changed"))
}

/// The values of a row in text, a tab between two, as the command line client prints them.
fn values(row: &[u8], columns: u64) -> Option<String> {
    let mut cursor = Cursor(row);
    let mut text = String::new();
    for column in 0..columns {
        if column > 0 {
            text.push('\t');
        }
        match cursor.text()? {
            Some(value) => text.push_str(&String::from_utf8_lossy(value)),
            None => text.push_str("NULL"),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_read_like_the_command_line_client_prints_them() {
        let row = [2, b'4', b'2', 0xfb, 0];
        assert_eq!(values(&row, 3).unwrap(), "42\tNULL\t");
        assert_eq!(values(&row, 4), None);
        assert_eq!(
            values(&[0xfe, 255, 255, 255, 255, 255, 255, 255, 255], 1),
            None
        );
    }
}
