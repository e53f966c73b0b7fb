# SPDX-License-Identifier: MIT
"""replay, on recordings made by hand: every format, filters, tables in rounds, losses, damage, hostile files."""
import json
import os
import re
import shutil
import struct
import subprocess
import unittest

import recording
from cli import EUNOMIA, FAILED, LIMIT, OK, USAGE, Case, as_nobody, nobody_can_run
from recording import BOOT, CONTAINER, DEFAULT, FORGOT, IO, OPEN, PROCESS, add_io, add_open, begin

SECOND = 10**9
TABLE = {"view__title": "demotop", "view__key": "name", "view__sort": "-bytes", "view__top": 2,
         "view__interval_ms": 1000, "view__table": 1,
         "view__columns": "NAME\tname\t8\t0\t0\nKB\tbytes\t6\t1\t1024\n"}


def events():
    r = begin(OPEN, IO)
    add_open(r, "/etc/passwd")
    add_open(r, "/etc/shadow", ret=-13, fd=0xFFFFFFFF, uid=1000, time=BOOT + 1000)
    r.losses(OPEN, 12, BOOT + 2000)
    add_open(r, "/tmp", kind=2, pid=200, comm=b"ls", time=BOOT + 3000)
    add_io(r, "x", 1, 2, time=BOOT + 4000)
    return r.end()


def rounds(**metas):
    r = begin(IO, **{**TABLE, **metas})
    for name, size in (("a", 1024), ("b", 2048), ("a", 4096), ("c", 512)):
        add_io(r, name, 1, size)
    r.mark(BOOT + SECOND)
    r.losses(IO, 5, BOOT + SECOND)
    add_io(r, "c", 3, 1, time=BOOT + SECOND)
    r.mark(BOOT + 2 * SECOND)
    return r.mark(BOOT + 3 * SECOND)


class Case(Case):
    def write(self, r):
        return self.path("recording", getattr(r, "data", r))

    def replay(self, r, *args, **how):
        return self.good("replay", self.write(r), *args, env={**os.environ, "TZ": "UTC"}, **how)

    def json(self, r, *args):
        return [json.loads(line) for line in self.replay(r, "--fmt", "json", *args).splitlines()]


class Formats(Case):
    def test_text(self):
        self.assertEqual(self.replay(events()).splitlines(), [
            "TIME         PID COMM             STREAM",
            "10:11:12     100 cat              demo.open        path=/etc/passwd kind=file ret=0",
            "10:11:12     100 cat              demo.open        path=/etc/shadow kind=file ret=EACCES",
            "lost 12 events of demo.open before 10:11:12",
            "10:11:12     200 ls               demo.open        path=/tmp kind=dir ret=0",
            "10:11:12     100 cat              demo.io          name=x count=1 bytes=2"])
        self.assertEqual(self.replay(events(), "--no-header"), self.replay(events()).split("\n", 1)[1])

    def test_wide(self):
        lines = self.replay(events(), "--fmt", "wide").splitlines()
        self.assertEqual(lines[1], "time=10:11:12.123457789 stream=demo.open event_flags=0 cpu=1 pid=100 tid=100 "
                         "ppid=99 uid=1000 gid=0 comm=cat cgroup=77 pidns=4026531836 mntns=4026531841 ret=EACCES "
                         "fd=4294967295 kind=file path=/etc/shadow")
        self.assertEqual(lines[2], "lost 12 events of demo.open before 10:11:12.123458789")

    def test_json(self):
        found = self.json(events())
        self.assertEqual(found[0], {
            "ts": "2026-11-24T10:11:12.123456789Z", "stream": "demo.open", "event_flags": [], "cpu": 1, "pid": 100,
            "tid": 100, "ppid": 99, "uid": 0, "gid": 0, "comm": "cat", "cgroup": 77, "pidns": 4026531836,
            "mntns": 4026531841, "ret": 0, "fd": 3, "kind": "file", "path": "/etc/passwd", "container": None})
        self.assertEqual(found[2], {"ts": "2026-11-24T10:11:12.123458789Z", "stream": "lost", "of": "demo.open",
                                    "count": 12})
        self.assertEqual([e.get("path", e["stream"]) for e in found],
                         ["/etc/passwd", "/etc/shadow", "lost", "/tmp", "demo.io"])

    def test_csv(self):
        head, *lines = self.replay(events(), "--fmt", "csv").splitlines()
        self.assertEqual(head, "time,stream,event_flags,cpu,pid,tid,ppid,uid,gid,comm,cgroup,pidns,mntns,"
                         "ret,fd,kind,path,count,bytes,name,container.id,container.name")
        self.assertEqual(lines[3], "2026-11-24T10:11:12.123460789Z,demo.io,0,1,100,100,99,0,0,cat,77,4026531836,"
                         "4026531841,,,,,1,2,x,,")

    def test_fields(self):
        self.assertEqual(self.replay(events(), "--fields", "path,ret", "--fmt", "csv").splitlines()[:3],
                         ["path,ret", "/etc/passwd,0", "/etc/shadow,EACCES"])
        self.assertEqual(self.json(events(), "--fields", "pid,path")[0], {"pid": 100, "path": "/etc/passwd"})
        self.assertEqual(self.replay(events(), "--fields", "path", "--no-header").splitlines()[0], "/etc/passwd")
        self.bad(USAGE, "unknown field 'pth', did you mean 'path'?", "replay", self.write(events()), "--fields", "pth")

    def test_output(self):
        out = self.path("out")
        self.assertEqual(self.replay(events(), "-o", out), "")
        with open(out, encoding="ascii") as file:
            self.assertEqual(file.read(), self.replay(events()))

    def test_standard_input(self):
        with open(self.write(events()), "rb") as file:
            self.assertEqual(self.good("replay", "-", "--fmt", "json", stdin=file),
                             self.replay(events(), "--fmt", "json"))

    def test_nobody(self):
        if not nobody_can_run():
            self.skipTest("nobody can't reach the build tree")
        self.assertEqual(self.replay(events(), **as_nobody()), self.replay(events()))


