//! Every oddity of the dialect occurs in a file here, is reported by its name at its place, and leaves the file usable.

use crate::judged::judge;
use ldirectord_compat::quirks::{QUIRKS, Quirk};

const V: &str = "virtual=10.0.0.1:80\n";
const R: &str = "    real=10.0.1.1:80 gate\n";

/// The oddity, a file with it, and the line of the warning.
fn files() -> Vec<(Quirk, String, u32)> {
    let with = |lines: &str| format!("{V}{R}{lines}\n");
    let real = |rest: &str| format!("{V}    real={rest}\n");
    let at = |port: u16, lines: &str| {
        format!("virtual=10.0.0.1:{port}\n    real=10.0.1.1:{port} gate\n{lines}")
    };
    vec![
        (
            Quirk::CarriageReturn,
            format!("{V}{R}").replace('\n', "\r\n"),
            1,
        ),
        (Quirk::ByteOrderMark, format!("\u{feff}{V}{R}"), 1),
        (Quirk::EmptyFile, "# nothing\n".to_owned(), 0),
        (Quirk::BlankLineInBlock, format!("{V}      \n{R}"), 2),
        (Quirk::GlobalBelowService, with("quiescent=yes"), 3),
        (
            Quirk::CommentedVirtual,
            format!("{V}{R}#virtual=10.0.0.2:80\n    real=10.0.1.2:80 gate\n"),
            3,
        ),
        (Quirk::VirtualLast, V.to_owned(), 1),
        (
            Quirk::RepeatedDirective,
            with("    scheduler=rr\n    scheduler=lc"),
            4,
        ),
        (Quirk::BareSupervised, format!("supervised\n{V}{R}"), 1),
        (Quirk::TrailingBlank, with("    quiescent=yes  "), 3),
        (
            Quirk::InlineComment,
            format!("autoreload=yes # always\n{V}{R}"),
            1,
        ),
        (
            Quirk::HashInGlobalValue,
            format!("emailalertfrom=a@b # c\n{V}{R}"),
            1,
        ),
        (Quirk::HashInQuotes, with("    request=\"/a\"#b\""), 3),
        (Quirk::UnquotedText, with("    request=/a"), 3),
        (Quirk::TextAfterQuotes, with("    request=\"/a\" b"), 3),
        (Quirk::InnerQuotes, with("    receive=\"a\" \"b\""), 3),
        (
            Quirk::DroppedQuotes,
            format!("maintenancedir=\"/x\"\n{V}{R}"),
            1,
        ),
        (Quirk::OpenQuote, with("    monitorfile=\"/x"), 3),
        (Quirk::EmptyExecute, format!("execute=\n{V}{R}"), 1),
        (Quirk::LoosePhases, with("    emailalertstatus=running,"), 3),
        (
            Quirk::LoosePhases,
            with("    emailalertstatus=none,none"),
            3,
        ),
        (Quirk::LooseValue, with("    service=http-proxy"), 3),
        (
            Quirk::MarkFromAddress,
            format!("virtual=192.168.1.1\n{R}    service=http\n"),
            1,
        ),
        (
            Quirk::TextAfterAddress,
            format!("virtual=10.0.0.1:80 tcp\n{R}"),
            1,
        ),
        (Quirk::JunkBeforeAddress, real("=10.0.1.1:80 gate"), 2),
        (Quirk::ShortAddress, real("10.0.1:80 gate"), 2),
        (
            Quirk::Underscore,
            with("    fallback=10.0.1.9\n    real=my_host:80 gate"),
            4,
        ),
        (
            Quirk::LeadingZeroPort,
            format!("virtual=10.0.0.1:080\n{R}    service=http\n"),
            1,
        ),
        (
            Quirk::RequestSpacing,
            real("10.0.1.1:80 gate 1 \"a\" , \"b\""),
            2,
        ),
        (
            Quirk::RequestWithNumber,
            real("10.0.1.1:80 gate \"a 1\", \"b\""),
            2,
        ),
        (
            Quirk::RequestWithSlash,
            real("10.0.1.1:80 gate 1 \"/a\", \"b\""),
            2,
        ),
        (
            Quirk::RequestWithHost,
            real("10.0.1.1:80 gate 1 \"http://10.0.1.9/a\", \"b\""),
            2,
        ),
        (
            Quirk::TextAfterRequest,
            real("10.0.1.1:80 gate 1 \"/a\", \"b\" c"),
            2,
        ),
        (Quirk::SkippedText, real("10.0.1.1:80 gate 1 u:9 l:0"), 2),
        (Quirk::EmptyFallback, with("    fallback="), 3),
        (
            Quirk::WordsBeforeFallback,
            with("    fallback=to 10.0.1.9 gate"),
            3,
        ),
        (Quirk::NoCheck, at(8080, ""), 1),
        (Quirk::UnknownScheduler, with("    scheduler=nosuch"), 3),
        (
            Quirk::UnknownScheduler,
            with("    scheduler=sh\n    schedflags=mh-port"),
            4,
        ),
        (
            Quirk::ServiceRefused,
            "virtual=0\n    real=10.0.1.1:80 gate\n    service=http\n".to_owned(),
            1,
        ),
        (Quirk::ServiceRefused, with("    persistent=3000000"), 3),
        (
            Quirk::ServiceRefused,
            with("    persistent=5\n    netmask=999.0.0.0"),
            4,
        ),
        (Quirk::ServiceRefused, at(0, "    checktype=on\n"), 1),
        (Quirk::PersistentZero, with("    persistent=0"), 3),
        (Quirk::NoVip, format!("virtual=224.0.0.1:80\n{R}"), 1),
        (Quirk::ServerRefused, real("10.0.1.1:80 gate 3000000000"), 2),
        (Quirk::ServerRefused, real("10.0.1.1:80 gate l:2 u:1"), 2),
        (Quirk::ServerRefused, real("224.0.0.1:80 gate"), 2),
        (Quirk::ServerRefused, with("    fallback=0.0.0.0:80"), 3),
        (Quirk::BadExpression, with("    receive=\"(a\""), 3),
        (Quirk::PerlsExpression, with("    receive=\"(?{1})\""), 3),
        (Quirk::ServerRefused, real("[2001:db8::g]:80 gate"), 2),
        (
            Quirk::BadExpression,
            real("10.0.1.1:80 gate 1 \"a\", \"(b\""),
            2,
        ),
        (
            Quirk::NoPort,
            "virtual=7\n    real=10.0.1.1 gate\n    checktype=connect\n".to_owned(),
            2,
        ),
        (
            Quirk::PortOfService,
            "virtual=10.0.0.1:8080\n    real=10.0.1.1 gate\n    checktype=connect\n".to_owned(),
            2,
        ),
        (Quirk::HugeNumber, with("    checktimeout=4294967296"), 3),
        (Quirk::HugeNumber, real("10.0.1.1:80 gate u:3000000000"), 2),
        (
            Quirk::OtherPortChecked,
            "virtual=10.0.0.1:8080\n    real=10.0.1.1 gate\n    service=http\n".to_owned(),
            2,
        ),
        (
            Quirk::UnusedDirective,
            with("    checktype=connect\n    request=\"/a\""),
            4,
        ),
        (
            Quirk::HeadWithReceive,
            with("    httpmethod=HEAD\n    receive=\"a\""),
            3,
        ),
        (Quirk::UnverifiedCertificate, at(443, ""), 1),
        (Quirk::DnsWithoutReceive, at(53, ""), 1),
        (Quirk::PopWithoutLogin, at(110, ""), 1),
        (Quirk::FtpWithoutReceive, at(21, ""), 1),
        (Quirk::SqlIncomplete, at(3306, ""), 1),
        (
            Quirk::OracleListener,
            at(1521, "\tlogin=\"a\"\n\trequest=\"select 1\"\n"),
            1,
        ),
        (
            Quirk::DefaultCheckCommand,
            with("    checktype=external"),
            3,
        ),
        (
            Quirk::CommandWithArguments,
            with("    checktype=external\n    checkcommand=/bin/a -w 5"),
            4,
        ),
        (
            Quirk::ConnectOverUdp,
            with("    checktype=connect\n    protocol=udp"),
            3,
        ),
        (
            Quirk::CombinedOverUdp,
            with("    checktype=3\n    protocol=udp"),
            3,
        ),
        (
            Quirk::CheckCountDeprecated,
            format!("checkcount=2\n{V}{R}"),
            1,
        ),
        (Quirk::IntervalOfService, with("    checkinterval=2"), 3),
        (Quirk::EmptyHostHeader, with("    virtualhost="), 3),
        (Quirk::OpsWithoutUdp, with("    ops=yes"), 3),
        (Quirk::NetmaskAlone, with("    netmask=255.255.255.0"), 3),
        (Quirk::EmptyLogFile, format!("logfile=\"\"\n{V}{R}"), 1),
        (Quirk::LoadIgnored, with("    load=\"x\""), 3),
    ]
}

