//! Does what the director wishes besides the table: sends mails, runs commands, writes lines. Each has its own way and its
//! own queue of bounded length, so that none waits for another and the loop waits for none. What cannot be done is a
//! warning in the log; what is to be done is the core's decision.

mod bulletin;
mod command;
mod error;
mod letter;
mod mail;
mod monitor;
mod settings;

pub use error::AlertError;
pub use settings::{AlertSettings, Sender};

use std::sync::Arc;
use std::time::Duration;

use director_core::notify::Notification;

use bulletin::Bulletins;
use command::Commands;
use mail::Post;
use monitor::Lines;

/// Everything that is done besides the table.
pub struct Alerts {
    post: Post,
    commands: Commands,
    lines: Lines,
    bulletins: Bulletins,
}

impl Alerts {
    /// Ready to do things, on the runtime that it is called from.
    #[must_use]
    pub fn new(settings: AlertSettings) -> Self {
        let settings = Arc::new(settings);
        Self {
            post: Post::new(Arc::clone(&settings)),
            commands: Commands::new(Arc::clone(&settings)),
            bulletins: Bulletins::new(settings),
            lines: Lines::default(),
        }
    }

    /// Does one thing, some time soon.
    pub fn carry_out(&mut self, duty: Notification) {
        match duty {
            Notification::Mail(mail) => self.post.send(mail),
            Notification::Command(command) => self.commands.run(command),
            Notification::Line(line) => self.lines.write(line),
            Notification::EventMessage(bulletin) => {
                if let Some(mail) = self.bulletins.tell(bulletin) {
                    self.post.send(mail);
                }
            }
        }
    }

    /// Ends: what is waiting is done now, as far as the time allows.
    pub async fn finish(self, limit: Duration) {
        tokio::join!(
            self.post.finish(limit),
            self.commands.finish(limit),
            self.lines.finish(limit),
            self.bulletins.finish(limit)
        );
    }
}

#[cfg(test)]
mod tests;
