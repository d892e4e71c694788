//! Transactions of application protocols: `http`, `smtp`, `dns`, …

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::EncodeError;
use super::head::Head;
use super::text::Text;
use crate::event::names::EventNames;
use crate::event::record::{Value, fields};
use crate::event::types::RecordEvent;

/// The line of a transaction.
#[derive(Serialize)]
pub(super) struct RecordLine<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    tx_id: u32,
    /// The fields, under the protocol's name, and what stands beside that.
    #[serde(flatten)]
    object: Map<String, Json>,
}

impl<'a> RecordLine<'a> {
    /// The line of a transaction whose fields are `text`.
    pub(super) fn new(event: &RecordEvent, text: &[u8], names: &'a EventNames) -> Result<Self, EncodeError> {
        let layout = event.layout;
        let (mut object, mut beside) = (Map::new(), Map::new());
        for (tag, value) in fields(text) {
            let key =
                layout.keys.get(usize::from(tag)).ok_or(EncodeError::UnknownField { layout: layout.name, tag })?;
            match key.strip_prefix('/') {
                Some(key) => put(&mut beside, key, json(value)),
                None => put(&mut object, key, json(value)),
            }
        }
        let head = Head::new(layout.name, &event.head, event.direction, names)?;
        beside.insert(layout.name.to_owned(), Json::Object(object));
        Ok(Self { head, tx_id: event.tx_id, object: beside })
    }
}

fn json(value: Value<'_>) -> Json {
    match value {
        Value::Text(text) => Json::String(Text(text).to_string()),
        Value::Number(number) => number.into(),
        Value::Flag(flag) => flag.into(),
    }
}

/// Puts a value where its key leads. Of two values with one key the first stays.
fn put(object: &mut Map<String, Json>, key: &str, value: Json) {
    let Some((first, rest)) = key.split_once('.') else {
        match key.strip_suffix("[]") {
            Some(name) => {
                if let Some(elements) = elements(object, name) {
                    elements.push(value);
                }
            }
            None => {
                object.entry(key).or_insert(value);
            }
        }
        return;
    };
    let Some(name) = first.strip_suffix("[]") else {
        if let Json::Object(within) = object.entry(first).or_insert_with(|| Json::Object(Map::new())) {
            put(within, rest, value);
        }
        return;
    };
    let Some(elements) = elements(object, name) else { return };
    let pointer = format!("/{}", rest.replace('.', "/"));
    if elements.last().is_none_or(|last| last.pointer(&pointer).is_some()) {
        elements.push(Json::Object(Map::new()));
    }
    if let Some(Json::Object(within)) = elements.last_mut() {
        put(within, rest, value);
    }
}

/// The array of that name; nothing where the layout has a value of the same name.
fn elements<'a>(object: &'a mut Map<String, Json>, name: &str) -> Option<&'a mut Vec<Json>> {
    object.entry(name).or_insert_with(|| Json::Array(Vec::new())).as_array_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_lead_into_objects_and_arrays() {
        let mut object = Map::new();
        for (key, value) in [
            ("hostname", json!("a")),
            ("status", json!(200)),
            ("hostname", json!("the first stays")),
            ("ja3.hash", json!("h")),
            ("ja3.string", json!("s")),
            ("rcpt_to[]", json!("x")),
            ("rcpt_to[]", json!("y")),
            ("answers[].rrname", json!("one")),
            ("answers[].ttl", json!(1)),
            ("answers[].soa.mname", json!("m")),
            ("answers[].soa.rname", json!("r")),
            ("answers[].rrname", json!("two")),
            ("answers[].rdata[]", json!("p")),
            ("answers[].rdata[]", json!("q")),
            ("status[]", json!("no array")),
        ] {
            put(&mut object, key, value);
        }
        let expected = json!({
            "hostname": "a", "status": 200, "ja3": {"hash": "h", "string": "s"}, "rcpt_to": ["x", "y"],
            "answers": [
                {"rrname": "one", "ttl": 1, "soa": {"mname": "m", "rname": "r"}},
                {"rrname": "two", "rdata": ["p", "q"]},
            ],
        });
        assert_eq!(Json::Object(object), expected);
    }
}
