//! What a hint says to do, as edits.

/// How a reader follows hints that are written in running text.
const FOLLOWED: &str = "src/loader/remedies_tests/followed.txt";

/// One thing that a hint says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Remedy {
    /// Write this.
    Write(String),
    /// Write the second in the place of the first.
    Exchange(String, String),
    /// Remove what is there.
    Remove,
}

/// The hints of [`FOLLOWED`] with what they say.
pub(super) struct Followed(Vec<(String, Vec<Remedy>)>);

impl Followed {
    pub(super) fn read() -> Self {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLLOWED);
        let mut all: Vec<(String, Vec<Remedy>)> = Vec::new();
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let text = line.replace("\\n", "\n");
            match text.strip_prefix("    ") {
                Some(remedy) => all.last_mut().unwrap().1.push(written(remedy)),
                None if text.is_empty() || text.starts_with('#') => {}
                None => all.push((text, Vec::new())),
            }
        }
        Self(all)
    }

    /// All that a hint of a case says, each of which has to be accepted; with the line of the file that says so.
    pub(super) fn remedies(&self, case: &str, hint: &str) -> (Vec<Remedy>, Option<&str>) {
        let whole = format!("{case}: {hint}");
        let known = self
            .0
            .iter()
            .find(|(start, _)| whole.starts_with(start) || hint.starts_with(start));
        match known {
            Some((start, remedies)) => (remedies.clone(), Some(start)),
            None => (said(hint), None),
        }
    }

    /// The beginnings of hints that are there.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(start, _)| start.as_str())
    }
}

fn written(remedy: &str) -> Remedy {
    match remedy.split_once(" -> ") {
        Some((old, new)) => Remedy::Exchange(old.to_owned(), new.to_owned()),
        None if remedy == "remove" => Remedy::Remove,
        None => Remedy::Write(remedy.to_owned()),
    }
}

/// What a hint says by itself: what is to be written, what was meant, or that something is to be removed.
fn said(hint: &str) -> Vec<Remedy> {
    let mut found = Vec::new();
    for clause in hint.split("; ") {
        if let Some((word, _)) = clause
            .split_once("did you mean ")
            .and_then(|(_, mean)| mean.split_once('?'))
        {
            found.push(Remedy::Write(word.to_owned()));
        }
        if clause.starts_with("remove it")
            || clause.starts_with("remove the line")
            || clause.contains("or remove")
        {
            found.push(Remedy::Remove);
        }
        let list = [
            "the kernel has ",
            "The kernel has ",
            "it has ",
            "write one of ",
        ];
        if let Some((_, words)) = list
            .iter()
            .find_map(|start| clause.split_once(start))
            .filter(|(_, words)| !words.starts_with("no "))
        {
            found.extend(
                alternatives(words)
                    .into_iter()
                    .map(|word| Remedy::Write(word.to_owned())),
            );
        } else if let Some((_, what)) = clause.split_once("write ") {
            let what = what
                .split_once(", or remove")
                .map_or(what, |(what, _)| what);
            found.extend(literals(what).into_iter().map(Remedy::Write));
        }
    }
    found.dedup();
    found
}

/// The texts that a clause says to write, where they are literal.
fn literals(what: &str) -> Vec<String> {
    let what = what
        .split_once(" for seconds")
        .map_or(what, |(what, _)| what);
    let example = ["such as ", "as in ", "for example ", " from ", " one of "]
        .iter()
        .find_map(|words| what.split_once(words).map(|(_, example)| example));
    let mut found = Vec::new();
    for part in alternatives(example.unwrap_or(what)) {
        let ends = part.split_once(" to ");
        if let Some((low, high)) = ends.filter(|(low, high)| is_code(low) && is_code(high)) {
            found.extend([low.to_owned(), high.to_owned()]);
        } else if is_code(part) && part != "more" {
            found.push(part.to_owned());
        }
    }
    found
}

/// A value, or a key with its value.
fn is_code(text: &str) -> bool {
    let key = text.split_once(": ").map_or("", |(key, _)| key);
    let is_entry = !key.is_empty() && !key.contains([' ', '[']);
    is_entry || text.starts_with(['[', '{', '"']) || (!text.contains(' ') && !text.is_empty())
}

/// Split at commas and "or" outside of brackets and quotes.
fn alternatives(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_i32, false, 0);
    let mut parts = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth -= 1,
            _ => {}
        }
        if depth > 0 || quoted || at < start {
            continue;
        }
        for separator in [", or ", " or ", ", "] {
            if text[at..].starts_with(separator) {
                parts.push(text[start..at].trim());
                start = at + separator.len();
                break;
            }
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}
