# shellcheck shell=sh
# `fallbackcommand` runs when the fallback comes and goes, and `monitorfile` gets a line for each check. A command that never ends
# and a file that cannot be written are logged and hold up nothing.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
mkdir -p /run/checks
cat >/etc/ha.d/sorry <<'C'
#!/bin/sh
echo "$*" >>/run/sorry
C
chmod 755 /etc/ha.d/sorry

monitor=/run/checks/web.log
site 'fallbackcommand=/etc/ha.d/sorry -v' fallbackcommandatstop=yes quiescent=yes |
    sed "s|scheduler=rr|&\n        monitorfile=\"$monitor\"|" | site_define
gives 0 ldirectord "$SITE" start
pid=$(cat "$SITE_PID")
founding_table | eventually_table 5
said() { [ "$(tail -n 1 /run/sorry 2>/dev/null)" = "-v $1 $VIP:80 tcp" ]; }
told() { grep -q "^\[[A-Z][a-z][a-z] .* [0-9]*\] \[$pid\] negotiate http tcp $1 80 1 masq /test.html OK \[$2\] $3" "$monitor"; }
eventually 5 said stop
eventually 5 told "$RIP1" up 'status 200'

web_sick real1
web_sick real2
out=$(service; server "$RIP1" 0; server "$RIP2" 0; echo "-a -t $VIP:80 -r $FALLBACK:80 -m -w 1")
echo "$out" | eventually_table 5
eventually 5 said start
web_healthy real1
web_healthy real2
founding_table | eventually_table 5
eventually 5 said stop

# A command that never ends and a file that cannot be written are told, and hold up nobody.
printf '#!/bin/sh\necho "$*" >>/run/sorry\nexec sleep 1000\n' >/etc/ha.d/sorry
rm -r /run/checks
eventually_logged 10 "check lines are lost: cannot write $monitor"
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
# A killed process is gone when its turn on the processor comes. In brackets, so that no other command line has these words.
no_sleep() { ! pgrep -f 'sleep 100[0]' >/dev/null; }
eventually 5 no_sleep

# Where that is asked, the command is told that the director leaves and takes the service along.
printf '#!/bin/sh\necho "$*" >>/run/sorry\n' >/etc/ha.d/sorry
gives 0 ldirectord "$SITE" start
eventually 5 said stop
gives 0 ldirectord "$SITE" stop
eventually 5 said start
