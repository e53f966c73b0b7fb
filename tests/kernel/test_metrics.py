# SPDX-License-Identifier: MIT
"""
Metrics: the numbers are those of the workload, names and texts please promtool, a real Prometheus reads them, a reload
loses none. Only the test's own children are targets.
"""
import ctypes
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

import eun
import oci
import server_case
from test_daemon import Case, Daemon, wait_for

LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
LIBC = ctypes.CDLL(None)
HOSTILE = b'a"b\\\n\x1b[1m\xff'


def parse(text):
    """{name: [(labels, value)]} of the text form."""
    out = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line).groups()
        out.setdefault(name, []).append((dict(LABEL.findall(labels or "")), float(value)))
    return out


def name(comm):
    LIBC.prctl(15, comm, 0, 0, 0)  # PR_SET_NAME


def work(port, refused, path):
    """Known numbers of everything, of a child called `worker`."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        name(b"worker")
        for _ in range(7):
            with socket.socket() as s:
                s.connect(("127.0.0.1", port))
                s.sendall(b"x" * 1000)
                while s.recv(4096):
                    pass
        for _ in range(3):
            with socket.socket() as s:
                s.connect_ex(("127.0.0.1", refused))
        fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        for _ in range(5):
            os.pwrite(fd, b"y" * 300, 0)
        for _ in range(11):
            os.pread(fd, 200, 0)
        os.close(fd)
        os.unlink(path)
    finally:
        os._exit(0)


DOCUMENT = eun.TREE + "/docs/metrics.md"
MARK = "<!-- made by tests/kernel/test_metrics.py --update -->\n"


def table(text, declared):
    """The families that a host has, as the document has them; labels of those without series yet are the plugins'."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    labels = {"eunomia_metric_folded_total": ["family"]}
    for name, found in parse(text).items():
        family = name if name in kinds else re.sub("_(bucket|sum|count)$", "", name)
        labels.setdefault(family, [label for label in found[0][0] if label != "le"])
    rows = ["| family | type | labels | |\n|---|---|---|---|\n"]
    for name, help_ in re.findall(r"^# HELP (\S+) (.*)$", text, re.M):
        plugin = declared.get(name, {})
        named = plugin.get("labels", "").split(",") if plugin else labels.get(name, [])
        asked = " *asked*" if plugin.get("kept") == "asked" else ""
        rows.append(f"| `{name}`{asked} | {kinds[name]} | {', '.join(filter(None, named))} | {help_} |\n")
    return "".join(rows)


def families(folder):
    """The table of a host that has everything: all families, a rule that fires, a script."""
    with open(folder + "/count.lua", "w", encoding="utf-8") as lua:
        lua.write('on("files.unlink", {where = "comm = none"}, function(ev) end)\n')
    with open(folder + "/all.ini", "w", encoding="utf-8") as config:
        config.write(f"[rules]\nbuiltin = no\npaths = {folder}/count.lua\n[target]\npid = {os.getpid()}\nfollow = yes\n"
                     f"[metrics]\nfamilies = *\nprograms = yes\ntextfile = {folder}/all.prom\n"
                     f"[output file]\ntype = file\npath = {folder}/alerts\n"
                     "[rule Removed]\nstreams = files.unlink\nwhere = comm = worker\n")
    daemon = Daemon(folder + "/all.ini").started()
    server = Server()
    try:
        work(server.port, server.refused, folder + "/data")
    finally:
        server.socket.close()
        status, _, err = daemon.stop()
    assert status == 0, err
    listed = subprocess.run([eun.EUNOMIA, "list", "metrics", "--fmt", "json"], stdout=subprocess.PIPE, text=True,
                            timeout=eun.LIMIT, check=True).stdout
    declared = {row["metric"]: row for row in map(json.loads, listed.splitlines())}
    return table(eun.read(folder + "/all.prom"), declared)


