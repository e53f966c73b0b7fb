# SPDX-License-Identifier: MIT
"""size: bytes of the host and its plugins, stripped."""

import glob
import os
import subprocess
import tempfile

from bench import installed, table, verdict

BOUND = 4_000_000
PEERS = ["opensnoop", "execsnoop", "tcpconnect", "syscount", "bpftrace"]


def stripped(path):
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "-o", copy.name, path], check=True)
        return os.path.getsize(copy.name)


def run(build, quick):
    del quick
    files = [build.eunomia] + sorted(glob.glob(build.plugins + "/*.so"))
    sizes = {os.path.basename(path): stripped(path) for path in files}
    rows = [[name, f"{size:,}"] for name, size in sizes.items()]
    total = sum(sizes.values())
    rows.append(["total", f"{total:,}", f"{BOUND:,}", verdict(total, BOUND)])
    rows += [[name, f"{os.path.getsize(installed(name)):,}", "", "peer"] for name in PEERS if installed(name)]
    table("size, stripped", ["file", "bytes", "bound", ""], [row + [""] * (4 - len(row)) for row in rows])
