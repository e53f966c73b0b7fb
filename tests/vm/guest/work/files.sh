# SPDX-License-Identifier: MIT
# One of each operation on files, all below /tmp/files.
d=/tmp/files
mkdir $d
echo text >$d/new
mv $d/new $d/moved
ln $d/moved $d/linked
ln -s moved $d/symbolic
chmod 600 $d/moved
chown 1:1 $d/moved
truncate -s 3 $d/moved
dd if=$d/moved of=$d/copy conv=fsync 2>/dev/null
mknod $d/null c 1 3
mkdir $d/mnt
mount -t tmpfs none $d/mnt
umount $d/mnt
rmdir $d/mnt
stat $d/copy >/dev/null
rm $d/moved $d/linked $d/symbolic $d/copy $d/null
rmdir $d
