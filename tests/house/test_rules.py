# SPDX-License-Identifier: MIT
"""The shipped rules: each is complete, and scripts/rules/README.md tells all of them."""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EUNOMIA = os.environ.get("EUNOMIA", str(ROOT / "build/bin/eunomia"))
RULES = ROOT / "scripts/rules"
README = RULES / "README.md"
TABLE = re.compile(r"^\| no\. \|.*?(?=^(?!\|))", re.M | re.S)


def rules():
    run = subprocess.run([EUNOMIA, "rules", "list", "--fmt", "json", str(RULES)], stdout=subprocess.PIPE, text=True,
                         timeout=60, check=True)
    return sorted(map(json.loads, run.stdout.splitlines()), key=lambda rule: rule["number"])


def table():
    lines = ["| no. | rule | severity | streams | what it tells |", "|---|---|---|---|---|"]
    for rule in rules():
        streams = ", ".join(rule["streams"])
        off = "" if rule["enabled"] else " Off unless enabled."
        lines.append(f"| {rule['number']} | {rule['rule']} | {rule['severity'].lower()} | {streams} | "
                     f"{rule['description'].replace('|', chr(92) + '|')}{off} |")
    return "\n".join(lines) + "\n"


class Rules(unittest.TestCase):
    def test_check(self):
        run = subprocess.run([EUNOMIA, "rules", "check", str(RULES)], capture_output=True, text=True, timeout=60,
                             check=False)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_each_is_complete(self):
        for rule in rules():
            with self.subTest(rule["rule"]):
                self.assertTrue(rule["number"])
                self.assertTrue(rule["description"])
                self.assertTrue([tag for tag in rule["tags"] if re.fullmatch(r"T\d{4}(\.\d{3})?", tag)], rule["tags"])
                if rule["file"].endswith(".ini") and rule["number"] < 34:
                    self.assertTrue(rule["key"] and rule["window_ms"] and "{" in rule["message"])

    def test_all_numbers(self):
        """The design's rules that need no state."""
        self.assertEqual({rule["number"] for rule in rules() if rule["number"] < 34}, set(range(1, 34)))

    def test_readme(self):
        self.assertEqual(TABLE.search(README.read_text())[0], table(), f"if that is meant: {sys.argv[0]} --update")


if __name__ == "__main__":
    if "--update" in sys.argv:
        README.write_text(TABLE.sub(lambda _: table(), README.read_text()))
    else:
        unittest.main()
