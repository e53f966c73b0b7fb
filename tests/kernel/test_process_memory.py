# SPDX-License-Identifier: MIT
"""process.oom and process.capable, and their tools."""
import ctypes
import os
import re
import signal
import subprocess

import eun
from process_case import EPERM, NOBODY, Case, fork, libc, of_stream

MEMORY = "/sys/fs/cgroup/memory"
LIMIT = 32 << 20
PAGE = os.sysconf("SC_PAGESIZE")
NOT_ROOT = 12345


class Group:
    """A cgroup of the test's own with little memory."""

    def __init__(self, case):
        if os.path.exists(MEMORY + "/memory.limit_in_bytes"):
            self.path, limit = f"{MEMORY}/eun-{os.getpid()}", "memory.limit_in_bytes"
        elif "memory" in eun.read("/sys/fs/cgroup/cgroup.subtree_control").split():
            self.path, limit = f"/sys/fs/cgroup/eun-{os.getpid()}", "memory.max"
        else:
            case.skipTest("no cgroup of memory")
        os.mkdir(self.path)
        case.addCleanup(os.rmdir, self.path)
        self.write(limit, LIMIT)

    def write(self, name, value):
        with open(f"{self.path}/{name}", "w", encoding="ascii") as file:
            file.write(str(value))

    def fill(self):
        """Goes in there and takes memory until it is killed."""
        self.write("cgroup.procs", os.getpid())
        libc.prctl(15, b"glutton", 0, 0, 0)
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("700")
        os.setresuid(NOT_ROOT, NOT_ROOT, NOT_ROOT)
        hoard = []
        while len(hoard) < 4 * LIMIT >> 20:
            hoard.append(b"x" * (1 << 20))


def glutton(group):
    pid, status = fork(group.fill)
    return pid, os.WTERMSIG(status) if os.WIFSIGNALED(status) else -1


