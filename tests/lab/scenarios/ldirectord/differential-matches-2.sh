# shellcheck shell=sh
# Debian's ldirectord and ours settle on the same table after every event, but for the listed faults: half 2 of the fixed sixth
# of `make differential`.
# machines: no, dozens of directors run side by side in namespaces of one kernel
# limit: 1500

. "$LAB_DIRECTORY/differential/sixth.sh"
sixth_is_equal 2 2
