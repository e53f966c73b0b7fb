# SPDX-License-Identifier: MIT
"""--rules in a run: rules of a file on a real child, with and without printed events; windows, exceptions, actions."""
import json
import os
import signal
import subprocess
import tempfile
import unittest

import eun
import live

RULES = """[macro written]
condition = ret >= 0 and (flags has O_WRONLY or flags has O_RDWR)
[rule Written]
streams = files.open
where = written and path startswith {folder}/
severity = error
tags = T1, x
message = {{comm}} wrote {{path}}
[exception Written]
where = path endswith .log
[rule Program]
streams = process.exec
where = exe = {program} and ret = 0 and parent.pid = {pid}
message = {{argv}} of {{parent.comm}}
key = exe
window = 1m
"""


class Rules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="eunomia-rules-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.program = os.path.realpath("/bin/true")

    def path(self, name, text=None):
        path = os.path.join(self.dir, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def act(self):
        for name in ("a", "b.log", "c"):
            with open(self.path(name), "w", encoding="utf-8"):
                pass
        with open(self.path("a"), encoding="utf-8"):
            pass
        for i in range(5):
            subprocess.run([self.program, str(i)], check=True)

    def alerts(self, text, *args, act=None):
        """(alerts, events, lines of stderr) of a run on a child that does it."""
        child = eun.Child(act or self.act)
        rules = self.path("r.ini", text.format(folder=self.dir, program=self.program, pid=child.pid))
        run = live.Live("--rules", rules, "--fmt", "json", "-p", child.pid, "--follow", *args)
        run.started()
        child.go()
        child.wait()
        status, out, err = run.end()
        self.assertEqual(status, 0, err)
        lines = [json.loads(line) for line in out.splitlines()]
        return [x for x in lines if "rule" in x], [x for x in lines if "stream" in x], err

    def check(self, alerts, err):
        self.assertEqual([(x["rule"], x["priority"], x["source"], x["count"]) for x in alerts],
                         [("Written", "Error", "files.open", 1), ("Written", "Error", "files.open", 1),
                          ("Program", "Warning", "process.exec", 1), ("Program", "Warning", "process.exec", 4)])
        self.assertEqual([x["output_fields"]["path"] for x in alerts[:2]], [self.path("a"), self.path("c")])
        self.assertEqual(alerts[0]["tags"], ["T1", "x"])
        self.assertTrue(alerts[0]["output"].endswith(" wrote " + self.path("a")))
        self.assertTrue(alerts[2]["output"].startswith(self.program + " 0 of "), alerts[2])
        self.assertEqual(alerts[2]["output_fields"]["exe"], self.program)
        self.assertIn("eunomia: 4 alerts", err)

    def test_alone(self):
        alerts, events, err = self.alerts(RULES)
        self.check(alerts, err)
        self.assertEqual(events, [])
        self.assertIn("eunomia: 0 events, 0 lost", err)

    def test_stats(self):
        """What rules matched, and what scripts cost, is told at the end of a run that asks for it."""
        script = self.path("s.lua", "on('files.open', {where = 'path startswith " + self.dir + "/'}, function(ev)\n"
                                    "  if ev.path:sub(-4) == '.log' then error('no') end end)\n")
        _, _, err = self.alerts(RULES, "--stats", "--rules", script)
        told = "\n".join(err)
        self.assertRegex(told, r"rule 'Written': 3 of \d+ events matched, 1 excepted, 0 counted in windows, 2 alerts")
        self.assertRegex(told, r"rule 'Program': 5 of \d+ events matched, 0 excepted, 4 counted in windows, 2 alerts")
        self.assertRegex(told, r"script s.lua: 4 calls in \d+\.\d ms, the longest \d+\.\d+ ms; [1-9]\d* KiB, "
                               r"[1-9]\d* at most; 1 errors, 0 strikes, 0 alerts, 0 of them dropped(\n|$)")
        _, _, err = self.alerts(RULES)
        self.assertNotIn("matched", "\n".join(err))

    def test_beside_events(self):
        """Rules see what the filter of the output leaves out, in the kernel too."""
        alerts, events, err = self.alerts(RULES, "--plugin", "files", "--streams", "open", "--filter",
                                          f"path endswith .log and path startswith {self.dir}")
        self.check(alerts, err)
        self.assertEqual([x["path"] for x in events], [self.path("b.log")])

    def test_where_in_the_kernel(self):
        """What no rule means doesn't enter a ring; nothing is lost of what one does."""
        text = RULES.replace("[rule Program]", "[rule Program]\nenabled = no")
        alerts, _, err = self.alerts(text, "--stats", act=lambda: [self.act() for _ in range(20)] and None)
        self.assertEqual(len(alerts), 40)
        accounts = {line.split()[2]: dict(x.split("=") for x in line.split() if "=" in x)
                    for line in err if line.startswith("eunomia: account ")}
        opened = accounts["files.open"]
        self.assertLess(int(opened["sent"]), int(opened["seen"]) / 2, err)
        self.assertGreater(int(opened["not_where"]), 0)
        self.assertNotIn("process.exec", accounts)

    def test_text(self):
        child = eun.Child(self.act)
        rules = self.path("r.ini", RULES.format(folder=self.dir, program=self.program, pid=child.pid))
        run = live.Live("--rules", rules, "-p", child.pid, "--follow").started()
        child.go()
        child.wait()
        _, out, _ = run.end()
        lines = out.decode().splitlines()
        self.assertEqual(len(lines), 4, lines)
        self.assertRegex(lines[0], r"^\d\d:\d\d:\d\d\.\d{9}: Error \S+ wrote " + self.path("a") + "$")
        self.assertTrue(lines[3].endswith(" (repeated 4 times)"), lines)

    def test_kill(self):
        """The child that opens a name is killed, by its rule, before it is done with waiting."""
        text = ("[actions]\nallow = kill\n[rule Kill]\nstreams = files.open\nwhere = path = {folder}/bait\n"
                "actions = kill\n")

        def act():
            pid = os.fork()
            if not pid:
                os.open(self.path("bait"), os.O_CREAT | os.O_WRONLY)
                signal.pause()
            signal.alarm(eun.LIMIT)
            _, status = os.waitpid(pid, 0)
            with open(self.path("status"), "w", encoding="utf-8") as file:
                file.write(str(os.WTERMSIG(status)))

        alerts, _, err = self.alerts(text, act=act)
        self.assertEqual(len(alerts), 1)
        self.assertEqual(eun.read(self.path("status")), str(int(signal.SIGKILL)))
        self.assertTrue(any("kill done to pid" in line for line in err), err)

    def test_exec_is_no_subject(self):
        """A program that an alert starts opens the name itself, and that is no alert."""
        text = ("[actions]\nallow = exec\n[exec note]\nargv = /bin/sh, -c, \"cat > $0 < {folder}/bait; cat >> $0\", "
                "{folder}/noted\n[rule Note]\nstreams = files.open\nwhere = path = {folder}/bait\nactions = exec:note\n")
        self.path("bait", "x")
        rules = self.path("r.ini", text.format(folder=self.dir))
        child = eun.Child(lambda: len(eun.read(self.path("bait"))))
        # for everyone: the program is no child of a target
        run = live.Live("--rules", rules, "--fmt", "json").started()
        child.go()
        child.wait()
        run.until(lambda: os.path.exists(self.path("noted")) and '"rule":"Note"' in eun.read(self.path("noted")))
        status, out, err = run.stop()
        self.assertEqual((status, out.count(b"\n")), (0, 1), err)
        self.assertEqual(eun.read(self.path("noted"))[:1], "x")


if __name__ == "__main__":
    eun.main()
