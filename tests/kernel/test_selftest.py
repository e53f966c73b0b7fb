# SPDX-License-Identifier: MIT
"""eunomia selftest: an object for each rule, what it misses is said, and nothing is left."""
import glob
import json
import os
import subprocess
import tempfile
import unittest

import eun
import rules_case

SECONDS = 45
# What a kernel may lack, by what is said then.
LACKING = ("this kernel has no such file", "this kernel has no modules", "it is off")
# What needs longer: they learn first.
LEARNING = {39: ("nothing sets it off harmlessly and soon", "it is off")}


def selftest(*args, **how):
    run = subprocess.run([eun.EUNOMIA, "selftest", "--fmt", "json", *args], capture_output=True, text=True,
                         timeout=SECONDS, check=False, **how)
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()], run.stderr


class Selftest(unittest.TestCase):
    def test_shipped(self):
        status, results, said = selftest("--rules", rules_case.RULES)
        self.assertEqual(status, 0, (results, said))
        listed = subprocess.run([eun.EUNOMIA, "rules", "list", "--fmt", "json", rules_case.RULES], capture_output=True,
                                text=True, check=True).stdout.splitlines()
        rules = [json.loads(line) for line in listed]
        self.assertEqual([(r["rule"], r["number"]) for r in results], [(r["rule"], r["number"]) for r in rules])
        for result in results:
            with self.subTest(result["rule"]):
                self.assertEqual(list(result), ["rule", "number", "result", "ms", "reason"])
                if result["result"] == "n/a":
                    self.assertIn(result["reason"], LEARNING.get(result["number"], LACKING))
                else:
                    self.assertEqual((result["result"], result["reason"]), ("caught", ""))
                    self.assertGreater(result["ms"], 0)
        caught = sum(result["result"] == "caught" for result in results)
        self.assertEqual(said, f"eunomia: {caught} caught, 0 missed, {len(results) - caught} not possible here\n")
        self.assertEqual(glob.glob("/tmp/eunomia-selftest-*"), [])

    def test_missed(self):
        """A rule that a user spoiled, and one that is switched off."""
        with tempfile.NamedTemporaryFile("w", suffix=".ini") as user:
            user.write("[rule Coin miner]\nwhere = argv contains nothing-of-this-kind\n"
                       "[rule own]\nstreams = files.open\nwhere = path = /none\n"
                       "[rules]\ndisable = Persistence\n")
            user.flush()
            status, results, said = selftest("--rules", rules_case.RULES, "--rules", user.name)
        self.assertEqual(status, 1, said)
        others = {result["rule"]: result["result"] for result in results if result["result"] != "caught"}
        self.assertEqual(others.pop("Coin miner"), "missed")
        self.assertEqual(others.pop("Persistence"), "n/a")
        self.assertNotIn("missed", others.values())
        self.assertNotIn("own", {result["rule"] for result in results})

    def test_errors(self):
        self.assertEqual(selftest("--rules", "/none")[0], 3)
        status, results, said = selftest(user=65534)
        self.assertEqual((status, results), (4, []), said)
        self.assertIn("eunomia: selftest: its namespaces: Operation not permitted", said)
        self.assertEqual(os.listdir("/etc/cron.d").count("job"), 0)


if __name__ == "__main__":
    eun.main()
