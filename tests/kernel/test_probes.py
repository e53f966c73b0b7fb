# SPDX-License-Identifier: MIT
"""attach[]: probes in user space, in running programs, in later ones, in libraries loaded later, in containers."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

import eun
from eun import HELPERS, Run, of

PLUGINS = HELPERS + "/probed"
PETS = HELPERS + "/pets"
hosts = []


class Pets:
    def __init__(self, path=PETS):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid

    def do(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(eun.LIMIT)
        self.process.stdout.close()


def run(*args):
    host = Run("--plugin", "probed", "--plugin-path", PLUGINS, *args)
    hosts.append(host.process)
    return host.started()


def hits(events, cookie, pid=None):
    return [(e["a"], e["b"]) for e in of(events, "probed.hit")
            if e["cookie"] == cookie and (pid is None or e["pid"] == pid)]


def programs():
    """Programs of the plugin that the kernel has: a probe holds its program."""
    text = subprocess.run(["bpftool", "prog", "show"], capture_output=True, text=True, check=True).stdout
    return text.count("name probed_")


def changed(pets):
    """Bytes of its code that are not those of its file: breakpoints."""
    for line in eun.read(f"/proc/{pets.pid}/maps").splitlines():
        span, flags, offset, _, _, *path = line.split()
        if "x" in flags and path and path[0].endswith("/pets"):
            start, end = (int(part, 16) for part in span.split("-"))
            with open(f"/proc/{pets.pid}/mem", "rb") as memory, open(path[0], "rb") as file:
                memory.seek(start)
                file.seek(int(offset, 16))
                code = file.read(end - start)
                return sum(a != b for a, b in zip(memory.read(len(code)), code))
    raise AssertionError("no code of pets")


class Probes(unittest.TestCase):
    def tearDown(self):
        while hosts:  # of a test that failed: its probes would be in the next one's programs
            host = hosts.pop()
            host.kill()
            host.wait()

    def check(self, events, pid, n):
        self.assertEqual(hits(events, 1, pid), [(i, 0) for i in range(n)])
        self.assertEqual(hits(events, 2, pid), [(3 * i + 1, 0) for i in range(n)])
        self.assertEqual(hits(events, 3, pid), [(i, i + 1000) for i in range(n)])

    def test_pid(self):
        """Of two that run the same program one has the probes, and none is left in it afterwards."""
        one, two = Pets(), Pets()
        host = run("-p", one.pid)
        self.assertIn("3 probes in", host.said)
        self.assertIn("no_such_pet: no symbol", host.said)
        self.assertIn("no process that is meant has code of libpets.s[o]", host.said)
        self.assertEqual(one.do("feed 100"), 3 * 4950 + 100)
        two.do("feed 100")
        self.assertEqual((changed(one) > 0, changed(two)), (True, 0))
        host.wait_for(lambda event: event["a"] == 3 * 99 + 1)
        events = host.stop()
        self.check(events, one.pid, 100)
        self.assertEqual({e["pid"] for e in events}, {one.pid})
        deadline = time.monotonic() + 20
        while (programs() or changed(one)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual((programs(), changed(one)), (0, 0))
        one.end()
        two.end()

    def test_option(self):
        pets = Pets()
        host = run("-p", pets.pid, "--set", "probed.more=true")
        self.assertIn("pets:unicorn: no such static probe", host.said)
        pets.do("feed 10")
        pets.end()
        events = host.end()
        self.assertEqual(len(hits(events, 6)), 10)
        self.check(events, pets.pid, 10)

    def test_later(self):
        """Nobody has the program yet; then one does, with a stripped one of another place and a library, too."""
        with tempfile.TemporaryDirectory() as folder:
            other = folder + "/pets"
            shutil.copy(PETS, other)
            subprocess.run(["strip", other], check=True)
            host = run("-n", "pets", "--filter", "cookie > 0")
            self.assertIn("no process that is meant has code of pets", host.said)
            pets = Pets()
            while not hits(host.events(), 1, pets.pid):  # the probe is put while the program starts
                pets.do("feed 1")
            library = Pets()
            library.do("load " + HELPERS + "/libpets.so")
            while not hits(host.events(), 5, library.pid):
                library.do("walk 1")
            library.do("feed 20")
            stripped = Pets(other)
            while not hits(host.events(), 3, stripped.pid):  # a static probe needs no symbol
                stripped.do("feed 1")
            for each in pets, library, stripped:
                each.end()
            events = host.stop()
        self.check(events, library.pid, 20)
        self.assertFalse(hits(events, 1, stripped.pid))

    def test_path(self):
        with tempfile.TemporaryDirectory() as folder:
            other = folder + "/cats"
            shutil.copy(PETS, other)
            cats, pets = Pets(other), Pets()
            host = run("-n", "cats", "-n", "pets", "--set", "probed.binary=" + other)
            cats.do("feed 5")
            pets.do("feed 5")
            cats.end()
            pets.end()
            events = host.stop()
        self.check(events, cats.pid, 5)
        self.assertFalse(hits(events, 1, pets.pid))

    def test_same_inode_once(self):
        """One inode through two mounts, as two containers of one image have it: one probe."""
        with tempfile.TemporaryDirectory() as folder:
            for name in "lower", "a", "b", "up_a", "up_b", "w_a", "w_b":
                os.mkdir(f"{folder}/{name}")
            shutil.copy(PETS, folder + "/lower/pets")
            mounts = []
            try:
                for name in "a", "b":
                    if subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                                       f"lowerdir={folder}/lower,upperdir={folder}/up_{name},workdir={folder}/w_{name}",
                                       f"{folder}/{name}"], capture_output=True, check=False).returncode:
                        self.skipTest("no overlay of overlays here")
                    mounts.append(f"{folder}/{name}")
                a, b = Pets(folder + "/a/pets"), Pets(folder + "/b/pets")
                host = run("-n", "pets")
                a.do("feed 7")
                b.do("feed 9")
                a.end()
                b.end()
                events = host.stop()
            finally:
                for mount in mounts:
                    subprocess.run(["umount", "-l", mount], check=True)
        self.check(events, a.pid, 7)
        self.check(events, b.pid, 9)


if __name__ == "__main__":
    eun.main()
