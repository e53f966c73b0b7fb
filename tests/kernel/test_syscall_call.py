# SPDX-License-Identifier: MIT
"""System calls one by one: arguments and results as strace shows those of a second, equal run."""
import ctypes
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import warnings

import eun

ARGS = os.path.join(eun.HELPERS, "syscall_args")
MARK = ("close", "-77")
STRACE = re.compile(r"(\w+)\((.*)\) += (-?\w+)(?: ([A-Z]\w+))?")
TEXT = re.compile(r"(\w+) +(.*?) +(\S+)$")
# where strace knows more (what an argument means depends on another one) or shows the result in octal
OTHERWISE = ("fcntl", "getpriority", "prctl", "socket", "umask")
libc = ctypes.CDLL(None)


def strace(program):
    """[(call, arguments, result)]"""
    with tempfile.NamedTemporaryFile("r") as file:
        subprocess.run(["strace", "-s", "100", "-o", file.name, program], check=True, capture_output=True,
                       close_fds=False)  # as Child leaves them
        found = [STRACE.match(line) for line in file]
        return [(m[1], m[2], m[4] or m[3]) for m in found if m]


def comparable(calls):
    """Behind the mark, without addresses and pids, flags in one order."""
    calls = calls[1 + next(i for i, call in enumerate(calls) if call[:2] == MARK):]
    pids = {result for name, _, result in calls if name == "getpid"}
    for name, args, result in calls:
        if name in OTHERWISE:
            continue
        args = re.sub(r"\w+(\|\w+)+", lambda m: "|".join(sorted(m[0].split("|"))), args)
        args = ", ".join("PID" if arg in pids else arg for arg in args.split(", "))
        yield name, args, "PID" if result in pids else re.sub("^0x[0-9a-f]{9,}$", "ADDRESS", result)


def calls_of(act, *args, options=(), tool=False, follow=False):
    """(child, its calls)"""
    child = eun.Child(act, *args)
    what = ["run", "syscalls"] if tool else ["--plugin", "syscall", "--streams", "syscall.call"]
    run = eun.Run(*what, "-p", child.pid, "--stats", *(["--follow"] if follow else []), *options).started()
    child.go()
    child.result = child.wait()
    events = run.end()
    assert " error=0\n" in run.said, run.said
    return child, eun.of(events, "syscall.call")


class Case(unittest.TestCase):
    maxDiff = None

    def one(self, events, call, **fields):
        found = [event for event in events if event["syscall"] == call and
                 all(event[key] == value for key, value in fields.items())]
        self.assertEqual(len(found), 1, (call, fields, found or [e for e in events if e["syscall"] == call]))
        return found[0]


class Arguments(Case):
    def test_strace(self):
        child = eun.Child(lambda: os.execv(ARGS, [ARGS]))
        run = eun.Run("run", "syscalls", "-p", child.pid, "--no-header", "--fields", "syscall,args,result",
                      fmt="text").started()
        child.go()
        child.wait()
        rows = [TEXT.match(line) for line in run.end().splitlines()]
        # the host escapes each backslash of an event's strings
        ours = [(m[1], m[2].replace("\\\\", "\\"), m[3]) for m in rows]
        theirs = list(comparable(strace(ARGS)))
        self.assertGreater(len(theirs), 35)
        self.assertEqual([call for call in comparable(ours) if call[0] != "exit_group"],
                         [call for call in theirs if call[0] != "exit_group"])

    def test_fields(self):
        _, events = calls_of(lambda: libc.rename(b"/nowhere/a", b"/nowhere/b"))
        event = self.one(events, "rename")
        self.assertEqual((event["path"], event["path2"], event["ret"], event["result"]),
                         ("/nowhere/a", "/nowhere/b", -2, -2))
        self.assertEqual(event["args"], '"/nowhere/a", "/nowhere/b"')

    def test_raw(self):
        numbers = [2 ** 64 - 1, 1, 2 ** 40, 3, 4, 5]
        _, events = calls_of(lambda: libc.syscall(*[ctypes.c_ulong(n) for n in [333, *numbers]]))
        event = self.one(events, "io_pgetevents")
        self.assertEqual([event[f"a{i}"] for i in range(6)], numbers)

    def test_addresses(self):
        """As they were given, and as they came back."""
        def act():
            warnings.simplefilter("ignore", ResourceWarning)
            server = socket.create_server(("127.0.0.1", 0))
            six = socket.create_server(("::1", 0), family=socket.AF_INET6)
            client = socket.create_connection(server.getsockname())
            accepted, _ = server.accept()
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.2", 9))
            socket.socket(socket.AF_UNIX).connect_ex("/nowhere/socket")
            return [server.getsockname()[1], six.getsockname()[1], client.getsockname()[1]]

        child, events = calls_of(act)
        server, six, client = child.result
        for call, fields, address, port, family in (
                ("bind", {"a2": 16}, "127.0.0.1", 0, "inet"),
                ("bind", {"a2": 28}, "::1", 0, "inet6"),
                ("connect", {"ret": 0}, "127.0.0.1", server, "inet"),
                ("accept4", {}, "127.0.0.1", client, "inet"),
                ("sendto", {}, "127.0.0.2", 9, "inet")):
            with self.subTest(call, **fields):
                self.assertEqual(self.one(events, call, **fields)["addr"],
                                 {"addr": address, "port": port, "family": family})
        self.assertIn(six, [event["addr"]["port"] for event in events if event["syscall"] == "getsockname"])
        self.assertEqual(self.one(events, "connect", ret=-2)["addr"]["family"], "unix")


