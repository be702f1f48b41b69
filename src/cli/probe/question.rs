//! The question of `ipvsctl probe`: words of the command line become what the core calls a probe's kind.

use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use director_core::model::{
    Authorization, CommandProbe, HttpProbe, HttpVersion, Pattern, PatternError, ProbeKind,
    Protocol, ProtocolCheck, ProtocolForm, ProtocolRow, ProtocolSettings, Redirects,
    RequestContent, RequestHeader, Secret, Setting, StatusRange, TlsStart, protocol_forms,
    refused_header,
};

use super::tls::TlsArgs;
use crate::cli::error::CliError;

/// Bytes of a body that are read at most unless something else is said.
const BODY_LIMIT: usize = director_core::model::validate::DEFAULT_BODY_LIMIT;

/// What can be checked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Connect,
    Ping,
    Http,
    Https,
    HttpProxy,
    Command,
    Protocol(&'static ProtocolRow, &'static ProtocolForm),
}

/// The kinds that are not protocols: each with its word, its port and its line of help.
const KINDS: [(Kind, &str, u16, &str); 6] = [
    (Kind::Connect, "tcp", 0, "A TCP connection is accepted"),
    (Kind::Ping, "ping", 0, "An ICMP echo is answered"),
    (Kind::Http, "http", 80, "HTTP"),
    (Kind::Https, "https", 443, "HTTP over TLS"),
    (
        Kind::HttpProxy,
        "http-proxy",
        3128,
        "HTTP to a proxy; --request is the absolute URL",
    ),
    (
        Kind::Command,
        "command",
        0,
        "A program exits with status 0; give it after --",
    ),
];

static ALL: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let protocols = protocol_forms().map(|(row, form)| Kind::Protocol(row, form));
    KINDS
        .map(|(kind, ..)| kind)
        .into_iter()
        .chain(protocols)
        .collect()
});

impl ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Self] {
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, _, help) = self.row();
        let value = PossibleValue::new(name).help(help);
        // ldirectord calls it so.
        Some(match self {
            Self::Connect => value.alias("connect"),
            _ => value,
        })
    }
}

/// The parts of a question.
#[derive(Debug, Args)]
pub(super) struct QuestionArgs {
    /// What to request: a path, a name, a file, a query or a text
    #[arg(long, short, value_name = "TEXT")]
    request: Option<String>,
    /// Regular expression that the answer must match
    #[arg(long, short = 'e', value_name = "REGEX", value_parser = pattern)]
    receive: Option<Pattern>,
    /// HTTP status that succeeds: 200, 2xx or 200-399; may be repeated
    #[arg(long, help_heading = "HTTP options", value_name = "STATUS", value_parser = status)]
    status: Vec<StatusRange>,
    /// HTTP method [default: GET, or POST with --body]
    #[arg(long, help_heading = "HTTP options", value_name = "METHOD")]
    method: Option<String>,
    /// Host header, and server name with TLS
    #[arg(long, help_heading = "HTTP options", value_name = "NAME")]
    virtual_host: Option<String>,
    /// Header to send, such as 'X-Tenant: probe'; may be repeated
    #[arg(long, help_heading = "HTTP options", value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<RequestHeader>,
    /// Body to send; the method is POST then, unless --method is given
    #[arg(long, help_heading = "HTTP options", value_name = "TEXT")]
    body: Option<String>,
    /// Speak HTTP/2
    #[arg(long, help_heading = "HTTP options")]
    http2: bool,
    /// Follow at most this many redirects
    #[arg(
        long,
        help_heading = "HTTP options",
        value_name = "NUMBER",
        default_value_t = 0
    )]
    follow: u8,
    #[command(flatten)]
    tls: TlsArgs,
    /// Use UDP, if the protocol works over UDP and TCP
    #[arg(long, help_heading = "Transport options", conflicts_with = "tcp")]
    udp: bool,
    /// Use TCP, if the protocol works over UDP and TCP
    #[arg(long, help_heading = "Transport options")]
    tcp: bool,
    /// User name
    #[arg(long, help_heading = "Login options", value_name = "NAME")]
    login: Option<String>,
    /// Password; prefer the environment variable, which other users cannot see
    #[arg(
        long,
        help_heading = "Login options",
        value_name = "PASSWORD",
        env = "IPVSCTL_PASSWORD",
        hide_env_values = true
    )]
    password: Option<String>,
    /// Token for HTTP; prefer the environment variable
    #[arg(
        long,
        help_heading = "Login options",
        value_name = "TOKEN",
        env = "IPVSCTL_BEARER",
        hide_env_values = true
    )]
    bearer: Option<String>,
    /// Shared secret; prefer the environment variable
    #[arg(
        long,
        help_heading = "Login options",
        value_name = "SECRET",
        env = "IPVSCTL_SECRET",
        hide_env_values = true
    )]
    secret: Option<String>,
    /// Service of a gRPC server to check
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Database
    #[arg(long, help_heading = "Login options", value_name = "NAME")]
    database: Option<String>,
    /// Send at most this many echo requests
    #[arg(long, help_heading = "Ping and command options", value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    attempts: u32,
    /// User to run the program as
    #[arg(long, help_heading = "Ping and command options", value_name = "NAME")]
    user: Option<String>,
    /// Program and its arguments
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<String>,
}

