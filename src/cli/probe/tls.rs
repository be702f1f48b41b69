//! TLS of `ipvsctl probe`.

use std::path::Path;

use clap::{Args, ValueEnum};
use director_core::model::{
    CheckProtocol, PemFile, Setting, TlsCheck, TlsIdentity, TlsMode, TlsStart, Verification,
};

use crate::cli::error::CliError;
use crate::loader::{PemUse, read_pem};

/// Whether TLS is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Never
    Off,
    /// If the server offers it (mysql and pgsql)
    Prefer,
    /// Always
    Require,
}

/// TLS of a probe.
#[derive(Debug, Args)]
pub(super) struct TlsArgs {
    /// Use TLS, if the protocol works with and without it. For mysql and pgsql MODE is off, prefer (without this option) or require (without MODE)
    #[arg(
        long,
        help_heading = "TLS options",
        value_name = "MODE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "require",
        hide_possible_values = true
    )]
    tls: Option<Mode>,
    /// Begin in plain text, and change to TLS: smtp, submission, imap, pop and ldap
    #[arg(long, help_heading = "TLS options", conflicts_with = "tls")]
    starttls: bool,
    /// Verify the server's certificate
    #[arg(long, help_heading = "TLS options")]
    verify: bool,
    /// Server name for TLS, if it differs from the virtual host
    #[arg(long, help_heading = "TLS options", value_name = "NAME")]
    server_name: Option<String>,
    /// Verify the server's certificate against the authorities in this file
    #[arg(long, help_heading = "TLS options", value_name = "FILE")]
    ca: Option<String>,
    /// Show this certificate to the server
    #[arg(
        long,
        help_heading = "TLS options",
        value_name = "FILE",
        requires = "key"
    )]
    certificate: Option<String>,
    /// The private key of the certificate
    #[arg(
        long,
        help_heading = "TLS options",
        value_name = "FILE",
        requires = "certificate"
    )]
    key: Option<String>,
    /// Protocols to offer by ALPN, separated by commas: h2,http/1.1
    #[arg(
        long,
        help_heading = "TLS options",
        value_name = "NAMES",
        value_delimiter = ','
    )]
    alpn: Vec<String>,
}

impl TlsArgs {
    /// Whether TLS is required.
    pub(super) fn is_required(&self) -> bool {
        self.tls == Some(Mode::Require)
    }

    /// When TLS begins in a check of this protocol, if it does.
    pub(super) fn start(&self, protocol: CheckProtocol, from_first_byte: bool) -> Option<TlsStart> {
        let mode = self.tls.map(|mode| match mode {
            Mode::Off => TlsMode::Off,
            Mode::Prefer => TlsMode::Prefer,
            Mode::Require => TlsMode::Require,
        });
        protocol.tls_start(from_first_byte, mode, self.starttls)
    }

    /// The settings that are given, each with its option.
    pub(super) fn given(&self) -> [(Setting, bool, &'static str); 8] {
        [
            (Setting::Tls, self.tls.is_some(), "--tls"),
            (Setting::Starttls, self.starttls, "--starttls"),
            (Setting::Verify, self.verify, "--verify"),
            (
                Setting::ServerName,
                self.server_name.is_some(),
                "--server-name",
            ),
            (Setting::Ca, self.ca.is_some(), "--ca"),
            (
                Setting::Certificate,
                self.certificate.is_some(),
                "--certificate",
            ),
            (Setting::Key, self.key.is_some(), "--key"),
            (Setting::Alpn, !self.alpn.is_empty(), "--alpn"),
        ]
    }

    /// TLS that begins so; none without TLS.
    pub(super) fn check(
        &self,
        start: Option<TlsStart>,
        kind: &'static str,
    ) -> Result<Option<TlsCheck>, CliError> {
        let verifies = self.verify || self.ca.is_some();
        if verifies && start == Some(TlsStart::Preferred) {
            return Err(CliError::ProbeLacks(
                "--tls: without it the server may go without TLS",
            ));
        }
        let Some(start) = start else {
            let ignored = self.given().into_iter().skip(2);
            return match ignored.into_iter().find(|(_, is_given, _)| *is_given) {
                Some((_, _, option)) => Err(CliError::ProbeIgnores { option, kind }),
                None => Ok(None),
            };
        };
        let identity = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some(TlsIdentity {
                certificate: file(certificate, PemUse::Certificates)?,
                key: file(key, PemUse::Key)?,
            }),
            _ => None,
        };
        Ok(Some(TlsCheck {
            start,
            verify: match verifies {
                true => Verification::Full,
                false => Verification::None,
            },
            server_name: self.server_name.clone(),
            ca: match &self.ca {
                Some(path) => Some(file(path, PemUse::Certificates)?),
                None => None,
            },
            identity,
            alpn: self.alpn.clone(),
        }))
    }
}

fn file(path: &str, purpose: PemUse) -> Result<PemFile, CliError> {
    let text = read_pem(Path::new(path), purpose).map_err(|why| CliError::ProbeFile {
        path: path.to_owned(),
        why,
    })?;
    Ok(PemFile {
        path: path.to_owned(),
        text,
    })
}
