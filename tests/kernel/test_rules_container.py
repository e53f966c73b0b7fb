# SPDX-License-Identifier: MIT
"""Shipped rules that need a container of their own kind: one on an overlay, one with a terminal; and none at all."""
import json
import os
import pty
import subprocess

import eun
import live
import oci
import rules_case

DROPPED = "Dropped and executed"
TERMINAL = "Shell on a terminal in a container"


class Container(rules_case.Case):
    def on_overlay(self, made, spec):
        """Its root is the lower layer of an overlay."""
        lower, root = made.bundle + "/rootfs", made.bundle + "/merged"
        for folder in ("upper", "work", "merged"):
            os.mkdir(f"{made.bundle}/{folder}")
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir={lower},upperdir={made.bundle}/upper,workdir={made.bundle}/work", root], check=True)
        self.addCleanup(subprocess.run, ["umount", root], check=True)
        spec["root"]["path"] = root

    def test_dropped(self):
        self.check({"run_image": (), "run_by_package": (), "run_dropped": {DROPPED}}, self.on_overlay)

    def said_of(self, run):
        run.process.send_signal(15)
        return [(rule, message) for _, rule, message in self.alerts(run)]

    def on_terminal(self, made, *command):
        """runc with a terminal, as a user has one."""
        ours, theirs = pty.openpty()
        subprocess.run([oci.RUNC, *command], stdin=theirs, stdout=theirs, stderr=theirs, timeout=eun.LIMIT, check=True,
                       start_new_session=True)
        os.close(ours)
        os.close(theirs)
        return made

    def test_terminal(self):
        """The shell that somebody gets, not what it runs; and none without a terminal."""
        made = self.container("")
        path = made.bundle + "/config.json"
        spec = json.loads(eun.read(path))
        spec["process"]["args"] = ["/bin/sh", "-c", oci.WAIT + "/bin/sh -c :; :"]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(spec, file)
        run = self.start("-c", made.id)
        made.create().start()
        made.exec("/bin/sh", "-c", ": none")
        self.on_terminal(made, "exec", "-t", made.id, "/bin/true", "sh")
        self.on_terminal(made, "exec", "-t", made.id, "/bin/sh", "-c", "/bin/sh -c :; :")
        made.go()
        made.wait()
        said = self.said_of(run)
        self.assertEqual([rule for rule, _ in said], [TERMINAL], said)
        self.assertIn("/bin/sh -c /bin/sh -c :; :", said[0][1])

    def test_set_up(self):
        """A container that does nothing: what the runtime does for it alarms nobody."""
        made = self.careless()
        run = self.start("-c", made.id)
        self.assertEqual(self.run_in(made), "")
        self.assertEqual(self.said_of(run), [])

    def test_host(self):
        """What is only meant in containers, done outside of all of them."""
        def act():
            os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
            subprocess.run(["unshare", "-m", "true"], check=True)
            subprocess.run(["/bin/sh", "-c", ":"], check=True)

        child = eun.Child(act)
        run = self.start("-p", child.pid, "--follow")
        child.go()
        child.wait()
        self.assertEqual(self.said_of(run), [])

    def test_ordinary_reads(self):
        """The most of all events: with all rules at work they are done with in the kernel."""
        def act():
            for _ in range(200):
                os.close(os.open("/etc/hostname", os.O_RDONLY))

        child = eun.Child(act)
        run = live.Live("--rules", rules_case.RULES, "-p", child.pid, "--stats").started()
        child.go()
        child.wait()
        account = live.accounts(run.end()[2])["files.open"]
        self.assertGreaterEqual(account["not_where"], 200)
        self.assertLess(account["sent"], 10)


if __name__ == "__main__":
    eun.main()
