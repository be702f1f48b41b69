# shellcheck shell=sh
# However often the daemon gets SIGTERM or SIGINT, it cleans up to the end.

start_founding_director cleanstop=yes
for _ in 1 2 3 4 5; do signal director daemon TERM 2>/dev/null || :; done
eventually 10 ended director daemon
expect_equal 'the table after five TERM' '' "$(table)"

start_founding_director cleanstop=yes
signal director daemon INT
signal director daemon TERM 2>/dev/null || :
eventually 10 ended director daemon
expect_equal 'the table after INT and TERM' '' "$(table)"