class Server:
    """Takes 1000 bytes, answers with 500, closes."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        with socket.socket() as s:  # a port that nobody listens on
            s.bind(("127.0.0.1", 0))
            self.refused = s.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                s, _ = self.socket.accept()
            except OSError:
                return
            with s:
                n = 0
                while n < 1000:
                    n += len(s.recv(4096)) or 1000
                s.sendall(b"z" * 500)


class Metrics(Case):
    def setUp(self):
        super().setUp()
        self.file = self.dir + "/eunomia.prom"
        self.server = Server()
        self.addCleanup(self.server.socket.close)

    def section(self, more="", interval="200ms"):
        return f"[metrics]\ntextfile = {self.file}\ninterval = {interval}\n{more}"

    def act(self):
        self.assertEqual(work(self.server.port, self.server.refused, self.work + "/data"), 0)

    def now(self):
        return parse(eun.read(self.file))

    def value(self, metrics, name, **labels):
        return sum(v for l, v in metrics.get("eunomia_" + name, []) if labels.items() <= l.items())

    def check(self, m, times):
        """What work() did, so often."""
        w = {"comm": "worker", "container": "-"}
        self.assertEqual(self.value(m, "tcp_connects_total", ret="ok", ip="4", **w), 7 * times)
        self.assertEqual(self.value(m, "tcp_connects_total", ret="ECONNREFUSED", **w), 3 * times)
        self.assertEqual(self.value(m, "tcp_connect_seconds_count", **w), 7 * times)
        self.assertEqual(self.value(m, "tcp_connect_seconds_bucket", le="+Inf", **w), 7 * times)
        self.assertEqual(self.value(m, "tcp_sent_bytes_total", **w), 7000 * times)
        self.assertEqual(self.value(m, "tcp_received_bytes_total", **w), 3500 * times)
        self.assertEqual(self.value(m, "files_writes_total", type="regular", **w), 5 * times)
        self.assertEqual(self.value(m, "files_write_bytes_total", **w), 1500 * times)
        self.assertEqual(self.value(m, "files_reads_total", type="regular", **w), 11 * times)
        self.assertEqual(self.value(m, "files_read_bytes_total", **w), 2200 * times)
        self.assertEqual(self.value(m, "files_removals_total", ret="ok", is_dir="false", **w), times)
        self.assertEqual(self.value(m, "process_exits_total", **w), times)

    def test_numbers(self):
        """Of the workload, to the last one; the law holds in what is told; promtool has nothing to say."""
        self.write(self.section("programs = yes\n"),
                   '[rule Removed]\nstreams = files.unlink\nwhere = comm = worker\nseverity = notice\n'
                   'message = {path}\nwindow = 60s\n')
        daemon = self.start()
        for _ in range(3):
            self.act()
        self.stop(daemon)
        m = self.now()
        self.check(m, 3)
        self.assertEqual(self.value(m, "alerts_total", rule="Removed", severity="Notice", container="-"), 2)
        self.assertEqual(self.value(m, "rule_matches_total", rule="Removed"), 3)
        self.assertEqual(self.value(m, "rule_suppressed_total", rule="Removed"), 2)
        self.assertEqual(self.value(m, "output_taken_total", output="output file"), 2)
        self.assertGreater(self.value(m, "program_runs_total"), 20)
        self.assertGreater(self.value(m, "program_seconds_total"), 0)
        self.assertEqual(self.value(m, "build_info"), 1)
        streams = {l["stream"] for l, _ in m["eunomia_stream_seen_total"]}
        self.assertTrue({"tcp.connect", "files.io", "process.exit"} <= streams, streams)
        for stream in streams:
            n = {part: self.value(m, f"stream_{part}_total", stream=stream) for part in
                 ("seen", "not_target", "not_where", "aggregated", "sent", "lost", "full", "delivered", "invalid",
                  "drained")}
            self.assertEqual(n["seen"], n["not_target"] + n["not_where"] + n["aggregated"] + n["sent"] + n["lost"], n)
            self.assertEqual(n["sent"], n["delivered"] + n["invalid"], n)
            self.assertEqual(n["aggregated"], n["drained"] + n["full"], n)
        self.assertEqual(self.value(m, "stream_lost_total"), 0)
        self.promtool()

    def promtool(self):
        if not shutil.which("promtool"):
            self.skipTest("no promtool")
        check = subprocess.run(["promtool", "check", "metrics"], input=eun.read(self.file), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, timeout=eun.LIMIT, check=False)
        self.assertEqual((check.returncode, check.stdout), (0, ""))

    def test_cap(self):
        """More names than a family has series for: the cap holds, and no connection is forgotten."""
        self.write(self.section("families = tcp_connects_total\n"))
        daemon = self.start()
        child = os.fork()
        if not child:
            for i in range(1500):
                name(b"n%d" % i)
                with socket.socket() as s:
                    s.connect_ex(("127.0.0.1", self.server.refused))
            os._exit(0)
        os.waitpid(child, 0)
        self.stop(daemon)
        m = self.now()
        self.assertEqual(len(m["eunomia_tcp_connects_total"]), 1001)
        self.assertEqual(self.value(m, "tcp_connects_total"), 1500)
        self.assertEqual(self.value(m, "tcp_connects_total", comm="other", container="other"), 500)
        self.assertEqual(self.value(m, "metric_folded_total", family="eunomia_tcp_connects_total"), 500)

    def test_document(self):
        """docs/metrics.md has the families that a host has, all of them and no others."""
        self.assertEqual(eun.read(DOCUMENT).partition(MARK)[2], families(self.dir), "test_metrics.py --update")

    def test_process(self):
        """What the kernel says of the process itself."""
        self.write(self.section())
        daemon = self.start()
        wait_for(lambda: os.path.exists(self.file))
        stat = eun.read(f"/proc/{daemon.process.pid}/stat").rpartition(")")[2].split()
        m = self.now()
        boot = int(re.search(r"^btime (\d+)", eun.read("/proc/stat"), re.M)[1])
        began = boot + int(stat[19]) / os.sysconf("SC_CLK_TCK")
        self.assertAlmostEqual(m["process_start_time_seconds"][0][1], began, delta=2)
        self.assertGreater(m["process_resident_memory_bytes"][0][1], 1 << 20)
        self.assertGreater(m["process_open_fds"][0][1], 10)
        self.assertGreater(m["process_cpu_seconds_total"][0][1], 0)
        self.stop(daemon)

    def test_hostile_name(self):
        """A process's name with everything that could end a label stays one."""
        self.write(self.section("families = process_exits_total\n"))
        daemon = self.start()
        child = os.fork()
        if not child:
            name(HOSTILE)
            os._exit(0)
        os.waitpid(child, 0)
        self.stop(daemon)
        names = [l["comm"] for l, v in self.now()["eunomia_process_exits_total"] if v]
        self.assertIn(r"a\"b\\\\\\n\\x1b[1m\\xff", names)
        self.promtool()

    def test_reload(self):
        """What was counted goes on, with the same instances and with others; a mistake is told with its place."""
        self.write(self.section())
        daemon = self.start()
        self.act()
        self.write(self.section(), "[plugin tcp]\nsockets = 8192\n")  # another instance
        self.assertTrue(daemon.reload())
        self.act()
        self.write(self.section(), "[plugin tcp]\nsockets = 8192\n")
        self.assertTrue(daemon.reload())
        self.act()
        self.write(self.section("families = tcp_conects_total\n"))
        self.assertFalse(daemon.reload())
        self.assertIn("no plugin has a metric eunomia_tcp_conects_total", daemon.said())
        self.assertRegex(daemon.said(), r"eunomia\.ini:\d+:\d+: ")
        seen = self.value(self.now(), "stream_seen_total", stream="tcp.connect")
        self.stop(daemon)
        m = self.now()
        self.check(m, 3)
        self.assertGreaterEqual(self.value(m, "stream_seen_total", stream="tcp.connect"), seen)
        self.assertGreaterEqual(self.value(m, "stream_sent_total", stream="tcp.connect"), 30)
        self.assertEqual(self.value(m, "reloads_total", result="done"), 2)
        self.assertEqual(self.value(m, "reloads_total", result="refused"), 1)

    def test_script(self):
        """What a script counts is written with the rest, and goes on over a reload."""
        with open(self.dir + "/count.lua", "w", encoding="utf-8") as lua:
            lua.write('local n = metric.counter("removed", "names removed", "comm")\n'
                      'on("files.unlink", {where = "comm = worker"}, function(ev) n:add(1, ev.comm) end)\n')
        with open(self.config, "w", encoding="utf-8") as config:
            config.write(f"[rules]\nbuiltin = no\npaths = {self.dir}/count.lua\n[target]\npid = {os.getpid()}\n"
                         f"follow = yes\n" + self.section("families = process_exits_total\n"))
        daemon = self.start()
        self.act()
        self.assertTrue(daemon.reload())
        self.act()
        self.stop(daemon)
        m = self.now()
        self.assertEqual(self.value(m, "script_removed_total", script="count.lua", comm="worker"), 2)
        self.assertGreater(self.value(m, "lua_memory_bytes", script="count.lua"), 1000)
        self.assertGreaterEqual(self.value(m, "lua_calls_total", script="count.lua"), 4)  # loaded twice, called twice

    def test_unwritable(self):
        """A file that can't be written is told once, and costs nothing else."""
        self.write(f"[metrics]\ntextfile = {self.dir}/none/x.prom\ninterval = 100ms\n")
        daemon = self.start()
        daemon.until(lambda: "x.prom: No such file" in daemon.said())
        os.mkdir(self.dir + "/none")
        wait_for(lambda: os.path.exists(self.dir + "/none/x.prom"))
        _, err = self.stop(daemon)
        self.assertEqual("\n".join(err).count("x.prom: No such file"), 1)

    def test_server(self):
        """/metrics: the text form, and OpenMetrics for who asks; nothing else is told without a token."""
        server = server_case.Server(self.dir, more=f"[target]\npid = {os.getpid()}\nfollow = yes\n[metrics]\n"
                                    "families = tcp_*\nwithout = tcp_dns*, tcp_udp*, tcp_traffic*, tcp_rtt*\n")
        self.addCleanup(server.close)
        self.addCleanup(server.process.wait)
        self.addCleanup(server.process.kill)
        self.act()
        for accept, kind, end in (("*/*", "text/plain; version=0.0.4; charset=utf-8", ""),
                                  ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
                                   "application/openmetrics-text; version=1.0.0; charset=utf-8", "# EOF\n")):
            asked = urllib.request.Request(f"http://127.0.0.1:{server.port}/metrics", headers={"Accept": accept})
            with urllib.request.urlopen(asked, timeout=eun.LIMIT) as answer:
                text = answer.read().decode()
                self.assertEqual(answer.headers["Content-Type"], kind)
            self.assertTrue(text.endswith(end))
            self.assertEqual(self.value(parse(text), "tcp_connects_total", comm="worker", ret="ok"), 7)

    @unittest.skipUnless(shutil.which("prometheus"), "no prometheus")
    def test_prometheus(self):
        """A real one scrapes the server: up == 1, and its own queries give the numbers of the workload."""
        server = server_case.Server(self.dir, more=f"[target]\npid = {os.getpid()}\nfollow = yes\n[metrics]\n"
                                    "families = tcp_*\nwithout = tcp_dns*, tcp_udp*, tcp_traffic*, tcp_rtt*\n")
        self.addCleanup(server.close)
        self.addCleanup(server.process.wait)
        self.addCleanup(server.process.kill)
        self.act()
        self.act()
        with open(self.dir + "/prometheus.yml", "w", encoding="utf-8") as config:
            config.write("global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: eunomia\n"
                         f"  static_configs: [{{targets: ['127.0.0.1:{server.port}']}}]\n")
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        log = open(self.dir + "/prometheus.log", "w", encoding="utf-8")
        self.addCleanup(log.close)
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/tsdb",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(prometheus.wait)
        self.addCleanup(prometheus.kill)

        def query(text):
            url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": text})
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    found = json.load(answer)["data"]["result"]
            except OSError:
                return None
            return float(found[0]["value"][1]) if found else None

        wait_for(lambda: query("up") == 1, 30)
        # it may have come for them between the two
        wait_for(lambda: query('sum(eunomia_tcp_connects_total{comm="worker",ret="ok"})') == 14, 30)
        self.assertEqual(query('sum(eunomia_tcp_connects_total{comm="worker",ret="ok"})'), 14)
        self.assertEqual(query('sum(eunomia_tcp_connects_total{comm="worker",ret="ECONNREFUSED"})'), 6)
        self.assertEqual(query('sum(eunomia_tcp_sent_bytes_total{comm="worker"})'), 14000)
        self.assertEqual(query('eunomia_build_info'), 1)
        self.assertGreater(query('histogram_quantile(0.5, sum by (le) (eunomia_tcp_connect_seconds_bucket'
                                 '{comm="worker"}))'), 0)


