# shellcheck shell=sh
# machines: no, dozens of directors run side by side in namespaces of one kernel
# Debian's ldirectord and ours settle on the same table after every event, but for the faults that are listed: half 2 of
# the fixed third of the differential suite, the whole of which is `make differential`.
# limit: 1500

. "$LAB_DIRECTORY/differential/third.sh"
third_is_equal 2 2
