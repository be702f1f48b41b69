# shellcheck shell=sh disable=SC2086
# ftp of real vsftpd, nntp of real leafnode, ldap and ldaps of real slapd.

serve real1 vsftpd "$RIP1"
serve real2 leafnode "$RIP2"
serve real3 slapd "$RIP3"
file='--request /test.txt --receive OK'
entry='--request dc=example,dc=org --receive dc=example'
manager='--login cn=manager,dc=example,dc=org'

expect_up real1 vsftpd '12 bytes of /test.txt transferred' ftp "$RIP1" $file
expect_up real2 leafnode '200 Leafnode' nntp "$RIP2"
expect_up real3 slapd 'dc=example,dc=org' ldap "$RIP3" $entry
expect_probe good 'dc=example,dc=org' ldaps "$RIP3" $entry
expect_probe good 'dc=example,dc=org' ldap "$RIP3" $entry $manager --password correct

expect_wrong 'answer to RETR "550' ftp "$RIP1" --request /missing.txt
expect_wrong 'answer lacks KO' ftp "$RIP1" --request /test.txt --receive KO
expect_wrong 'answer to USER "530' ftp "$RIP1" --login somebody --password else
expect_wrong 'answer lacks INN' nntp "$RIP2" --receive INN
for kind in ldap ldaps; do
    expect_wrong 'search refused: noSuchObject' $kind "$RIP3" --request dc=nowhere
    expect_wrong 'answer lacks dc=other' $kind "$RIP3" --request dc=example,dc=org --receive dc=other
    expect_wrong 'bind refused: invalidCredentials' $kind "$RIP3" $entry $manager --password wrong
done

server_hangs real1 vsftpd
server_hangs real2 leafnode
server_hangs real3 slapd
expect_hang ftp "$RIP1" $file
expect_hang nntp "$RIP2"
expect_hang ldap "$RIP3" $entry
expect_hang ldaps "$RIP3" $entry

server_dies real1 vsftpd
server_dies real2 leafnode
server_dies real3 slapd
expect_gone ftp "$RIP1" $file
expect_gone nntp "$RIP2"
expect_gone ldap "$RIP3" $entry
expect_gone ldaps "$RIP3" $entry
