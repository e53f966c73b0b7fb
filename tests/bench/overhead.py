# SPDX-License-Identifier: MIT
"""
overhead: how much slower a program gets. Each round goes through the tracers, and before, between and after them
nobody traces: a tracer's slices are compared with those on both sides of it, of the same few seconds.
"""

import os
import signal
import tempfile

from bench import TRACER_CPU, Error, Tracer, Workload, installed, lower_quartile, median, table, verdict

DEEP = "a/bb/ccc/dddd/eeeee/ffffff/ggggggg/hhhhhhhh/iiiiiiiii/jjjjjjjjjj"  # with its temporary folder 13 components
RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "rules")
SLICE_NS = 5_000_000
SLICES = 7
SLOW_SLICES = 2  # under ptrace; and these are shorter


class Row:
    def __init__(self, name, kind, path=""):
        self.name, self.kind, self.path = name, kind, path


class Column:
    """A way to trace. argv has the pids of the workloads by kind, and `idle`, one that does nothing."""

    def __init__(self, name, argv, slow=False, stop=signal.SIGTERM, bounds=None):
        self.name, self.argv, self.slow, self.stop = name, argv, slow, stop
        self.bounds = bounds or {}


def columns(build):
    def ours(plugins, *pids, more=()):
        return lambda p: ([build.eunomia, "--plugin", plugins, "-o", "/dev/null", *more] +
                          [word for pid in pids for word in ("-p", str(p[pid]))])

    def tool(name, pid, *options):
        return [build.eunomia, "run", name, "-o", "/dev/null", "-p", str(pid), *options]

    def rules(*pids, follow=()):
        return lambda p: ([build.eunomia, "--rules", RULES, "--set", "process.env=true", "-o", "/dev/null", *follow] +
                          [word for pid in pids for word in ("-p", str(p[pid]))])
    everyone = ("getppid", "open", "io", "tcp", "exec")
    opens = ("--streams", "files.open")
    found = [
        Column("files.open", ours("files", *everyone, more=opens), bounds={"open": 1.35, "open deep": 1.35}),
        Column("files.open, other", ours("files", "idle", more=opens), bounds={"open": 1.10, "open deep": 1.10}),
        Column("tcp", ours("tcp", *everyone), bounds={"tcp": 1.10}),
        Column("process", ours("process", *everyone, more=["--follow"]), bounds={"exec": 1.05}),
        Column("run syscount", lambda p: tool("syscount", p["getppid"]), bounds={"getppid": 1.20}),
        Column("run syscount -L", lambda p: tool("syscount", p["getppid"], "-L"), bounds={"getppid": 1.45}),
        Column("run syscount, other", lambda p: tool("syscount", p["idle"])),
        Column("run syscalls", lambda p: tool("syscalls", p["getppid"])),
        Column("all three", ours("files,process,tcp", *everyone, more=["--follow"])),
        Column("all three, other", ours("files,process,tcp", "idle"), bounds={"getppid": 1.05}),
        Column("rules", rules(*everyone, follow=["--follow"]), bounds={"open": 1.30, "open deep": 1.30}),
        Column("rules, other", rules("idle"), bounds={"open": 1.30, "open deep": 1.30}),
    ]
    peers = [
        ("opensnoop", lambda p: ["-p", str(p["open"])]),
        ("execsnoop", lambda p: []),
        ("tcpconnect", lambda p: ["-p", str(p["tcp"])]),
        ("syscount", lambda p: []),
        ("syscount -p", lambda p: ["-p", str(p["getppid"])]),
        ("syscount -L -p", lambda p: ["-L", "-p", str(p["getppid"])]),
    ]
    for name, argv in peers:
        if path := installed(name.split()[0]):
            found.append(Column(name, lambda p, path=path, argv=argv: [path] + argv(p), stop=signal.SIGINT))
    if path := installed("bpftrace"):
        text = ("tracepoint:syscalls:sys_enter_openat /pid == %d/ "
                '{ printf("%%s %%d %%s\\n", comm, pid, str(args->filename)) }')
        found.append(Column("bpftrace printf", lambda p: [path, "-e", text % p["open"]], stop=signal.SIGINT))
    if path := installed("strace"):
        found.append(Column("strace -f -c", lambda p: [path, "-f", "-c", "-o", "/dev/null"] + [
            word for kind in everyone for word in ("-p", str(p[kind]))], slow=True, stop=signal.SIGINT))
    return found


