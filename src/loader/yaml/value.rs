//! How values of each type are read, printed and described.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use director_core::definitions::{ListenDefinition, Placed, PortDefinition};
use director_core::model::{Quantity, Secret};

use super::address;
use super::mapping::{Input, Key, Mapping, Takes};
use super::node::Content;
use super::other_words;
use super::print::{quoted, span};
use super::reader::Reader;
use super::secrets;

/// A type of values in files.
pub(super) trait Value: Sized {
    fn takes(key: &Key) -> Takes;
    /// Gives nothing where the value cannot be used; a finding says why.
    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self>;
    /// In one line.
    fn print(&self) -> String;
}

/// Another way to write values of a type.
pub(super) trait Codec<V> {
    fn takes(key: &Key) -> Takes;
    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<V>;
    fn print(value: &V) -> String;
}

/// A type whose values are mappings of their own.
pub(super) trait Mapped: Sized + 'static {
    const MAPPING: &'static Mapping<Self>;
}

impl<T: Mapped> Value for T {
    fn takes(_: &Key) -> Takes {
        T::MAPPING.takes()
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        T::MAPPING.read(input, reader)
    }

    fn print(&self) -> String {
        T::MAPPING.print(self)
    }
}

impl<T> Mapping<T> {
    /// A value of one layer.
    pub(super) fn read(&'static self, input: &Input<'_>, reader: &mut Reader) -> Option<T> {
        let mut draft = self.draft(&input.node.place);
        let known = self.fill(&mut draft, input, &[], reader);
        (known && self.is_complete(&draft, &input.node.place, reader)).then_some(draft.value)
    }

    /// The same into a value that has other keys too.
    pub(super) fn read_into(
        &'static self,
        value: &mut T,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        let mut draft = self.draft(&input.node.place);
        std::mem::swap(&mut draft.value, value);
        let known = self.fill(&mut draft, input, &[], reader);
        let complete = known && self.is_complete(&draft, &input.node.place, reader);
        *value = draft.value;
        complete.then_some(())
    }
}

impl<V: Value> Value for Placed<V> {
    fn takes(key: &Key) -> Takes {
        V::takes(key)
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        Some(Self::new(V::read(input, reader)?, input.node.place.clone()))
    }

    fn print(&self) -> String {
        self.value.print()
    }
}

impl<V: Value> Value for Vec<V> {
    fn takes(key: &Key) -> Takes {
        Takes::List(Box::new(V::takes(key)))
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let items = reader.list(input)?.iter();
        Some(
            items
                .filter_map(|item| V::read(&input.item(item), reader))
                .collect(),
        )
    }

    fn print(&self) -> String {
        let items: Vec<String> = self.iter().map(Value::print).collect();
        format!("[{}]", items.join(", "))
    }
}

/// A list, or one item alone.
pub(super) fn one_or_more<V: Value>(input: &Input<'_>, reader: &mut Reader) -> Option<Vec<V>> {
    match &input.node.content {
        Content::List(_) => Value::read(input, reader),
        _ => Some(vec![V::read(input, reader)?]),
    }
}

/// The same as it is best written; none when there is nothing.
pub(super) fn print_one_or_more<V: Value>(values: &Vec<V>) -> Option<String> {
    match values.as_slice() {
        [] => None,
        [only] => Some(only.print()),
        _ => Some(values.print()),
    }
}

impl Value for String {
    fn takes(_: &Key) -> Takes {
        Takes::Text
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        reader.text(input).map(str::to_owned)
    }

    fn print(&self) -> String {
        quoted(self)
    }
}

impl Value for Secret {
    fn takes(_: &Key) -> Takes {
        secrets::takes()
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        match input.node.content {
            Content::Mapping(_) => secrets::read(input, reader),
            _ => Some(Self::new(reader.text(input)?.to_owned())),
        }
    }

    fn print(&self) -> String {
        secrets::print(self)
    }
}

impl Value for IpAddr {
    fn takes(_: &Key) -> Takes {
        Takes::Address
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let text = reader.text(input)?;
        let address = text.parse().ok();
        if address.is_none() {
            let message = format!("{text:?} is not an IP address");
            let hint = format!(
                "write an address without a port, as in {}",
                input.key.example()
            );
            reader.error(&input.node.place, message, hint);
        }
        address
    }

