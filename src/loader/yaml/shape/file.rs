//! Rows of the file as a whole.

use super::Takes::{List, Mapping, Span};
use super::{SERVICE, Shape, key};

/// The whole file.
pub(in super::super) const FILE: Shape = Shape {
    name: "file",
    what: "the file",
    keys: &[
        key("director", "{resync: 10s}")
            .takes(Mapping(&DIRECTOR))
            .default("the defaults of its keys")
            .means("Settings that belong to no service."),
        key("services", "[{listen: tcp://192.0.2.10:80, …}]")
            .takes(List(&Mapping(&SERVICE)))
            .means("The virtual services. An empty list, `[]`, defines none."),
    ],
};

/// Settings of the director that belong to no service.
pub(in super::super) const DIRECTOR: Shape = Shape {
    name: "director",
    what: "the director section",
    keys: &[key("resync", "10s").takes(Span).default("10s").means(
        "How often the whole kernel table is read again, to find and repair what others changed.",
    )],
};
