# SPDX-License-Identifier: MIT
# Every stream of ipc delivers a known event; who is behind a pid, a pidfd, a System V id is found.
#
# needs: eunomia
# helper: ipc_all
# expect: ipc.signal "signal":"SIGUSR2"
# expect: ipc.pipe "call":"pipe
# expect: ipc.unix "name":"@eunomia-ipc"
# expect: ipc.shm "name":"0x45554e00"
# expect: ipc.sem "name":"0x45554e00"
# expect: ipc.msg "name":"0x45554e00"
# expect: ipc.mq "name":"eunomia-ipc"
# expect: ipc.eventfd "value":47003
# expect: ipc.memfd "name":"eunomia-ipc"
# expect: ipc.vm "peer_comm":"ipc_all","bytes":5
# expect: ipc.message "name":"0x45554e00"
# expect: ipc.unix_message "bytes":5
# expect: end.ipc
# expect: catalogue.ipc
# expect: pid.checked
# expect: pidfd.sent
# expect: pidfd.taken
# expect: shm.attached
# expect: unix.accepted
. /tests/lib.sh

# one EVENT TEXT...: exactly one record has all the texts.
one() {
	local name=$1 text
	shift
	cp /tmp/ipc.json /tmp/records
	for text; do
		grep -F -- "$text" /tmp/records >/tmp/fewer
		mv /tmp/fewer /tmp/records
	done
	check "$name" "$(wc -l </tmp/records) records with $*" [ "$(wc -l </tmp/records)" = 1 ]
}

streams=$(expected 'ipc\.' | sed 's/^/ipc./; s/ .*//' | paste -s -d ,)
trace ipc /tmp/ipc.json --plugin ipc --streams "$streams"
status=$?
check end.ipc "eunomia ended with $status, not 0: $(tail -n 1 /tmp/ipc.json.err)" [ $status = 0 ]
records /tmp/ipc.json ipc
one pid.checked '"result":"checked"' '"target_comm":"ipc_all"'
one pidfd.sent '"call":"pidfd_send_signal"' '"target_comm":"ipc_all","result":"delivered"'
one pidfd.taken '"call":"pidfd_getfd"' '"peer_comm":"ipc_all"'
one shm.attached '"call":"shmat"' '"name":"0x45554e00"' '"peer_comm":"ipc_all","bytes":4096'
one unix.accepted '"call":"accept"' '"peer_comm":"ipc_all"'

# A stream that the plugin gains must get its line above.
eunomia list streams --fmt json | grep -oE '"ipc\.[a-z_]+"' | tr -d '"' | sort -u >/tmp/declared
expected '' | grep -oE '^ipc\.[a-z_]+' | sort -u >/tmp/tested
check catalogue.ipc "declared (+) or tested here (-), not both: $(diff /tmp/tested /tmp/declared | grep '^[-+][a-z]')" \
	cmp /tmp/tested /tmp/declared
