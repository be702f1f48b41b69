# shellcheck shell=sh disable=SC2034,SC2154
# The words that faults are made of: playing one, what it costs, random choices, and the table of all of them.

SOAK=$LAB_TMP/soak
soak_list=''
soak_complaints=0
soak_unexplained=0

# add_fault NAME explains|harmless WORDS: fault_NAME makes it and ends it. Requests may fail from its begin until the daemon has
# answered it, or never.
add_fault() {
    soak_list="$soak_list$1 $2 $3
"
}

all_faults() {
    printf '%s' "$soak_list" | cut -d' ' -f1
}

# --- Chance -----------------------------------------------------------------------------------------

# random LIMIT: RANDOM_NUMBER, below the limit; the same numbers for the same seed.
random() {
    soak_state=$(((soak_state * 1103515245 + 12345) % 2147483648))
    RANDOM_NUMBER=$((soak_state / 65536 % $1))
}

# shuffle WORD...: SHUFFLED, the words in a random order.
shuffle() {
    SHUFFLED=''
    while [ $# -gt 0 ]; do
        random $#
        shuffle_rest=''
        for shuffle_word in "$@"; do
            case $RANDOM_NUMBER in 0) SHUFFLED="$SHUFFLED $shuffle_word" ;; *) shuffle_rest="$shuffle_rest $shuffle_word" ;; esac
            RANDOM_NUMBER=$((RANDOM_NUMBER - 1))
        done
        # shellcheck disable=SC2086 # one word each
        set -- $shuffle_rest
    done
}

# random_instant: some time below a second passes.
random_instant() {
    random 100
    sleep "$(printf '0.%02d' "$RANDOM_NUMBER")"
}

# --- Making faults ----------------------------------------------------------------------------------

# long_or_short LONG SHORT: LENGTH, the second one where faults are played once.
long_or_short() {
    if [ -n "$soak_short" ]; then LENGTH=$2; else LENGTH=$1; fi
}

# repeatedly LONG SHORT COMMAND...: so many times.
repeatedly() {
    long_or_short "$1" "$2"
    repeat_left=$LENGTH
    shift 2
    while [ "$repeat_left" -gt 0 ]; do
        "$@"
        soak_times=$((soak_times + 1))
        repeat_left=$((repeat_left - 1))
    done
}

# lasts LONG SHORT: the fault stays for so many seconds, while the service keeps all its servers.
lasts() {
    long_or_short "$1" "$2"
    now
    lasts_until=$((NOW + LENGTH * 100))
    while [ "$NOW" -lt "$lasts_until" ]; do
        site_is_whole || { complain "the site has lost a server during \"$soak_words\": $(table)"; return 0; }
        sleep 0.2
        now
    done
}

# persists LONG SHORT: the fault stays for so many seconds, whatever it costs.
persists() {
    long_or_short "$1" "$2"
    sleep "$LENGTH"
}

# complain WORDS: the daemon is wrong; the run goes on and fails in the end.
complain() {
    soak_complaints=$((soak_complaints + 1))
    echo "WRONG: $1" | tee -a "$LAB_RESULTS/soak-wrong.log" >&2
    director_log | tail -n 60 >>"$LAB_RESULTS/soak-wrong.log"
}

# in_a_guest: this kernel and its clock are of the lab alone (init has made this directory).
in_a_guest() {
    [ -d /mnt/host ] && [ -x /mnt/modprobe ]
}

# die: kill -9.
die() {
    memory_seen
    director_kill
}

# reborn: kill -9 and a start.
reborn() {
    die
    director_start
}

# background NAME COMMAND...: on the director; its end is waited for by background_ended NAME.
background() {
    spawn director "$@"
}

background_ended() {
    within 20 ended director "$1" || { complain "$1 does not end: $(log_of director "$1" | tail -n 3)"; signal director "$1" KILL; }
}

# --- What a fault costs -----------------------------------------------------------------------------

# memory_seen: the peak of the daemon's memory counts for this fault.
memory_seen() {
    read -r seen_pid <"$LAB_TMP/director/daemon.pid"
    [ -e "/proc/$seen_pid/status" ] || return 0
    while read -r seen_key seen_value _; do
        [ "$seen_key" != VmHWM: ] || [ "$seen_value" -le "$soak_memory" ] || soak_memory=$seen_value
    done <"/proc/$seen_pid/status" || :
}

# memory_forgotten: the peak starts again.
memory_forgotten() {
    soak_memory=0
    read -r seen_pid <"$LAB_TMP/director/daemon.pid"
    { echo 5 >"/proc/$seen_pid/clear_refs"; } 2>/dev/null || :
}

