# SPDX-License-Identifier: MIT
"""process.cred: every change of who a process is, before and after as /proc/PID/status has them."""
import ctypes
import os
import re
import shutil
import subprocess

import eun
from process_case import CLONE_NEWUSER, EPERM, NOBODY, Case, fork, libc, ns, of_stream

PR_SET_KEEPCAPS, PR_SET_NAME, PR_CAPBSET_DROP = 8, 15, 24
PR_GET_SECUREBITS, PR_SET_SECUREBITS, PR_CAP_AMBIENT = 27, 28, 47
CAP_SYS_TIME, CAP_SYS_CHROOT = 25, 18
SETFSUID = {"x86_64": 122}.get(os.uname().machine, 151)
KINDS = (("inheritable", "CapInh"), ("permitted", "CapPrm"), ("effective", "CapEff"), ("bset", "CapBnd"),
         ("ambient", "CapAmb"))


def state(text=None):
    """Who this process is, in the names of the stream's fields without old_ and new_."""
    lines = dict(line.split(":", 1) for line in (text or eun.read("/proc/self/status")).splitlines())
    ids = {}
    for kind in "uid", "gid":
        names = kind, "e" + kind, "s" + kind, "fs" + kind
        ids.update(zip(names, map(int, lines[kind.capitalize()].split())))
    ids["groups"] = len(lines["Groups"].split())
    ids.update((f"cap_{name}", lines[line].strip()) for name, line in KINDS)
    if not text:
        ids["userns"] = ns("user")
        ids["securebits"] = libc.prctl(PR_GET_SECUREBITS)
    return ids


def step(call, *args):
    """Makes a call. (errno, who the process is after it)"""
    ctypes.set_errno(0)
    failed = call(*args) == -1
    return ctypes.get_errno() if failed else 0, state()


def steps(*calls):
    return [[0, state()], *(step(*call) for call in calls)]


def as_nobody(act, *args):
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    return act(*args)


