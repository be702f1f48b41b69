//! The JSON Schema of an event, for programs that read `ipvsctl events --json`, `GET /v1/events` or the stream.

use serde_json::{Value, json};

use super::event_kind::EventKind;
use super::events::EVENT_SCHEMA;

/// Draft 2020-12.
#[must_use]
pub fn event_schema() -> Value {
    let kinds: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.word()).collect();
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An event of ipvsd",
        "type": "object",
        "additionalProperties": false,
        "required": ["schema", "id", "time", "kind", "level", "message"],
        "properties": {
            "schema": {
                "const": EVENT_SCHEMA,
                "description": "The version of this form. It changes when a field changes its meaning; new fields and kinds may come without."
            },
            "id": {
                "type": "integer",
                "minimum": 0,
                "description": "Larger than that of each event before it, also over a restart as long as the clock does not go back."
            },
            "time": {"type": "string", "format": "date-time", "description": "When it happened, in UTC (RFC 3339)."},
            "kind": {"enum": kinds, "description": "What has happened."},
            "level": {"enum": ["error", "warn", "info"], "description": "The level of the line in the log."},
            "service": text("Virtual service, by its name in the configuration."),
            "server": text("Real server, address and port."),
            "check": text("Check of the server, by its name."),
            "from": text("The state before."),
            "to": text("The state from now on."),
            "reason": text("Why."),
            "message": text("All of it in words, as in the log.")
        }
    })
}
