# shellcheck shell=sh
# `ipvsctl restore` makes the services that `ipvsadm -S -n`, `ipvsctl save` or `ipvsctl list -S` printed, with and without names. It
# changes nothing if a line has a mistake, touches nothing that is equal already, and leaves other services alone unless `--replace` is
# given. Connections go on. While ipvsd runs, its own services are refused.

rules=$LAB_TMP/rules
cat >"$rules" <<T
-A -t $VIP:443 -s wlc -p 300 -M 255.255.255.0
-a -t $VIP:443 -r $RIP1:443 -g -w 10
-A -t $VIP:80 -s sh -b sh-fallback,sh-port
-a -t $VIP:80 -r $RIP1:80 -m -w 1
-a -t $VIP:80 -r $RIP2:80 -m -w 0
-A -t $VIP:8000 -s wlc
-a -t $VIP:8000 -r $RIP1:8000 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-a -t $VIP:8000 -r $RIP2:8000 -i -w 1 --tun-type gre --tun-nocsum
-A -u [$VIP6]:53 -s sh -o -b sh-port
-a -u [$VIP6]:53 -r [$RIP61]:53 -m -w 1
-A -f 4000000000 -6 -s rr
T
saved() { on director ipvsadm -S -n | LC_ALL=C sort; }
restore() { on director ipvsctl restore "$@"; }
clear_table() { on director ipvsadm -C; }

# What each program saved.
restore <"$rules" >/dev/null
before=$(saved)
expect_equal 'services' 5 "$(echo "$before" | grep -c '^-A')"
for form in 'ipvsadm -S -n' 'ipvsadm -S' 'ipvsctl save -n' 'ipvsctl save' 'ipvsctl list -S' 'ipvsctl list -Sn' 'ipvsctl save -n --thresholds'; do
    # shellcheck disable=SC2086
    on director $form >"$rules.saved"
    expect_equal "restored over itself, $form" 'nothing to change' "$(restore --replace <"$rules.saved")"
    clear_table
    restore <"$rules.saved" >/dev/null
    expect_equal "restored, $form" "$before" "$(saved)"
done

# One mistake, and nothing is changed.
clear_table
{ cat "$rules"; echo "-a -t $VIP:80 -r 10.0.0.1:80 -z"; } >"$rules.wrong"
expect_not restore <"$rules.wrong"
expect_contains 'the mistake' 'standard input:12: unknown option "-z"' "$(restore <"$rules.wrong" 2>&1 || true)"
expect_equal 'the table after a mistake' '' "$(saved)"

# Others stay, and leave with --replace. A server that the kernel refuses keeps nothing else back.
on director ipvsadm -A -t "$VIP:25" -s rr
restore <"$rules" >/dev/null
expect_contains 'a service of others' "-A -t $VIP:25 -s rr" "$(saved)"
expect_equal 'what is replaced' "delete  tcp $VIP:25" "$(restore --replace <"$rules")"
expect_equal 'the table' "$before" "$(saved)"
{ cat "$rules"; printf -- '-A -t %s:26 -s rr\n-a -t %s:26 -r 224.0.0.1:26 -m\n' "$VIP" "$VIP"; } >"$rules.refused"
expect_contains 'a refusal' 'refused: add     tcp' "$(restore <"$rules.refused" 2>&1 || true)"
expect_contains 'the rest' "-A -t $VIP:26 -s rr" "$(saved)"

# Connections of a service that changes go on.
clear_table
start_founding_director
director_stop
clear_table
printf -- '-A -t %s:80 -s rr\n-a -t %s:80 -r %s:80 -m\n' "$VIP" "$VIP" "$RIP1" >"$rules.web"
restore <"$rules.web" >/dev/null
download_start open
printf -- '-A -t %s:80 -s wrr\n-a -t %s:80 -r %s:80 -m -w 5\n-a -t %s:80 -r %s:80 -m\n' "$VIP" "$VIP" "$RIP1" "$VIP" "$RIP2" >"$rules.web"
expect_equal 'what changes' "edit    tcp $VIP:80  rr -> wrr
add     tcp $VIP:80  $RIP2:80  masq weight 1
edit    tcp $VIP:80  $RIP1:80  weight 1 -> 5" "$(restore <"$rules.web")"
expect_download_goes_on open

# What ipvsd manages is refused, and nothing is changed. What it does not manage is restored.
clear_table
start_founding_director
managed=$(saved)
on director ipvsctl save -n | sed 's/-w 1$/-w 3/' >"$rules.managed"
printf -- '-A -t %s:25 -s rr\n' "$VIP" >>"$rules.managed"
expect_not restore <"$rules.managed"
expect_contains 'the refusal' "ipvsd manages tcp $VIP:80 and would revert this. Nothing was changed; change $DEFINITIONS instead" \
    "$(restore <"$rules.managed" 2>&1 || true)"
expect_equal 'the table after a refusal' "$managed" "$(saved)"
printf -- '-A -t %s:25 -s rr\n' "$VIP" >"$rules.other"
restore <"$rules.other" >/dev/null
expect_contains 'a service beside those of ipvsd' "-A -t $VIP:25 -s rr" "$(saved)"
expect_not restore --replace <"$rules.other"
# A daemon that cannot be reached by its usual socket is found all the same.
expect_not restore --replace --socket /run/ipvsd/other.sock <"$rules.other"
expect_contains 'a daemon that does not answer' 'does not say which' \
    "$(restore --replace --socket /run/ipvsd/other.sock <"$rules.other" 2>&1 || true)"
expect_contains 'the service of ipvsd' "-A -t $VIP:80" "$(saved)"