class Capabilities(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def capset(drop=(), inherit=()):
    """Changes the sets of the caller by bit numbers below 32."""
    head = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (Capabilities * 2)()
    libc.capget(head, data)
    for bit in drop:
        data[0].effective &= ~(1 << bit)
        data[0].permitted &= ~(1 << bit)
    for bit in inherit:
        data[0].inheritable |= 1 << bit
    return libc.capset(head, data)


def defined(header, pattern):
    """{name: number} of #defines."""
    return {name: int(value) for name, value in re.findall(rf"#define\s+({pattern})\s+(\d+)", eun.read(header))}


CAPS = defined("/usr/include/linux/capability.h", "CAP_[A-Z_]+")
BITS = defined("/usr/include/linux/securebits.h", "SECURE_[A-Z_]+")


def mask(names):
    return sum(1 << CAPS[name] for name in names)


def bits(names):
    return sum(1 << BITS[name.replace("SECBIT", "SECURE")] for name in names)


class Cred(Case):
    def same(self, event, prefix, ids):
        for name, value in ids.items():
            got = event[prefix + name]
            if name.startswith("cap_"):
                self.assertEqual(mask(got), int(value, 16), (prefix + name, event))
            elif name == "securebits":
                self.assertEqual(bits(got), value, (prefix + name, event))
            else:
                self.assertEqual(got, value, (prefix + name, event))

    def check_steps(self, events, results, calls):
        """An event a call, its old and new values those before and after it."""
        self.assertEqual([event["call"] for event in events], list(calls))
        for event, before, (error, after) in zip(events, results, results[1:]):
            self.same(event, "old_", before[1])
            self.same(event, "new_", after)
            self.check(event, uid=after["uid"], gid=after["gid"])
            self.assertEqual(event["ret"], -error if error else 0)

    def test_ids(self):
        calls = [("setgroups", lambda: libc.setgroups(2, (ctypes.c_uint32 * 2)(7, 8))), ("setresgid", libc.setresgid,
                                                                                         1, 2, 3),
                 ("setregid", libc.setregid, 4, 2), ("setgid", libc.setgid, 5), ("setfsgid", libc.setfsgid, 6),
                 ("setfsuid", libc.setfsuid, 9), ("setresuid", libc.setresuid, 1, 0, 2), ("setreuid", libc.setreuid,
                                                                                          -1, 1),
                 ("setuid", libc.setuid, 2), ("setuid", libc.setuid, 0)]
        child, events = of_stream("cred", lambda: steps(*(call[1:] for call in calls)))
        self.assertEqual(child.result[-1][0], EPERM)
        self.check_steps(events, child.result, [call[0] for call in calls])

    def test_capabilities(self):
        calls = [("capset", capset, [CAP_SYS_TIME]), ("capset", capset, [], [CAP_SYS_CHROOT]),
                 ("prctl", libc.prctl, PR_CAP_AMBIENT, 2, CAP_SYS_CHROOT, 0, 0),
                 ("prctl", libc.prctl, PR_CAPBSET_DROP, CAP_SYS_TIME), ("prctl", libc.prctl, PR_SET_KEEPCAPS, 1),
                 ("prctl", libc.prctl, PR_SET_SECUREBITS, 0x5), ("capset", capset, range(32)),
                 ("prctl", libc.prctl, PR_SET_SECUREBITS, 0)]

        def act():
            libc.prctl(PR_SET_NAME, b"changes nothing")
            return steps(*(call[1:] for call in calls))

        child, events = of_stream("cred", act)
        self.assertEqual(child.result[-1][0], EPERM)
        self.check_steps(events, child.result, [call[0] for call in calls])

    def test_user_namespace(self):
        child, events = of_stream("cred", lambda: steps((libc.unshare, CLONE_NEWUSER), (libc.unshare, 0x400)))
        event = self.one(events)
        self.check(event, call="unshare", ret=0, old_userns=child.result[0][1]["userns"],
                   new_userns=child.result[1][1]["userns"])
        self.assertNotEqual(event["old_userns"], event["new_userns"])

    def run_file(self, mode, owner=0):
        """nobody runs a copy of cat on its own /proc/self/status. (what it was before, what cat says, events)"""
        program = shutil.copy("/bin/cat", self.dir + "/cat")
        os.chown(program, owner, owner)
        os.chmod(program, mode)
        os.chmod(self.dir, 0o755)
        said = self.path("said", b"", 0o666)

        def run():
            os.dup2(os.open(said, os.O_WRONLY), 1)
            before = state()
            with open(said, "a", encoding="utf-8") as file:
                file.write("\n")
            os.execv(program, ["cat", "/proc/self/status"])

        def act():
            fork(as_nobody, run)

        _, events = of_stream("cred", act)
        calls = [event for event in events if event["call"] != "execve"]
        self.assertEqual([event["call"] for event in calls], ["setgroups", "setresgid", "setresuid"])
        return eun.read(said), [event for event in events if event["call"] == "execve"], calls[-1]

    def test_set_uid_file(self):
        """What it was before is what the last call left; what it is then is what the program itself finds."""
        said, execs, last = self.run_file(0o4755)
        event = self.one(execs)
        self.same(event, "new_", state(said))
        self.check(event, new_euid=0, new_uid=NOBODY, exe_mode=0o104755, ret=0, uid=NOBODY,
                   **{"old_" + name[4:]: last[name] for name in last if name.startswith("new_")})

    def test_set_gid_file(self):
        said, execs, _ = self.run_file(0o2755)
        event = self.one(execs)
        self.same(event, "new_", state(said))
        self.check(event, new_egid=0, new_euid=NOBODY, exe_mode=0o102755)

    def test_plain_file(self):
        _, execs, _ = self.run_file(0o755)
        self.assertEqual(execs, [])

    def test_failed_exec(self):
        """What its begin left behind is not taken for another call's."""
        def act():
            try:
                os.execv("/no/such/file", ["x"])
            except FileNotFoundError:
                pass
            libc.prctl(PR_SET_NAME, b"nothing")
            return steps((libc.setuid, 0))

        child, events = of_stream("cred", act)
        self.check_steps(events, child.result, ["setuid"])

    def test_strace(self):
        """An identical run under strace shows the same calls with the same results."""
        program = "import ctypes; l = ctypes.CDLL(None); l.setresuid(1, 2, 3); l.setuid(3); l.setuid(0); l.setgid(0)"
        argv = ["/usr/bin/python3", "-I", "-S", "-c", program]
        log = self.path("log")
        subprocess.run(["strace", "-f", "-e", "trace=setuid,setgid,setresuid,setfsuid", "-o", log, *argv], check=True)
        seen = [line.split(None, 1)[1] for line in eun.read(log).splitlines() if "(" in line]
        _, events = of_stream("cred", lambda: fork(os.execv, argv[0], argv))
        mine = [(event["call"], event["ret"]) for event in events if event["call"] != "execve"]
        self.assertEqual(len(mine), 4)
        self.assertEqual(mine, [(line.split("(")[0], -EPERM if "EPERM" in line else 0) for line in seen])


if __name__ == "__main__":
    eun.main()
