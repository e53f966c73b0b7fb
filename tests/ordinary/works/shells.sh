# SPDX-License-Identifier: MIT
# Users come and go: accounts, passwords, login shells with and without a terminal, su, sudo, what people do in them.
set -eu
cd "$W"
useradd -m -s /bin/bash anna
useradd -m -s /bin/sh bert
echo 'anna:secret' | chpasswd
usermod -aG sudo anna
passwd -S anna
chage -l bert
cat >day.sh <<'S'
ls -la ~ >/dev/null; id; groups; who; w >/dev/null; ps aux >/dev/null; df -h >/dev/null; free >/dev/null; uptime
find /usr/share/doc -name 'copy*' | head -200 | xargs -n 20 wc -l >/dev/null
for i in 1 2 3 4 5 6 7 8 9 10; do date >~/day$i; cp ~/day$i ~/copy$i; mv ~/copy$i ~/moved$i; done
tar -C ~ -czf ~/all.tgz . 2>/dev/null || :
grep -r root /etc/default /usr/share/doc/bash >/dev/null 2>&1 || :
sed -i s/a/b/ ~/day1; sort ~/day* | uniq -c | awk '{ print $1 }' >/dev/null
ping -c 1 127.0.0.1 >/dev/null || :
python3 -c 'print(1)'
S
chmod 755 "$W" day.sh
i=0
while [ $i -lt 20 ]; do
	su -l anna -c "bash $W/day.sh" >/dev/null
	su -l bert -c "sh $W/day.sh" >/dev/null
	runuser -u anna -- bash -lc 'echo $HOME' >/dev/null
	bash -lc 'cat /etc/os-release' >/dev/null
	i=$((i + 1))
done
script -qec "su -l anna" /dev/null <<'S'
history
exit
S
script -qec "login -f anna" /dev/null <<'S'
tty
exit
S
echo 'anna ALL=(ALL) NOPASSWD: ALL' | EDITOR='tee' visudo -f "$W/sudoers" >/dev/null 2>&1 || :
script -qec "bash -li" /dev/null <<'S'
sudo -n true
sudo -u bert id
exit
S
sudo -u anna -i id
userdel -r bert
groupadd workers
gpasswd -a anna workers
groupdel workers
