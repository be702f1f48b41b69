//! What a client may say: times within bounds, texts without control characters and of limited length. Everything else is
//! refused before the daemon gets it.

use std::time::Duration;

use director_core::model::LARGEST_WEIGHT;
use director_core::overrides::OverrideKind;

use super::apply::ApplyRequest;
use super::overrides::OverrideRequest;

/// Ten years, in seconds: more than any override lasts.
const LONGEST: f64 = 10.0 * 365.0 * 86_400.0;
/// Characters of the longest text.
const TEXT: usize = 1000;
/// Characters of the longest name.
const NAME: usize = 255;

impl OverrideRequest {
    /// The request with texts that can be logged and stored.
    pub(super) fn checked(mut self) -> Result<Self, String> {
        time("duration_seconds", self.duration_seconds)?;
        if let Some(OverrideKind::Weight(weight)) = self.kind
            && weight > LARGEST_WEIGHT
        {
            return Err(format!("the weight {weight} is above {LARGEST_WEIGHT}"));
        }
        self.author = text("author", &self.author, NAME)?;
        self.reason = text("reason", &self.reason, TEXT)?;
        self.server = text("server", &self.server, NAME)?;
        if let Some(service) = &self.service {
            self.service = Some(text("service", service, NAME)?);
        }
        Ok(self)
    }
}

impl ApplyRequest {
    pub(super) fn checked(self) -> Result<Self, String> {
        time("confirm_seconds", self.confirm_seconds)?;
        Ok(self)
    }
}

fn time(key: &str, seconds: Option<f64>) -> Result<(), String> {
    let Some(seconds) = seconds else {
        return Ok(());
    };
    let is_time = Duration::try_from_secs_f64(seconds).is_ok_and(|time| !time.is_zero());
    if is_time && seconds <= LONGEST {
        return Ok(());
    }
    Err(format!(
        "{key} is {seconds:?}; use a time above 0 s and of 10 years at most, or leave it out"
    ))
}

/// The text with its control characters escaped, so that it can neither begin a line of its own nor steer a terminal.
fn text(key: &str, said: &str, most: usize) -> Result<String, String> {
    let length = said.chars().count();
    if length > most {
        return Err(format!(
            "{key} has {length} characters; the limit is {most}"
        ));
    }
    Ok(escaped(said))
}

pub(super) fn escaped(said: &str) -> String {
    let steers = |character: char| {
        character.is_control()
            // Separators of lines and paragraphs, and marks that turn the direction of what follows.
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut text = String::with_capacity(said.len());
    for character in said.chars() {
        match steers(character) {
            true => text.extend(character.escape_default()),
            false => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(seconds: Option<f64>, reason: &str) -> Result<OverrideRequest, String> {
        let request = OverrideRequest {
            kind: Some(OverrideKind::Drain),
            service: None,
            server: "10.0.0.1".to_owned(),
            author: "ann".to_owned(),
            reason: reason.to_owned(),
            duration_seconds: seconds,
            force: false,
            replace: false,
        };
        request.checked()
    }

    #[test]
    fn only_times_that_end_are_accepted() {
        for seconds in [0.001, 5.0, LONGEST] {
            assert!(request(Some(seconds), "").is_ok(), "{seconds}");
            let apply = ApplyRequest {
                confirm_seconds: Some(seconds),
                force: false,
            };
            assert!(apply.checked().is_ok());
        }
        let infinite = f64::INFINITY;
        for seconds in [
            -5.0,
            0.0,
            -0.0,
            1e-12,
            1e19,
            1e300,
            infinite,
            -infinite,
            f64::NAN,
        ] {
            let refused = request(Some(seconds), "").unwrap_err();
            assert!(refused.starts_with("duration_seconds is"), "{refused}");
            let apply = ApplyRequest {
                confirm_seconds: Some(seconds),
                force: false,
            };
            assert!(apply.checked().is_err(), "{seconds}");
        }
    }

    #[test]
    fn texts_begin_no_line_and_steer_no_terminal() {
        let said = "disk\n2026-11-30T00:00:00Z ERROR all is lost\r\x1b[2J\u{202e}\u{85}é";
        let kept = request(None, said).unwrap().reason;
        assert_eq!(
            kept,
            "disk\\n2026-11-30T00:00:00Z ERROR all is lost\\r\\u{1b}[2J\\u{202e}\\u{85}é"
        );
        let refused = request(None, &"x".repeat(TEXT + 1)).unwrap_err();
        assert_eq!(refused, "reason has 1001 characters; the limit is 1000");
    }

    #[test]
    fn weights_that_no_kernel_takes_are_refused() {
        let mut request = request(None, "").unwrap();
        request.kind = Some(OverrideKind::Weight(u32::MAX));
        assert!(request.checked().is_err());
    }
}
