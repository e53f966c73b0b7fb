# SPDX-License-Identifier: MIT
"""
`eunomia seccomp` on plain processes: what is learned is what strace counts, passes in a second run without a denial,
and what a filter denies is seen, with each action.
"""
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest

import eun
import live
import seccomp_case as case

SCRIPT = "echo hello; busybox cat /etc/passwd | busybox wc -l; (exit 3) & wait"
THREADS = """
import os, threading, time
def work():
    os.getppid(); os.stat("/"); time.sleep(0)
threads = [threading.Thread(target=work) for i in range(32)]
[t.start() for t in threads]
[t.join() for t in threads]
"""
PROGRAMS = {"shell": ["busybox", "sh", "-c", SCRIPT],
            "threads": [sys.executable, "-S", "-c", THREADS]}
ENDS = "exit exit_group rt_sigreturn restart_syscall "


class Case(live.Case):
    def learn(self, *command, options=()):
        profile = self.path("profile.json")
        self.said = case.seccomp(*options, "-o", profile, "--", *command)
        return profile

    def filter(self, text):
        return case.compiled(text, self.path("filter.bpf"))


@unittest.skipUnless(shutil.which("strace") and shutil.which("busybox"), "needs strace and busybox")
class Learn(Case):
    def test_is_what_strace_counts(self):
        for name, command in PROGRAMS.items():
            with self.subTest(name):
                # threads do not meet twice in the same way: what one run of a few has
                counted = [case.strace(*command) for _ in range(3)]
                learned = case.names(self.learn(*command)) - case.ALWAYS
                self.assertFalse(set.intersection(*counted) - case.ALWAYS - learned)
                self.assertFalse(learned - set.union(*counted))

    def test_second_run_passes(self):
        """Denials would be fatal: the action is to kill."""
        for name, command in PROGRAMS.items():
            with self.subTest(name):
                for _ in range(4):
                    self.learn(*command, options=["--action", "kill"])
                    os.rename(self.path("profile.json"), self.path(f"{_}.json"))
                case.seccomp("merge", *[self.path(f"{i}.json") for i in range(4)], "--format", "bpf", "-o",
                             self.path("all.bpf"))
                run = subprocess.run([case.RUN, self.path("all.bpf"), *command], stdout=subprocess.PIPE, check=False)
                self.assertEqual(run.returncode, 0)

    def test_process(self):
        """From the start to the end of a process that runs, and of what it starts, if that is asked for."""
        def act():
            os.getpgid(0)
            child = os.fork()
            if not child:
                os.getsid(0)
                os._exit(0)
            os.waitpid(child, 0)
        for follow in (False, True):
            child = self.child(act)
            learning = live.Live("seccomp", "-p", child.pid, "-o", self.path("p.json"),
                                 *(["--follow"] if follow else [])).started()
            child.go()
            child.wait()
            self.assertEqual(learning.end()[0], 0)
            names = case.names(self.path("p.json"))
            self.assertIn("getpgid", names)
            self.assertEqual("getsid" in names, follow)
            self.assertNotIn("execve", names)

    def test_arguments(self):
        code = ("import ctypes, socket; socket.socket(socket.AF_UNIX); socket.socket(socket.AF_INET)\n"
                "for i in range(40): ctypes.CDLL(None).personality(-1); ctypes.CDLL(None).ioctl(0, 0x80001000 + i)\n")
        self.learn(sys.executable, "-c", code, options=["--args"])
        text = subprocess.run([eun.EUNOMIA, "seccomp", "show", self.path("profile.json")], capture_output=True,
                              text=True, check=True).stdout.splitlines()
        of = {name: [line for line in text if line.split("[")[0] == name] for name in ("socket", "ioctl", "personality")}
        self.assertEqual(of, {"socket": ["socket[0&0xffffffff=0x1]", "socket[0&0xffffffff=0x2]"], "ioctl": ["ioctl"],
                              "personality": ["personality[0&0xffffffff=0xffffffff]"]})

    def test_interrupted(self):
        """Ctrl-C writes what was learned so far."""
        target = self.child(lambda: os.getpgid(0))
        learning = live.Live("seccomp", "-p", target.pid, "-o", self.path("p.txt"), "--format", "text").started()
        other = self.target()
        also = live.Live("seccomp", "-p", other, "-o", self.path("q.txt"), "--format", "text").started()
        self.assertEqual(also.stop(signal.SIGINT)[0], 0)
        self.assertIn("exit_group\n", eun.read(self.path("q.txt")))
        target.go()
        target.wait()
        self.assertEqual(learning.end()[0], 0)
        self.assertIn("getpgid\n", eun.read(self.path("p.txt")))

    def test_duration(self):
        said = case.seccomp("-p", self.target(), "-T", "200ms", "-o", self.path("p.json"))
        self.assertIn("0 system calls learned", said)
        self.assertEqual(case.names(self.path("p.json")), case.ALWAYS)

    def test_no_such_program(self):
        said = case.seccomp("-o", self.path("p.json"), "--", self.path("nothing"), status=1)
        self.assertIn("No such file or directory", said)

    def test_under_a_filter(self):
        """What a filter denies is needed as well."""
        self.filter("@default allow getpgid:errno(EPERM)")
        run = subprocess.run([case.RUN, self.path("filter.bpf"), eun.EUNOMIA, "seccomp", "-o", self.path("p.json"), "--",
                              sys.executable, "-c", "import os\ntry: os.getpgid(0)\nexcept PermissionError: pass"],
                             capture_output=True, text=True, check=True)
        self.assertIn("getpgid", case.names(self.path("p.json")))
        self.assertIn("1 of them were denied by a filter that is there already: getpgid", run.stderr)


