# What the Perl ldirectord says to files of one odd line each, without a change to it: for each line of a table a process
# is forked that goes on as the program, asked for the status of a file that holds the line. Every command reads the whole
# file first, and ends with status 2 where it refuses it.
# usage: perl verdicts.pl TABLE; the lines with their verdicts are in TABLE.new then
use strict;
use warnings;

# What the program needs anyway is loaded once.
use Getopt::Long ();
use POSIX ();
use Pod::Usage ();
use Socket6 ();
use Sys::Hostname ();
use Sys::Syslog ();

my $program = '/usr/sbin/ldirectord';
my ($table) = @ARGV;

# The minimal files around a line; those of ldirectord-compat/tests/dialect/odd.rs.
my $four = "virtual=10.0.0.1:80\n\treal=10.0.1.1:80 gate\n";
my $six = "virtual6=[2001:db8::1]:80\n\treal6=[2001:db8::11]:80 gate\n";
my %around = (
    global => ['', "\n$four\n"],
    global6 => ['', "\n$six\n"],
    virtual => ["$four\t", "\n\n"],
    virtual6 => ["$six\t", "\n\n"],
    head => ['', "\n\treal=10.0.1.1:80 gate\n\n"],
    head6 => ['', "\n\treal6=[2001:db8::11]:80 gate\n\n"],
);

# The program as it is, compiled once.
my $main = compiled();

sub compiled {
    open(my $handle, '<', $program) or die "$program: $!";
    my $text = do { local $/; <$handle> };
    $text =~ s/^__END__$.*//ms;
    # Strictness is the program's own affair.
    my $code = eval "no strict; no warnings; sub {\n#line 1 \"$program\"\n$text\n}";    ## no critic
    die $@ unless $code;
    return $code;
}

sub save {
    my ($path, $text) = @_;
    open(my $handle, '>', $path) or die "$path: $!";
    print $handle $text;
    close($handle) or die "$path: $!";
}

# Goes on as the program in a process of its own; how that ended.
sub verdict {
    my ($file) = @_;
    my $child = fork();
    die "fork: $!" unless defined($child);
    if ($child == 0) {
        open(STDOUT, '>', '/dev/null');
        open(STDERR, '>', '/dev/null');
        alarm(60);
        $0 = $program;
        @ARGV = ($file, 'status');
        $main->();
        POSIX::_exit(99);
    }
    waitpid($child, 0);
    # 3 is its answer to status while nothing runs; whatever else there may be was not foreseen.
    return {3 << 8 => 'accepted', 2 << 8 => 'refused'}->{$?} // "status-$?";
}

open(my $lines, '<', $table) or die "$table: $!";
my $result = '';
while (my $line = <$lines>) {
    chomp($line);
    my ($place, $shown) = $line =~ /^\S+ (\S+) (.*)$/ or die "no case: $line";
    my $text = $shown;
    $text =~ s/\xe2\x90\xa3/ /g;    # the sign of a blank
    $text =~ s/\xe2\x86\x92/\t/g;    # the sign of a tab
    save("$table.cf", $around{$place}[0] . $text . $around{$place}[1]);
    $result .= verdict("$table.cf") . " $place $shown\n";
}
save("$table.new", $result);
