# SPDX-License-Identifier: MIT
# Twenty packages with all that they need: servers, languages, a database that is set up; then some go again.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -qy install --no-install-recommends curl less vim-tiny man-db sudo openssh-server cron logrotate rsyslog \
	nginx-light redis-server postgresql apache2 php-fpm exim4-daemon-light python3-requests git rsync \
	unattended-upgrades fakeroot
apt-get -qy install --reinstall less sudo
dpkg --configure -a
dpkg --verify || :
apt-get -qy remove vim-tiny redis-server
apt-get -qy purge rsyslog apache2 cron
apt-get -qy autoremove
apt-get -qy upgrade
apt-get clean
dpkg -l >/dev/null
apt-cache search editor >/dev/null
