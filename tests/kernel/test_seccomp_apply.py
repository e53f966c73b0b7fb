# SPDX-License-Identifier: MIT
"""
`eunomia seccomp apply` on single processes: whatever call a thread is in, it goes on as if nothing had been, and what
the profile denies is denied from then on. EUNOMIA_APPLIES=200 does it as often, in a row, to each.
"""
import ctypes
import errno
import os
import signal
import subprocess
import sys
import unittest

import apply_case as case
import eun
import seccomp_case

# Where the program itself sees EINTR, as a handler of its own ran.
INTERRUPTED = {"epoll_pwait", "suspend"}
WAITS = ("accept epoll epoll_pwait flock futex futex_timed getevents inotify msgrcv nanosleep open poll poll_time read "
         "registers select semop sigtimedwait socket suspend waitpid").split()
SLEEPS = {"nanosleep": 2000, "poll_time": 2000}
EDOM = f"@default allow getpgid:errno({errno.EDOM})"
DENIED = 118  # ENOTNAM, an error that no call has
LAST = 600
UNFILTERED = {335, 336}  # Linux lets both pass without asking a filter


class Waits(case.Case):
    def waiting(self, name):
        process = self.start(case.WAITS, name)
        if name != "registers":
            self.until(lambda: self.state(process) == "S")
        return process

    def goes_on(self, process, name):
        """It is woken, saw nothing, and is under the filter."""
        out, _ = process.communicate("x", timeout=eun.LIMIT)
        wrong, error, ms, getpgid = map(int, out.split())
        self.assertEqual(wrong, 0, (name, errno.errorcode.get(error, error)))
        self.assertEqual(error == errno.EINTR, name in INTERRUPTED, name)
        self.assertEqual(getpgid, errno.EDOM, name)
        if name in SLEEPS:
            self.assertTrue(SLEEPS[name] <= ms < SLEEPS[name] + 1000, (name, ms))

    def test_each(self):
        """What is mapped stays as it was."""
        processes = {name: self.waiting(name) for name in WAITS if name not in SLEEPS}
        for i in range(case.APPLIES or 2):
            for name, process in processes.items():
                maps = eun.read(f"/proc/{process.pid}/maps")
                done, _ = self.apply("-p", process.pid)
                self.assertEqual([(pid, state) for pid, state, _ in done], [(process.pid, "has it now")])
                self.assertEqual(case.filters(process.pid), [i + 1])
                self.assertEqual(eun.read(f"/proc/{process.pid}/maps"), maps)
        for name, process in processes.items():
            with self.subTest(name):
                self.apply("-p", process.pid, profile=self.profile(EDOM))
                self.goes_on(process, name)

    def test_time(self):
        """What is left of a time is what it was."""
        for name in SLEEPS:
            process = self.waiting(name)
            for _ in range(5):
                self.apply("-p", process.pid)
            self.apply("-p", process.pid, profile=self.profile(EDOM))
            self.assertEqual(self.state(process), "S")
            self.goes_on(process, name)

    def test_stopped(self):
        """It stays stopped, and goes on when it is let to."""
        for name in ("read", "epoll", "registers"):
            process = self.waiting(name)
            process.send_signal(signal.SIGSTOP)
            self.until(lambda at=process: self.state(at) == "T")
            for _ in range(case.APPLIES or 2):
                self.apply("-p", process.pid)
                self.until(lambda at=process: self.state(at) == "T")
            self.apply("-p", process.pid, profile=self.profile(EDOM))
            process.send_signal(signal.SIGCONT)
            self.goes_on(process, name)

    def test_signals(self):
        """None is lost that comes meanwhile."""
        process = self.waiting("signals")
        sent = 0
        for _ in range(case.APPLIES or 10):
            command = subprocess.Popen([eun.EUNOMIA, "seccomp", "apply", self.profile(), "-p", str(process.pid), "--yes"],
                                       stdout=subprocess.DEVNULL)
            while command.poll() is None:
                process.send_signal(signal.SIGUSR1)
                sent += 1
                # the next one only when it is not pending any more, as they are not counted then
                self.until(lambda: not int(case.status(process.pid)["ShdPnd"], 16))
            self.assertEqual(command.returncode, 0)
        out, _ = process.communicate("x", timeout=eun.LIMIT)
        self.assertEqual(int(out.split()[0]), sent)
        self.assertGreater(sent, 10)


