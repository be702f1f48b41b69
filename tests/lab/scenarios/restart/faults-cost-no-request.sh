# shellcheck shell=sh
# Faults are made on purpose under load: the daemon is killed, paused and started twice, its state file and its file system are
# spoilt, the kernel's table is cleared and changed by another program, the network goes away, descriptors are few, receivers and the
# log hang, and hostile servers answer every kind of check. No request fails that the fault itself does not explain. `make soak` does
# this for an hour.
# machines: no, most faults are of the kernel that all hosts of the lab share

set -- once killed_at_reload killed_at_drain paused started_twice state_corrupted disk_full cleared foreign_writer link_gone \
    descriptors_64 receivers_hang log_unread hostile
. "$LAB_DIRECTORY/soak/run"
