//! The question of `ipvsctl probe`: words of the command line become what the core calls a probe's kind.

use clap::{Args, ValueEnum};
use director_core::model::{
    CommandProbe, Conversation, ConversationProbe, HttpProbe, Pattern, PatternError, ProbeKind,
    Protocol, Redirects, Secret, StatusRange, TlsCheck, Verification,
};

use crate::cli::error::CliError;

/// Bytes of a body that are read at most unless something else is said.
const BODY_LIMIT: usize = director_core::model::validate::DEFAULT_BODY_LIMIT;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// A TCP connection is accepted
    Connect,
    /// An ICMP echo is answered
    Ping,
    /// HTTP
    Http,
    /// HTTP over TLS
    Https,
    /// HTTP to a proxy; --request is the absolute address
    HttpProxy,
    /// A program exits with status 0; give it behind --
    Command,
    /// Bytes out, lines in
    Simpletcp,
    /// Mail transfer
    Smtp,
    /// Mail submission
    Submission,
    /// POP3
    Pop,
    /// POP3 over TLS
    Pops,
    /// IMAP
    Imap,
    /// IMAP over TLS
    Imaps,
    /// News
    Nntp,
    /// File transfer, passive
    Ftp,
    /// Directory; --request is the entry's name
    Ldap,
    /// Directory over TLS
    Ldaps,
    /// Name server; --request is the name, with a type if not A or AAAA
    Dns,
    /// RADIUS, with --login, --password and --secret
    Radius,
    /// MySQL or MariaDB; --request is a query
    Mysql,
    /// PostgreSQL; --request is a query
    Pgsql,
    /// Oracle listener; --database is a SID
    Oracle,
    /// SIP OPTIONS
    Sip,
}

/// The parts of a question.
#[derive(Debug, Args)]
pub(super) struct QuestionArgs {
    /// Path, name, file, query or bytes to ask for
    #[arg(long, short, value_name = "TEXT")]
    request: Option<String>,
    /// Regular expression that the answer must hold
    #[arg(long, short = 'e', value_name = "REGEX", value_parser = pattern)]
    receive: Option<Pattern>,
    /// HTTP status that counts as good: 200, 2xx, 200-399; may be repeated
    #[arg(long, value_name = "STATUS", value_parser = status)]
    status: Vec<StatusRange>,
    /// HTTP method
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    method: String,
    /// Host header, and server name with TLS
    #[arg(long, value_name = "NAME")]
    virtual_host: Option<String>,
    /// Redirects to follow at most
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    follow: u8,
    /// Server name with TLS, where it is not the virtual host
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// Use TLS where the kind leaves the choice
    #[arg(long)]
    tls: bool,
    /// Verify the server's certificate
    #[arg(long)]
    verify: bool,
    /// Use UDP where the kind leaves the choice
    #[arg(long, conflicts_with = "tcp")]
    udp: bool,
    /// Use TCP where the kind leaves the choice
    #[arg(long)]
    tcp: bool,
    /// User name
    #[arg(long, value_name = "NAME")]
    login: Option<String>,
    /// Password; better given in the environment, where other users do not see it
    #[arg(
        long,
        value_name = "WORD",
        env = "IPVSCTL_PASSWORD",
        hide_env_values = true
    )]
    password: Option<String>,
    /// Shared secret; better given in the environment
    #[arg(
        long,
        value_name = "WORD",
        env = "IPVSCTL_SECRET",
        hide_env_values = true
    )]
    secret: Option<String>,
    /// Database
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Echo requests to send at most
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    attempts: u32,
    /// User to run the program as
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Program and its arguments
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<String>,
}

fn pattern(text: &str) -> Result<Pattern, PatternError> {
    Pattern::parse(text)
}

fn status(text: &str) -> Result<StatusRange, &'static str> {
    StatusRange::parse(text).ok_or("write one as 200, a class as 2xx or a range as 200-399")
}

impl Kind {
    /// The port that is asked when none is given; 0 where there is none.
    pub(super) fn port(self) -> u16 {
        match self {
            Self::Connect | Self::Ping | Self::Command | Self::Simpletcp => 0,
            Self::Http => 80,
            Self::Https => 443,
            Self::HttpProxy => 3128,
            Self::Smtp => 25,
            Self::Submission => 587,
            Self::Pop => 110,
            Self::Pops => 995,
            Self::Imap => 143,
            Self::Imaps => 993,
            Self::Nntp => 119,
            Self::Ftp => 21,
            Self::Ldap => 389,
            Self::Ldaps => 636,
            Self::Dns => 53,
            Self::Radius => 1812,
            Self::Mysql => 3306,
            Self::Pgsql => 5432,
            Self::Oracle => 1521,
            Self::Sip => 5060,
        }
    }

