# SPDX-License-Identifier: MIT
"""More events than anybody can read: the law holds, what is lost is told, the run ends when it is to end."""
import json
import os
import signal
import time

import eun
from live import SANITIZED, Case, Live, accounts, summary

HELPER = eun.HELPERS + "/run_flood"
STREAMS = ("files.open", "files.close")


class Flood(Case):
    def flood(self, *args):
        """A process that will open and close a file so often: run_flood.c. What it does is known."""
        return self.child(os.execv, HELPER, [HELPER, *map(str, args)])

    def check_law(self, said, lines):
        """Every event is in the account, once. {stream: counts}"""
        counts = accounts(said)
        for stream, c in counts.items():
            self.assertEqual(c["error"], 0, (stream, c))
            self.assertEqual(c["seen"], c["not_target"] + c["not_where"] + c["aggregated"] + c["sent"] + c["lost"])
            self.assertEqual(c["sent"], c["delivered"] + c["invalid"])
            self.assertEqual(c["invalid"], 0)
        self.assertEqual(summary(said), (lines, sum(c["lost"] for c in counts.values())))
        return counts

    def test_small_ring(self):
        """Two processes against 64 KiB: most is lost, each of them is counted, and it is told while it happens."""
        turns = 300000
        path = self.path("file")
        with open(path, "w", encoding="ascii"):
            children = [self.flood(path, turns) for _ in range(2)]
        live = Live("--plugin", "files", "--streams", "open,close", "--ring-size", "64k", "--stats", "--fmt", "json",
                    "--fields", "stream", "-p", f"{children[0].pid},{children[1].pid}").started()
        for child in children:
            child.go()
        for child in children:
            child.wait()
        status, out, said = live.end()
        self.assertEqual(status, 0, said)
        events, lost, last = dict.fromkeys(STREAMS, 0), dict.fromkeys(STREAMS, 0), None
        told_meanwhile = False
        for line in out.splitlines():
            event = json.loads(line)
            if event["stream"] == "lost":
                lost[event["of"]] += event["count"]
            else:
                events[event["stream"]] += 1
                told_meanwhile |= last == "lost"
            last = event["stream"]
        counts = self.check_law(said, sum(events.values()))
        for stream in STREAMS:
            c = counts[stream]
            self.assertGreaterEqual(c["seen"] - c["not_target"], 2 * turns)
            self.assertGreater(c["lost"], 0)
            self.assertEqual(lost[stream], c["lost"])
            self.assertEqual(events[stream], c["delivered"])
        self.assertTrue(told_meanwhile)

    def test_default_ring(self):
        """
        One process at full speed for some seconds, on a CPU of its own: nothing is lost. Where others keep the host
        from the second CPU that can't be; one quiet turn of three will do.
        """
        if os.cpu_count() < 2 or SANITIZED:
            self.skipTest("a single CPU, or a host that checks each of its own steps")
        path = self.path("file")
        with open(path, "w", encoding="ascii"):
            pass
        lost = []
        for _ in range(3):
            turns = 1000000
            child = self.flood(path, turns, 0)
            live = Live("--plugin", "files", "--streams", "open", "--stats", "--fmt", "json", "-o", "/dev/null", "-p",
                        child.pid).started()
            child.go()
            child.wait()
            status, _, said = live.end()
            self.assertEqual(status, 0, said)
            counts = self.check_law(said, summary(said)[0])["files.open"]
            self.assertGreaterEqual(counts["seen"] - counts["not_target"], turns)
            lost.append(counts["lost"])
            if not lost[-1]:
                return
        self.fail(f"lost of {turns}: {lost}")

    def test_aggregates(self):
        """Rows that are drained while they are added to: each event is in a row, once."""
        def act():
            pids = []
            for i in range(2):
                pid = os.fork()
                if not pid:
                    fds = [os.open(self.path(f"{i}{k}"), os.O_WRONLY | os.O_CREAT) for k in range(8)]
                    for turn in range(100000):
                        os.pwrite(fds[turn % 8], b"x", 0)
                    os._exit(0)
                pids.append(pid)
            for pid in pids:
                os.waitpid(pid, 0)

        child = self.child(act)
        out, said = self.watch(child, "--plugin", "files", "--streams", "io", "--interval", "10ms", "--stats", "--fmt",
                               "json", "--fields", "count", follow=True)
        counts = accounts(said)["files.io"]
        self.assertEqual(counts["error"], 0, counts)
        self.assertGreaterEqual(counts["aggregated"], 200000)
        self.assertEqual(sum(json.loads(line)["count"] for line in out.splitlines()), counts["aggregated"])

    def test_full_aggregate(self):
        """Rows that find no place are lost, and told."""
        def act():
            for i in range(500):
                fd = os.open(self.path(str(i)), os.O_WRONLY | os.O_CREAT)
                os.write(fd, b"x")
                os.close(fd)

        child = self.child(act)
        out, said = self.watch(child, "--plugin", "files", "--streams", "io", "--set", "files.rows=64", "--interval",
                               "1h", "--stats", "--fmt", "json")
        counts = accounts(said)["files.io"]
        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((counts["error"], counts["full"]), (0, 500 - 64), counts)
        self.assertEqual(sum(e["count"] for e in events if e["stream"] == "lost"), 500 - 64)
        self.assertEqual(summary(said), (64, 500 - 64))

    def test_processes(self):
        """The same of another plugin, whose streams go through two rings."""
        def act():
            for _ in range(1500):
                pid = os.fork()
                if not pid:
                    os.execv("/bin/true", ["true"])
                os.waitpid(pid, 0)

        child = self.child(act)
        out, said = self.watch(child, "--plugin", "process", "--ring-size", "4k", "--stats", "--fmt", "json",
                               "--fields", "stream", follow=True)
        events = [json.loads(line)["stream"] for line in out.splitlines()]
        counts = self.check_law(said, len([stream for stream in events if stream != "lost"]))
        for stream, wanted in (("process.fork", 1500), ("process.exec", 1500), ("process.exit", 1501)):
            c = counts[stream]
            self.assertEqual(c["seen"] - c["not_target"], wanted)
            self.assertEqual(events.count(stream), c["delivered"])

    def test_signal_in_a_flood(self):
        """A ring that never runs empty does not keep the host from its end."""
        for ring in ("64k", "2m"):
            path = self.path("file")
            with open(path, "w", encoding="ascii"):
                children = [self.flood(path, 10**9) for _ in range(2)]
            out = self.path("out")
            live = Live("--plugin", "files", "--streams", "open,close", "--ring-size", ring, "--stats", "-o", out, "-p",
                        f"{children[0].pid},{children[1].pid}").started()
            for child in children:
                child.go()
            live.until(lambda: os.path.getsize(out) > 10 << 20)
            before = time.monotonic()
            status, _, said = live.stop()
            self.assertLess(time.monotonic() - before, 2)
            self.assertEqual(status, 0, said)
            self.assertGreater(summary(said)[0], 0)
            for counts in accounts(said).values():
                self.assertEqual(counts["error"], 0)
            for child in children:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()


if __name__ == "__main__":
    eun.main()
