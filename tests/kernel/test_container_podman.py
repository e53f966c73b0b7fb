# SPDX-License-Identifier: MIT
"""What podman runs, by runc and by crun; see engine.py."""
import os

import engine
import eun


class Podman(engine.Case):
    RUNTIME, IMAGE = "podman", "localhost/eun-busybox:1"
    FOLDERS = "/run", "/var/lib/containers"
    CGROUP, OCI = "libpod_parent", "runc"
    more = ()
    PROGRAMS = ("podman", "conmon", "runc", "crun", "busybox")

    @classmethod
    def podman(cls, *args, check=True):
        # overlay can't be mounted on overlay, which the machine's root may be
        return engine.call("podman", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", cls.OCI,
                           *args, check=check)

    @classmethod
    def begin(cls, folder, root):
        cls.podman("import", root, cls.IMAGE)

    @classmethod
    def end(cls):
        cls.podman("rm", "--all", "--force", "--time", "0", check=False)

    def run_one(self, name, command, gate):
        # limits that podman need not raise, for which it may lack the privilege
        return self.podman("run", "--detach", *self.more, "--name", name, "--network", "none", "--ulimit",
                           "nofile=256:256", "--ulimit", "nproc=256:256", "--volume", f"{gate}:/gate", self.IMAGE,
                           *command)

    def remove(self, name):
        self.podman("rm", "--force", "--time", "0", name, check=False)


class Runc(Podman, engine.Tests):
    def test_pod(self):
        pod = f"eun{os.getpid()}-pod"
        self.podman("pod", "create", "--name", pod, "--infra=false")
        self.addCleanup(self.podman, "pod", "rm", "--force", pod, check=False)
        self.more = ("--pod", pod)
        name = f"eun{os.getpid()}-pod-1"
        run = eun.Run("--plugin", "process", "-c", name).started()
        self.start("exit 3")
        event = run.end()[-1]
        self.assertEqual((event["exit_code"], event["container"]["name"], event["container"]["pod"]), (3, name, pod))


class Crun(Podman, engine.Tests):
    OCI = "crun"

    @classmethod
    def begin(cls, folder, root):
        engine.without_cgroup2(os.path.join(folder, "cgroup"))
        cls.podman("import", root, cls.IMAGE)


if __name__ == "__main__":
    eun.main()
