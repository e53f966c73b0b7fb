# SPDX-License-Identifier: MIT
# redis: its benchmark, with snapshots and an append-only file that is rewritten.
set -eu
cd "$W"
redis-server --port 16379 --dir "$W" --daemonize yes --appendonly yes --save "1 1000" --logfile "$W/redis.log" \
	--pidfile "$W/redis.pid" >/dev/null
while ! redis-cli -p 16379 ping >/dev/null 2>&1; do sleep 0.1; done
redis-benchmark -p 16379 -q -n "${REQUESTS:-20000}" -t set,get,lpush,zadd
redis-cli -p 16379 bgrewriteaof
redis-cli -p 16379 eval 'return redis.call("dbsize")' 0
redis-cli -p 16379 shutdown save || :
