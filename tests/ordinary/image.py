# SPDX-License-Identifier: MIT
"""
Root file systems of Debian: `base` is what debootstrap makes, `tools` has besides what the works need and what an image
brings along: users, keys, a job of cron. Made once, kept in ~/.cache/eunomia-ordinary.
"""
import os
import shutil
import subprocess

CACHE = os.environ.get("EUNOMIA_ORDINARY_CACHE", os.path.expanduser("~/.cache/eunomia-ordinary"))
SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
SETUP = """
set -eu
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -q update
apt-get -qy install --no-install-recommends gcc libc6-dev make cmake git nginx-light wrk redis-server redis-tools \\
	openssh-server openssh-client openssh-sftp-server rsync cron logrotate bsdutils login passwd sudo procps \\
	iputils-ping python3 python3-venv mailcap
apt-get clean
useradd -m -s /bin/bash carl
mkdir -p /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /etc/ssh/keys
chmod 644 /etc/ssh/keys
echo '* * * * * root /bin/sh -c "date >/run/job-ran"' >/etc/cron.d/work
"""


def make(name, how):
    """The folder; how(folder) fills it, if it is not there yet."""
    path = os.path.join(CACHE, name)
    if not os.path.isdir(path):
        making = path + ".making"
        shutil.rmtree(making, ignore_errors=True)
        os.makedirs(CACHE, exist_ok=True)
        print(f"making the image {name}", flush=True)
        how(making)
        os.rename(making, path)
    return path


def debootstrap(path):
    subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, path, MIRROR], check=True,
                   stdout=subprocess.DEVNULL)


def set_up(path):
    """What the packages run in there sees its own processes only, and nothing of it stays mounted."""
    subprocess.run(["cp", "-a", base(), path], check=True)
    shutil.copy("/etc/resolv.conf", path + "/etc/resolv.conf")
    subprocess.run(["unshare", "-m", "-p", "-f", "--kill-child", "sh", "-c",
                    'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/sh -c "$1"', path, SETUP], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def base():
    return make("base", debootstrap)


def tools():
    return make("tools", set_up)
