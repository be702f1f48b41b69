# shellcheck shell=sh
# smtp, submission, pop, pops, imap and imaps checks of a ldirectord.cf find real postfix and dovecot up, wrong, hanging,
# refusing and gone.
# machines: no, the servers that it asks are not installed on the machines, and no kernel has a part in it

serve_all real1 postfix "$RIP1"
serve_all real2 dovecot "$RIP2"
right='login="probe"'
pass='passwd="correct"'

asked smtp "$RIP1:25" '220 mail.example.org ESMTP Postfix' service=smtp
wrong 'greeting "554' checkport=26
asked submission "$RIP1:587" '220 mail.example.org ESMTP Postfix' service=submission
wrong 'greeting "554' checkport=588
asked pop "$RIP2:110" '+OK Dovecot' service=pop
wrong 'greeting "* OK' checkport=143
asked pop "$RIP2:110" 'logged in as probe' service=pop "$right" "$pass"
wrong 'answer to PASS "-ERR' 'passwd="wrong"'
asked pops "$RIP2:995" 'logged in as probe' service=pops "$right" "$pass"
wrong 'answer to PASS "-ERR' 'passwd="wrong"'
wrong 'TLS: certificate' verifycertificate=yes
asked imap "$RIP2:143" '* OK' service=imap
wrong 'greeting "+OK' checkport=110
asked imap "$RIP2:143" 'logged in as probe' service=imap "$right" "$pass"
wrong 'answer to LOGIN "' 'passwd="wrong"'
asked imaps "$RIP2:993" 'logged in as probe' service=imaps "$right" "$pass"
wrong 'answer to LOGIN "' 'passwd="wrong"'
wrong 'TLS: certificate' verifycertificate=yes

every_state
