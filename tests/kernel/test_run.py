# SPDX-License-Identifier: MIT
"""A run from its begin to its end: what keeps it from starting, who is meant, what ends it."""
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import eun
from live import Case, Live, accounts, summary

ALL = "files,process,tcp"
QUIET_LIMIT = 2  # seconds from a signal to the end
OPENAT = {"x86_64": "257"}.get(os.uname().machine, "56")


def mkdirs(folder, names):
    for name in names:
        os.mkdir(f"{folder}/{name}")


def tree(folder, name, gate):
    """Makes a folder when the gate opens; a child of it, and that one's child, do it after their parent's end."""
    for depth in range(3) if os.read(gate, 1) else ():
        os.mkdir(f"{folder}/{name}{depth}")
        parent = os.getpid()
        if depth < 2 and os.fork():
            os._exit(0)
        while depth < 2 and os.getppid() == parent:
            time.sleep(0.001)
    os._exit(0)


def made(out):
    """The names of the folders that were made, sorted."""
    events = [json.loads(line) for line in out.splitlines()]
    return sorted(os.path.basename(event["path"]) for event in events if event["stream"] == "files.mkdir")


class Refused(Case):
    def bad(self, status, text, *args, **how):
        """One line, nothing on stdout, no "started"; and nothing of libbpf's."""
        got, out, said = Live(*args, **how).end()
        self.assertEqual((got, out, len(said)), (status, b"", 1), said)
        self.assertTrue(said[0].startswith("eunomia: "), said)
        self.assertIn(text, said[0])

    def test_targets(self):
        gone = os.fork()
        if not gone:
            os._exit(0)
        os.waitpid(gone, 0)
        self.bad(1, f"there is no process {gone}", "--plugin", "process", "-p", gone)
        zombie = os.fork()
        if not zombie:
            os._exit(0)
        os.waitid(os.P_PID, zombie, os.WEXITED | os.WNOWAIT)
        self.bad(1, f"process {zombie} has ended", "--plugin", "process", "-p", zombie)
        os.waitpid(zombie, 0)
        ends = threading.Event()
        thread = threading.Thread(target=ends.wait)
        thread.start()
        try:
            self.bad(1, f"{thread.native_id} is a thread of process {os.getpid()}", "--plugin", "process", "-p",
                     thread.native_id)
        finally:
            ends.set()
            thread.join()

    def test_types(self):
        garbage = self.path("garbage")
        with open(garbage, "wb") as file:
            file.write(b"no BTF at all")
        self.bad(4, "BTF /no/such: can't be read: No such file or directory", "--plugin", "process", "-p",
                 self.target(), "--btf", "/no/such")
        self.bad(4, f"BTF {garbage}: it holds no kernel types", "--plugin", "process", "-p", self.target(), "--btf",
                 garbage)

    def test_types_of_a_file(self):
        """A copy of the kernel's own will do, and so will they themselves."""
        own = "/sys/kernel/btf/vmlinux"
        copy = shutil.copy(own, self.path("vmlinux"))
        for path in (own, copy):
            status, _, said = Live("--plugin", "process", "-p", self.target(), "--btf", path, "-T", "1ms").end()
            self.assertEqual((status, said[0]), (0, "eunomia: started"), said)

    def test_files(self):
        target = self.target()
        self.bad(1, "output /no/such/file: No such file", "--plugin", "process", "-p", target, "-o", "/no/such/file")
        self.bad(1, "/no/such/file: open: No such file", "--plugin", ALL, "-p", target, "--record", "/no/such/file")

    def test_an_ignored_signal_ends_a_start(self):
        """Nothing is lost between the start and the loop, however the caller had it."""
        fifo = self.path("fifo")
        os.mkfifo(fifo)  # that nobody reads: opening it waits
        live = Live("--plugin", "process", "-p", self.target(), "-o", fifo,
                    preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN))
        live.until(lambda: eun.read(f"/proc/{live.process.pid}/syscall").split()[0] == OPENAT)
        self.assertEqual(live.stop()[0], -signal.SIGTERM)


