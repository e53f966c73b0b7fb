# SPDX-License-Identifier: MIT
"""process.namespace: unshare, setns and clone; inode numbers as /proc/PID/ns has them. And process.chroot."""
import ctypes
import os
import signal
import struct

import eun
from process_case import (CLONE_FILES, CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS, EBADF,
                          EINVAL,
                          ENOENT, ENOTDIR, EPERM, NOBODY, Case, fork, libc, ns, of_stream, raw)

CLONE, SETNS = {"x86_64": (56, 308)}.get(os.uname().machine, (220, 268))
CLONE3, PIDFD_OPEN = 435, 434
CLONE_NEWTIME, CLONE_NEWCGROUP, CLONE_NEWNET = 0x80, 0x2000000, 0x40000000
FILES = {"mnt": "mnt", "uts": "uts", "ipc": "ipc", "net": "net", "pid": "pid_for_children",
         "time": "time_for_children", "cgroup": "cgroup", "user": "user"}
SYS_ADMIN = "CAP_SYS_ADMIN"


def spaces(pid="self"):
    """All namespaces of a process, in the stream's names."""
    return {name: ns(file, pid) for name, file in FILES.items()}


def nobody():
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def failing(call, *args):
    """errno of a call; 0: it went well."""
    ctypes.set_errno(0)
    return ctypes.get_errno() if call(*args) == -1 else 0


