# shellcheck shell=sh
# The services and kernel settings that ipvsd needs for `via: vip` are hidden from `ipvsctl list`, and are gone when no
# check needs them any more: after a reload, after a stop, and after the start that follows a kill.

. "$LAB_DIRECTORY/path-checks.sh"
path_checks_start
expect_equal 'helpers in the kernel' 8 "$(helpers)"
expect_equal 'marks that are listed with --all' 9 "$(on director ipvsctl list -n --all | grep -c '^FWM')"
expect_equal 'marks that are listed' 1 "$(on director ipvsctl list -n | grep -c '^FWM')"
expect_equal 'accept_local in front and back' '1 1' "$(setting front.accept_local) $(setting back.accept_local)"
expect_equal 'rp_filter in front' 2 "$(setting front.rp_filter)"

# Where no server is checked through the VIP any more, the settings are as they were. Elsewhere they stay.
settings_are() { [ "$(setting front.accept_local) $(setting back.accept_local)" = "$1" ]; }
path_checks_config | sed "/name: tunnel/,+1d; \\|udp://$VIP:7|,+1d" | director_define
director_reload
eventually 10 settings_are '1 0'
path_checks_config | director_define
director_reload
all_up | eventually_shown 20
eventually 10 settings_are '1 1'

# A daemon that was killed leaves helpers and settings; the next one cleans up, though it checks no server through the VIP.
director_kill
expect_equal 'helpers after a kill' 8 "$(helpers)"
path=''
check=''
path_checks_config | director_define
director_start
no_helpers() { [ "$(helpers)" -eq 0 ]; }
eventually 10 no_helpers
eventually 10 settings_are '0 0'
filter_is_strict() { [ "$(setting front.rp_filter)" = 1 ]; }
eventually 10 filter_is_strict

# And at a stop nothing is left.
path='via: vip,'
check=$path
path_checks_config | director_define
director_reload
all_helpers() { [ "$(helpers)" -eq 8 ]; }
eventually 10 all_helpers
all_up | eventually_shown 20
director_stop
expect_equal 'the table after a stop' '' "$(table)"
expect_equal 'accept_local in front and back' '0 0' "$(setting front.accept_local) $(setting back.accept_local)"
