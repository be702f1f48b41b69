//! A mail as text: who sends it to whom, and its words, which are those that ldirectord sends.

use std::time::SystemTime;

use director_core::notify::Mail;
use lettre::address::{Address, AddressError};
use lettre::message::{Mailbox, header};
use lettre::{Message, message};

use super::{MailIdentity, NotifyError};

/// A mail that can be sent, and what was wrong with it otherwise.
pub(super) struct ComposedMail {
    pub(super) message: Message,
    /// Addresses that are none, left out.
    pub(super) faults: Vec<NotifyError>,
}

pub(super) fn compose(
    mail: &Mail,
    sender: &MailIdentity,
    now: SystemTime,
) -> Result<ComposedMail, NotifyError> {
    let mut faults = Vec::new();
    let mut read = |address: &String| {
        mailbox(address, sender)
            .map_err(|fault| faults.push(fault))
            .ok()
    };
    let to: Vec<Mailbox> = mail.envelope.to.iter().filter_map(&mut read).collect();
    let from = mail.envelope.from.as_ref().and_then(read);
    if to.is_empty() {
        return Err(faults.pop().unwrap_or(NotifyError::NoRecipient));
    }
    let from = match from {
        Some(from) => from,
        None => own_mailbox(sender)?,
    };
    let mut builder = message::MessageBuilder::new()
        .date(now)
        .message_id(Some(message_id(sender, now)))
        .from(from)
        .subject(subject(mail));
    for recipient in to {
        builder = builder.to(recipient);
    }
    let message = builder
        // Nobody shall answer to a director, nor tell it to be on holiday (RFC 3834).
        .raw_header(auto_submitted())
        .header(header::ContentType::TEXT_PLAIN)
        .body(body(mail, sender))?;
    Ok(ComposedMail { message, faults })
}

/// The subject: the event, with the service's name before it.
pub(super) fn subject(mail: &Mail) -> String {
    match &mail.envelope.service_name {
        Some(name) => format!("[{name}] {}", mail.event),
        None => mail.event.clone(),
    }
}

fn body(mail: &Mail, sender: &MailIdentity) -> String {
    if !mail.details.is_empty() {
        let details = mail.details.join("\n");
        return format!("ipvsd on {}:\n\n{details}\n", sender.host);
    }
    let mut body = format!(
        "ldirectord host: {}\nLog-Message: {}\nDaemon-Status: {}\n",
        sender.host,
        subject(mail),
        mail.phase
    );
    let details = [
        ("Service name", &mail.envelope.service_name),
        ("Comment", &mail.envelope.comment),
    ];
    let details: Vec<String> = details
        .iter()
        .filter_map(|(title, text)| text.as_ref().map(|text| format!("{title}: {text}\n")))
        .collect();
    if !details.is_empty() {
        body.push('\n');
        body.push_str(&details.concat());
    }
    body
}

/// An address as written; a bare user name is one of this host.
fn mailbox(written: &str, sender: &MailIdentity) -> Result<Mailbox, NotifyError> {
    let fault = |source| NotifyError::Address {
        address: written.to_owned(),
        source,
    };
    if written.contains('@') {
        return written.parse().map_err(fault);
    }
    local(written.trim(), sender).map_err(fault)
}

fn own_mailbox(sender: &MailIdentity) -> Result<Mailbox, NotifyError> {
    local(&sender.user, sender).map_err(|source| NotifyError::Address {
        address: format!("{}@{}", sender.user, sender.host),
        source,
    })
}

fn local(user: &str, sender: &MailIdentity) -> Result<Mailbox, AddressError> {
    Ok(Mailbox::new(None, Address::new(user, &sender.host)?))
}

/// Unique by time and process, as RFC 5322 section 3.6.4 asks.
fn message_id(sender: &MailIdentity, now: SystemTime) -> String {
    let since = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let process = std::process::id();
    format!("<{}.{process}.ipvsd@{}>", since.as_nanos(), sender.host)
}

fn auto_submitted() -> header::HeaderValue {
    let name = header::HeaderName::new_from_ascii_str("Auto-Submitted");
    header::HeaderValue::new(name, "auto-generated".to_owned())
}
