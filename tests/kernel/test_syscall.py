# SPDX-License-Identifier: MIT
"""System calls counted by process, number and result: the same counts as strace has for a second, equal run."""
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

import eun
import live

MIX = [os.path.join(eun.HELPERS, "syscall_mix"), "/bin/true"]
FLOOD = os.path.join(eun.HELPERS, "syscall_flood")
STRACE = re.compile(r"\s*(\d+)\s+(\d*)\s+(\w+)$")
NOWHERE = ["/nowhere"] * 5
HEADERS = [("syscall_table.h", r"^(?:X86_)?CALL\((\w+), (\d+)", "unistd_64.h"),
           ("ia32_table.h", r"^IA32_\w+\((\w+), (\d+)", "unistd_32.h")]


def strace(*argv):
    """{call: (calls, errors)}"""
    with tempfile.NamedTemporaryFile("r") as file:
        subprocess.run(["strace", "-f", "-c", "-U", "calls,errors,name", "-o", file.name, *argv], check=True,
                       capture_output=True, restore_signals=False)  # as Child leaves them
        found = (STRACE.match(line) for line in file)
        return {m[3]: (int(m[1]), int(m[2] or 0)) for m in found if m and m[3] != "total"}


def sums(events):
    """The same of rows; also of calls that are none."""
    result = {}
    for event in eun.of(events, "syscall.count"):
        calls, errors = result.get(event["syscall"], (0, 0))
        result[event["syscall"]] = (calls + event["count"], errors + (event["count"] if event["ret"] < 0 else 0))
    return result


def executed(*argv):
    return eun.Child(lambda: os.execv(argv[0], argv))


def count(events, call, **fields):
    return sum(event["count"] for event in eun.of(events, "syscall.count")
               if event["syscall"] == call and all(event[key] == value for key, value in fields.items()))


class Counts(unittest.TestCase):
    maxDiff = None

    def against_strace(self, *options):
        child = executed(*MIX)
        counts = sums(eun.watch(child, "--plugin", "syscall", *options, follow=True))
        self.assertEqual(child.status, 0)
        none = counts.pop(2 ** 32 - 1), counts.pop(511)
        self.assertEqual(none, ((2, 2), (1, 1)))
        calls, errors = counts["read"]
        counts["read"] = calls - 1, errors  # the one that waited for go()
        self.assertEqual(counts, strace(*MIX))

    def test_strace(self):
        self.against_strace()

    def test_strace_latency(self):
        self.against_strace("--set", "syscall.latency=true")

    def test_rows(self):
        """Who: each row is a process's own."""
        def act():
            child = os.fork()
            for _ in range(3 if child else 5):
                os.access("/nowhere", os.F_OK)
            for _ in range(2 if child else 4):
                os.access("/", os.F_OK)
            if not child:
                os._exit(0)
            os.waitpid(child, 0)
            return child

        child = eun.Child(act)
        events = eun.watch(child, "--plugin", "syscall", follow=True)
        rows = {(event["pid"], event["ret"]): event["count"]
                for event in eun.of(events, "syscall.count") if event["syscall"] == "access"}
        self.assertEqual(rows, {(child.pid, -2): 3, (child.pid, 0): 2, (child.result, -2): 5, (child.result, 0): 4})
        self.assertEqual({event["ppid"] for event in events if event["pid"] == child.result}, {child.pid})

    def test_latency(self):
        def act():
            begin = time.monotonic_ns()
            for _ in range(3):
                time.sleep(0.05)
            os.getppid()
            return time.monotonic_ns() - begin

        child = eun.Child(act)
        events = eun.watch(child, "--plugin", "syscall", "--set", "syscall.latency=true")
        total = {event["syscall"]: event["time_ns"] for event in events}
        self.assertTrue(3 * 50_000_000 <= total["clock_nanosleep"] <= child.result, (total, child.result))
        self.assertTrue(0 < total["getppid"] < 50_000_000, total)

    def test_no_latency(self):
        events = eun.watch(eun.Child(time.sleep, 0.01), "--plugin", "syscall")
        self.assertEqual({event["time_ns"] for event in events}, {0})

    def flood(self, *options):
        """Threads that add to one row while it is drained: none is missed, none counted twice."""
        threads, each = 4, 300_000
        child = executed(FLOOD, str(threads), str(each))
        run = eun.Run("--plugin", "syscall", "-p", child.pid, "--interval", "20ms", "--stats", *options).started()
        child.go()
        child.wait()
        events = run.end()
        self.assertEqual(count(events, "getppid"), threads * each)
        self.assertGreater(len([event for event in events if event["syscall"] == "getppid"]), 2)
        self.assertEqual(live.accounts(run.said.splitlines())["syscall.count"]["error"], 0, run.said)
        return run

    def test_flood(self):
        self.flood()

    def test_flood_latency(self):
        self.flood("--set", "syscall.latency=true")

    def test_full(self):
        """What finds no row is counted as lost."""
        def act():
            for _ in range(100):
                if not os.fork():
                    os._exit(0)
                os.wait()

        child = eun.Child(act)
        run = eun.Run("--plugin", "syscall", "-p", child.pid, "--follow", "--set", "syscall.rows=64", "--interval", "1h",
                      "--stats").started()
        child.go()
        child.wait()
        events = run.end()
        account = live.accounts(run.said.splitlines())["syscall.count"]
        self.assertEqual(len(eun.of(events, "syscall.count")), 64)
        self.assertGreater(account["full"], 100)
        self.assertEqual(account["error"], 0)


