//! What each file imports of the other files of our crates: reads `use` and paths, follows re-exports to the file that defines
//! a name. A re-export itself is no import.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Our crates and where their files are.
const CRATES: [(&str, &str); 4] = [
    ("ipvsd", "src/"),
    ("director_core", "director-core/src/"),
    ("keepalived_compat", "keepalived-compat/src/"),
    ("ldirectord_compat", "ldirectord-compat/src/"),
];
/// More steps from re-export to re-export than any name takes.
const LONGEST_CHAIN: usize = 20;

/// A module by its crate and its path in there.
type Module = (&'static str, Vec<String>);

/// One name that a `use` brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) path: Vec<String>,
    pub(super) name: String,
    pub(super) public: bool,
}

struct Source {
    module: Module,
    uses: Vec<Use>,
    /// Paths in the code itself.
    paths: Vec<Vec<String>>,
}

/// The files of our crates, without those of tests.
pub(super) struct Files {
    sources: BTreeMap<String, Source>,
    by_module: BTreeMap<Module, String>,
}

impl Files {
    pub(super) fn read(texts: &[(String, String)]) -> Self {
        let of_tests: BTreeSet<String> = texts.iter().flat_map(test_files).collect();
        let mut files = Self {
            sources: BTreeMap::new(),
            by_module: BTreeMap::new(),
        };
        for (path, text) in texts {
            let skipped = ["src/bin/", "ldirectord-compat/src/main.rs"];
            let is_test = of_tests.iter().any(|test| path.starts_with(test.as_str()));
            if is_test || skipped.iter().any(|skip| path.starts_with(skip)) {
                continue;
            }
            let Some(module) = module_of(path) else {
                continue;
            };
            let code = without_tests_and_texts(text);
            let (uses, rest) = uses(&code);
            let source = Source {
                module: module.clone(),
                uses,
                paths: paths(&rest),
            };
            files.by_module.insert(module, path.clone());
            files.sources.insert(path.clone(), source);
        }
        files
    }

    /// Each file with the files that it imports, and one name of each.
    pub(super) fn imports(&self) -> BTreeMap<&str, BTreeMap<&str, String>> {
        let imports = self.sources.iter().map(|(path, source)| {
            let own = source.uses.iter().filter(|one| !one.public);
            let all = own.map(|one| &one.path).chain(&source.paths);
            let found = all.filter_map(|segments| {
                let (krate, absolute) = self.absolute(source, segments, 0)?;
                let file = self.defining(krate, &absolute, 0)?;
                (file != path).then(|| (file, segments.join("::")))
            });
            (path.as_str(), found.collect())
        });
        imports.collect()
    }

    /// A path from the root of its crate; none when it leads to a crate of others, or to a name of the file's own.
    fn absolute(&self, source: &Source, path: &[String], steps: usize) -> Option<Module> {
        let (krate, module) = &source.module;
        let first = path.first()?.as_str();
        let rest = || path[1..].to_vec();
        if steps > LONGEST_CHAIN {
            return None;
        }
        if let Some((known, _)) = CRATES.iter().find(|(name, _)| *name == first) {
            return Some((known, rest()));
        }
        match first {
            "crate" => return Some((krate, rest())),
            "self" => return Some((krate, [module.clone(), rest()].concat())),
            "super" => {
                let ups = path.iter().take_while(|one| *one == "super").count();
                let base = module.get(..module.len().checked_sub(ups)?)?;
                return Some((krate, [base, &path[ups..]].concat()));
            }
            _ => {}
        }
        let child = [module.clone(), vec![first.to_owned()]].concat();
        if self.by_module.contains_key(&(*krate, child)) {
            return Some((krate, [module.clone(), path.to_vec()].concat()));
        }
        let mut named = source.uses.iter();
        let named = named.find(|one| one.name == first && one.path[0] != first)?;
        let (krate, base) = self.absolute(source, &named.path, steps + 1)?;
        Some((krate, [base, rest()].concat()))
    }

    /// The file that defines what a path names.
    fn defining(&self, krate: &'static str, path: &[String], steps: usize) -> Option<&str> {
        if steps > LONGEST_CHAIN {
            return None;
        }
        let inside = |length: &usize| (krate, path[..*length].to_vec());
        let mut lengths = (0..=path.len()).rev();
        let length = lengths.find(|length| self.by_module.contains_key(&inside(length)))?;
        let file = &self.by_module[&inside(&length)];
        let Some(name) = path.get(length) else {
            return Some(file);
        };
        let source = &self.sources[file];
        let passed_on = source.uses.iter().find(|one| one.name == *name);
        let Some(passed_on) = passed_on else {
            return Some(file);
        };
        let (krate, base) = self.absolute(source, &passed_on.path, 0)?;
        let there = [base, path[length + 1..].to_vec()].concat();
        self.defining(krate, &there, steps + 1)
    }
}