class Oom(Case):
    def told(self, pid):
        """The pages that the kernel's log says the victim had; CPUs may have some that are not in the sum yet."""
        log = subprocess.run(["dmesg"], capture_output=True, text=True, check=True).stdout
        line = re.findall(rf"Killed process {pid} .*", log)[-1]
        return {kind: int(re.search(rf"{name}:(\d+)kB", line)[1]) * 1024 // PAGE for kind, name in
                (("total_vm", "total-vm"), ("anon", "anon-rss"), ("file", "file-rss"), ("shmem", "shmem-rss"))}

    def test_killed(self):
        """Who is killed is who asked: nobody else is in the cgroup."""
        group = Group(self)
        child, events = of_stream("oom", glutton, group)
        pid, number = child.result
        self.assertEqual(number, signal.SIGKILL)
        event = self.one(events)
        self.check(event, pid=pid, comm="glutton", victim_pid=pid, victim_tid=pid, victim_uid=NOT_ROOT,
                   victim_comm="glutton", oom_score_adj=700, victim_cgroup=event["cgroup"])
        for kind, pages in self.told(pid).items():
            self.assertAlmostEqual(event[kind + "_pages"], pages, delta=256, msg=event)
        self.assertGreater(event["anon_pages"], LIMIT // 2 // PAGE)
        self.assertEqual(event["pages"], event["anon_pages"] + event["file_pages"] + event["shmem_pages"])
        self.assertGreater(event["total_vm_pages"], event["anon_pages"])

    def test_tool(self):
        group = Group(self)
        child = eun.Child(glutton, group)
        run = eun.Run("run", "oomkill", "-p", child.pid, "--follow", fmt="text").started()
        child.go()
        pid, _ = child.wait()
        head, row = run.end().splitlines()
        self.assertEqual(head.split(), ["TIME", "PID", "COMM", "KILLED_PID", "KILLED_COMM", "PAGES"])
        self.assertEqual(row.split()[1:5], [str(pid), "glutton", str(pid), "glutton"])
        self.assertGreater(int(row.split()[5]), LIMIT // 2 // PAGE)


# Calls that ask for one capability each before anything else, and fail then.
REBOOT, IOPERM = {"x86_64": (169, 173)}.get(os.uname().machine, (142, None))
ASKED = "name in (CAP_SYS_BOOT, CAP_SYS_PACCT, CAP_WAKE_ALARM)"


def asks():
    """Asks for CAP_SYS_BOOT, CAP_SYS_PACCT and again for CAP_SYS_BOOT. The errors."""
    errors = []
    for call in (lambda: libc.syscall(REBOOT, 0, 0, 0, 0), lambda: libc.acct(b"/no/such/file"),
                 lambda: libc.syscall(REBOOT, 0, 0, 0, 0)):
        ctypes.set_errno(0)
        call()
        errors.append(ctypes.get_errno())
    return errors


def asks_as_nobody():
    return fork(lambda: (os.setresuid(NOBODY, NOBODY, NOBODY), os._exit(0 if set(asks()) == {EPERM} else 1)))


class Capable(Case):
    rows = ["CAP_SYS_BOOT", "CAP_SYS_PACCT", "CAP_SYS_BOOT"]

    def capable(self, act, *sets):
        child, events = of_stream("capable", act, sets=sets, more=("--filter", ASKED))
        return child.result, events

    def setUp(self):
        super().setUp()
        doctor = subprocess.run([eun.EUNOMIA, "doctor", "--plugin", "process"], capture_output=True, text=True,
                                check=False)
        ways = [line.split() for line in doctor.stdout.splitlines() if "process/process_capable" in line]
        if all(way[0] == "missing" for way in ways):
            self.skipTest("this kernel doesn't tell")
        self.audited = any(way[0] == "ok" and "capable_audit" in way[2] for way in ways)

    def test_allowed(self):
        errors, events = self.capable(asks)
        self.assertNotIn(EPERM, errors)
        self.assertEqual([event["name"] for event in events], self.rows)
        for event in events:
            self.check(event, verdict="allow", ret=0, cap={"CAP_SYS_BOOT": 22, "CAP_SYS_PACCT": 20}[event["name"]],
                       userns=os.stat("/proc/self/ns/user").st_ino, audit="yes" if self.audited else "unknown")

    def test_denied(self):
        (pid, status), events = self.capable(asks_as_nobody)
        self.assertEqual(status, 0)
        self.assertEqual([event["name"] for event in events], self.rows)
        for event in events:
            self.check(event, verdict="deny", ret=-EPERM, pid=pid, uid=NOBODY)

    def test_unique(self):
        """A process's capability once; another process's again."""
        (pid, _), events = self.capable(lambda: (asks(), asks_as_nobody())[1], "process.unique=true")
        own = events[0]["pid"]
        self.assertEqual([(event["pid"], event["name"]) for event in events],
                         [(own, "CAP_SYS_BOOT"), (own, "CAP_SYS_PACCT"), (pid, "CAP_SYS_BOOT"), (pid, "CAP_SYS_PACCT")])

    def tool(self, *options):
        child = eun.Child(asks)
        run = eun.Run("run", "capable", "-p", child.pid, "--filter", ASKED, *options, fmt="text").started()
        child.go()
        child.wait()
        head, *rows = run.end().splitlines()
        self.assertEqual(head.split(), ["TIME", "UID", "PID", "COMM", "CAP", "NAME", "AUDIT", "VERDICT"])
        comm, audit = eun.read("/proc/self/comm").strip(), "yes" if self.audited else "unknown"
        self.assertEqual([row.split()[1:] for row in rows],
                         [["0", str(child.pid), comm, number, name, audit, "allow"]
                          for number, name in (("22", "CAP_SYS_BOOT"), ("20", "CAP_SYS_PACCT"), ("22", "CAP_SYS_BOOT"))
                          [:len(rows)]])
        return len(rows)

    def test_tool(self):
        self.assertEqual(self.tool(), 3)
        self.assertEqual(self.tool("--unique"), 2)


if __name__ == "__main__":
    eun.main()
