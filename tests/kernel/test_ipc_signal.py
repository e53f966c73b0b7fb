# SPDX-License-Identifier: MIT
"""Signals: who sends which to whom, and what becomes of it."""
import ctypes
import errno
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import eun
from ipc_case import *

STRACE = shutil.which("strace")
CLONE_NEWPID = 0x20000000
NOBODY = 65534
F_SETSIG = 10
NO_PID = 4_000_000  # over pid_max of any machine that has not raised it to its limit
RT = 34
SI_QUEUE, SI_TIMER, SI_TKILL = -1, -2, -6


class Siginfo(ctypes.Structure):
    _fields_ = [("signo", ctypes.c_int), ("errno", ctypes.c_int), ("code", ctypes.c_int), ("pad", ctypes.c_int),
                ("pid", ctypes.c_int), ("uid", ctypes.c_int), ("value", ctypes.c_long), ("rest", ctypes.c_char * 96)]


def queue(pid, number, code=SI_QUEUE):
    info = Siginfo(signo=number, code=code, pid=os.getpid())
    return call("rt_sigqueueinfo", pid, number, ctypes.byref(info))


def sent(number, target, **fields):
    """By kill, to a process."""
    return event("ipc.signal", **{"signal": number, "target_pid": target, "target_tid": target, "target_id": target,
                                  "call": "kill", **fields})


def failed(number, target, error, **fields):
    return sent(number, target, **{"result": "failed", "ret": -error, "group": False, **fields})


def forked(act):
    pid = os.fork()
    if not pid:
        try:
            act()
        finally:
            os._exit(0)
    return pid


def ended(child, parent, **fields):
    """What the kernel tells the parent."""
    return sent("SIGCHLD", parent, **{"pid": child, "call": "none", "target_id": 0, "result": "ignored", "code": 1,
                                      "cause": "CLD_EXITED", **fields})


def heed(*numbers):
    for number in numbers:
        signal.signal(number, lambda *_: None)


