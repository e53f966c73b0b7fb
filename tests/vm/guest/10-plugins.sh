# SPDX-License-Identifier: MIT
# Every stream of process, files and tcp delivers a known event. After a name stands a text that one of the stream's
# records must hold; the work that causes it is in work/.
#
# needs: eunomia
# helper: process_calls_static
# module: drivers/net/dummy
# helper: tcp_resolver
# expect: process.exec a-known-argument
# expect: process.fork
# expect: process.exit
# expect: process.cred "new_uid":4711
# expect: process.namespace "types":["CLONE_NEWUTS"]
# expect: process.ptrace PTRACE_SEIZE
# expect: process.module "name":"dummy"
# expect: process.bpf BPF_PROG_LOAD
# expect: process.oom "victim_comm":"dd"
# expect: process.capable "name":"CAP_CHOWN","audit":"yes"
# expect: process.dup "dport":47003
# expect: process.prctl known-name
# expect: process.seccomp SECCOMP_SET_MODE_FILTER
# expect: process.chroot "path":"/"
# expect: process.keyctl "arg2":4711
# expect: process.personality ADDR_NO_RANDOMIZE
# expect: process.perf_event "target_nspid":4711
# expect: process.io_uring "entries":4711
# expect: process.userfaultfd "ret":-22
# expect: files.open /tmp/files/new
# expect: files.close /tmp/files/new
# expect: files.rename /tmp/files/moved
# expect: files.unlink /tmp/files/moved
# expect: files.link /tmp/files/linked
# expect: files.chmod /tmp/files/moved
# expect: files.chown /tmp/files/moved
# expect: files.truncate /tmp/files/moved
# expect: files.mkdir /tmp/files
# expect: files.mknod /tmp/files/null
# expect: files.mount /tmp/files/mnt
# expect: files.io /tmp/files/copy
# expect: files.io_call /tmp/files/copy
# expect: files.slow /tmp/files/copy
# expect: files.stat /tmp/files/copy
# expect: files.life /tmp/files/copy
# expect: tcp.connect 47001
# expect: tcp.accept 47001
# expect: tcp.close 47001
# expect: tcp.state 47001
# expect: tcp.retransmit 47002
# expect: tcp.rtt "slots":[{"lo"
# expect: tcp.listen 47001
# expect: tcp.bind 47001
# expect: tcp.socket "family":"AF_INET","type":"SOCK_STREAM"
# expect: tcp.traffic "dport":47001
# expect: tcp.udp "dport":53
# expect: tcp.udp_call "dport":53
# expect: tcp.dns_query "name":"some.example"
# expect: tcp.dns "rcode":"NXDOMAIN"
# expect: end.process
# expect: end.files
# expect: end.tcp
# expect: catalogue
. /tests/lib.sh

for plugin in process files tcp; do
	streams=$(expected "$plugin\\." | sed "s/^/$plugin./; s/ .*//" | paste -s -d ,)
	[ $plugin = files ] && set -- --set files.slow=0 || set --
	trace $plugin /tmp/$plugin.json --plugin $plugin --streams "$streams" "$@"
	status=$?
	check end.$plugin "eunomia ended with $status, not 0: $(tail -n 1 /tmp/$plugin.json.err)" [ $status = 0 ]
	records /tmp/$plugin.json $plugin
done

# A stream that a plugin gains must get its line above.
eunomia list streams --fmt json | grep -oE '"(process|files|tcp)\.[a-z_]+"' | tr -d '"' | sort -u >/tmp/declared
expected '' | grep -oE '^(process|files|tcp)\.[a-z_]+' | sort -u >/tmp/tested
check catalogue "declared (+) or tested here (-), not both: $(diff /tmp/tested /tmp/declared | grep '^[-+][a-z]')" \
	cmp /tmp/tested /tmp/declared
