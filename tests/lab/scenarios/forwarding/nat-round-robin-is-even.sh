# shellcheck shell=sh
# The founding scenario: two real servers behind one VIP, each gets every second connection.

start_founding_director
expect_equal 'who answers 20 requests' "$(printf '10 real1\n10 real2')" "$(tally 20)"