class Choice(Case):
    def paths(self, *args):
        return [e.get("path") for e in self.json(events(), *args) if e["stream"] != "lost"]

    def test_filter(self):
        self.assertEqual(self.paths("--filter", "path startswith /etc and uid != 0"), ["/etc/shadow"])
        self.assertEqual(self.paths("--filter", "kind = dir or count = 1"), ["/tmp", None])
        self.assertEqual(self.paths("-x"), ["/etc/shadow"])
        self.assertEqual(self.paths("-x", "--filter", "uid = 0"), [])
        self.bad(USAGE, "--filter:1:1: unknown field 'pth' (did you mean 'path'?)", "replay", self.write(events()),
                 "--filter", "pth = 1")

    def test_losses_pass_every_filter(self):
        self.assertEqual([e["stream"] for e in self.json(events(), "--filter", "pid = 1")], ["lost"])

    def test_sort_and_top(self):
        self.assertEqual(self.paths("--sort", "-pid"), ["/tmp", "/etc/passwd", "/etc/shadow", None])
        self.assertEqual(self.paths("--sort", "-pid,-time", "--top", "2"), ["/tmp", None])
        self.assertEqual(self.paths("--top", "1"), ["/etc/passwd"])
        self.bad(USAGE, "stream demo.io has no field 'path' to sort by", "replay", self.write(events()), "--sort",
                 "path")


