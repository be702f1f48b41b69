//! Checks: what most of them have becomes a default, and what several have in common a named check.

use std::collections::BTreeMap;
use std::time::Duration;

use director_core::definitions::{CheckDefinition, Placed, ServiceDefinition};
use director_core::model::validate::{DEFAULT_EVERY, DEFAULT_FALL, DEFAULT_RISE, DEFAULT_TIMEOUT};

use super::named::{NamedChecks, Worth};
use super::plain::{is_fixed, most_frequent};
use crate::loader::yaml::keys::check::{CheckParts, parts};
use crate::loader::yaml::keys::kinds::KindText;
use crate::loader::yaml::mapping::{Lines, flow};
use crate::loader::yaml::value::Value;

/// A check as it is written where defaults hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    pub(super) kind: &'static str,
    /// A value in place of settings.
    pub(super) whole: Option<String>,
    pub(super) settings: Lines,
    /// Keys that all kinds have.
    pub(super) others: Lines,
}

impl Form {
    pub(super) fn text(&self) -> String {
        if self.whole.is_none() && self.settings.is_empty() && self.others.is_empty() {
            return self.kind.to_owned();
        }
        flow(&self.lines())
    }

    /// As lines of a mapping.
    pub(super) fn lines(&self) -> Lines {
        let settings = self.whole.clone().unwrap_or_else(|| flow(&self.settings));
        let kind = std::iter::once((self.kind, settings));
        kind.chain(self.others.iter().cloned()).collect()
    }
}

/// The times and counts that most checks have.
#[derive(Debug)]
pub(super) struct UsualTimes {
    every: Duration,
    timeout: Duration,
    rise: u64,
    fall: u64,
}

impl UsualTimes {
    pub(super) fn of(services: &[ServiceDefinition]) -> Self {
        let all: Vec<&CheckDefinition> = services.iter().flat_map(checks_of).collect();
        let probed: Vec<&CheckDefinition> = all
            .iter()
            .copied()
            .filter(|check| !is_fixed(check))
            .collect();
        let mut usual = Self {
            every: DEFAULT_EVERY,
            timeout: DEFAULT_TIMEOUT,
            rise: u64::from(DEFAULT_RISE),
            fall: u64::from(DEFAULT_FALL),
        };
        // For one check a default is a detour. Checks of single servers are printed without regard to defaults.
        if probed.len() < 2 || have_own_checks(services) {
            return usual;
        }
        let most = |value: fn(&CheckDefinition) -> &Option<Placed<Duration>>, default| {
            let own = |check: &&CheckDefinition| of(value(check), default);
            let values: Vec<Duration> = probed.iter().map(own).collect();
            most_frequent(&values, |value| *value).unwrap_or(default)
        };
        usual.every = most(|check| &check.every, DEFAULT_EVERY);
        usual.timeout = most(|check| &check.timeout, DEFAULT_TIMEOUT);
        // A window takes the place of both counts.
        if all.iter().all(|check| check.window.is_none()) {
            let most = |value: fn(&CheckDefinition) -> &Option<Placed<u64>>, default| {
                let own = |check: &&CheckDefinition| of(value(check), default);
                let values: Vec<u64> = probed.iter().map(own).collect();
                most_frequent(&values, |value| *value).unwrap_or(default)
            };
            usual.rise = most(|check| &check.rise, usual.rise);
            usual.fall = most(|check| &check.fall, usual.fall);
        }
        usual
    }

    /// As defaults of checks.
    fn lines(&self) -> Lines {
        let mut lines = Lines::new();
        let mut add = |key, text: String, is_default: bool| {
            if !is_default {
                lines.push((key, text));
            }
        };
        add("every", self.every.print(), self.every == DEFAULT_EVERY);
        add(
            "timeout",
            self.timeout.print(),
            self.timeout == DEFAULT_TIMEOUT,
        );
        add(
            "rise",
            self.rise.print(),
            self.rise == u64::from(DEFAULT_RISE),
        );
        add(
            "fall",
            self.fall.print(),
            self.fall == u64::from(DEFAULT_FALL),
        );
        lines
    }

    /// The parts of a check where these hold.
    fn parts(&self, check: &CheckDefinition) -> CheckParts {
        let mut check = check.clone();
        if is_fixed(&check) {
            return parts(&check);
        }
        let place = check.kind.as_ref().map(|kind| kind.place.clone());
        let place = place.unwrap_or_else(|| {
            director_core::diagnostic::Place::whole_file(&std::sync::Arc::from(""))
        });
        let differs = |value: Duration, usual: Duration| {
            (value != usual).then(|| Placed::new(value, place.clone()))
        };
        check.every = differs(of(&check.every, DEFAULT_EVERY), self.every);
        check.timeout = differs(of(&check.timeout, DEFAULT_TIMEOUT), self.timeout);
        if check.window.is_none() {
            let differs = |value: u64, usual: u64| {
                (value != usual).then(|| Placed::new(value, place.clone()))
            };
            check.rise = differs(of(&check.rise, u64::from(DEFAULT_RISE)), self.rise);
            check.fall = differs(of(&check.fall, u64::from(DEFAULT_FALL)), self.fall);
        }
        parts(&check)
    }
}

