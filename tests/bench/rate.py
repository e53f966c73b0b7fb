# SPDX-License-Identifier: MIT
"""rate: events a second that one producer causes and that arrive, and those of a replay."""

import os
import re
import subprocess
import tempfile
import time

from bench import Error, Tracer, Workload, median, table, verdict

STREAMS = ["files.open", "files.open,files.close"]


def summary(said):
    """(events, lost) of the last line."""
    found = re.findall(r"eunomia: (\d+) events, (\d+) lost", said)
    if not found:
        raise Error(f"no summary: {said.strip()[-200:]}")
    return int(found[-1][0]), int(found[-1][1])


def live(build, workload, iterations, streams, fmt, *more):
    """One run at full speed: (events/s, events expected less delivered, lost, reader's share of its CPU, x)."""
    before = workload.run(iterations // 4) * 4
    tracer = Tracer([build.eunomia, "--plugin", "files", "--streams", streams, "--fmt", fmt, "-o", "/dev/null",
                     "-p", str(workload.pid), *more])
    cpu = tracer.cpu_ns()
    ns = workload.run(iterations)
    time.sleep(0.05)  # the reader's share includes what is still in the ring
    cpu = tracer.cpu_ns() - cpu
    events, lost = summary(tracer.stop())
    expected = iterations * len(streams.split(","))
    return events / ns * 1e9, expected - events, lost, 100 * cpu / ns, ns / before


def replay(build, file, fmt):
    """Seconds that it takes."""
    begin = time.monotonic()
    subprocess.run([build.eunomia, "replay", file, "--fmt", fmt, "-o", "/dev/null"], check=True)
    return time.monotonic() - begin


def replayed(build, file):
    """Events of a recording: lines of its JSON."""
    done = subprocess.run([build.eunomia, "replay", file, "--fmt", "json"], check=True, stdout=subprocess.PIPE)
    return done.stdout.count(b"\n")


def run(build, quick):
    rounds, iterations = (3, 50_000) if quick else (7, 200_000)
    workload = Workload(build, "open")
    workload.run(1000)
    rows = []
    for streams in STREAMS:
        for fmt in ("text", "json"):
            runs = [live(build, workload, iterations, streams, fmt) for _ in range(rounds)]
            speed, missing, lost, cpu, slower = zip(*runs)
            rows.append([f"{streams}, {fmt}", f"{median(speed):,.0f}", f"{min(speed):,.0f}", f"{max(speed):,.0f}",
                         str(sum(lost)), str(sum(missing)), f"{median(cpu):.0f} %", f"{median(slower):.2f}",
                         verdict(sum(lost) + abs(sum(missing)), 0)])
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "recording")
        live(build, workload, iterations, STREAMS[-1], "text", "--record", file)
        events = replayed(build, file)
        for fmt in ("text", "json"):
            speed = [events / replay(build, file, fmt) for _ in range(rounds)]
            rows.append([f"replay, {fmt}", f"{median(speed):,.0f}", f"{min(speed):,.0f}", f"{max(speed):,.0f}", "",
                         str(iterations * 2 - events), "", "", verdict(abs(iterations * 2 - events), 0)])
    workload.close()
    table(f"rate: open+close by one core, default ring, output to /dev/null, {rounds} runs",
          ["what", "events/s", "min", "max", "lost", "missing", "reader CPU", "producer x", ""], rows)
