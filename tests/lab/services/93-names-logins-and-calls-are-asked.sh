# shellcheck shell=sh disable=SC2086
# dns of real bind9, radius of real freeradius, sip of real kamailio; all by datagram, dns and sip by stream too.

serve real1 named "$RIP1"
serve real2 freeradius "$RIP2"
serve real3 kamailio "$RIP3"
name='--request www.example.org --receive ^192\.0\.2\.7$'
login='--login probe --secret correct'

expect_up real1 named 'A 192.0.2.7' dns "$RIP1" $name
expect_probe good 'A 192.0.2.7' dns "$RIP1" $name --tcp
expect_probe good 'AAAA 2001:db8::6' dns "$RIP1" --request six.example.org
expect_probe good 'PTR www.example.org.' dns "$RIP1" --request 192.0.2.7 --receive 'example\.org$'
expect_up real2 freeradius 'Access-Accept' radius "$RIP2" $login --password correct
expect_up real3 kamailio 'SIP/2.0 200 OK' sip "$RIP3"
expect_probe good 'SIP/2.0 200 OK' sip "$RIP3" --tcp

for transport in --udp --tcp; do
    expect_wrong 'answer lacks ^198' dns "$RIP1" $transport --request www.example.org --receive ^198
    expect_wrong 'answered "Non-Existent Domain"' dns "$RIP1" $transport --request no.example.org
    expect_wrong 'answered "Query Refused"' dns "$RIP1" $transport --request www.other.org
    expect_wrong 'answer lacks nonsense' sip "$RIP3" $transport --receive nonsense
done
expect_wrong 'answer "Access-Reject", expected Access-Accept' radius "$RIP2" $login --password wrong
expect_wrong 'no answer within 1 s' radius "$RIP2" --login probe --password correct --secret wrong --timeout 1

server_hangs real1 named
server_hangs real2 freeradius
server_hangs real3 kamailio
expect_hang radius "$RIP2" $login --password correct
for transport in --udp --tcp; do
    expect_hang dns "$RIP1" $name $transport
    expect_hang sip "$RIP3" $transport
done

server_dies real1 named
server_dies real2 freeradius
server_dies real3 kamailio
expect_gone radius "$RIP2" $login --password correct
for transport in --udp --tcp; do
    expect_gone dns "$RIP1" $name $transport
    expect_gone sip "$RIP3" $transport
done