class Threads(case.Case):
    def test_busy(self):
        """32 of them: no lost wake-up, no EINTR, none without the filter."""
        process = self.start(case.THREADS, "32")
        self.until(lambda: len(case.threads(process.pid)) == 33)
        n = case.APPLIES or 10
        for _ in range(n):
            self.apply("-p", process.pid)
        self.assertEqual(case.filters(process.pid), [n] * 33)
        out, _ = process.communicate(timeout=eun.LIMIT)
        wrong, rounds, denied = map(int, out.split())
        self.assertEqual((wrong, denied), (0, 32))
        self.assertGreater(rounds, 100)

    def test_forks(self):
        """A storm of forks, vforks and spawns: all that lives afterwards has it."""
        process = self.start(case.THREADS, "forks")
        for i in range(case.APPLIES or 5):
            self.apply("-p", process.pid, "--follow")
            found = 0
            while found < 10:
                for pid in case.descendants(process.pid):
                    try:
                        of = set(case.filters(pid))
                        self.assertLessEqual(of, {i + 1})
                        found += len(of)
                    except (FileNotFoundError, ProcessLookupError):
                        pass  # it ended meanwhile
        out, _ = process.communicate(timeout=eun.LIMIT)
        wrong, children, _ = map(int, out.split())
        self.assertEqual(wrong, 0)
        self.assertGreater(children, 20)

    def test_unlike(self):
        """Filters of its threads that are not of one line: each for itself."""
        own = seccomp_case.compiled("@default allow getsid:errno(9)", self.path("own.bpf"))
        code = f"""
import ctypes, sys, threading
def work():
    libc = ctypes.CDLL(None, use_errno=True)
    class Program(ctypes.Structure):
        _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
    text = open({own!r}, "rb").read()
    libc.prctl(38, 1, 0, 0, 0)
    assert not libc.syscall(317, 1, 0, ctypes.byref(Program(len(text) // 8, text)))
    gate.wait()
    end.wait()
gate, end = threading.Barrier(4), threading.Event()
all = [threading.Thread(target=work) for i in range(3)]
[t.start() for t in all]
gate.wait()
print("ready", flush=True)
sys.stdin.readline()
end.set()
"""
        process = self.start(sys.executable, "-S", "-c", code)
        self.assertEqual(sorted(case.filters(process.pid)), [0, 1, 1, 1])
        self.apply("-p", process.pid)
        self.assertEqual(sorted(case.filters(process.pid)), [1, 2, 2, 2])
        process.communicate("\n", timeout=eun.LIMIT)
        self.assertEqual(process.returncode, 0)

    @unittest.skipUnless(case.APPLIES, "EUNOMIA_APPLIES")
    def test_python(self):
        code = ("import sys, threading, time\nend = False\ndef work():\n  while not end:\n    time.sleep(0.001); open('/proc/self/stat').read()\n"
                "all = [threading.Thread(target=work) for i in range(8)]\n[t.start() for t in all]\n"
                "print('ready', flush=True)\nsys.stdin.readline()\nend = True\n[t.join() for t in all]\n")
        process = self.start(sys.executable, "-S", "-c", code)
        for _ in range(case.APPLIES):
            self.apply("-p", process.pid)
        _, err = process.communicate("\n", timeout=eun.LIMIT)
        self.assertEqual(process.returncode, 0, err)


