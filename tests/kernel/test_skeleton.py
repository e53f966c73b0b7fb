# SPDX-License-Identifier: MIT
"""The tutorial plugin does what it teaches, and docs/plugin.md leads to a running copy of it."""
import os
import re
import subprocess
import tempfile

import eun

NICE, BEAT = "skeleton.nice", "skeleton.beat"
ESRCH, EINVAL = 3, 22
BUILD = os.path.dirname(os.path.dirname(os.path.abspath(eun.EUNOMIA)))


def renice():
    """A success of each kind, then two failures."""
    os.setpriority(os.PRIO_PROCESS, 0, 5)
    os.setpriority(os.PRIO_PROCESS, os.getpid(), -3)
    os.setpriority(os.PRIO_PGRP, 0, 0)
    for which, who in ((os.PRIO_PROCESS, 2**31 - 1), (7, 0)):
        try:
            os.setpriority(which, who, 1)
        except OSError:
            pass


class Skeleton(eun.unittest.TestCase):
    maxDiff = None

    def calls(self, *args):
        self.child = eun.Child(renice)
        events = eun.watch(self.child, *args)
        for event in events:
            self.assertEqual((event["stream"], event["pid"]), (NICE, self.child.pid))
        return [(event["which"], event["who"], event["nice"], event["ret"]) for event in events]

    def test_events(self):
        self.assertEqual(self.calls("--plugin", "skeleton"), [
            ("PRIO_PROCESS", 0, 5, 0), ("PRIO_PROCESS", self.child.pid, -3, 0), ("PRIO_PGRP", 0, 0, 0),
            ("PRIO_PROCESS", 2**31 - 1, 1, -ESRCH), (7, 0, 1, -EINVAL)])

    def test_option_and_tool(self):
        faster = [("PRIO_PROCESS", self.child_pid(), -3, 0)]
        self.assertEqual(self.calls("--plugin", "skeleton", "--set", "skeleton.faster=true"), faster)
        self.assertEqual(self.calls("run", "nicesnoop", "--faster"), faster)
        self.assertEqual(self.calls("run", "nicesnoop", "--who", "0"),
                         [("PRIO_PROCESS", 0, 5, 0), ("PRIO_PGRP", 0, 0, 0), (7, 0, 1, -EINVAL)])
        self.assertEqual(self.calls("run", "nicesnoop", "-x"),
                         [("PRIO_PROCESS", 2**31 - 1, 1, -ESRCH), (7, 0, 1, -EINVAL)])

    def child_pid(self):
        """Equal to the pid of the latest child, whichever that will be."""
        test = self

        class Latest:
            def __eq__(self, other):
                return other == test.child.pid

        return Latest()

    def test_format(self):
        """The plugin's own text for a field, in text output only."""
        child = eun.Child(renice)
        run = eun.Run("--plugin", "skeleton", "-p", child.pid, fmt="text").started()
        child.go()
        child.wait()
        self.assertEqual(re.findall(r"nice=(\S+)", run.end()),
                         ["5(slower)", "-3(faster)", "0(normal)", "1(slower)", "1(slower)"])

    def test_tick(self):
        """Records made in user space, in order, while the plugin runs."""
        child = eun.Child(lambda: None)
        run = eun.Run("--plugin", "skeleton", "--streams", BEAT, "-p", child.pid).started()
        run.wait_for(lambda event: event["beats"] == 2)
        child.go()
        child.wait()
        beats = [event["beats"] for event in run.end()]
        self.assertEqual(beats, list(range(1, len(beats) + 1)))

    def test_documentation(self):
        """Every command of docs/plugin.md, in a home and a tree of their own; then the plugin that they made."""
        text = eun.read(os.path.join(eun.TREE, "docs/plugin.md"))
        commands = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S))
        with tempfile.TemporaryDirectory(prefix="eun-skeleton-") as home:
            tree = os.path.join(home, "tree")
            os.mkdir(tree)
            for name in ("bpf", "plugins"):
                os.symlink(os.path.join(eun.TREE, name), os.path.join(tree, name))
            os.symlink(BUILD, os.path.join(tree, "build"))
            done = subprocess.run(["sh", "-eu", "-c", commands], cwd=tree, env={**os.environ, "HOME": home},
                                  capture_output=True, text=True, timeout=eun.LIMIT, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("hello.nice", done.stdout)
            child = eun.Child(renice)
            events = eun.watch(child, "run", "hellosnoop", "--plugin-path", os.path.join(home, "hello/build"))
            self.assertEqual([event["nice"] for event in events], [5, -3, 0, 1, 1])


if __name__ == "__main__":
    eun.main()
