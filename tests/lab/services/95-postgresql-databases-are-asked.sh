# shellcheck shell=sh disable=SC2086
# pgsql of real postgresql, which offers TLS.

serve real1 postgresql "$RIP1"
login='--login probe --password correct --database shop'

expect_up real1 postgresql 'row: OK from pgsql' pgsql "$RIP1" $login --request 'SELECT name FROM items' --receive '^OK'
expect_probe good 'logged in as probe' pgsql "$RIP1" $login
expect_probe good 'logged in as probe' pgsql "$RIP1" $login --tls
expect_wrong 'TLS: certificate' pgsql "$RIP1" $login --tls --verify
expect_wrong 'the query gives no row' pgsql "$RIP1" $login --request 'SELECT name FROM nothing'
expect_wrong 'answer lacks KO' pgsql "$RIP1" $login --request 'SELECT name FROM items' --receive KO
expect_wrong 'refused: relation "missing" does not exist' pgsql "$RIP1" $login --request 'SELECT 1 FROM missing'
expect_wrong 'refused: password authentication failed' pgsql "$RIP1" --login probe --password wrong --database shop
expect_wrong 'no answer within 1 s' pgsql "$RIP1" $login --request 'SELECT pg_sleep(60)' --timeout 1

server_hangs real1 postgresql
expect_hang pgsql "$RIP1" $login
server_dies real1 postgresql
expect_gone pgsql "$RIP1" $login
