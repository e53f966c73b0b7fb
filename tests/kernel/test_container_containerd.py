# SPDX-License-Identifier: MIT
"""What containerd runs for ctr; see engine.py."""
import hashlib
import io
import json
import os
import subprocess
import tarfile
import time

import engine
import eun
import live
import oci


def image(path, name, root):
    """An image as `docker save` has it."""
    with open(root, "rb") as file:
        layer = file.read()
    config = {"architecture": "amd64", "os": "linux", "config": {},
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as tar:
        for member, data in (("config.json", json.dumps(config).encode()), ("layer.tar", layer),
                             ("manifest.json", json.dumps(manifest).encode())):
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


class Containerd(engine.Case, engine.Tests):
    RUNTIME, IMAGE, CGROUP = "containerd", "docker.io/library/eun-busybox:1", "default"
    PROGRAMS = ("containerd", "ctr", "runc", "busybox")
    FOLDERS = "/run", "/var/lib/containerd"
    SPACES = "default", "other"
    daemon, space = None, "default"

    @classmethod
    def begin(cls, folder, root):
        with open(folder + "/config.toml", "w", encoding="utf-8") as file:
            file.write('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
        with open(folder + "/log", "wb") as log:
            cls.daemon = subprocess.Popen(["containerd", "--config", folder + "/config.toml"], stdout=log, stderr=log,
                                          stdin=subprocess.DEVNULL)
        for _ in range(eun.LIMIT * 10):
            if "Server:" in engine.call("ctr", "version", check=False):
                break
            if cls.daemon.poll() is not None:
                raise AssertionError(eun.read(folder + "/log"))
            time.sleep(0.1)
        image(folder + "/image.tar", cls.IMAGE, root)
        for space in cls.SPACES:
            engine.call("ctr", "-n", space, "image", "import", "--snapshotter", "native", folder + "/image.tar")

    @classmethod
    def end(cls):
        if cls.daemon:
            cls.daemon.terminate()
            cls.daemon.wait(eun.LIMIT)

    def run_one(self, name, command, gate):
        engine.call("ctr", "-n", self.space, "run", "--detach", "--null-io", "--snapshotter", "native", "--mount",
                    f"type=bind,src={gate},dst=/gate,options=rbind:rw", self.IMAGE, name, *command)
        return name

    def remove(self, name):
        for space in self.SPACES:
            engine.call("ctr", "-n", space, "task", "rm", "--force", name, check=False)
            engine.call("ctr", "-n", space, "container", "rm", name, check=False)

    def test_one_id_in_two_namespaces(self):
        """They are two containers."""
        name, _ = self.start("", waits=True)
        self.space = "other"
        self.run_one(name, ["/bin/sh", "-c", oci.WAIT], os.path.join(self.dir, name))
        status, _, said = live.Live("--plugin", "process", "-c", name).end()
        self.assertEqual(status, 1)
        self.assertIn(f"container '{name}' is not unique, there are 2: ", said[0])
        # both come during a run; each ends by itself
        name = f"eun{os.getpid()}-twin"
        self.addCleanup(self.remove, name)
        run = eun.Run("--plugin", "container", "-c", name).started()
        self.run_one(name, ["/bin/sleep", "1"], "/dev/null")
        self.space = "default"
        self.run_one(name, ["/bin/sleep", "1"], "/dev/null")
        events = run.end()
        self.assertEqual([(event["stream"], event["id"], event["cgroup_path"]) for event in events],
                         [(stream, name, f"/{space}/{name}") for stream in ("container.start", "container.stop")
                          for space in ("other", "default")])


if __name__ == "__main__":
    eun.main()
