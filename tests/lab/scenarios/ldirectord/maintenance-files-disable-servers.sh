# shellcheck shell=sh
# A file in `maintenancedir` that is named after a real server takes it out of service at once, whatever `failurecount` says, and
# the monitor file says so.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
mkdir -p /etc/ha.d/maintenance /run/checks
printf '127.0.0.1 localhost\n%s web2.lab web2\n' "$RIP2" >"$LAB_TMP/hosts"
mount --bind "$LAB_TMP/hosts" /etc/hosts

monitor=/run/checks/web.log
site maintenancedir=/etc/ha.d/maintenance quiescent=yes failurecount=5 |
    sed "s|scheduler=rr|&\n        monitorfile=\"$monitor\"|" | site_define
gives 0 ldirectord "$SITE" start
pid=$(cat "$SITE_PID")
founding_table | eventually_table 5
told() { grep -q "^\[[A-Z][a-z][a-z] .* [0-9]*\] \[$pid\] negotiate http tcp $1 80 1 masq /test.html OK \[$2\] $3" "$monitor"; }
eventually 5 told "$RIP1" up 'status 200'

# One by address and port, one by a name that its address has; out at once, whatever failurecount says.
touch "/etc/ha.d/maintenance/$RIP1:80"
printf '%s\n%s\n%s\n' "$(service)" "$(server "$RIP1" 0)" "$(server "$RIP2")" | eventually_table 3
eventually 5 told "$RIP1" down 'Server in maintenance'
touch /etc/ha.d/maintenance/web2
out=$(service; server "$RIP1" 0; server "$RIP2" 0; echo "-a -t $VIP:80 -r $FALLBACK:80 -m -w 1")
echo "$out" | eventually_table 3
rm /etc/ha.d/maintenance/*
founding_table | eventually_table 3
gives 0 ldirectord "$SITE" stop