class Numbers(unittest.TestCase):
    def test_headers(self):
        """The tables of names have what the machine's headers have."""
        for table, row, header in HEADERS:
            with self.subTest(table):
                try:
                    text = eun.read("/usr/include/x86_64-linux-gnu/asm/" + header)
                except FileNotFoundError:
                    self.skipTest("no header")
                there = dict(re.findall(row, (pathlib.Path(eun.TREE) / "bpf" / table).read_text(), re.M))
                wanted = dict(re.findall(r"#define __NR_(\w+) (\d+)", text))
                self.assertGreater(len(wanted), 300)
                self.assertEqual({name: there.get(name) for name in wanted}, wanted)
                self.assertEqual(len(set(there.values())), len(there))


class Syscount(unittest.TestCase):
    def run_tool(self, *options, fmt="json"):
        def act():
            for path in NOWHERE:
                os.access(path, os.F_OK)
            for _ in range(9):
                os.access("/", os.F_OK)
            for _ in range(20):
                os.getppid()
            time.sleep(0.05)

        child = eun.Child(act)
        run = eun.Run("run", "syscount", "-p", child.pid, *options, fmt=fmt).started()
        child.go()
        child.wait()
        self.pid = child.pid
        return run.end()

    def table(self, *options):
        lines = [line.split() for line in self.run_tool(*options, fmt="text").splitlines()]
        head = next(i for i, line in enumerate(lines) if "COUNT" in line)
        return lines[head], lines[head + 1:]

    def test_table(self):
        head, rows = self.table()
        self.assertEqual(head, ["SYSCALL", "COUNT"])
        rows = {name: int(number) for name, number in rows}
        self.assertEqual((rows["access"], rows["getppid"]), (14, 20))
        self.assertEqual(list(rows.values()), sorted(rows.values(), reverse=True))

    def test_failed(self):
        _, rows = self.table("-x")
        self.assertEqual(rows, [["access", "5"]])
        self.assertEqual(self.table("-e", "ENOENT")[1], [["access", "5"]])
        self.assertEqual(self.table("-e", "EPERM,ENOENT")[1], [["access", "5"]])
        self.assertEqual(self.run_tool("-e", "EPERM"), [])

    def test_latency(self):
        head, rows = self.table("-L")
        self.assertEqual(head, ["SYSCALL", "COUNT", "TIME_US"])
        self.assertEqual(rows[0][:2], ["clock_nanosleep", "1"])
        self.assertGreater(float(rows[0][2]), 50_000)
        times = [float(row[2]) for row in rows]
        self.assertEqual(times, sorted(times, reverse=True))

    def test_process(self):
        head, rows = self.table("-P")
        self.assertEqual([word for word in head if word != "CONTAINER"], ["PID", "COMM", "COUNT"])
        self.assertEqual([row[0] for row in rows], [str(self.pid)])
        self.assertGreaterEqual(int(rows[0][-1]), 14 + 20 + 1)

    def test_list(self):
        run = subprocess.run([eun.EUNOMIA, "run", "syscount", "-l"], capture_output=True, text=True, check=True,
                             timeout=eun.LIMIT)
        names = run.stdout.split()
        self.assertLessEqual({"read", "execve", "openat2", "mseal", "socketcall"}, set(names))
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    eun.main()
