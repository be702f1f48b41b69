//! As much of JSON Schema as the schema of the definitions uses: enough to hold examples against it, and nothing that is
//! passed over in silence.

use regex::Regex;
use serde_json::Value;

/// What is wrong with a value.
pub(crate) fn faults(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fault = |text: String| found.push(format!("{at}: {text}"));
    for (word, rule) in schema.as_object().unwrap() {
        match word.as_str() {
            "$schema" | "title" | "description" | "definitions" => {}
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                let meant = root.pointer(pointer).unwrap();
                found.extend(faults(root, meant, value, at));
                return found;
            }
            "type" if !is_of(rule, value) => fault(format!("{value} is not of type {rule}")),
            "const" if rule != value => fault(format!("{value} is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => {
                fault(format!("{value} is none of {rule}"));
            }
            "minimum" if value.as_f64() < rule.as_f64() && value.is_number() => {
                fault(format!("{value} is too small"));
            }
            "maximum" if value.as_f64() > rule.as_f64() && value.is_number() => {
                fault(format!("{value} is too large"));
            }
            "pattern" if !fits(rule.as_str().unwrap(), value) => {
                fault(format!("{value} does not fit {rule}"));
            }
            "minLength" if value.as_str().is_some_and(str::is_empty) => fault("empty".to_owned()),
            "required" => {
                for key in rule.as_array().unwrap() {
                    if value.get(key.as_str().unwrap()).is_none() {
                        fault(format!("{key} is missing"));
                    }
                }
            }
            _ => {}
        }
    }
    found.extend(inner(root, schema, value, at));
    found
}

/// The faults of what is inside.
fn inner(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        found.extend(faults(root, part, value, at));
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        let tried: Vec<Vec<String>> = forms
            .iter()
            .map(|form| faults(root, form, value, at))
            .collect();
        if tried.iter().all(|faults| !faults.is_empty()) {
            found.extend(tried.into_iter().flatten());
        }
    }
    if let (Some(items), Some(rule)) = (value.as_array(), schema.get("items")) {
        for (index, item) in items.iter().enumerate() {
            found.extend(faults(root, rule, item, &format!("{at}/{index}")));
        }
    }
    for (key, item) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{key}");
        match (
            schema["properties"].get(key),
            &schema["additionalProperties"],
        ) {
            (Some(rule), _) => found.extend(faults(root, rule, item, &at)),
            (None, Value::Bool(false)) => found.push(format!("{at}: unknown key")),
            (None, rule @ Value::Object(_)) => found.extend(faults(root, rule, item, &at)),
            _ => {}
        }
    }
    found
}

fn is_of(rule: &Value, value: &Value) -> bool {
    let one = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    };
    match rule {
        Value::Array(names) => names.iter().any(one),
        name => one(name),
    }
}

fn fits(pattern: &str, value: &Value) -> bool {
    // The only look-ahead of the schema asks for a first digit, which this regex engine cannot.
    let (plain, digit_first) = match pattern.strip_prefix("^(?=[0-9])") {
        Some(rest) => (format!("^{rest}"), true),
        None => (pattern.to_owned(), false),
    };
    value.as_str().is_none_or(|text| {
        Regex::new(&plain).unwrap().is_match(text)
            && (!digit_first || text.starts_with(|c: char| c.is_ascii_digit()))
    })
}