class Signals(Case):
    def test_kill(self):
        def act():
            heed(signal.SIGUSR1)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
            me = os.getpid()
            return [call("kill", me, 0), call("kill", me, signal.SIGUSR1), call("kill", me, signal.SIGHUP),
                    call("kill", me, signal.SIGUSR2), call("kill", me, signal.SIGUSR2), call("kill", me, 70),
                    call("kill", NO_PID, signal.SIGTERM), call("kill", NO_PID, 0),
                    call("kill", -NO_PID, signal.SIGTERM)]

        def wanted(result, child):
            gone = {"target_pid": 0, "target_tid": 0, "target_comm": ""}
            self.assertEqual([0] * 5 + [-errno.EINVAL] + [-errno.ESRCH] * 3, result)
            return [sent(0, child.pid, result="checked", group=False),
                    sent("SIGUSR1", child.pid),
                    sent("SIGHUP", child.pid, result="ignored"),
                    sent("SIGUSR2", child.pid),
                    sent("SIGUSR2", child.pid, result="already_pending"),
                    failed(70, child.pid, errno.EINVAL),
                    failed("SIGTERM", NO_PID, errno.ESRCH, **gone),
                    failed(0, NO_PID, errno.ESRCH, **gone),
                    failed("SIGTERM", -NO_PID, errno.ESRCH, **gone)]

        self.expect(act, wanted, streams="ipc.signal")

    def test_group(self):
        """One event for each member; a member that has ended and was not waited for takes part."""
        def act():
            os.setpgid(0, 0)
            heed(signal.SIGUSR1)
            ready, say = os.pipe()
            stop, end = os.pipe()

            def member():
                os.close(end)
                os.write(say, b"r")
                os.read(stop, 1)

            members = [forked(member) for _ in range(2)]
            for _ in members:
                os.read(ready, 1)
            os.kill(0, signal.SIGUSR1)
            os.close(end)
            for pid in members:
                os.waitpid(pid, 0)
            return members

        def wanted(result, child):
            group = [child.pid, *result]
            return [*(sent("SIGUSR1", pid, target_id=0) for pid in group), *(ended(pid, child.pid) for pid in result)]

        self.expect(act, wanted, streams="ipc.signal", follow=True, fixed=False)

    def test_zombie(self):
        """There is one to be named, and nobody to get it: kill says 0."""
        def act():
            pid = forked(lambda: None)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            results = [call("kill", pid, number) for number in (signal.SIGTERM, signal.SIGKILL, 0)]
            pidfd = os.pidfd_open(pid)
            os.waitpid(pid, 0)
            return [pid, pidfd, results, call("kill", pid, signal.SIGTERM),
                    call("pidfd_send_signal", pidfd, signal.SIGTERM, None, 0)]

        def wanted(result, child):
            pid, pidfd, results, *gone = result
            self.assertEqual(([0, 0, 0], [-errno.ESRCH] * 2), (results, gone))
            return [ended(pid, child.pid),
                    sent("SIGTERM", pid, result="ignored"), sent("SIGKILL", pid, result="ignored"),
                    sent(0, pid, result="checked", group=False),
                    failed("SIGTERM", pid, errno.ESRCH, target_pid=0, target_tid=0, target_comm=""),
                    failed("SIGTERM", pid, errno.ESRCH, target_comm="", call="pidfd_send_signal", target_id=pidfd)]

        self.expect(act, wanted, streams="ipc.signal", follow=True)

    def test_other_user(self):
        """The process that is not to be signalled is named."""
        def act():
            stop, end = os.pipe()
            root = forked(lambda: (os.close(end), os.read(stop, 1)))
            os.setresuid(NOBODY, NOBODY, 0)
            result = [root, os.pidfd_open(root)]
            result += [call("kill", root, number) for number in (signal.SIGTERM, 0)]
            result += [call("tgkill", root, root, signal.SIGUSR1), queue(root, RT),
                       call("pidfd_send_signal", result[1], signal.SIGHUP, None, 0)]
            os.setresuid(0, 0, 0)
            os.close(end)
            os.waitpid(root, 0)
            return result

        def wanted(result, child):
            pid, pidfd, *results = result
            self.assertEqual([-errno.EPERM] * 5, results)
            return [failed("SIGTERM", pid, errno.EPERM), failed(0, pid, errno.EPERM),
                    failed("SIGUSR1", pid, errno.EPERM, call="tgkill"),
                    failed("SIGRT_2", pid, errno.EPERM, call="rt_sigqueueinfo"),
                    failed("SIGHUP", pid, errno.EPERM, call="pidfd_send_signal", target_id=pidfd),
                    ended(pid, child.pid)]

        self.expect(act, wanted, streams="ipc.signal", follow=True)

    def test_queue(self):
        """Real-time signals queue; a full queue is an event of the signal, and not one more of the call."""
        def act():
            signal.pthread_sigmask(signal.SIG_BLOCK, {RT, signal.SIGUSR1, signal.SIGUSR2})
            me = os.getpid()
            result = [queue(me, RT), queue(me, RT), queue(me, signal.SIGUSR1)]
            resource.setrlimit(resource.RLIMIT_SIGPENDING, (0, 0))
            return result + [queue(me, RT), queue(me, signal.SIGUSR2)]

        def wanted(result, child):
            self.assertEqual([0, 0, 0, -errno.EAGAIN, 0], result)

            def queued(number, **fields):
                return sent(number, child.pid, call="rt_sigqueueinfo", cause="SI_QUEUE", code=SI_QUEUE, **fields)

            return [queued("SIGRT_2"), queued("SIGRT_2"), queued("SIGUSR1"),
                    queued("SIGRT_2", result="overflow_fail", ret=-errno.EAGAIN),
                    queued("SIGUSR2", result="lose_info")]

        self.expect(act, wanted, streams="ipc.signal")

    def test_thread(self):
        def act():
            heed(signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP)
            stop = threading.Event()
            thread = threading.Thread(target=stop.wait)
            thread.start()
            me, tid = os.getpid(), thread.native_id
            info = Siginfo(signo=signal.SIGHUP, code=SI_QUEUE)
            results = [call("tgkill", me, tid, signal.SIGUSR1), call("tkill", tid, signal.SIGUSR2),
                       call("rt_tgsigqueueinfo", me, tid, signal.SIGHUP, ctypes.byref(info)),
                       call("tgkill", 1, tid, signal.SIGUSR1)]
            stop.set()
            thread.join()
            return tid, results

        def wanted(result, child):
            tid, results = result
            self.assertEqual([0, 0, 0, -errno.ESRCH], results)
            place = {"target_tid": tid, "target_id": tid}
            one = {**place, "group": False, "cause": "SI_TKILL", "code": SI_TKILL}
            return [sent("SIGUSR1", child.pid, call="tgkill", **one), sent("SIGUSR2", child.pid, call="tkill", **one),
                    sent("SIGHUP", child.pid, call="rt_tgsigqueueinfo", **{**one, "cause": "SI_QUEUE", "code": -1}),
                    failed("SIGUSR1", child.pid, errno.ESRCH, call="tgkill", **place)]

        found = self.expect(act, wanted, streams="ipc.signal", fixed=True)
        self.assertEqual({found[0]["pid"]}, {each["tid"] for each in found})

    def test_pidfd(self):
        def act():
            heed(signal.SIGUSR1)
            pidfd = os.pidfd_open(os.getpid())
            return pidfd, [call("pidfd_send_signal", pidfd, signal.SIGUSR1, None, 0),
                           call("pidfd_send_signal", pidfd, 0, None, 0),
                           call("pidfd_send_signal", 9999, signal.SIGUSR1, None, 0),
                           call("pidfd_send_signal", 0, signal.SIGUSR1, None, 0)]

        def wanted(result, child):
            pidfd, results = result
            self.assertEqual([0, 0, -errno.EBADF, -errno.EBADF], results)
            by = {"call": "pidfd_send_signal", "target_id": pidfd}
            none = {**by, "target_pid": 0, "target_tid": 0, "target_comm": ""}
            return [sent("SIGUSR1", child.pid, **by), sent(0, child.pid, result="checked", group=False, **by),
                    failed("SIGUSR1", 0, errno.EBADF, **{**none, "target_id": 9999}),
                    failed("SIGUSR1", 0, errno.EBADF, **{**none, "target_id": 0})]

        self.expect(act, wanted, streams="ipc.signal")


    def test_pid_namespace(self):
        """The call knows the target by another number than the first namespace."""
        def act():
            heed(signal.SIGUSR1)
            out, into = os.pipe()
            libc.unshare(CLONE_NEWPID)

            def first():
                stop, end = os.pipe()
                second = forked(lambda: (os.close(end), os.read(stop, 1)))
                results = [second, call("kill", second, 0), call("tkill", second, signal.SIGCONT),
                           call("kill", second + 5, 0)]
                me = os.readlink("/proc/self")
                result = me, eun.read(f"/proc/self/task/{me}/children").split(), results
                os.write(into, json.dumps(result).encode())
                os.close(end)
                os.waitpid(second, 0)

            pid = forked(first)
            os.waitpid(pid, 0)
            return json.loads(os.read(out, 999)), pid

        def wanted(result, child):
            (first, (second,), (inner, *results)), pid = result
            self.assertEqual([0, 0, -errno.ESRCH], results)
            self.assertEqual(int(first), pid)
            self.assertNotEqual(int(second), inner)
            second = int(second)
            both = {"pid": pid, "target_id": inner, "event_flags": ["container"]}
            return [sent(0, second, result="checked", group=False, **both),
                    sent("SIGCONT", second, call="tkill", result="ignored", group=False, cause="SI_TKILL",
                         code=SI_TKILL, **both),
                    failed(0, 0, errno.ESRCH, target_comm="", **{**both, "target_id": inner + 5}),
                    ended(second, pid, event_flags=["container"]), ended(pid, child.pid, event_flags=["container"])]

        self.expect(act, wanted, streams="ipc.signal", follow=True)


