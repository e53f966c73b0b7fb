# SPDX-License-Identifier: MIT
"""eunomia rules import: a rules file of Falco, what becomes of it, and what is said of the rest."""
import json
import os
import pathlib
import unittest

from cli import FAILED, OK, USAGE, Case

CONFIG = 3
RULES = pathlib.Path(__file__).resolve().parents[1] / "fixtures/falco/rules.yaml"


class Import(Case):
    def imported(self):
        path = self.path("out.ini")
        status, out, err = self.run_it("rules", "import", RULES, "-o", path)
        self.assertEqual((status, out), (OK, b""), err)
        return path, err.decode().splitlines()

    def test_rules(self):
        path, _ = self.imported()
        self.assertEqual(self.good("rules", "check", path), "4 rules, 3 of them enabled; 0 scripts\n")
        rules = {r["rule"]: r for r in map(json.loads, self.good("rules", "list", path, "--fmt", "json").splitlines())}
        secret = rules["Secret written"]
        self.assertEqual(secret["streams"], ["files.open"])
        self.assertEqual((secret["severity"], secret["tags"]), ("Critical", ["filesystem", "T1098"]))
        self.assertEqual(secret["description"], "Somebody writes a secret, so to say.")
        self.assertEqual(secret["message"].replace("\n\t", " "),
                         "secret written by {comm} (file={path} user={uid} {{{pid}}}) container_id={container.id} "
                         "container_name={container.name}")
        long = rules["Shell inside, which has a name that is fa"[:40]]
        self.assertEqual((long["enabled"], long["streams"]), (False, ["process.exec"]))
        self.assertIn("process.exec.tty exists", " ".join(long["where"].split()))
        self.assertEqual(rules["Wider"]["where"], 'falco_started and comm = "su" and uid = 0')
        self.assertEqual(rules["Wider"]["severity"], "Error")
        self.assertEqual(set(rules["Outward"]["streams"]) - {"tcp.connect", "tcp.udp_call", "tcp.accept", "tcp.listen",
                                                           "ipc.unix"}, set())

    def test_told(self):
        _, told = self.imported()
        for text in ("rules.yaml:60: rule 'Wider' means more than in Falco, without 'not run_by_cron: proc.aname[3] has "
                     "no equivalent",
                     "rules.yaml:70: rule 'No equivalent' is left out: evt.buffer has no equivalent",
                     "rules.yaml:75: rule 'Everything' is left out: it doesn't say by evt.type",
                     "rules.yaml:80: rule 'Of a cluster' is left out: its source is k8s_audit",
                     "is called 'Shell inside, which has a name that is f'",
                     "messages are without %user.loginuid",
                     "4 of 7 rules carried over, 1 of them meaning more than in Falco; 5 lists, 5 macros"):
            self.assertEqual(len([line for line in told if text in line]), 1, (text, told))
        with open(self.path("out.ini")) as file:
            ini = file.read()
        self.assertIn("# left out: rule No equivalent (line 70): ", ini)
        self.assertIn("# means more than in Falco, without 'not run_by_cron", ini)

    def test_stdout(self):
        path, _ = self.imported()
        status, out, _ = self.run_it("rules", "import", RULES)
        with open(path, "rb") as file:
            self.assertEqual((status, out), (OK, file.read()))

    def test_with_shipped_rules(self):
        """Names of lists and macros don't meet those of the shipped rules."""
        path, _ = self.imported()
        shipped = json.loads(self.good("rules", "check", RULES.parents[3] / "scripts/rules", "--fmt", "json"))
        both = json.loads(self.good("rules", "check", RULES.parents[3] / "scripts/rules", path, "--fmt", "json"))
        self.assertEqual(both["rules"], shipped["rules"] + 4)

    def test_wrong(self):
        self.bad(CONFIG, "No such file", "rules", "import", "/nowhere.yaml")
        self.bad(CONFIG, "Is a directory", "rules", "import", self.dir)
        self.bad(CONFIG, "too large, at most 4 MiB", "rules", "import", self.path("big.yaml", b"#" * (4 << 20) + b"\n"))
        path = self.path("x.yaml", b"- list: l\n  items: [a\n")
        self.bad(CONFIG, f"{path}:3:1: no YAML: ", "rules", "import", path)
        path = self.path("x.yaml", b"- list: \xc0\x80\n")
        self.bad(CONFIG, "not UTF-8", "rules", "import", path)
        for args in (), (RULES, RULES):
            self.bad(USAGE, "usage: eunomia rules import FALCO.yaml", "rules", "import", *args)
        self.bad(USAGE, "usage: eunomia rules check", "rules", "check", self.path("r.ini", b""), "-o", "x")
        self.bad(FAILED, "/nowhere/x.ini", "rules", "import", self.path("e.yaml", b""), "-o", "/nowhere/x.ini")
        if os.path.exists("/dev/full"):
            status, _, err = self.run_it("rules", "import", RULES, "-o", "/dev/full")
            self.assertEqual(status, FAILED, err)


if __name__ == "__main__":
    unittest.main()