class Targets(Case):
    def test_two_pids(self):
        one, two = (self.child(mkdirs, self.dir, [name]) for name in ("one", "two"))
        other = self.child(mkdirs, self.dir, ["other"])
        live = Live("--plugin", "files", "--streams", "mkdir", "--fmt", "json", "-p", f"{one.pid},{two.pid}").started()
        for child in (other, one, two):
            child.go()
            child.wait()
        status, out, said = live.end()
        self.assertEqual((status, made(out)), (0, ["one", "two"]), said)

    def test_one_of_two_lives_on(self):
        one, two = (self.child(mkdirs, self.dir, [name]) for name in ("one", "two"))
        live = Live("--plugin", "files", "--streams", "mkdir", "--fmt", "json", "-p", one.pid, "-p", two.pid).started()
        one.go()
        one.wait()
        two.go()
        two.wait()
        status, out, said = live.end()
        self.assertEqual((status, made(out)), (0, ["one", "two"]), said)

    def test_user(self):
        uid = 61234
        os.chmod(self.dir, 0o777)

        def act(uid):
            os.setresuid(uid, uid, uid)
            os.mkdir(f"{self.dir}/{uid}")

        children = [self.child(act, number) for number in (uid, uid + 1)]
        live = Live("--plugin", "files", "--streams", "mkdir", "--fmt", "json", "-u", uid,
                    *(arg for child in children for arg in ("-p", child.pid))).started()
        for child in children:
            child.go()
            child.wait()
        status, out, said = live.end()
        self.assertEqual((status, made(out)), (0, [str(uid)]), said)

    def test_name(self):
        """A thread's name, as it is at the moment of the event; also where it is too long for the kernel."""
        def act():
            for name in ("before", "a-long-name-that-is-cut"):
                with open("/proc/self/comm", "w", encoding="ascii") as comm:
                    comm.write(name)
                os.mkdir(f"{self.dir}/{name}")

        child = self.child(act)
        out, said = self.watch(child, "--plugin", "files", "--streams", "mkdir", "--fmt", "json", "-n",
                               "a-long-name-that-is-cut")
        self.assertEqual(made(out), ["a-long-name-that-is-cut"], said)

    def root(self, name, ready, go, gate, others):
        """A process that has a child already, and makes another one when it is let go. They end with the test."""
        pid = os.fork()
        if pid:
            return pid
        for fd in others:
            os.close(fd)
        if not os.fork():
            tree(self.dir, name + "early", gate)
        os.write(ready, b"r")
        if os.read(go, 1) and not os.fork():
            tree(self.dir, name + "late", gate)
        os._exit(0)

    def test_follow(self):
        """Descendants alive at the start and later ones, also of parents that are dead; nobody beside them."""
        pipes = [os.pipe() for _ in range(3)]
        (is_ready, ready), (go, let_go), (gate, opened) = pipes
        roots = [self.root(name, ready, go, gate, (let_go, opened)) for name in ("mine", "other")]
        for _ in roots:
            os.read(is_ready, 1)
        live = Live("--plugin", "files", "--streams", "mkdir", "--fmt", "json", "--follow", "-p", roots[0]).started()
        os.write(let_go, b"g" * 2)
        os.write(opened, b"g" * 4)
        for pid in roots:
            os.waitpid(pid, 0)
        status, out, said = live.end()
        self.assertEqual(status, 0, said)
        self.assertEqual(made(out), sorted(f"mine{when}{depth}" for when in ("early", "late") for depth in range(3)))
        for fd in sum(pipes, ()):
            os.close(fd)

    def test_children_made_while_starting(self):
        """Of a process that forks all the time, every child is meant: found in /proc, or seen when it was forked."""
        gate, opened = os.pipe()

        def act():
            os.close(opened)
            pids = []
            while len(pids) < 400 and not os.path.exists(self.path("enough")):
                pid = os.fork()
                if not pid:
                    if os.read(gate, 1):
                        os.mkdir(self.path(f"child{os.getpid()}"))
                    os._exit(0)
                pids.append(pid)
                time.sleep(0.002)
            for pid in pids:
                os.waitpid(pid, 0)
            return pids

        child = self.child(act)
        child.go()
        live = Live("--plugin", "files", "--streams", "mkdir", "--fmt", "json", "--follow", "-p", child.pid).started()
        with open(self.path("enough"), "w", encoding="ascii"):
            os.write(opened, b"g" * 400)
        pids = child.wait()
        status, out, said = live.end()
        self.assertEqual(status, 0, said)
        self.assertGreater(len(pids), 3)
        self.assertEqual(made(out), sorted(f"child{pid}" for pid in pids))
        os.close(gate)
        os.close(opened)

    def test_never_the_host(self):
        """Though it is the target: its own writes and the like are no events."""
        command = ["sh", "-c", 'exec "$@" -p $$', "sh", eun.EUNOMIA, "--plugin", "files,process", "--streams",
                   "open,io_call,fork,exit", "-T", "300ms", "--stats", "-o", self.path("out")]
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=eun.LIMIT, check=False)
        said = run.stderr.decode().splitlines()
        self.assertEqual(run.returncode, 0, said)
        self.assertEqual(summary(said), (0, 0))
        for stream, counts in accounts(said).items():
            self.assertEqual((counts["sent"], counts["error"]), (0, 0), stream)