class Kernel(Case):
    """Signals that nobody sends."""

    def test_ends(self):
        def act():
            heed(signal.SIGCHLD)

            def fault():
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                ctypes.string_at(8)

            pids = []
            for how in (lambda: None, lambda: os.kill(os.getpid(), signal.SIGKILL), fault):
                pids.append(forked(how))
                os.waitpid(pids[-1], 0)
            return pids

        def wanted(result, child):
            told = {"result": "delivered"}
            normal, killed, fault = result
            return [ended(normal, child.pid, **told), sent("SIGKILL", killed, pid=killed),
                    ended(killed, child.pid, cause="CLD_KILLED", code=2, **told),
                    sent("SIGSEGV", fault, pid=fault, call="none", target_id=0, group=False, cause="SEGV_MAPERR",
                         code=1),
                    ended(fault, child.pid, cause="CLD_KILLED", code=2, **told)]

        self.expect(act, wanted, streams="ipc.signal", follow=True)

    def test_asked_for(self):
        """Made in an interrupt, for a process that sleeps: its own timers are the cause. And a closed pipe."""
        def act():
            heed(signal.SIGPIPE)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGUSR1})
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            signal.sigwait({signal.SIGALRM})
            timer = ctypes.c_int()
            sigevent = (ctypes.c_int * 16)(0, 0, signal.SIGUSR1, 0)
            call("timer_create", 1, ctypes.byref(sigevent), ctypes.byref(timer))
            call("timer_settime", timer.value, 0, ctypes.byref((ctypes.c_long * 4)(0, 0, 0, 10_000_000)), None)
            signal.sigwait({signal.SIGUSR1})
            out, into = os.pipe()
            os.close(out)
            try:
                os.write(into, b"x")
            except BrokenPipeError:
                pass

        def wanted(_, child):
            self_made = {"call": "none", "target_id": 0}
            return [sent("SIGALRM", child.pid, cause="SI_KERNEL", code=128, **self_made),
                    sent("SIGUSR1", child.pid, cause="SI_TIMER", code=SI_TIMER, **self_made),
                    sent("SIGPIPE", child.pid, group=False, **self_made)]

        self.expect(act, wanted, streams="ipc.signal")

    def test_ready(self):
        """Another process writes; who gets the signal had asked for it."""
        def act():
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO, RT})
            one, two = socket.socketpair()
            fcntl.fcntl(one, fcntl.F_SETOWN, os.getpid())
            fcntl.fcntl(one, fcntl.F_SETFL, os.O_ASYNC)
            writers = []
            for number in (0, RT):
                fcntl.fcntl(one, F_SETSIG, number)
                writers.append(forked(lambda: two.send(b"x")))
                os.waitpid(writers[-1], 0)
            return writers

        def wanted(result, child):
            asked = {"call": "none", "target_id": 0}
            return [sent("SIGIO", child.pid, cause="SI_KERNEL", code=128, **asked), ended(result[0], child.pid),
                    sent("SIGRT_2", child.pid, cause="POLL_IN", code=1, **asked), ended(result[1], child.pid)]

        self.expect(act, wanted, streams="ipc.signal", follow=True)

    def test_pretended(self):
        """One who calls his signal a timer's is the sender all the same."""
        def act():
            heed(signal.SIGUSR1)
            stop, end = os.pipe()
            victim = forked(lambda: (os.close(end), os.read(stop, 1)))
            ret = queue(victim, signal.SIGUSR1, SI_TIMER)
            os.close(end)
            os.waitpid(victim, 0)
            return victim, ret

        def wanted(result, child):
            victim, ret = result
            self.assertEqual(0, ret)
            return [sent("SIGUSR1", victim, call="rt_sigqueueinfo", cause="SI_TIMER", code=SI_TIMER),
                    ended(victim, child.pid)]

        self.expect(act, wanted, streams="ipc.signal", follow=True)


