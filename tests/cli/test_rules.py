# SPDX-License-Identifier: MIT
"""Rules on the command line: check, list, test, bench and explain, none of which needs root; docs/rules.md's examples."""
import json
import os
import pathlib
import re
import unittest

from cli import FAILED, OK, USAGE, Case, as_nobody, nobody_can_run
from recording import BOOT, OPEN, add_open, begin

CONFIG = 3
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/rules.md"
RULE = "[rule R]\nstreams = files.open\nwhere = path = /etc/shadow\nmessage = {comm} {path}\n"



class Rules(Case):
    def rules(self, text, name="r.ini"):
        return self.path(name, text.encode() if isinstance(text, str) else text)

    def wrong(self, text, line, column, part, name="r.ini"):
        path = self.rules(text, name)
        place = f"{path}:{line}:{column}: " if line else f"{path}: "
        for args in (["rules", "check", path], ["--rules", path, "-T", "1"]):
            self.assertEqual(self.bad(CONFIG, place, *args), b"")
            self.bad(CONFIG, part, *args)

    def test_check(self):
        path = self.rules(RULE)
        self.assertEqual(self.good("rules", "check", path), "1 rules, 1 of them enabled; 0 scripts\n")
        self.assertEqual(json.loads(self.good("rules", "check", path, "--fmt", "json")),
                         {"rules": 1, "enabled": 1, "scripts": 0})
        more = self.rules("[rules]\ndisable = R\n", "s.ini")
        self.assertIn(" 0 of them enabled", self.good("rules", "check", path, more))
        self.assertIn(" 0 of them enabled", self.good("rules", "check", self.dir))
        if nobody_can_run():
            self.good("rules", "check", path, **as_nobody())

    def test_mistakes(self):
        self.wrong(RULE.replace("files.open", "files.opne"), 2, 11, "did you mean 'files.open'?")
        self.wrong(RULE.replace("path =", "paht ="), 3, 9, "unknown field 'paht' (did you mean 'path'?)")
        self.wrong(RULE.replace("{path}", "{paht}"), 4, 19, "unknown field 'paht'")
        self.wrong(RULE + "severity = hihg\n", 5, 12, "'hihg' is no severity")
        self.wrong(RULE + "sevrity = high\n", 5, 1, "did you mean 'severity'?")
        self.wrong(RULE + RULE, 5, 1, "rule 'R' is there twice: first in line 1")
        self.wrong(RULE + "[exception Q]\nwhere = true\n", 5, 1, "unknown rule 'Q'")
        self.wrong(RULE + "actions = exec:x\n", 5, 11, "there is no [exec x]")
        self.wrong(RULE.encode() + b"tags = a\xff\n", 5, 9, "not UTF-8")
        self.wrong(RULE + "tags = " + "x" * 184 + "\n", 5, 1, "191 bytes, at most 190")
        self.wrong("[rule " + "r" * 41 + "]\n", 1, 1, "41 bytes, at most 40")
        self.wrong(RULE + "message\n", 5, 1, "neither")
        self.wrong(b"# " + b"x" * 10_000_000, 0, 0, "too large")
        self.wrong(RULE.replace("= /etc/shadow", "= (\n\n  1 or"), 3, 16, "")

    def test_all_mistakes(self):
        """All of all files are told, each once, 20 of a file; what is wrong in a macro is not told of who uses it."""
        self.rules("[list l]\nitems = a, \"\n[macro m]\ncondition = paht =\n"
                   + RULE.replace("path =", "m and comm in (l) and paht ="), "a.ini")
        self.rules("[rule B]\nstreams = files.opne\n[rule C]\nstreams = files.open\nseverity = hihg\n"
                   "[exception Q]\nwhere = true\n[rule D]\nstreams = files.open\nactions = exec:x\nkey = paht\n",
                   "b.ini")
        self.rules("[broken\n", "c.ini")
        self.rules("x = = y\n", "d.lua")
        self.rules('on("files.opne", function() end)\n', "e.lua")
        self.rules("".join(f"[rule F{i}]\nstreams = files.open\nwhere = nosuch = 1\n" for i in range(30)), "f.ini")
        status, out, err = self.run_it("rules", "check", self.dir, "/nowhere.ini")
        self.assertEqual((status, out), (CONFIG, b""))
        lines = err.decode().replace(self.dir + "/", "").splitlines()
        for text in ("a.ini:2:12: unterminated", "a.ini:4:19: expected", "a.ini:7:31: unknown field 'paht'",
                     "b.ini:2:11: unknown stream", "b.ini:5:12: 'hihg'", "b.ini:6:1: unknown rule 'Q'",
                     "b.ini:10:11: there is no [exec x]", "b.ini:11:7: unknown field 'paht'",
                     "c.ini:1:1: no closing ]", "d.lua:1: unexpected", "e.lua:1: unknown stream",
                     "/nowhere.ini: No such file", "f.ini: there are more mistakes"):
            self.assertEqual(len([line for line in lines if text in line]), 1, (text, lines))
        self.assertEqual(len([line for line in lines if "nosuch" in line]), 20)
        self.assertEqual(len(lines), 13 + 20)

    def test_files(self):
        self.bad(CONFIG, "/nowhere/x.ini: No such file or directory", "rules", "check", "/nowhere/x.ini")
        if os.geteuid() == 0 and nobody_can_run():
            path = self.rules(RULE)
            os.chmod(path, 0)
            status, _, err = self.run_it("rules", "check", path, **as_nobody())
            self.assertEqual(status, CONFIG)
            self.assertIn(b"Permission denied", err)
        self.bad(CONFIG, "no rule is enabled", "--rules", self.rules(RULE + "enabled = no\n", "off.ini"))

    def test_list(self):
        path = self.rules(RULE + "number = 7\ntags = a, b\n[rule S]\nstreams = tcp.*\nenabled = no\nseverity = error\n")
        lines = self.good("rules", "list", path).splitlines()
        self.assertRegex(lines[0], r"^7 +R +Warning +on +files\.open a,b$")
        self.assertRegex(lines[1], r"^ +S +Error +off +tcp\.\*")
        rules = [json.loads(line) for line in self.good("rules", "list", path, "--fmt", "json").splitlines()]
        self.assertEqual(rules[0]["rule"], "R")
        self.assertEqual(rules[0]["number"], 7)
        self.assertEqual(rules[0]["where"], "path = /etc/shadow")
        self.assertEqual(rules[0]["tags"], ["a", "b"])
        self.assertEqual((rules[1]["enabled"], rules[1]["severity"], rules[1]["line"]), (False, "Error", 7))

    def test_usage(self):
        for args in ("rules", "rules check", "rules test", "rules chek x", "rules bench x"):
            self.bad(USAGE, "usage: eunomia rules", *args.split())
        self.bad(USAGE, "usage: eunomia explain", "explain")
        self.bad(USAGE, "--rules", "explain", "--rule", "R")

    def test_document(self):
        """Every example is right, each after those before it."""
        blocks = re.findall(r"^ *```ini\n(.*?)^ *```", DOCUMENT.read_text(), re.M | re.S)
        self.assertGreaterEqual(len(blocks), 4)
        for i, block in enumerate(blocks):
            indent = len(block) - len(block.lstrip(" "))
            self.rules("\n".join(line[indent:] for line in block.splitlines()) + "\n", f"{i}.ini")
        self.assertIn("3 rules", self.good("rules", "check", self.dir))


