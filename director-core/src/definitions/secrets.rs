//! Takes secrets out of definitions so that they can be shown, puts them back where the files still have them, and keeps
//! which of them are the same: a recording that knew
//! only `***` would take two different probes for one, and a replay would not be what happened.
//!
//! A secret that is forgotten here is no leak, since it prints as `***` by its own type.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{
    CheckDefinition, CheckKindDefinition, Definitions, HookDefinition, Placed, ServiceDefinition,
    TlsFilesDefinition,
};
use crate::model::{HIDDEN, HookWay, Secret, carries_credentials, with_password, without_password};

/// Numbers for secrets, each the same for as long as this is kept.
#[derive(Debug, Default)]
pub struct SecretNumbers {
    known: BTreeMap<Secret, usize>,
}

impl SecretNumbers {
    fn hide(&mut self, secret: &mut Secret) {
        if secret.is_withheld() {
            return;
        }
        *secret = Secret::numbered(self.number_of(secret));
    }

    fn number_of(&mut self, secret: &Secret) -> usize {
        let next = self.known.len() + 1;
        *self.known.entry(secret.clone()).or_insert(next)
    }

    fn hide_in_url(&mut self, url: &mut String) {
        *url = with_password(url, |password| {
            let number = self.number_of(&Secret::new(password.to_owned()));
            format!("{HIDDEN}{number}")
        });
    }
}

/// A secret of a probe, and the key that it belongs to.
type KeyedSecret<'k> = (String, &'k mut Secret);

/// The secrets of a probe. The texts of its files are among them.
fn secrets_in(kind: &mut CheckKindDefinition) -> Vec<KeyedSecret<'_>> {
    let (files, mut secrets) = match kind {
        CheckKindDefinition::Protocol(check) => {
            let keyed = [
                ("password", &mut check.password),
                ("secret", &mut check.secret),
            ];
            (&mut check.tls_files, written(keyed))
        }
        CheckKindDefinition::Http(check) => {
            let headers = check.headers.iter_mut();
            let headers = headers.map(|header| {
                let key = format!("header {}", header.name.value.to_ascii_lowercase());
                (key, &mut header.value.value)
            });
            let mut secrets: Vec<KeyedSecret<'_>> = headers.collect();
            secrets.extend(written([
                ("password", &mut check.password),
                ("bearer", &mut check.bearer),
                ("body", &mut check.content),
            ]));
            (&mut check.tls_files, secrets)
        }
        _ => return Vec::new(),
    };
    let files = [
        ("ca", &mut files.ca),
        ("certificate", &mut files.certificate),
        ("key", &mut files.key),
    ];
    secrets.extend(files.into_iter().filter_map(|(key, file)| {
        let file = &mut file.as_mut()?.value;
        Some((format!("{key} {}", file.path), &mut file.text))
    }));
    secrets
}

/// Those that are there.
fn written<'k, const N: usize>(
    keyed: [(&str, &'k mut Option<Placed<Secret>>); N],
) -> Vec<KeyedSecret<'k>> {
    let keyed = keyed.into_iter();
    keyed
        .filter_map(|(key, secret)| Some((key.to_owned(), &mut secret.as_mut()?.value)))
        .collect()
}

/// Whether the configuration itself holds credentials of a probe. Most headers and bodies are none.
fn holds_credentials(kind: &CheckKindDefinition) -> bool {
    let secrets: Vec<&Placed<Secret>> = match kind {
        CheckKindDefinition::Protocol(check) => {
            check.password.iter().chain(&check.secret).collect()
        }
        CheckKindDefinition::Http(check) => {
            let headers = check.headers.iter();
            let headers = headers.filter(|header| carries_credentials(&header.name.value));
            let headers = headers.map(|header| &header.value);
            let own = check.password.iter().chain(&check.bearer);
            headers.chain(own).collect()
        }
        _ => Vec::new(),
    };
    secrets.iter().any(|secret| secret.value.source().is_none())
}