#[test]
fn every_oddity_is_reported_where_it_is_and_harms_nothing() {
    let mut seen = vec![Quirk::NotUtf8];
    for (quirk, file, line) in files() {
        let judged = judge(file.as_bytes());
        let shown: Vec<String> = judged.findings.iter().map(ToString::to_string).collect();
        assert!(
            judged.parsed.quirks.contains(&quirk),
            "{quirk:?} {shown:#?}"
        );
        for finding in &judged.parsed.diagnostics {
            assert_eq!(finding.place.line, line, "{quirk:?} {shown:#?}");
            assert!(!finding.is_error(), "{quirk:?} {shown:#?}");
        }
        seen.push(quirk);
    }
    for row in QUIRKS {
        assert!(seen.contains(&row.quirk), "{:?} is not tested", row.quirk);
    }
}

#[test]
fn bytes_that_are_not_utf8_reach_servers_as_they_are() {
    let judged = judge(
        b"virtual=10.0.0.1:80\n    real=10.0.1.1:80 gate\n    real=10.0.1.2:80 gate \"gr\xfcn\", \"gr\xfcn\"\n    \
          service=http\n    request=\"pr\xfcf\"\n    receive=\"M\xfcller\"\n    comment=K\xf6ln\n",
    );
    assert_eq!(judged.parsed.quirks, [Quirk::NotUtf8]);
    let lines: Vec<u32> = judged
        .parsed
        .diagnostics
        .iter()
        .map(|found| found.place.line)
        .collect();
    assert_eq!(lines, [3, 5, 6, 7]);
    let model = judged.model.expect("a model");
    let checks = format!("{model:?}");
    for wanted in ["/pr%FCf", "/gr%FCn", r"M\\xFCller", r"gr\\xFCn"] {
        assert!(checks.contains(wanted), "{wanted} in {checks}");
    }
}

