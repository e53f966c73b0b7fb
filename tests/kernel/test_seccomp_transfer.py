# SPDX-License-Identifier: MIT
"""`eunomia seccomp --source ... --target ...`: what one process or container does is what another one may do."""
import errno
import os
import re
import subprocess
import sys
import unittest

import eun
import live
import oci
import seccomp_case as case

# Calls getppid() for every line it reads, and after a line "more" getpgid(), too; says what came of it.
WORKER = """
import os, sys
for line in sys.stdin:
    os.getppid()
    said = "ok"
    if line == "more\\n":
        try:
            os.getpgid(0)
        except OSError as error:
            said = str(error.errno)
    print(said, flush=True)
"""


class Worker:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-S", "-c", WORKER], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self("once")

    def __call__(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def filters(self):
        return int(re.search(r"^Seccomp_filters:\s*(\d+)", eun.read(f"/proc/{self.pid}/status"), re.M)[1])

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(eun.LIMIT)


class Process(live.Case):
    def setUp(self):
        super().setUp()
        self.source, self.target = Worker(), Worker()
        self.addCleanup(self.source.end)
        self.addCleanup(self.target.end)

    def transfer(self, *options):
        """Both do their work meanwhile. What was printed, and said."""
        run = live.Live("seccomp", "--source", "-sp", self.source.pid, "--target", "-tp", self.target.pid, *options).started()
        self.assertEqual([self.source("once"), self.target("more")], ["ok", "ok"])
        status, out, said = run.stop()
        self.assertEqual(status, 0, said)
        return out.decode(), "\n".join(said)

    def test_dry_run(self):
        out, said = self.transfer("-o", self.path("profile.json"))
        self.assertIn("\n- getpgid allow\n", out)
        self.assertNotIn("getppid allow", out)
        self.assertIn("the target did in that time what the profile would deny: getpgid\n", out)
        self.assertIn("nothing was done; --yes applies it", said)
        self.assertEqual([self.target.filters(), self.target("more")], [0, "ok"])
        self.assertEqual(case.names(self.path("profile.json")) - case.ALWAYS, {"getppid", "read", "write"})

    def test_applied(self):
        self.transfer("--yes", "--errno", "EDOM")
        self.assertEqual([self.source.filters(), self.target.filters()], [0, 1])
        self.assertEqual([self.target("once"), self.target("more"), self.source("more")], ["ok", str(errno.EDOM), "ok"])

    def test_nothing_new(self):
        run = live.Live("seccomp", "--source", "-sp", self.source.pid, "--target", "-tp", self.target.pid).started()
        self.source("more")
        self.target("once")
        self.assertIn("the target did nothing in that time that the profile would deny\n", run.stop()[1].decode())


@unittest.skipUnless(oci.RUNC, "needs runc")
class Container(oci.Case):
    def looping(self, act):
        container = self.container(f"{oci.WAIT} while :; do {act}; echo >> /rounds; sleep 0.05; done").create().start()
        container.go()
        return container

    def until_rounds(self, run, *containers):
        """Two more of each: one of them is whole."""
        def rounds(container):
            return os.path.getsize(container.path("/rounds")) if os.path.exists(container.path("/rounds")) else 0
        begin = [rounds(container) for container in containers]
        run.until(lambda: all(rounds(container) >= n + 2 for container, n in zip(containers, begin)))

    def test_container(self):
        source = self.looping("cat /proc/mounts > /dev/null")
        target = self.looping("mkdir /a 2> /error || cat /error > /said; rmdir /a; cat /proc/mounts > /dev/null")
        run = live.Live("seccomp", "--source", "-sc", source.id, "--target", "-tc", target.id, "--yes").started()
        self.until_rounds(run, source, target)
        status, out, said = run.stop()
        self.assertEqual(status, 0, said)
        self.assertRegex(out.decode(), "what the profile would deny: .*mkdir.*rmdir")
        self.assertIn("has it now", out.decode())
        watch = eun.Run("--plugin", "seccomp", "-c", target.id).started()
        watch.wait_for(lambda event: event["syscall"] == "rmdir")
        denied = {event["syscall"] for event in watch.stop()}
        self.assertTrue({"mkdir", "rmdir"} <= denied <= {"mkdir", "rmdir"}, denied)


if __name__ == "__main__":
    eun.main()
