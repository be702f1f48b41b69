# shellcheck shell=sh
# A service with too few servers gives way to its fallback, and comes back only when `back_at` servers have returned, not at each
# one that comes and goes. The second tier closes again at the same count.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
director: {freeze: off, safety_limits: off}
defaults:
  service: {scheduler: rr, forwarding: nat}
  check: {http: {path: /test.html, expect: {body: OK}}, every: 500ms, timeout: 2s, fall: 1}
services:
  - name: waiting
    listen: tcp://$VIP:80
    minimum_healthy: {servers: 2, back_at: 3}
    real_servers: ["$RIP1:80", "$RIP2:80", "$RIP3:80"]
    fallback: $FALLBACK:80
  - name: at once
    listen: tcp://$VIP:81
    minimum_healthy: 2
    real_servers: ["$RIP1:80", "$RIP2:80", "$RIP3:80"]
    fallback: $FALLBACK:80
  - name: tiers
    listen: tcp://$VIP:82
    minimum_healthy: {servers: 1, back_at: 2}
    real_servers: ["$RIP1:80", "$RIP2:80", {address: "$RIP3:80", tier: 2}]
D
# who PORT: the names of those who answer there, each once.
who() { answers 6 "$VIP:$1" | sort -u | tr '\n' ' '; }
answer_at() { [ "$(who "$1")" = "$2 " ]; }

director_start
eventually 20 answer_at 80 'real1 real2 real3'
eventually 20 answer_at 82 'real1 real2'

web_sick real1
eventually 10 answer_at 80 'real2 real3'
eventually 5 answer_at 82 real2
web_sick real2
eventually 10 answer_at 80 fallback
eventually 10 answer_at 81 fallback
eventually 10 answer_at 82 real3
expect_contains 'the explanation' 'only 1 of 3 real servers' "$(on director ipvsctl explain waiting "$RIP3")"

# Two are enough to stay, and not to come back.
web_healthy real1
eventually 10 answer_at 81 'real1 real3'
eventually 10 answer_at 82 'real1 real3'
throughout 2 answer_at 80 fallback
throughout 1 answer_at 82 'real1 real3'
web_healthy real2
eventually 10 answer_at 80 'real1 real2 real3'
eventually 10 answer_at 82 'real1 real2'

# With three of them back, one that fails again changes nothing but itself.
web_sick real2
eventually 10 answer_at 80 'real1 real3'
throughout 1 answer_at 80 'real1 real3'
