//! Sentences about one server, below its service's table: its checks, overrides, and what the kernel refused.

use super::span::span;
use super::view::StatusView;
use crate::api::overrides::OverrideStatus;
use crate::api::wire::{CheckStatus, KernelRefusal};

/// One of several checks of a server.
pub(super) fn one_check(address: &str, check: &CheckStatus, view: &StatusView, text: &mut String) {
    let assumed = if check.assumed { "?" } else { "" };
    let last = check.last_result.as_ref().map_or_else(
        || check.reason.clone(),
        |last| format!("{}, {:.1} ms", last.detail, last.took_ms),
    );
    view.sentence(
        text,
        &format!(
            "  {address} check {}: {}{assumed} for {}: {last}",
            check.name,
            check.state,
            span(check.age_seconds)
        ),
    );
}

pub(super) fn active_override(
    address: &str,
    status: &OverrideStatus,
    view: &StatusView,
    text: &mut String,
) {
    let end = status
        .expires_in_seconds
        .map_or_else(String::new, |left| format!(", {} left", span(left)));
    view.sentence(
        text,
        &format!(
            "  OVERRIDE: {address} {} since {} by {}: {}{end}",
            status.kind,
            span(status.age_seconds),
            status.author,
            status.reason
        ),
    );
}

pub(super) fn refusal(refused: Option<&KernelRefusal>, view: &StatusView, text: &mut String) {
    let Some(refused) = refused else { return };
    view.sentence(
        text,
        &format!(
            "  REFUSED BY THE KERNEL: {}: {} (attempt {}, next in {})",
            refused.operation,
            refused.message,
            refused.attempts,
            span(refused.retry_in_seconds)
        ),
    );
}
