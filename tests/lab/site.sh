# shellcheck shell=sh
# A site that is used all the time while faults are made. Requests that fail between a fault and the end of the daemon's answer to
# it are explained by the fault; all others must have an answer.

site_explained=0
# How long, in seconds, no request may fail after each step. A request that is lost counts when its user has given up; so a site rests
# only when every user has had new answers.
: "${SITE_REST:=3}"

# site_used ADDRESS: the client begins to use it.
site_used() {
    site_says 'the site is used'
    requests_begin users "$1"
    site_rests
}

# site_used_by RATE NAME PROTOCOL ADDRESS PORT...: so many requests a second of each user (see tests/lab/users).
site_used_by() {
    site_says 'the site is used'
    site_rate=$1
    site_users=$((($# - 1) / 4))
    spawn client users "$LAB_DIRECTORY/users" "$@"
    within 40 all_users_served || fail "not every user is served: $(site_story)"
    # What a slow machine loses while all of them begin at once is no fault of the site.
    site_look
    site_explained=$SITE_FAILED
    site_rests
}

all_users_served() {
    site_look
    all_served=0
    while read -r _ look_served _; do
        [ "${look_served:-0}" -lt 2 ] || all_served=$((all_served + 1))
    done <<C
$SITE_COUNT
C
    [ "$all_served" -eq "$site_users" ]
}

# site_look: SITE_COUNT is NAME SERVED FAILED of each user, a line each, and SITE_FAILED how many requests have failed. A line of curl
# has no name. A guest takes long to start programs; so all else here is left to the shell.
site_look() {
    # shellcheck disable=SC2016 # awk expands
    SITE_COUNT=$(on client awk '
        /^[0-9][0-9][0-9]( |$)/ {
            name = NF > 1 ? $2 : "users"
            sub(/:$/, "", name)
            served[name] += $1 == "200"
            failed[name] += $1 != "200"
        }
        END { for (name in served) print name, served[name], failed[name] }' "$LAB_TMP/client/users.log")
    SITE_FAILED=0
    while read -r _ _ look_failed; do
        SITE_FAILED=$((SITE_FAILED + ${look_failed:-0}))
    done <<C
$SITE_COUNT
C
}

# count_of NAME COUNT: COUNT_SERVED and COUNT_FAILED of one user in that count.
count_of() {
    COUNT_SERVED=0
    COUNT_FAILED=0
    while read -r look_name look_served look_failed; do
        [ "$look_name" != "$1" ] || { COUNT_SERVED=$look_served; COUNT_FAILED=$look_failed; }
    done <<C
$2
C
}

no_more_requests_fail() {
    site_look
    [ "$SITE_FAILED" -eq "$site_failed" ]
}

# site_rests: no request fails from here on, and none waits for its answer either.
site_rests() {
    site_look
    site_failed=$SITE_FAILED
    served_before=$SITE_COUNT
    [ "$SITE_REST" -eq 0 ] || throughout "$SITE_REST" no_more_requests_fail
    within 20 more_served || fail "the site answers no request: $(site_story)"
    [ "$SITE_FAILED" -eq "$site_failed" ] || fail "requests fail without a fault: $(site_story)"
}

# site_says WORDS: with the time that has passed in the site.
site_says() {
    now
    : "${site_began:=$NOW}"
    echo "$(((NOW - site_began) / 100)) s: $1"
}

# fault WORDS COMMAND...: makes a fault; `answered CONDITION...` waits until the daemon has answered it.
fault() {
    fault_words=$1
    site_look
    fault_before=$SITE_COUNT
    now
    fault_began=$NOW
    shift
    "$@"
}

# answered COMMAND...: within 20 s this succeeds, and from then on no request fails.
answered() {
    eventually 20 "$@"
    # A request that began before may still wait for its answer.
    served_again || fail "after $fault_words no request is answered: $(site_story)"
    fault_after=$SITE_COUNT
    fault_failed=0
    fault_whose=''
    while read -r fault_name _ fault_count; do
        count_of "$fault_name" "$fault_before"
        fault_count=$((fault_count - COUNT_FAILED))
        [ "$fault_count" -eq 0 ] || fault_whose="$fault_whose ($fault_name $fault_count)"
        fault_failed=$((fault_failed + fault_count))
    done <<C
$fault_after
C
    site_explained=$((site_explained + fault_failed))
    site_says "$fault_words: $fault_failed requests failed until it was answered$fault_whose"
    now
    fault_ended=$NOW
    site_rests
}

# only_failed NAME[=AT-MOST]...: of the requests that the fault made fail, all are of these users. Without a number they may have failed
# as often as they were made until the daemon had answered.
only_failed() {
    only_rest=$fault_failed
    for limit in "$@"; do
        case $limit in *=*) ;; *) limit=$limit=$((site_rate * (fault_ended - fault_began) / 100 + 1)) ;; esac
        count_of "${limit%=*}" "$fault_before"
        only_before=$COUNT_FAILED
        count_of "${limit%=*}" "$fault_after"
        only_failed=$((COUNT_FAILED - only_before))
        [ "$only_failed" -le "${limit#*=}" ] || fail "$fault_words cost $only_failed requests of ${limit%=*}: $(site_story)"
        only_rest=$((only_rest - only_failed))
    done
    [ "$only_rest" -eq 0 ] || fail "$fault_words cost $only_rest requests of others:$fault_whose $(site_story)"
}

# served_again: every user has two answers more than now.
served_again() {
    site_look
    served_before=$SITE_COUNT
    within 20 more_served
}

more_served() {
    site_look
    while read -r more_name more_before _; do
        count_of "$more_name" "$SITE_COUNT"
        [ "$COUNT_SERVED" -ge $((more_before + 2)) ] || return 1
    done <<C
$served_before
C
}

# harmless WORDS COMMAND...: what an operator does costs no request.
harmless() {
    harmless_words=$1
    shift
    "$@"
    site_rests
    all_explained || fail "$harmless_words cost requests: $(site_story)"
    site_says "$harmless_words: 0 requests failed"
}

# all_explained: of the last look.
all_explained() {
    [ "$SITE_FAILED" -eq "$site_explained" ]
}

# site_story: how many requests failed, what the client said last, and what the daemon did.
site_story() {
    echo "$SITE_FAILED failed, $site_explained explained"
    log_of client users | grep -n -v '^200' | tail -n 20
    director_log | tail -n 30
    table
}

# site_ends: every request that failed is explained.
site_ends() {
    signal client users TERM
    eventually 5 ended client users
    site_look
    site_says "$SITE_FAILED requests failed, $site_explained explained by faults; served: $(printf '%s' "$SITE_COUNT" | awk '{ printf " %s %s", $1, $2 }')"
    all_explained || fail "requests failed that no fault explains: $(site_story)"
}

# --- What every site goes through -------------------------------------------------------------------

ctl() { on director ipvsctl "$@"; }

# site_is SERVICE STATE: its state in `ipvsctl status`.
site_is() {
    ctl status "$1" | grep -qF -- "  ($1)  $2, "
}

# site_becomes COMMAND...: within 40 s this succeeds.
site_becomes() {
    within 40 "$@" || fail "not within 40 s: $*
$(director_status)
$(director_log | tail -n 30)"
}

# quiesces ADDRESS COMMAND...: with the command no service sends new connections to that real server.
quiesces() {
    quiesced=$1
    shift
    ! is_quiesced || fail "$quiesced has no new connections before $*: $(table)"
    "$@"
    within 10 is_quiesced || fail "$* has no effect: $(table)"
}

is_quiesced() {
    quiesced_entries=$(table | grep -F -e "-r $quiesced:" -e "-r [$quiesced]:") || return 0
    ! echo "$quiesced_entries" | grep -qvE -e '-w 0( |$)'
}

restart() {
    director_stop
    director_start
}

killed() {
    director_kill
    director_start
}

# weights_change SED-SCRIPT: the operator edits the file and reloads it.
file_changes() {
    cp "$DEFINITIONS" "$LAB_TMP/before"
    sed -i "$1" "$DEFINITIONS"
    ! cmp -s "$LAB_TMP/before" "$DEFINITIONS" || fail "this changes nothing: $1"
    ctl reload
}

# broken_file: a reload with a file that is broken is refused; the good file is there again afterwards.
broken_file() {
    cp "$DEFINITIONS" "$LAB_TMP/good"
    sed -i 's/real_servers/real_severs/' "$DEFINITIONS"
    expect_not ctl reload
    status_says REFUSED || fail "a broken file is not shown: $(director_status)"
    cp "$LAB_TMP/good" "$DEFINITIONS"
    ctl reload
}

# table_cleared: another program clears the kernel's table.
table_cleared() {
    site_table=$(table)
    on director ipvsadm -C
}

table_restored() {
    table_is "$site_table"
}

# cut_off HOST INTERFACE...: nothing reaches the machine or leaves it; `rejoins` ends that.
cut_off() {
    cut_host=$1
    shift
    for cut_interface in "$@"; do
        sysctl_on "$cut_host" "net.ipv6.conf.$cut_interface.keep_addr_on_down=1"
        # Routes through a router are lost with the link.
        for cut_family in 4 6; do
            on "$cut_host" ip "-$cut_family" route show default dev "$cut_interface" >"$LAB_TMP/$cut_host/default.$cut_interface.$cut_family"
        done
        on "$cut_host" ip link set "$cut_interface" down
    done
}

# rejoins HOST INTERFACE...
rejoins() {
    cut_host=$1
    shift
    for cut_interface in "$@"; do
        on "$cut_host" ip link set "$cut_interface" up
        for cut_family in 4 6; do
            while read -r cut_route; do
                # shellcheck disable=SC2086 # words of a route
                on "$cut_host" ip "-$cut_family" route replace $cut_route dev "$cut_interface" </dev/null
            done <"$LAB_TMP/$cut_host/default.$cut_interface.$cut_family"
        done
    done
}

# boots [COMMAND...]: the director starts again: its table is empty, it forwards nothing, and no program knows what it was but by the
# state file. The command makes what another program makes at a boot.
boots() {
    director_kill
    on director ipvsadm -C
    sysctl_on director net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
    "$@"
    director_start
}