/// The URL of a check that may hold a password.
fn url_of(check: &mut CheckDefinition) -> Option<&mut String> {
    url_in(&mut check.kind.as_mut()?.value)
}

fn url_in(kind: &mut CheckKindDefinition) -> Option<&mut String> {
    match kind {
        CheckKindDefinition::Http(check) => check.path.as_mut().map(|path| &mut path.value),
        _ => None,
    }
}

/// Writes a request down without the password that its URL may have.
pub(super) fn hide_password<S: Serializer>(
    request: &Option<Placed<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let shown = request.as_ref();
    let shown = shown.map(|url| Placed::new(without_password(&url.value), url.place.clone()));
    shown.serialize(serializer)
}

/// What the checks of a service and of its servers are, in their order.
fn check_kinds(service: &mut ServiceDefinition) -> impl Iterator<Item = &mut CheckKindDefinition> {
    let further = service.judging.further_checks.iter_mut();
    let pool = service.recovery.fallback_pool.iter_mut();
    let pool = pool.map(|pool| &mut pool.check);
    let own = service.real_servers.iter_mut();
    let own = own.flat_map(|server| server.checks.iter_mut());
    let checks = std::iter::once(&mut service.check).chain(further);
    let checks = checks.chain(pool).chain(own);
    checks.filter_map(|check| check.kind.as_mut().map(|kind| &mut kind.value))
}

impl ServiceDefinition {
    /// The secrets of its checks, each with its check and key.
    fn secrets(&mut self) -> Vec<((usize, String), &mut Secret)> {
        let keyed = check_kinds(self).enumerate().flat_map(|(check, kind)| {
            let secrets = secrets_in(kind).into_iter();
            secrets.map(move |(key, secret)| ((check, key), secret))
        });
        keyed.collect()
    }

    /// The files of its checks, with certificates and keys.
    pub fn pem_files_mut(&mut self) -> impl Iterator<Item = &mut TlsFilesDefinition> {
        check_kinds(self).filter_map(CheckKindDefinition::tls_files_mut)
    }

    /// The URLs of its checks and real servers that may hold passwords.
    fn urls(&mut self) -> Vec<&mut String> {
        let mut urls = Vec::new();
        let further = self.judging.further_checks.iter_mut();
        let pool = self.recovery.fallback_pool.iter_mut();
        let pool = pool.map(|pool| &mut pool.check);
        let checks = std::iter::once(&mut self.check).chain(further).chain(pool);
        urls.extend(checks.filter_map(url_of));
        for server in &mut self.real_servers {
            urls.extend(server.request.as_mut().map(|request| &mut request.value));
            urls.extend(server.checks.iter_mut().filter_map(url_of));
        }
        urls
    }

    /// Puts the secrets of another form of this service in the place of unknown ones of the same check and key.
    pub fn know_secrets_of(&mut self, other: &Self) {
        let mut other = other.clone();
        for (own, other) in self.urls().into_iter().zip(other.urls()) {
            if *own == without_password(other) {
                own.clone_from(other);
            }
        }
        let known: BTreeMap<(usize, String), Secret> = other
            .secrets()
            .into_iter()
            .map(|(key, secret)| (key, secret.clone()))
            .collect();
        for (key, own) in self.secrets() {
            if let Some(known) = known.get(&key).filter(|_| own.is_withheld()) {
                own.clone_from(known);
            }
        }
    }
}

