# SPDX-License-Identifier: MIT
"""The daemon's configuration where it is wrong: exit 3, one line with file, line and column, before any privilege."""
import os
import pathlib
import re
import unittest

from cli import KERNEL, OK, Case, as_nobody, nobody_can_run

CONFIG = 3
TREE = pathlib.Path(__file__).resolve().parents[2]

# A file, and what is said of it: "LINE:COLUMN: ...".
WRONG = [
    ("[eunomia]\nlgo = info\n", "2:1: [eunomia] has no key 'lgo' (did you mean 'log'?)"),
    ("[eunomia]\nlog = loud\n", "2:7: "),
    ("[eunomia]\nring_size = 1\n", "2:13: "),
    ("[eunomai]\nlog = info\n", "1:1: unknown section [eunomai], did you mean [eunomia]?"),
    ("log = info\n", "1:1: 'log' is in no section"),
    ("[plugin]\nenabled = no\n", "1:1: [plugin]: it has no name"),
    ("[plugin flies]\nenabled = no\n", "1:1: unknown plugin 'flies', did you mean 'files'?"),
    ("[plugin files]\nbirth = 3\n", "2:1: plugin files has no option 'birth', did you mean 'births'?"),
    ("[plugin files]\nbirths = many\n", "2:10: "),
    ("[plugin tcp]\n\n[plugin tcp]\n", "3:1: [plugin tcp]: it is there twice"),
    ("[plugin tcp]\nstreams = connect\n", "2:1: 'streams' are what [events] prints"),
    ("[events]\n[plugin tcp]\nstreams = accept, conect\n", "3:19: plugin tcp has no stream 'conect', did you mean 'connect'?"),
    ("[target]\npid = 1, x\n", "2:10: 'x' is no process id"),
    ("[target]\nuid = nobody-of-that-name\n", "2:7: 'nobody-of-that-name' is no user's name or id"),
    ("[target]\nfollow = yes\n", "1:1: [target]: 'follow' needs a pid"),
    ("[rules]\nbuiltin = perhaps\n", "2:11: "),
    ("[rules]\nbuiltin = no\npaths = there, not/there.ini\n", "3:9: {dir}/there: No such file or directory"),
    ("[rules]\nbuiltin = no\ndisable = tag:x\n", "3:11: unknown tag 'tag:x'"),
    ("[rules]\nbuiltin = no\ndisabel = a\n", "3:1: [rules] has no key 'disabel' (did you mean 'disable'?)"),
    ("[output x]\npath = /tmp/x\n", "1:1: [output x]: 'type' is missing"),
    ("[output x]\ntype = fiel\n", "2:8: "),
    ("[output x]\ntype = file\n", "1:1: [output x]: 'path' is missing"),
    ("[output x]\ntype = webhook\nurl = http://localhost/\npath = /tmp/x\n", "4:1: 'path': an output of type webhook has none"),
    ("[output x]\ntype = stdout\n[output x]\ntype = syslog\n", "3:1: [output x]: it is there twice"),
    ("[output x]\ntype = stdout\nseverity = awful\n", "3:12: "),
    ("[rules]\nbuiltin = no\n[rule a]\nstreams = files.opn\n", "4:11: unknown stream 'files.opn', did you mean 'files.open'?"),
    ("[rules]\nbuiltin = no\n[rule a]\nstreams = files.open\nwhere = pth = /a\nmessage = a\n", "5:9: unknown field"),
    ("[rules]\nbuiltin = no\n[events]\nwhere = dprot = 1\n[plugin tcp]\nstreams = connect\n", "4:9: unknown field"),
    ("[rules]\nbuiltin = no\n[rule a]\nstreams = files.open\nactions = exec:b\n", "5:"),
]