class Tables(Case):
    def test_rounds(self):
        """As they were: sums, order, the first rows, the clock of each round; losses where they happened."""
        self.assertEqual(self.replay(rounds().end()), """10:11:13 demotop
NAME         KB
a           5.0
b           2.0
lost 5 events of demo.io before 10:11:13

10:11:14 demotop
NAME         KB
c           0.0

10:11:15 demotop
NAME         KB
""")

    def test_json(self):
        found = self.json(rounds().end())
        self.assertEqual([(e["name"], e["count"], e["bytes"]) if e["stream"] != "lost" else e["count"] for e in found],
                         [("a", 2, 5120), ("b", 1, 2048), 5, ("c", 3, 1)])

    def test_options_win(self):
        text = self.replay(rounds().end(), "--sort", "bytes", "--top", "1", "--no-header")
        self.assertEqual(text.splitlines()[:2], ["10:11:13 demotop", "c           0.5"])
        self.assertEqual(self.replay(rounds().end(), "--fields", "bytes").splitlines()[:3],
                         ["10:11:13 demotop", "     BYTES", "      5120"])
        self.assertEqual(self.replay(rounds().end(), "--fields", "name,bytes", "--fmt", "csv").splitlines(),
                         ["name,bytes", "a,5120", "b,2048", "c,1"])

    def test_filter(self):
        self.assertEqual([e["name"] for e in self.json(rounds().end(), "--filter", "name = b") if "name" in e], ["b"])

    def test_recorded_fields(self):
        """--fields of the run that was recorded are those of the replay."""
        r = begin(OPEN, view__columns="PATH\tpath\t0\t0\t0\n", view__own_columns=1)
        add_open(r, "/a")
        self.assertEqual(self.replay(r.end()), "PATH\n/a\n")
        self.assertEqual(self.replay(r, "--fmt", "json"), '{"path":"/a"}\n')
        self.assertEqual(self.replay(r, "--fmt", "csv"), "path\n/a\n")

    def test_interrupted(self):
        """Cut in the midst of a round: what had come of it is printed."""
        r = begin(IO, **TABLE)
        add_io(r, "a", 1, 1024)
        add_io(r, "b", 1, 2048, time=BOOT + 5 * SECOND)
        out = self.bad(FAILED, "without the end of a recording", "replay", self.write(r),
                       env={**os.environ, "TZ": "UTC"})
        self.assertEqual(out.decode(), "10:11:17 demotop\nNAME         KB\nb           2.0\na           1.0\n")


class Damage(Case):
    def test_cut_everywhere(self):
        """Every event that is whole is delivered, and the end says what is missing: at and around each chunk's ends."""
        r = events()
        whole = self.replay(r, "--fmt", "json").splitlines()
        head = r.cuts[3]  # hostname, two streams, start
        sizes = {cut + i for cut in r.cuts for i in (-1, 0, 1, 4, 11, 12, 13)} | set(range(0, len(r.data), 29))
        for size in sorted(size for size in sizes if size < len(r.data)):
            status, out, err = self.run_it("replay", self.write(r.data[:size]), "--fmt", "json")
            self.assertEqual(status, FAILED, size)
            self.assertRegex(err.decode(), r"\Aeunomia: \S+recording: [^\n]+\n\Z")
            delivered = sum(cut <= size for cut in r.cuts[4:])
            self.assertEqual(out.decode().splitlines(), whole[:delivered] if size >= head else [], size)

    def test_every_byte(self):
        """A bit that is not as it was: an error, and nothing but true events before it."""
        r = events()
        whole = self.replay(r, "--fmt", "json")
        for at in range(0, len(r.data), 7):
            data = bytearray(r.data)
            data[at] ^= 1 << at % 8
            status, out, err = self.run_it("replay", self.write(bytes(data)), "--fmt", "json")
            self.assertEqual((status, err.count(b"\n")), (FAILED, 1), at)
            self.assertTrue(whole.startswith(out.decode()), at)

    def test_what_it_is_not(self):
        for text, data in [("not a recording", b"root:x:0:0"), ("not a recording: it is empty", b""),
                           ("recording format 3, this host reads 1 to 2", b"EUNREC3\n" + events().data[8:])]:
            self.assertEqual(self.bad(FAILED, text, "replay", self.write(data)), b"")
        self.bad(FAILED, "No such file or directory", "replay", self.dir + "/none")
        self.bad(FAILED, "Is a directory", "replay", self.dir)

    def test_bad_views(self):
        for columns in ("x", "A\tname\t9999999\t0\t0\n", "A\tnope\t1\t0\t0\n", "A\tname\n"):
            self.bad(USAGE, "view.columns", "replay", self.write(begin(IO, view__columns=columns).end()))
        self.bad(USAGE, "no field 'nope' to sort by", "replay", self.write(begin(IO, view__sort="nope").end()))


