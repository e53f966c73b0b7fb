# SPDX-License-Identifier: MIT
"""
`eunomia daemon --seccomp FILE` and [seccomp]: processes and containers get the profile, also those that start later,
not before their own program runs; what it denies is an alert.
"""
import json
import os
import re
import unittest

import eun
import live
import oci
import seccomp_case as case
from test_daemon import Daemon, wait_for
from test_seccomp_transfer import Worker

RULE = "Denied by the seccomp profile"
DENIES = "@default allow\ngetpgid:errno(EDOM)\nmkdir:errno(EPERM)\nmkdirat:errno(EPERM)\n"


def filters(pid):
    return int(re.search(r"^Seccomp_filters:\s*(\d+)", eun.read(f"/proc/{pid}/status"), re.M)[1])


class Case(oci.Case):
    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def daemon(self, more="", *args):
        self.write("profile.txt", DENIES)
        config = self.write("eunomia.ini", "[rules]\nbuiltin = no\n"
                            f"[output file]\ntype = file\nformat = json\npath = {self.path('alerts')}\n{more}")
        daemon = Daemon(config, *args).started()

        def end():
            if daemon.process.poll() is None:
                daemon.stop()
        self.addCleanup(end)
        return daemon

    def alerts(self):
        """(pid, message)"""
        if not os.path.exists(self.path("alerts")):
            return []
        lines = [json.loads(line) for line in eun.read(self.path("alerts")).splitlines()]
        return [(line["output_fields"]["pid"], line["output"]) for line in lines if line["rule"] == RULE]


class Process(Case):
    def test_command_line(self):
        worker = Worker()
        self.addCleanup(worker.end)
        daemon = self.daemon("", "--seccomp", self.path("profile.txt"), "-p", worker.pid)
        wait_for(lambda: filters(worker.pid))
        self.assertEqual([worker("once"), worker("more")], ["ok", "33"])
        wait_for(self.alerts)
        status, _, said = daemon.stop()
        self.assertEqual(status, 0)
        self.assertIn(f"eunomia: seccomp: processes: 1 processes have {self.path('profile.txt')}", said)
        self.assertEqual(self.alerts(), [(worker.pid, f"python3 (pid {worker.pid}) was denied getpgid: errno")])

    def test_reload(self):
        """The same program is not added twice; with a mode it is another one."""
        worker = Worker()
        self.addCleanup(worker.end)
        section = f"[seccomp]\nprofile = {self.path('profile.txt')}\npid = {worker.pid}\n"
        daemon = self.daemon(section)
        wait_for(lambda: filters(worker.pid))
        daemon.reload()
        wait_for(lambda: daemon.said().count("1 processes have") == 2)
        self.assertEqual(filters(worker.pid), 1)

    def test_wrong(self):
        self.write("profile.txt", DENIES)
        self.write("bad.txt", "read:frob")
        good, bad = self.path("profile.txt"), self.path("bad.txt")
        for more, args, why in (
                ("", ["--seccomp", good], "seccomp: whom to apply"),
                ("", ["--seccomp", bad, "-p", "1"], "no action is named 'frob'"),
                ("", ["--seccomp", self.path("none"), "-p", "1"], "none: No such file"),
                (f"[seccomp]\nprofile = {good}\n", [], "ini:1:1: seccomp: whom to apply"),
                ("[seccomp]\npid = 1\n", [], "it has no 'profile'"),
                (f"[seccomp]\nprofile = {good}\npid = x\n", [], "ini:3:7: 'x' is no process id"),
                (f"[seccomp]\nprofile = {good}\nmode = trap\npid = 1\n", [], "ini:3:8: 'trap'")):
            config = self.write("eunomia.ini", more)
            status, _, said = live.Live("daemon", "--config", config, *args).end()
            self.assertEqual(status, 3, said)
            self.assertIn(why, "\n".join(said))


class Container(Case):
    def test_later(self):
        first, second = (self.container(oci.WAIT + "mkdir /a; read line < /gate") for _ in range(2))
        self.daemon(f"[seccomp]\nprofile = {self.path('profile.txt')}\ncontainer = {first.id}, {second.id}\n")
        first.create()
        # what the runtime does until then is none of it: the second one gets it meanwhile, so that it was looked at
        second.create().start()
        wait_for(lambda: filters(second.pid) == filters(os.getpid()) + 1)
        self.assertEqual(filters(first.pid), filters(os.getpid()))
        first.start()
        wait_for(lambda: filters(first.pid) == filters(os.getpid()) + 1)
        first.go()
        wait_for(self.alerts)
        self.assertEqual([re.sub(r"\d+", "N", text) for _, text in self.alerts()], ["mkdir (pid N) was denied mkdir: errno"])
        self.assertFalse(os.path.exists(first.path("/a")))

    def test_before(self):
        container = self.container(oci.WAIT + "mkdir /a; read line < /gate").create().start()
        self.daemon("", "--seccomp", self.path("profile.txt"), "-c", container.id)
        wait_for(lambda: filters(container.pid) == filters(os.getpid()) + 1)


if __name__ == "__main__":
    eun.main()
