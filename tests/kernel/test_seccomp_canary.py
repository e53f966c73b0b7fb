# SPDX-License-Identifier: MIT
"""
`eunomia seccomp apply FILE --canary TIME`: what it tells is what the kernel does to the same work when the filter is
really there; it installs nothing, and a storm of such calls is a few rows.
"""
import json
import os
import random
import re
import subprocess
import sys
import unittest

import eun
import live
import oci
import seccomp_case as case

DENIED = 118  # ENOTNAM, an error that no call has
# Calls that do nothing with a descriptor of -1, or nothing at all, and how many of their arguments are free.
CALLS = {"lseek": (8, 2), "getpgid": (121, 1), "getsid": (124, 1), "getpriority": (140, 2), "getppid": (110, 6),
         "sched_get_priority_max": (146, 6), "getuid": (102, 6), "capget": (125, 0), "times": (100, 0)}
NUMBERS = {number: name for name, (number, _) in CALLS.items()}
VALUES = [0, 1, 5, 7, 0x5401, 0xffffffff, 1 << 32 | 5, 1 << 63, (1 << 64) - 1]
MASKS = [0xff, 0xffffffff, 1 << 63, (1 << 64) - 1]
ODD = [600, 1 << 30 | 110, 0xffffffff]  # no Linux has it; of x32; of none
# Makes the calls of a file, a line each, when its standard input says so, and writes what became of them.
CALLER = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
calls = [[ctypes.c_ulong(x) for x in call] for call in json.load(open(sys.argv[1]))]
results, syscall, get_errno = [None] * len(calls), libc.syscall, ctypes.get_errno
print("ready", flush=True)
sys.stdin.readline()
for i, call in enumerate(calls):
    results[i] = get_errno() if syscall(*call) == -1 else 0