class Recorded(Case):
    """On a recording of a stream that no plugin has."""

    def setUp(self):
        super().setUp()
        r = begin(OPEN)
        add_open(r, "/etc/shadow")
        add_open(r, "/etc/passwd", time=BOOT + 1000)
        for i in range(5):
            add_open(r, "/etc/shadow", pid=200, comm=b"e\nvil", time=BOOT + 2000 + i)
        self.recording = self.path("one.rec", bytes(r.end().data))
        streams = self.good("replay", self.recording, "--fmt", "json").splitlines()
        self.stream = json.loads(streams[0])["stream"]
        self.rules = self.path("r.ini", f"[rule R]\nstreams = {self.stream}\nwhere = path = /etc/shadow\n"
                               "message = {comm} {path}\nkey = pid\nwindow = 10s\n"
                               "[exception R]\nwhere = pid = 5\n".encode())

    def expect(self, text):
        self.path("one.expect", text.encode())
        return self.run_it("rules", "test", self.dir)

    def test_test(self):
        status, out, err = self.run_it("rules", "test", self.dir)
        self.assertEqual((status, err), (FAILED, b""))
        self.assertIn(b"not ok 1 - one\n# " + self.dir.encode() + b"/one.expect: No such file", out)
        status, out, err = self.expect('# two\n{"rule":"R","output":"cat /etc/shadow","count":1}\n\n'
                                       '{"output_fields":{"pid":200,"comm":"e\\nvil"},"count":1}\n'
                                       '{"rule":"R","count":4,"output":"e\\nvil /etc/shadow"}\n')
        self.assertEqual((status, out, err), (OK, b"ok 1 - one\n1..1\n", b""))
        for text, part in (('{"rule":"R"}\n', b"# alert 2 of 3, expected 1"),
                           ('{"rule":"R"}\n' * 4, b"# alert 4 of 3, expected 4"),
                           ('{"rule":"R"}\n{"count":2}\n', b'# expected: {"count":2}'),
                           ('{"rule":"R"}\n{"output_fields":{"pid":1}}\n', b'# got: {"time":'),
                           ('{"rule":\n', b"one.expect:1:"), ("[]\n", b"no object")):
            status, out, err = self.expect(text)
            self.assertEqual((status, err), (FAILED, b""), text)
            self.assertTrue(out.startswith(b"not ok 1 - one\n# "), out)
            self.assertIn(part, out)
            self.assertTrue(out.endswith(b"1..1\n"), out)

    def test_test_of_nothing(self):
        os.unlink(self.recording)
        self.bad(FAILED, "no NAME.rec", "rules", "test", self.dir)
        self.path("r.ini", b"[rule R]\n")
        self.bad(CONFIG, "no streams", "rules", "test", self.dir)

    def test_bench(self):
        out = json.loads(self.good("rules", "bench", self.rules, "--replay", self.recording, "--fmt", "json"))
        self.assertEqual((out["rules"], out["events"]), (1, 7))
        self.assertGreater(out["events_per_s"], 1000)
        self.assertIn(" million events/s, ", self.good("rules", "bench", self.rules, "--replay", self.recording))

    def test_explain_rule(self):
        out = self.good("explain", "--rule", "R", "--rules", self.rules, "--replay", self.recording, "--top", "2")
        self.assertRegex(out, r"(?m)^meant .*\n  yes +path = /etc/shadow   \(path=/etc/shadow\)\n  exception:\n"
                              r"  no +pid = 5   \(pid=100\)\nnot meant .*\n  no +path = /etc/shadow   "
                              r"\(path=/etc/passwd\)$")
        self.assertTrue(out.endswith("\n7 events, 6 meant, 0 of them excepted\n"), out)
        self.assertNotIn("\nvil", out)
        self.bad(USAGE, "unknown rule 'Q'", "explain", "--rule", "Q", "--rules", self.rules, "--replay",
                 self.recording)

    def test_explain_filter(self):
        out = self.good("explain", "--filter", "pid = 200 and (path = /x or path contains sha)", "--replay",
                        self.recording, "--top", "1")
        self.assertRegex(out, r"(?m)^not meant .*\n  no +pid = 200   \(pid=100\)\n"
                              r"  yes +\(path = /x or path contains sha\)   \(path=/etc/shadow\)\n7 events, 5 meant$")


class Explain(Case):
    def test_places(self):
        out = self.good("explain", "--plugin", "files", "--streams", "open", "--filter",
                        "path startswith /etc and comm = x and path regex 'a.*b' and exe = /bin/sh")
        self.assertEqual(re.sub(r" +", " ", out),
                         "files.open\n kernel comm = x\n kernel path startswith /etc\n host path regex a.*b\n"
                         " host exe = /bin/sh\n")
        out = self.good("explain", "--plugin", "files", "--streams", "open", "--filter", "true")
        self.assertEqual(out, "files.open\n  every event\n")
        self.bad(USAGE, "did you mean 'path'?", "explain", "--plugin", "files", "--filter", "paht = 1")

    def test_rule(self):
        path = self.path("r.ini", b"[rule R]\nstreams = files.open, files.rename\nwhere = path = /x or new_path = /x\n"
                                  b"[exception R]\nwhere = comm = y\n")
        out = self.good("explain", "--rule", "R", "--rules", path)
        self.assertIn("files.open\n  kernel                path = /x\n  host, exception       comm = y\n", out)
        self.assertRegex(out, r"files.rename\n(  .*\n)*  host, exception       comm = y\n")


if __name__ == "__main__":
    unittest.main()
