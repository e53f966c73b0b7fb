# SPDX-License-Identifier: MIT
"""
Containers for the tests, by the real runc: a root of busybox alone, an id that no other test has. Each is deleted at
the end, whatever became of it.

    a = self.container("echo hello")     # created; its init waits
    a.start()
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import eun

RUNC = shutil.which("runc")
BUSYBOX = "/bin/busybox"
NEEDED = [path for path in (RUNC, shutil.which("busybox")) if path]


def cgroup_mount():
    """Where the hierarchy is mounted that tells containers apart: cgroup2's; without it, that of v1's pids."""
    mounts = [line.split() for line in eun.read("/proc/self/mounts").splitlines()]
    v2 = [mount[1] for mount in mounts if mount[2] == "cgroup2"]
    return (v2 or [mount[1] for mount in mounts if mount[2] == "cgroup" and "pids" in mount[3].split(",")])[0]


class Container:
    def __init__(self, bundle, name):
        self.bundle, self.id, self.pid = bundle, name, None
        self.deleted = False

    def runc(self, *args, check=True):
        """One call; its output goes nowhere, as a container would keep a pipe open."""
        with tempfile.TemporaryFile() as said:
            run = subprocess.run([RUNC, *args], stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=eun.LIMIT,
                                 check=False)
            if check and run.returncode:
                said.seek(0)
                raise AssertionError(f"runc {' '.join(args)}: {run.returncode}: {said.read().decode()}")
        return run.returncode

    def create(self):
        """Up to where only its first program's execution is left to do."""
        file = os.path.join(self.bundle, self.id + ".pid")
        self.runc("create", "--bundle", self.bundle, "--pid-file", file, self.id)
        self.pid = int(eun.read(file))
        return self

    def start(self):
        self.runc("start", self.id)
        return self

    def run(self):
        """From begin to end."""
        self.runc("run", "--bundle", self.bundle, self.id)
        self.deleted = True
        return self

    def exec(self, *command):
        self.runc("exec", self.id, *command)

    def kill(self):
        self.runc("kill", self.id, "KILL")

    def wait(self):
        """Until its first process has ended."""
        for _ in range(eun.LIMIT * 100):
            run = subprocess.run([RUNC, "state", self.id], capture_output=True, check=True, timeout=eun.LIMIT)
            if json.loads(run.stdout)["status"] == "stopped":
                return self
            time.sleep(0.01)
        raise AssertionError(f"{self.id} does not end")

    def delete(self):
        if not self.deleted:
            self.runc("delete", "--force", self.id, check=False)
        self.deleted = True

    def path(self, name):
        """A file inside, as it is called outside."""
        return self.bundle + "/rootfs" + name

    def cgroup(self):
        """Its cgroup's folder."""
        line = re.search(r"^(?:0:|\d+:(?:.*,)?pids(?:,.*)?):(/.*)$", eun.read(f"/proc/{self.pid}/cgroup"), re.M)
        return cgroup_mount() + line[1]

    def go(self):
        """Lets a script go on that waits with WAIT."""
        with open(self.path("/gate"), "w", encoding="utf-8") as gate:
            gate.write("go\n")


def busybox_root(root):
    """A root file system: programs of busybox, and what is mounted on."""
    for folder in ("bin", "proc", "etc"):
        os.makedirs(os.path.join(root, folder))
    shutil.copy(shutil.which("busybox"), root + BUSYBOX)
    for applet in ("sh", "true", "cat", "sleep", "echo", "nc"):
        os.symlink("busybox", f"{root}/bin/{applet}")


# What a script begins with that is to wait for go(), without a program being run for it.
WAIT = "read line < /gate; "


@unittest.skipUnless(len(NEEDED) == 2, "needs runc and busybox-static")
class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="eun-oci-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.made = 0

    def container(self, script, name=None):
        """Not created yet. It runs `script` with busybox's sh; its programs are busybox under the names of bin/."""
        self.made += 1
        name = name or f"eun{os.getpid()}{chr(ord('a') + self.made % 26)}{self.made}"
        bundle = os.path.join(self.dir, name)
        root = os.path.join(bundle, "rootfs")
        busybox_root(root)
        os.mkfifo(root + "/gate")
        subprocess.run([RUNC, "spec", "--bundle", bundle], check=True)
        with open(bundle + "/config.json", encoding="utf-8") as file:
            spec = json.load(file)
        spec["process"]["terminal"] = False
        spec["process"]["args"] = ["/bin/sh", "-c", script]
        spec["root"]["readonly"] = False
        with open(bundle + "/config.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)
        made = Container(bundle, name)
        self.addCleanup(made.delete)
        return made
