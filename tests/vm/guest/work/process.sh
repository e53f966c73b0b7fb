# SPDX-License-Identifier: MIT
# A fork, an exec with a known argument, an exit with a known code; then what concerns rights.
/bin/true a-known-argument
sh -c 'exit 7'
/tests/bin/process_calls_static
unshare -u true
chroot /tests/.. /bin/true
touch /tmp/owned
chown 4711 /tmp/owned
insmod /tests/modules/dummy.ko numdummies=3
rmmod dummy
# 16 MiB for one who takes 64
mkdir /sys/fs/cgroup/small
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
echo 16M >/sys/fs/cgroup/small/memory.max
sh -c 'echo $$ >/sys/fs/cgroup/small/cgroup.procs; exec dd if=/dev/zero of=/dev/null bs=64M count=1'
rmdir /sys/fs/cgroup/small
