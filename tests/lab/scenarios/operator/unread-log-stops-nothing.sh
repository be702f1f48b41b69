# shellcheck shell=sh
# A log that no program reads stops nothing: checks go on, ipvsctl gets its answers, and SIGTERM ends the daemon.

fast_definitions | director_define
unread=$LAB_TMP/director/unread
on director mkfifo "$unread.log"
# It holds the pipe open and does not read it, as a log program does that hangs.
# shellcheck disable=SC2016
spawn director holder sh -c 'exec 3<>"$1" && exec sleep 1000' hold "$unread.log"
# shellcheck disable=SC2016
spawn director daemon sh -c 'exec ipvsd --log trace --config "$1" --record "$3" 2>"$2"' direct \
    "$DEFINITIONS" "$unread.log" "$unread.rec"
director_ready
eventually_table 10 <<T
$(service; server "$RIP1"; server "$RIP2")
T
# A pipe takes 64 KiB, which the daemon writes in a second at this level.
throughout 8 director_answers
web_stop real2
eventually_table 10 <<T
$(service; server "$RIP1")
T
director_stop
