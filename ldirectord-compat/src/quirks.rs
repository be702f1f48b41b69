//! The oddities of the dialect, each by name: what `ldirectord` does with it, what we do, and why. Each is reported as a
//! warning where it occurs, has a test in `tests/quirks.rs`, and is a row of the README's table.

/// One row of the table of oddities.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which one it is.
    pub quirk: Quirk,
    /// What stands in the file.
    pub written: &'static str,
    /// What `ldirectord` 4.12.0 does.
    pub perl: &'static str,
    /// What we do.
    pub ours: &'static str,
}

macro_rules! quirks {
    ($($quirk:ident $written:literal, $perl:literal, $ours:literal;)*) => {
        /// The oddities by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Quirk {
            $(#[doc = $written] $quirk,)*
        }

        /// All oddities.
        pub const QUIRKS: &[Row] = &[
            $(Row { quirk: Quirk::$quirk, written: $written, perl: $perl, ours: $ours },)*
        ];
    };
}

quirks! {
    // The text.
    CarriageReturn "lines that end with CR LF",
        "keeps the CR: fatal after yes/no and netmask, sent to servers in free text",
        "part of the line end";
    ByteOrderMark "a byte order mark",
        "line 1 is an unknown command, even a comment",
        "skipped";
    NotUtf8 "bytes that are not UTF-8",
        "bytes as they are",
        "as they are in `request` and `receive`, elsewhere read as Latin-1 characters";
    EmptyFile "a file without virtual services",
        "runs idle",
        "the same";
    // Lines and blocks.
    BlankLineInBlock "a line of spaces only between the lines of a service",
        "ends the block, or is an unknown command from 5 spaces on",
        "skipped when an indented line follows";
    GlobalBelowService "a directive of both scopes in column 1 right below a service",
        "ends the block and applies to the whole file",
        "the same";
    CommentedVirtual "a virtual line commented out inside a block",
        "the lines below it belong to the service above",
        "the same";
    VirtualLast "a virtual line as the last of the file",
        "duplicate virtual server",
        "a service without real servers";
    RepeatedDirective "a directive written twice",
        "the last one applies",
        "the same";
    BareSupervised "supervised without a value",
        "means yes",
        "the same";
    // Values.
    TrailingBlank "spaces after a value that must match to the end",
        "fatal after yes/no and netmask, part of the text elsewhere",
        "dropped";
    InlineComment "a comment after a value in the global part",
        "fatal after yes/no and fallback",
        "dropped";
    HashInGlobalValue "a # inside the free text of a global directive",
        "part of the text",
        "the same";
    HashInQuotes "a # inside quotes",
        "starts a comment below virtual",
        "the same";
    UnquotedText "text without the quotes that it needs",
        "unknown command",
        "used as it is";
    TextAfterQuotes "text after the last quote",
        "ignored",
        "the same";
    InnerQuotes "quotes inside quotes",
        "part of the text",
        "the same";
    OpenQuote "a quote before a path or command, and none after it",
        "part of the text",
        "the same";
    EmptyExecute "execute without a file",
        "a file without name is run, and fails",
        "ignored";
    LoosePhases "a comma after the last phase of emailalertstatus, or none twice",
        "ignored",
        "the same";
    DroppedQuotes "quotes around a path of maintenancedir or execute",
        "part of the path of maintenancedir, which then never exists; removed by a shell for execute",
        "dropped";
    LooseValue "more than the value itself, such as 3s or http-proxy",
        "the first part that looks right applies: 3, http",
        "the same";
    // Addresses.
    MarkFromAddress "an IPv4 address without a port after virtual",
        "its first number is taken as a firewall mark",
        "the same";
    TextAfterAddress "text after the address of virtual",
        "ignored",
        "the same";
    JunkBeforeAddress "something before the address of a real server that is not part of one",
        "skipped: 10.0.1.1::5060 is the server 0.0.19.196",
        "the same";
    ShortAddress "an IPv4 address with fewer than four numbers, or with leading zeros",
        "filled up with zeros; read as octal",
        "the same";
    Underscore "an underscore in the host name of a real server",
        "only what follows it is the name",
        "part of the name";
    LeadingZeroPort "leading zeros in the port of virtual",
        "the port applies, but no service belongs to it",
        "the same";
    // Real servers and fallback.
    RequestSpacing "spaces before the comma between request and answer of a real server",
        "fatal",
        "accepted";
    RequestWithNumber "a space and digits in the request of a real server without weight",
        "taken as the weight, then fatal",
        "accepted";
    RequestWithSlash "a request of a real server that starts with a slash",
        "the request of the service is sent, and no answer compared",
        "request and answer apply";
    RequestWithHost "a request of a real server that is a whole URL",
        "checks the host of the URL instead of the real server, with the Host header of the service",
        "the same";
    TextAfterRequest "text after a request that starts with a slash",
        "ignored",
        "the same";
    SkippedText "text before the weight, request or threshold of a real server, such as u: before l:",
        "skipped without effect",
        "the same";
    EmptyFallback "fallback without a server",
        "means 127.0.0.1",
        "the same";
    WordsBeforeFallback "words before the server of fallback, or text around the brackets of fallback6",
        "ignored",
        "the same";
    // Checks.
    NoCheck "a negotiate check without a service, at a port without a known service",
        "every real server counts as up",
        "the same";
    OtherPortChecked "a real server without a port, in a service at another port than its protocol's",
        "the default port of the check is used",
        "the same";
    UnusedDirective "a directive that the chosen check does not use",
        "ignored",
        "the same";
    HeadWithReceive "httpmethod=HEAD together with receive",
        "never up, because the answer has no body",
        "the same";
    UnverifiedCertificate "a check over TLS",
        "verifies the chain against the system's authorities, because its libraries do, and never the name",
        "verifies nothing, or all of it with verifycertificate=yes";
    DnsWithoutReceive "a dns check without receive",
        "never up",
        "any answer with a record is good";
    PopWithoutLogin "a pop or pops check without login",
        "always up, even when nothing answers",
        "the greeting must be good";
    FtpWithoutReceive "an ftp check without receive",
        "always up, even when nothing answers",
        "the transfer must be complete";
    SqlIncomplete "a database check without login or request",
        "never up",
        "the same";
    OracleListener "service=oracle",
        "logs in and runs request",
        "connects to the listener for the database; no login, no query";
    DefaultCheckCommand "an external check without checkcommand",
        "runs /bin/true: always up",
        "the same";
    CommandWithArguments "spaces in checkcommand",
        "the whole text is the name of the program",
        "the same where there is such a file, else split into program and arguments, without a shell";
    ConnectOverUdp "checktype=connect for udp",
        "a ping",
        "the same";
    CombinedOverUdp "checktype=N for udp",
        "N connects that cannot fail between two dialogues",
        "a dialogue each time";
    CheckCountDeprecated "checkcount",
        "attempts of a ping; warns that it is deprecated",
        "the same";
    IntervalOfService "checkinterval below virtual without fork=yes",
        "ignored with a warning",
        "the same";
    EmptyHostHeader "virtualhost without a name",
        "an empty Host header is sent",
        "the address of the real server is sent";
    // What is refused later.
    UnknownScheduler "a scheduler or a flag of it that the kernel does not have",
        "the service is missing; after a reload it keeps its previous scheduler",
        "the same";
    ServiceRefused "firewall mark 0, more than 31 days of persistence, port 0 without persistence, an invalid mask",
        "the service is missing; after a reload it keeps its previous scheduler",
        "the same";
    PersistentZero "persistent=0",
        "the service is missing; after a reload it keeps its previous scheduler",
        "no persistence";
    NoVip "a VIP that is not a unicast address",
        "in the table, but gets no packets",
        "left out";
    ServerRefused "a weight above 2147483647, a lower threshold above the upper one, a real server or fallback \
                   without a unicast address",
        "the server is missing in the table",
        "the same";
    BadExpression "a receive that is not a regular expression",
        "exits at the first good answer; after a reload each round of checks stops there",
        "matches no answer; after a reload the service stays unchanged";
    PerlsExpression "a receive that only Perl supports, such as `(?R)` or `(?{...})`",
        "supported",
        "matches every answer; after a reload the service stays unchanged";
    NoPort "a checked real server without a port, in a service of a mark or port 0",
        "never up",
        "left out";
    PortOfService "a checked real server without a port, where the check has no default port",
        "never up",
        "the port of the service is used";
    HugeNumber "a number above 4294967295, a threshold above 2147483647, or a weight above 65535",
        "taken as it is",
        "taken as that";
    // The rest.
    OpsWithoutUdp "ops=yes for tcp or a mark",
        "ignored",
        "the same";
    NetmaskAlone "netmask without persistent",
        "ignored",
        "the same";
    EmptyLogFile "an empty logfile",
        "a syslog facility without name",
        "the default";
    LoadIgnored "load",
        "ignored",
        "the same";
}

impl Quirk {
    /// The row of this oddity.
    #[must_use]
    pub fn row(self) -> &'static Row {
        &QUIRKS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_own_place() {
        for (index, row) in QUIRKS.iter().enumerate() {
            assert_eq!(row.quirk as usize, index);
            assert_eq!(row.quirk.row().written, row.written);
        }
    }
}
