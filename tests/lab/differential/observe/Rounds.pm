# Counts the rounds of the Perl ldirectord without a change to it: its main loop sleeps once after every round of
# checks, and every call of sleep is noted in a file of $ROUNDS_DIRECTORY named after the process.
package Rounds;
use strict;
use warnings;

my $rounds = 0;

sub note {
    my $file = "$ENV{ROUNDS_DIRECTORY}/$$";
    $rounds++;
    open(my $handle, '>', "$file.new") or return;
    print $handle "$rounds\n";
    close($handle);
    rename("$file.new", $file);
}

BEGIN {
    *CORE::GLOBAL::sleep = sub (;$) { note(); return @_ ? CORE::sleep($_[0]) : CORE::sleep() };
}

1;