fn pattern(text: &str) -> Result<Pattern, PatternError> {
    Pattern::parse(text)
}

fn header(text: &str) -> Result<RequestHeader, &'static str> {
    let usage = "write the name and the value of a header: 'X-Tenant: probe'";
    let (name, value) = text.split_once(':').ok_or(usage)?;
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(usage);
    }
    if refused_header(name).is_some() {
        return Err("ipvsctl writes this header itself; for Host use --virtual-host");
    }
    Ok(RequestHeader {
        name: name.to_owned(),
        value: Secret::new(value.trim().to_owned()),
    })
}

fn status(text: &str) -> Result<StatusRange, &'static str> {
    StatusRange::parse(text)
        .ok_or("write a code such as 200, a class such as 2xx or a range such as 200-399")
}

impl Kind {
    /// Its word, port and help.
    fn row(self) -> (&'static str, u16, &'static str) {
        if let Self::Protocol(_, form) = self {
            let help = form.meaning.trim_end_matches('.');
            return (form.name, form.port.unwrap_or(0), help);
        }
        let same = |kind: &Self| std::mem::discriminant(kind) == std::mem::discriminant(&self);
        let row = KINDS.iter().find(|(kind, ..)| same(kind));
        row.map_or(("", 0, ""), |(_, name, port, help)| (*name, *port, *help))
    }

    /// Its word.
    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    /// The port that is asked when none is given; 0 where there is none.
    pub(super) fn port(self) -> u16 {
        self.row().1
    }

    /// The kind with the parts that it uses.
    pub(super) fn question(self, args: &QuestionArgs) -> Result<ProbeKind, CliError> {
        let is_http = matches!(self, Self::Http | Self::Https | Self::HttpProxy);
        let is_bare = matches!(self, Self::Connect | Self::Ping | Self::Command);
        let given = [
            ("--header", !args.header.is_empty() && !is_http),
            ("--body", args.body.is_some() && !is_http),
            ("--request", args.request.is_some() && is_bare),
            ("--receive", args.receive.is_some() && is_bare),
            (
                "what follows --",
                !args.program.is_empty() && !matches!(self, Self::Command),
            ),
        ];
        if let Some((option, _)) = given.into_iter().find(|(_, given)| *given) {
            let kind = self.name();
            return Err(CliError::ProbeIgnores { option, kind });
        }
        Ok(match self {
            Self::Connect => ProbeKind::Connect,
            Self::Ping => ProbeKind::Ping {
                attempts: args.attempts,
            },
            Self::Http => ProbeKind::Http(args.http(args.tls.is_required())?),
            Self::Https => ProbeKind::Http(args.http(true)?),
            Self::HttpProxy => ProbeKind::Http(args.proxy()?),
            Self::Command => ProbeKind::Command(args.command()?),
            Self::Protocol(row, form) => ProbeKind::Protocol(args.protocol(row, form)?),
        })
    }
}

