# SPDX-License-Identifier: MIT
# Pids that are given again and again: with forty of them, each event still tells who did it.
#
# needs: eunomia
# expect: pids.again
# expect: pids.who
# expect: pids.end
. /tests/lib.sh

turns=60
mkdir /tmp/pids
cp /bin/busybox /tmp/pids/busybox
for turn in $(seq $turns); do
	at=/tmp/pids/$turn
	mkdir "$at"
	ln /tmp/pids/busybox "$at/sh" # a program and its maker of a name that no other turn has
	ln /tmp/pids/busybox "$at/cat"
	: >"$at/f"
	echo "$at/f,$at/cat,$at/sh"
done | sort >/tmp/pids/wanted
was=$(cat /proc/sys/kernel/pid_max)
echo 340 >/proc/sys/kernel/pid_max # from 300 on when they are used up

timeout -k 1 80 eunomia --plugin files --streams open --filter 'path glob /tmp/pids/*/f' --no-header \
	--fields path,exe,parent.exe,pid --fmt csv -o /tmp/pids/csv 2>/tmp/pids/err &
tracer=$!
wait_for started_or_gone /tmp/pids/err $tracer
for turn in $(seq $turns); do
	"/tmp/pids/$turn/sh" -c "/tmp/pids/$turn/cat /tmp/pids/$turn/f; :"
done
kill $tracer
wait $tracer
status=$?
echo "$was" >/proc/sys/kernel/pid_max
cat /tmp/pids/err
pids=$(sed 's/.*,//' /tmp/pids/csv | sort -u | wc -l)
check pids.again "$pids pids for $turns processes" [ "$pids" -gt 0 -a "$pids" -lt $((turns * 3 / 4)) ]
sed 's/,[0-9]*$//' /tmp/pids/csv | sort >/tmp/pids/found
check pids.who "$(diff /tmp/pids/wanted /tmp/pids/found | head -n 3 | tr '\n' ' ')" cmp /tmp/pids/wanted /tmp/pids/found
check pids.end "eunomia ended with $status: $(tail -n 1 /tmp/pids/err)" [ $status = 0 ]
rm -rf /tmp/pids
