# shellcheck shell=sh
# `execute` gives a daemon siblings that start, reload and stop with it. Two with the same virtual service are reported.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place

# b goes, c comes, d stays with another configuration.
sibling() { printf 'logfile="%s"\nvirtual=%s\n    real=%s:80 masq\n    checktype=on\n    scheduler=rr\n' "$SITE_LOG" "$1" "$RIP1" >"/etc/ha.d/$2"; }
sibling "$VIP:8001" b.cf
sibling "$VIP:8002" c.cf
sibling "$VIP:8003" d.cf
has() { table | grep -q -- "-A -t $VIP:$1 "; }
lacks() { ! has "$1"; }
site execute=b.cf | sed 's|^execute=b.cf|&\nexecute="/etc/ha.d/d.cf"|' | site_define
gives 0 ldirectord "$SITE" start
eventually 5 has 8001
eventually 5 has 8003
expect test -s /run/ldirectord.b.cf.pid
d=$(cat /run/ldirectord.d.cf.pid)
gives 0 ldirectord "$SITE" status
expect_contains 'status' 'ldirectord for /etc/ha.d/b.cf is running with pid: ' "$ERR"
expect_contains 'status' "ldirectord for /etc/ha.d/d.cf is running with pid: $d" "$ERR"
sibling "$VIP:8004" d.cf
sibling "$VIP:8004" c.cf
site execute=c.cf | sed 's|^execute=c.cf|&\nexecute="/etc/ha.d/d.cf"|' | site_define
gives 0 ldirectord "$SITE" reload
eventually 5 lacks 8001
eventually 5 has 8004
eventually 5 lacks 8003
twice() { grep -q "another ldirectord has the virtual service tcp $VIP:8004, too (pid [0-9]*, configuration /etc/ha.d/[cd].cf)" "$SITE_LOG"; }
eventually 5 twice
expect_equal 'the sibling that stays' "$d" "$(cat /run/ldirectord.d.cf.pid)"
gives 0 ldirectord "$SITE" stop
expect_equal 'the table after the stop' '' "$(table)"
eventually 5 no_ldirectord
