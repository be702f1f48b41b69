//! TLS of checks: what is written together fits together.

use super::Findings;
use crate::definitions::{
    HttpCheckDefinition, Placed, ProtocolCheckDefinition, TlsFilesDefinition,
};
use crate::diagnostic::Place;
use crate::model::{
    CheckProtocol, HttpVersion, Setting, TlsCheck, TlsIdentity, TlsMode, TlsStart, Verification,
};

/// The longest name of a protocol in ALPN (RFC 7301, 3.1).
const LONGEST_ALPN: usize = 255;

/// What a check says about certificates and names.
struct TlsSettings<'a> {
    verify: Option<&'a Placed<bool>>,
    server_name: Option<&'a Placed<String>>,
    files: &'a TlsFilesDefinition,
}

impl TlsSettings<'_> {
    /// The first setting that has no effect without TLS, and where it stands.
    fn first(&self) -> Option<(Setting, &Place)> {
        let verify = self.verify.filter(|verify| verify.value);
        let files = self.files;
        let known = [
            verify.map(|verify| (Setting::Verify, &verify.place)),
            self.server_name
                .map(|name| (Setting::ServerName, &name.place)),
            files.ca.as_ref().map(|file| (Setting::Ca, &file.place)),
            (files.certificate.as_ref()).map(|file| (Setting::Certificate, &file.place)),
            files.key.as_ref().map(|file| (Setting::Key, &file.place)),
            files.alpn.first().map(|name| (Setting::Alpn, &name.place)),
        ];
        known.into_iter().flatten().next()
    }

    /// TLS with these settings.
    fn check(&self, start: TlsStart, findings: &mut Findings) -> TlsCheck {
        let files = self.files;
        if let (Some(ca), Some(Placed { value: false, .. })) = (&files.ca, self.verify) {
            findings.error(
                &ca.place,
                "ca is for verifying the certificate, and verify is false",
                "remove verify: false, or remove ca",
            );
        }
        let verify = files.ca.is_some() || self.verify.is_some_and(|verify| verify.value);
        TlsCheck {
            start,
            verify: match verify {
                true => Verification::Full,
                false => Verification::None,
            },
            server_name: self.server_name.map(|name| name.value.clone()),
            ca: files.ca.as_ref().map(|file| file.value.clone()),
            identity: identity(files, findings),
            alpn: alpn(&files.alpn, findings),
        }
    }
}

fn identity(files: &TlsFilesDefinition, findings: &mut Findings) -> Option<TlsIdentity> {
    let (file, needs, fix) = match (&files.certificate, &files.key) {
        (Some(certificate), Some(key)) => {
            return Some(TlsIdentity {
                certificate: certificate.value.clone(),
                key: key.value.clone(),
            });
        }
        (None, None) => return None,
        (Some(certificate), None) => (
            certificate,
            "certificate needs key",
            "write key: FILE; it may be the same file",
        ),
        (None, Some(key)) => (key, "key needs certificate", "write certificate: FILE"),
    };
    findings.error(&file.place, needs, fix);
    None
}

fn alpn(written: &[Placed<String>], findings: &mut Findings) -> Vec<String> {
    for name in written {
        if !(1..=LONGEST_ALPN).contains(&name.value.len()) {
            let message = format!("{:?} is not the name of a protocol in ALPN", name.value);
            findings.error(&name.place, message, "write names such as h2 or http/1.1");
        }
    }
    written.iter().map(|name| name.value.clone()).collect()
}

/// TLS of a check in a protocol; none without TLS.
pub(super) fn of_protocol(
    check: &ProtocolCheckDefinition,
    findings: &mut Findings,
) -> Option<TlsCheck> {
    let protocol = check.protocol;
    let (mode, starttls) = (check.tls_mode.as_ref(), check.starttls.as_ref());
    let wants_starttls = starttls.is_some_and(|starttls| starttls.value);
    match mode {
        Some(mode) if mode.value == TlsMode::Prefer && !protocol.negotiates_tls() => {
            let title = protocol.row().title;
            let message = format!(
                "tls: prefer is for mysql and pgsql, and a check of {title} cannot try both"
            );
            findings.error(&mode.place, message, "write tls: true or tls: false");
        }
        Some(mode) if mode.value != TlsMode::Off && wants_starttls => {
            findings.error(
                &mode.place,
                "tls and starttls exclude each other",
                "keep tls for TLS from the first byte, or starttls for TLS after a plain greeting",
            );
        }
        _ => {}
    }
    let written = TlsSettings {
        verify: check.verify.as_ref(),
        server_name: check.server_name.as_ref(),
        files: &check.tls_files,
    };
    let alpn = &check.tls_files.alpn;
    if let (CheckProtocol::Grpc, Some(first)) = (protocol, alpn.first())
        && !alpn.iter().any(|name| name.value == "h2")
    {
        findings.error(
            &first.place,
            "gRPC needs h2 in alpn",
            "write alpn: h2, or remove alpn",
        );
    }
    let mode = mode.map(|mode| mode.value);
    let start = protocol.tls_start(check.tls, mode, wants_starttls);
    let fix = match protocol.row().settings.contains(&Setting::Starttls) {
        _ if protocol.negotiates_tls() => "write tls: require",
        true => "write starttls: true, or check TLS from the first byte",
        false => "write tls: true",
    };
    match (start, written.first()) {
        (None, Some((setting, place))) => {
            let message = format!("{} has no effect without TLS", setting.key());
            findings.error(place, message, fix);
        }
        // A check that goes on without TLS proves nothing about certificates.
        (Some(TlsStart::Preferred), Some((setting @ (Setting::Verify | Setting::Ca), place))) => {
            let message = format!(
                "{} has no effect where the server may go without TLS",
                setting.key()
            );
            findings.error(place, message, fix);
        }
        _ => {}
    }
    Some(written.check(start?, findings))
}

/// TLS of an HTTP check; none without TLS.
pub(super) fn of_http(check: &HttpCheckDefinition, findings: &mut Findings) -> Option<TlsCheck> {
    let written = TlsSettings {
        verify: check.verify.as_ref(),
        server_name: check.server_name.as_ref(),
        files: &check.tls_files,
    };
    check
        .tls
        .then(|| written.check(TlsStart::Immediate, findings))
}

/// The version of HTTP that a check speaks.
pub(super) fn http_version(check: &HttpCheckDefinition, findings: &mut Findings) -> HttpVersion {
    let alpn = &check.tls_files.alpn;
    let mut offered = alpn.iter();
    if let (true, Some(h2)) = (check.proxy, offered.find(|name| name.value == "h2")) {
        findings.error(
            &h2.place,
            "a proxy is probed with HTTP/1.1 only",
            "remove alpn",
        );
    }
    let Some(written) = &check.version else {
        return HttpVersion::One;
    };
    match written.value.as_str() {
        "1" | "1.1" => HttpVersion::One,
        "2" if check.proxy => {
            findings.error(
                &written.place,
                "a proxy is probed with HTTP/1.1 only",
                "remove version",
            );
            HttpVersion::Two
        }
        "2" => {
            if let (Some(first), false) = (alpn.first(), alpn.iter().any(|name| name.value == "h2"))
            {
                findings.error(
                    &first.place,
                    "version: 2 needs h2 in alpn",
                    "write alpn: h2, or remove alpn",
                );
            }
            HttpVersion::Two
        }
        other => {
            let message = format!("{other:?} is not a version of HTTP that ipvsd speaks");
            findings.error(&written.place, message, "write 1.1 or 2");
            HttpVersion::One
        }
    }
}
