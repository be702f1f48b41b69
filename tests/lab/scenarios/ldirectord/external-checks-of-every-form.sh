# shellcheck shell=sh
# External checks that ldirectord accepts are accepted: a script without an interpreter, a path with a blank, arguments, and Perl that
# leaves by `return`. What fails with ldirectord fails: Perl that exits with another status, or dies.

mkdir -p "$LAB_TMP/my checks"
cd "$LAB_TMP/my checks" || exit
printf 'exit 0\n' >plain
printf '#!/bin/sh\n[ $# -eq 4 ]\n' >'with blank'
# shellcheck disable=SC2016 # the programs expand
printf '#!/bin/sh\n[ "$1,$2,$#" = -x,y,6 ]\n' >"$LAB_TMP/arguments"
# shellcheck disable=SC2016 # perl expands
printf 'my ($vip, $vport, $rip, $rport) = @_;\nreturn 1 if $rip eq $ARGV[2] && $rport == 80;\nexit 1;' >returns.pl
printf 'use strict;\nmy @all = @ARGV;\nexit(@all == 4 ? 0 : 1);\n# end' >exits.pl
printf 'exit 3;\n' >fails.pl
printf 'die "no answer";\n' >dies.pl
chmod +x plain 'with blank' "$LAB_TMP/arguments"

service_with() {
    port=$((port + 1))
    printf '\nvirtual=%s:%s\n\treal=%s:80 masq\n\tscheduler=rr\n\tprotocol=tcp\n\tchecktype=%s\n\tcheckcommand=%s\n' "$VIP" "$port" "$RIP1" "$1" "$2"
}
port=1000
{
    printf 'checktimeout=20\ncheckinterval=2\nquiescent=no\n'
    service_with external "\"$PWD/plain\""
    service_with external "\"$PWD/with blank\""
    service_with external "\"$LAB_TMP/arguments -x y\""
    service_with external-perl "\"$PWD/returns.pl\""
    service_with external-perl "\"$PWD/exits.pl\""
    service_with external-perl "\"$PWD/fails.pl\""
    service_with external-perl "\"$PWD/dies.pl\""
} | director_define
cd /
director_start
for port in 1001 1002 1003 1004 1005 1006 1007; do
    echo "-A -t $VIP:$port -s rr"
    [ "$port" -gt 1005 ] || echo "-a -t $VIP:$port -r $RIP1:80 -m -w 1"
done | eventually_table 20
eventually 10 status_says 'exit status 3'
eventually 10 status_says 'no answer'
status_lacks 'cannot run' || fail "$(director_status)"
