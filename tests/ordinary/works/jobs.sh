# SPDX-License-Identifier: MIT
# cron until a job of the image has run; the daily jobs by hand; logs that are written, rotated and rotated again.
set -eu
cd "$W"
cron
for name in syslog auth.log app.log wtmp btmp; do
	echo "first line of $name" >>/var/log/$name
done
chmod 600 /var/log/btmp
cat >rotate.conf <<'L'
su root root
/var/log/syslog /var/log/auth.log {
	rotate 3
	size 1
	create 0640 root adm
	postrotate
		/bin/true
	endscript
}
/var/log/app.log {
	rotate 2
	size 1
	copytruncate
	compress
}
/var/log/wtmp /var/log/btmp {
	rotate 1
	size 1
	create 0600 root root
}
L
chmod 644 rotate.conf
i=0
while [ $i -lt 20 ]; do
	for name in syslog auth.log app.log wtmp btmp; do echo "line $i" >>/var/log/$name; done
	logger -s "line $i" 2>/dev/null || :
	logrotate -f -s "$W/state" rotate.conf
	i=$((i + 1))
done
savelog -q /var/log/app.log || :
for job in /etc/cron.daily/*; do
	[ "${job##*/}" = apt-compat ] || "$job" # which sleeps for up to half an hour
done
start=$(date +%s)
while ! [ -e /run/job-ran ] && [ $(($(date +%s) - start)) -lt 90 ]; do sleep 0.5; done
[ -e /run/job-ran ]
kill "$(cat /run/crond.pid)"