# lateness FROM TO: LATENESS, by how many hundredths of a second the healthy server got a check too late between these times.
lateness() {
    # shellcheck disable=SC2016 # awk expands
    LATENESS=$(on real3 awk -v from="$1" -v to="$2" '
        $1 + 0 <= from { last = $1; next }
        $1 + 0 > to { exit }
        { if ($1 - last > worst) worst = $1 - last; last = $1 }
        END { if (to - last > worst) worst = to - last; print (worst > 100 ? worst - 100 : 0) }' "$LAB_TMP/real3/pulse.log")
}

log_size() {
    # shellcheck disable=SC2016 # the shell on the host expands
    LOG_SIZE=$(on director sh -c 'cat "$1"/*.log | wc -c' log_size "$LAB_TMP/director")
}

# site_is_whole: the services that clients use have all their servers. whole: the whole table is as the configuration wants it.
site_is_whole() {
    [ "$(table | grep -e '-t [^ ]*:80 ')" = "$soak_site" ]
}

whole() {
    [ "$(table)" = "$soak_table" ]
}

table_differs() {
    table >"$SOAK/table"
    printf '%s\n' "$soak_table" | diff - "$SOAK/table" || :
}

# play FAULT: makes it, waits until the daemon has answered it, and records what it cost.
play() {
    soak_line=$(printf '%s' "$soak_list" | grep "^$1 ") || fail "there is no fault $1"
    soak_kind=${soak_line#* }
    soak_words=${soak_kind#* }
    soak_kind=${soak_kind%% *}
    requests_counted
    play_requests=$REQUESTS
    # What failed after the last fault was answered has no explanation.
    play_stray=$((SITE_FAILED - soak_failed))
    play_failed=$SITE_FAILED
    log_size
    play_log=$LOG_SIZE
    memory_forgotten
    soak_times=0
    now
    play_began=$NOW
    "fault_$1"
    [ "$soak_times" -gt 0 ] || soak_times=1
    within 20 whole || { complain "the table after \"$soak_words\" is not as it was: $(table_differs)"; reborn; }
    served_again || complain "after \"$soak_words\" no request is answered"
    play_explained=0
    if [ "$soak_kind" = explains ]; then
        site_look
        play_explained=$((SITE_FAILED - play_failed))
        [ -n "$soak_short" ] || sleep 1
    fi
    play_ends
}

play_ends() {
    requests_counted
    soak_failed=$SITE_FAILED
    now
    memory_seen
    lateness "$play_began" "$NOW"
    log_size
    play_unexplained=$((SITE_FAILED - play_failed - play_explained + play_stray))
    soak_unexplained=$((soak_unexplained + play_unexplained))
    [ "$play_unexplained" -eq 0 ] ||
        complain "$play_unexplained requests failed without a reason in \"$soak_words\": $(log_of client users | grep -v '^200' | tail -n 5)"
    echo "$soak_times $((REQUESTS - play_requests)) $play_explained $play_unexplained $soak_memory $LATENESS $((LOG_SIZE - play_log)) $soak_words" >>"$SOAK/records"
    echo "$(((NOW - soak_began) / 100)) s: $soak_words ($(((NOW - play_began) / 100)) s): $((REQUESTS - play_requests)) requests, $play_explained failed explained, $play_unexplained unexplained; memory $((soak_memory / 1024)) MiB, a check $((LATENESS * 10)) ms late, log $(((LOG_SIZE - play_log) / 1024)) KiB"
}

# requests_counted: REQUESTS, how many there were so far, and SITE_FAILED of them.
requests_counted() {
    site_look
    REQUESTS=$SITE_FAILED
    while read -r _ counted_served _; do
        REQUESTS=$((REQUESTS + ${counted_served:-0}))
    done <<C
$SITE_COUNT
C
}

soak_is_over() {
    now
    [ $((NOW - soak_began)) -ge $((soak_seconds * 100)) ]
}

# --- The run ----------------------------------------------------------------------------------------

soak_up() {
    mkdir -p "$SOAK"
    hostile_servers_start
    state_directory_make
    names_come_from_real3
    base_configuration | director_define
    director_start
    within 20 table_complete || fail "$(director_log)"
    soak_table=$(table)
    soak_site=$(printf '%s\n' "$soak_table" | grep -e '-t [^ ]*:80 ')
    cp "$IPVSD_STATE" "$SOAK/first-state"
    site_used_by 10 web http "$VIP" 80 again http "$VIP" 80 web6 http "$VIP6" 80 again6 http "$VIP6" 80
    soak_failed=$SITE_FAILED
}

# soak_ends: nothing may have failed that no fault explains.
soak_ends() {
    signal client users TERM
    eventually 5 ended client users
    [ $((soak_unexplained + soak_complaints)) -eq 0 ] ||
        fail "$soak_unexplained requests failed without a reason; $soak_complaints complaints: $(cat "$LAB_RESULTS/soak-wrong.log")"
}

# soak_report: the table of what was played.
soak_report() {
    [ -s "$SOAK/records" ] || return 0
    now
    soak_table_of >"$LAB_RESULTS/SOAK.md"
    cat "$LAB_RESULTS/SOAK.md"
}

soak_table_of() {
    cat <<M
# Faults on purpose

\`make soak\` writes this page. Four clients make 10 requests a second each while faults are made. A failed request is explained if it
fails between a fault that disturbs forwarding itself and the answer of ipvsd. All other faults may cost no request. \`kill -9\` and pauses
explain late checks. Memory is the peak of the resident set. A check of the healthy server is due every second. \`log\` is the most that
one fault of this kind wrote.

Seed $soak_seed, $(((NOW - soak_began) / 6000)) minutes, Linux $(uname -r).

| Fault | Times | Requests | Failed, explained | Failed, unexplained | Memory peak | Worst lateness | Log |
|---|--:|--:|--:|--:|--:|--:|--:|
M
    awk '{
            words = $8
            for (i = 9; i <= NF; i++) words = words " " $i
            if (!(words in times)) order[++kinds] = words
            times[words] += $1; requests[words] += $2; explained[words] += $3; unexplained[words] += $4
            if ($5 > memory[words]) memory[words] = $5
            if ($6 > late[words]) late[words] = $6
            if ($7 > log_size[words]) log_size[words] = $7
            all += $1; sum += $2; why += $3; bad += $4
            if ($5 > top) top = $5
        }
        END {
            for (i = 1; i <= kinds; i++) {
                w = order[i]
                printf "| %s | %d | %d | %d | %d | %.1f MiB | %.2f s | %.1f KiB |\n", w, times[w], requests[w], explained[w], unexplained[w], memory[w] / 1024, late[w] / 100, log_size[w] / 1024
            }
            printf "| all | %d | %d | %d | %d | %.1f MiB | | |\n", all, sum, why, bad, top / 1024
        }' "$SOAK/records"
}
