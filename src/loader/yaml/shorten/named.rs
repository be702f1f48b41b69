//! Named checks: for checks that several services have, and for what several checks have in common, where a name shortens.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::Form;
use super::names::{Names, check_names};
use crate::loader::yaml::mapping::{Lines, flow};

/// Bytes that a name must save.
const GAIN: usize = 24;
/// Bytes of a name, before it is known.
const NAME: usize = 9;
/// Checks of one kind that others start from. More of them are no help to a reader.
const BASES: usize = 8;
/// Keys of a check that are looked at together.
const KEYS: usize = 6;

/// What lines take in a file.
pub(super) struct Worth;

impl Worth {
    pub(super) fn of_line((key, text): &(&'static str, String)) -> usize {
        key.len() + text.len() + 4
    }
}

/// A line of a form, and whether it is a setting of its kind.
type Part = (bool, &'static str, String);

/// Checks by name.
#[derive(Debug, Default)]
pub(super) struct NamedChecks {
    /// Those that stand for a whole check.
    whole: BTreeMap<Form, String>,
    /// Those that checks start from.
    bases: BTreeMap<Form, String>,
    /// Which base a check starts from.
    starts: BTreeMap<Form, Form>,
    order: Vec<Form>,
}

impl NamedChecks {
    pub(super) fn of<'f>(forms: impl Iterator<Item = &'f Form>) -> Self {
        let mut counts: BTreeMap<&Form, usize> = BTreeMap::new();
        let mut order: Vec<&Form> = Vec::new();
        for form in forms {
            let count = counts.entry(form).or_default();
            if *count == 0 {
                order.push(form);
            }
            *count += 1;
        }
        let mut named = Self::default();
        let mut names = Names::default();
        for form in &order {
            let length = form.text().len();
            let saved = counts[form] * length.saturating_sub(NAME);
            if counts[form] > 1 && saved > length + NAME + 6 {
                named.order.push((*form).clone());
            }
        }
        let mut bases: Vec<Form> = Vec::new();
        let kinds: BTreeSet<&'static str> = order.iter().map(|form| form.kind).collect();
        for kind in kinds {
            let of_kind = order.iter().copied();
            let mut open: Vec<&Form> = of_kind
                .filter(|form| form.kind == kind && form.whole.is_none())
                .collect();
            let mut left = BASES;
            while left > 0
                && let Some(base) = best_base(&open)
            {
                left -= 1;
                open.retain(|form| {
                    let starts = contains(form, &base);
                    if starts && *form != &base {
                        named.starts.insert((*form).clone(), base.clone());
                    }
                    !starts
                });
                bases.push(base);
            }
        }
        let wholes: BTreeSet<Form> = named.order.iter().cloned().collect();
        bases.retain(|base| !wholes.contains(base));
        named.order.splice(0..0, bases.iter().cloned());
        for form in named.order.clone() {
            let name = names.take(&check_names(form.kind, &keys(&form)));
            if wholes.contains(&form) {
                named.whole.insert(form.clone(), name.clone());
            }
            named.bases.insert(form, name);
        }
        named
    }

    /// The check where these names are known.
    pub(super) fn text(&self, form: &Form) -> String {
        match self.whole.get(form).or_else(|| self.bases.get(form)) {
            Some(name) => name.clone(),
            None => self.definition(form),
        }
    }

    fn definition(&self, form: &Form) -> String {
        match self.starts.get(form) {
            Some(base) => flow(&self.rest(form, base)),
            None => form.text(),
        }
    }

    /// What a check says other than its base.
    fn rest(&self, form: &Form, base: &Form) -> Lines {
        let rest = without(form, base);
        let mut lines = rest.lines();
        lines.retain(|(key, _)| *key != form.kind || !rest.settings.is_empty());
        lines.insert(0, ("use", self.bases[base].clone()));
        lines
    }

    /// The entries of `checks`, those before that others start from.
    pub(super) fn definitions(&self) -> Vec<(String, String)> {
        let entry = |form: &Form| {
            let text = match self.definition(form) {
                // A word alone is no definition.
                text if text == form.kind => flow(&form.lines()),
                text => text,
            };
            (self.bases[form].clone(), text)
        };
        self.order.iter().map(entry).collect()
    }
}

fn keys(form: &Form) -> Vec<(&str, &str)> {
    let whole = form.whole.iter().map(|text| (form.kind, text.as_str()));
    let lines = form.settings.iter().chain(&form.others);
    whole
        .chain(lines.map(|(key, text)| (*key, text.as_str())))
        .collect()
}

fn parts(form: &Form) -> impl Iterator<Item = Part> {
    let part =
        |of_kind: bool| move |(key, text): &(&'static str, String)| (of_kind, *key, text.clone());
    let settings = form.settings.iter().map(part(true));
    settings.chain(form.others.iter().map(part(false)))
}

fn contains(form: &Form, base: &Form) -> bool {
    base.settings
        .iter()
        .all(|line| form.settings.contains(line))
        && base.others.iter().all(|line| form.others.contains(line))
}

fn without(form: &Form, base: &Form) -> Form {
    let rest = |lines: &Lines, base: &Lines| {
        let lines = lines.iter().filter(|line| !base.contains(line));
        lines.cloned().collect()
    };
    Form {
        settings: rest(&form.settings, &base.settings),
        others: rest(&form.others, &base.others),
        ..form.clone()
    }
}

/// The lines that together save most where checks start from them.
fn best_base(forms: &[&Form]) -> Option<Form> {
    let mut counts: BTreeMap<Part, usize> = BTreeMap::new();
    for part in forms.iter().flat_map(|form| parts(form)) {
        *counts.entry(part).or_default() += 1;
    }
    // Lines that several checks have, with their number.
    let shared: Vec<&Part> = counts
        .iter()
        .filter(|(_, count)| **count > 2)
        .map(|(part, _)| part)
        .collect();
    let mut sets: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    for form in forms {
        let mut own: Vec<usize> = parts(form)
            .filter_map(|part| shared.binary_search(&&part).ok())
            .collect();
        own.sort_by_key(|at| (std::cmp::Reverse(counts[shared[*at]]), *at));
        own.truncate(KEYS);
        own.sort_unstable();
        for set in 1..1_usize << own.len() {
            let members = own.iter().enumerate();
            let members = members.filter(|(bit, _)| set & 1 << bit != 0);
            let members: Vec<usize> = members.map(|(_, at)| *at).collect();
            *sets.entry(members).or_default() += 1;
        }
    }
    let gain = |set: &[usize], count: usize| {
        let bytes: usize = set
            .iter()
            .map(|at| shared[*at].1.len() + shared[*at].2.len() + 4)
            .sum();
        (count * bytes).checked_sub(count * (NAME + 7) + bytes + NAME + 12)
    };
    let gains = sets.iter().filter_map(|(set, count)| {
        let gain = gain(set, *count).filter(|gain| *gain > GAIN)?;
        Some((gain, set))
    });
    let (_, set) = gains.max_by_key(|(gain, _)| *gain)?;
    let is_in = |of_kind: bool, (key, text): &(&'static str, String)| {
        let part = (of_kind, *key, text.clone());
        set.iter().any(|at| *shared[*at] == part)
    };
    // In the order of the form, which is that of the table of keys.
    forms.iter().find_map(|form| {
        let lines = |of_kind: bool, lines: &Lines| -> Lines {
            let own = lines.iter().filter(|line| is_in(of_kind, line));
            own.cloned().collect()
        };
        let base = Form {
            kind: form.kind,
            whole: None,
            settings: lines(true, &form.settings),
            others: lines(false, &form.others),
        };
        (base.settings.len() + base.others.len() == set.len()).then_some(base)
    })
}