class Facts(Case):
    """What the recorded run knew of the actors, events of cgroup 77: docs/recording.md."""
    ABSENT = (None,) * 6

    def setUp(self):
        super().setUp()
        self.r = r = begin(OPEN)
        r.process(1, 10, "/sbin/init", [b"init"])
        r.process(2, 20, "/bin/sh", [b"sh", b"-c", b"x y"], parent=(1, 10), comm=b"sh")
        r.process(3, 100, "/bin/cat", [b"cat"], parent=(2, 20))
        add_open(r, "/1")
        r.container(77, 1, "0123456789abcdef", "web", "nginx", "docker", "pod", "ns")
        r.process(3, 100, "/bin/ls", [b""], parent=(2, 20))  # another exec
        add_open(r, "/2")
        r.container(77, 0, "0123456789abcdef", *[None] * 5)
        r.process(4, 100, "/bin/next", [], parent=(0, 0), start=BOOT)  # the pid has another owner
        add_open(r, "/3", time=BOOT - 1)
        r.container(77, 255, *self.ABSENT)
        add_open(r, "/4", time=BOOT + 1)
        r.forgot(4, 100)
        r.forgot(2, 20)
        add_open(r, "/5", time=BOOT + 1)
        r.end()

    def test_fields(self):
        found = [tuple(row.values()) for row in self.json(
            self.r, "--fields", "path,exe,argv,parent.exe,parent.argv,parent.comm,parent.pid,ancestor.exe,container")]
        argv = ["sh", "-c", "x y"]
        above = ["/bin/sh", "/sbin/init"]
        self.assertEqual(found, [
            ("/1", "/bin/cat", ["cat"], "/bin/sh", argv, "sh", 20, above, None),
            ("/2", "/bin/ls", [""], "/bin/sh", argv, "sh", 20, above, "web"),
            ("/3", "/bin/ls", [""], "/bin/sh", argv, "sh", 20, above, "0123456789ab"),
            ("/4", "/bin/next", [""], None, None, None, None, None, None),
            ("/5", "/bin/ls", [""], None, None, None, 20, None, None)])

    def test_container(self):
        found = [row["container"] for row in self.json(self.r)]
        web = {"id": "0123456789abcdef", "name": "web", "image": "nginx", "runtime": "docker", "state": "running",
               "pod": "pod", "pod_namespace": "ns"}
        pending = {"id": "0123456789abcdef", "name": None, "image": None, "runtime": None, "state": "pending"}
        self.assertEqual(found, [None, web, pending, None, None])
        rows = self.replay(self.r, "--fmt", "csv").splitlines()
        self.assertEqual([row.split(",")[-2:] for row in rows[1:]],
                         [["", ""], ["0123456789abcdef", "web"], ["0123456789abcdef", ""], ["", ""], ["", ""]])

    def test_filter(self):
        for text, paths in [("ancestor.exe = /sbin/init", ["/1", "/2", "/3"]),
                            ("parent.exe endswith /sh and exe = /bin/cat", ["/1"]), ("container.state = pending", ["/3"]), ("not container exists", ["/1", "/4", "/5"]),
                            ("proc.duration_ns < 5us", ["/3", "/4"])]:
            found = [row["path"] for row in self.json(self.r, "--filter", text)]
            self.assertEqual(found, paths, text)

    def test_column(self):
        """A run that began with containers has them in its text: TIME PID COMM CONTAINER STREAM."""
        r = begin(OPEN, view__container=1)
        r.container(77, 1, "0123456789abcdef", "web", *[None] * 4)
        add_open(r, "/1")
        self.assertEqual(self.replay(r.end()).splitlines(), [
            "TIME         PID COMM             CONTAINER    STREAM",
            "10:11:12     100 cat              web          demo.open        path=/1 kind=file ret=0"])
        self.assertTrue(self.replay(r, "--fmt", "wide").rstrip().endswith(
            "container.id=0123456789abcdef container.name=web container.image=- container.runtime=- "
            "container.state=running"))

    def test_old(self):
        """Version 1 had no facts."""
        r = recording.Recording(version=1)
        self.assertEqual(r.data[:8], b"EUNREC1\n")
        r.stream(OPEN, "demo.open", 72, DEFAULT, "", []).start().record(OPEN, b"").end()
        self.assertEqual(self.json(r, "--fields", "pid,exe,container"), [{"pid": 100, "exe": None, "container": None}])

    def test_damage(self):
        for kind, payload in [(PROCESS, b"x" * 70), (FORGOT, b"x" * 11),
                              (CONTAINER, struct.pack("<QI", 7, 3) + bytes(24)), (CONTAINER, struct.pack("<QI", 7, 1) + bytes(25))]:
            r = begin(OPEN)
            add_open(r, "/1")
            r.chunk(kind, payload).end()
            out = self.bad(FAILED, "damaged", "replay", self.write(r), "--fmt", "json")
            self.assertEqual(out.count(b"\n"), 1, kind)


