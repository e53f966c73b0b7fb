# SPDX-License-Identifier: MIT
"""What the benchmarks share: a workload, a tracer, statistics, tables."""

import ctypes
import os
import platform
import selectors
import shutil
import signal
import statistics
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 30  # seconds that anything may take
LOAD_CPU, TRACER_CPU = 0, 1


class Error(Exception):
    pass


class Build:
    """A build folder: the host, its plugins, and the workload, which is compiled here."""

    def __init__(self, folder):
        self.folder = folder
        self.eunomia = os.path.join(folder, "bin", "eunomia")
        self.plugins = os.path.join(folder, "lib", "eunomia", "plugins")
        self.workload = os.path.join(folder, "bench", "workload")
        if not os.access(self.eunomia, os.X_OK):
            raise Error(f"{self.eunomia}: not there; build first, or say --build DIR")
        os.makedirs(os.path.dirname(self.workload), exist_ok=True)
        subprocess.run(["gcc", "-O2", "-std=c17", "-static", "-o", self.workload, os.path.join(HERE, "workload.c")],
                       check=True)


class Workload:
    """A process of workload.c."""

    def __init__(self, build, kind, cpu=LOAD_CPU):
        self.process = subprocess.Popen([build.workload, str(cpu), kind], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.process.pid

    def run(self, n, path=""):
        """ns for n iterations"""
        self.process.stdin.write(f"{n} {path}\n")
        answer = self.process.stdout.readline()
        if not answer:
            raise Error("workload: it ended")
        return int(answer)

    def calibrate(self, ns, path=""):
        """How many iterations take about `ns`."""
        self.run(10, path)
        cost = min(self.run(20, path) for _ in range(5)) / 20
        return max(1, int(ns / cost))

    def close(self):
        self.process.stdin.close()
        self.process.wait(LIMIT)
        self.process.stdout.close()


def program_exists(number):
    """Whether the kernel still has the BPF program with this id."""
    class Attr(ctypes.Structure):
        _fields_ = [("start", ctypes.c_uint32), ("next", ctypes.c_uint32), ("flags", ctypes.c_uint32)]
    attr = Attr(number - 1, 0, 0)
    call = {"x86_64": 321, "aarch64": 280}[platform.machine()]
    result = ctypes.CDLL(None).syscall(call, 11, ctypes.byref(attr), ctypes.sizeof(attr))  # BPF_PROG_GET_NEXT_ID
    return result == 0 and attr.next == number


def bpf_fds(pid):
    """(ids of BPF programs, number of links) that a process holds."""
    programs, links = set(), 0
    folder = f"/proc/{pid}/fdinfo"
    try:
        names = os.listdir(folder)
    except OSError:
        return programs, links
    for name in names:
        try:
            with open(f"{folder}/{name}") as file:
                words = file.read().split()
        except OSError:
            continue
        links += "link_type:" in words
        if "prog_id:" in words:
            programs.add(int(words[words.index("prog_id:") + 1]))
    return programs, links


def wait_for(condition, what):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            raise Error(f"{what}: not within {LIMIT} s")
        time.sleep(0.005)


def wait_for_end(programs, name):
    """Until the kernel has freed the programs, and nobody still closes tracepoints, which would make others wait."""
    wait_for(lambda: not any(program_exists(p) for p in programs), f"{name}: its programs")
    wait_for(lambda: "eunomia-close" not in comms(), f"{name}: its tracepoints")


def comms():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as file:
                yield file.read().strip()
        except OSError:
            pass  # it ended meanwhile


class Tracer:
    """A running tracer: attached when the constructor returns, gone from the kernel when stop() does."""

    def __init__(self, argv, traced=(), stop=signal.SIGTERM):
        self.name = os.path.basename(argv[0])
        self.signal = stop
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.pid = self.process.pid
        self.said = b""
        os.set_blocking(self.process.stderr.fileno(), False)
        try:
            self._wait_attached(traced)
        except Error:
            self.process.kill()
            self.process.wait()
            raise
        self.programs = bpf_fds(self.pid)[0]
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            os.sched_setaffinity(int(thread), {TRACER_CPU})

    def _read(self):
        self.said += self.process.stderr.read() or b""
        return self.said

    def _wait_attached(self, traced):
        if self.name == "eunomia":
            self._until(lambda: b"eunomia: started" in self._read())
        elif traced:  # by ptrace
            self._until(lambda: all(tracer_of(pid) == self.pid for pid in traced))
        else:  # it does not say: when its links are there and no more come
            seen, since = 0, time.monotonic()

            def settled():
                nonlocal seen, since
                links = bpf_fds(self.pid)[1]
                if links != seen:
                    seen, since = links, time.monotonic()
                return seen and time.monotonic() - since > 0.3
            self._until(settled)

    def _until(self, condition):
        def done():
            if self.process.poll() is not None:
                lines = self._read().decode(errors="replace").strip().splitlines()
                raise Error(lines[-1] if lines else f"{self.name} ended at once")
            return condition()
        wait_for(done, self.name)

    def cpu_ns(self):
        return cpu_ns(self.pid)

    def stop(self):
        """Returns what it said on stderr."""
        self.process.send_signal(self.signal)
        self.process.wait(LIMIT)
        self._read()
        self.process.stderr.close()
        wait_for_end(self.programs, self.name)
        return self.said.decode(errors="replace")


def tracer_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(next(line for line in file if line.startswith("TracerPid")).split()[1])


def cpu_ns(pid):
    """Time on a CPU of all threads, also of those that have ended; exact, unlike the ticks of /proc/PID/stat."""
    return time.clock_gettime_ns(~pid << 3 | 2)  # CPUCLOCK_SCHED of clock_getcpuclockid(3)


def status_kib(pid, key):
    with open(f"/proc/{pid}/status") as file:
        return int(next(line for line in file if line.startswith(key + ":")).split()[1])


def read_first(fd, wanted, limit=LIMIT):
    """Reads until `wanted` has come; the text so far."""
    text = b""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        end = time.monotonic() + limit
        while wanted not in text:
            if not selector.select(max(0, end - time.monotonic())):
                raise Error(f"no {wanted!r} within {limit} s")
            try:
                got = os.read(fd, 65536)
            except OSError:  # of a terminal: nobody has its other end
                got = b""
            if not got:
                raise Error(f"ended before {wanted!r}: {text.decode(errors='replace').strip()[-200:]}")
            text += got
    return text


def mount_tracefs():
    """In a mount namespace of our own, where it is not mounted: the peers don't start without."""
    place = b"/sys/kernel/tracing"
    if os.path.exists(place + b"/events"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    private, new_namespace = 1 << 14 | 1 << 18, 0x20000  # MS_REC | MS_PRIVATE, CLONE_NEWNS
    if libc.unshare(new_namespace) or libc.mount(None, b"/", None, private, None) or \
            libc.mount(b"tracefs", place, b"tracefs", 0, None):
        print(f"tracefs: {os.strerror(ctypes.get_errno())}; peers may not start")


def median(values):
    return statistics.median(values)


def lower_quartile(values):
    return sorted(values)[len(values) // 4]


def installed(name):
    """Path of a program, also where root's folders are not in PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def table(title, head, rows):
    """Prints rows of texts; the first column to the left, the others to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    print(f"\n{title}")
    for row in [head] + rows:
        print("  " + "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(row, widths))).rstrip(), flush=True)


def verdict(value, bound):
    return "ok" if value <= bound else "MISSED"


def machine():
    """One line: where and how busy."""
    with open("/proc/loadavg") as file:
        load = file.read().split()[0]
    return (f"{time.strftime('%Y-%m-%d %H:%M')}, Linux {platform.release()}, {os.cpu_count()} CPUs, "
            f"load average {load}")
