# SPDX-License-Identifier: MIT
"""What a run writes and where: formats, columns, tables, files; that a replay writes the same again, byte for byte."""
import fcntl
import json
import os
import pty
import re
import shutil
import select
import struct
import subprocess
import termios
import unittest

import eun
from live import Case, Live, summary

FORMATS = ("text", "wide", "json", "csv")
CLEAR = b"\033[H\033[J"
NOBODY = 65534


def files(folder, turns=3):
    """Some of what the plugins report, with names that need escapes."""
    for i in range(turns):
        os.mkdir(f"{folder}/d{i}\n\x1b[31m")
        with open(f"{folder}/f{i} \"x\",=1", "wb") as file:
            file.write(b"x" * 1000 * (i + 1))
        try:
            os.open(f"{folder}/none{i}\udcff", os.O_RDONLY)
        except FileNotFoundError:
            pass
        pid = os.fork()
        if not pid:
            os._exit(i)
        os.waitpid(pid, 0)


def writes(folder, stop):
    """Writes to three files, ever more, until there is a file `stop`."""
    fds = [os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT) for name in ("small", "middle", "large")]
    while not os.path.exists(stop):
        for i, fd in enumerate(fds):
            os.pwrite(fd, b"x" * 4096 * 10**i, 0)


def calls(pid):
    """The writes that a process has made."""
    return int(re.search(r"^syscw: (\d+)$", eun.read(f"/proc/{pid}/io"), re.M)[1])


class Formats(Case):
    def test_two_plugins(self):
        """CSV has the columns of both, empty where a stream has none; --no-header; only what was asked for."""
        child = self.child(files, self.dir)
        out, said = self.watch(child, "--plugin", "files,process", "--fmt", "csv")
        head, *rows = out.decode().splitlines()
        columns = head.split(",")
        self.assertEqual(len(set(columns)), len(columns))
        self.assertTrue({"time", "stream", "path", "exit_code", "child_pid"} <= set(columns))
        streams = {row.split(",")[1] for row in rows}
        self.assertTrue({"files.mkdir", "files.open", "process.fork", "process.exit"} <= streams)
        self.assertEqual(summary(said), (len(rows), 0))

    def test_fields(self):
        child = self.child(files, self.dir)
        out, _ = self.watch(child, "--plugin", "files", "--streams", "mkdir,files.o*n", "--fields", "stream,ret",
                            "--fmt", "json")
        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([event for event in events if event["stream"] == "files.mkdir"],
                         [{"stream": "files.mkdir", "ret": 0}] * 3)
        self.assertEqual({event["stream"] for event in events}, {"files.mkdir", "files.open"})

    def test_tool_and_failed(self):
        child = self.child(files, self.dir)
        out, _ = self.watch(child, "run", "opensnoop", "-x", "--no-header", "--filter", "path contains none")
        lines = out.decode().splitlines()
        self.assertEqual(len(lines), 3)
        for i, line in enumerate(lines):
            self.assertTrue(line.endswith(f"{self.dir}/none{i}\\xff"), line)

    def test_sorted(self):
        child = self.child(files, self.dir)
        out, _ = self.watch(child, "--plugin", "process", "--streams", "exit", "--sort", "-exit_code", "--fields",
                            "exit_code", "--no-header", "--top", "2", follow=True)
        self.assertEqual(out.decode().split(), ["2", "1"])

    def test_doctor(self):
        """Everything that is shipped attaches here."""
        run = subprocess.run([eun.EUNOMIA, "doctor", "--fmt", "json"], capture_output=True, timeout=eun.LIMIT,
                             check=False)
        self.assertEqual((run.returncode, run.stderr), (0, b""), run.stdout)
        rows = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertTrue({"files", "process", "tcp"} <= {row["name"] for row in rows if row["check"] == "plugin"})
        self.assertNotIn("failed", {row["state"] for row in rows})


