# SPDX-License-Identifier: MIT
# What the other tests stand on: the right kernel, its BTF, the mounts, the loopback, and the hooks that a kernel of
# Debian has and others may lack.
#
# expect: kernel.release
# expect: kernel.cpus
# expect: kernel.btf
# expect: kernel.tracepoint
# expect: kernel.lsm
# expect: kernel.kprobe
# expect: mounts
# expect: loopback
. /tests/lib.sh

case $(uname -r) in
"$VM_SERIES".*) pass kernel.release ;;
*) fail kernel.release "$(uname -r) is not $VM_SERIES" ;;
esac
check kernel.cpus "$(nproc) CPUs" [ "$(nproc)" = 2 ]
magic=$(head -c 2 /sys/kernel/btf/vmlinux | xxd -p)
check kernel.btf "/sys/kernel/btf/vmlinux begins with '$magic'" [ "$magic" = 9feb ]
check kernel.tracepoint "no sys_enter_openat in tracefs" [ -e /sys/kernel/tracing/events/syscalls/sys_enter_openat/id ]
lsm=$(cat /sys/kernel/security/lsm)
check kernel.lsm "bpf isn't among $lsm" sh -c 'case ,$0, in *,bpf,*) ;; *) false ;; esac' "$lsm"
check kernel.kprobe "no kprobe PMU" [ -e /sys/bus/event_source/devices/kprobe/type ]

missing=
for mount in /dev:devtmpfs /proc:proc /sys:sysfs /tmp:tmpfs /sys/kernel/tracing:tracefs /sys/fs/bpf:bpf \
	/sys/fs/cgroup:cgroup2; do
	grep -q "^[^ ]* ${mount%:*} ${mount#*:} " /proc/mounts || missing="$missing $mount"
done
check mounts "not mounted:$missing" [ -z "$missing" ]
check loopback "127.0.0.1 or ::1 doesn't answer" sh -c 'ping -c 1 -w 5 127.0.0.1 && ping6 -c 1 -w 5 ::1'