#[test]
fn bytes_of_utf8_are_sent_as_utf8() {
    let file = format!("{V}{R}    service=http\n    request=\"/prüf\"\n    receive=\"Müller\"\n");
    let model = judge(file.as_bytes()).model.expect("a model");
    let checks = format!("{model:?}");
    for wanted in ["/pr%C3%BCf", "Müller"] {
        assert!(checks.contains(wanted), "{wanted} in {checks}");
    }
}

#[test]
fn a_second_line_for_a_server_is_left_out_with_a_warning() {
    let judged = judge(format!("{V}{R}    real=10.0.1.1:80 gate 5\n").as_bytes());
    let shown: Vec<String> = judged.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "a.cf:3:5: warning: real server 10.0.1.1:80 is listed twice in this service; the first entry, at a.cf:2:5, applies \
             (remove one of the two)"
        ]
    );
    assert_eq!(
        judged.table(),
        ["-t 10.0.0.1:80 -s wrr", "  -r 10.0.1.1:80 -g -w 1"]
    );
}

#[test]
fn a_commented_service_is_only_reported_when_lines_would_change_hands() {
    let harmless = format!("{V}{R}#virtual=10.0.0.2:80\n#    real=10.0.1.2:80 gate\n\n");
    assert_eq!(judge(harmless.as_bytes()).parsed.diagnostics, []);
}

#[test]
fn certificates_are_mentioned_once_and_not_when_the_choice_is_written() {
    let tls = "virtual=10.0.0.1:443\n    real=10.0.1.1:443 gate\n    real=10.0.1.2:443 gate\n";
    assert_eq!(judge(tls.as_bytes()).parsed.diagnostics.len(), 1);
    for choice in ["yes", "no"] {
        let chosen = format!("{tls}    verifycertificate={choice}\n");
        assert_eq!(judge(chosen.as_bytes()).parsed.diagnostics, []);
        let global = format!("verifycertificate={choice}\n{tls}");
        assert_eq!(judge(global.as_bytes()).parsed.diagnostics, []);
    }
}

#[test]
fn two_colons_show_the_server_that_comes_of_them() {
    let judged = judge(format!("{V}    real=10.0.1.1::5060 gate\n").as_bytes());
    let shown: Vec<String> = judged.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "a.cf:2:10: warning: 10.0.1.1::5060 is read as the server 5060, without a port \
             (write HOST:PORT with one colon and nothing before it)",
            "a.cf:2:20: warning: 5060 is read as the address 0.0.19.196 (write 0.0.19.196 if you mean it)",
        ]
    );
}
