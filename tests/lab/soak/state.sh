# shellcheck shell=sh disable=SC2154,SC2034
# Faults of the state file, its file system and the clock.

# state_directory_make: the state lies on a small file system of its own.
state_directory_make() {
    state_directory=$LAB_TMP/director/state
    mkdir -p "$state_directory"
    mount -t tmpfs -o size=512k,mode=700 state "$state_directory"
    export IPVSD_STATE="$state_directory/state.json"
}

# with_state COMMAND...: killed, the file is changed, and a start.
with_state() {
    die
    "$@"
    director_start
    lasts 2 1
    # What was set aside.
    find "$state_directory" -name 'state.json?*-*' -exec rm -f {} +
}

add_fault state_truncated harmless 'state file truncated'
fault_state_truncated() { with_state state_cut; }
state_cut() {
    random "$(wc -c <"$IPVSD_STATE")"
    head -c "$RANDOM_NUMBER" "$IPVSD_STATE" >"$SOAK/cut"
    cat "$SOAK/cut" >"$IPVSD_STATE"
}

add_fault state_corrupted harmless 'state file corrupted'
fault_state_corrupted() { with_state state_spoilt; }
state_spoilt() {
    random 100000
    # shellcheck disable=SC2016 # perl expands
    perl -e 'srand shift; local $/; open my $file, "+<", $ARGV[0] or die; binmode $file; my $text = <$file>;
        substr($text, int rand length $text, 1) = chr int rand 256 for 1 .. 1 + rand 20; seek $file, 0, 0; print {$file} $text' \
        "$RANDOM_NUMBER" "$IPVSD_STATE"
}

add_fault state_older harmless 'state file of an earlier time'
fault_state_older() { with_state cp "$SOAK/first-state" "$IPVSD_STATE"; }

add_fault state_newer harmless 'state file of a newer version'
fault_state_newer() { with_state sed -i 's/"format": *1,/"format": 9, "more": {"a": [1]},/' "$IPVSD_STATE"; }

add_fault state_missing harmless 'state file removed'
fault_state_missing() { with_state rm -f "$IPVSD_STATE"; }

add_fault state_fifo harmless 'a FIFO in the place of the state file'
fault_state_fifo() { with_state state_is_fifo; }
state_is_fifo() { rm -f "$IPVSD_STATE"; mkfifo "$IPVSD_STATE"; }

# An override that cannot be saved says so, or is refused. A killed daemon starts all the same.
add_fault disk_full harmless 'full file system of the state'
fault_disk_full() {
    cat /dev/zero >"$state_directory/fill" 2>/dev/null || :
    if on director timeout 20 ipvsctl weight web "$RIP2" --to 2 -m soak >"$SOAK/full.log" 2>&1; then
        grep -q 'will lose this override' "$SOAK/full.log" || complain "an override is confirmed on a full file system: $(cat "$SOAK/full.log")"
    fi
    reborn
    persists 3 1
    rm -f "$state_directory/fill"
    on director ipvsctl enable web "$RIP2" >/dev/null 2>&1 || :
}

add_fault disk_read_only harmless 'read-only file system of the state'
fault_disk_read_only() {
    die
    mount -o remount,ro "$state_directory"
    director_start
    lasts 5 1
    die
    mount -o remount,rw "$state_directory"
    director_start
}

# The clock of a guest is its own.
add_fault clock_jumps harmless 'clock a day forward and two days back'
fault_clock_jumps() {
    in_a_guest || { soak_words="$soak_words (not played: the clock is not of the lab alone)"; return 0; }
    date -s '+1 day' >/dev/null
    lasts 4 2
    date -s '-2 days' >/dev/null
    lasts 4 2
    reborn
    date -s '+1 day' >/dev/null
}
