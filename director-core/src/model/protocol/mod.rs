//! Protocols that checks speak. All that is known of one stands in its row of [`PROTOCOLS`]: the keys of the
//! configuration, the kinds of `ipvsctl probe`, the services of `ldirectord.cf` and the reference are read from there.
//! A new protocol is a row and a variant in `table.rs`, and its probe in `src/probe/protocol`.

mod settings;
mod shared;
mod single;
mod table;

pub use settings::{Credentials, ProtocolSettings, Setting};
pub use shared::{ExchangeCheck, GreetingCheck, MailboxCheck, SqlCheck};
pub use single::{
    DatagramCheck, FtpCheck, GrpcCheck, LdapCheck, OracleCheck, RadiusCheck, SipCheck,
};
pub use table::{CheckProtocol, PROTOCOLS, ProtocolCheck};

use super::{Protocol, Secret, TlsCheck, TlsMode, TlsStart};

/// A protocol that a check can speak.
#[derive(Debug)]
pub struct ProtocolRow {
    /// The protocol.
    pub protocol: CheckProtocol,
    /// Its name in messages.
    pub title: &'static str,
    /// The words for it: one for each well-known port.
    pub forms: &'static [ProtocolForm],
    /// Transports below it. Where the service has another one, the first is used.
    pub transports: &'static [Protocol],
    /// Settings with an effect, in addition to those that follow from the rest of the row: see [`Self::takes`].
    pub settings: &'static [Setting],
    build: fn(Protocol, ProtocolSettings) -> ProtocolCheck,
}

/// A word for a protocol: `imaps` is IMAP at port 993 and over TLS.
#[derive(Debug)]
pub struct ProtocolForm {
    /// The key of a check, and the kind of `ipvsctl probe`.
    pub name: &'static str,
    /// Its well-known port.
    pub port: Option<u16>,
    /// Whether it is TLS from the first byte.
    pub tls: bool,
    /// What is probed, in a sentence.
    pub meaning: &'static str,
    /// Settings as they may be written in YAML.
    pub example: &'static str,
    /// The settings that ldirectord uses, where it has a service of this name.
    pub ldirectord: Option<&'static [Setting]>,
}

impl ProtocolRow {
    /// The word for it with or without TLS; without a word of its own for TLS it is the first.
    #[must_use]
    pub fn form(&self, tls: bool) -> &'static ProtocolForm {
        let own = self.forms.iter().find(|form| form.tls == tls);
        own.unwrap_or(&self.forms[0])
    }

    /// Whether a setting has an effect in this form. Certificates and names belong to TLS wherever it is possible, and the
    /// transport can be chosen wherever there are two.
    #[must_use]
    pub const fn takes(&self, form: &ProtocolForm, setting: Setting) -> bool {
        match setting {
            Setting::Transport => self.transports.len() > 1,
            Setting::Tls | Setting::Starttls => !form.tls && self.has(setting),
            Setting::Verify
            | Setting::ServerName
            | Setting::Ca
            | Setting::Certificate
            | Setting::Key
            | Setting::Alpn => form.tls || self.has(Setting::Tls) || self.has(Setting::Starttls),
            other => self.has(other),
        }
    }

    const fn has(&self, setting: Setting) -> bool {
        let mut place = 0;
        while place < self.settings.len() {
            if self.settings[place] as u8 == setting as u8 {
                return true;
            }
            place += 1;
        }
        false
    }

    /// All settings with an effect in this form.
    pub fn settings_of(&self, form: &ProtocolForm) -> impl Iterator<Item = Setting> {
        let all = Setting::ALL.into_iter();
        all.filter(|setting| self.takes(form, *setting))
    }

    /// The transport for a service of `wanted`, if that is known.
    #[must_use]
    pub fn transport(&self, wanted: Option<Protocol>) -> Protocol {
        let known = wanted.filter(|wanted| self.transports.contains(wanted));
        known.unwrap_or(self.transports[0])
    }

    /// The check with those of the settings that have an effect.
    #[must_use]
    pub fn check(&self, settings: ProtocolSettings) -> ProtocolCheck {
        (self.build)(self.transport(settings.transport), settings)
    }
}

/// A form at its well-known port; 0 where there is none.
const fn form(name: &'static str, port: u16) -> ProtocolForm {
    ProtocolForm {
        name,
        port: if port == 0 { None } else { Some(port) },
        tls: false,
        meaning: "",
        example: "{}",
        ldirectord: None,
    }
}

impl ProtocolForm {
    const fn over_tls(mut self) -> Self {
        self.tls = true;
        self
    }

    const fn means(mut self, meaning: &'static str) -> Self {
        self.meaning = meaning;
        self
    }

    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    /// ldirectord has a service of this name, which uses these settings.
    const fn of_ldirectord(mut self, settings: &'static [Setting]) -> Self {
        self.ldirectord = Some(settings);
        self
    }
}

/// Every form of every protocol, in the order of the table.
pub fn protocol_forms() -> impl Iterator<Item = (&'static ProtocolRow, &'static ProtocolForm)> {
    let rows = PROTOCOLS.iter();
    rows.flat_map(|row| row.forms.iter().map(move |form| (row, form)))
}

