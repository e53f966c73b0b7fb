# SPDX-License-Identifier: MIT
"""
How late an alert is while a hostile script runs beside its rule: from the event's own time to the line that is read.
The scripts are those of tests/lua/hostile, given events of a child instead of a test's.
"""
import datetime
import json
import os
import time

import eun
import live

HOSTILE = os.path.join(eun.TREE, "tests", "lua", "hostile")
SCRIPTS = sorted(name[:-4] for name in os.listdir(HOSTILE) if name.endswith(".lua"))
ALERTS = 1000
# 50 ms on a machine that does nothing else; here others may have the CPU.
WITHIN_MS = 500 * (20 if live.SANITIZED else 1)


class Latency(live.Case):
    def act(self, path):
        for _ in range(ALERTS):
            os.close(os.open(path, os.O_RDONLY))
            time.sleep(0.0003)  # the events come while the script is at it, not at once

    def latencies(self, *scripts):
        """ms, of each alert of the rule that is no script's; lines of stderr."""
        good = self.path("good")
        with open(good, "w", encoding="utf-8"):
            pass
        rules = self.path("good.ini")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(f"[rule good]\nstreams = files.open\nwhere = path = {good}\nmessage = good\n")
        child = self.child(self.act, good)
        reader, writer = os.pipe()
        run = live.Live("--rules", rules, *(word for path in scripts for word in ("--rules", path)), "--fmt", "json",
                        "-p", child.pid, stdout=writer)
        os.close(writer)
        run.started()
        child.go()
        late = []
        with os.fdopen(reader) as lines:
            for line in lines:
                now = time.time_ns()
                alert = json.loads(line)
                if alert.get("rule") == "good":
                    second, nano = alert["time"].rstrip("Z").split(".")
                    then = calendar_ns(second) + int(nano)
                    late.append((now - then) / 1e6)
        child.wait()
        status, _, said = run.end()
        self.assertEqual(status, 0, said)
        return sorted(late), said

    def test_beside_each(self):
        p99s = {}
        for name in SCRIPTS:
            with self.subTest(name):
                with open(os.path.join(HOSTILE, name + ".lua"), encoding="utf-8") as file:
                    text = file.read()
                bad = self.path(name + ".lua")
                with open(bad, "w", encoding="utf-8") as file:
                    file.write(text.replace("test.every", "files.open"))
                late, said = self.latencies(bad)
                self.assertEqual(len(late), ALERTS, said)
                p99s[name] = late[ALERTS * 99 // 100]
                print(f"{name:<18} p50 {late[ALERTS // 2]:6.2f} ms  p99 {p99s[name]:6.2f} ms  most {late[-1]:6.2f} ms",
                      flush=True)
                self.assertTrue(any(": stopped: " in line for line in said), said)
                self.assertLess(p99s[name], WITHIN_MS)


def calendar_ns(text):
    """Of 2026-11-24T10:11:12, UTC."""
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp()) * 10**9


if __name__ == "__main__":
    eun.main()
