# SPDX-License-Identifier: MIT
"""
Rules and dashboards for Prometheus and Grafana: each expression parses and names only families and labels that the
host has (docs/metrics.md, which kernel.metrics compares with a host); promtool's own tests pass; the files that
compose mounts are there.
"""
import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "etc/prometheus"
GRAFANA = ROOT / "etc/grafana"
EVERYWHERE = {"instance", "job"}
WORDS = set("""and by bool group_left group_right ignoring offset on or unless without abs avg ceil clamp_min count
delta histogram_quantile increase irate label_replace le max min rate round sort_desc sum topk""".split())


def families():
    """{name that a series has: its labels}"""
    out = {"up": set()}
    for name, kind, labels in re.findall(r"^\| `(\w+)`[^|]* \| (\w+) \| ([^|]*) \|", (ROOT / "docs/metrics.md").read_text(),
                                         re.M):
        labels = set(filter(None, re.split(r"[ ,]+", labels)))
        for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            out[name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return out


def rules():
    """(kind, name, expression)"""
    text = (PROMETHEUS / "eunomia.rules.yml").read_text()
    for kind, name, expr in re.findall(r"- (record|alert): (\S+)\n +expr: '((?:[^']|'')*)'\n", text):
        yield kind, name, expr.replace("''", "'")


def dashboards():
    """(where, expression)"""
    for path in sorted(GRAFANA.glob("dashboards/*.json")):
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield f"{path.name}: {panel['title']}", target["expr"]
        for variable in board["templating"]["list"]:
            name, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()
            yield f"{path.name}: ${variable['name']}", f"sum by ({label}) ({name})"


def unknown(expr, known):
    """What an expression names and nobody has."""
    bad, used = [], set()
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', re.sub(r"\[[^]]*\]", "", expr))
    outside = re.sub(r"\{[^}]*\}|\b(?:by|on|ignoring|without) *\([^)]*\)", " ", text)
    for name in re.findall(r"[A-Za-z_:][\w:]*", re.sub(r"\b\d[\w.]*", " ", outside)):
        if name not in WORDS:
            used |= known.get(name, set())
            bad += [] if name in known else [name]
    labels = re.findall(r"[{,] *(\w+) *(?:=~|!~|!=|=)", text)
    for group in re.findall(r"\b(?:by|on|ignoring|without) *\(([^)]*)\)", text):
        labels += re.split(r"[ ,]+", group.strip())
    return bad + [label for label in labels if label not in used | EVERYWHERE]


class Expressions(unittest.TestCase):
    def test_names(self):
        known = families()
        self.assertGreater(len(known), 60)
        for kind, name, expr in rules():
            with self.subTest(name):
                self.assertEqual(unknown(expr, known), [], expr)
            if kind == "record":
                known[name] = set(re.search(r"by \(([^)]*)\)", expr)[1].split(", ")) - {"le"}
        for where, expr in dashboards():
            with self.subTest(where):
                self.assertEqual(unknown(expr, known), [], expr)

    def test_the_test(self):
        known = families()
        self.assertEqual(unknown("sum(rate(eunomia_tcp_conects_total[5m]))", known), ["eunomia_tcp_conects_total"])
        self.assertEqual(unknown('sum by (pid) (eunomia_tcp_connects_total{path="x"} > 1e3)', known), ["path", "pid"])

    @unittest.skipUnless(shutil.which("promtool"), "no promtool")
    def test_syntax(self):
        """Of dashboards: as rules, which promtool parses."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "dashboards.yml")
            lines = ["groups:", "- name: dashboards", "  rules:"]
            for i, (_, expr) in enumerate(dashboards()):
                expr = re.sub(r"\$__(rate_interval|range)", "5m", expr)
                lines += [f"  - record: panel:{i}", f"    expr: {json.dumps(expr)}"]
            path.write_text("\n".join(lines) + "\n")
            self.promtool("check", "rules", path)

    @unittest.skipUnless(shutil.which("promtool"), "no promtool")
    def test_rules(self):
        self.promtool("check", "config", PROMETHEUS / "prometheus.yml")
        self.promtool("test", "rules", PROMETHEUS / "eunomia.test.yml")

    def test_each_alert_is_tested(self):
        tests = (PROMETHEUS / "eunomia.test.yml").read_text()
        for kind, name, _ in rules():
            if kind == "alert":
                self.assertRegex(tests, rf"alertname: {name}\n +exp_alerts:\n", name)

    def promtool(self, *args):
        run = subprocess.run(["promtool", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=60, check=False)
        self.assertEqual(run.returncode, 0, run.stdout)


class Files(unittest.TestCase):
    def test_dashboards_are_made(self):
        spec = importlib.util.spec_from_file_location("make", GRAFANA / "make.py")
        make = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(make)
        found = {path.name: path.read_text() for path in GRAFANA.glob("dashboards/*.json")}
        self.assertEqual(found, make.made(), "python3 etc/grafana/make.py")

    def test_compose(self):
        folder = ROOT / "etc/compose"
        mounts = re.findall(r"^ +- (\.\./[^:]+):", (folder / "compose.yaml").read_text(), re.M)
        self.assertEqual(len(mounts), 3)
        for mount in mounts:
            self.assertTrue((folder / mount).is_dir(), mount)
        source = (GRAFANA / "provisioning/datasources/eunomia.yaml").read_text()
        self.assertIn("uid: eunomia\n", source)


if __name__ == "__main__":
    unittest.main()