class Files(Case):
    def test_output(self):
        child = self.child(files, self.dir)
        path = self.path("out")
        with open(path, "w", encoding="ascii") as old:
            old.write("old\n" * 10000)
        out, said = self.watch(child, "--plugin", "files", "--fmt", "json", "-o", path)
        self.assertEqual(out, b"")
        with open(path, "rb") as file:
            self.assertEqual(len([json.loads(line) for line in file]), summary(said)[0])

    def test_full_disk(self):
        """Told at once, with what was written; the run ends by itself."""
        for option, text in (("-o", "output /dev/full: No space left on device; stopped after "),
                             ("--record", "/dev/full: write at byte 0: No space left on device; the recording ends")):
            live = Live("--plugin", "files", "-p", self.target(), option, "/dev/full")
            status, _, said = live.end()
            self.assertEqual((status, said[0], len(said)), (1, "eunomia: started", 3), said)
            self.assertIn(text, said[1])
            self.assertEqual(summary(said), (0, 0))

    def test_closed_stdout(self):
        run = subprocess.run(["sh", "-c", f'exec "$@" >&-', "sh", eun.EUNOMIA, "--plugin", "files", "-p",
                              str(self.target())], stderr=subprocess.PIPE, timeout=eun.LIMIT, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"output stdout: Bad file descriptor", run.stderr)

    def test_closed_pipe(self):
        """The reader has seen enough: no complaint, exit code 0."""
        child = self.child(writes, self.dir, self.path("stop"))
        reader, writer = os.pipe()
        live = Live("--plugin", "files", "--streams", "io_call", "-p", child.pid, stdout=writer).started()
        os.close(writer)
        child.go()
        os.read(reader, 100)
        os.close(reader)
        status, _, said = live.end()
        self.assertEqual((status, len(said)), (0, 2), said)

    def test_nobody_reads(self):
        """A pipe that is full and stays so: it still ends in time, and says that something is missing."""
        child = self.child(writes, self.dir, self.path("stop"))
        reader, writer = os.pipe()
        live = Live("--plugin", "files", "--streams", "io_call", "-p", child.pid, stdout=writer).started()
        child.go()
        live.until(lambda: not select.select([], [writer], [], 0)[1])
        full = calls(child.pid)  # more must come than what the pipe still takes
        live.until(lambda: calls(child.pid) > full + 100)
        os.close(writer)
        status, _, said = live.stop()
        self.assertEqual(status, 1, said)
        self.assertIn("output stdout: its reader takes nothing; stopped after ", said[1])
        os.close(reader)


