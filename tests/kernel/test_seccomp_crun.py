# SPDX-License-Identifier: MIT
"""
What crun still calls after it has loaded a filter is what `--for crun` adds: containers run under what was learned of
them, with and without noNewPrivileges, as another user, created and started apart, and `crun exec`.
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import engine
import eun
import live
import oci
import seccomp_case as case

CRUN = shutil.which("crun")
USERS = [{"uid": 0, "gid": 0}, {"uid": 1000, "gid": 1000, "additionalGids": [5, 6], "umask": 18}]


@unittest.skipUnless(CRUN, "needs crun")
class Crun(oci.Case):
    @classmethod
    def setUpClass(cls):
        if not CRUN:
            return
        folder = tempfile.mkdtemp(prefix="eun-crun-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.addClassCleanup(engine.go_back, engine.own_state("/run/crun"))
        engine.without_cgroup2(os.path.join(folder, "cgroup"))

    def crun(self, *args):
        return engine.call(CRUN, *args)

    def make(self, script, profile=None, privileges=False, user=0):
        container = self.container(script)
        with open(container.bundle + "/config.json", encoding="utf-8") as file:
            spec = json.load(file)
        spec["process"]["noNewPrivileges"] = not privileges
        spec["process"]["user"] = USERS[user]
        if profile:
            with open(profile, encoding="utf-8") as file:
                spec["linux"]["seccomp"] = json.load(file)
        with open(container.bundle + "/config.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)
        os.chmod(container.path("/gate"), 0o666)
        self.addCleanup(subprocess.run, [CRUN, "delete", "--force", container.id], capture_output=True, check=False)
        return container

    def work(self, container):
        """All that crun does with a container, from its begin to its end."""
        self.crun("create", "--bundle", container.bundle, container.id)
        self.crun("start", container.id)
        self.crun("exec", container.id, "/bin/sh", "-c", "cat /proc/mounts > /dev/null")
        container.go()

    def test_second_run(self):
        script = oci.WAIT + "cat /proc/mounts > /dev/null; true"
        for user in range(len(USERS)):
            first, profile = self.make(script, user=user), os.path.join(self.dir, f"{user}.json")
            learning = live.Live("seccomp", "-c", first.id, "-o", profile, "--for", "crun", "--action", "kill").started()
            self.work(first)
            status, _, said = learning.end()
            self.assertEqual(status, 0, said)
            self.assertNotIn("mount", case.names(profile))
            for privileges in (False, True):
                with self.subTest(privileges=privileges, user=user):
                    container = self.make(script, profile, privileges, user)
                    run = eun.Run("--plugin", "seccomp", "-c", container.id).started()
                    self.work(container)
                    self.assertEqual([(event["comm"], event["syscall"]) for event in run.end()], [])


if __name__ == "__main__":
    eun.main()