print(json.dumps(results), flush=True)
sys.stdin.readline()
"""


def condition(chance):
    op = chance.choice(["=", "!=", "<", "<=", ">", ">=", "&"])
    value = chance.choice(VALUES)
    if op == "&":
        mask = chance.choice(MASKS)
        return f"{{}}&{mask:#x}={value & mask:#x}"
    return f"{{}}{op}{value:#x}"


def profile(chance):
    """The text of one with rules of all kinds; what else the caller calls is allowed."""
    text = f"@default allow\n@arch x86_64\n"
    for name, (_, free) in CALLS.items():
        kind = chance.randrange(4)
        if kind == 0:
            text += f"{name}:errno({DENIED})\n"
        for _ in range(chance.randrange(1, 4) if kind > 1 and free else 0):
            args = sorted(chance.sample(range(free), chance.randrange(1, min(free, 3) + 1)))
            text += f"{name}[{';'.join(condition(chance).format(arg) for arg in args)}]:errno({DENIED})\n"
    return text


class Case(live.Case):
    def profile(self, text, name="profile.txt"):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def caller(self, calls, *under):
        """A process that waits for go() before it makes them."""
        with open(self.path("calls.json"), "w", encoding="utf-8") as file:
            json.dump(calls, file)
        caller = subprocess.Popen([*under, sys.executable, "-S", "-c", CALLER, self.path("calls.json")],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def end():
            caller.stdin.close()
            caller.stdout.close()
            caller.wait(eun.LIMIT)
        self.addCleanup(end)
        self.assertEqual(caller.stdout.readline(), "ready\n")
        return caller

    def go(self, caller):
        caller.stdin.write("go\n")
        caller.stdin.flush()
        return json.loads(caller.stdout.readline())

    def canary(self, path, caller, *options, status=1):
        """The rows, and what was said."""
        run = live.Live("seccomp", "apply", path, "-p", caller.pid, "--canary", "60", "--fmt", "json", *options).started()
        result = self.go(caller)
        code, out, said = run.stop()
        self.assertEqual(code, status, said)
        self.assertEqual([set(result) & {DENIED}, self.filters(caller.pid)], [set(), 0])
        return [json.loads(line) for line in out.splitlines()], said

    def filters(self, pid):
        return int(re.search(r"^Seccomp_filters:\s*(\d+)", eun.read(f"/proc/{pid}/status"), re.M)[1])


class Canary(Case):
    def test_is_what_the_kernel_does(self):
        chance = random.Random(int(os.environ.get("EUNOMIA_SEED", "1")))
        denied_all = 0
        for round_ in range(4):
            path = self.profile(profile(chance))
            calls = [[chance.choice([number for number, _ in CALLS.values()])] for _ in range(1500)] + [[n] for n in ODD]
            for call in calls:
                free = CALLS[NUMBERS[call[0]]][1] if call[0] in NUMBERS else 0
                call += [chance.choice(VALUES) for _ in range(free)]
                if call[0] == 8:
                    call[1] = chance.choice([0xffffffff, (1 << 64) - 1])
                call += [0] * (7 - len(call))
            case.seccomp("show", path, "--format", "bpf", "-o", self.path("filter.bpf"))
            done = self.go(self.caller(calls, case.RUN, self.path("filter.bpf")))
            expected = {}
            for call, error in zip(calls, done):
                if error == DENIED:
                    expected[call[0]] = expected.get(call[0], 0) + 1
            rows, said = self.canary(path, self.caller(calls))
            told = {}
            for row in rows:
                self.assertEqual((row["action"], row["error"], row["already"]), ("errno", -DENIED, False), row)
                told[row["nr"]] = told.get(row["nr"], 0) + row["count"]
                self.assertTrue(row["ts"] and row["first"] <= row["last"])
            self.assertEqual(told, expected, (round_, eun.read(path)))
            total = sum(expected.values())
            self.assertIn(f"eunomia: {total} calls would have been denied; nothing was installed", said)
            denied_all += total
        self.assertGreater(denied_all, 1000)

    def test_default_and_odd_numbers(self):
        """A profile that allows little: entries and numbers that it does not know."""
        allowed = "@default errno({})\n@arch x86_64\n{}\n".format(DENIED, " ".join(set(map(str, range(451))) - {"110", "121"}))
        path = self.profile(allowed)
        calls = [[number] + [0] * 6 for number in [110, 121, 102, *ODD]]
        case.seccomp("show", path, "--format", "bpf", "-o", self.path("filter.bpf"))
        done = self.go(self.caller(calls, case.RUN, self.path("filter.bpf")))
        rows, _ = self.canary(path, self.caller(calls))
        kernel = sorted((call[0] & ~(1 << 30), -error) for call, error in zip(calls, done) if call[0] != 102)
        self.assertEqual(sorted((row["nr"], row["error"]) for row in rows), kernel)
        self.assertEqual({row["abi"] for row in rows if row["nr"] == 110}, {"x86_64", "x32"})

    def test_actions_and_values(self):
        path = self.profile("@default allow\ngetpgid:kill\ngetsid:trap\ngetuid:kill_thread\ngetppid:log\n"
                            "getpriority[0=0x5]:errno(EACCES)\n")
        calls = [[n, a, 0, 0, 0, 0, 0] for n, a in ((121, 1), (124, 1), (102, 1), (110, 1), (140, 5), (140, 5), (140, 6))]
        rows, said = self.canary(path, self.caller(calls))
        self.assertEqual(sorted((row["syscall"], row["action"], row["error"], row["count"]) for row in rows),
                         [("getpgid", "kill", 0, 1), ("getppid", "log", 0, 1), ("getpriority", "errno", -13, 2),
                          ("getsid", "trap", 0, 1), ("getuid", "kill_thread", 0, 1)])
        tested = {row["syscall"]: (row["tested"], row["a0"]) for row in rows}
        self.assertEqual([tested["getpriority"], tested["getpgid"]], [(["a0"], 5), ([], 0)])
        said = "\n".join(said)
        self.assertRegex(said, r"would be denied: getpriority \(x86_64 140\): errno\(EACCES\), 2 times, \S+ to \S+, by "
                               r"python3 \(\d+\); with a0=0x5\n")
        self.assertIn("would be logged: getppid", said)
        self.assertIn("5 calls would have been denied", said)

    def test_nothing(self):
        rows, said = self.canary(self.profile("@default allow\ngetpgid:errno"), self.caller([[110] + [0] * 6]), status=0)
        self.assertEqual(rows, [])
        self.assertIn("eunomia: nothing would have been denied", said)

    def test_only_logged(self):
        """--mode stands for the default action, as it does where the profile is applied."""
        path = self.profile("@default errno\n" + " ".join(set(map(str, range(463))) - {"110"}))
        caller = self.caller([[110] + [0] * 6])
        rows, said = self.canary(path, caller, "--mode", "log", status=0)
        self.assertEqual([(row["syscall"], row["action"]) for row in rows], [("getppid", "log")])
        self.assertIn("eunomia: nothing would have been denied", said)

    def test_storm(self):
        """Rows, not calls: with arguments that are always others, too; nothing gets lost."""
        path = self.profile("@default allow\ngetpgid:errno\ngetsid[0=0x1000000]:errno\ngetsid[0<0x1000000]:errno\n")
        calls = [[121] + [0] * 6] * 100000 + [[124, i] + [0] * 5 for i in range(20000)]
        rows, said = self.canary(path, self.caller(calls))
        counts = {name: sum(row["count"] for row in rows if row["syscall"] == name) for name in ("getpgid", "getsid")}
        self.assertEqual(counts, {"getpgid": 100000, "getsid": 20000})
        rounds = len({row["ts"] for row in rows})
        self.assertLess(len(rows), 300 * len([row for row in rows if row["syscall"] == "getpgid"]) + 300)
        self.assertTrue([row for row in rows if row["many"]], rounds)
        self.assertIn("and more", "\n".join(said))

    def test_under_a_filter(self):
        """What a filter denies with the same error would not change; with another one it would."""
        text = f"@default allow\ngetpgid:errno({DENIED})\ngetsid:errno(ENOSYS)\n"
        case.seccomp("show", self.profile(text, "old.txt"), "--format", "bpf", "-o", self.path("old.bpf"))
        caller = self.caller([[n] + [0] * 6 for n in (110, 121, 124)], case.RUN, self.path("old.bpf"))
        path = self.profile(f"@default allow\ngetpgid:errno({DENIED})\ngetsid:errno({DENIED})\n")
        run = live.Live("seccomp", "apply", path, "-p", caller.pid, "--canary", "60", "--fmt", "json").started()
        self.go(caller)
        code, out, said = run.stop()
        self.assertEqual(code, 1, said)
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([(row["syscall"], row["already"], row["error"]) for row in rows], [("getsid", True, -DENIED)])

    def test_time_is_over(self):
        """Also where the target goes on; and before, where it does not."""
        path = self.profile("@default allow\ngetpgid:errno")
        run = live.Live("seccomp", "apply", path, "-p", self.target(), "--canary", "200ms")
        self.assertEqual(run.end()[0], 0)
        child = self.child(lambda: os.getpgid(0))
        run = live.Live("seccomp", "apply", path, "-p", child.pid, "--canary", "1h").started()
        child.go()
        child.wait()
        self.assertEqual(run.end()[0], 1)

    def test_text_and_csv(self):
        path = self.profile("@default allow\ngetpgid:errno")
        for form, words in (("text", "seccomp.canary   syscall=getpgid action=errno"), ("csv", ",getpgid,errno,")):
            child = self.child(lambda: os.getpgid(0))
            run = live.Live("seccomp", "apply", path, "-p", child.pid, "--canary", "1h", "--fmt", form).started()
            child.go()
            child.wait()
            self.assertIn(words, run.end()[1].decode())

    def test_as_an_option_of_the_plugin(self):
        """And files that are no filters."""
        case.seccomp("show", self.profile("@default allow\ngetpgid:errno"), "--format", "bpf", "-o", self.path("f.bpf"))
        child = self.child(lambda: os.getpgid(0))
        out, said = self.watch(child, "--plugin", "seccomp", "--streams", "canary", "--set",
                               f"seccomp.canary={self.path('f.bpf')}", "--fmt", "json", "--stats")
        self.assertEqual(json.loads(out)["syscall"], "getpgid")
        self.assertEqual(live.accounts(said)["seccomp.canary"]["error"], 0)
        wrong = {b"": "no filter", b"1234567": "no filter", bytes(8 * 4097): "no filter",
                 bytes([0x28, 0, 0, 0, 0, 0, 0, 0]): r"instruction 0 \(0x28\)",  # a half word
                 bytes([0x20, 0, 0, 0, 8, 0, 0, 0]): r"instruction 0 \(0x20\)"}  # the instruction pointer
        for content, why in wrong.items():
            with open(self.path("f.bpf"), "wb") as file:
                file.write(content)
            run = live.Live("--plugin", "seccomp", "--streams", "canary", "--set", f"seccomp.canary={self.path('f.bpf')}",
                            "-p", self.target())
            status, _, said = run.end()
            self.assertEqual(status, 1, said)
            self.assertRegex("\n".join(said), r"\[seccomp\] open: option canary: " + re.escape(self.path("f.bpf")) + ".*" + why)


@unittest.skipUnless(oci.RUNC, "needs runc")
class Container(oci.Case):
    def run_of(self, script, path):
        """The canary's exit code and what it said, over the whole life of a container; nothing of the runtime's own."""
        container = self.container(script)
        run = live.Live("seccomp", "apply", path, "-c", container.id, "--canary", "60").started()
        subprocess.run([oci.RUNC, "run", "--keep", "--bundle", container.bundle, container.id], stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, timeout=eun.LIMIT, check=True)
        status, _, said = run.end()
        return status, "\n".join(said)

    def test_container(self):
        container = self.container("cat /proc/mounts; true")
        path = os.path.join(self.dir, "profile.json")
        learning = live.Live("seccomp", "-c", container.id, "-o", path).started()
        subprocess.run([oci.RUNC, "run", "--keep", "--bundle", container.bundle, container.id], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=eun.LIMIT, check=True)
        self.assertEqual(learning.end()[0], 0)
        status, said = self.run_of("cat /proc/mounts; true", path)
        self.assertEqual(status, 0, said)
        status, said = self.run_of("cat /proc/mounts; mkdir /dev/x; true", path)
        self.assertEqual(status, 1, said)
        self.assertIn("would be denied: mkdir", said)


if __name__ == "__main__":
    eun.main()
