# SPDX-License-Identifier: MIT
# Containers as targets where cgroup v2 is alone, and where there is v1 alone. No runtime is needed: a cgroup, a process
# and runc's state file are made in the order that runc makes them.
#
# needs: eunomia
# expect: v2.mounted
# expect: v2.end
# expect: v2.inside
# expect: v2.outside
# expect: v2.start
# expect: v2.stop
# expect: v1.mounted
# expect: v1.end
# expect: v1.inside
# expect: v1.outside
# expect: v1.start
# expect: v1.stop
. /tests/lib.sh

# container NAME CGROUPS KEY: a run that waits for NAME, and NAME, which comes and ends.
container() {
	local name=$1 folder=$2/$1 key=$3 out=/tmp/$1.json tracer inside status
	rm -f /tmp/go
	mkfifo /tmp/go
	timeout -k 1 60 eunomia --plugin process,container --streams 'process.exec,container.*' -c "$name" --fmt json \
		-o "$out" 2>"$out.err" &
	tracer=$!
	wait_for started_or_gone "$out.err" "$tracer" || kill "$tracer"
	mkdir "$folder"
	sh -c 'echo $$ >"$0/cgroup.procs"; read -r go </tmp/go; exec cat /tests/lib.sh' "$folder" >/dev/null &
	inside=$!
	mkdir -p "/run/runc/$name"
	cat >/run/runc/new <<-END
		{"id":"$name","init_process_pid":$inside,"init_process_start":"$(cut -d ' ' -f 22 /proc/$inside/stat)",
		 "cgroup_paths":{"$key":"$folder"}}
	END
	wait_for grep -q "$inside" "$folder/cgroup.procs"
	mv /run/runc/new "/run/runc/$name/state.json"
	echo go >/tmp/go
	cat /tests/work/process.sh >/dev/null
	wait "$inside"
	rmdir "$folder"
	wait "$tracer"
	status=$?
	cat "$out.err" "$out"
	check "$name.end" "eunomia ended with $status: $(tail -n 1 "$out.err")" [ $status = 0 ]
	grep '"process.exec"' "$out" | grep -F /tests/lib.sh >/tmp/inside
	check "$name.inside" "not told: $(tail -n 1 "$out")" grep -q "\"container\":{\"id\":\"$name\".*\"runc\"" /tmp/inside
	check "$name.outside" "$(grep -c '"process.exec"' "$out") programs, not 1" \
		[ "$(grep -c '"process.exec"' "$out")" = 1 ]
	check "$name.start" "no container.start" grep -q "\"container.start\".*\"id\":\"$name\"" "$out"
	check "$name.stop" "no container.stop" grep -q "\"container.stop\".*\"id\":\"$name\"" "$out"
}

check v2.mounted "/sys/fs/cgroup isn't cgroup2" grep -q ' /sys/fs/cgroup cgroup2 ' /proc/mounts
container v2 /sys/fs/cgroup ""

umount /sys/fs/cgroup
mount -t tmpfs cgroups /sys/fs/cgroup
mkdir /sys/fs/cgroup/pids
wait_for mount -t cgroup -o pids pids /sys/fs/cgroup/pids
check v1.mounted "cgroup2 is there, or v1 isn't" \
	sh -c 'grep -q " cgroup rw.*pids" /proc/mounts && ! grep -q " cgroup2 " /proc/mounts'
container v1 /sys/fs/cgroup/pids pids
umount /sys/fs/cgroup/pids /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
