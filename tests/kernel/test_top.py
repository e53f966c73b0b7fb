# SPDX-License-Identifier: MIT
"""eunomia top: what a host and its programs cost, as the kernel counts it."""
import json
import os
import subprocess

import eun
from live import Case, Live, summary

TIMES = 2000


def opens(stop):
    """Opens a file so often, then waits to be told that it was seen."""
    for _ in range(TIMES):
        os.close(os.open("/dev/null", os.O_RDONLY))
    while not os.path.exists(stop):
        pass


class Top(Case):
    def rounds(self, top):
        """By name, what the rounds so far add up to."""
        sums = {}
        for line in top.written().splitlines():
            event = json.loads(line)
            cost = sums.setdefault(event["name"], {"runs": 0, "time_ns": 0, "id": event["id"]})
            cost["runs"] += event["runs"]
            cost["time_ns"] += event["time_ns"]
        return sums

    def test_programs(self):
        """The program that sees opens ran for each of them, and took the time that bpftool knows of."""
        child = self.child(opens, self.path("stop"))
        host = Live("--plugin", "files", "--streams", "open", "-p", child.pid, "-o", "/dev/null").started()
        top = Live("top", "-p", host.process.pid, "--interval", "100ms", "--fmt", "json").started()
        child.go()
        top.until(lambda: self.rounds(top).get("open_exit", {"runs": 0})["runs"] >= TIMES)
        sums = self.rounds(top)
        known = json.loads(subprocess.run(["bpftool", "-j", "prog", "show", "id", str(sums["open_exit"]["id"])],
                                          capture_output=True, check=True, timeout=eun.LIMIT).stdout)
        open(self.path("stop"), "w", encoding="ascii").close()
        child.wait()
        status, _, said = host.end()
        self.assertEqual(status, 0, said)
        self.assertGreaterEqual(summary(said)[0], TIMES)
        self.assertGreater(sums["open_exit"]["time_ns"], 0)
        self.assertLessEqual(sums["open_exit"]["runs"], known["run_cnt"])
        self.assertLessEqual(sums["open_exit"]["time_ns"], known["run_time_ns"])
        self.assertGreater(sums["host"]["time_ns"], 0)
        # the host has ended: so does what looks at it
        status, _, said = top.end()
        self.assertEqual((status, said[-1]), (0, "eunomia: no host is left"))

    def test_nothing_there(self):
        gone = subprocess.Popen(["true"])
        gone.wait(eun.LIMIT)
        status, _, said = Live("top", "-p", gone.pid).end()
        self.assertEqual((status, said), (1, ["eunomia: top: no such process is running"]))


if __name__ == "__main__":
    eun.main()
