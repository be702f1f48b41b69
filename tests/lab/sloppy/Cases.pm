# Reads the cases: files of a group each (cases/GROUP), in which a line is a word and its text.
#   service, port, reads, every WORD=VALUE, tls      how the group is checked and served; see configuration and serve
#   say KEY TEXT        what its good server says to a message that KEY (an expression) matches; `greet` is the beginning
#   end KEY             the message whose answer decides
#   faults WORD...      the faults of manner (see serve) with each of which that good server is a case
#   case NAME           a case: the good server with these changes
#   say, end, with FAULT, tls, ask "REQUEST", "RECEIVE"    below it
# TEXT has \r \n \t \0 \xNN, and what expand() of serve fills in.
package Cases;
use strict;
use warnings;

# The groups in the order of their names, each with its cases; a case has a name, an address and what its server does.
sub read_all {
    my ($directory) = @_;
    my (@groups, $number);
    for my $file (sort glob("$directory/*")) {
        my $group = read_group($file);
        $number++;
        my $case_number;
        $_->{address} = sprintf('10.90.%d.%d', $number, ++$case_number) for @{$group->{cases}};
        push @groups, $group;
    }
    return @groups;
}

sub read_group {
    my ($file) = @_;
    my ($name) = $file =~ m{([^/]+)$};
    my $group = {name => $name, every => [], faults => [], cases => [], proto => 'tcp'};
    my $good = {name => 'good', say => [], with => {}};
    my ($into, @cases) = ($good);
    open(my $lines, '<', $file) or die "$file: $!\n";
    while (my $line = <$lines>) {
        chomp $line;
        next if $line =~ /^\s*(#|$)/;
        my ($word, $text) = $line =~ /^(\w+)(?: (.*))?$/ or die "$file:$.: no case: $line\n";
        if ($word =~ /^(service|port|reads|proto)$/) { $group->{$word} = $text }
        elsif ($word eq 'every') { push @{$group->{every}}, $text }
        elsif ($word eq 'faults') { push @{$group->{faults}}, split ' ', $text }
        elsif ($word eq 'case') { $into = {name => $text, say => [], with => {}}; push @cases, $into }
        elsif ($word eq 'say') { push @{$into->{say}}, [$text =~ /^(\S+) ?(.*)$/] }
        elsif ($word eq 'with') { $into->{with}{$_} = 1 for split ' ', $text }
        elsif ($word =~ /^(end|tls|ask)$/) { $into->{$word} = $text }
        else { die "$file:$.: unknown word $word\n" }
    }
    my @faulty = map { {name => $_, say => [], with => {$_ => 1}} } @{$group->{faults}};
    $group->{cases} = [map { completed($group, $good, $_) } {name => 'good', say => [], with => {}}, @faulty, @cases];
    return $group;
}

# A case says what it changes; the rest is as the good server of its group has it.
sub completed {
    my ($group, $good, $case) = @_;
    my %changed = map { $_->[0] => 1 } @{$case->{say}};
    return {
        name => $case->{name},
        group => $group,
        say => [@{$case->{say}}, grep { !$changed{$_->[0]} } @{$good->{say}}],
        with => {%{$good->{with}}, %{$case->{with}}},
        end => $case->{end} // $good->{end},
        tls => $case->{tls} // $good->{tls},
        ask => $case->{ask},
    };
}

# The addresses in a file, one a line.
sub addresses {
    my ($file) = @_;
    open(my $lines, '<', $file) or die "$file: $!\n";
    chomp(my @addresses = <$lines>);
    return @addresses;
}

sub bytes {
    my ($text) = @_;
    my %sign = (r => "\r", n => "\n", t => "\t", 0 => "\0", '\\' => '\\');
    $text =~ s/\\(?:x([0-9a-fA-F]{2})|([rnt0\\]))/defined $1 ? chr hex $1 : $sign{$2}/ge;
    return $text;
}

1;
