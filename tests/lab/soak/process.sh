# shellcheck shell=sh disable=SC2154,SC2034
# Faults of the process: it is killed at random instants, paused, started twice, restarted and fed with broken files.

add_fault killed_idle harmless 'kill -9 between two changes'
fault_killed_idle() { repeatedly 3 1 killed_idle; }
killed_idle() { random_instant; reborn; }

add_fault killed_at_start harmless 'kill -9 during a start'
fault_killed_at_start() { repeatedly 3 1 killed_at_start; }
killed_at_start() {
    die
    background daemon ipvsd --config "$DEFINITIONS"
    random_instant
    reborn
}

add_fault killed_at_reload harmless 'kill -9 during a reload'
fault_killed_at_reload() { repeatedly 3 1 killed_at_reload; }
killed_at_reload() {
    other_configuration | director_define
    director_reload
    random_instant
    die
    base_configuration | director_define
    director_start
}

add_fault killed_at_apply harmless 'kill -9 during ipvsctl apply'
fault_killed_at_apply() { repeatedly 3 1 killed_at_apply; }
killed_at_apply() {
    other_configuration | put director "$LAB_TMP/director/other.yaml"
    background apply ipvsctl apply "$LAB_TMP/director/other.yaml"
    random_instant
    die
    background_ended apply
    base_configuration | director_define
    director_start
}

add_fault killed_at_drain harmless 'kill -9 during a drain'
fault_killed_at_drain() { repeatedly 3 1 killed_at_drain; }
killed_at_drain() {
    background drain ipvsctl drain web "$RIP1" -m soak --force
    random_instant
    reborn
    background_ended drain
    on director ipvsctl enable web "$RIP1" >/dev/null 2>&1 || :
}

add_fault paused harmless 'SIGSTOP for 30 s'
fault_paused() {
    signal director daemon STOP
    lasts 30 3
    signal director daemon CONT
}

add_fault restarted harmless 'SIGTERM and a start'
fault_restarted() {
    memory_seen
    director_stop
    director_start
}

# One of the two stays; the other one ends by itself.
add_fault started_twice harmless 'two starts at once'
fault_started_twice() {
    die
    background daemon ipvsd --config "$DEFINITIONS"
    background second ipvsd --config "$DEFINITIONS"
    within 20 one_has_ended || complain 'two daemons run'
    if running director second; then
        signal director second KILL
        eventually 5 ended director second
        director_start
    else
        director_ready
    fi
}
one_has_ended() { ended director daemon || ended director second; }

# A quarter of them is broken. Servers leave them only after they had weight 0 for a while, and so they do at the end.
add_fault mutated harmless 'mutated configurations, each reloaded'
fault_mutated() {
    mutants=$LAB_TMP/director/mutants
    rm -rf "$mutants"
    mkdir -p "$mutants"
    random 10000
    long_or_short 20 5
    soak_times=$LENGTH
    "$LAB_DIRECTORY/mutants" "$RANDOM_NUMBER" "$LENGTH" "$mutants" "$VIP" "$RIP1" "$RIP2" "$RIP3"
    base_configuration | sed -n '/name: web6/,$p' >"$SOAK/others"
    for mutant in "$mutants"/*.d; do
        { echo 'services:'; sed 's/check: page/check: {http: {path: \/test.html}, every: 1s, timeout: 5s}/' "$SOAK/others"; } >"$mutant/soak.yaml"
    done
    for mutant in "$mutants"/[0-9]*.yaml; do
        sed "s|^include: \([0-9]*\.d\)|include: $mutants/\1|" "$mutant" | director_define
        mutated_status=0
        on director ipvsctl reload --force >"$SOAK/reload.log" 2>&1 || mutated_status=$?
        case $mutated_status,$mutant in
        3,*-broken.yaml | 0,*[0-9].yaml) ;;
        *) complain "$mutant: unexpected status $mutated_status of ipvsctl reload: $(cat "$SOAK/reload.log")" ;;
        esac
    done
    base_configuration | sed "s|, \"$RIP2:80\"|&, {address: \"$RIP3:80\", weight: 0}|" | use
    persists 3 2
    base_again
}
