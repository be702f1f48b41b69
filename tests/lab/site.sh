# shellcheck shell=sh
# A site that is used all the time while faults are made. Requests that fail between a fault and the end of the daemon's answer to
# it are explained by the fault; all others must have an answer.

site_explained=0

# site_used ADDRESS: the client begins to use it.
site_used() {
    requests_begin users "$1"
    site_rests
}

no_more_requests_fail() {
    [ "$(requests_failed users)" -eq "$site_failed" ]
}

# site_rests: no request fails from here on, and none waits for its answer either.
site_rests() {
    site_failed=$(requests_failed users)
    throughout 3 no_more_requests_fail
    within 10 served_again || fail "the site answers no request: $(site_story)"
}

# fault WORDS COMMAND...: makes a fault; `answered CONDITION...` waits until the daemon has answered it.
fault() {
    fault_words=$1
    fault_before=$(requests_failed users)
    shift
    "$@"
}

# answered COMMAND...: within 20 s this succeeds, and from then on no request fails.
answered() {
    eventually 20 "$@"
    # A request that began before may still wait for its answer.
    within 10 served_again || fail "after $fault_words no request is answered"
    fault_failed=$(($(requests_failed users) - fault_before))
    site_explained=$((site_explained + fault_failed))
    echo "$fault_words: $fault_failed requests failed until it was answered"
    site_rests
}

served_again() {
    served_before=$(log_of client users | grep -c '^200$')
    within 3 more_served
}

more_served() {
    [ "$(log_of client users | grep -c '^200$')" -gt $((served_before + 3)) ]
}

# harmless WORDS COMMAND...: what an operator does costs no request.
harmless() {
    harmless_words=$1
    shift
    "$@"
    site_rests
    all_explained || fail "$harmless_words cost requests: $(site_story)"
}

all_explained() {
    [ "$(requests_failed users)" -eq "$site_explained" ]
}

# site_story: how many requests failed, what the client said last, and what the daemon did.
site_story() {
    echo "$(requests_failed users) failed, $site_explained explained"
    log_of client users | grep -n -v '^200$' | tail -n 20
    director_log | tail -n 30
    table
}

# site_ends: every request that failed is explained.
site_ends() {
    signal client users TERM
    eventually 5 ended client users
    echo "users: $(log_of client users | grep -c '^200$') requests, $(requests_failed users) failed, $site_explained explained by faults"
    all_explained || fail "requests failed that no fault explains: $(site_story)"
}
