//! The table of keys as a JSON Schema (draft-07, which is what editors know best). It says what may stand where; what
//! values mean together is judged by `ipvsctl check` alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::keys::file::FILE;
use super::mapping::{Key, Shape, Takes};

/// A time span as the reader takes it.
const SPAN: &str = "^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
const SHARE: &str = "^[0-9]+%$";
const SIZE: &str = "^[0-9]+(KiB|MiB)$";
const LISTEN: &str = "^((tcp|udp|sctp)://.+:[^:]+|fwmark6?:[0-9]+)$";

/// The schema of a definitions file.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = BTreeMap::new();
    let mut root = object(&FILE, &mut definitions);
    let more = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "ipvsd configuration",
        "definitions": definitions,
    });
    if let (Value::Object(root), Value::Object(more)) = (&mut root, more) {
        root.extend(more);
    }
    root
}

fn object(shape: &dyn Shape, definitions: &mut BTreeMap<String, Value>) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    for (key, takes) in shape.keys() {
        properties.insert(key.name.to_owned(), property(key, &takes, definitions));
        required.extend(key.default.is_none().then_some(key.name));
    }
    let mut object = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn property(key: &Key, takes: &Takes, definitions: &mut BTreeMap<String, Value>) -> Value {
    let mut property = value(takes, definitions);
    let default = match key.default {
        Some(default) => format!(" Default: {default}."),
        None => " Required.".to_owned(),
    };
    let description = format!("{}{default}", key.meaning);
    // What stands beside a reference is ignored in draft-07, so the reference goes one level down.
    if property.get("$ref").is_some() {
        property = json!({ "allOf": [property] });
    }
    property["description"] = json!(description);
    property
}

fn value(takes: &Takes, definitions: &mut BTreeMap<String, Value>) -> Value {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match takes {
        // Whatever YAML takes a plain word for, here it is a text.
        Takes::Text => json!({ "type": ["string", "number", "boolean"] }),
        Takes::Address => json!({ "type": "string" }),
        Takes::Word(words) => {
            let mut words: Vec<Value> = words.iter().map(|word| json!(word)).collect();
            // What older YAML takes for truth is a word here.
            if words.contains(&json!("on")) {
                words.extend([json!(true), json!(false)]);
            }
            json!({ "enum": words })
        }
        Takes::Number(_) => json!({ "type": "integer", "minimum": 0 }),
        Takes::Share => text(SHARE),
        Takes::Span => text(SPAN),
        Takes::Size => text(SIZE),
        Takes::Truth => json!({ "type": "boolean" }),
        Takes::Port => json!({ "type": ["integer", "string"], "minimum": 0, "maximum": 65535 }),
        Takes::Listen => text(LISTEN),
        Takes::Server => json!({ "type": "string", "minLength": 1 }),
        Takes::List(items) => json!({ "type": "array", "items": value(items, definitions) }),
        Takes::Either(forms) => {
            let forms: Vec<Value> = forms.iter().map(|form| value(form, definitions)).collect();
            json!({ "anyOf": forms })
        }
        Takes::Mapping(shape) if shape.keys().is_empty() => {
            json!({ "type": ["object", "null"], "additionalProperties": false })
        }
        Takes::Named(values) => {
            json!({ "type": "object", "additionalProperties": value(values, definitions) })
        }
        Takes::Part(shape) => {
            let name = format!("part_of_{}", shape.name());
            if !definitions.contains_key(&name) {
                definitions.insert(name.clone(), Value::Null);
                let mut made = object(*shape, definitions);
                if let Value::Object(made) = &mut made {
                    made.remove("required");
                }
                definitions.insert(name.clone(), made);
            }
            json!({ "$ref": format!("#/definitions/{name}") })
        }
        Takes::Mapping(shape) => {
            if !definitions.contains_key(shape.name()) {
                // Taken before it is made, so that a shape may hold itself.
                definitions.insert(shape.name().to_owned(), Value::Null);
                let made = object(*shape, definitions);
                definitions.insert(shape.name().to_owned(), made);
            }
            json!({ "$ref": format!("#/definitions/{}", shape.name()) })
        }
    }
}
