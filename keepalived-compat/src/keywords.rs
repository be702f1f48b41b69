//! The keywords of keepalived 2.2 to 2.4 for virtual servers, and the blocks that belong to its other halves. Which keyword
//! stands where decides how a file with faults is read, because keepalived skips an unknown word but not its block.

/// What follows a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeywordForm {
    /// Values in the same line.
    Value,
    /// A block with keywords of its own.
    Block(&'static [Keyword]),
    /// A block of lines without keywords of their own.
    Lines,
    /// A block, or a line, that ipvsd has no use for: VRRP, BFD, addresses, scripts.
    NotOurs,
}

/// A keyword and what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keyword {
    pub(crate) name: &'static str,
    pub(crate) form: KeywordForm,
}

const fn value(name: &'static str) -> Keyword {
    Keyword {
        name,
        form: KeywordForm::Value,
    }
}

const fn block(name: &'static str, keywords: &'static [Keyword]) -> Keyword {
    Keyword {
        name,
        form: KeywordForm::Block(keywords),
    }
}

const fn lines(name: &'static str) -> Keyword {
    Keyword {
        name,
        form: KeywordForm::Lines,
    }
}

const fn not_ours(name: &'static str) -> Keyword {
    Keyword {
        name,
        form: KeywordForm::NotOurs,
    }
}

/// Keywords outside all blocks.
pub(crate) const ROOT: &[Keyword] = &[
    lines("global_defs"),
    block("SSL", SSL),
    lines("virtual_server_group"),
    block("virtual_server", VIRTUAL_SERVER),
    not_ours("bfd_instance"),
    not_ours("child_wait_time"),
    not_ours("garp_group"),
    not_ours("instance"),
    not_ours("interface_up_down_delays"),
    not_ours("linkbeat_interfaces"),
    not_ours("linkbeat_use_polling"),
    not_ours("namespace_with_ipsets"),
    not_ours("net_namespace"),
    not_ours("net_namespace_ipvs"),
    not_ours("random_seed"),
    not_ours("static_ipaddress"),
    not_ours("static_routes"),
    not_ours("static_rules"),
    not_ours("static_track_group"),
    not_ours("tmp_config_directory"),
    not_ours("track_file"),
    not_ours("track_group"),
    not_ours("umask"),
    not_ours("use_pid_dir"),
    not_ours("vrrp_instance"),
    not_ours("vrrp_script"),
    not_ours("vrrp_sync_group"),
    not_ours("vrrp_track_file"),
    not_ours("vrrp_track_process"),
];

const SSL: &[Keyword] = &[
    value("password"),
    value("ca"),
    value("certificate"),
    value("key"),
];

const VIRTUAL_SERVER: &[Keyword] = &[
    value("ip_family"),
    value("retry"),
    value("delay_before_retry"),
    value("warmup"),
    value("connect_timeout"),
    value("delay_loop"),
    value("inhibit_on_failure"),
    value("lb_algo"),
    value("lvs_sched"),
    value("hashed"),
    value("ops"),
    value("flag-1"),
    value("flag-2"),
    value("flag-3"),
    value("sh-port"),
    value("sh-fallback"),
    value("mh-port"),
    value("mh-fallback"),
    value("lb_kind"),
    value("lvs_method"),
    value("persistence_engine"),
    value("persistence_timeout"),
    value("persistence_granularity"),
    value("protocol"),
    value("ha_suspend"),
    value("smtp_alert"),
    value("virtualhost"),
    value("snmp_name"),
    value("alpha"),
    value("omega"),
    value("quorum_up"),
    value("quorum_down"),
    value("quorum"),
    value("hysteresis"),
    value("weight"),
    value("sorry_server"),
    value("sorry_server_inhibit"),
    value("sorry_server_lvs_method"),
    block("real_server", REAL_SERVER),
];