class Whole(Case):
    def test_exec(self):
        """The program's name is known although exec leaves no memory to read it from."""
        def act():
            os.chdir("/bin")
            os.execv("./true", ["true"])

        _, events = calls_of(act)
        self.assertEqual(self.one(events, "execve")["path"], "./true")
        _, events = calls_of(lambda: libc.execve(b"/nowhere", None, None))
        self.assertEqual(self.one(events, "execve", ret=-2)["path"], "/nowhere")

    def test_latency(self):
        def act():
            begin = time.monotonic_ns()
            time.sleep(0.05)
            return time.monotonic_ns() - begin

        child, events = calls_of(act)
        self.assertTrue(50_000_000 <= self.one(events, "clock_nanosleep")["latency_ns"] <= child.result)
        self.assertEqual(events[0]["syscall"], "read")  # it waited for go() before the start
        self.assertEqual([event["latency_ns"] for event in events].count(0), 1)

    def test_signal(self):
        """sigreturn has other registers when it ends; an interrupted call says why it ended."""
        def act():
            signal.signal(signal.SIGALRM, lambda *_: None)
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            signal.pause()

        _, events = calls_of(act)
        self.assertEqual(self.one(events, "pause")["ret"], -514)
        self.one(events, "rt_sigreturn")

    def test_children(self):
        """Each call once, of a thread and of a child; a child's first return is not a call's end."""
        def act():
            thread = threading.Thread(target=os.getppid)
            thread.start()
            thread.join()
            if not os.fork():
                os.getppid()
                os._exit(0)
            os.wait()

        child, events = calls_of(act, options=["--set", "syscall.calls=getppid,clone,clone3"], follow=True)
        self.assertEqual(sorted(event["syscall"] for event in events), ["clone", "clone3", "getppid", "getppid"])
        callers = [(event["pid"] == child.pid, event["tid"] == child.pid) for event in events
                   if event["syscall"] == "getppid"]
        self.assertEqual(sorted(callers), [(False, False), (True, False)])

    def test_many(self):
        def act():
            for i in range(10_000):
                libc.syscall(110, i)

        _, events = calls_of(act, options=["--set", "syscall.calls=getppid"])
        self.assertEqual([event["a0"] for event in events], list(range(10_000)))


class Chosen(Case):
    def act(self):
        for _ in range(3):
            os.getppid()
        os.access("/nowhere", os.F_OK)
        os.access("/", os.F_OK)

    def test_calls(self):
        _, events = calls_of(self.act, options=["-e", "getppid,access"], tool=True)
        self.assertEqual([event["syscall"] for event in events], ["getppid"] * 3 + ["access"] * 2)
        _, events = calls_of(self.act, options=["-e", "access", "-x"], tool=True)
        self.assertEqual([event["path"] for event in events], ["/nowhere"])

    def test_unknown(self):
        for args in (["run", "syscalls", "-e", "getpppid"],
                     ["--plugin", "syscall", "--streams", "syscall.call", "--set", "syscall.calls=getppid,getpppid"]):
            run = subprocess.run([eun.EUNOMIA, *args, "-p", str(os.getpid())], stderr=subprocess.PIPE, text=True,
                                 check=False, timeout=eun.LIMIT)
            self.assertNotEqual(run.returncode, 0)
            self.assertIn("getpppid", run.stderr)

    def test_columns(self):
        child = eun.Child(self.act)
        run = eun.Run("run", "syscalls", "-e", "access", "-p", child.pid, fmt="text").started()
        child.go()
        child.wait()
        head, *rows = run.end().splitlines()
        self.assertEqual([word for word in head.split() if word != "CONTAINER"], ["TIME", "PID", "COMM", "SYSCALL", "ARGS",
                                                                                "RET", "LAT_US"])
        for row, path, ret in zip(rows, ("/nowhere", "/"), ("ENOENT", "0"), strict=True):
            self.assertRegex(row, rf'^\S+ +{child.pid} +\S+ .*access +"{path}", F_OK +{ret} +\d+\.\d$')


if __name__ == "__main__":
    eun.main()
