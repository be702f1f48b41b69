//! Events as server-sent events (HTML Living Standard, section 9.2): what a browser's `EventSource` and curl read. A stream ends
//! after a while, as every answer does, and its client goes on after the last event that it has, by `Last-Event-ID`.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use tokio::time::Instant;

use super::events::{EventJournal, EventPage};

/// What a client asks for to get a stream.
pub(super) const MEDIA_TYPE: &str = "text/event-stream";
/// The times of a stream.
#[derive(Debug, Clone, Copy)]
struct StreamTimes {
    /// How long it lasts.
    lasts: Duration,
    /// After so long without an event a comment shows that the connection is alive.
    keep_alive: Duration,
}

/// It lasts less long than a client has to read an answer.
const TIMES: StreamTimes = StreamTimes {
    lasts: Duration::from_secs(25),
    keep_alive: Duration::from_secs(10),
};
/// After this pause a client comes again.
const RETRY: &str = "retry: 1000\n\n";

/// Whether a request is for a stream.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter();
    let mut accepts = accepts.filter_map(|value| value.to_str().ok());
    accepts.any(|value| value.contains(MEDIA_TYPE))
}

/// The number of the last event that a client has.
pub(super) fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

/// The events after this one, or all that are kept, and those that come.
pub(super) fn stream(journal: EventJournal, after: Option<u64>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(chunks(journal, after, TIMES))).into_response()
}

/// What a stream has sent so far.
struct Position {
    journal: EventJournal,
    after: Option<u64>,
    ends: Instant,
    begun: bool,
}

fn chunks(
    journal: EventJournal,
    after: Option<u64>,
    times: StreamTimes,
) -> impl Stream<Item = Result<String, Infallible>> {
    let position = Position {
        journal,
        after,
        ends: Instant::now() + times.lasts,
        begun: false,
    };
    unfold(position, move |mut position| async move {
        if !position.begun {
            position.begun = true;
            return Some((Ok(RETRY.to_owned()), position));
        }
        let left = position.ends.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let wait = left.min(times.keep_alive);
        let page = position.journal.after(position.after, wait).await;
        position.after = Some(page.last);
        Some((Ok(text(&page)), position))
    })
}

/// The events of a page, or a comment where there is none.
fn text(page: &EventPage) -> String {
    let mut text = String::new();
    if page.restarted {
        text.push_str(": ipvsd has started again\n\n");
    }
    if page.missed > 0 {
        text.push_str(&format!(": {} events are no longer kept\n\n", page.missed));
    }
    for event in &page.events {
        // JSON has no line breaks, which would end the data.
        let data = serde_json::to_string(event).unwrap_or_default();
        let (id, kind) = (event.id, event.content.kind);
        text.push_str(&format!("id: {id}\nevent: {kind}\ndata: {data}\n\n"));
    }
    if text.is_empty() {
        text.push_str(":\n\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use futures_util::stream::StreamExt;
    use std::pin::pin;

    use super::*;
    use crate::api::event_kind::EventKind;
    use crate::api::events::EventContent;

    fn content(message: &str) -> EventContent {
        EventContent::new(EventKind::Freeze, "warn", message)
    }

    #[tokio::test]
    async fn a_stream_has_what_was_and_what_comes_and_ends() {
        let journal = EventJournal::default();
        journal.add(content("one"));
        let first = journal.after(None, Duration::ZERO).await.last;
        journal.add(content("two\nlines"));
        let times = StreamTimes {
            lasts: Duration::from_millis(400),
            keep_alive: Duration::from_millis(50),
        };
        let mut chunks = pin!(chunks(journal.clone(), Some(first), times));
        let mut next = async || chunks.next().await.map(Result::unwrap);
        assert_eq!(next().await.as_deref(), Some(RETRY));
        let second = next().await.unwrap();
        let id = first + 1;
        assert!(second.starts_with(&format!(
            "id: {id}\nevent: freeze\ndata: {{\"schema\":1,\"id\":{id},"
        )));
        assert!(
            second.ends_with("\"message\":\"two\\nlines\"}\n\n"),
            "{second}"
        );
        assert_eq!(second.lines().count(), 4);
        // Nothing happens for a while; then the next event comes.
        assert_eq!(next().await.as_deref(), Some(":\n\n"));
        journal.add(content("three"));
        assert!(next().await.unwrap().contains("\"three\""));
        while next().await.is_some() {}
    }

    #[test]
    fn a_client_says_what_it_wants_and_has() {
        let mut headers = HeaderMap::new();
        assert!(!is_wanted(&headers));
        headers.insert("accept", "text/event-stream, */*".parse().unwrap());
        headers.insert("last-event-id", "17".parse().unwrap());
        assert!(is_wanted(&headers));
        assert_eq!(last_event_id(&headers), Some(17));
        headers.insert("last-event-id", "x".parse().unwrap());
        assert_eq!(last_event_id(&headers), None);
    }
}
