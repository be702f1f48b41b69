//! The protocols: a variant, a row and the settings of each.

use serde::{Deserialize, Serialize};

use super::settings::{Credentials, Setting};
use super::shared::{
    ExchangeCheck, GreetingCheck, MailboxCheck, SqlCheck, exchange, greeting, mailbox, sql,
};
use super::single::{
    DatagramCheck, FtpCheck, GrpcCheck, LdapCheck, OracleCheck, RadiusCheck, SipCheck,
};
use super::{ProtocolRow, form};
use crate::model::{Protocol, Secret};
use Setting::{Database, Login, Password, Receive, Request, Starttls, Tls};

/// The protocols of checks, except HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckProtocol {
    /// RFC 1035.
    Dns,
    /// RFC 959.
    Ftp,
    /// `grpc.health.v1.Health/Check` over HTTP/2.
    Grpc,
    /// RFC 3501.
    Imap,
    /// RFC 4511.
    Ldap,
    /// MySQL and MariaDB client protocol.
    Mysql,
    /// RFC 3977.
    Nntp,
    /// Oracle TNS, the connect handshake only.
    Oracle,
    /// PostgreSQL frontend protocol 3.0.
    Pgsql,
    /// RFC 1939.
    Pop,
    /// RFC 2865.
    Radius,
    /// Bytes out, lines in.
    Simpletcp,
    /// RFC 3261, OPTIONS.
    Sip,
    /// RFC 5321; submission is the same.
    Smtp,
    /// A datagram that is not refused, or is answered.
    Udp,
}

/// A check in a protocol, with the settings that this protocol has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the protocol of the same name")]
pub enum ProtocolCheck {
    Dns(ExchangeCheck),
    Ftp(FtpCheck),
    Grpc(GrpcCheck),
    Imap(MailboxCheck),
    Ldap(LdapCheck),
    Mysql(SqlCheck),
    Nntp(GreetingCheck),
    Oracle(OracleCheck),
    Pgsql(SqlCheck),
    Pop(MailboxCheck),
    Radius(RadiusCheck),
    Simpletcp(ExchangeCheck),
    Sip(SipCheck),
    Smtp(GreetingCheck),
    Udp(DatagramCheck),
}

/// What some protocols have in common.
pub(super) struct Parts<'a> {
    pub(super) transport: Protocol,
    pub(super) credentials: Option<&'a Credentials>,
    pub(super) secret: Option<&'a Secret>,
}

impl ProtocolCheck {
    pub(super) fn parts(&self) -> Parts<'_> {
        let (transport, credentials, secret) = match self {
            Self::Dns(check) | Self::Simpletcp(check) => (check.transport, None, None),
            Self::Sip(check) => (check.transport, None, None),
            Self::Ftp(check) => (Protocol::Tcp, Some(&check.credentials), None),
            Self::Imap(check) | Self::Pop(check) => (Protocol::Tcp, Some(&check.credentials), None),
            Self::Ldap(check) => (Protocol::Tcp, Some(&check.credentials), None),
            Self::Mysql(check) | Self::Pgsql(check) => {
                (Protocol::Tcp, Some(&check.credentials), None)
            }
            Self::Radius(check) => {
                let secret = check.secret.as_ref();
                (Protocol::Udp, Some(&check.credentials), secret)
            }
            Self::Grpc(_) | Self::Nntp(_) | Self::Oracle(_) | Self::Smtp(_) => {
                (Protocol::Tcp, None, None)
            }
            Self::Udp(_) => (Protocol::Udp, None, None),
        };
        Parts {
            transport,
            credentials,
            secret,
        }
    }
}

const TCP: &[Protocol] = &[Protocol::Tcp];
const UDP: &[Protocol] = &[Protocol::Udp];

