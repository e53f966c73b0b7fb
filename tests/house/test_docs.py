# SPDX-License-Identifier: MIT
"""The README's commands, run as written (their output discarded), and the golden copy of the schema catalogue."""
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EUNOMIA = os.environ.get("EUNOMIA", str(ROOT / "build/bin/eunomia"))
GOLDEN = ROOT / "tests/house/catalogue.txt"
LIMIT = 60


def blocks(path):
    return re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.M | re.S)


def commands(path):
    """Lines of eunomia itself; the set-up's and the installation's have tests of their own."""
    for block in blocks(path):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == "build/bin/eunomia":
                yield words[1:]


class Readme(unittest.TestCase):
    @unittest.skipIf(os.geteuid(), "needs root")
    def test_commands(self):
        seen = 0
        for args in commands(ROOT / "README.md"):
            with self.subTest(" ".join(args)):
                run = subprocess.run([EUNOMIA, *args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                     timeout=LIMIT, cwd=ROOT)
                self.assertEqual(run.returncode, 0, run.stderr)
                seen += 1
        self.assertGreater(seen, 8)
        for name in ("life.json", "run.eun"):
            pathlib.Path("/tmp", name).unlink()


def catalogue():
    text = ""
    for what in ("streams", "fields", "tools", "metrics"):
        run = subprocess.run([EUNOMIA, "list", what, "--fmt", "json"], stdout=subprocess.PIPE, text=True, timeout=LIMIT,
                             check=True)
        text += run.stdout
    return text


class Catalogue(unittest.TestCase):
    def test_golden(self):
        now, golden = catalogue(), GOLDEN.read_text()
        diff = "\n".join(difflib.unified_diff(golden.splitlines(), now.splitlines(), "golden", "now", lineterm=""))
        self.assertEqual(now, golden, f"a schema changed; if that is meant: {sys.argv[0]} --update\n{diff}")


if __name__ == "__main__":
    if "--update" in sys.argv:
        GOLDEN.write_text(catalogue())
    else:
        unittest.main()