class Oracle(unittest.TestCase):
    maxDiff = None
    NAMES = "kill,tkill,tgkill,rt_sigqueueinfo,rt_tgsigqueueinfo,pidfd_send_signal"

    def act(self):
        """Calls that have one target each: as many events as strace sees calls."""
        heed(signal.SIGUSR1, RT)
        me = os.getpid()
        for number in (0, signal.SIGUSR1, RT, signal.SIGCONT, 99):
            call("kill", me, number)
            call("tkill", me, number)
            call("tgkill", me, me, number)
            queue(me, number)
            call("kill", NO_PID, number)
            call("pidfd_send_signal", os.pidfd_open(me), number, None, 0)
            call("pidfd_send_signal", 9999, number, None, 0)
        call("kill", -NO_PID, signal.SIGTERM)

    @unittest.skipUnless(STRACE, "no strace here")
    def test_strace(self):
        child = Child(self.act)
        events = eun.watch(child, "--plugin", "ipc", "--streams", "ipc.signal", "--filter", "call != none")
        child = Child(self.act)
        strace = subprocess.Popen([STRACE, "-qq", "-e", "signal=none", "-e", f"trace={self.NAMES}", "-p",
                                   str(child.pid)], stderr=subprocess.PIPE, text=True)
        while f"TracerPid:\t{strace.pid}\n" not in eun.read(f"/proc/{child.pid}/status"):
            time.sleep(0.01)
        child.go()
        child.wait()
        theirs = []
        for line in strace.communicate(timeout=eun.LIMIT)[1].splitlines():
            match = re.match(r"(\w+)\((.*)\)\s+= (-?\d+)(?: (\w+))?", line)
            args = match[2].split(", ")
            number = args[2 if match[1] == "tgkill" else 1]
            theirs.append((match[1], int(number) if number.isdigit() else number, match[4] or 0))
        self.assertEqual(36, len(theirs))
        self.assertEqual(theirs, [(each["call"], each["signal"],
                                   errno.errorcode[-each["ret"]] if each["ret"] else 0) for each in events])


if __name__ == "__main__":
    eun.main()