@unittest.skipUnless(len(oci.NEEDED) == 2, "needs runc and busybox")
class Containers(oci.Case, Case):
    def setUp(self):
        oci.Case.setUp(self)
        Case.setUp(self)

    def test_label(self):
        """Two containers are told apart."""
        a, b = (self.container(oci.WAIT + "").create() for _ in range(2))
        self.write(f"[target]\ncontainer = {a.id}, {b.id}\n[metrics]\ntextfile = {self.dir}/x.prom\n"
                   "families = process_execs_total, process_exits_total\n"
                   "[rule Echo]\nstreams = process.exec\nwhere = argv icontains echo\nseverity = critical\n",
                   target=False)
        daemon = self.start()
        for container in (a, b):
            container.start()
        for container, times in ((a, 5), (b, 2)):
            for _ in range(times):
                container.exec("/bin/echo", "x")
        self.stop(daemon)
        metrics = parse(eun.read(self.dir + "/x.prom"))
        for container, times in ((a, 5), (b, 2)):
            own = {"container": container.id[:12]}
            for family, more in (("process_execs_total", {"comm": "echo", "ret": "ok"}),
                                 ("process_exits_total", {"comm": "echo", "signal": "none"}),
                                 ("alerts_total", {"rule": "Echo", "severity": "Critical"})):
                self.assertEqual(Metrics.value(self, metrics, family, **own, **more), times, (family, metrics))


def update():
    with tempfile.TemporaryDirectory() as folder:
        text = eun.read(DOCUMENT).partition(MARK)[0] + MARK + families(folder)
    with open(DOCUMENT, "w", encoding="utf-8") as document:
        document.write(text)


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    else:
        eun.main()