class What(case.Case):
    def target(self):
        return self.start(case.WAITS, "read")

    def test_dry(self):
        """Without --yes nothing is done; what would be is said."""
        process = self.target()
        done, said = self.apply("-p", process.pid, profile=self.profile("read write"), yes=False)
        self.assertEqual([(pid, state) for pid, state, _ in done], [(process.pid, "would get it")])
        self.assertIn("what is not allowed: errno(EPERM)", said)
        self.assertRegex(said, r"x86_64: 6 calls allowed, 0 by their arguments, \d+ denied: open, close, stat,")
        self.assertIn("nothing was done; --yes applies it. A filter only tightens, and nothing ever removes it", said)
        self.assertEqual(case.filters(process.pid), [0])

    def test_again(self):
        process, profile = self.target(), self.profile()
        self.assertEqual(self.apply("-p", process.pid, profile=profile)[0][0][1], "has it now")
        self.assertEqual(self.apply("-p", process.pid, profile=profile)[0][0][1], "had it already")
        self.assertEqual(case.filters(process.pid), [1])

    def test_mode(self):
        profile = self.profile("read write close newfstatat unlink rmdir clock_gettime getpgid[0=1]")
        for mode, result in (("log", 0), ("errno", 1), ("kill", -signal.SIGSYS)):
            process = self.target()
            self.apply("-p", process.pid, "--mode", mode, profile=profile)
            out, _ = process.communicate("x", timeout=eun.LIMIT)
            self.assertEqual(process.returncode, min(result, 0), mode)
            if result >= 0:
                self.assertEqual(out.split()[3], str(result), mode)

    def test_privileges(self):
        """no_new_privs only where there is no CAP_SYS_ADMIN."""
        root, other = self.target(), self.start("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                                case.WAITS, "read")
        for process, needed in ((root, False), (other, True)):
            before = self.apply("-p", process.pid, yes=False)[1]
            self.assertEqual("no_new_privs will be set: setuid programs it starts stop gaining rights" in before, needed)
            after = self.apply("-p", process.pid)[1]
            self.assertEqual("no_new_privs is set" in after, needed)
            self.assertEqual(case.status(process.pid)["NoNewPrivs"], str(int(needed)))

    def test_nothing_left(self):
        """Also where the new filter kills for each call that was used to load it."""
        process = self.target()
        maps = eun.read(f"/proc/{process.pid}/maps")
        self.apply("-p", process.pid, "--mode", "kill", profile=self.profile("read"))
        self.assertEqual(eun.read(f"/proc/{process.pid}/maps"), maps)
        self.assertEqual(self.state(process), "S")

    def test_every_number(self):
        """What was learned passes; each other number, tried by a child, is denied."""
        probe = os.path.join(eun.HELPERS, "seccomp_probe_static")
        run = ["busybox", "sh", "-c", "echo ready; read line; exec \"$@\"", "sh", probe]
        learned = self.path("learned.json")
        with subprocess.Popen([eun.EUNOMIA, "seccomp", "-o", learned, "--errno", str(DENIED), "--", *run],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as learning:
            learning.communicate(b"\n", timeout=eun.LIMIT)
        with open(os.path.join(eun.TREE, "bpf/syscall_table.h"), encoding="utf-8") as file:
            table = dict(line.split("(")[1].split(",")[:2] for line in file if line.startswith(("CALL(", "X86_CALL(")))
        numbers = {name: int(number.strip(" )\n")) for name, number in table.items()}
        denied = sorted(set(range(LAST)) - {numbers[name] for name in seccomp_case.names(learned)} - UNFILTERED)
        process = self.start(*run, *map(str, denied))
        self.apply("-p", process.pid, profile=learned)
        out, _ = process.communicate("\n", timeout=eun.LIMIT)
        result = dict(line.split() for line in out.splitlines())
        self.assertEqual(result.pop("0"), "start")
        self.assertEqual(sorted(map(int, result)), denied)
        self.assertEqual({n: e for n, e in result.items() if int(e) not in (DENIED, errno.ENOSYS)}, {})
        self.assertEqual({int(n) for n, e in result.items() if int(e) == errno.ENOSYS}, set(range(470, LAST)))


class Refused(case.Case):
    def refused(self, reason, *args, yes=True, code=1, **how):
        done, said = self.apply(*args, yes=yes, code=code, **how)
        self.assertEqual([state for _, state, _ in done], ["not touched"], said)
        self.assertRegex(said, reason)

    def filtered(self, text):
        return self.start(seccomp_case.RUN, seccomp_case.compiled(text, self.path("own.bpf")), case.WAITS, "read")

    def test_filter_denies(self):
        """It would be killed for our call, too."""
        for action in ("errno(EPERM)", "kill"):
            process = self.filtered("@default allow seccomp:" + action)
            self.refused(r"denies seccomp\(2\)", "-p", process.pid)
            self.assertEqual((case.filters(process.pid), self.state(process)), ([1], "S"))

    def test_filter_denies_prctl(self):
        own = seccomp_case.compiled("@default allow prctl:kill", self.path("own.bpf"))
        # no_new_privs is kept where it is set already: only without is the call needed
        process = self.start(seccomp_case.RUN, own, case.WAITS, "read")
        self.apply("-p", process.pid)
        self.assertEqual(case.filters(process.pid), [2])

    def test_traced(self):
        process = self.start(case.WAITS, "read")
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        self.assertEqual(libc.ptrace(0x4206, process.pid, None, None), 0)  # PTRACE_SEIZE
        self.refused(f"process {os.getpid()} .* traces it; end that first", "-p", process.pid)

    def test_who(self):
        """Of these nothing but the plan is asked for."""
        self.refused("first process", "-p", 1, yes=False)
        self.refused("eunomia itself runs in or below it", "-p", os.getpid(), yes=False)
        kernel = [pid for pid in os.listdir("/proc") if pid.isdigit() and not os.path.exists(f"/proc/{pid}/exe")
                  and int(eun.read(f"/proc/{pid}/stat").rpartition(")")[2].split()[6]) & 0x200000]
        if kernel:
            self.refused("thread of the kernel", "-p", kernel[0], yes=False)

    def test_not_allowed(self):
        """Another user's: the reason, and what would allow it."""
        process = self.start(case.WAITS, "read")
        os.chmod(self.dir, 0o755)
        run = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", eun.EUNOMIA, "seccomp",
                              "apply", self.profile(), "-p", str(process.pid), "--yes"], capture_output=True, text=True,
                             check=False, timeout=eun.LIMIT)
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertIn("needs CAP_SYS_PTRACE, or root", run.stdout)
        self.assertEqual(case.filters(process.pid), [0])

    def test_usage(self):
        process = self.start(case.WAITS, "read")
        for args, code, said in ((["-p", process.pid, "--mode", "trap"], 2, "none of errno, log, kill"),
                                 ([], 2, "usage"), (["-p", 4194304 - 1], 1, "there is no such process"),
                                 (["-c", "there-is-none"], 1, "it is not there")):
            self.assertIn(said, self.apply(*args, code=code)[1])
        self.assertIn("no action is named 'foo'", self.apply("-p", process.pid, code=3, profile=self.profile("no_such_call:foo"))[1])
        self.assertEqual(case.filters(process.pid), [0])


if __name__ == "__main__":
    eun.main()