const REAL_SERVER: &[Keyword] = &[
    value("weight"),
    value("lvs_method"),
    value("uthreshold"),
    value("lthreshold"),
    value("inhibit_on_failure"),
    value("notify_up"),
    value("notify_down"),
    value("alpha"),
    value("retry"),
    value("delay_before_retry"),
    value("warmup"),
    value("connect_timeout"),
    value("delay_loop"),
    value("smtp_alert"),
    value("virtualhost"),
    value("snmp_name"),
    block("HTTP_GET", HTTP_GET),
    block("SSL_GET", HTTP_GET),
    block("TCP_CHECK", CONNECTION),
    block("SMTP_CHECK", SMTP_CHECK),
    block("DNS_CHECK", DNS_CHECK),
    block("MISC_CHECK", MISC_CHECK),
    block("PING_CHECK", CONNECTION),
    block("UDP_CHECK", UDP_CHECK),
    block("FILE_CHECK", FILE_CHECK),
    block("BFD_CHECK", BFD_CHECK),
];

/// What every checker over the network has.
const CONNECTION: &[Keyword] = &connection([]);

const HTTP_GET: &[Keyword] = &connection([
    value("nb_get_retry"),
    value("virtualhost"),
    value("http_protocol"),
    value("enable_sni"),
    value("sni_name"),
    value("fast_recovery"),
    value("tls_compliant"),
    block("url", URL),
]);

const URL: &[Keyword] = &[
    value("path"),
    value("digest"),
    value("status_code"),
    value("virtualhost"),
    value("regex"),
    value("regex_no_match"),
    value("regex_options"),
    value("regex_min_offset"),
    value("regex_max_offset"),
    value("regex_stack"),
    value("tls_compliant"),
];

const SMTP_CHECK: &[Keyword] = &connection([value("helo_name"), block("host", CONNECTION)]);

const DNS_CHECK: &[Keyword] = &connection([value("type"), value("name")]);

const MISC_CHECK: &[Keyword] = &[
    value("misc_path"),
    value("misc_timeout"),
    value("misc_dynamic"),
    value("user"),
    value("retry"),
    value("delay_before_retry"),
    value("warmup"),
    value("delay_loop"),
    value("alpha"),
    value("log_all_failures"),
];

const UDP_CHECK: &[Keyword] = &connection([
    value("payload"),
    value("require_reply"),
    value("min_reply_length"),
    value("max_reply_length"),
]);

const FILE_CHECK: &[Keyword] = &[value("track_file"), value("weight")];

const BFD_CHECK: &[Keyword] = &[value("name"), value("alpha")];

/// Keywords that checkers over the network share.
const SHARED: [Keyword; 13] = [
    value("connect_ip"),
    value("connect_port"),
    value("bindto"),
    value("bind_port"),
    value("bind_if"),
    value("connect_timeout"),
    value("fwmark"),
    value("retry"),
    value("delay_before_retry"),
    value("warmup"),
    value("delay_loop"),
    value("alpha"),
    value("log_all_failures"),
];

/// Room for the shared keywords and those of any checker. The rest is filled with a name that no file can have.
const fn connection<const N: usize>(own: [Keyword; N]) -> [Keyword; 24] {
    let mut all = [value(" "); 24];
    let mut index = 0;
    while index < SHARED.len() {
        all[index] = SHARED[index];
        index += 1;
    }
    while index < SHARED.len() + N {
        all[index] = own[index - SHARED.len()];
        index += 1;
    }
    all
}

/// The keyword of this name among those of a block.
pub(crate) fn find(keywords: &'static [Keyword], name: &str) -> Option<&'static Keyword> {
    keywords.iter().find(|keyword| keyword.name == name)
}

/// The blocks in which a word is a keyword, for advice about a misplaced one.
pub(crate) fn homes(name: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    search(ROOT, "the top level", name, &mut found);
    found
}

fn search(
    keywords: &'static [Keyword],
    here: &'static str,
    name: &str,
    found: &mut Vec<&'static str>,
) {
    for keyword in keywords {
        if keyword.name == name && !found.contains(&here) {
            found.push(here);
        }
        if let KeywordForm::Block(inner) = keyword.form {
            search(inner, keyword.name, name, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_where_it_belongs() {
        assert_eq!(homes("uthreshold"), ["real_server"]);
        assert_eq!(homes("nb_get_retry"), ["HTTP_GET", "SSL_GET"]);
        assert_eq!(homes("vrrp_instance"), ["the top level"]);
        assert!(homes("nat_mask").is_empty());
        assert!(find(CONNECTION, "fwmark").is_some());
        assert!(find(MISC_CHECK, "connect_port").is_none());
    }
}