class Tables(Case):
    def run_table(self, *args):
        child = self.child(writes, self.dir, self.path("stop"))
        live = Live("run", "filetop", "-p", child.pid, *args).started()
        child.go()
        return live

    def test_piped(self):
        """So many rounds as were asked for, one after the other, each with its head, sorted, and cut by --top."""
        status, out, said = self.run_table("--interval", "200ms", "--count", "3", "--top", "2").end()
        self.assertEqual(status, 0, said)
        rounds = out.decode().split("\n\n")
        self.assertEqual(len(rounds), 3)
        for text in rounds:
            title, head, *rows = text.strip("\n").split("\n")
            self.assertRegex(title, r"\A\d\d:\d\d:\d\d filetop\Z")
            self.assertEqual(head.split()[0], "TID")
            self.assertEqual([os.path.basename(row.split()[-1]) for row in rows], ["large", "middle"])
        self.assertNotIn(b"\033", out)

    def test_sorted_otherwise(self):
        status, out, _ = self.run_table("--interval", "200ms", "-T", "600ms", "--sort", "bytes", "--fmt", "csv",
                                        "--fields", "path,bytes").end()
        head, *rows = out.decode().splitlines()
        self.assertEqual((status, head), (0, "path,bytes"))
        self.assertEqual([os.path.basename(row.split(",")[0]) for row in rows], ["small", "middle", "large"] * 3)

    def test_json(self):
        status, out, said = self.run_table("--interval", "200ms", "--count", "2", "--fmt", "json").end()
        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((status, len(events), summary(said)), (0, 6, (6, 0)))
        self.assertEqual({event["stream"] for event in events}, {"files.io"})

    def test_terminal(self):
        """A round replaces the one before, and fits."""
        child = self.child(writes, self.dir, self.path("stop"))
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 6, 80, 0, 0))
        live = Live("run", "filetop", "-p", child.pid, "--interval", "200ms", "--count", "3", stdout=slave).started()
        os.close(slave)
        child.go()
        seen = b""
        try:
            while data := os.read(master, 65536):
                seen += data
        except OSError:  # the end of a terminal
            pass
        status, _, said = live.end()
        os.close(master)
        self.assertEqual(status, 0, said)
        screens = seen.split(CLEAR)
        self.assertEqual((screens[0], len(screens)), (b"", 4))
        for screen in screens[1:]:
            lines = screen.decode().split("\r\n")
            self.assertRegex(lines[0], r"\A\d\d:\d\d:\d\d filetop\Z")
            self.assertLess(len(lines), 6)

    def test_progress(self):
        """A line at the bottom of the terminal that gives way to what is written there, and is gone at the end."""
        target = self.target() # first: it must not have the terminal
        master, slave = pty.openpty()
        run = subprocess.Popen([eun.EUNOMIA, "--plugin", "process", "-p", str(target), "-T", "1"],
                               stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
        os.close(slave)
        seen = b""
        try:
            while data := os.read(master, 65536):
                seen += data
        except OSError:  # the end of a terminal
            pass
        os.close(master)
        self.assertEqual(run.wait(eun.LIMIT), 0)
        lines = seen.decode().split("\r\n")
        drawn = lines[-2].split("\r\033[K")
        self.assertEqual((drawn[0], drawn[1], drawn[-1]),
                         ("", "0 of 1 s, 0 events, 0 lost", "eunomia: 0 events, 0 lost"))

    def test_events_in_rounds(self):
        """--interval makes a table of any stream."""
        child = self.child(files, self.dir)
        out, _ = self.watch(child, "--plugin", "files", "--streams", "mkdir", "--interval", "10s", "--sort", "-path")
        title, head, *rows = out.decode().splitlines()
        self.assertRegex(title, r"\A\d\d:\d\d:\d\d \Z")
        self.assertEqual([re.search(r"/d(\d)", row)[1] for row in rows], ["2", "1", "0"])


class Replay(Case):
    def replay(self, path, *args):
        """As nobody, with a copy of the host, as the build tree may be somebody's own."""
        host = self.path("eunomia")
        os.chown(path, NOBODY, NOBODY)
        os.chmod(self.dir, 0o755)
        if not os.path.exists(host):
            shutil.copy(eun.EUNOMIA, host)
        run = subprocess.run([host, "replay", path, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=eun.LIMIT, user=NOBODY, group=NOBODY, extra_groups=[], check=False)
        self.assertEqual((run.returncode, run.stderr), (0, b""), args)
        return run.stdout

    def check(self, act, *args, replayed=()):
        """A run in every format; each recording gives each format, whichever it was made in."""
        path = self.path("recording")
        for number, fmt in enumerate(FORMATS):
            folder = self.path(f"{fmt}")
            os.mkdir(folder)
            child = self.child(act, folder)
            out, said = self.watch(child, *args, "--fmt", fmt, "--record", path)
            self.assertEqual(self.replay(path, "--fmt", fmt, *replayed), out, (fmt, said))
            self.assertNotEqual(out, b"")
            other = FORMATS[number - 1]
            if number == 1:
                first = out
            if number == 2:  # the recording of a JSON run holds the view of the others, too
                text = self.replay(path, "--fmt", other, *replayed)
                self.assertEqual(text.count(b"\n"), first.count(b"\n"))
        return path

    def test_events(self):
        path = self.check(files, "--plugin", "files,process")
        whole = [json.loads(line) for line in self.replay(path, "--fmt", "json").splitlines()]
        some = [json.loads(line) for line in self.replay(path, "--fmt", "json", "--filter", "ret < 0").splitlines()]
        self.assertEqual([event for event in whole if event.get("ret", 0) < 0], some)
        self.assertEqual(len(some), 3)

    def test_columns(self):
        self.check(files, "--plugin", "files", "--streams", "open,mkdir", "--fields", "path,ret,comm", "--sort",
                   "-ret,path")

    def test_tool(self):
        folder = self.path("tool")
        os.mkdir(folder)
        child = self.child(files, folder)
        path = self.path("recording")
        out, _ = self.watch(child, "run", "opensnoop", "--record", path)
        self.assertEqual(self.replay(path), out)

    def test_tables(self):
        path = self.path("recording")
        for fmt in FORMATS:
            child = self.child(writes, self.dir, self.path("stop"))
            live = Live("run", "filetop", "-p", child.pid, "--interval", "50ms", "--count", "5", "--fmt", fmt,
                        "--record", path).started()
            child.go()
            status, out, said = live.end()
            self.assertEqual(status, 0, said)
            self.assertEqual(self.replay(path, "--fmt", fmt), out, fmt)

    def test_losses(self):
        """The lost records are where they were."""
        path = self.path("recording")
        helper = eun.HELPERS + "/run_flood"
        for fmt in ("json", "text"):
            child = self.child(os.execv, helper, [helper, "/dev/null", "100000"])
            out, said = self.watch(child, "--plugin", "files", "--ring-size", "4k", "--fmt", fmt, "--record", path)
            self.assertGreater(summary(said)[1], 0)
            self.assertIn(b"lost", out)
            self.assertEqual(self.replay(path, "--fmt", fmt), out)

    def test_killed(self):
        """A run that is killed leaves what it saw, and the replay says that its end is missing."""
        path = self.path("recording")
        child = self.child(writes, self.dir, self.path("stop"))
        live = Live("--plugin", "files", "--streams", "io_call", "-p", child.pid, "--record", path).started()
        child.go()
        live.until(lambda: os.path.getsize(path) > 200000)
        live.process.kill()
        live.end()
        run = subprocess.run([eun.EUNOMIA, "replay", path, "--fmt", "json"], capture_output=True, timeout=eun.LIMIT,
                             check=False)
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stderr.decode(), r"\Aeunomia: [^\n]* ends at byte \d+ [^\n]*before it[^\n]*\n\Z")
        self.assertGreater(len([json.loads(line) for line in run.stdout.splitlines()]), 500)


if __name__ == "__main__":
    eun.main()