class Hostile(Case):
    def test_texts_of_the_file(self):
        """Whoever made it chose titles, headers, names, paths and labels: none reaches a terminal raw."""
        r = recording.Recording(view__title="t\x1b[2J\n", view__table=1, view__interval_ms=1000,
                                view__columns="H\x1b[31m\tname\t0\t0\t0\nP\u202e\tpath\t0\t0\t0\n")
        r.stream(OPEN, "demo.evil", 104, 1, "name",
                 [("name", recording.ENUM, 0, 72, 8, [(1, "\x1b]0;label\x07")]),
                  ("path", recording.PATH, 0, 80, 4, []), ("text", recording.CHARS, 0, 84, 16, [])]).start()
        path = b"/\x1b[2J\xff\n\xe2\x80\xae=1"
        r.record(OPEN, struct.pack("<QII16s4x", 1, 104 | len(path) << 16, 0x41001B41, b"\x9b\x00"), path,
                 comm=b"\x1b[1m\r\n")
        r.mark(BOOT).end()
        for args in ([], ["--fmt", "wide"], ["--fmt", "csv"], ["--fmt", "json"], ["--fields", "name,path,comm,text"]):
            out = self.replay(r, *args)
            self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", args)
            self.assertIn("label", out)

    def test_references_outside(self):
        r = begin(OPEN)
        for reference in (0xFFFFFFFF, 1 << 16 | 88, 0xFFFF << 16, 16380 | 8 << 16):
            r.record(OPEN, struct.pack("<iIHHI", 0, 3, 1, 0, reference))
        self.assertEqual([e["path"] for e in self.json(r.end())], [None] * 4)

    def test_many_rows(self):
        """More rows than a table holds: told, not silently missing."""
        r = begin(IO, **{**TABLE, "view__key": "name,count", "view__top": 0})
        for i in range(65536 + 7):
            add_io(r, "x", i, 1)
        r.mark(BOOT)
        status, out, err = self.run_it("replay", self.write(r.end()), "--fmt", "csv", "--fields", "count")
        self.assertEqual((status, err), (OK, b"eunomia: 7 events did not fit into the table\n"))
        self.assertEqual(out.count(b"\n"), 65536 + 1)


class Outputs(Case):
    def big(self):
        r = begin(OPEN)
        for i in range(3000):
            add_open(r, f"/some/where/{i}")
        return self.write(r.end())

    def test_closed_pipe(self):
        with subprocess.Popen([EUNOMIA, "replay", self.big()], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            run.stdout.readline()
            run.stdout.close()
            self.assertEqual(run.stderr.read(), b"")
            self.assertEqual(run.wait(LIMIT), OK)

    def test_full_disk(self):
        self.bad(FAILED, "output /dev/full: No space left on device", "replay", self.big(), "-o", "/dev/full")
        self.bad(FAILED, "output /no/such/file: No such file or directory", "replay", self.big(), "-o", "/no/such/file")

    def test_slow_reader(self):
        with subprocess.Popen([EUNOMIA, "replay", self.big(), "--no-header"], stdout=subprocess.PIPE) as run:
            text = b"".join(iter(lambda: run.stdout.read1(100), b""))
            self.assertEqual(run.wait(LIMIT), OK)
        self.assertEqual(re.findall(rb"path=/some/where/(\d+)", text), [b"%d" % i for i in range(3000)])


class Memory(Case):
    def test_valgrind(self):
        if not shutil.which("valgrind"):
            self.skipTest("no valgrind")
        if b"libasan" in subprocess.run(["ldd", EUNOMIA], capture_output=True, check=True).stdout:
            self.skipTest("a build with sanitizers has its own")
        for data, status, args in [(events().data, OK, ["--fmt", "json", "--filter", "path contains a or count > 0"]),
                                   (rounds().end().data, OK, []), (events().data, OK, ["--fmt", "csv"]),
                                   (events().data[:-70], FAILED, ["--sort", "-pid"]),
                                   (events().data, USAGE, ["--filter", "nope"])]:
            run = subprocess.run(["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", EUNOMIA, "replay",
                                  self.write(data), *args], capture_output=True, timeout=LIMIT, check=False)
            self.assertEqual(run.returncode, status, run.stderr)
            self.assertNotIn(b"==", run.stderr)


if __name__ == "__main__":
    unittest.main()
