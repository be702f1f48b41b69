# shellcheck shell=sh
# The systemd unit of `ipvsctl realserver up --print systemd` makes a host a real server when it starts, and restores it when it
# stops.
# namespaces: no, they share one kernel's init, and that is not systemd

unit=lvs-realserver-$DIRECT_VIP
state() { on real2 sh -c 'sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.all.arp_announce; ip -o address show' </dev/null | sed 's/  *valid_lft.*//'; }
on real2 install -m 755 "/ipvsd/vagrant/bin/ipvsctl" /usr/bin/ipvsctl
without=$(state)
on real2 ipvsctl realserver up --vip "$DIRECT_VIP" --mode dr --print systemd | put real2 "/etc/systemd/system/$unit.service"
on real2 systemctl daemon-reload
on real2 systemctl start "$unit"
expect_contains 'the addresses' "$DIRECT_VIP/32" "$(state)"
expect_contains 'the settings' 'arp_announce = 2' "$(state)"
expect on real2 ipvsctl realserver status
on real2 systemctl stop "$unit"
expect_equal 'the machine after the stop' "$without" "$(state)"
