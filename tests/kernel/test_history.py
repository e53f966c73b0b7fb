# SPDX-License-Identifier: MIT
"""
The daemon's history: what a workload did is in it, no more and no less, for `query`, for SQL and for sqlite3 itself;
a reload keeps or replaces it. Only the test's own children are targets.
"""
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import unittest

import eun
from test_daemon import Case, wait_for


def query(*args):
    return subprocess.run([eun.EUNOMIA, "query", *map(str, args)], capture_output=True, text=True, timeout=eun.LIMIT)


def talk(sent, received):
    """A connection on loopback; both ends are ours. The server's port."""
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def serve():
        end, _ = server.accept()
        while end.recv(65536):
            pass
        end.sendall(b"x" * received)
        end.close()

    thread = threading.Thread(target=serve)
    thread.start()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"y" * sent)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
    thread.join()
    server.close()
    return port


class History(Case):
    def setUp(self):
        super().setUp()
        self.db = self.dir + "/kept/history.db"

    def history(self, more="", path=None):
        return f"[history]\npath = {path or self.db}\n{more}\n"

    def query(self, *args, db=None):
        run = query("--db", db or self.db, *args)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stderr, "")
        return run.stdout

    def events(self, *args, db=None):
        return [json.loads(line) for line in self.query("--fmt", "json", *args, db=db).splitlines()]

    def touch(self, name):
        """One file opened for writing by a child of its own."""
        subprocess.run(["/bin/sh", "-c", f": > {self.work}/{name}"], check=True)

    def test_workload(self):
        self.write(self.history("events = process.exec, files.open\n"
                                f'where = stream = process.exec or {self.mine()}\n'),
                   "[rule opened]\nstreams = files.open\n"
                   f'where = {self.mine("alarm")}\nseverity = critical\nmessage = {{comm}} {{path}}\n'
                   "tags = one, two\n")
        daemon = self.start()
        names = [f"file{i}" for i in range(20)] + ["alarm"]
        for name in names:
            self.touch(name)
        port = talk(12345, 678)
        refused = socket.create_server(("127.0.0.1", 0))
        refused_port = refused.getsockname()[1]
        refused.close()
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", refused_port))
        # it is read while it is written
        wait_for(lambda: len(self.events("connections")) == 3)
        out, err = self.stop(daemon)
        self.assertIn(", 0 lost", next(line for line in err if line.startswith("eunomia: history: ")))

        opened = self.events("--streams", "files.*")
        self.assertEqual([e["path"] for e in opened], [f"{self.work}/{name}" for name in names])
        self.assertTrue(all(e["comm"] == "sh" and e["stream"] == "files.open" for e in opened))
        shells = self.events("--filter", f'argv icontains "{self.work}"')
        self.assertEqual(len([e for e in shells if e["stream"] == "process.exec"]), len(names))
        # what was known of the actor then, though it is long gone
        mine = self.events("--streams", "files.open", "--filter", f"parent.pid = {os.getpid()} and exe endswith sh")
        self.assertEqual(len(mine), len(names))
        self.assertEqual(self.events("--limit", 2, "--streams", "files.open"), opened[-2:])
        self.assertEqual(self.events("--to", "1h"), [])
        self.assertEqual(self.query("--streams", "files.open", "--fields", "path", "--no-header").split(),
                         [e["path"] for e in opened])

        # an alert is what the output got, with its ancestors
        told = eun.read(self.alerts)
        self.assertEqual(self.query("alerts", "--fmt", "json"), told)
        self.assertIn(f"Critical sh {self.work}/alarm", self.query("alerts"))
        self.assertEqual(self.query("alerts", "--filter", "severity > critical"), "")
        self.assertEqual(self.query("alerts", "--fields", "rule,severity,tags", "--fmt", "csv"),
                         'rule,severity,tags\nopened,critical,one two\n')

        ends = self.events("connections", "--filter", f"sport = {port} or dport = {port}")
        self.assertEqual({e["direction"]: (e["tx_bytes"], e["rx_bytes"], e["open"]) for e in ends},
                         {"out": (12345, 678, False), "in": (678, 12345, False)})
        bad = self.events("connections", "--filter", "ret = ECONNREFUSED")
        self.assertEqual([e["dport"] for e in bad], [refused_port])
        self.assertGreater(next(e for e in ends if e["direction"] == "out")["latency_ns"], 0)

        self.oracle(names, told)

    def oracle(self, names, told):
        """SQLite itself, and SQL by `query`."""
        db = sqlite3.connect(self.db)
        self.addCleanup(db.close)
        self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(db.execute("SELECT count(*) FROM events WHERE stream = 'files.open'").fetchone(),
                         (len(names),))
        alert = db.execute("SELECT rule, priority, tags, output_fields, ancestors, json, acknowledged FROM alerts"
                           ).fetchall()
        self.assertEqual(len(alert), 1)
        rule, priority, tags, fields, ancestors, text, acknowledged = alert[0]
        self.assertEqual((rule, priority, json.loads(tags), acknowledged), ("opened", "Critical", ["one", "two"], None))
        self.assertEqual(json.loads(fields), json.loads(told)["output_fields"])
        self.assertEqual(json.loads(text), json.loads(told))
        chain = json.loads(ancestors)
        self.assertEqual(chain[0]["argv"], ["/bin/sh", "-c", f": > {self.work}/alarm"])
        self.assertEqual(chain[1]["pid"], os.getpid())
        self.assertEqual(db.execute("SELECT count(*) FROM connections WHERE ended IS NULL").fetchone(), (0,))
        answer = self.query("--sql", "SELECT field(id, 'path') AS p FROM events WHERE stream = 'files.open' ORDER BY id",
                            "--fmt", "csv")
        self.assertEqual(answer.split(), ["p"] + [f"{self.work}/{name}" for name in names])
        run = query("--db", self.db, "--sql", "DELETE FROM alerts")
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertEqual(run.stderr, "eunomia: option --sql: only SELECT is allowed\n")

    def test_reload(self):
        """It goes on through a reload; another path is another history; none ends it."""
        other = self.dir + "/other.db"
        where = f"events = files.open\nconnections = no\nalerts = no\nwhere = {self.mine()}\n"
        self.write(self.history(where))
        daemon = self.start()
        self.touch("a")
        self.write(self.history(where + "max_age = 1d\nmax_size = 8m\n"))
        self.assertTrue(daemon.reload(), daemon.said())
        self.touch("b")
        self.write(self.history(where, path=other))
        self.assertTrue(daemon.reload(), daemon.said())
        self.touch("c")
        # what can't be is refused, and the one before goes on
        self.write(self.history(where, path="/proc/none/history.db"))
        self.assertFalse(daemon.reload())
        self.assertIn("/proc/none/history.db: mkdir /proc/none: ", daemon.said())
        self.touch("d")
        self.write(rule_for(self.mine("nothing")))
        self.assertTrue(daemon.reload(), daemon.said())
        self.touch("e")
        self.stop(daemon)
        name = len(self.work) + 1
        self.assertEqual([e["path"][name:] for e in self.events()], ["a", "b"])
        self.assertEqual([e["path"][name:] for e in self.events(db=other)], ["c", "d"])

    def test_killed(self):
        self.write(self.history(f"events = files.open\nwhere = {self.mine()}\n"))
        daemon = self.start()
        self.touch("a")
        wait_for(lambda: len(self.events("--streams", "files.open")) == 1 if self.has_streams() else False)
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait(eun.LIMIT)
        self.assertEqual(len(self.events()), 1)
        daemon = self.start()
        self.touch("b")
        self.stop(daemon)
        self.assertEqual(len(self.events()), 2)

    def has_streams(self):
        return self.query("--sql", "SELECT count(*) AS n FROM streams", "--no-header") != "0\n"

    def test_refused(self):
        """Exit 3, with the reason, before anything is loaded."""
        for more, said in (
                ("path = /proc/none/history.db", "/proc/none/history.db: mkdir /proc/none: No such file"),
                (f"path = {self.dir}/history.db\nevents = process.exce",
                 "there is no stream 'process.exce', did you mean 'process.exec'?"),
                (f"path = {self.dir}/history.db\nevents = process.exec\nwhere = exee = 1", "unknown field 'exee'"),
                (f"path = {self.dir}/history.db\nwhere = pid = 1", "'where' chooses among 'events'"),
                (f"path = {self.dir}/history.db\nmax_size = 1k", "is out of range: 4194304"),
        ):
            with self.subTest(more):
                self.write("[history]\n" + more + "\n")
                run = subprocess.run([eun.EUNOMIA, "daemon", "--config", self.config], capture_output=True, text=True,
                                     timeout=eun.LIMIT)
                self.assertEqual(run.returncode, 3, run.stderr)
                self.assertIn(said, run.stderr)
                self.assertIn(self.config + ":", run.stderr)

    def test_usage(self):
        for args, status, said in (
                (["--db", self.dir + "/none.db"], 1, "none.db: No such file or directory"),
                (["--db", self.config, "--sql", "SELECT 1"], 2, ""),
                (["evnets"], 2, "the history has no 'evnets', did you mean 'events'?"),
                (["--from", "yesterday"], 2, "'yesterday' is no time"),
                (["--sql", "SELECT 1", "--limit", "1"], 2, "it says itself what is asked for"),
        ):
            with self.subTest(" ".join(args)):
                self.write()
                run = query(*args)
                self.assertEqual(run.returncode, status, run.stderr)
                self.assertIn(said, run.stderr)


def rule_for(where):
    return f"[rule none]\nstreams = files.open\nwhere = {where}\nseverity = warning\nmessage = x\n"


if __name__ == "__main__":
    eun.main()