/// The folder that a file belongs to; `a.rs` belongs to `a/` as `a/mod.rs` does.
pub(super) fn folder(path: &str) -> String {
    let own = path.trim_end_matches(".rs");
    if Path::new(env!("CARGO_MANIFEST_DIR")).join(own).is_dir() {
        return own.to_owned();
    }
    path.rsplit_once('/')
        .map_or(path, |(folder, _)| folder)
        .to_owned()
}

/// The beginnings of the paths of modules that a file declares for tests alone.
fn test_files((path, text): &(String, String)) -> Vec<String> {
    let directory = if path.ends_with("/mod.rs") || path.ends_with("/lib.rs") {
        path.rsplit_once('/').map_or("", |(folder, _)| folder)
    } else {
        path.trim_end_matches(".rs")
    };
    let mut found = Vec::new();
    for (start, mark) in text.match_indices("#[cfg(test)]\n") {
        let mut lines = text[start + mark.len()..].lines().map(str::trim);
        let mut next = lines.next().unwrap_or_default();
        if let Some(file) = next.strip_prefix("#[path = \"") {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            found.push(format!("{folder}/{}", file.trim_end_matches("\"]")));
            next = "";
        }
        let declared = next.trim_start_matches("pub(super) ").strip_prefix("mod ");
        if let Some(name) = declared.and_then(|rest| rest.strip_suffix(';')) {
            found.push(format!("{directory}/{name}.rs"));
            found.push(format!("{directory}/{name}/"));
        }
    }
    found
}

fn module_of(path: &str) -> Option<Module> {
    let (krate, inside) = CRATES
        .iter()
        .find_map(|(name, root)| Some((*name, path.strip_prefix(root)?)))?;
    let mut parts: Vec<String> = inside
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    Some((krate, parts))
}

/// The code alone: no comments, no texts, no tests, no restricted visibility that names a module.
fn without_tests_and_texts(text: &str) -> String {
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text);
    let mut code = String::new();
    for line in text.lines() {
        let line = line.replace("'\"'", "' '").replace("\\\"", "");
        let line = line.split("//").next().unwrap_or_default();
        let mut inside = false;
        for character in line.chars() {
            inside ^= character == '"';
            code.push(if inside { ' ' } else { character });
        }
        code.push('\n');
    }
    let mut rest = code.as_str();
    let mut plain = String::new();
    while let Some((before, after)) = rest.split_once("pub(in ") {
        plain += before;
        plain += "pub";
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    plain + rest
}

/// The names that a file brings in, and the code without its `use`.
pub(super) fn uses(code: &str) -> (Vec<Use>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut open = String::new();
    for line in code.lines() {
        let begins = line.trim_start();
        let (public, begins) = match begins.split_once("use ") {
            Some(("", path)) => (false, path),
            Some((before, path)) if before.starts_with("pub") && !before.contains(['{', ';']) => {
                (true, path)
            }
            _ if open.is_empty() => {
                rest += line;
                rest.push('\n');
                continue;
            }
            _ => (false, begins),
        };
        if open.is_empty() {
            open = if public {
                "pub ".to_owned()
            } else {
                " ".to_owned()
            };
        }
        open += begins;
        if let Some(end) = open.find(';') {
            let public = open.starts_with("pub ");
            let path = open[..end].trim_start_matches("pub ");
            for (path, name) in expanded(path) {
                found.push(Use { path, name, public });
            }
            open.clear();
        }
    }
    (found, rest)
}

/// The paths of a `use`, each with the name that it gets.
fn expanded(text: &str) -> Vec<(Vec<String>, String)> {
    let text = text.trim();
    let Some((before, group)) = text.split_once('{') else {
        let (path, alias) = match text.split_once(" as ") {
            Some((path, alias)) => (path, Some(alias)),
            None => (text, None),
        };
        let mut path: Vec<String> = path.split("::").map(|one| one.trim().to_owned()).collect();
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        let name = alias.map_or_else(
            || path.last().cloned(),
            |alias| Some(alias.trim().to_owned()),
        );
        return vec![(path, name.unwrap_or_default())];
    };
    let before: Vec<String> = before
        .split("::")
        .filter(|one| !one.trim().is_empty())
        .map(|one| one.trim().to_owned())
        .collect();
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for character in group.chars() {
        match character {
            '}' if depth == 0 => break,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        parts.last_mut().unwrap().push(character);
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    let paths = parts.flat_map(|part| expanded(part)).map(|(path, name)| {
        if path == ["self"] {
            let name = before.last().cloned().unwrap_or_default();
            return (before.clone(), name);
        }
        ([before.clone(), path].concat(), name)
    });
    paths.collect()
}

/// Everything in the code that is written as a path: `a::b::C`.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(is_word) {
        let mut path = Vec::new();
        rest = &rest[start..];
        loop {
            let end = rest
                .find(|character| !is_word(character))
                .unwrap_or(rest.len());
            path.push(rest[..end].to_owned());
            rest = &rest[end..];
            let next = rest.strip_prefix("::");
            match next.filter(|next| next.starts_with(is_word)) {
                Some(next) => rest = next,
                None => break,
            }
        }
        if path.len() > 1 {
            found.push(path);
        }
    }
    found
}
