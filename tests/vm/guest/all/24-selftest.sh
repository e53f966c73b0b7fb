# SPDX-License-Identifier: MIT
# The shipped rules, also those for files and calls that the machine that builds may lack: all are seen here. Not the
# scripts: without KVM a processor is slower than their limits allow.
#
# needs: eunomia
# module: fs/overlayfs/overlay
# expect: selftest.status
# expect: selftest.caught
# expect: selftest.possible
. /tests/lib.sh

insmod /tests/modules/overlay.ko
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts

out=/tmp/selftest.json
set --
for file in /eunomia/share/eunomia/rules/*.ini; do
	set -- "$@" --rules "$file"
done
timeout -k 1 90 eunomia selftest --fmt json "$@" >$out 2>$out.err
status=$?
cat $out $out.err
check selftest.status "ended with $status: $(cat $out.err)" [ $status -eq 0 ]
check selftest.caught "only $(grep -c '"result":"caught"' $out)" [ "$(grep -c '"result":"caught"' $out)" -ge 39 ]
check selftest.possible "$(grep '"n/a"' $out)" [ -z "$(grep '"n/a"' $out | grep -v '"it is off"')" ]
