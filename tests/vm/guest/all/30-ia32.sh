# SPDX-License-Identifier: MIT
# The system calls of 32-bit programs are seen and flagged ia32, each once: behind a stream's name stand how many of its
# records are flagged and what one of them has. Not seen without --ia32.
#
# needs: eunomia
# program: compat.s
# program: vdso.s
# helper: ia32_calls_static
# expect: ia32:files.open 5 "path":"/tmp/vdso-new"
# expect: ia32:files.close 6 "path":"/tmp/compat-new"
# expect: ia32:files.rename 1 "new_path":"/tmp/ia32/dir/renamed"
# expect: ia32:files.unlink 8 "path":"/tmp/compat-new"
# expect: ia32:files.link 2 "path":"/tmp/ia32/dir/linked"
# expect: ia32:files.chmod 2 "mode_new":2541
# expect: ia32:files.chown 3 "owner_uid":1,"owner_gid":4294967295
# expect: ia32:files.truncate 2 "length":4294967303
# expect: ia32:files.mkdir 1 "path":"/tmp/ia32/dir"
# expect: ia32:files.mknod 1 "path":"/tmp/ia32/dir/null"
# expect: ia32:files.mount 2 "fstype":"tmpfs"
# expect: ia32:files.io 2 "path":"/tmp/ia32/dir/other"
# expect: ia32:files.io_call 8 "offset":4294967312
# expect: ia32:files.slow 8 "call":"sendfile"
# expect: ia32:files.stat 6 "call":"statfs"
# expect: ia32:files.life 5 "path":"/tmp/vdso-new"
# expect: ia32:tcp.connect 2 "ret":-111
# expect: ia32:tcp.accept 1 "daddr":"127.0.0.1"
# expect: ia32:tcp.close 2 "tx_bytes":5
# expect: ia32:tcp.listen 1 "backlog":3
# expect: ia32:tcp.bind 1 "saddr":"127.0.0.1"
# expect: ia32:tcp.socket 7 "call":"socketpair"
# expect: ia32:tcp.traffic 2 "tx_bytes":5
# expect: ia32:tcp.dns_query 3 "name":"some.example"
# expect: ia32:ipc.signal 5 "call":"tgkill"
# expect: ia32:ipc.pipe 2 "call":"pipe2"
# expect: ia32:ipc.unix 5 "name":"@eunomia-ia32"
# expect: ia32:ipc.unix_message 2 "call":"sendmmsg"
# expect: ia32:ipc.shm 4 "name":"0x45554e32"
# expect: ia32:ipc.sem 2 "call":"semctl"
# expect: ia32:ipc.msg 2 "call":"msgget"
# expect: ia32:ipc.message 3 "call":"msgrcv"
# expect: ia32:ipc.mq 2 "call":"mq_open"
# expect: ia32:ipc.eventfd 1 "value":3
# expect: ia32:ipc.memfd 1 "name":"known-name"
# expect: ia32:ipc.vm 1 "bytes":4
# expect: ia32:process.exec 3 "argv":["first","second"]
# expect: ia32:process.cred 3 "call":"setfsuid"
# expect: ia32:process.namespace 3 "call":"unshare"
# expect: ia32:process.ptrace 1 "request":"PTRACE_SEIZE"
# expect: ia32:process.module 1 "name":"no-such-module"
# expect: ia32:process.bpf 1 "cmd":"BPF_PROG_LOAD"
# expect: ia32:process.dup 1 "call":"dup2"
# expect: ia32:process.prctl 4 "name":"known-name"
# expect: ia32:process.seccomp 1 "instructions":1
# expect: ia32:process.chroot 1 "path":"/"
# expect: ia32:process.keyctl 1 "operation":4711
# expect: ia32:process.personality 1 ADDR_NO_RANDOMIZE
# expect: ia32:process.perf_event 1 "target_nspid":4711
# expect: ia32:process.io_uring 1 "entries":4711
# expect: ia32:process.userfaultfd 1 "ret":-22
# expect: ia32:programs
# expect: ia32:end
# expect: ia32:off
# expect: ia32:end.off
. /tests/lib.sh

trace ia32 /tmp/ia32.json --plugin files,tcp,ipc,process --streams 'files.*,tcp.*,ipc.*,process.*' --set files.slow=0 \
	--ia32 on
status=$?
check ia32:end "eunomia ended with $status, not 0: $(tail -n 1 /tmp/ia32.json.err)" [ $status = 0 ]
check ia32:programs "a program failed: only $(ls /tmp/*.done)" \
	ls /tmp/compat.done /tmp/vdso.done /tmp/ia32-files.done /tmp/ia32-tcp.done /tmp/ia32-ipc.done /tmp/ia32-process.done
grep '"event_flags":\[[^]]*"ia32"' /tmp/ia32.json >/tmp/flagged
sed -n 's/^# expect: ia32:\([a-z]*\.[a-z_]* [0-9].*\)/\1/p' "$0" | while read -r stream count text; do
	grep -F "\"stream\":\"$stream\"" /tmp/flagged >/tmp/records
	if [ "$(wc -l </tmp/records)" != "$count" ]; then
		fail "ia32:$stream" "$(wc -l </tmp/records) records, not $count"
	else
		check "ia32:$stream" "none with '$text'" grep -qF -- "$text" /tmp/records
	fi
done

trace compat /tmp/off.json --plugin files
status=$?
check ia32:end.off "eunomia ended with $status, not 0: $(tail -n 1 /tmp/off.json.err)" [ $status = 0 ]
check ia32:off "a call was seen: $(grep -F compat-new /tmp/off.json)" [ -z "$(grep -F compat-new /tmp/off.json)" ]
