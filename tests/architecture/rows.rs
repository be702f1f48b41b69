//! The modules of the house and what each may import: the rows of ARCHITECTURE.md.

/// A module, by the beginning of its files' paths, and the modules it may import. A longer beginning wins over a shorter.
pub(super) struct Row {
    pub(super) files: &'static str,
    pub(super) may_import: &'static [&'static str],
}

pub(super) const fn row(files: &'static str, may_import: &'static [&'static str]) -> Row {
    Row { files, may_import }
}

/// Every module of every crate, the upper rows first.
pub(super) const ROWS: &[Row] = &[
    row("src/bin/", &["ipvsd::cli", "ipvsd::daemon"]),
    row(
        "src/cli",
        &[
            "background_writer",
            "daemon",
            "loader",
            "ipvs",
            "probe",
            "api",
            "ldirectord",
            "store",
            "doctor",
            "machine",
            "netns",
            "director_core",
        ],
    ),
    row("src/doctor", &["machine", "ipvs", "net", "director_core"]),
    row(
        "src/daemon",
        &[
            "background_writer",
            "blocking",
            "loader",
            "ipvs",
            "probe",
            "api",
            "ldirectord",
            "notify",
            "maintenance",
            "store",
            "machine",
            "program",
            "trusted_file",
            "netns",
            "director_core",
        ],
    ),
    row(
        "src/ldirectord",
        &[
            "background_writer",
            "program",
            "regular_file",
            "stamp",
            "ldirectord_compat",
            "director_core",
        ],
    ),
    row(
        "src/loader",
        &[
            "sources",
            "regular_file",
            "stamp",
            "keepalived_compat",
            "ldirectord_compat",
            "director_core",
        ],
    ),
    row("src/ipvs", &["director_core"]),
    row(
        "src/probe",
        &[
            "blocking",
            "regular_file",
            "program",
            "net",
            "director_core",
        ],
    ),
    row(
        "src/api",
        &["blocking", "trusted_file", "netns", "director_core"],
    ),
    row(
        "src/notify",
        &[
            "blocking",
            "http_client",
            "program",
            "director_core",
            "ldirectord_compat",
        ],
    ),
    row("src/maintenance", &["blocking", "director_core"]),
    row(
        "src/machine",
        &["ipvs", "net", "trusted_file", "netns", "director_core"],
    ),
    row("src/net", &["director_core"]),
    row(
        "src/sources",
        &["http_client", "trusted_file", "director_core"],
    ),
    row("src/store", &["trusted_file", "netns", "director_core"]),
    row("src/background_writer", &[]),
    row("src/http_client", &[]),
    row("src/blocking", &[]),
    row("src/regular_file", &[]),
    row("src/program", &[]),
    row("src/stamp", &[]),
    row("src/trusted_file", &[]),
    row("src/netns", &[]),
    row("src/lib", &[]),
    row("ldirectord-compat/src/main", &["ldirectord_compat"]),
    row("ldirectord-compat/src/texts", &["ldirectord_compat"]),
    row("ldirectord-compat/src/command", &[]),
    row(
        "ldirectord-compat/src/process",
        &["ldirectord_compat", "director_core", "command"],
    ),
    row("ldirectord-compat/src", &["director_core", SIBLINGS]),
    row("keepalived-compat/src", &["director_core", SIBLINGS]),
    row(
        "director-core/src/snapshot",
        &[
            "director",
            "desired",
            "weight",
            "recovery",
            "plan",
            "health",
            "overrides",
            "table",
            "model",
            "definitions",
            "moment",
            "diagnostic",
        ],
    ),
    row(
        "director-core/src/director",
        &[
            "guard",
            "desired",
            "weight",
            "recovery",
            "notify",
            "plan",
            "health",
            "persistent_state",
            "overrides",
            "scope",
            "table",
            "model",
            "definitions",
            "moment",
            "diagnostic",
        ],
    ),
    row(
        "director-core/src/notify",
        &["plan", "overrides", "table", "model", "moment"],
    ),
    row(
        "director-core/src/guard",
        &[
            "desired",
            "persistent_state",
            "weight",
            "recovery",
            "table",
            "model",
        ],
    ),
    row(
        "director-core/src/desired",
        &[
            "weight",
            "recovery",
            "health",
            "overrides",
            "scope",
            "table",
            "model",
            "moment",
        ],
    ),
    row(
        "director-core/src/weight",
        &[
            "recovery",
            "health",
            "overrides",
            "table",
            "model",
            "moment",
        ],
    ),
    row(
        "director-core/src/recovery",
        &["health", "overrides", "scope", "table", "model", "moment"],
    ),
    row("director-core/src/plan", &["table", "model"]),
    row(
        "director-core/src/persistent_state",
        &["recovery", "health", "overrides", "model", "moment"],
    ),
    row("director-core/src/overrides", &["model", "moment"]),
    row("director-core/src/health", &["model", "moment"]),
    row("director-core/src/realserver", &["model"]),
    row("director-core/src/scope", &["table", "model"]),
    row("director-core/src/table", &["model"]),
    row(
        "director-core/src/model/validate",
        &["definitions", "model", "diagnostic"],
    ),
    // The model as a whole stands above the definitions it was made of; its parts, the words of both, below them.
    row(
        "director-core/src/model/mod",
        &["definitions", "diagnostic"],
    ),
    row("director-core/src/definitions", &["model", "diagnostic"]),
    row("director-core/src/model", &["diagnostic"]),
    row("director-core/src/naming", &["diagnostic"]),
    row("director-core/src/moment", &[]),
    row("director-core/src/diagnostic", &[]),
    row("director-core/src/lib", &[]),
];

/// Stands for every module of the same crate: the dialect's few files need no order among themselves.
pub(super) const SIBLINGS: &str = "crate::*";
