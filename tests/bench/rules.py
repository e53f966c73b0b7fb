# SPDX-License-Identifier: MIT
"""rules: what an event costs that the shipped rules don't mean, from a recording in memory, on one core."""

import json
import os
import subprocess
import tempfile

from bench import HERE, LIMIT, LOAD_CPU, Error, table, verdict

BOUND = 1e9 / 6e6  # ns an event
RULES = os.path.join(HERE, "..", "..", "scripts", "rules")
# Ordinary work, of many kinds of event.
WORK = """read x
for i in 1 2 3; do
    echo 'int main(void) { return 0; }' >$0/a.c; gcc -O1 -o $0/a $0/a.c; $0/a
    python3 -c 'import json, http.client, ssl'
    ls -R /usr/include >/dev/null; find /etc -type f -exec cat {} + >/dev/null 2>&1
done
"""


def record(build, streams, path):
    """The events of the work in the streams, of its processes alone."""
    with tempfile.TemporaryDirectory() as folder:
        work = subprocess.Popen(["/bin/sh", "-c", WORK, folder], stdin=subprocess.PIPE)
        plugins = ",".join(sorted({stream.split(".")[0] for stream in streams}))
        tracer = subprocess.Popen([build.eunomia, "--plugin", plugins, "--streams", ",".join(streams), "-p",
                                   str(work.pid), "--follow", "--record", path], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
        line = tracer.stderr.readline()
        while line and "started" not in line:
            line = tracer.stderr.readline()
        if not line:
            work.kill()
            raise Error("rules: the recording did not begin")
        work.communicate(b"\n", timeout=LIMIT)
        tracer.communicate(timeout=LIMIT)


def run(build, quick):
    def eunomia(*args):
        out = subprocess.run(["taskset", "-c", str(LOAD_CPU), build.eunomia, *args, "--fmt", "json"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        return [json.loads(line) for line in out.splitlines()]

    rows = []
    wanted = sorted({s for rule in eunomia("rules", "list", RULES) if rule["enabled"] for s in rule["streams"]})
    with tempfile.TemporaryDirectory() as folder:
        own = os.path.join(folder, "ini")
        os.mkdir(own)
        for name in os.listdir(RULES):
            if name.endswith(".ini"):
                os.symlink(os.path.abspath(os.path.join(RULES, name)), os.path.join(own, name))
        for name, streams in ("all streams of the rules", wanted), ("opens alone", ["files.open"]):
            path = os.path.join(folder, "rec")
            record(build, streams, path)
            for rules, paths in ("INI", own), ("INI and Lua", RULES):
                best = min((eunomia("rules", "bench", paths, "--replay", path)[0] for _ in range(2 if quick else 8)),
                           key=lambda result: result["best_ns_per_event"])
                ns = best["best_ns_per_event"]
                rows.append([name, rules, str(best["rules"]), str(best["events"]), f"{1e9 / ns:,.0f}", f"{ns:.1f}",
                             verdict(ns, BOUND), str(best["alerts"] // best["passes"])])
    table("rules: events of ordinary work through the shipped rules, from memory; bound 6,000,000 events/s",
          ["events", "rules", "n", "events", "events/s", "ns", "", "alerts"], rows)