TOML = b"""log_level = "debug"  # loud
[target]
containers = ["web", "db"]
[plugins.tcp]
streams = ["connect"]
[rules]
paths = ["/etc/rules"]
[[outputs]]
type = "webhook"
url = "http://localhost/#x"
[tls]
cert = "x"
"""
INI = """[eunomia]
log = debug

[target]
container = web, db

[plugin tcp]
streams = connect

[rules]
paths = /etc/rules

[output 1]
type = webhook
url = http://localhost/#x
; not recognised: [tls]
; not recognised: cert = "x"
"""


class Config(Case):
    def refused(self, text, *args):
        path = self.path("x.ini", text.encode())
        _, _, err = self.run_it("daemon", "--config", path)
        self.bad(CONFIG, "", "daemon", "--config", path, *args)
        return err.decode()

    def test_wrong(self):
        for text, said in WRONG:
            with self.subTest(text):
                err = self.refused(text)
                self.assertTrue(err.startswith(f"eunomia: {self.dir}/x.ini:" + said.replace("{dir}", self.dir)), err)

    def test_no_file(self):
        self.bad(CONFIG, "/not-there.ini", "daemon", "--config", self.dir + "/not-there.ini")
        self.bad(CONFIG, "1:1: ", "daemon", "--config", self.path("x.ini", b"[rules]\nbuiltin = no\n"), "--rules",
                 self.path("rule.ini", b"[rul a]\n[rule a]\n"))

    def test_folder(self):
        """What is in x.d is read after x.ini, and errors name the file."""
        os.mkdir(self.path("x.d"))
        self.path("x.d/20-b.ini", b"[rules]\ndisable = none\n")
        self.path("x.d/10-a.ini", b"[rules]\nbuiltin = no\n")
        self.path("x.d/not.txt", b"[wrong]\na = b\n")
        self.assertIn("x.d/20-b.ini:2:11: unknown rule 'none'", self.refused("[eunomia]\nlog = info\n"))

    def test_script(self):
        path = self.path("x.ini", b"[rules]\nbuiltin = no\npaths = a.lua\n")
        self.path("a.lua", b"on('files.open', function(ev) end)\nlocal = 3\n")
        self.bad(CONFIG, "a.lua:2", "daemon", "--config", path)
        self.path("a.lua", b"on('files.opne', function(ev) end)\n")
        self.bad(CONFIG, "unknown stream 'files.opne'", "daemon", "--config", path)

    def test_toml(self):
        out = self.bad(CONFIG, "the configuration is INI, not TOML", "daemon", "--config", self.path("x.toml", TOML))
        self.assertEqual(out.decode(), INI)

    @unittest.skipUnless(nobody_can_run(), "the build is not everyone's to run")
    def test_documented(self):
        """What documents and the shipped file show is right, also what is commented out: only privileges are missing."""
        os.chmod(self.dir, 0o777)
        shipped = (TREE / "etc/eunomia.ini").read_text()
        texts = [text for name in ("daemon", "history")
                 for text in re.findall(r"^```ini\n(.*?)^```", (TREE / f"docs/{name}.md").read_text(), re.M | re.S)]
        texts += [shipped, re.sub("^;(?=[^ ])", "", shipped, flags=re.M).replace("paths = ", ";")]
        self.assertEqual(len(texts), 5)
        profile = self.path("web.txt", b"@default allow")
        for text in texts:
            with self.subTest(text[:80]):
                text = re.sub("/var/(log|lib)/eunomia", self.dir, text).replace("/usr/local/bin/mail-alerts", "/bin/cat")
                text = text.replace("/etc/eunomia/web.json", profile)
                self.bad(KERNEL, "CAP_", "daemon", "--config", self.path("x.ini", text.encode()), **as_nobody())

    def test_usage(self):
        self.bad(2, "--follow", "daemon", "--follow")
        status, out, _ = self.run_it("daemon", "--help")
        self.assertEqual(status, OK)
        self.assertTrue(re.search(r"--config FILE", out.decode()))


if __name__ == "__main__":
    unittest.main()
