# shellcheck shell=sh
# Twelve servers that go down together are one mail and one message to a webhook. A webhook that refuses is tried again; one
# that refuses or never answers delays neither the table nor clients.
# machines: no, the mail server that it asks is not installed on the machines, and no kernel has a part in it

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# Postfix delivers nothing on a host without a name.
hostname director
serve real2 postfix "$RIP2"
eventually 30 probe_is_good smtp "$RIP2"
# webhook HOST NAME PORT: takes messages, each in a line of its log; refuses them while NAME.refuse is there.
webhook() {
    # shellcheck disable=SC2016 # Perl expands
    spawn "$1" "$2" perl -MIO::Socket::INET -e '$| = 1; my ($port, $refuse) = @ARGV;
        my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 9, ReuseAddr => 1) or die "$!\n";
        while (my $peer = $listener->accept) {
            my $length = 0;
            while (defined(my $line = <$peer>)) { $length = $1 if $line =~ /^content-length: (\d+)/i; last if $line =~ /^\r?$/ }
            read $peer, my $body, $length;
            my $status = -e $refuse ? "503 Service Unavailable" : "204 No Content";
            print "$status $body\n";
            print {$peer} "HTTP/1.1 $status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        }' "$3" "$LAB_TMP/$1/$2.refuse"
}
# A third takes connections and never says a word.
# shellcheck disable=SC2016 # Perl expands
spawn real3 silent perl -MIO::Socket::INET -e '
    my $listener = IO::Socket::INET->new(LocalPort => 8082, Listen => 9, ReuseAddr => 1) or die "$!\n";
    push @held, $listener->accept while 1'
webhook real3 messages 8081
on real3 touch "$LAB_TMP/real3/messages.refuse"
{
    cat <<D
director: {freeze: off}
notify:
  - {webhook: "http://$RIP3:8081/a-secret-path", topics: [servers], group_wait: 3s}
  - {webhook: "http://$RIP3:8082/", topics: [servers], group_wait: 1s}
  - {mail: {to: [duty@example.org], from: ipvsd@example.org, relay: $RIP2}, topics: [servers], group_wait: 3s}
defaults:
  service: {scheduler: rr, forwarding: nat}
  check: {http: {path: /test.html, expect: {body: OK}}, every: 500ms, timeout: 2s, fall: 1}
services:
D
    for port in 80 81 82 83 84 85 86 87 88 89 90 91; do
        echo "  - {listen: \"tcp://$VIP:$port\", real_servers: [\"$RIP1:80\", \"$RIP2:80\"]}"
    done
} | director_define
serving() { [ "$(table | grep -c -- "-r $1:80 -m -w 1")" = "$2" ]; }
director_start
eventually 20 serving "$RIP1" 12
eventually 20 serving "$RIP2" 12

messages() { log_of real3 messages | grep "^$1" || :; }
came() { [ "$(messages "$1" | grep -c .)" -ge "$2" ]; }
web_sick real1
eventually 10 serving "$RIP1" 0
expect_equal 'who answers' '6 real2' "$(tally 6 "$VIP:85")"
# Refused, and tried again until it is taken.
eventually 30 came 503 2
expect_equal 'messages that were taken' '' "$(messages 204)"
on real3 rm "$LAB_TMP/real3/messages.refuse"
eventually 60 came 204 1
expect_contains 'the message' '"text":"12 servers down"' "$(messages 204)"
expect_equal 'the events in it' 12 "$(messages 204 | grep -o '"topic":"servers"' | wc -l | tr -d ' ')"

inbox=$LAB_TMP/real2/servers/postfix/mail/inbox/new
# shellcheck disable=SC2016 # the shell on the host expands
subjects() { on real2 sh -c 'grep -h "^Subject: " "$1"/* 2>/dev/null' subjects "$inbox"; }
mailed() { subjects | grep -q "$1"; }
eventually 30 mailed '12 servers down'
expect_equal 'mails' 1 "$(subjects | grep -c .)"

# They return: one message again.
web_healthy real1
eventually 10 serving "$RIP1" 12
eventually 30 came 204 2
expect_contains 'the second message' '"text":"12 servers up"' "$(messages 204 | tail -n 1)"
eventually 30 mailed '12 servers up'
expect_equal 'mails' 2 "$(subjects | grep -c .)"
expect_equal 'who answers at the end' '3 real1,3 real2' "$(tally 6 "$VIP:85" | paste -sd,)"
case $(director_log) in *a-secret-path*) fail 'the webhook stands in the log' ;; esac