class End(Case):
    def check_signal(self, number, **how):
        """In time, with 0, and nothing missing that came before it."""
        folder = tempfile.mkdtemp(dir=self.dir)

        def act():
            mkdirs(folder, range(100))
            signal.pause()  # the target lives on: it is the signal that ends the run

        child = self.child(act)
        live = Live("--plugin", ALL, "--fmt", "json", "--follow", "-p", child.pid, **how).started()
        child.go()
        live.until(lambda: len(os.listdir(folder)) == 100)
        before = time.monotonic()
        status, out, said = live.stop(number)
        self.assertLess(time.monotonic() - before, QUIET_LIMIT)
        self.assertEqual(status, 0, said)
        self.assertEqual(len(made(out)), 100)
        self.assertEqual(summary(said), (len(out.splitlines()), 0))

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.check_signal(number)
            self.check_signal(number, preexec_fn=lambda: [signal.signal(n, signal.SIG_IGN)
                                                          for n in (signal.SIGINT, signal.SIGTERM)])

    def test_at_rest(self):
        target = self.target()
        live = Live("--plugin", ALL, "-p", target, "--stats").started()
        before = time.monotonic()
        status, out, said = live.stop(signal.SIGINT)
        self.assertLess(time.monotonic() - before, QUIET_LIMIT)
        self.assertEqual((status, out.count(b"\n"), summary(said)), (0, 1, (0, 0)))
        self.assertGreater(len(accounts(said)), 10)
        for counts in accounts(said).values():
            self.assertEqual(counts["error"], 0)

    def test_targets_gone(self):
        """Ends by itself; the events of the end are in it. With -T it does not."""
        for more in ([], ["-T", "1500ms"]):
            child = self.child(os._exit, 7)
            before = time.monotonic()
            live = Live("--plugin", "process", "--fmt", "json", "-p", child.pid, *more).started()
            child.go()
            child.wait()
            status, out, _ = live.end()
            events = [json.loads(line) for line in out.splitlines()]
            self.assertEqual(status, 0)
            self.assertEqual([(event["stream"], event["exit_code"]) for event in events], [("process.exit", 7)])
            if more:
                self.assertGreaterEqual(time.monotonic() - before, 1.5)

    def test_duration(self):
        target = self.target()
        for text, seconds in (("1", 1), ("500ms", 0.5)):
            live = Live("--plugin", "process", "-p", target, "-T", text).started()
            before = time.monotonic()
            status, _, said = live.end()
            self.assertEqual((status, summary(said)), (0, (0, 0)))
            self.assertGreater(time.monotonic() - before, seconds - 0.3)

    def test_teardown_is_left_to_another(self):
        """Whoever waits for the outputs to be closed waits for the host alone."""
        live = Live("--plugin", ALL, "-p", self.target(), "-T", "1ms", stdout=subprocess.PIPE)
        with live.process:
            live.process.stdout.read()
            before = time.monotonic()
            self.assertEqual(live.process.wait(eun.LIMIT), 0)
            self.assertLess(time.monotonic() - before, 1)
        live.close()


class Behind(Case):
    """What is left to the process that stays behind is gone when that is."""

    def setUp(self):
        super().setUp()
        self.tools = shutil.which("bpftool")
        if not self.tools:
            self.skipTest("no bpftool")
        self.adopt(1)
        self.addCleanup(self.adopt, 0)

    def adopt(self, yes):
        """Whether orphans become ours: PR_SET_CHILD_SUBREAPER."""
        self.assertEqual(ctypes.CDLL(None).prctl(36, yes, 0, 0, 0), 0)

    def held(self, pid):
        """{(kind, id)} of the kernel's BPF objects that the process has."""
        found = set()
        for name in os.listdir(f"/proc/{pid}/fdinfo"):
            found |= set(re.findall(r"^(prog|map|link)_id:\t(\d+)$", eun.read(f"/proc/{pid}/fdinfo/{name}"), re.M))
        return {(kind, int(number)) for kind, number in found}

    def exist(self, objects):
        """Those of them that the kernel still has."""
        there = set()
        for kind in ("prog", "map", "link"):
            run = subprocess.run([self.tools, "-j", kind, "show"], capture_output=True, timeout=eun.LIMIT, check=True)
            there |= {(kind, row["id"]) for row in json.loads(run.stdout)}
        return objects & there

    def test_nothing_is_left(self):
        target = self.target()
        seen = set()
        for _ in range(5):
            live = Live("--plugin", ALL, "-p", target).started()
            mine = self.held(live.process.pid)
            self.assertEqual({kind for kind, _ in mine}, {"prog", "map", "link"})
            self.assertEqual(self.exist(mine), mine)
            self.assertEqual(live.stop()[0], 0)
            seen |= mine
        signal.alarm(eun.LIMIT)
        orphans = 0
        while orphans < 5:
            pid, status = os.waitpid(-1, 0)
            self.assertNotEqual(pid, target)
            self.assertEqual(status, 0)
            orphans += 1
        for _ in range(100):  # the kernel frees what nobody has any more when it comes to it
            left = self.exist(seen)
            if not left:
                break
            time.sleep(0.1)
        signal.alarm(0)
        self.assertEqual(left, set())


if __name__ == "__main__":
    eun.main()
