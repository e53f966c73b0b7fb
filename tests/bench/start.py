# SPDX-License-Identifier: MIT
"""start: to the first event, memory, idle cost, stop and exit."""

import calendar
import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import time

from bench import (LIMIT, Error, Tracer, Workload, bpf_fds, cpu_ns, installed, median, read_first,
                   status_kib, table, verdict, wait_for, wait_for_end)


class Pulse:
    """A process that opens a file every 0.2 ms: what a tracer that is there sees at once."""

    def __init__(self, build):
        self.process = subprocess.Popen([build.workload, "-1", "pulse"], stdin=subprocess.PIPE)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait(LIMIT)


def spawn(argv, out, err):
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)]
    for fd, number in ((out, 1), (err, 2)):
        actions.append((os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_WRONLY, 0) if fd is None
                       else (os.POSIX_SPAWN_DUP2, fd, number))
    return os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)


def finish(pid):
    """Ends a tracer and waits until the kernel is rid of it, so that it is in nobody's way."""
    programs = bpf_fds(pid)[0]
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    wait_for_end(programs, "a tracer")


def time_to(argv, wanted, stream, terminal=False):
    """(ms, ms of CPU) from the start of a program until `wanted` has come from its stdout (1) or stderr (2)."""
    read, write = pty.openpty() if terminal else os.pipe()
    begin = time.monotonic()
    pid = spawn(argv, write if stream == 1 else None, write if stream == 2 else None)
    os.close(write)
    try:
        read_first(read, wanted)
        took = (time.monotonic() - begin) * 1e3, cpu_ns(pid) / 1e6
    finally:
        finish(pid)
        os.close(read)
    return took


def eunomia(build, plugins, pid, *more):
    return [build.eunomia, "--plugin", plugins, "-p", str(pid), "--no-header", *more]


def row(what, values, unit, bound=None, note="", cpu=()):
    mid = median(values)
    used = f"{median(cpu):.0f} ms" if cpu else ""
    return [what, used, f"{mid:.4g} {unit}", f"{min(values):.4g}", f"{max(values):.4g}",
            "" if bound is None else f"{bound:g} {unit}", verdict(mid, bound) if bound is not None else note]


def first_events(build, rounds):
    rows = []

    def add(what, argv, wanted, stream, bound=None, note="", terminal=False):
        times, cpu = zip(*[time_to(argv, wanted, stream, terminal) for _ in range(rounds)])
        rows.append(row(what, times, "ms", bound, note, cpu))
    with Pulse(build) as pulse:
        for plugins in ("files", "files,tcp", "files,process,tcp"):
            add(f"first event, {plugins}", eunomia(build, plugins, pulse.pid), b"\n", 1, 150)
        if path := installed("opensnoop"):  # a terminal: into a pipe it gathers lines
            add("first event, opensnoop", [path, "-p", str(pulse.pid)], b"/etc/hostname", 1, None, "peer", True)
        if path := installed("bpftrace"):
            where = f"tracepoint:syscalls:sys_enter_openat /pid == {pulse.pid}/ "
            text = where + '{ printf("%s\\n", str(args->filename)) }'
            add("first event, bpftrace", [path, "-e", text], b"/etc/hostname", 1, None, "peer", True)
        for plugin in ("files", "process", "tcp"):
            argv = eunomia(build, plugin, pulse.pid, "-o", "/dev/null")
            add(f"start of a plugin, {plugin}", argv, b"eunomia: started", 2, 100)
    return rows


def memory(build):
    """What all of the machine costs when nothing matches: the kernel's maps are not in it, the mapped rings are."""
    tracer = Tracer([build.eunomia, "--plugin", "tcp,files", "--filter", "pid = 1 and pid = 2", "-o", "/dev/null"])
    time.sleep(2)
    kib = status_kib(tracer.pid, "VmRSS")
    tracer.stop()
    return [row("RSS, tcp,files, all processes", [kib / 1024], "MiB", 10)]


def idle(build, seconds):
    rows = []
    workload = Workload(build, "getppid")
    peers = [[installed("opensnoop"), "-p", str(workload.pid)]] if installed("opensnoop") else []
    for argv in [eunomia(build, "files,process,tcp", workload.pid)] + peers:
        tracer = Tracer(argv)
        time.sleep(0.5)
        before, begin = tracer.cpu_ns(), time.monotonic_ns()
        time.sleep(seconds)
        share = 100 * (tracer.cpu_ns() - before) / (time.monotonic_ns() - begin)
        tracer.stop()
        ours = tracer.name == "eunomia"
        rows.append(row(f"idle CPU, {'files,process,tcp' if ours else tracer.name}", [share], "%",
                        0.2 if ours else None, "peer"))
    workload.close()
    return rows


def stops(build, rounds):
    """How long events still happen after SIGTERM, and until the process is gone, while its target goes on."""
    after, exits = [], []
    for _ in range(rounds):
        with Pulse(build) as pulse, tempfile.TemporaryFile() as out:
            read, write = os.pipe()
            pid = spawn(eunomia(build, "files,process,tcp", pulse.pid, "--fmt", "json"), out.fileno(), write)
            os.close(write)
            try:
                read_first(read, b"eunomia: started")
                wait_for(lambda: os.fstat(out.fileno()).st_size > 0, "an event")
                programs = bpf_fds(pid)[0]
            except Error:
                os.kill(pid, signal.SIGKILL)
                raise
            asked, begin = time.time_ns(), time.monotonic()
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
            exits.append((time.monotonic() - begin) * 1e3)
            os.close(read)
            wait_for_end(programs, "a tracer")
            out.seek(0)
            last = json.loads(out.read().splitlines()[-1])["ts"]
            after.append(max(0, stamp_ns(last) - asked) / 1e6)
    return [row("last event after SIGTERM", after, "ms", 100), row("exit after SIGTERM", exits, "ms", 2000)]


def stamp_ns(text):
    """RFC 3339 with nanoseconds, UTC."""
    seconds, fraction = re.fullmatch(r"(.*)\.(\d{9})Z", text).groups()
    return calendar.timegm(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(fraction)


def run(build, quick):
    rounds = 5 if quick else 15
    rows = first_events(build, rounds) + memory(build) + idle(build, 3 if quick else 10) + stops(build, rounds)
    table(f"start: median of {rounds}", ["what", "its CPU", "median", "min", "max", "bound", ""], rows)