    fn print(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for SocketAddr {
    fn takes(_: &Key) -> Takes {
        Takes::Text
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let text = reader.text(input)?;
        let address = text.parse().ok();
        let address = address.filter(|address: &Self| address.port() != 0);
        if address.is_none() {
            let message = format!("{text:?} is not an IP address with a port");
            let hint = format!(
                "write {}; 0.0.0.0 and [::] stand for all addresses of this host",
                input.key.example()
            );
            reader.error(&input.node.place, message, hint);
        }
        address
    }

    fn print(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for bool {
    fn takes(_: &Key) -> Takes {
        Takes::Truth
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let text = reader.text(input)?;
        if let Ok(truth) = text.parse() {
            return Some(truth);
        }
        let hint = match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" | "1" | "true" => "write true",
            "no" | "off" | "n" | "0" | "false" => "write false",
            other => match other_words::word_for(input.key.name, other) {
                Some("true") => "write true",
                Some(_) => "write false",
                None => "write true or false",
            },
        };
        let message = format!("{} {text:?} is neither true nor false", input.key.name);
        reader.error(&input.node.place, message, hint);
        None
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

fn number<N: FromStr>(input: &Input<'_>, reader: &mut Reader) -> Option<N> {
    let text = reader.text(input)?;
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let key = input.key;
    let message = match text.parse::<i128>() {
        Ok(_) => format!("{} {text} is out of range", key.name),
        Err(_) => format!("{} {text:?} is not a whole number", key.name),
    };
    let hint = format!("write a whole number, as in {}", key.example());
    reader.error(&input.node.place, message, hint);
    None
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Value for $number {
            fn takes(key: &Key) -> Takes {
                Takes::Number(key.unit)
            }

            fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
                number(input, reader)
            }

            fn print(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

numbers!(u16, u64, i64);

impl Value for Duration {
    fn takes(_: &Key) -> Takes {
        Takes::Span
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        reader.duration(input)
    }

    fn print(&self) -> String {
        span(*self)
    }
}

impl Value for Quantity {
    fn takes(key: &Key) -> Takes {
        Takes::Either(vec![Takes::Number(key.unit), Takes::Share])
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let text = reader.text(input)?;
        let share = text.strip_suffix('%').map(str::trim_end);
        let Ok(number) = share.unwrap_or(text).parse::<u64>() else {
            let message = format!(
                "{} {text:?} is neither a number nor a share",
                input.key.name
            );
            let example = input.key.example();
            let hint = format!("write a whole number or a share such as 50%, as in {example}");
            reader.error(&input.node.place, message, hint);
            return None;
        };
        Some(match share {
            Some(_) => Self::Percent(number),
            None => Self::Number(number),
        })
    }

    fn print(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Percent(percent) => format!("{percent}%"),
        }
    }
}

impl Value for PortDefinition {
    fn takes(_: &Key) -> Takes {
        Takes::Port
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let text = reader.text(input)?;
        Some(address::port_text(text, &input.node.place, reader))
    }

    fn print(&self) -> String {
        match self {
            Self::Name(text) => quoted(text),
            Self::Number(number) => number.to_string(),
            Self::Unusable => "0".to_owned(),
        }
    }
}

impl Value for ListenDefinition {
    fn takes(_: &Key) -> Takes {
        Takes::Listen
    }

    /// One that cannot be used is marked as such, so that the rest of its service is still judged.
    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        Some(address::listen(input, reader))
    }

    fn print(&self) -> String {
        quoted(&address::print_listen(self))
    }
}

/// Firewall marks from the lowest to the highest: `1230000000-1230009999`.
impl Value for (u64, u64) {
    fn takes(_: &Key) -> Takes {
        Takes::Text
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let text = reader.text(input)?;
        let ends = text.split_once('-');
        let range = ends
            .and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
        if range.is_none() {
            let message = format!("{text:?} is not a range of firewall marks");
            reader.error(
                &input.node.place,
                message,
                format!("write {}", input.key.example()),
            );
        }
        range
    }

    fn print(&self) -> String {
        format!("{}-{}", self.0, self.1)
    }
}
