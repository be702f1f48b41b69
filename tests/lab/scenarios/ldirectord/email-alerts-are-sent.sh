# shellcheck shell=sh
# `emailalert` mails reach a real mail server, through the relay of `smtp` and through the local mail system, again every
# `emailalertfreq` seconds and only in the phases of `emailalertstatus`. A relay that is dead or hangs is logged and holds up
# nothing.
# machines: no, the servers that it asks are not installed on the machines, and no kernel has a part in it

# The mail server of the site, on real2; the director's own mail system, which hands on to it.
serve real2 postfix "$RIP2"
RELAY="[$RIP2]" serve director postfix "$DIP"
eventually 30 test -e "$LAB_TMP/director/servers/postfix/etc/master.cf"
mount --bind "$LAB_TMP/director/servers/postfix/etc" /etc/postfix
eventually 30 probe_is_good smtp "$RIP2"
eventually 30 probe_is_good smtp "$DIP"
hostname director

# A mail system that takes connections and says nothing.
# shellcheck disable=SC2016 # Perl expands
spawn real3 silent perl -MIO::Socket::IP -e '
    my $listener = IO::Socket::IP->new(LocalAddr => $ARGV[0], LocalPort => 25, Listen => 9, ReuseAddr => 1) or die "$@\n";
    push @held, $listener->accept while 1' "$RIP3"

mailed_service() {
    port=$1
    shift
    printf '\nvirtual=%s:%s\n    real=%s:80 masq\n    real=%s:80 masq\n    service=http\n    request="test.html"\n    receive="OK"\n' \
        "$VIP" "$port" "$RIP1" "$RIP3"
    printf '    %s\n' "$@"
}
director_define <<D
checkinterval=1
negotiatetimeout=5
emailalertfrom=director@example.org
$(mailed_service 81 'emailalert="relay@example.org, second@example.org"' "smtp=$RIP2" emailalertfreq=2 'servicename=web shop' 'comment=call Ann')
$(mailed_service 82 'emailalert="local@example.org"')
$(mailed_service 83 'emailalert="dead@example.org"' "smtp=$RIP1" emailalertfreq=1)
$(mailed_service 84 'emailalert="hang@example.org"' "smtp=$RIP3")
$(mailed_service 85 'emailalert="running@example.org"' "smtp=$RIP2" emailalertstatus=running)
$(mailed_service 86 'emailalert="stopping@example.org"' "smtp=$RIP2" emailalertstatus=stopping)
$(mailed_service 87 'emailalert="none@example.org"' "smtp=$RIP2" emailalertstatus=none)
D

inbox=$LAB_TMP/real2/servers/postfix/mail/inbox/new
# mails TO SUBJECT: the files of those mails that have arrived; long subjects go on in a second line.
mails() {
    # shellcheck disable=SC2016 # Perl expands
    perl -0777 -e 'my ($to, $subject) = splice @ARGV, 0, 2;
        while (my $mail = <>) {
            $mail =~ s/\n[ \t]+/ /g;
            print "$ARGV\n" if $mail =~ /^Delivered-To: \Q$to\E$/m && $mail =~ /^Subject: \Q$subject\E/m;
        }' "$1" "$2" "$inbox"/* 2>/dev/null
}
# has_mails COUNT TO SUBJECT: at least that many.
has_mails() {
    [ "$(mails "$2" "$3" | wc -l)" -ge "$1" ]
}
all_mails_to() {
    mails "$1" '' | wc -l
}
members() {
    for member_port in 81 82 83 84 85 86 87; do
        echo "-A -t $VIP:$member_port -s wrr"
        for member in "$@"; do echo "-a -t $VIP:$member_port -r $member:80 -m -w 1"; done
    done
}

# In service without a word to those who want to hear of the running director only.
director_start
members "$RIP1" "$RIP3" | eventually_table 20
eventually 30 has_mails 1 relay@example.org "[web shop] Added real server: $RIP1:80 ($VIP:81)"
eventually 30 has_mails 1 second@example.org "[web shop] Added real server: $RIP1:80 ($VIP:81)"
eventually 30 has_mails 1 local@example.org "Added real server: $RIP1:80 ($VIP:82)"

# A server fails: told by both ways, at once; with a frequency, again and again.
web_sick real1
members "$RIP3" | eventually_table 20
eventually 30 has_mails 1 relay@example.org "[web shop] Deleted real server: $RIP1:80 ($VIP:81)"
eventually 30 has_mails 1 local@example.org "Deleted real server: $RIP1:80 ($VIP:82)"
eventually 30 has_mails 1 running@example.org "Deleted real server: $RIP1:80 ($VIP:85)"
eventually 30 has_mails 2 relay@example.org "[web shop] Inaccessible real server: $RIP1:80 ($VIP:81)"
expect_equal 'repeated without a frequency' '' "$(mails local@example.org Inaccessible)"
letter=$(cat "$(mails relay@example.org "[web shop] Deleted real server" | head -n 1)")
for part in 'From: director@example.org' 'Daemon-Status: running' 'Service name: web shop' 'Comment: call Ann'; do
    expect_contains 'the mail' "$part" "$letter"
done

# The dead relays are warnings; the table followed all the same, above, and does so again.
eventually_log 5 "by the relay $RIP1 port 25"
web_healthy real1
members "$RIP1" "$RIP3" | eventually_table 20
eventually 30 has_mails 2 relay@example.org "[web shop] Added real server: $RIP1:80 ($VIP:81)"
eventually 30 has_mails 1 running@example.org "Added real server: $RIP1:80 ($VIP:85)"
expect_equal 'mails to those who want none before the stop' '0 0' "$(all_mails_to none@example.org) $(all_mails_to stopping@example.org)"

# The stop: told to those who asked for it, and not held up by the relay that hangs.
now
stop_began=$NOW
director_stop
now
[ $((NOW - stop_began)) -lt $((900 * ${LAB_PATIENCE:-1})) ] || fail "the stop took $((NOW - stop_began)) hundredths of a second"
expect_equal 'the table after the stop' '' "$(table)"
eventually 30 has_mails 1 stopping@example.org "Purged real server (stop): $RIP1:80 ($VIP:86)"
eventually 30 has_mails 1 local@example.org "Purged real server (stop): $RIP1:80 ($VIP:82)"
expect_equal 'mails to those who want none' 0 "$(all_mails_to none@example.org)"
eventually_log 5 'some mails could not be sent'
