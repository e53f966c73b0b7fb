# SPDX-License-Identifier: MIT
# As 10-plugins, for the plugin profile: a shell that works and waits is found on a CPU and off it.
#
# needs: eunomia
# expect: profile.sample "count":1
# expect: profile.offcpu "count":1
# expect: end.profile
# expect: catalogue.profile
. /tests/lib.sh

streams=$(sed -n 's/^# expect: \(profile\.[a-z]*\) .*/\1/p' "$0" | paste -s -d ,)
trace profile /tmp/profile.json --plugin profile --streams "$streams" --set profile.frequency=999
status=$?
check end.profile "eunomia ended with $status, not 0: $(tail -n 1 /tmp/profile.json.err)" [ $status = 0 ]
records /tmp/profile.json profile

eunomia list streams --fmt json | grep -oE '"profile\.[a-z_]+"' | tr -d '"' | sort -u >/tmp/declared
echo "$streams" | tr , '\n' | sort -u >/tmp/tested
check catalogue.profile "declared (+) or tested here (-), not both: $(diff /tmp/tested /tmp/declared | grep '^[-+][a-z]')" \
	cmp /tmp/tested /tmp/declared
