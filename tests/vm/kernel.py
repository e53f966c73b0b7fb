# SPDX-License-Identifier: MIT
"""Debian's cloud kernels: found in apt's lists, downloaded and unpacked into a cache. Nothing is installed."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

SERIES = ("6.1", "6.12")


class Error(Exception):
    pass


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("EUNOMIA_VM_CACHE") or os.path.join(base, "eunomia-vm")


def version_key(package):
    return [int(number) for number in re.findall(r"\d+", package)]


def known_packages(series):
    """The signed cloud kernels of a series that apt knows, oldest first."""
    pattern = rf"^linux-image-{re.escape(series)}\.[0-9][^ ]*-cloud-amd64$"
    search = ["apt-cache", "search", "--names-only", pattern]
    found = subprocess.run(search, capture_output=True, text=True, check=True).stdout
    return sorted((line.split()[0] for line in found.splitlines()), key=version_key)


def cached_packages(series, cache):
    found = glob.glob(os.path.join(cache, f"linux-image-{series}.*-cloud-amd64"))
    return sorted((os.path.basename(path) for path in found), key=version_key)


def download(package, cache):
    """Unpacks beside its place and renames, so that what has the package's name is whole."""
    work = tempfile.mkdtemp(prefix="download-", dir=cache)
    try:
        get = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package]
        done = subprocess.run(get, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        debs = glob.glob(os.path.join(work, "*.deb"))
        if done.returncode or len(debs) != 1:
            raise Error(f"{package}: apt-get download failed: {done.stderr.strip() or 'no file came'}")
        tree = os.path.join(work, "tree")
        subprocess.run(["dpkg-deb", "-x", debs[0], tree], check=True)
        try:
            os.rename(tree, os.path.join(cache, package))
        except OSError:
            if not os.path.isdir(os.path.join(cache, package)):  # else another run was faster
                raise
    finally:
        shutil.rmtree(work)


def choose(series, cache):
    """The newest that apt knows; one that is cached already, if that cannot be had."""
    known, cached = known_packages(series), cached_packages(series, cache)
    if known and known[-1] in cached:
        return known[-1]
    if known:
        try:
            download(known[-1], cache)
            return known[-1]
        except Error as error:
            if not cached:
                raise
            print(f"vm: {error}; taking {cached[-1]} from {cache}", file=sys.stderr)
    if cached:
        return cached[-1]
    raise Error(f"kernel {series}: apt knows no linux-image-{series}.*-cloud-amd64 "
                "(run apt-get update; Debian 12 has both series in bookworm-security)")


def fetch(series):
    """The path of a vmlinuz of the series."""
    cache = cache_dir()
    os.makedirs(cache, exist_ok=True)
    package = choose(series, cache)
    images = glob.glob(os.path.join(cache, package, "boot", "vmlinuz-*"))
    if len(images) != 1:
        raise Error(f"{os.path.join(cache, package)}: {len(images)} files boot/vmlinuz-*, not 1 (remove it, run again)")
    return images[0]
