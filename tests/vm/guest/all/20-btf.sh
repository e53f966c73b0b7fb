# SPDX-License-Identifier: MIT
# A kernel that shows no BTF, played by an empty folder over /sys/kernel/btf: with --btf FILE the plugins work, without
# it eunomia says what is missing and ends with 4.
#
# needs: eunomia
# expect: btf:process.exec a-known-argument
# expect: btf:process.exit
# expect: btf:files.open /tmp/files/new
# expect: btf:files.unlink /tmp/files/moved
# expect: btf:tcp.connect 47001
# expect: btf:tcp.close 47001
# expect: btf:end.process
# expect: btf:end.files
# expect: btf:end.tcp
# expect: btf:none.status
# expect: btf:none.message
. /tests/lib.sh

cp /sys/kernel/btf/vmlinux /tmp/vmlinux.btf
mount -t tmpfs none /sys/kernel/btf
for plugin in process files tcp; do
	trace $plugin /tmp/btf.json --plugin $plugin --btf /tmp/vmlinux.btf
	status=$?
	check btf:end.$plugin "eunomia ended with $status, not 0: $(tail -n 1 /tmp/btf.json.err)" [ $status = 0 ]
	records /tmp/btf.json $plugin btf
done

trace files /tmp/btf.json --plugin files
status=$?
check btf:none.status "eunomia ended with $status, not 4" [ $status = 4 ]
check btf:none.message "no word of BTF: $(tail -n 1 /tmp/btf.json.err)" grep -q BTF /tmp/btf.json.err
umount /sys/kernel/btf