impl Definitions {
    /// Whether it holds credentials or addresses of webhooks itself, and does not only name where they are.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        let mut services = self.services.clone();
        let in_services = services.iter_mut().any(|service| {
            let is_secret = |url: &mut String| without_password(url) != *url;
            let in_urls = service.urls().into_iter().any(is_secret);
            in_urls || check_kinds(service).any(|kind| holds_credentials(kind))
        });
        let is_secret = |hook: &HookDefinition| matches!(&hook.way, Some(HookWay::Webhook { url, .. }) if url.source().is_none());
        in_services || self.notify.iter().any(is_secret)
    }

    /// The same definitions with a number in the place of each secret.
    #[must_use]
    pub fn with_numbered_secrets(&self, numbers: &mut SecretNumbers) -> Self {
        let mut shown = self.clone();
        for service in &mut shown.services {
            let secrets = service.secrets();
            secrets
                .into_iter()
                .for_each(|(_, secret)| numbers.hide(secret));
            let urls = service.urls();
            urls.into_iter().for_each(|url| numbers.hide_in_url(url));
        }
        // Two receivers that differ in their secret only stay two.
        for hook in &mut shown.notify {
            if let Some(HookWay::Webhook { url, .. }) = &mut hook.way {
                numbers.hide(url);
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::definitions::{HeaderDefinition, HttpCheckDefinition};
    use crate::diagnostic::Place;

    #[test]
    fn equal_secrets_have_equal_numbers_for_as_long_as_they_are_kept() {
        let mut numbers = SecretNumbers::default();
        let mut hidden = |text: &str| {
            let mut secret = Secret::new(text.to_owned());
            numbers.hide(&mut secret);
            serde_json::to_string(&secret).unwrap()
        };
        let all: Vec<String> = ["a", "b", "a", "c", "b"].map(&mut hidden).into();
        assert_eq!(
            all,
            ["\"***1\"", "\"***2\"", "\"***1\"", "\"***3\"", "\"***2\""]
        );
    }

    #[test]
    fn passwords_of_urls_are_numbered_and_stay_so_when_they_are_written_down() {
        let mut numbers = SecretNumbers::default();
        let mut written = |password: &str| {
            let mut url = format!("http://user:{password}@192.0.2.11/");
            numbers.hide_in_url(&mut url);
            without_password(&url)
        };
        assert_eq!(written("a"), "http://user:***1@192.0.2.11/");
        assert_eq!(written("b"), "http://user:***2@192.0.2.11/");
        assert_eq!(written("a"), "http://user:***1@192.0.2.11/");
    }

    #[test]
    fn everything_that_a_request_carries_is_numbered() {
        let place = Place::whole_file(&Arc::from(""));
        let placed = |text: &str| Placed::new(Secret::new(text.to_owned()), place.clone());
        let mut kind = CheckKindDefinition::Http(Box::new(HttpCheckDefinition {
            headers: vec![HeaderDefinition {
                name: Placed::new("X-Tenant".to_owned(), place.clone()),
                value: placed("opensesame"),
            }],
            password: Some(placed("opensesame")),
            bearer: Some(placed("opensesame")),
            content: Some(placed("opensesame")),
            ..HttpCheckDefinition::default()
        }));
        let mut numbers = SecretNumbers::default();
        let secrets = secrets_in(&mut kind);
        secrets
            .into_iter()
            .for_each(|(_, secret)| numbers.hide(secret));
        let written = serde_json::to_string(&kind).unwrap();
        assert_eq!(written.matches("\"***1\"").count(), 4, "{written}");
        assert!(!format!("{kind:?}").contains("opensesame"));
    }
    #[test]
    fn a_secret_comes_back_to_its_own_key_only() {
        let place = Place::whole_file(&Arc::from(""));
        let placed = |text: &str| Some(Placed::new(Secret::new(text.to_owned()), place.clone()));
        let check = |password: Option<&str>, bearer: Option<&str>| {
            CheckKindDefinition::Http(Box::new(HttpCheckDefinition {
                password: password.and_then(placed),
                bearer: bearer.and_then(placed),
                ..HttpCheckDefinition::default()
            }))
        };
        let keys = |kind: &mut CheckKindDefinition| -> Vec<String> {
            secrets_in(kind).into_iter().map(|(key, _)| key).collect()
        };
        assert_eq!(keys(&mut check(Some("a"), None)), ["password"]);
        assert_eq!(keys(&mut check(None, Some("a"))), ["bearer"]);
    }
}
