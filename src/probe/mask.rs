//! Hides the secrets of a check in what a server says. A server may repeat the password that it got, and its words go to the
//! log, the status, the state file and recordings.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// What stands in the place of a secret, as everywhere.
const HIDDEN: &str = "***";
/// A shorter text is no secret, and would be found in any other.
const SHORTEST: usize = 3;
/// Characters of the beginning of a secret that are hidden where a text was cut within it.
const SHORTEST_BEGINNING: usize = 3;
/// What stands where a text was cut.
const CUT: char = '…';

/// `text` without the secrets of a check, each with its user.
pub(super) fn mask(text: String, credentials: &[(String, String)]) -> String {
    let all = credentials.iter();
    let mut forms: Vec<String> = all.flat_map(|(user, secret)| forms(user, secret)).collect();
    // A longer form may hold a shorter one.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.iter().fold(text, |text, form| hide(text, form))
}

/// A secret as servers see it and repeat it.
fn forms(user: &str, secret: &str) -> Vec<String> {
    if secret.chars().count() < SHORTEST {
        return Vec::new();
    }
    let escaped = secret.replace('\\', "\\\\").replace('"', "\\\"");
    let mut forms = vec![
        secret.to_owned(),
        // Within quotes of a protocol, and once more within those of a message.
        escaped.replace('\\', "\\\\").replace('"', "\\\""),
        secret.escape_debug().to_string(),
        escaped,
        // Control characters are shown as this.
        secret.replace(char::is_control, "?"),
    ];
    for login in [
        secret.to_owned(),
        format!("{user}:{secret}"),
        format!("\0{user}\0{secret}"),
    ] {
        forms.push(STANDARD.encode(&login));
        forms.push(STANDARD_NO_PAD.encode(&login));
    }
    let hexadecimal = |byte: u8| format!("{byte:02x}");
    forms.push(secret.bytes().map(hexadecimal).collect());
    forms
}

fn hide(text: String, form: &str) -> String {
    let shown = text.replace(form, HIDDEN);
    let mut parts = shown.split(CUT);
    let last = parts.next_back().unwrap_or_default();
    let mut hidden: String = parts.map(|part| without_beginning(part, form)).collect();
    hidden.push_str(last);
    hidden
}

/// A text that was cut, with the mark of it, and without a beginning of the secret before that.
fn without_beginning(text: &str, form: &str) -> String {
    let beginnings = form.char_indices().map(|(end, _)| &form[..end]).rev();
    let mut beginnings = beginnings.take_while(|part| part.len() >= SHORTEST_BEGINNING);
    match beginnings.find_map(|part| text.strip_suffix(part)) {
        Some(before) => format!("{before}{HIDDEN}{CUT}"),
        None => format!("{text}{CUT}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, secret: &str) -> String {
        mask(text.to_owned(), &[("probe".to_owned(), secret.to_owned())])
    }

    #[test]
    fn a_secret_is_hidden_however_a_server_repeats_it() {
        assert_eq!(
            masked("530 you said PASS opensesame", "opensesame"),
            "530 you said PASS ***"
        );
        assert_eq!(
            masked("a NO \"probe\" \"open\\\"sesame\"", "open\"sesame"),
            "a NO \"probe\" \"***\""
        );
        assert_eq!(
            masked("you said open?sesame", "open\tsesame"),
            "you said ***"
        );
        let encoded = STANDARD.encode("\0probe\0opensesame");
        assert_eq!(
            masked(&format!("AUTH PLAIN {encoded}"), "opensesame"),
            "AUTH PLAIN ***"
        );
        let encoded = STANDARD.encode("probe:opensesame");
        assert_eq!(
            masked(&format!("Basic {encoded}"), "opensesame"),
            "Basic ***"
        );
        assert_eq!(masked("6f70656e736573616d65", "opensesame"), "***");
    }

    #[test]
    fn what_is_left_of_a_secret_where_a_text_was_cut_is_hidden_too() {
        assert_eq!(
            masked("you said openses…, expected 230", "opensesame"),
            "you said ***…, expected 230"
        );
        assert_eq!(
            masked(
                "redirected to http://a…, which cannot be reached: opense… (1)",
                "opensesame"
            ),
            "redirected to http://a…, which cannot be reached: ***… (1)"
        );
        assert_eq!(
            masked("you said öffne dich…", "öffne dich selbst"),
            "you said ***…"
        );
        assert_eq!(masked("you said hello…", "opensesame"), "you said hello…");
    }

    #[test]
    fn other_words_stay() {
        assert_eq!(masked("220 ready", "opensesame"), "220 ready");
        // It would be found everywhere.
        assert_eq!(masked("220 ready", "a"), "220 ready");
        assert_eq!(masked("220 ready", ""), "220 ready");
    }
}
