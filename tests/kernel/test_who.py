# SPDX-License-Identifier: MIT
"""Who did it: exe, argv, parent.*, ancestor.exe of known processes, in filters, columns, tables and recordings."""
import os
import shutil
import subprocess
import sys
import unittest

import eun
import live

SHELL = os.path.realpath("/bin/sh")
CAT = os.path.realpath("/bin/cat")
PYTHON = os.path.realpath(sys.executable)
FILES = ("--plugin", "files", "--streams", "open")
FIELDS = ("stream,pid,ppid,comm,exe,argv,proc.duration_ns,parent.pid,parent.comm,parent.exe,parent.argv,ancestor.exe,"
          "path")


class Who(live.Case):
    """A child of the test: python -> sh -> cat FILE."""

    def setUp(self):
        super().setUp()
        self.file = self.path("known")
        open(self.file, "wb").close()
        self.script = f"{CAT} {self.file}; :"

    def chain(self):
        return self.child(lambda: subprocess.run(["/bin/sh", "-c", self.script], check=True).args and None)

    def opens(self, events):
        return [event for event in events if event["path"] == self.file]

    def watch(self, *args, child=None):
        child = child or self.chain()
        return child, eun.watch(child, *FILES, *args, follow=True)

    def test_values(self):
        """Of a chain that was made under our eyes: each value by what the test started."""
        child, events = self.watch("--fields", FIELDS)
        event, = self.opens(events)
        self.assertEqual((event["comm"], event["exe"], event["argv"]), ("cat", CAT, [CAT, self.file]))
        self.assertEqual((event["parent.comm"], event["parent.exe"], event["parent.argv"]),
                         ("sh", SHELL, ["/bin/sh", "-c", self.script]))
        self.assertEqual(event["parent.pid"], event["ppid"])
        self.assertEqual(event["ancestor.exe"][:3], [SHELL, PYTHON, PYTHON])
        self.assertTrue(0 < event["proc.duration_ns"] < eun.LIMIT * 10**9)
        shell = [e for e in events if e["exe"] == SHELL]
        self.assertEqual({(e["parent.exe"], e["parent.pid"]) for e in shell}, {(PYTHON, child.pid)})

    def test_filters(self):
        """The same chain, again and again: only what passes is there, and all of it."""
        for text, found in [("parent.exe endswith '/" + os.path.basename(SHELL) + "'", True),
                            (f"ancestor.exe = {PYTHON} and exe = {CAT}", True),
                            (f"ancestor.exe in (/nowhere, {SHELL}) and argv has {self.file}", True),
                            (f"ancestor.exe = {CAT}", False), (f"parent.exe = {PYTHON} and exe = {CAT}", False),
                            ("parent.argv has -c and proc.duration_ns < 60s", True), ("exe = /nowhere", False)]:
            _, events = self.watch("--filter", text)
            self.assertEqual(len(self.opens(events)), found, text)
            self.assertTrue(found or not events, text)

    def test_scanned(self):
        """Those that were there before us: /proc says the same of them."""
        release, gate = os.pipe()
        cat = subprocess.Popen(["/bin/sh", "-c", f"read x; exec {CAT} {self.file}"], stdin=release,
                               stdout=subprocess.DEVNULL)
        self.addCleanup(cat.wait)
        os.close(release)
        run = eun.Run(*FILES, "-p", cat.pid, "--fields", FIELDS).started()
        os.write(gate, b"\n")
        os.close(gate)
        event, = self.opens(run.end())
        self.assertEqual((event["exe"], event["argv"], event["parent.pid"]), (CAT, [CAT, self.file], os.getpid()))
        self.assertEqual(event["parent.exe"], os.readlink("/proc/self/exe"))
        with open("/proc/self/cmdline", "rb") as file:
            self.assertEqual("\0".join(event["parent.argv"]).encode() + b"\0", file.read())
        above, pid = [], os.getpid()
        while pid:
            try:
                above.append(os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)").replace("/memfd:", "memfd:"))
            except OSError:  # another user's, a kernel thread
                break
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                pid = int(file.read().rpartition(")")[2].split()[1])
        self.assertEqual(event["ancestor.exe"][:len(above)], above)

    def test_orphan(self):
        """Its maker ends first: who made it stays, ppid changes."""
        script = f"(until [ -e {self.file}.go ]; do :; done; exec {CAT} {self.file}) & :"
        child = self.child(lambda: subprocess.run(["/bin/sh", "-c", script], check=True).args and
                           open(self.file + ".go", "wb").close())
        run = eun.Run(*FILES, "-p", child.pid, "--follow", "--fields", FIELDS).started()
        child.go()
        child.wait()
        run.wait_for(lambda event: event["path"] == self.file)
        event, = self.opens(run.end())
        self.assertEqual((event["exe"], event["parent.exe"]), (CAT, SHELL))
        self.assertEqual(event["parent.argv"], ["/bin/sh", "-c", script])
        self.assertNotEqual(event["parent.pid"], event["ppid"])

    def test_own_fields_first(self):
        """process.exec says itself what was executed, also of what failed, and the plugin is not loaded twice."""
        script = "/nowhere/x 2>/dev/null; :"
        child = self.child(lambda: subprocess.run(["/bin/sh", "-c", script], check=True).args and None)
        events = eun.watch(child, "--plugin", "process", "--filter", f"ancestor.exe = {PYTHON}", "--fields",
                           "stream,exe,argv,ret,parent.exe", follow=True)
        execs = [(e["exe"], e["ret"], e["parent.exe"]) for e in eun.of(events, "process.exec")]
        self.assertEqual(execs, [(SHELL, 0, PYTHON), ("/nowhere/x", -2, SHELL)])
        self.assertEqual([e["exe"] for e in eun.of(events, "process.exit")], [SHELL, SHELL, PYTHON])

    def test_hostile(self):
        """Names and arguments that try to be something else."""
        name = self.path("a) S 1\n\x1b[2J\"")
        shutil.copy(CAT, name)
        argv = ["\n,\"\x1b]0;", "", "\\", self.file]
        child = self.child(lambda: subprocess.run(argv, executable=name, check=False, stdout=subprocess.DEVNULL,
                                                  stderr=subprocess.DEVNULL).args and None)
        _, events = self.watch("--fields", "stream,exe,argv,parent.exe,path", child=child)
        event, = self.opens(events)
        self.assertEqual((event["exe"], event["argv"], event["parent.exe"]), (name, argv, PYTHON))

    def test_replay(self):
        """A recording knows what its run knew, byte for byte; of a run that did not ask it knows no process."""
        recording = self.path("recording")
        for how in (("--fmt", "json", "--fields", FIELDS), ("--fmt", "csv", "--fields", FIELDS),
                    ("--fmt", "text", "--sort", "parent.exe,-path"),
                    ("--fmt", "json", "--filter", f"parent.exe={SHELL}")):
            out, _ = super().watch(self.chain(), *FILES, "--record", recording, *how, follow=True)
            self.assertIn(self.file.encode(), out)
            again = subprocess.run([eun.EUNOMIA, "replay", recording, *how], capture_output=True, check=True).stdout
            self.assertEqual(again, out, how)
        out, _ = super().watch(self.chain(), *FILES, "--record", recording, "--fmt", "json", follow=True)
        again = subprocess.run([eun.EUNOMIA, "replay", recording, "--fields", "exe", "--fmt", "csv"],
                               capture_output=True, check=True).stdout
        self.assertEqual(set(again.decode().split()), {"exe", '""'})

    def test_table(self):
        """A row has what its process was at the event, not what it is when the table is printed."""
        script = f": <{self.file}; exec {CAT} {self.file}"
        child = self.child(lambda: subprocess.run(["/bin/sh", "-c", script], check=True).args and None)
        _, events = self.watch("--sort", "tid,fd", "--fields", "stream,tid,fd,exe,argv,path", child=child)
        self.assertEqual([event["exe"] for event in self.opens(events)], [SHELL, CAT])

    def test_only_when_asked(self):
        """The process plugin's programs are there when a field of its table is asked for, and not else."""
        for extra, want in [((), False), (("--filter", "container.name = x"), False), (("--fields", "pid,exe"), True),
                            (("--sort", "ancestor.exe"), True), (("--filter", "parent.pid = 1"), True)]:
            run = live.Live(*FILES, *extra, "-p", self.target()).started()
            held = set()
            for fd in os.listdir(f"/proc/{run.process.pid}/fdinfo"):
                text = eun.read(f"/proc/{run.process.pid}/fdinfo/{fd}")
                held.update(line.split()[1] for line in text.splitlines() if line.startswith("prog_id:"))
            names = {line.split()[3] for line in subprocess.run(["bpftool", "prog"], capture_output=True, text=True,
                                                                check=True).stdout.splitlines()
                     if line.split(":")[0] in held and " name " in line}
            self.assertEqual(any(name.startswith("process_fork") for name in names), want, (extra, names))
            self.assertEqual(run.stop()[0], 0)


if __name__ == "__main__":
    eun.main()
