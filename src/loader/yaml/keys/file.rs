//! Keys of the file as a whole. Their values are put together from all files before they are read.

use super::check::CHECK;
use super::director::DIRECTOR;
use super::notify::NOTIFY;
use super::server::{self, REAL_SERVER};
use super::service::SERVICE;
use crate::loader::yaml::mapping::Takes;
use crate::loader::yaml::mapping::Takes::{Mapping, Named, Part, Text};
use crate::loader::yaml::rows::{access, mapping};

fn list(item: Takes) -> Takes {
    Takes::List(Box::new(item))
}

mapping! {
    /// The whole file.
    FILE: () = "file", "the file", |_| (), None;
    node(Mapping(&DIRECTOR)) "director" = "{resync: 10s}", or "the defaults of its keys",
        "Settings of the director as a whole. Only the first file may have them.";
    node(Takes::one_or_more(|| Text)) "include" = "conf.d/*.yaml", or "none",
        "More configuration files: a file, a directory (its `.yaml` and `.yml` files in the order of their names), \
         or a pattern. A relative path starts at the directory of the file that contains it.";
    node(Mapping(&DEFAULTS)) "defaults" = "{service: {scheduler: wrr}, check: {every: 2s}}", or "none",
        "Defaults for services, checks and real servers in this file and in the files it includes. The defaults of \
         an included file override those of the including file.";
    node(Named(Box::new(Mapping(&CHECK)))) "checks" = "{web: {http: {path: /test.html}, every: 2s}}", or "none",
        "Named checks, for any service of any file: `check: web`, or `check: {use: web, fall: 5}`.";
    node(Named(Box::new(list(server::takes())))) "groups" = "{web: [10.0.0.11, 10.0.0.12]}", or "none",
        "Named groups of real servers, for any service of any file: `real_servers: web`, or `real_servers: [{group: \
         web, weight: 2}, 10.0.0.9]`.";
    node(list(Mapping(&NOTIFY))) "notify" = "[{webhook: \"https://hooks.example.org/ipvsd\"}]", or "none",
        "Receivers of notifications, each a command, a webhook or a mail. Events close together make one message. \
         ipvsd retries a message that fails, and nothing waits for it.";
    node(list(Mapping(&SERVICE))) "services" = "[{listen: tcp://192.0.2.10:80, …}]",
        or "none; required when the file includes no other", "Virtual services. An empty list, `[]`, defines none.";
}

mapping! {
    /// What applies where nothing is said.
    DEFAULTS: () = "defaults", "the defaults section", |_| (), None;
    node(Part(&SERVICE)) "service" = "{scheduler: wrr, forwarding: nat, on_failure: quiesce}", or "none",
        "Defaults for services: any of their keys but `name` and `listen`.";
    node(Part(&CHECK)) "check" = "{every: 2s, timeout: 1s, fall: 3}", or "none",
        "Defaults for checks: any of their keys but `use`. A protocol set here applies to services whose check \
         names none.";
    node(Part(&REAL_SERVER)) "real_server" = "{weight: 10}", or "none",
        "Defaults for real servers, not for fallbacks: any of their keys but `address` and `group`.";
}
