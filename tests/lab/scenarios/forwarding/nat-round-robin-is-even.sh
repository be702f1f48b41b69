# shellcheck shell=sh
# Behind one VIP with NAT and round robin, each of two real servers gets every second connection.

start_founding_director
expect_equal 'who answers 20 requests' "$(printf '10 real1\n10 real2')" "$(tally 20)"