/// All protocols, in the order of [`CheckProtocol`].
pub const PROTOCOLS: &[ProtocolRow] = &[
    ProtocolRow {
        protocol: CheckProtocol::Dns,
        title: "DNS",
        forms: &[form("dns", 53)
            .means("DNS: resolve the name in `request`. A record type may follow the name.")
            .example("{request: www.example.org}")
            .of_ldirectord(&[Request, Receive])],
        transports: &[Protocol::Udp, Protocol::Tcp],
        settings: &[Request, Receive, Tls],
        build: |transport, settings| ProtocolCheck::Dns(exchange(transport, settings)),
    },
    ProtocolRow {
        protocol: CheckProtocol::Ftp,
        title: "FTP",
        forms: &[form("ftp", 21)
            .means("FTP: log in, and transfer the file in `request` if there is one.")
            .example("{request: /test.txt, receive: OK}")
            .of_ldirectord(&[Request, Receive, Login, Password])],
        transports: TCP,
        settings: &[Request, Receive, Login, Password],
        build: |_, settings| {
            ProtocolCheck::Ftp(FtpCheck {
                credentials: Credentials::of(settings.login, settings.password),
                request: settings.request,
                receive: settings.receive,
            })
        },
    },
    ProtocolRow {
        protocol: CheckProtocol::Grpc,
        title: "gRPC",
        forms: &[form("grpc", 0)
            .means("gRPC: call `grpc.health.v1.Health/Check` for the service in `service`, or for the server.")
            .example("{service: shop.Cart}")],
        transports: TCP,
        settings: &[Setting::Service, Tls],
        build: |_, settings| {
            ProtocolCheck::Grpc(GrpcCheck {
                service: settings.service,
                tls: settings.tls,
            })
        },
    },
    ProtocolRow {
        protocol: CheckProtocol::Imap,
        title: "IMAP",
        forms: &[
            form("imap", 143)
                .means("IMAP: read the greeting, and log in if `login` is given.")
                .of_ldirectord(&[Login, Password]),
            form("imaps", 993)
                .over_tls()
                .means("IMAP over TLS: read the greeting, and log in if `login` is given.")
                .of_ldirectord(&[Login, Password]),
        ],
        transports: TCP,
        settings: &[Receive, Login, Password, Starttls],
        build: |_, settings| ProtocolCheck::Imap(mailbox(settings)),
    },
    ProtocolRow {
        protocol: CheckProtocol::Ldap,
        title: "LDAP",
        forms: &[
            form("ldap", 389)
                .means("LDAP: bind, and search for the entry in `request`.")
                .example("{request: \"dc=example,dc=org\"}")
                .of_ldirectord(&[Request, Receive, Login, Password]),
            form("ldaps", 636)
                .over_tls()
                .means("LDAP over TLS: bind, and search for the entry in `request`.")
                .example("{request: \"dc=example,dc=org\"}")
                .of_ldirectord(&[Request, Receive, Login, Password]),
        ],
        transports: TCP,
        settings: &[Request, Receive, Login, Password, Starttls],
        build: |_, settings| {
            ProtocolCheck::Ldap(LdapCheck {
                credentials: Credentials::of(settings.login, settings.password),
                request: settings.request,
                receive: settings.receive,
                tls: settings.tls,
            })
        },
    },
    ProtocolRow {
        protocol: CheckProtocol::Mysql,
        title: "MySQL",
        forms: &[form("mysql", 3306)
            .means("MySQL or MariaDB: log in, and run the query in `request` if there is one.")
            .example("{login: probe, database: test, request: SELECT 1}")
            .of_ldirectord(&[Request, Login, Password, Database])],
        transports: TCP,
        settings: &[Request, Receive, Login, Password, Database, Tls],
        build: |_, settings| ProtocolCheck::Mysql(sql(settings)),
    },
    ProtocolRow {
        protocol: CheckProtocol::Nntp,
        title: "NNTP",
        forms: &[form("nntp", 119)
            .means("NNTP: read the greeting.")
            .of_ldirectord(&[])],
        transports: TCP,
        settings: &[Receive, Tls],
        build: |_, settings| ProtocolCheck::Nntp(greeting(settings)),
    },
    ProtocolRow {
        protocol: CheckProtocol::Oracle,
        title: "Oracle",
        forms: &[form("oracle", 1521)
            .means("Oracle listener: connect to the SID in `database`, or to the listener alone. No login.")
            .of_ldirectord(&[Request, Login, Password, Database])],
        transports: TCP,
        settings: &[Database, Tls],
        build: |_, settings| {
            ProtocolCheck::Oracle(OracleCheck {
                database: settings.database,
                tls: settings.tls,
            })
        },
    },
    ProtocolRow {
        protocol: CheckProtocol::Pgsql,
        title: "PostgreSQL",
        forms: &[form("pgsql", 5432)
            .means("PostgreSQL: log in, and run the query in `request` if there is one.")
            .example("{login: probe, database: test, request: SELECT 1}")
            .of_ldirectord(&[Request, Login, Password, Database])],
        transports: TCP,
        settings: &[Request, Receive, Login, Password, Database, Tls],
        build: |_, settings| ProtocolCheck::Pgsql(sql(settings)),
    },
    ProtocolRow {
        protocol: CheckProtocol::Pop,
        title: "POP3",
        forms: &[
            form("pop", 110)
                .means("POP3: read the greeting, and log in if `login` is given.")
                .of_ldirectord(&[Login, Password]),
            form("pops", 995)
                .over_tls()
                .means("POP3 over TLS: read the greeting, and log in if `login` is given.")
                .of_ldirectord(&[Login, Password]),
        ],
        transports: TCP,
        settings: &[Receive, Login, Password, Starttls],
        build: |_, settings| ProtocolCheck::Pop(mailbox(settings)),
    },
    ProtocolRow {
        protocol: CheckProtocol::Radius,
        title: "RADIUS",
        forms: &[form("radius", 1812)
            .means("RADIUS: request access with `login`, `password` and `secret`.")
            .example("{login: probe, password: …, secret: …}")
            .of_ldirectord(&[Login, Password, Setting::Secret])],
        transports: UDP,
        settings: &[Login, Password, Setting::Secret],
        build: |_, settings| {
            ProtocolCheck::Radius(RadiusCheck {
                credentials: Credentials::of(settings.login, settings.password),
                secret: settings.secret,
            })
        },
    },
    ProtocolRow {
        protocol: CheckProtocol::Simpletcp,
        title: "Plain text",
        forms: &[form("simpletcp", 0)
            .means("Plain text: send `request` as it is, and match each line of the answer.")
            .example("{request: \"PING\\n\", receive: PONG}")
            .of_ldirectord(&[Request, Receive])],
        transports: &[Protocol::Tcp, Protocol::Udp],
        settings: &[Request, Receive, Tls],
        build: |transport, settings| ProtocolCheck::Simpletcp(exchange(transport, settings)),
    },
    ProtocolRow {
        protocol: CheckProtocol::Sip,
        title: "SIP",
        forms: &[form("sip", 5060)
            .means("SIP: send OPTIONS to the address in `login`, or to one of this host.")
            .example("{login: probe@example.org}")
            .of_ldirectord(&[Login])],
        transports: &[Protocol::Udp, Protocol::Tcp],
        settings: &[Receive, Login, Tls],
        build: |transport, settings| {
            ProtocolCheck::Sip(SipCheck {
                transport,
                tls: settings.tls,
                login: settings.login,
                receive: settings.receive,
            })
        },
    },
    ProtocolRow {
        protocol: CheckProtocol::Smtp,
        title: "SMTP",
        forms: &[
            form("smtp", 25)
                .means("SMTP: read the greeting, and send EHLO.")
                .of_ldirectord(&[]),
            form("submission", 587)
                .means("SMTP at the port for message submission: read the greeting, and send EHLO.")
                .of_ldirectord(&[]),
        ],
        transports: TCP,
        settings: &[Receive, Tls, Starttls],
        build: |_, settings| ProtocolCheck::Smtp(greeting(settings)),
    },
    ProtocolRow {
        protocol: CheckProtocol::Udp,
        title: "UDP",
        forms: &[form("udp", 0)
            .means(
                "UDP: send `request`, or an empty datagram. The check fails if the server's host refuses it (ICMP port unreachable). \
                 With `receive` an answer must come and match. Without `receive` a server that does not answer is up, even a \
                 dead one, so add a ping to `checks`.",
            )
            .example("{request: \"ping\", receive: pong}")],
        transports: UDP,
        settings: &[Request, Receive],
        build: |_, settings| {
            ProtocolCheck::Udp(DatagramCheck {
                request: settings.request,
                receive: settings.receive,
            })
        },
    },
];
