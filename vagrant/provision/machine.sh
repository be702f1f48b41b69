#!/bin/sh
# Makes a machine of the lab what its name says; run again, it changes nothing more.
# usage: machine.sh client|director|director2|real1|real2|real3
set -eu
name=$1
VIP=172.17.60.207
LAB=/ipvsd

packages='iproute2 procps kmod curl'
case $name in
director*) packages="$packages ipvsadm iputils-arping" ;;
real*) packages="$packages nginx-light" ;;
esac

missing=''
for package in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
    apt-get update -qq
    # shellcheck disable=SC2086 # one word each
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# setting NAME=VALUE...: now and after a restart.
setting() {
    printf '%s\n' "$@" >/etc/sysctl.d/60-lab.conf
    sysctl -q -p /etc/sysctl.d/60-lab.conf
}

# unit NAME: standard input becomes a unit that runs now and at every start.
unit() {
    cat >"/etc/systemd/system/$1.service"
    systemctl daemon-reload
    systemctl -q enable "$1"
    systemctl restart "$1"
}

install_programs() {
    if [ ! -x "$LAB/vagrant/bin/ipvsd" ]; then
        echo 'machine.sh: the programs are missing: in the repository, run: make vagrant-programs' >&2
        echo '    then, in its directory vagrant: vagrant rsync && vagrant provision' >&2
        exit 1
    fi
    # Where the unit file looks for them.
    for program in sbin/ipvsd bin/ipvsctl sbin/ldirectord; do
        cmp -s "$LAB/vagrant/bin/${program#*/}" "/usr/$program" || install -m 755 "$LAB/vagrant/bin/${program#*/}" "/usr/$program"
    done
}

director() {
    install_programs
    modprobe ip_vs
    echo ip_vs >/etc/modules-load.d/lab.conf
    setting net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    mkdir -p /etc/ipvsd
    [ -e /etc/ipvsd/ipvsd.yaml ] || cp "$LAB/examples/nat-round-robin.yaml" /etc/ipvsd/ipvsd.yaml
    cp "$LAB/dist/ipvsd.service" /etc/systemd/system/ipvsd.service
    systemctl daemon-reload
}

# The first director holds the VIP and the real servers' gateway; the second takes both over by provision/take-over.sh.
first_director() {
    unit lab-addresses <<U
[Unit]
Description=The VIP of the lab
After=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh $LAB/vagrant/provision/take-over.sh eth1 eth2

[Install]
WantedBy=multi-user.target
U
    systemctl -q enable ipvsd
    systemctl restart ipvsd
}

real_server() {
    install_programs
    number=${name#real}
    mkdir -p /var/www/lab
    echo OK >/var/www/lab/test.html
    cat >/etc/nginx/sites-available/default <<N
server {
    listen 80 default_server;
    listen [::]:80 default_server;
    root /var/www/lab;
    default_type text/plain;
    location = /whoami { return 200 "$name\\n"; }
}
N
    if [ "$number" = 3 ]; then
        # The sorry server of the founding scenario.
        cat >>/etc/nginx/sites-available/default <<'N'
server {
    listen 192.168.6.100:80;
    default_type text/plain;
    location / { return 200 "fallback\n"; }
}
N
        setting net.ipv4.ip_nonlocal_bind=1
        sorry='ip address replace 192.168.6.100/24 dev eth2; '
    else
        sorry=''
    fi
    # Answers of a NAT server go back through the director, whichever holds the gateway's address now.
    unit lab-routes <<U
[Unit]
Description=The way back through the director
After=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c '${sorry}ip route replace 172.17.60.0/24 via 192.168.6.1'

[Install]
WantedBy=multi-user.target
U
    systemctl -q enable nginx
    systemctl restart nginx
}

case $name in
client) ;;
director)
    director
    first_director
    ;;
director2) director ;;
real*) real_server ;;
*)
    echo "machine.sh: there is no machine called $name" >&2
    exit 2
    ;;
esac
echo "$name is ready (VIP http://$VIP/)"