fn have_own_checks(services: &[ServiceDefinition]) -> bool {
    let mut servers = services.iter().flat_map(|service| &service.real_servers);
    servers.any(|server| !server.checks.is_empty())
}

fn of<T: Copy>(value: &Option<Placed<T>>, default: T) -> T {
    value.as_ref().map_or(default, |value| value.value)
}

fn checks_of(service: &ServiceDefinition) -> impl Iterator<Item = &CheckDefinition> {
    std::iter::once(&service.check).chain(&service.judging.further_checks)
}

/// The checks of all services as text.
pub(super) struct CheckTexts {
    /// Of each service: the value of `check`, or of `checks` in brackets; none where nothing is to be written.
    pub(super) services: Vec<Option<String>>,
    /// Defaults of checks.
    pub(super) defaults: Lines,
    pub(super) named: Vec<(String, String)>,
}

impl CheckTexts {
    pub(super) fn of(services: &[ServiceDefinition]) -> Self {
        let times = UsualTimes::of(services);
        let mut forms: Vec<Vec<Option<Form>>> = services
            .iter()
            .map(|service| {
                let checks = checks_of(service);
                checks.map(|check| form(times.parts(check))).collect()
            })
            .collect();
        let alone = |check: &CheckDefinition| {
            let lines = times.parts(check).others;
            (!lines.is_empty()).then(|| flow(&lines))
        };
        // A check without a kind would take that of the defaults.
        let kind = match forms.iter().flatten().all(Option::is_some) {
            true if !have_own_checks(services) => {
                default_kind(forms.iter_mut().flatten().flatten())
            }
            _ => None,
        };
        let mut defaults = times.lines();
        defaults.extend(kind);
        let named = NamedChecks::of(forms.iter().flatten().flatten());
        let text = |form: &Option<Form>, check| match form {
            Some(form) => Some(named.text(form)),
            None => alone(check),
        };
        let texts = forms.iter().zip(services).map(|(forms, service)| {
            let texts = forms.iter().zip(checks_of(service));
            let texts: Vec<Option<String>> = texts.map(|(form, check)| text(form, check)).collect();
            match texts.as_slice() {
                [only] => only.clone(),
                several => {
                    let several = several.iter().cloned();
                    let several: Vec<String> = several
                        .map(|text| text.unwrap_or_else(|| "tcp".to_owned()))
                        .collect();
                    Some(format!("[{}]", several.join(", ")))
                }
            }
        });
        Self {
            services: texts.collect(),
            defaults,
            named: named.definitions(),
        }
    }
}

fn form(parts: CheckParts) -> Option<Form> {
    let (kind, text) = parts.kind?;
    let (whole, settings) = match text {
        KindText::Keys(lines) => (None, lines),
        KindText::Whole(text) => (Some(text), Lines::new()),
    };
    Some(Form {
        kind,
        whole,
        settings,
        others: parts.others,
    })
}

/// What all checks of a kind have in common becomes a default. A default has one kind, so it is the one that this shortens
/// most. Checks of other kinds do not see it.
fn default_kind<'f>(forms: impl Iterator<Item = &'f mut Form>) -> Option<(&'static str, String)> {
    let mut kinds: BTreeMap<&'static str, Vec<&mut Form>> = BTreeMap::new();
    for form in forms.filter(|form| form.whole.is_none()) {
        kinds.entry(form.kind).or_default().push(form);
    }
    let candidates = kinds.into_iter().filter_map(|(kind, forms)| {
        let is_one = forms.iter().all(|form| **form == *forms[0]);
        let shared = match is_one {
            // One check that several services have gets a name.
            true => Lines::new(),
            false => shared_settings(&forms),
        };
        let saved = |form: &&mut Form| {
            let own = form.settings.iter().filter(|line| shared.contains(line));
            own.map(Worth::of_line).sum::<usize>()
        };
        let saved: usize = forms.iter().map(saved).sum();
        let cost = kind.len() + flow(&shared).len() + 4;
        (saved > cost).then_some((saved, kind, shared, forms))
    });
    let (_, kind, shared, forms) = candidates.max_by_key(|(saved, ..)| *saved)?;
    for form in forms {
        form.settings.retain(|line| !shared.contains(line));
    }
    Some((kind, flow(&shared)))
}

/// The settings that every one of these checks has, each with its most frequent value. One that a check lacks would come to it
/// from the default.
fn shared_settings(forms: &[&mut Form]) -> Lines {
    let mut values: BTreeMap<(&'static str, &str), usize> = BTreeMap::new();
    for (key, text) in forms.iter().flat_map(|form| &form.settings) {
        *values.entry((key, text)).or_default() += 1;
    }
    let mut shared = Lines::new();
    for (key, _) in &forms[0].settings {
        let all = values
            .range((*key, "")..)
            .take_while(|((own, _), _)| own == key);
        let (all, most) = all.fold(
            (0, None::<(&str, usize)>),
            |(sum, most), ((_, text), count)| {
                let is_more = most.is_none_or(|(_, before)| before < *count);
                (
                    sum + count,
                    if is_more { Some((*text, *count)) } else { most },
                )
            },
        );
        // A value that few have is no default.
        if let Some((text, _)) = most.filter(|(_, count)| all == forms.len() && count * 2 > all) {
            shared.push((*key, text.to_owned()));
        }
    }
    shared
}
