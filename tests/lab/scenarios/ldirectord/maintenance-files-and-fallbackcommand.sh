# shellcheck shell=sh
# machines: no, it is about one process and its files, and about packages of the host, not about a network
# Beside the table: files named after servers take them out, a command is told when the fallback comes and goes, and each
# check leaves a line; none of it can end the director.

take_the_place
mkdir -p /etc/ha.d/maintenance /run/checks
cat >/etc/ha.d/sorry <<'C'
#!/bin/sh
echo "$*" >>/run/sorry
C
chmod 755 /etc/ha.d/sorry
printf '127.0.0.1 localhost\n%s web2.lab web2\n' "$RIP2" >"$LAB_TMP/hosts"
mount --bind "$LAB_TMP/hosts" /etc/hosts

monitor=/run/checks/web.log
site maintenancedir=/etc/ha.d/maintenance 'fallbackcommand=/etc/ha.d/sorry -v' fallbackcommandatstop=yes quiescent=yes failurecount=5 |
    sed "s|scheduler=rr|&\n        monitorfile=\"$monitor\"|" | site_define
gives 0 ldirectord "$SITE" start
pid=$(cat "$SITE_PID")
founding_table | eventually_table 5
said() { [ "$(tail -n 1 /run/sorry 2>/dev/null)" = "-v $1 $VIP:80 tcp" ]; }
told() { grep -q "^\[[A-Z][a-z][a-z] .* [0-9]*\] \[$pid\] negotiate http tcp $1 80 1 masq /test.html OK \[$2\] $3" "$monitor"; }
eventually 5 said stop
eventually 5 told "$RIP1" up 'status 200'

# One by address and port, one by a name that its address has; out at once, whatever failurecount says.
touch "/etc/ha.d/maintenance/$RIP1:80"
printf '%s\n%s\n%s\n' "$(service)" "$(server "$RIP1" 0)" "$(server "$RIP2")" | eventually_table 3
eventually 5 told "$RIP1" down 'Server in maintenance'
touch /etc/ha.d/maintenance/web2
out=$(service; server "$RIP1" 0; server "$RIP2" 0; echo "-a -t $VIP:80 -r $FALLBACK:80 -m -w 1")
echo "$out" | eventually_table 3
eventually 5 said start
rm /etc/ha.d/maintenance/*
founding_table | eventually_table 3
eventually 5 said stop

# A command that never ends and a file that cannot be written are told, and hold up nobody.
printf '#!/bin/sh\necho "$*" >>/run/sorry\nexec sleep 1000\n' >/etc/ha.d/sorry
rm -r /run/checks
eventually_logged 10 "check lines are lost: $monitor"
web_stop real1
web_stop real2
echo "$out" | eventually_table 20
eventually 5 said start
web_start real1
web_start real2
founding_table | eventually_table 5
mkdir /run/checks
eventually 10 told "$RIP2" up 'status 200'
gives 0 ldirectord "$SITE" stop
expect_equal 'the table after the stop' '' "$(table)"
expect_not pgrep -f 'sleep 1000'

# Where that is asked, the command is told that the director leaves and takes the service along.
printf '#!/bin/sh\necho "$*" >>/run/sorry\n' >/etc/ha.d/sorry
gives 0 ldirectord "$SITE" start
eventually 5 said stop
gives 0 ldirectord "$SITE" stop
expect said start
