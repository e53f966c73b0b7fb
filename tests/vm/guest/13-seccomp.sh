# SPDX-License-Identifier: MIT
# As 10-plugins, for the plugin seccomp: what a shell calls is learned, also in 32 bits.
#
# needs: eunomia
# program: compat.s
# expect: seccomp.learn "syscall":"mkdir","abi":"x86_64","nr":83,"what":"call"
# expect: ia32:seccomp.learn "syscall":"unlink","abi":"x86","nr":10,"what":"call"
# expect: load.seccomp
# expect: end.seccomp
. /tests/lib.sh

trace syscall /tmp/seccomp.json --plugin seccomp --streams seccomp.learn
status=$?
check end.seccomp "eunomia ended with $status, not 0: $(tail -n 1 /tmp/seccomp.json.err)" [ $status = 0 ]
records /tmp/seccomp.json seccomp

trace compat /tmp/seccomp32.json --plugin seccomp --streams seccomp.learn
records /tmp/seccomp32.json seccomp ia32

trace syscall /tmp/denied.json --plugin seccomp --streams seccomp.denied,seccomp.learn --set seccomp.args=true
status=$?
check load.seccomp "eunomia ended with $status, not 0: $(tail -n 1 /tmp/denied.json.err)" [ $status = 0 ]
