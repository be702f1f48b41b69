# shellcheck shell=sh
# Faults are made on purpose under load: the daemon is killed during a reload, its state file is spoilt and its disk full, another
# program clears and changes the kernel's table, the network goes away, receivers and check programs hang, and hostile servers answer
# checks. No request fails that the fault itself does not explain. `make soak` plays all faults for an hour.
# machines: no, most faults are of the kernel that all hosts of the lab share

set -- once killed_at_reload state_corrupted disk_full cleared foreign_writer link_gone receivers_hang hostile
. "$LAB_DIRECTORY/soak/run"