class Bench:
    def __init__(self, build, deep):
        self.rows = [Row("getppid", "getppid"), Row("open", "open", "/etc/hostname"), Row("open deep", "open", deep),
                     Row("read+write", "io"), Row("tcp", "tcp"), Row("fork+exec", "exec")]
        kinds = ("getppid", "open", "io", "tcp", "exec")
        self.workloads = {kind: Workload(build, kind) for kind in kinds}
        self.idle = Workload(build, "getppid", TRACER_CPU)
        self.pids = {kind: w.pid for kind, w in self.workloads.items()} | {"idle": self.idle.pid}
        self.counts = [self.workloads[row.kind].calibrate(SLICE_NS, row.path) for row in self.rows]

    def measure(self, slow=False):
        """ns an iteration, by row."""
        result = []
        for row, count in zip(self.rows, self.counts):
            n = max(1, count // 20) if slow else count
            slices = [self.workloads[row.kind].run(n, row.path) / n for _ in range(SLOW_SLICES if slow else SLICES)]
            result.append(lower_quartile(slices))
        return result

    def close(self):
        for workload in [*self.workloads.values(), self.idle]:
            workload.close()


def compare(bench, found, rounds):
    """Ratios and added ns: {column name: [[(ratio, ns)...] by row]}; the pairs without a tracer; who did not start."""
    pairs = {column.name: [[] for _ in bench.rows] for column in found}
    noise, absent = [[] for _ in bench.rows], {}
    alone = []
    before = bench.measure()
    for _ in range(rounds):
        for column in found:
            if column.name in absent:
                continue
            argv = column.argv(bench.pids)
            traced = [bench.pids[kind] for kind in bench.workloads] if column.slow else ()
            try:
                tracer = Tracer(argv, traced, column.stop)
            except Error as error:
                absent[column.name] = str(error)
                continue
            during = bench.measure(column.slow)
            tracer.stop()
            after = bench.measure()
            for i, (b, d, a) in enumerate(zip(before, during, after)):
                pairs[column.name][i].append((d / ((a + b) / 2), d - (a + b) / 2))
                noise[i].append(a / b)
            alone.append(after)
            before = after
    return pairs, noise, absent, [median(values) for values in zip(*alone)]


def report(bench, found, result, rounds):
    pairs, noise, absent, alone = result
    present = [column for column in found if column.name not in absent]
    names = [row.name for row in bench.rows]
    rows = [["alone, ns"] + [f"{ns:,.0f}" for ns in alone]]
    for column in present:
        rows.append([column.name] + [f"{median([r for r, _ in cell]):.3f} ({median([n for _, n in cell]):+,.0f})"
                                     for cell in pairs[column.name]])
    rows.append(["none/none"] + [f"{median(cell):.3f} ({min(cell):.2f}-{max(cell):.2f})" for cell in noise])
    table(f"overhead: x against no tracer and added ns an iteration, median of {rounds} pairs", [""] + names, rows)
    for name, why in absent.items():
        print(f"  {name} does not run here: {why}")
    checks = []
    for column in present:
        for name, bound in column.bounds.items():
            i = names.index({"exec": "fork+exec"}.get(name, name))
            ratios = [r for r, _ in pairs[column.name][i]]
            peers = [(median([r for r, _ in pairs[c.name][i]]), c.name) for c in present if not c.bounds
                     and c.name == PEER_OF.get(column.name)]
            peer = f"{peers[0][1]} {peers[0][0]:.2f}" if peers else ""
            checks.append([f"{column.name}: {names[i]}", f"{median(ratios):.3f}", f"{min(ratios):.2f}",
                           f"{max(ratios):.2f}", f"{bound:.2f}", verdict(median(ratios), bound), peer])
    table("overhead: bounds", ["what", "median", "min", "max", "bound", "", "peer"], checks)


PEER_OF = {"files.open": "opensnoop", "tcp": "tcpconnect", "process": "execsnoop", "all three, other": "syscount",
           "run syscount": "syscount -p", "run syscount -L": "syscount -L -p"}


def run(build, quick):
    rounds = 3 if quick else 11
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder:
        deep = os.path.join(folder, DEEP)
        os.makedirs(deep)
        deep += "/file"
        with open(deep, "w"):
            pass
        bench = Bench(build, deep)
        found = columns(build)
        try:
            report(bench, found, compare(bench, found, rounds), rounds)
        finally:
            bench.close()