    /// The kind with the parts that it uses.
    pub(super) fn question(self, args: &QuestionArgs) -> Result<ProbeKind, CliError> {
        Ok(match self {
            Self::Connect => ProbeKind::Connect,
            Self::Ping => ProbeKind::Ping {
                attempts: args.attempts,
            },
            Self::Http => ProbeKind::Http(args.http(args.tls)),
            Self::Https => ProbeKind::Http(args.http(true)),
            Self::HttpProxy => ProbeKind::Http(args.proxy()?),
            Self::Command => ProbeKind::Command(args.command()?),
            Self::Simpletcp => args.conversation(Conversation::Simpletcp, false),
            Self::Smtp | Self::Submission => args.conversation(Conversation::Smtp, false),
            Self::Pop => args.conversation(Conversation::Pop, false),
            Self::Pops => args.conversation(Conversation::Pop, true),
            Self::Imap => args.conversation(Conversation::Imap, false),
            Self::Imaps => args.conversation(Conversation::Imap, true),
            Self::Nntp => args.conversation(Conversation::Nntp, false),
            Self::Ftp => args.conversation(Conversation::Ftp, false),
            Self::Ldap => args.conversation(Conversation::Ldap, false),
            Self::Ldaps => args.conversation(Conversation::Ldap, true),
            Self::Dns => args.conversation(Conversation::Dns, false),
            Self::Radius => args.conversation(Conversation::Radius, false),
            Self::Mysql => args.conversation(Conversation::Mysql, false),
            Self::Pgsql => args.conversation(Conversation::Pgsql, false),
            Self::Oracle => args.conversation(Conversation::Oracle, false),
            Self::Sip => args.conversation(Conversation::Sip, false),
        })
    }
}

impl QuestionArgs {
    fn http(&self, tls: bool) -> HttpProbe {
        let target = self.request.as_deref().unwrap_or("/");
        HttpProbe {
            tls: self.tls_check(tls),
            method: self.method.to_ascii_uppercase(),
            target: if target.starts_with('/') {
                target.to_owned()
            } else {
                format!("/{target}")
            },
            proxy: false,
            virtual_host: self.virtual_host.clone(),
            status: if self.status.is_empty() {
                vec![StatusRange::SUCCESS]
            } else {
                self.status.clone()
            },
            body: self.receive.clone(),
            body_limit: BODY_LIMIT,
            redirects: match self.follow {
                0 => Redirects::Answer,
                limit => Redirects::Follow(limit),
            },
        }
    }

    fn proxy(&self) -> Result<HttpProbe, CliError> {
        let target = self.request.clone().ok_or(CliError::ProbeLacks(
            "an absolute address to ask the proxy for: --request http://www.example.org/",
        ))?;
        Ok(HttpProbe {
            target,
            proxy: true,
            ..self.http(self.tls)
        })
    }

    fn command(&self) -> Result<CommandProbe, CliError> {
        if self.program.is_empty() {
            return Err(CliError::ProbeLacks(
                "a program: ipvsctl probe command ADDRESS -- PROGRAM ARGUMENT...",
            ));
        }
        Ok(CommandProbe {
            argv: self.program.clone(),
            user: self.user.clone(),
        })
    }

    fn conversation(&self, conversation: Conversation, tls: bool) -> ProbeKind {
        let by_datagram = matches!(
            conversation,
            Conversation::Dns | Conversation::Radius | Conversation::Sip
        );
        let transport = if self.udp || (by_datagram && !self.tcp) {
            Protocol::Udp
        } else {
            Protocol::Tcp
        };
        ProbeKind::Conversation(ConversationProbe {
            conversation,
            transport,
            request: self.request.clone(),
            receive: self.receive.clone(),
            login: self.login.clone(),
            password: self.password.clone().map(Secret::new),
            database: self.database.clone(),
            secret: self.secret.clone().map(Secret::new),
            tls: self.tls_check(tls || self.tls),
        })
    }

    fn tls_check(&self, tls: bool) -> Option<TlsCheck> {
        tls.then(|| TlsCheck {
            verify: if self.verify {
                Verification::Full
            } else {
                Verification::None
            },
            server_name: self.server_name.clone(),
        })
    }
}
