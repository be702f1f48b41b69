//! How the rows of a table are written: `opt(every) "every" = "5s", or "5s", "Check interval.";`.

use super::mapping::{Key, Takes};
use super::value::Value;

/// What a field takes by its type.
pub(super) fn takes_of<T, V: Value>(_: fn(&T) -> &Option<V>, key: &Key) -> Takes {
    V::takes(key)
}

/// The same for a field that is always there.
pub(super) fn takes_of_plain<T, V: Value>(_: fn(&T) -> &V, key: &Key) -> Takes {
    V::takes(key)
}

/// The same for a field of many values, of which one may stand alone.
pub(super) fn takes_of_many<T, V: Value>(_: fn(&T) -> &Vec<V>, key: &Key) -> Takes {
    Takes::one_or_more(|| V::takes(key))
}

/// The way from a key to what it fills. `opt`: a field that may be absent; `plain`: one that is always there; `many`: a list,
/// or one item of it; `code`: an optional field by a codec of its own; `flat`: keys of a mapping that fill the same value;
/// `by`: a [`Lens`]; `node`: nothing, since the files are put together by it before they are read.
macro_rules! access {
    ($of:ty, opt $($field:ident).+) => {
        $crate::loader::yaml::mapping::Access {
            takes: |key| $crate::loader::yaml::rows::takes_of(|t: &$of| &t.$($field).+, key),
            read: |t: &mut $of, input, reader| {
                t.$($field).+ = Some($crate::loader::yaml::value::Value::read(input, reader)?);
                Some(())
            },
            print: |t: &$of, _| t.$($field).+.as_ref().map($crate::loader::yaml::value::Value::print),
            layered: false,
        }
    };
    ($of:ty, plain $($field:ident).+) => {
        $crate::loader::yaml::mapping::Access {
            takes: |key| $crate::loader::yaml::rows::takes_of_plain(|t: &$of| &t.$($field).+, key),
            read: |t: &mut $of, input, reader| {
                t.$($field).+ = $crate::loader::yaml::value::Value::read(input, reader)?;
                Some(())
            },
            print: |t: &$of, _| Some($crate::loader::yaml::value::Value::print(&t.$($field).+))
                .filter(|text| text != "[]" && text != "false"),
            layered: false,
        }
    };
    ($of:ty, many $($field:ident).+) => {
        $crate::loader::yaml::mapping::Access {
            takes: |key| $crate::loader::yaml::rows::takes_of_many(|t: &$of| &t.$($field).+, key),
            read: |t: &mut $of, input, reader| {
                t.$($field).+ = $crate::loader::yaml::value::one_or_more(input, reader)?;
                Some(())
            },
            print: |t: &$of, _| $crate::loader::yaml::value::print_one_or_more(&t.$($field).+),
            layered: false,
        }
    };
    ($of:ty, code $codec:ty, $($field:ident).+) => {
        $crate::loader::yaml::mapping::Access {
            takes: <$codec as $crate::loader::yaml::value::Codec<_>>::takes,
            read: |t: &mut $of, input, reader| {
                let value = <$codec as $crate::loader::yaml::value::Codec<_>>::read(input, reader)?;
                t.$($field).+ = Some(director_core::definitions::Placed::new(value, input.node.place.clone()));
                Some(())
            },
            print: |t: &$of, _| {
                let value = t.$($field).+.as_ref()?;
                Some(<$codec as $crate::loader::yaml::value::Codec<_>>::print(&value.value))
            },
            layered: false,
        }
    };
    ($of:ty, flat $mapping:ident) => {
        $crate::loader::yaml::mapping::Access {
            takes: |_| $mapping.takes(),
            read: |t: &mut $of, input, reader| $mapping.read_into(t, input, reader),
            print: |t: &$of, _| Some($mapping.print(t)).filter(|text| text != "{}"),
            layered: false,
        }
    };
    ($of:ty, by $part:ty) => {
        $crate::loader::yaml::mapping::Access {
            takes: <$part as $crate::loader::yaml::mapping::Lens<$of>>::takes,
            read: <$part as $crate::loader::yaml::mapping::Lens<$of>>::read,
            print: <$part as $crate::loader::yaml::mapping::Lens<$of>>::print,
            layered: <$part as $crate::loader::yaml::mapping::Lens<$of>>::LAYERED,
        }
    };
    ($of:ty, node $takes:expr) => {
        $crate::loader::yaml::mapping::Access {
            takes: |_| $takes,
            read: |_: &mut $of, _, _| Some(()),
            print: |_: &$of, _| None,
            layered: false,
        }
    };
}

/// A table of keys. A row is the way to what it fills, the key, its unit, an example, its default and its meaning.
macro_rules! mapping {
    ($(#[$doc:meta])* $name:ident: $of:ty = $title:literal, $what:literal, $blank:expr, $short:expr
     $(, more $more:expr)?;
     $($kind:ident($($way:tt)*) $key:literal $(in $unit:literal)? = $example:literal, $(or $default:literal,)?
       $meaning:literal;)*) => {
        $(#[$doc])*
        pub(in crate::loader::yaml) static $name: $crate::loader::yaml::mapping::Mapping<$of> =
            $crate::loader::yaml::mapping::Mapping {
                name: $title,
                what: $what,
                blank: $blank,
                short: $short,
                rows: &[$($crate::loader::yaml::mapping::Row {
                    key: $crate::loader::yaml::mapping::Key {
                        name: $key,
                        unit: concat!("", $($unit)?),
                        example: $example,
                        default: mapping!(@default $($default)?),
                        meaning: $meaning,
                    },
                    access: access!($of, $kind $($way)*),
                }),*],
                more: mapping!(@more $($more)?),
            };
    };
    (@more) => { (0, &[]) };
    (@more $more:expr) => { $more };
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
}

pub(super) use {access, mapping};
