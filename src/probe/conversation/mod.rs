//! Questions in the service's own protocol, a file each. Which fields of [`ConversationProbe`] a protocol uses stands at
//! the head of its file; the time limit around it is the caller's.

mod ber;
mod dialogue;
mod dns;
mod error;
mod ftp;
mod imap;
mod ldap;
mod mysql;
mod nntp;
mod oracle;
#[cfg(feature = "postgres")]
mod pgsql;
mod pop;
mod radius;
mod simpletcp;
mod sip;
mod smtp;
mod udp;

use std::net::SocketAddr;

use director_core::model::{Conversation, ConversationProbe, Verification};

pub(super) use self::error::ConversationError;
use super::error::ProbeError;
use super::settings::ProbeSettings;
use super::stream::TlsWish;
use super::tls::server_name;

/// Whom to ask what.
#[derive(Debug, Clone, Copy)]
struct Inquiry<'a> {
    peer: SocketAddr,
    question: &'a ConversationProbe,
    settings: &'a ProbeSettings,
}

impl Inquiry<'_> {
    /// TLS from the first byte, when the question wants it.
    fn tls(&self) -> Option<TlsWish> {
        let tls = self.question.tls.as_ref()?;
        Some(TlsWish {
            verify: tls.verify,
            name: server_name(tls.server_name.as_deref(), self.peer.ip()),
        })
    }

    /// TLS as the question wants it, or without verification where only the protocol asks for it.
    fn tls_or_unverified(&self) -> TlsWish {
        self.tls().unwrap_or_else(|| TlsWish {
            verify: Verification::None,
            name: server_name([], self.peer.ip()),
        })
    }

    /// Judges what the server said by the expression that it must hold, when there is one.
    fn expect(&self, said: &[u8]) -> Result<(), ConversationError> {
        match &self.question.receive {
            Some(pattern) if !pattern.is_match(said) => {
                Err(ConversationError::AnswerLacks(pattern.as_str().to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn login(&self) -> Option<&str> {
        let login = self.question.login.as_deref();
        login.filter(|login| !login.is_empty())
    }

    fn password(&self) -> &str {
        let password = self.question.password.as_ref();
        password.map_or("", |password| password.reveal())
    }
}

/// Holds the conversation; the words of a good answer come back.
pub(super) async fn ask(
    peer: SocketAddr,
    question: &ConversationProbe,
    settings: &ProbeSettings,
) -> Result<String, ProbeError> {
    let inquiry = Inquiry {
        peer,
        question,
        settings,
    };
    match question.conversation {
        Conversation::Dns => dns::ask(inquiry).await,
        Conversation::Ftp => ftp::ask(inquiry).await,
        Conversation::Imap => imap::ask(inquiry).await,
        Conversation::Ldap => ldap::ask(inquiry).await,
        Conversation::Mysql => mysql::ask(inquiry).await,
        Conversation::Nntp => nntp::ask(inquiry).await,
        Conversation::Oracle => oracle::ask(inquiry).await,
        #[cfg(feature = "postgres")]
        Conversation::Pgsql => pgsql::ask(inquiry).await,
        #[cfg(not(feature = "postgres"))]
        Conversation::Pgsql => Err(ProbeError::NotInThisBuild("postgres")),
        Conversation::Pop => pop::ask(inquiry).await,
        Conversation::Radius => radius::ask(inquiry).await,
        Conversation::Simpletcp => simpletcp::ask(inquiry).await,
        Conversation::Sip => sip::ask(inquiry).await,
        Conversation::Smtp => smtp::ask(inquiry).await,
    }
}
