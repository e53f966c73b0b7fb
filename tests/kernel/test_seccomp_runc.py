# SPDX-License-Identifier: MIT
"""
`eunomia seccomp` on containers of the real runc: the profile has nothing of what the runtime did before, a second run
of the same work passes under runc's own loading of it without a denial, and every call that was not learned is denied.
"""
import json
import os
import shutil
import subprocess
import unittest

import eun
import live
import oci
import seccomp_case as case

SCRIPT = "echo hello; cat /proc/mounts | cat; (exit 3) & wait; for i in 1 2 3; do true; done"
# What runc does in its cgroup before the program, and no program here does.
RUNTIME = {"capset", "mount", "pivot_root", "setgroups", "sethostname", "setns", "umount2", "unshare", "epoll_ctl",
           "keyctl", "setuid", "fchdir"}
THREADS = """
import os, threading, time
def work():
    os.getppid(); os.stat("/"); time.sleep(0.001)
threads = [threading.Thread(target=work) for i in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
"""
PROBE = os.path.join(eun.HELPERS, "seccomp_probe_static")
# Linux lets both pass without asking a filter.
UNFILTERED = {335, 336}
DENIED = 118  # ENOTNAM, an error that no call has
LAST = 600


class Case(oci.Case):
    def program(self, *args, profile=None, mounts=(), privileges=False):
        """A container of a program, with the profile, if there is one."""
        container = self.container("")
        with open(container.bundle + "/config.json", encoding="utf-8") as file:
            spec = json.load(file)
        spec["process"]["args"] = list(args)
        spec["process"]["noNewPrivileges"] = not privileges
        spec["mounts"] += [{"destination": path, "source": path, "type": "none", "options": ["rbind", "ro"]}
                           for path in mounts]
        if profile:
            with open(profile, encoding="utf-8") as file:
                spec["linux"]["seccomp"] = json.load(file)
        with open(container.bundle + "/config.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)
        return container

    def out(self, container):
        """Its output, from begin to end. What the runtime knows of it stays, as its life is short."""
        run = subprocess.run([oci.RUNC, "run", "--keep", "--bundle", container.bundle, container.id], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=eun.LIMIT, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout

    def learn(self, container, *options):
        """From before it is there to its end."""
        profile = os.path.join(self.dir, container.id + ".json")
        learning = live.Live("seccomp", "-c", container.id, "-o", profile, *options).started()
        self.out(container)
        status, _, said = learning.end()
        self.assertEqual(status, 0, said)
        return profile

    def denials(self, container):
        run = eun.Run("--plugin", "seccomp", "--streams", "seccomp.denied", "-c", container.id).started()
        self.out(container)
        return [(event["comm"], event["syscall"]) for event in run.end() if event["stream"] == "seccomp.denied"]


class Learn(Case):
    def second_run(self, args, mounts=(), rounds=1):
        """With the runtime's set-up under the filter, too, where it needs privileges that are not to be new."""
        profiles = [self.learn(self.program(*args, mounts=mounts), "--for", "runc") for _ in range(rounds)]
        both = os.path.join(self.dir, "both.json")
        case.seccomp("merge", *(profiles + profiles)[:max(2, rounds)], "-o", both)
        for privileges in (False, True):
            denied = self.denials(self.program(*args, profile=both, mounts=mounts, privileges=privileges))
            self.assertEqual(denied, [], privileges)

    def test_nothing_of_the_runtime(self):
        names = case.names(self.learn(self.program("/bin/sh", "-c", SCRIPT)))
        self.assertEqual(names & RUNTIME, set())
        counted = case.strace("busybox", "sh", "-c", SCRIPT.replace("cat", "busybox cat").replace("true", "busybox true"))
        self.assertEqual(names - case.ALWAYS - {"execve", "getcwd"} - counted, set())
        self.assertTrue({"execve", "write", "wait4", "openat"} <= names, names)

    def test_exec(self):
        """What runc does when it executes a program in a container that is there already is not the container's."""
        container = self.container(oci.WAIT + "true").create()
        profile = os.path.join(self.dir, "exec.json")
        learning = live.Live("seccomp", "-c", container.id, "-o", profile).started()
        container.start()
        container.exec("/bin/cat", "/proc/mounts")
        container.go()
        self.assertEqual(learning.end()[0], 0)
        self.assertEqual(case.names(profile) & RUNTIME, set())

    def test_other_container(self):
        """A container that is not meant, begun at the same time, takes nothing from the one that is."""
        meant, other = self.container("cat /proc/mounts; true"), self.container("cat /proc/mounts; true")
        profile = os.path.join(self.dir, "meant.json")
        learning = live.Live("seccomp", "-c", meant.id, "-o", profile).started()
        self.out(other)
        self.out(meant)
        self.assertEqual(learning.end()[0], 0)
        alone = self.learn(self.container("cat /proc/mounts; true"))
        self.assertEqual(case.names(profile), case.names(alone))

    def test_second_run_shell(self):
        self.second_run(["/bin/sh", "-c", SCRIPT])

    @unittest.skipUnless(os.path.exists("/usr/bin/python3"), "needs python3")
    def test_second_run_threads(self):
        self.second_run(["/usr/bin/python3", "-S", "-c", THREADS],
                        [path for path in ("/usr", "/lib", "/lib64") if os.path.exists(path)], rounds=3)


class Probe(Case):
    def test_all_that_was_not_learned_is_denied(self):
        def container(profile=None, numbers=()):
            made = self.program("/probe", *map(str, numbers), profile=profile)
            shutil.copy(PROBE, made.path("/probe"))
            with open(made.bundle + "/config.json", encoding="utf-8") as file:
                spec = json.load(file)
            spec["process"]["capabilities"] = {}
            with open(made.bundle + "/config.json", "w", encoding="utf-8") as file:
                json.dump(spec, file)
            return made
        profile = self.learn(container(), "--errno", str(DENIED))
        # the numbers that are allowed, as the text form has them
        merged = os.path.join(self.dir, "merged.json")
        case.seccomp("merge", "--for", "runc", profile, profile, "-o", merged)
        allowed = case.names(merged)
        shown = subprocess.run([eun.EUNOMIA, "seccomp", "show", merged], capture_output=True, text=True, check=True)
        self.assertIn("@default errno(ENOTNAM)", shown.stdout)
        with open(os.path.join(eun.TREE, "bpf/syscall_table.h"), encoding="utf-8") as file:
            table = dict(line.split("(")[1].split(",")[:2] for line in file if line.startswith(("CALL(", "X86_CALL(")))
        numbers = {name: int(number.strip(" )\n")) for name, number in table.items()}
        denied = sorted(set(range(LAST)) - {numbers[name] for name in allowed} - UNFILTERED)
        result = dict(line.split() for line in self.out(container(merged, denied)).splitlines())
        self.assertEqual(result.pop("0"), "start")
        self.assertEqual(sorted(map(int, result)), denied)
        # runc gives ENOSYS to numbers past the last one of the profile
        newest = max(int(number) for number, error in result.items() if error == str(DENIED))
        wrong = {number: error for number, error in result.items()
                 if error != str(DENIED) and not (int(number) > newest and error == "038")}
        self.assertEqual(wrong, {})
        self.assertGreater(newest, 400)


if __name__ == "__main__":
    eun.main()
