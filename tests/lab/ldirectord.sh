# shellcheck shell=sh disable=SC2034
# Our programs where Debian's package puts those of ldirectord, with the rest of that package as it is:
# scripts, unit file and configuration directories of the machine, writable and thrown away afterwards.

SITE=/etc/ha.d/site.cf
SITE_LOG=/run/site.log
SITE_PID=/run/ldirectord.site.cf.pid

# take_the_place: /etc and /usr/sbin become writable copies, and ldirectord there is ours.
take_the_place() {
    for directory in /etc /usr/sbin; do
        layer=/run/overlay$directory
        mkdir -p "$layer/upper" "$layer/work"
        mount -t overlay -o "lowerdir=$directory,upperdir=$layer/upper,workdir=$layer/work" overlay "$directory"
    done
    rm -f /usr/sbin/ldirectord
    ln -s "$LAB_BIN/ldirectord" /usr/sbin/ldirectord
    ln -s "$LAB_BIN/ipvsd" /usr/sbin/ipvsd
    mkdir -p /etc/ha.d /run/lock
    PATH=/usr/sbin:$PATH
}

# site [KEY=VALUE...]: the site's configuration, the founding example with these global directives.
site() {
    fast_definitions "logfile=\"$SITE_LOG\"" "$@"
}

# site_define [FILE]: standard input becomes a configuration file on the director.
site_define() {
    put director "${1:-$SITE}"
}

# gives STATUS COMMAND...: the command ends with that exit status; its output stays in OUT and ERR.
gives() {
    wanted_status=$1
    shift
    status=0
    on director "$@" >"$LAB_TMP/out" 2>"$LAB_TMP/err" </dev/null || status=$?
    OUT=$(cat "$LAB_TMP/out")
    ERR=$(cat "$LAB_TMP/err")
    [ "$status" -eq "$wanted_status" ] ||
        fail "$(printf '%s gave %s, not %s\n--- out\n%s\n--- err\n%s\n--- log\n%s' "$*" "$status" "$wanted_status" \
            "$OUT" "$ERR" "$(tail -n 20 "$SITE_LOG" 2>/dev/null)")"
}

# logged TEXT: a line of the site's log ends with it.
logged() {
    grep -qF -- "] $1" "$SITE_LOG"
}

# eventually_logged SECONDS TEXT
eventually_logged() {
    within "$1" logged "$2" ||
        fail "$(printf 'not in the log within %s s: %s\n--- log\n%s' "$1" "$2" "$(tail -n 40 "$SITE_LOG")")"
}

# alive PID, gone PID
alive() {
    grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"
}

gone() {
    ! alive "$1"
}

# no_ldirectord: no process of that name is left.
no_ldirectord() {
    ! pgrep -x ldirectord >/dev/null
}
