# SPDX-License-Identifier: MIT
# As 10-plugins, for the plugin syscall, whose streams see 32-bit programs too.
#
# needs: eunomia
# program: compat.s
# expect: syscall.count "syscall":"mkdir","ret":0,"count":3
# expect: syscall.call "path":"/tmp/two"
# expect: ia32:syscall.call "path":"/tmp/compat-new"
# expect: ia32:syscall.count "syscall":"unlink","ret":0,"count":1
# expect: ia32:flag
# expect: ia32:end.syscall
# expect: latency
# expect: end.syscall
# expect: catalogue.syscall
. /tests/lib.sh

streams=$(sed -n 's/^# expect: \(syscall\.[a-z]*\) .*/\1/p' "$0" | paste -s -d ,)
trace syscall /tmp/syscall.json --plugin syscall --streams "$streams" --set syscall.latency=true
status=$?
check end.syscall "eunomia ended with $status, not 0: $(tail -n 1 /tmp/syscall.json.err)" [ $status = 0 ]
records /tmp/syscall.json syscall
check latency "no call took any time" grep -q '"time_ns":[1-9]' /tmp/syscall.json

trace compat /tmp/compat.json --plugin syscall --streams "$streams"
status=$?
check ia32:end.syscall "eunomia ended with $status, not 0: $(tail -n 1 /tmp/compat.json.err)" [ $status = 0 ]
records /tmp/compat.json syscall ia32
grep '"comm":"compat"' /tmp/compat.json | grep '"syscall":"unlink"' | grep -v '"event_flags":\[[^]]*"ia32"' >/tmp/unflagged
check ia32:flag "a record without it: $(head -n 1 /tmp/unflagged)" [ ! -s /tmp/unflagged ]

eunomia list streams --fmt json | grep -oE '"syscall\.[a-z_]+"' | tr -d '"' | sort -u >/tmp/declared
echo "$streams" | tr , '\n' | sort -u >/tmp/tested
check catalogue.syscall "declared (+) or tested here (-), not both: $(diff /tmp/tested /tmp/declared | grep '^[-+][a-z]')" \
	cmp /tmp/tested /tmp/declared
