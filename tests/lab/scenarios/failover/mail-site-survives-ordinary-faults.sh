# shellcheck shell=sh
# The mail site of examples/site-mail.yaml goes through every ordinary fault and every operation. No mail and no login fails but those
# that a fault explains.
# machines: no, the servers that it uses are not installed on the machines
# limit: 600

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
SITE_REST=0
POLL=0.4
. "$LAB_DIRECTORY/site.sh"
for server in real1/postfix real2/postfix real1/dovecot real2/dovecot real3/postfix; do
    case $server in real1/*) rip=$RIP1 ;; real2/*) rip=$RIP2 ;; *) rip=$RIP3 ;; esac
    serve "${server%/*}" "${server#*/}" "$rip"
done
director_define <"$LAB_ROOT/examples/site-mail.yaml"
director_start
for service in smtp imaps; do site_becomes site_is $service up; done
site_used_by 1 smtp smtp "$VIP" 25 submission smtp "$VIP" 587 imaps imaps "$VIP" 993 session imaps-session "$VIP" 993

# The server that the readers have.
readers_at() { on director ipvsadm -L -n -c | awk -v v="$VIP:993" '$5 == v && $3 == "ESTABLISHED" { sub(/:.*/, "", $6); print $6; exit }'; }
host_of() { case $1 in "$RIP1") echo real1 ;; *) echo real2 ;; esac; }
readers=$(readers_at)
[ -n "$readers" ] || fail 'no reader is connected'

# One server fails. A request fails when the kernel has sent it there before ipvsd has seen two probes fail.
fault 'a mail server that stops' server_dies real1 postfix
answered site_is smtp DEGRADED
only_failed smtp submission
harmless 'its return' serve real1 postfix "$RIP1"
site_becomes site_is smtp up
fault 'an IMAP server that hangs' server_hangs "$(host_of "$readers")" dovecot
answered site_is imaps DEGRADED
# Two probes without an answer take 12 s at most, and each of the two readers gives up after 10 s.
only_failed imaps=3 session=3
harmless 'its return' server_resumes "$(host_of "$readers")" dovecot
site_becomes site_is imaps up
fault 'a machine that is cut off' cut_off real2 back
both_degraded() { site_is smtp DEGRADED && site_is imaps DEGRADED; }
answered both_degraded
# Two probes without an answer take 12 s at most, and each user gives up after 10 s.
only_failed smtp=3 submission=3 imaps=3 session=3
harmless 'its return' rejoins real2 back
for service in smtp imaps; do site_becomes site_is $service up; done

# What operators do.
readers=$(readers_at)
[ -n "$readers" ] || fail 'no reader is connected'
harmless 'a drain' quiesces "$readers" ctl drain --all-services "$readers" -m 'kernel upgrade'
harmless 'its end' ctl enable --all-services "$readers"
harmless 'maintenance' quiesces "$RIP2" ctl maintenance --all-services "$RIP2" -m 'new disk'
harmless 'its end' ctl enable --all-services "$RIP2"
harmless 'another weight' file_changes "s|mail: .*|mail: [192.168.6.4, {address: 192.168.6.5, weight: 3}]|"
harmless 'a broken file' broken_file
harmless 'a restart of ipvsd' restart
harmless 'a killed ipvsd' killed
for service in smtp imaps; do site_becomes site_is $service up; done
# No request has a server until ipvsd has compared the table.
fault 'a cleared table' table_cleared
answered table_restored
only_failed smtp submission imaps session
# A disabled server loses its connections at once, and a request of this moment with them.
readers=$(readers_at)
fault 'a server that is disabled' ctl disable --all-services "$readers" -m smoke
readers_left() { [ "$(readers_at)" != "$readers" ]; }
answered readers_left
only_failed smtp=1 submission=1 imaps=1 session=1
harmless 'its end' ctl enable --all-services "$readers"
fault 'a director that starts again' boots :
both_up() { site_is smtp up && site_is imaps up; }
answered both_up
only_failed smtp submission imaps session

# All servers fail: the third machine takes the mails, and readers have to wait.
stop_all() { server_dies real1 "$1"; server_dies real2 "$1"; }
start_all() { serve real1 "$1" "$RIP1"; serve real2 "$1" "$RIP2"; }
fault 'all mail servers stop' stop_all postfix
answered site_is smtp 'ON FALLBACK'
only_failed smtp submission
harmless 'their return' start_all postfix
site_becomes site_is smtp up
hang_all() { server_hangs real1 "$1"; server_hangs real2 "$1"; }
resume_all() { server_resumes real1 "$1"; server_resumes real2 "$1"; }
fault 'all mail servers hang' hang_all postfix
answered site_is smtp 'ON FALLBACK'
only_failed smtp submission
harmless 'their return' resume_all postfix
site_becomes site_is smtp up
fault 'all IMAP servers stop' stop_all dovecot
site_becomes site_is imaps DOWN
start_all dovecot
answered site_is imaps up
only_failed imaps session
fault 'all IMAP servers hang' hang_all dovecot
site_becomes site_is imaps DOWN
resume_all dovecot
answered site_is imaps up
only_failed imaps session
site_ends
