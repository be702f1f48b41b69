# shellcheck shell=sh disable=SC2086
# mysql of real mariadb.

serve real1 mariadb "$RIP1"
login='--login probe --password correct --database shop'

expect_up real1 mariadb 'row: OK from mysql' mysql "$RIP1" $login --request 'SELECT name FROM items' --receive '^OK'
expect_probe good 'logged in as probe' mysql "$RIP1" $login
expect_wrong 'the query gives no row' mysql "$RIP1" $login --request 'SELECT name FROM nothing'
expect_wrong 'answer lacks KO' mysql "$RIP1" $login --request 'SELECT name FROM items' --receive KO
expect_wrong "refused: Table 'shop.missing' doesn't exist" mysql "$RIP1" $login --request 'SELECT 1 FROM missing'
expect_wrong 'refused: Access denied' mysql "$RIP1" --login probe --password wrong
expect_wrong 'no answer within 1 s' mysql "$RIP1" $login --request 'SELECT SLEEP(60)' --timeout 1

server_hangs real1 mariadb
expect_hang mysql "$RIP1" $login
server_dies real1 mariadb
expect_gone mysql "$RIP1" $login