/// The form with this name.
#[must_use]
pub fn protocol_form(name: &str) -> Option<(&'static ProtocolRow, &'static ProtocolForm)> {
    protocol_forms().find(|(_, form)| form.name == name)
}

impl CheckProtocol {
    /// Its row.
    #[must_use]
    pub fn row(self) -> &'static ProtocolRow {
        &PROTOCOLS[self as usize]
    }

    /// Whether client and server agree on TLS in the protocol, and do so by themselves.
    #[must_use]
    pub fn negotiates_tls(self) -> bool {
        matches!(self, Self::Mysql | Self::Pgsql)
    }

    /// When TLS begins, if it does: in a form that is TLS `from_first_byte`, with the settings `tls` and `starttls`.
    #[must_use]
    pub fn tls_start(
        self,
        from_first_byte: bool,
        mode: Option<TlsMode>,
        starttls: bool,
    ) -> Option<TlsStart> {
        if self.negotiates_tls() {
            return match mode.unwrap_or(TlsMode::Prefer) {
                TlsMode::Off => None,
                TlsMode::Prefer => Some(TlsStart::Preferred),
                TlsMode::Require => Some(TlsStart::Negotiated),
            };
        }
        match mode {
            _ if from_first_byte => Some(TlsStart::Immediate),
            Some(TlsMode::Require) => Some(TlsStart::Immediate),
            _ => starttls.then_some(TlsStart::Negotiated),
        }
    }
}

impl ProtocolCheck {
    /// Whether it takes a secret that is no longer known.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        let parts = self.parts();
        let password = parts.credentials.and_then(|login| login.password.as_ref());
        let mut secrets = password.into_iter().chain(parts.secret);
        secrets.any(Secret::is_withheld) || self.tls().is_some_and(TlsCheck::is_withheld)
    }

    /// The secrets that it sends to a server, each with the user that it belongs to.
    #[must_use]
    pub fn credentials(&self) -> Vec<(&str, &str)> {
        let parts = self.parts();
        let login = parts.credentials;
        let login = login.map(|login| (login.login().unwrap_or_default(), login.password()));
        let secret = parts.secret.map(|secret| ("", secret.reveal()));
        login.into_iter().chain(secret).collect()
    }

    /// The transport below it.
    #[must_use]
    pub fn transport(&self) -> Protocol {
        self.parts().transport
    }

    /// TLS below it, if any.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsCheck> {
        match self {
            Self::Dns(check) | Self::Simpletcp(check) => check.tls.as_ref(),
            Self::Ftp(_) | Self::Radius(_) | Self::Udp(_) => None,
            Self::Grpc(check) => check.tls.as_ref(),
            Self::Imap(check) | Self::Pop(check) => check.tls.as_ref(),
            Self::Ldap(check) => check.tls.as_ref(),
            Self::Mysql(check) | Self::Pgsql(check) => check.tls.as_ref(),
            Self::Nntp(check) | Self::Smtp(check) => check.tls.as_ref(),
            Self::Oracle(check) => check.tls.as_ref(),
            Self::Sip(check) => check.tls.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_their_protocols() {
        for (place, row) in PROTOCOLS.iter().enumerate() {
            assert_eq!(row.protocol as usize, place, "{}", row.title);
        }
    }

    #[test]
    fn every_word_and_port_belongs_to_one_form() {
        for (row, form) in protocol_forms() {
            let same = |other: &ProtocolForm| {
                other.name == form.name || (other.port == form.port && form.port.is_some())
            };
            let found = protocol_forms().filter(|(_, other)| same(other)).count();
            assert_eq!(found, 1, "{}", form.name);
            assert!(form.meaning.starts_with(row.title), "{}", form.meaning);
            assert!(form.meaning.ends_with('.'), "{}", form.meaning);
        }
    }

    #[test]
    fn settings_follow_from_the_row_and_the_form() {
        let keys = |word| {
            let (row, form) = protocol_form(word).unwrap();
            let keys: Vec<&str> = row.settings_of(form).map(Setting::key).collect();
            keys.join(" ")
        };
        let files = "verify server_name ca certificate key alpn";
        assert_eq!(
            keys("imap"),
            format!("receive login password starttls {files}")
        );
        assert_eq!(keys("imaps"), format!("receive login password {files}"));
        assert_eq!(keys("smtp"), format!("receive tls starttls {files}"));
        assert_eq!(
            keys("dns"),
            format!("request receive transport tls {files}")
        );
        assert_eq!(keys("radius"), "login password secret");
    }

    #[test]
    fn the_transport_is_that_of_the_service_where_the_protocol_has_it() {
        let transport = |protocol: CheckProtocol, wanted| protocol.row().transport(wanted);
        let (tcp, udp) = (Some(Protocol::Tcp), Some(Protocol::Udp));
        assert_eq!(transport(CheckProtocol::Dns, tcp), Protocol::Tcp);
        assert_eq!(transport(CheckProtocol::Dns, None), Protocol::Udp);
        assert_eq!(transport(CheckProtocol::Radius, tcp), Protocol::Udp);
        assert_eq!(transport(CheckProtocol::Smtp, udp), Protocol::Tcp);
        assert_eq!(
            transport(CheckProtocol::Simpletcp, Some(Protocol::Sctp)),
            Protocol::Tcp
        );
    }
}
