//! Values that are words of a closed set, and other ways to write a value than that of its type.

use std::time::Duration;

use director_core::definitions::CheckPath;
use director_core::diagnostic::Place;
use director_core::model::{
    BelowMinimum, Combine, InitialHealth, OnFailure, OnStop, PemFile, Profile, Protocol,
    ProxyHeader, Quantity, Then, TlsMode, Topic, TunnelChecksum,
};

use super::duration;
use super::mapping::{Input, Key, Takes};
use super::other_words;
use super::reader::Reader;
use super::value::{Codec, Value};

/// A share in per cent, where a number would mean nothing.
pub(super) struct Percent;

impl Codec<u64> for Percent {
    fn takes(_: &Key) -> Takes {
        Takes::Share
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<u64> {
        match Quantity::read(input, reader)? {
            Quantity::Percent(percent) => Some(percent),
            Quantity::Number(number) => {
                let message = format!("{} {number} is not a share", input.key.name);
                reader.error(&input.node.place, message, format!("write {number}%"));
                None
            }
        }
    }

    fn print(value: &u64) -> String {
        format!("{value}%")
    }
}

/// Bytes as `64KiB` or `1MiB`.
pub(super) struct Size;

impl Codec<u64> for Size {
    fn takes(_: &Key) -> Takes {
        Takes::Size
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<u64> {
        let text = reader.text(input)?;
        let units = [("KiB", 1 << 10), ("MiB", 1 << 20)];
        let bytes = units.iter().find_map(|(unit, size)| {
            let count = text.strip_suffix(unit)?.parse::<u64>().ok()?;
            count.checked_mul(*size).filter(|bytes| *bytes > 0)
        });
        if bytes.is_none() {
            let message = format!("{text:?} is not a size");
            reader.error(
                &input.node.place,
                message,
                "write a size such as 64KiB or 1MiB",
            );
        }
        bytes
    }

    fn print(value: &u64) -> String {
        format!("{}KiB", value.div_ceil(1 << 10))
    }
}

/// A time for a kernel that counts in seconds.
pub(super) struct WholeSeconds;

impl Codec<u64> for WholeSeconds {
    fn takes(_: &Key) -> Takes {
        Takes::Span
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<u64> {
        let span = reader.duration(input)?;
        if span.subsec_nanos() != 0 {
            let text = reader.text(input)?;
            let message = format!("the kernel counts persistence in whole seconds, not {text}");
            reader.error(
                &input.node.place,
                message,
                "write whole seconds, such as 300s or 5m",
            );
        }
        Some(span.as_secs())
    }

    fn print(value: &u64) -> String {
        super::print::span(Duration::from_secs(*value))
    }
}

/// Values that are words of a closed set.
macro_rules! words {
    ($($type:ty = $words:expr;)*) => {$(
        impl Value for $type {
            fn takes(_: &Key) -> Takes {
                Takes::Word($words.iter().map(|(word, _)| *word).collect())
            }

            fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
                reader.word(input, &$words)
            }

            fn print(&self) -> String {
                let known = $words.iter().find(|(_, meaning)| meaning == self);
                known.map_or_else(String::new, |(word, _)| $crate::loader::yaml::print::quoted(word))
            }
        }
    )*};
}

pub(super) use words;

words! {
    BelowMinimum = [
        ("fallback", BelowMinimum::Fallback),
        ("keep_all", BelowMinimum::KeepAll),
        ("withdraw", BelowMinimum::Withdraw),
    ];
    CheckPath = [("server", CheckPath::Server), ("vip", CheckPath::Forwarding)];
    Combine = [("all", Combine::All), ("any", Combine::Any)];
    InitialHealth = [
        ("adopt", InitialHealth::Adopt),
        ("down", InitialHealth::Down),
        ("up", InitialHealth::Up),
    ];
    OnFailure = [
        ("remove", OnFailure::Remove),
        ("quiesce", OnFailure::Quiesce),
        ("drain", OnFailure::Drain),
    ];
    OnStop = [("keep", OnStop::Keep), ("remove", OnStop::Remove)];
    Profile = Profile::ALL;
    Protocol = [("tcp", Protocol::Tcp), ("udp", Protocol::Udp)];
    ProxyHeader = [("v1", ProxyHeader::V1), ("v2", ProxyHeader::V2)];
    Then = [("remove", Then::Remove), ("keep", Then::Keep)];
    Topic = Topic::ALL;
    TunnelChecksum = [
        ("off", TunnelChecksum::Off),
        ("on", TunnelChecksum::On),
        ("remote", TunnelChecksum::Remote),
    ];
}

/// How a check uses TLS: a word, or true or false.
impl Value for TlsMode {
    fn takes(_: &Key) -> Takes {
        Takes::Either(vec![
            Takes::Word(TLS_MODES.iter().map(|(word, _)| *word).collect()),
            Takes::Truth,
        ])
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        match reader.text(input)? {
            "true" => Some(Self::Require),
            "false" => Some(Self::Off),
            // What other YAML takes for truth gets the hint of a truth.
            "yes" | "no" | "on" | "y" | "n" | "1" | "0" => {
                bool::read(input, reader)?;
                None
            }
            _ => reader.word(input, &TLS_MODES),
        }
    }

    fn print(&self) -> String {
        match self {
            Self::Off => "false".to_owned(),
            Self::Prefer => "prefer".to_owned(),
            Self::Require => "true".to_owned(),
        }
    }
}

const TLS_MODES: [(&str, TlsMode); 3] = [
    ("off", TlsMode::Off),
    ("prefer", TlsMode::Prefer),
    ("require", TlsMode::Require),
];

/// The path of a file, which is read later.
impl Value for PemFile {
    fn takes(_: &Key) -> Takes {
        Takes::Text
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let path = reader.text(input)?;
        if path.contains('\n') || path.contains("-----BEGIN") {
            let name = &input.key.name;
            reader.error(
                &input.node.place,
                format!("{name} names a file, and this is the content of one"),
                format!("write the content to a file, and {name}: PATH here"),
            );
            return None;
        }
        Some(Self::unread(path.to_owned()))
    }

    fn print(&self) -> String {
        super::print::quoted(&self.path)
    }
}

/// The word `off`, in place of settings.
pub(super) fn off(input: &Input<'_>, reader: &mut Reader) -> Option<Place> {
    let text = reader.text(input)?;
    if text == "off" {
        return Some(input.node.place.clone());
    }
    let name = input.key.name;
    let is_share = text.trim_end_matches('%').parse::<u32>().is_ok();
    let hint = match (name, other_words::truth(text)) {
        (_, Some(true)) => format!("remove the key; {name} is on without it"),
        (_, Some(false)) => "write off".to_owned(),
        ("safety_limits", None) if is_share => {
            format!("write {{servers: {text}, services: {text}}}")
        }
        ("freeze", None) if duration::parse(text).is_ok() => {
            format!("write {{max_duration: {text}}}")
        }
        _ => format!("write off, or its keys, as in {}", input.key.example()),
    };
    let message = format!("{name} {text:?} is neither off nor a mapping");
    reader.error(&input.node.place, message, hint);
    None
}
