# shellcheck shell=sh
# `autoreload` reacts to the content of the file, within a second. `callback` runs whatever `autoreload` says.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
cat >/etc/ha.d/callback <<'C'
echo "$1" >>/run/callbacks
C
chmod 755 /etc/ha.d/callback
callback='callback="/etc/ha.d/callback"'
site autoreload=yes "$callback" | site_define
gives 0 ldirectord "$SITE" start
founding_table | eventually_table 5

changes() { grep -cF "] Configuration file '$SITE' has changed on disk" "$SITE_LOG" || :; }
callbacks_are() { [ "$(wc -l 2>/dev/null </run/callbacks || echo 0)" -eq "$1" ]; }

# Touching, or writing the same again, is no change.
touch "$SITE"
site autoreload=yes "$callback" | site_define
changes_are() { [ "$(changes)" -eq "$1" ]; }
throughout 2 changes_are 0

# A change counts within a second, however the file came to be: the quickest of several does, since a machine that is
# busy with other things may hold up the others. POLL and the log's own way are what is allowed for.
rereads() { grep -cF "]  - reread new configuration" "$SITE_LOG" || :; }
has_reread() { [ "$(rereads)" -gt "$before" ]; }
quickest=999999
for turn in 1 2 3; do
    before=$(rereads)
    site autoreload=yes "$callback" | sed "s/scheduler=rr/scheduler=wrr # $turn/" | site_define
    now
    began=$NOW
    eventually 3 has_reread
    now
    [ $((NOW - began)) -ge "$quickest" ] || quickest=$((NOW - began))
    [ "$quickest" -gt 110 ] || break
done
[ "$quickest" -le 110 ] || fail "the quickest of $turn changes counted after $quickest hundredths of a second"
{ service wrr; server "$RIP1"; server "$RIP2"; } | eventually_table 5
site autoreload=yes "$callback" >"$SITE"
founding_table | eventually_table 5
eventually 5 changes_are $((turn + 1))
eventually 5 callbacks_are $((turn + 1))
expect_equal 'argument of the callback' "$SITE" "$(head -n 1 /run/callbacks)"

# A broken change is told once and changes nothing; the callback runs all the same.
echo frob=1 >>"$SITE"
eventually_logged 2 "$SITE: new configuration refused, the previous one stays in force"
eventually 5 callbacks_are $((turn + 2))
expect table_is "$(founding_table)"

# A file that is gone is told, and is no change.
mv "$SITE" "$SITE.away"
eventually_logged 2 "Warning [$(cat "$SITE_PID")]: can not open file $SITE for checking"
expect table_is "$(founding_table)"

# autoreload=no: seen, told, and left alone until a signal asks.
site autoreload=no "$callback" | site_define
eventually 5 callbacks_are $((turn + 3))
site autoreload=no "$callback" | sed 's/scheduler=rr/scheduler=wrr/' | site_define
eventually_logged 2 ' - ignore new configuration'
eventually 5 callbacks_are $((turn + 4))
expect table_is "$(founding_table)"
gives 0 ldirectord "$SITE" reload
{ service wrr; server "$RIP1"; server "$RIP2"; } | eventually_table 5
gives 0 ldirectord "$SITE" stop
