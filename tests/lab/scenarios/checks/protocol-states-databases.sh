# shellcheck shell=sh disable=SC2086
# mysql and pgsql checks of a ldirectord.cf find real mariadb and postgresql up, wrong, hanging, refusing and gone. Both log in with
# TLS and without it, as the server wants it or the check, and mysql by ed25519.
# machines: no, the servers that it asks are not installed on the machines, and no kernel has a part in it

serve_all real1 mariadb "$RIP1"
serve_all real2 postgresql "$RIP2"
database='database="shop"'
items='request="SELECT name FROM items"'

asked mysql "$RIP1:3306" 'row: OK from mysql' service=mysql 'login="probe"' 'passwd="correct"' "$database" "$items"
wrong 'the query returned no row' 'request="SELECT name FROM nothing"'
wrong "refused: Table 'shop.missing' doesn't exist" 'request="SELECT 1 FROM missing"'
wrong 'refused: Access denied' 'passwd="wrong"'
wrong "refused: Access denied|refused: Unknown database" 'database="other"'
wrong "no answer within $STATES_LIMIT s" 'request="SELECT SLEEP(60)"'
asked pgsql "$RIP2:5432" 'row: OK from pgsql' service=pgsql 'login="probe"' 'passwd="correct"' "$database" "$items"
wrong 'the query returned no row' 'request="SELECT name FROM nothing"'
wrong 'refused: relation "missing" does not exist' 'request="SELECT 1 FROM missing"'
wrong 'refused: password authentication failed' 'passwd="wrong"'
wrong 'refused: database "other" does not exist' 'database="other"'
wrong "no answer within $STATES_LIMIT s" 'request="SELECT pg_sleep(60)"'

login='--login probe --password correct --database shop'
expect_up real2 postgresql 'logged in as probe' pgsql "$RIP2" $login --tls
expect_probe failed 'TLS: certificate' pgsql "$RIP2" $login --tls --verify
expect_up real1 mariadb 'logged in as tls_only' mysql "$RIP1" --login tls_only --password correct
expect_probe passed 'logged in as signer' mysql "$RIP1" --login signer --password correct --tls=off
for user in tls_only plain_only; do
    expect_probe passed "logged in as $user" pgsql "$RIP2" --login $user --password correct --database shop
done
expect_probe failed 'refused: Access denied' mysql "$RIP1" --login tls_only --password correct --tls=off
expect_probe failed 'refused: no pg_hba.conf entry' pgsql "$RIP2" --login tls_only --password correct --tls=off
every_state
