# An external-perl check: up when the real server takes a connection. Arguments: VIP VPORT RIP RPORT.
use strict;
use warnings;
use IO::Socket::INET;
exit(IO::Socket::INET->new(PeerAddr => $ARGV[2], PeerPort => $ARGV[3], Timeout => 1) ? 0 : 1);
