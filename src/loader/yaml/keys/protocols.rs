//! Checks in a protocol: a key and its settings for each form of each protocol of the core's table.

use director_core::definitions::ProtocolCheckDefinition;
use director_core::model::{
    CheckProtocol, PROTOCOLS, ProtocolForm, ProtocolRow, protocol_form, protocol_forms,
};

use super::check::CheckText;
use super::kinds::Kinds;
use crate::loader::yaml::mapping::{Key, Lines, Row, Shape, Takes};
use crate::loader::yaml::rows::{access, mapping};

/// A mapping that has only some keys of another one.
pub(super) struct View {
    pub(super) name: &'static str,
    pub(super) all: &'static dyn Shape,
    pub(super) keys: &'static [&'static str],
}

impl Shape for View {
    fn name(&self) -> &'static str {
        self.name
    }

    fn what(&self) -> String {
        format!("the {} check", self.name)
    }

    fn keys(&self) -> Vec<(&'static Key, Takes)> {
        let mut keys = self.all.keys();
        keys.retain(|(key, _)| self.has(key.name));
        keys
    }

    fn has(&self, key: &str) -> bool {
        self.keys.contains(&key)
    }
}

mapping! {
    /// A check in the protocol of the service.
    PROTOCOL: ProtocolCheckDefinition = "conversation", "this check", |_| ProtocolCheckDefinition::plain(CheckProtocol::Simpletcp, false), None;
    opt(request) "request" = "www.example.org", or "the smallest request of the protocol",
        "What to request: a name, a query, a file or a text to send.";
    opt(receive) "receive" = "OK", or "any successful answer", "Regular expression that the answer must match.";
    opt(login) "login" = "probe", or "none", "User name.";
    opt(password) "password" = "…", or "none", "Password. ipvsd never shows it.";
    opt(database) "database" = "test", or "none", "Database.";
    opt(secret) "secret" = "…", or "none", "Shared secret. ipvsd never shows it.";
    opt(transport) "transport" = "udp", or "the transport of the service", "Transport of the probe.";
    opt(service) "service" = "shop.Cart", or "the whole server", "Name of the gRPC service to check.";
    opt(tls_mode) "tls" = "true", or "false; for mysql and pgsql `prefer`",
        "Use TLS. For mysql and pgsql `require` and `true` need a server with TLS, `prefer` uses TLS where the server offers \
         it, as clients do, and `off` and `false` never use it.";
    opt(starttls) "starttls" = "true", or "false",
        "Begin in plain text, and require the server to change to TLS (STARTTLS, STLS).";
    opt(verify) "verify" = "true", or "false; true with `ca`",
        "Verify the certificate: fail when it is not trusted or is for another name.";
    opt(server_name) "server_name" = "www.example.org", or "the address of the server",
        "Name for SNI and the certificate.";
    opt(tls_files.ca) "ca" = "/etc/ipvsd/ca.pem", or "the certificates of the system",
        "File of the certificate authorities to trust, in PEM. It implies `verify`.";
    opt(tls_files.certificate) "certificate" = "/etc/ipvsd/client.pem", or "none",
        "File with the certificate that the probe shows to the server, in PEM.";
    opt(tls_files.key) "key" = "/etc/ipvsd/client.key", or "none",
        "File with the private key of `certificate`, in PEM and without a passphrase. ipvsd never shows it.";
    many(tls_files.alpn) "alpn" = "[h2, http/1.1]", or "no ALPN", "Protocols to offer by ALPN, the preferred one first.";
}

/// The settings that have an effect in one form of a protocol.
#[derive(Clone, Copy)]
pub(super) struct FormView {
    row: &'static ProtocolRow,
    form: &'static ProtocolForm,
}

impl Shape for FormView {
    fn name(&self) -> &'static str {
        self.form.name
    }

    fn what(&self) -> String {
        format!("the {} check", self.form.name)
    }

    fn keys(&self) -> Vec<(&'static Key, Takes)> {
        let mut keys = PROTOCOL.keys();
        keys.retain(|(key, _)| self.has(key.name));
        if !self.row.protocol.negotiates_tls() {
            let tls = keys.iter_mut().filter(|(key, _)| key.name == "tls");
            tls.for_each(|(_, takes)| *takes = Takes::Truth);
        }
        keys
    }

    fn has(&self, key: &str) -> bool {
        let mut settings = self.row.settings_of(self.form);
        settings.any(|setting| setting.key() == key)
    }
}

const COUNT: usize = {
    let (mut forms, mut row) = (0, 0);
    while row < PROTOCOLS.len() {
        forms += PROTOCOLS[row].forms.len();
        row += 1;
    }
    forms
};

static FORMS: [FormView; COUNT] = {
    let (mut forms, mut row, mut at) = ([view_of(0, 0); COUNT], 0, 0);
    while row < PROTOCOLS.len() {
        let mut form = 0;
        while form < PROTOCOLS[row].forms.len() {
            forms[at] = view_of(row, form);
            form += 1;
            at += 1;
        }
        row += 1;
    }
    forms
};

const fn view_of(row: usize, form: usize) -> FormView {
    let row = &PROTOCOLS[row];
    let form = &row.forms[form];
    FormView { row, form }
}

/// The rows of a check: one for each form.
pub(super) static ROWS: [Row<CheckText>; COUNT] = {
    let mut rows = [row_of(FORMS[0].form); COUNT];
    let mut at = 1;
    while at < COUNT {
        rows[at] = row_of(FORMS[at].form);
        at += 1;
    }
    rows
};

const fn row_of(form: &'static ProtocolForm) -> Row<CheckText> {
    Row {
        key: Key {
            name: form.name,
            unit: "",
            example: form.example,
            default: Some("not checked"),
            meaning: form.meaning,
        },
        access: access!(CheckText, by Kinds),
    }
}

/// The keys of all forms.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    protocol_forms().map(|(_, form)| form.name)
}

/// The settings that a form takes.
pub(super) fn view(name: &str) -> Option<&'static FormView> {
    FORMS.iter().find(|view| view.form.name == name)
}

/// A check of which nothing is known but its protocol.
pub(super) fn check(name: &str) -> Option<ProtocolCheckDefinition> {
    let (row, form) = protocol_form(name)?;
    Some(ProtocolCheckDefinition::plain(row.protocol, form.tls))
}

/// The key of a form, and those settings that have an effect, as they are written.
pub(super) fn lines(check: &ProtocolCheckDefinition) -> (&'static str, Lines) {
    let row = check.protocol.row();
    let form = row.form(check.tls);
    let view = FormView { row, form };
    let mut lines = PROTOCOL.lines(check);
    let usual_tls = match check.protocol.negotiates_tls() {
        true => "prefer",
        false => "false",
    };
    // An empty text is none.
    lines.retain(|(key, text)| {
        view.has(key) && text != "\"\"" && (*key, text.as_str()) != ("tls", usual_tls)
    });
    (form.name, lines)
}