class Document(Case):
    def test_commands(self):
        """As they are written, one after the other."""
        text = eun.read(os.path.join(eun.TREE, "docs/seccomp.md"))
        lines = [line for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()]
        self.assertGreater(len(lines), 6)
        for line in lines:
            run = subprocess.run(["sh", "-c", "eunomia() { \"$EUNOMIA_HERE\" \"$@\"; }; " + line], cwd=self.dir,
                                 capture_output=True, text=True, check=False, timeout=eun.LIMIT,
                                 env={**os.environ, "EUNOMIA_HERE": os.path.abspath(eun.EUNOMIA)})
            self.assertEqual(run.returncode, 0, (line, run.stderr))


    def test_rule(self):
        """It is checked, and makes an alert of a denial."""
        text = eun.read(os.path.join(eun.TREE, "docs/seccomp.md"))
        with open(self.path("rule.ini"), "w", encoding="utf-8") as file:
            file.write(re.search(r"^```ini\n(.*?)^```", text, re.M | re.S)[1])
        path = self.filter("@default allow getpgid:errno(EDOM)")
        child = self.child(os.execv, case.RUN, [case.RUN, path, sys.executable, "-c", "import os\ntry: os.getpgid(0)\nexcept OSError: pass"])
        out, _ = self.watch(child, "--rules", self.path("rule.ini"))
        self.assertIn(f"(pid {child.pid}) was denied getpgid: errno".encode(), out)


class Denied(Case):
    def denied(self, text, act):
        """The events of a child that loads the filter and acts; and the child."""
        path = self.filter(text)

        def child():
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            with open(path, "rb") as file:
                program = file.read()

            class Program(ctypes.Structure):
                _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
            libc.prctl(38, 1, 0, 0, 0)
            if libc.syscall(317, 1, 0, ctypes.byref(Program(len(program) // 8, program))):
                os._exit(97)
            return act(libc)
        made = self.child(child)
        events = eun.watch(made, "--plugin", "seccomp", "--streams", "seccomp.denied")
        return [{key: event[key] for key in ("syscall", "action", "ret", "abi", "nr", "pid", "tid", "a0", "a1")}
                for event in eun.of(events, "seccomp.denied")], made

    def test_errno(self):
        events, child = self.denied("@default allow getpgid:errno(EDOM) getsid:errno(ENOSYS)",
                                    lambda libc: [libc.getpgid(7), libc.getsid(8), libc.getpgid(9), os.getppid() > 0,
                                                  libc.close(999)])
        self.assertEqual(child.result, [-1, -1, -1, True, -1])
        one = {"action": "errno", "abi": "x86_64", "pid": child.pid, "tid": child.pid}
        self.assertEqual([{k: v for k, v in e.items() if k != "a1"} for e in events],
                         [{"syscall": "getpgid", "ret": -errno.EDOM, "nr": 121, "a0": 7, **one},
                          {"syscall": "getsid", "ret": -errno.ENOSYS, "nr": 124, "a0": 8, **one},
                          {"syscall": "getpgid", "ret": -errno.EDOM, "nr": 121, "a0": 9, **one}])

    def test_trap(self):
        def act(libc):
            signal.signal(signal.SIGSYS, lambda *_: None)
            libc.getpgid(5)
        events, _ = self.denied("@default allow getpgid:trap", act)
        self.assertEqual([(e["syscall"], e["action"], e["a0"]) for e in events], [("getpgid", "trap", 5)])

    def test_kill(self):
        events, child = self.denied("@default allow getpgid:kill", lambda libc: libc.getpgid(5))
        self.assertEqual([(e["syscall"], e["action"], e["a0"]) for e in events], [("getpgid", "kill", 5)])
        self.assertEqual(os.WTERMSIG(child.status), signal.SIGSYS)

    def test_kill_thread(self):
        def act(libc):
            import _thread
            import time
            _thread.start_new_thread(libc.getpgid, (5,))
            while len(os.listdir("/proc/self/task")) > 1:
                time.sleep(0.01)
        events, child = self.denied("@default allow getpgid:kill_thread", act)
        self.assertEqual([(e["syscall"], e["action"], e["a0"]) for e in events], [("getpgid", "kill_thread", 5)])
        self.assertNotEqual(events[0]["tid"], child.pid)

    def test_nothing_else(self):
        """Forks, threads, failing calls, signals that interrupt: no denial."""
        def act(_):
            import threading
            signal.signal(signal.SIGALRM, lambda *_: None)
            for _ in range(20):
                child = os.fork()
                if not child:
                    os._exit(0)
                os.waitpid(child, 0)
                thread = threading.Thread(target=os.getppid)
                thread.start()
                thread.join()
                signal.setitimer(signal.ITIMER_REAL, 0.001)
                signal.pause()
                try:
                    os.stat("/nothing")
                except OSError:
                    pass
        events, _ = self.denied("@default allow getpgid:errno(EDOM)", act)
        self.assertEqual(events, [])


if __name__ == "__main__":
    eun.main()
