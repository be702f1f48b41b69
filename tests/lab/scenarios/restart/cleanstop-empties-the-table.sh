# shellcheck shell=sh
# With `cleanstop=yes`, our services leave with the daemon. With `cleanstop=no` they stay, and traffic goes on.

start_founding_director cleanstop=no
director_stop
expect_equal 'the table after the stop' "$(founding_table | sort)" "$(table)"
expect_equal 'who answers without a daemon' "$(printf '2 real1\n2 real2')" "$(tally 4)"

start_founding_director cleanstop=yes
director_stop
expect_equal 'the table after a clean stop' '' "$(table)"