impl QuestionArgs {
    fn http(&self, tls: bool) -> Result<HttpProbe, CliError> {
        let target = self.request.as_deref().unwrap_or("/");
        let tls = tls.then_some(TlsStart::Immediate);
        Ok(HttpProbe {
            tls: self.tls.check(tls, "http")?,
            version: match self.http2 {
                true => HttpVersion::Two,
                false => HttpVersion::One,
            },
            method: match (&self.method, &self.body) {
                (Some(method), _) => method.to_ascii_uppercase(),
                (None, Some(_)) => "POST".to_owned(),
                (None, None) => "GET".to_owned(),
            },
            target: if target.starts_with('/') {
                target.to_owned().into()
            } else {
                format!("/{target}").into()
            },
            proxy: false,
            content: RequestContent {
                headers: self.header.clone(),
                authorization: self.authorization(),
                body: self.body.clone().map(Secret::new),
            },
            virtual_host: self.virtual_host.clone(),
            status: if self.status.is_empty() {
                vec![StatusRange::SUCCESS]
            } else {
                self.status.clone()
            },
            body: self.receive.clone(),
            md5: None,
            body_limit: BODY_LIMIT,
            redirects: match self.follow {
                0 => Redirects::Answer,
                limit => Redirects::Follow(limit),
            },
        })
    }

    fn authorization(&self) -> Option<Authorization> {
        match (&self.login, &self.bearer) {
            (Some(login), _) => Some(Authorization::Basic {
                login: login.clone(),
                password: Secret::new(self.password.clone().unwrap_or_default()),
            }),
            (None, Some(token)) => Some(Authorization::Bearer(Secret::new(token.clone()))),
            (None, None) => None,
        }
    }

    fn proxy(&self) -> Result<HttpProbe, CliError> {
        let target = self.request.clone().ok_or(CliError::ProbeLacks(
            "an absolute URL to request from the proxy: --request http://www.example.org/",
        ))?;
        Ok(HttpProbe {
            target: target.into(),
            proxy: true,
            ..self.http(self.tls.is_required())?
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

    fn protocol(&self, row: &ProtocolRow, form: &ProtocolForm) -> Result<ProtocolCheck, CliError> {
        // The words that may come from the environment are left out: they may be meant for other checks.
        let given = [
            (Setting::Request, self.request.is_some(), "--request"),
            (Setting::Receive, self.receive.is_some(), "--receive"),
            (Setting::Login, self.login.is_some(), "--login"),
            (Setting::Database, self.database.is_some(), "--database"),
            (Setting::Transport, self.udp, "--udp"),
            (Setting::Transport, self.tcp, "--tcp"),
            (Setting::Service, self.service.is_some(), "--service"),
        ];
        let given = given.into_iter().chain(self.tls.given());
        let useless = given
            .into_iter()
            .find(|(setting, is_given, _)| *is_given && !row.takes(form, *setting));
        if let Some((_, _, option)) = useless {
            return Err(CliError::ProbeIgnores {
                option,
                kind: form.name,
            });
        }
        let transport = match (self.udp, self.tcp) {
            (true, _) => Some(Protocol::Udp),
            (_, true) => Some(Protocol::Tcp),
            _ => None,
        };
        Ok(row.check(ProtocolSettings {
            transport,
            tls: self
                .tls
                .check(self.tls.start(row.protocol, form.tls), form.name)?,
            request: self.request.clone(),
            receive: self.receive.clone(),
            login: self.login.clone(),
            password: self.password.clone().map(Secret::new),
            database: self.database.clone(),
            secret: self.secret.clone().map(Secret::new),
            service: self.service.clone(),
        }))
    }
}