class Namespace(Case):
    def changed(self, event, before, after, types):
        for name in FILES:
            self.check(event, **{"old_" + name: before[name], "new_" + name: after[name]})
        self.assertEqual(set(event["types"]), set(types))

    def test_unshare(self):
        def act():
            calls = (CLONE_NEWUTS | CLONE_NEWIPC, CLONE_NEWNS | CLONE_FILES, CLONE_NEWPID,
                     CLONE_NEWNET | CLONE_NEWCGROUP, CLONE_NEWTIME)
            states = [spaces()]
            for flags in calls:
                libc.unshare(flags)
                if flags == CLONE_NEWPID:  # not made until there is a child: the link is broken
                    fork(os._exit, 0)
                states.append(spaces())
            libc.unshare(CLONE_FILES)  # is none of namespaces
            return states

        child, events = of_stream("namespace", act)
        types = [["CLONE_NEWUTS", "CLONE_NEWIPC"], ["CLONE_NEWNS"], ["CLONE_NEWPID"], ["CLONE_NEWNET",
                                                                                       "CLONE_NEWCGROUP"],
                 ["CLONE_NEWTIME"]]
        self.assertEqual(len(events), len(types))
        for event, before, after, kinds in zip(events, child.result, child.result[1:], types):
            self.changed(event, before, after, kinds)
            self.check(event, call="unshare", ret=0, fd=-1, target_pid=0, target_ns=0, child_pid=0, pid=child.pid)
            self.assertIn(SYS_ADMIN, event["cap_effective"])
        self.assertEqual(set(events[1]["flags"]), {"CLONE_NEWNS", "CLONE_FILES"})

    def test_user_namespace(self):
        """Who had no rights before has all of them in there; what counts is before."""
        def act():
            nobody()
            before = spaces()
            libc.unshare(CLONE_NEWUSER)
            return before, spaces()

        child, events = of_stream("namespace", act)
        event = self.one(events)
        self.changed(event, *child.result, ["CLONE_NEWUSER"])
        self.check(event, ret=0, cap_effective=[])

    def test_refused(self):
        def act():
            nobody()
            here = spaces()
            clone_args = (ctypes.c_uint64 * 8)(CLONE_NEWNET, 0, 0, 0, signal.SIGCHLD)
            return here, [failing(libc.unshare, CLONE_NEWNS), failing(libc.unshare, CLONE_NEWNS | 0x1),
                          raw(CLONE, CLONE_NEWPID | signal.SIGCHLD, 0, 0, 0, 0), raw(CLONE3, clone_args, 64)]

        child, events = of_stream("namespace", act)
        here, errors = child.result
        self.assertEqual(errors, [EPERM, EINVAL, EPERM, EPERM])
        kinds = [["CLONE_NEWNS"], ["CLONE_NEWNS"], ["CLONE_NEWPID"], ["CLONE_NEWNET"]]
        calls = ["unshare", "unshare", "clone", "clone3"]
        self.assertEqual([(event["call"], event["ret"]) for event in events],
                         [(call, -error) for call, error in zip(calls, errors)])
        for event, types in zip(events, kinds):
            self.changed(event, here, here, types)
            self.check(event, cap_effective=[], child_pid=0)

    def test_setns(self):
        """By the descriptor of a namespace and by a pidfd; back into those of the test."""
        outside = os.getpid()

        def act():
            home = os.open("/proc/self/ns/uts", os.O_RDONLY)
            pidfd = libc.syscall(PIDFD_OPEN, outside, 0)
            states = [spaces()]
            libc.unshare(CLONE_NEWUTS)
            states.append(spaces())
            libc.setns(home, 0)
            states.append(spaces())
            libc.unshare(CLONE_NEWUTS | CLONE_NEWIPC)
            states.append(spaces())
            libc.setns(pidfd, CLONE_NEWUTS | CLONE_NEWIPC)
            states.append(spaces())
            libc.setns(home, CLONE_NEWUTS)
            return states, home, pidfd, [failing(libc.setns, -1, 0), failing(libc.setns, home, CLONE_NEWIPC),
                                         failing(libc.setns, os.open("/dev/null", os.O_RDONLY), 0)]

        child, events = of_stream("namespace", act)
        states, home, pidfd, errors = child.result
        self.assertEqual(errors, [EBADF, EINVAL, EINVAL])
        joined = [event for event in events if event["call"] == "setns"]
        self.assertEqual([event["ret"] for event in joined], [0, 0, 0, -EBADF, -EINVAL, -EINVAL])
        self.changed(joined[0], states[1], states[2], ["CLONE_NEWUTS"])
        self.check(joined[0], fd=home, target_ns=states[0]["uts"], target_pid=0, flags=[], new_uts=ns("uts"))
        self.changed(joined[1], states[3], states[4], ["CLONE_NEWUTS", "CLONE_NEWIPC"])
        self.check(joined[1], fd=pidfd, target_ns=0, target_pid=outside,
                   target_comm=eun.read("/proc/self/comm").strip())
        self.changed(joined[2], states[0], states[0], ["CLONE_NEWUTS"])
        self.check(joined[3], fd=-1, target_ns=0, target_pid=0, types=[])
        self.check(joined[4], fd=home, target_ns=states[0]["uts"], types=["CLONE_NEWIPC"])
        self.assertEqual(len(events), len(joined) + 2)

    def test_clone(self):
        """The event is the parent's, the new namespaces are the child's."""
        def act():
            said, say = os.pipe()
            os.setgroups([])
            here = spaces()
            pid = libc.syscall(CLONE, CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0)
            if not pid:
                inside = spaces()
                os.write(say, struct.pack(f"{len(FILES)}Q", *(inside[name] for name in FILES)))
                os._exit(0)
            os.waitpid(pid, 0)
            fork(os._exit, 0)  # a child in the same ones
            inside = struct.unpack(f"{len(FILES)}Q", os.read(said, 8 * len(FILES)))
            return pid, here, dict(zip(FILES, inside))

        child, events = of_stream("namespace", act)
        pid, here, inside = child.result
        event = self.one(events)
        self.changed(event, here, inside, ["CLONE_NEWUTS", "CLONE_NEWPID", "CLONE_NEWUSER"])
        self.check(event, call="clone", pid=child.pid, child_pid=pid, ret=0, fd=-1)
        self.assertIn(SYS_ADMIN, event["cap_effective"])


class Chroot(Case):
    def test_roots(self):
        inner = self.path("new")
        os.mkdir(inner)
        os.mkdir(inner + "/deep")
        plain = self.path("plain", b"")

        def act():
            os.chdir(self.dir)
            errors = [failing(libc.chroot, name) for name in (b"none", plain.encode())]
            os.chroot("./new/../new")
            os.chroot("/deep")
            return errors

        child, events = of_stream("chroot", act)
        self.assertEqual(child.result, [ENOENT, ENOTDIR])
        self.assertEqual([(event["path"], event["name"], event["path_source"], event["ret"]) for event in events],
                         [(self.dir + "/none", "none", "user", -ENOENT), (plain, plain, "user", -ENOTDIR),
                          (inner, "./new/../new", "kernel", 0), (inner + "/deep", "/deep", "kernel", 0)])


if __name__ == "__main__":
    eun.main()
