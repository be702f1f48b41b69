//! How notifications are sent from this host; the defaults are those of a daemon.

use std::path::PathBuf;
use std::time::Duration;

use nix::unistd::{User, geteuid, gethostname};

/// Where mail systems put the program that takes mails, the usual place first.
const SENDMAIL_PLACES: [&str; 3] = ["/usr/sbin/sendmail", "/usr/lib/sendmail", "/sbin/sendmail"];

/// How notifications are sent.
#[derive(Debug, Clone)]
pub struct NotifySettings {
    /// Who sends mails where nobody is named.
    pub sender: MailIdentity,
    /// The program that takes mails for local delivery.
    pub sendmail: PathBuf,
    /// Limit for one attempt to hand a mail over.
    pub mail_limit: Duration,
    /// Pauses between the attempts; one more attempt is made than there are pauses.
    pub mail_pauses: Vec<Duration>,
    /// Mails that wait for one way at most; further ones are dropped with a warning.
    pub mail_queue: usize,
    /// Limit for one run of a command.
    pub command_limit: Duration,
}

/// Who this host is in mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailIdentity {
    /// Name of the user that the director runs as.
    pub user: String,
    /// Name of the host.
    pub host: String,
}

impl MailIdentity {
    /// The user and the host that this process has.
    #[must_use]
    pub fn of_this_process() -> Self {
        let user = User::from_uid(geteuid()).ok().flatten();
        let host = gethostname().ok().and_then(|host| host.into_string().ok());
        Self {
            user: user.map_or_else(|| "root".to_owned(), |user| user.name),
            host: host
                .filter(|host| !host.is_empty())
                .unwrap_or_else(|| "localhost".to_owned()),
        }
    }
}

impl Default for NotifySettings {
    fn default() -> Self {
        let places = SENDMAIL_PLACES.map(PathBuf::from);
        let found = places.iter().find(|place| place.exists());
        Self {
            sender: MailIdentity::of_this_process(),
            sendmail: found.unwrap_or(&places[0]).clone(),
            mail_limit: Duration::from_secs(30),
            mail_pauses: [5, 30, 120].map(Duration::from_secs).into(),
            mail_queue: 256,
            command_limit: Duration::from_secs(60),
        }
    }
}
