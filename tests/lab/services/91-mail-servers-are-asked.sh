# shellcheck shell=sh disable=SC2086
# smtp and submission of real postfix; pop, pops, imap and imaps of real dovecot.

serve real1 postfix "$RIP1"
serve real2 dovecot "$RIP2"
right='--login probe --password correct'
wrong='--login probe --password wrong --timeout 10'

expect_up real1 postfix '220 mail.example.org ESMTP Postfix' smtp "$RIP1"
expect_probe good '220 mail.example.org ESMTP Postfix' submission "$RIP1"
expect_wrong 'answer lacks Sendmail' smtp "$RIP1" --receive Sendmail
expect_wrong 'answer lacks Sendmail' submission "$RIP1" --receive Sendmail

expect_up real2 dovecot '* OK' imap "$RIP2"
for kind in imap imaps pop pops; do
    expect_probe good 'logged in as probe' $kind "$RIP2" $right
    expect_wrong 'answer to ' $kind "$RIP2" $wrong
done
expect_probe good '+OK Dovecot' pop "$RIP2"
expect_wrong 'greeting "+OK' imap "$RIP2:110"
expect_wrong 'greeting "* OK' pop "$RIP2:143"

server_hangs real1 postfix
server_hangs real2 dovecot
expect_hang smtp "$RIP1"
expect_hang submission "$RIP1"
for kind in imap imaps pop pops; do expect_hang $kind "$RIP2"; done

server_dies real1 postfix
server_dies real2 dovecot
expect_gone smtp "$RIP1"
expect_gone submission "$RIP1"
for kind in imap imaps pop pops; do expect_gone $kind "$RIP2"; done
