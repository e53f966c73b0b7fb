# SPDX-License-Identifier: MIT
"""
Short containers one after the other: each event of each says which it is of, and memory stays bounded. As many as
EUN_CONTAINERS says.
"""
import os
import re
import subprocess

import eun
import oci
from live import SANITIZED

COUNT = int(os.environ.get("EUN_CONTAINERS", "60"))
EXEC = "process.exec"
RSS_MORE = 4096  # KiB; the host grows to its working size, not with the number of containers


def rss(run):
    return int(re.search(r"^VmRSS:\s+(\d+) kB$", eun.read(f"/proc/{run.process.pid}/status"), re.M)[1])


class Many(oci.Case):
    def same(self, found, names):
        """Equal; what is not is said in a line, not in a thousand."""
        self.assertEqual([pair for pair in zip(found, names) if pair[0] != pair[1]][:4], [])
        self.assertEqual(len(found), len(names))

    def test_each_by_its_own_name(self):
        one = self.container("/bin/sleep 0.05")
        names = [f"{one.id}-{i}" for i in range(COUNT)]

        def act():
            for name in names:
                subprocess.run([oci.RUNC, "run", "--bundle", one.bundle, name], stdin=subprocess.DEVNULL, check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=eun.LIMIT)

        child = eun.Child(act)
        run = eun.Run("--plugin", "process,container", "--streams", f"{EXEC},container.*", "-p", child.pid,
                      "--follow").started()
        before = rss(run)
        child.go()
        run.wait_for(lambda event: event["stream"] == "container.stop" and event["id"] == names[-1],
                     limit=eun.LIMIT + COUNT)
        after = rss(run)
        child.wait()
        events = run.end()
        self.assertEqual(eun.of(events, "lost"), [])
        for stream in ("container.start", "container.stop"):
            self.same([event["id"] for event in eun.of(events, stream)], names)
        inside = [event for event in eun.of(events, EXEC) if event["exe"] == oci.BUSYBOX]
        self.same([event["container"] and event["container"]["id"] for event in inside],
                  [name for name in names for _ in range(2)])
        self.assertEqual([event["argv"][0] for event in inside], ["/bin/sh", "/bin/sleep"] * COUNT)
        # nothing of a container says that it is the host's, runc's own preparations in it included
        home = {event["cgroup"] for event in events if event["comm"] == "runc" and not event["container"]}
        self.assertEqual([event for event in events if event["cgroup"] not in home and not event["container"]], [])
        if not SANITIZED:  # a sanitizer keeps what was freed
            self.assertLess(after - before, RSS_MORE)


if __name__ == "__main__":
    eun.main()
