# SPDX-License-Identifier: MIT
"""
The daemon: alerts reach file, syslog, webhook and program; a reload takes all or nothing and loses no event; SIGUSR1,
sd_notify, the end. Only the test's own children are targets.
"""
import glob
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import eun
import oci
from live import Live

RELOADS = int(os.environ.get("EUNOMIA_RELOADS", "100"))
STARTED = re.compile(r"^eunomia: (started|reloaded): ", re.M)
STOPPED = re.compile(r"^eunomia: stopped: (\d+) events, (\d+) alerts, (\d+) events lost, (\d+) reloads, (\d+) refused$")


def rule(name, where, message="{comm} {path}", more=""):
    return f"[rule {name}]\nstreams = files.open\nwhere = {where}\nseverity = warning\nmessage = {message}\n{more}\n"


def wait_for(what, limit=eun.LIMIT):
    end = time.monotonic() + limit
    while not what():
        if time.monotonic() > end:
            raise AssertionError("it did not come to be")
        time.sleep(0.01)


def rss(pid):
    """KiB"""
    return int(re.search(r"VmRSS:\s+(\d+)", eun.read(f"/proc/{pid}/status"))[1])


def touch(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


class Daemon(Live):
    def __init__(self, config, *args, **how):
        self.config = config
        super().__init__("daemon", "--config", config, *args, **how)

    def started(self):
        return self.until(lambda: STARTED.search(self.said()))

    def reload(self):
        """Until it says what became of it."""
        said = re.compile(r"^eunomia: (reloaded|not reloaded)\b", re.M)
        before = len(said.findall(self.said()))
        self.process.send_signal(signal.SIGHUP)
        self.until(lambda: len(said.findall(self.said())) > before)
        return said.findall(self.said())[-1] == "reloaded"


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="eunomia-daemon-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        self.work = self.dir + "/work"
        os.mkdir(self.work)
        self.alerts = self.dir + "/alerts.json"
        self.config = self.dir + "/eunomia.ini"

    def write(self, *parts, target=True, file=True):
        text = "[rules]\nbuiltin = no\n"
        if target:
            text += f"[target]\npid = {os.getpid()}\nfollow = yes\n"
        if file:
            text += f"[output file]\ntype = file\nformat = json\npath = {self.alerts}\n"
        with open(self.config + ".new", "w", encoding="utf-8") as new:
            new.write(text + "".join(parts))
        os.rename(self.config + ".new", self.config)

    def start(self, *args, **how):
        daemon = Daemon(self.config, *args, **how)
        self.addCleanup(lambda: daemon.process.poll() is None and daemon.process.kill())
        return daemon.started()

    def told(self, path=None):
        try:
            text = eun.read(path or self.alerts)
            return [json.loads(line)["output"] for line in text[: text.rfind("\n") + 1].splitlines()]
        except FileNotFoundError:
            return []

    def stop(self, daemon):
        begin = time.monotonic()
        status, out, err = daemon.stop()
        self.assertLess(time.monotonic() - begin, 2)
        self.assertEqual(status, 0, err)
        return out, err

    def mine(self, name=""):
        return f'path startswith "{self.work}/{name}"'


class Outputs(Case):
    def test_all(self):
        """One alert in a file, syslog's socket, a webhook and a program."""
        syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        syslog.bind(self.dir + "/log")
        self.addCleanup(syslog.close)
        syslog.settimeout(eun.LIMIT)
        bodies = []

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.write(rule("R", self.mine("x"), "made {path}"),
                   f"[output log]\ntype = syslog\npath = {self.dir}/log\n",
                   f"[output hook]\ntype = webhook\nurl = http://127.0.0.1:{server.server_port}/\n",
                   f"[output cat]\ntype = program\nargv = /bin/sh, -c, cat >{self.dir}/cat\n",
                   "[output out]\ntype = stdout\n",
                   "[output none]\ntype = stdout\nseverity = critical\n")
        daemon = self.start()
        touch(self.work + "/x")
        message = f"made {self.work}/x"
        wait_for(lambda: self.told() == [message])
        self.assertRegex(syslog.recv(8192).decode(), rf"^<28>.* eunomia\[{daemon.process.pid}\]: .*{message}")
        wait_for(lambda: bodies)
        self.assertEqual([alert["output"] for alert in bodies[0]], [message])
        wait_for(lambda: self.told(self.dir + "/cat") == [message])
        out, err = self.stop(daemon)
        self.assertEqual(out.decode().count(message), 1)
        self.assertEqual(STOPPED.match(err[-1])[2], "1")

    def test_hindered(self):
        """A full disk, a program that does not read, a server that says nothing: their losses are counted, the file
        that works has every alert, and the end comes in time."""
        full, n = self.dir + "/full", 5000
        os.mkdir(full)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", full], check=True)
        self.addCleanup(subprocess.run, ["umount", full], check=True)
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.write(rule("R", self.mine("x")),
                       f"[output full]\ntype = file\nformat = json\npath = {full}/alerts.json\n",
                       "[output sleep]\ntype = program\nargv = /bin/sleep, 600\nqueue = 100\n",
                       f"[output hook]\ntype = webhook\nurl = http://127.0.0.1:{server.getsockname()[1]}/\n"
                       "queue = 100\n")
            daemon = self.start()
            for i in range(n):
                touch(f"{self.work}/x{i}")
                if i % 100 == 99:  # what works is behind by what its queue holds, and no more
                    wait_for(lambda: len(self.told()) == i + 1)
            _, err = self.stop(daemon)
        said = "\n".join(err)
        lost = {name: int(count) for name, count in re.findall(r"output (\w+): (\d+) alerts lost", said)}
        self.assertEqual(sorted(lost), ["full", "hook", "sleep"], said)
        self.assertEqual(STOPPED.match(err[-1]).groups()[1:3], (str(n), "0"))
        self.assertEqual(len(self.told(full + "/alerts.json")) + lost["full"], n)
        self.assertGreater(lost["full"], n / 2)
        self.assertEqual(lost["hook"], n)
        self.assertGreater(lost["sleep"], n / 2)

    def test_reopen(self):
        """SIGUSR1 after a rename: what follows is in a new file, of alerts and of events."""
        events = self.dir + "/events.json"
        self.write(rule("R", self.mine("x")),
                   f"[events]\nformat = json\npath = {events}\nwhere = {self.mine('x')}\n[plugin files]\nstreams = open\n")
        daemon = self.start()
        touch(self.work + "/x1")
        wait_for(lambda: self.told() and os.path.getsize(events))
        os.rename(self.alerts, self.dir + "/old")
        os.rename(events, self.dir + "/old-events")
        daemon.process.send_signal(signal.SIGUSR1)
        daemon.until(lambda: "files are opened anew" in daemon.said())
        touch(self.work + "/x2")
        wait_for(lambda: self.told() and os.path.exists(events) and os.path.getsize(events))
        self.stop(daemon)
        for name, old, new in (("output", "/old", self.alerts), ("path", "/old-events", events)):
            for path, number in ((self.dir + old, "1"), (new, "2")):
                got = [json.loads(line)[name] for line in eun.read(path).splitlines()]
                self.assertEqual([text[-2:] for text in got], ["x" + number])

    def test_stdout_is_usual(self):
        self.write(rule("R", self.mine("x")), file=False)
        daemon = self.start("--fmt", "json")
        touch(self.work + "/x")
        daemon.until(daemon.written)
        out, _ = self.stop(daemon)
        self.assertEqual(json.loads(out)["rule"], "R")


class Targets(Case):
    def test_command_line(self):
        """-p instead of the file's; --rules beside its rules."""
        child = eun.Child(lambda: touch(self.work + "/child"))
        self.write(rule("R", self.mine()))
        with open(self.dir + "/more.ini", "w", encoding="utf-8") as file:
            file.write(rule("S", self.mine(), "more {path}"))
        daemon = self.start("-p", child.pid, "--rules", self.dir + "/more.ini")
        touch(self.work + "/not me")
        child.go()
        child.wait()
        wait_for(lambda: len(self.told()) == 2)
        self.stop(daemon)
        self.assertEqual(sorted(text.split()[-1] for text in self.told()), [self.work + "/child"] * 2)

    def test_changed(self):
        """A reload with another target: no event of the old one, all of the new one."""
        first, second = (eun.Child(lambda: (touch(self.work + "/a"), time.sleep(0)) and None) for _ in range(2))

        def write(pid):
            self.write(rule("R", self.mine(), "{pid}"), f"[target]\npid = {pid}\n", target=False)

        write(first.pid)
        daemon = self.start()
        write(second.pid)
        self.assertTrue(daemon.reload(), daemon.said())
        first.go()
        first.wait()
        second.go()
        second.wait()
        wait_for(self.told)
        self.stop(daemon)
        self.assertEqual(self.told(), [str(second.pid)])


@unittest.skipUnless(len(oci.NEEDED) == 2, "needs runc and busybox")
class Containers(oci.Case, Case):
    def setUp(self):
        oci.Case.setUp(self)
        Case.setUp(self)

    def test_changed(self):
        """From one container to another that is there already, by a reload."""
        a, b = (self.container(oci.WAIT).create().start() for _ in range(2))

        def write(container):
            self.write("[rule R]\nstreams = process.exec\nwhere = argv icontains \"echo\"\n"
                       "message = {container.id} {argv}\n", f"[target]\ncontainer = {container.id}\n", target=False)

        write(a)
        daemon = self.start()
        for container in (a, b):
            container.exec("/bin/busybox", "echo", "1")
        wait_for(self.told)
        write(b)
        self.assertTrue(daemon.reload(), daemon.said())
        for container in (a, b):
            container.exec("/bin/busybox", "echo", "2")
        wait_for(lambda: len(self.told()) > 1)
        self.stop(daemon)
        self.assertEqual([text.split()[0] for text in self.told()], [a.id[:12], b.id[:12]], self.told())
        self.assertEqual([text[-1] for text in self.told()], ["1", "2"])


class Reload(Case):
    def test_rule(self):
        self.write(rule("R", self.mine("a"), "one {path}"))
        daemon = self.start()
        touch(self.work + "/a1")
        wait_for(self.told)
        self.write(rule("R", self.mine("b"), "two {path}"))
        self.assertTrue(daemon.reload(), daemon.said())
        touch(self.work + "/a2")
        touch(self.work + "/b1")
        wait_for(lambda: len(self.told()) > 1)
        self.stop(daemon)
        self.assertEqual(self.told(), [f"one {self.work}/a1", f"two {self.work}/b1"])

    def test_streams_and_options(self):
        """New streams, another plugin, other options: loaded beside, the old taken down; and back again."""
        self.write(rule("R", self.mine("a")))
        daemon = self.start()
        more = "[rule Gone]\nstreams = files.unlink\nwhere = path endswith /a1\nmessage = gone {path}\n" \
               "[rule Run]\nstreams = process.exec\nwhere = exe endswith /true\nmessage = run {exe}\n"
        self.write(rule("R", self.mine("a")), more, "[plugin files]\nbirths = 128\n")
        self.assertTrue(daemon.reload(), daemon.said())
        touch(self.work + "/a1")
        os.unlink(self.work + "/a1")
        os.waitpid(os.spawnv(os.P_NOWAIT, "/bin/true", ["true"]), 0)
        wait_for(lambda: len(self.told()) == 3)
        self.write(rule("R", self.mine("a")))
        self.assertTrue(daemon.reload(), daemon.said())
        touch(self.work + "/a1")
        os.unlink(self.work + "/a1")
        wait_for(lambda: len(self.told()) == 4)
        self.stop(daemon)
        self.assertEqual([text.split()[0] for text in self.told()], [self.comm(), "gone", "run", self.comm()])

    @staticmethod
    def comm():
        return eun.read("/proc/self/comm").strip()

    def test_wrong(self):
        """Nothing of a wrong one is taken: neither its rules nor its outputs."""
        self.write(rule("R", self.mine("a")))
        daemon = self.start()
        for wrong in (rule("R", "pth = 1"), "[output x]\ntype = file\npath = /not/there/x\n", "[eunomai]\n",
                      "[rule L]\nstreams = files.opn\n", "[target]\npid = 1, x\n"):
            self.write(rule("N", self.mine("a"), "new"), wrong)
            with self.subTest(wrong):
                self.assertFalse(daemon.reload())
        os.unlink(self.config)
        self.assertFalse(daemon.reload())
        touch(self.work + "/a1")
        wait_for(self.told)
        _, err = self.stop(daemon)
        self.assertEqual(len(self.told()), 1)
        self.assertNotIn("new", self.told())
        refused = [line for line in err if line.startswith("eunomia: not reloaded")]
        self.assertEqual(len(refused), 6)
        self.assertIn("eunomia.ini:", refused[0])
        self.assertEqual(STOPPED.match(err[-1]).group(4, 5), ("0", "6"))

    def test_window_goes_on(self):
        """A rule's window is not begun anew: no second alert of the same kind."""
        window = "key = path\nwindow = 1h\n"
        self.write(rule("R", self.mine("a"), more=window))
        daemon = self.start()
        touch(self.work + "/a")
        wait_for(self.told)
        self.assertTrue(daemon.reload(), daemon.said())
        touch(self.work + "/a")
        touch(self.work + "/ab")
        wait_for(lambda: len(self.told()) == 2)
        self.stop(daemon)
        self.assertEqual(self.told()[1].split()[-1], self.work + "/ab")

    def test_script(self):
        """A script's state survives."""
        self.write(f"paths = {self.dir}/s.lua\n".join(("[rules]\n", "")))
        with open(self.dir + "/s.lua", "w", encoding="utf-8") as file:
            file.write(f"""state.n = state.n or 0
on("files.open", {{where = '{self.mine("a")}'}}, function(ev)
  state.n = state.n + 1
  alert{{rule = "S", severity = "notice", message = "number " .. state.n}}
end)
""")
        daemon = self.start()
        touch(self.work + "/a1")
        wait_for(self.told)
        self.assertTrue(daemon.reload(), daemon.said())
        touch(self.work + "/a2")
        wait_for(lambda: len(self.told()) == 2)
        self.stop(daemon)
        self.assertEqual(self.told(), ["number 1", "number 2"])

    def test_many(self):
        """Reloads under load, every second one of another rule and each fifth of another instance: each open is told once."""
        # one alert an event, whichever generation it meets: both have a rule for it
        def write(i):
            self.write(rule(f"R{i % 2}", self.mine("load"), "{ret} {path}"),
                       f"[plugin files]\nbirths = {128 << (i // 5 % 2)}\n[output file2]\ntype = file\nformat = json\n"
                       f"path = {self.alerts}.{i % 2}\nseverity = critical\nqueue = {1000 + i % 2}\n")

        stop = self.dir + "/stop"

        def load():
            n = 0
            while not os.path.exists(stop):
                for _ in range(50):
                    touch(f"{self.work}/load{n}")
                    os.unlink(f"{self.work}/load{n}")
                    n += 1
                time.sleep(0.01)
            return n

        child = eun.Child(load)
        write(0)
        daemon = self.start()
        child.go()
        sizes = []
        for i in range(RELOADS):
            write(i + 1)
            self.assertTrue(daemon.reload(), daemon.said()[-2000:])
            if i >= RELOADS // 2 - 1 and i % 10 == 9:
                sizes.append(rss(daemon.process.pid))
        touch(stop)
        n = child.wait()
        numbers = lambda: [int(text.rsplit("load", 1)[1]) for text in self.told()]
        wait_for(lambda: len(numbers()) >= n)
        _, err = self.stop(daemon)
        self.assertEqual(sorted(numbers()), list(range(n)))
        self.assertEqual(STOPPED.match(err[-1]).group(3, 4, 5), ("0", str(RELOADS), "0"))
        self.assertLess(sizes[-1], sizes[0] * 1.1 + 1024, sizes)
        print(f"{RELOADS} reloads, {n} events, RSS {sizes[0]} to {sizes[-1]} KiB")


class Systemd(Case):
    def test_notify(self):
        self.write(rule("R", self.mine("a")))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(self.dir + "/notify")
            server.settimeout(eun.LIMIT)
            daemon = self.start(env={**os.environ, "NOTIFY_SOCKET": self.dir + "/notify", "WATCHDOG_USEC": "400000"})
            self.assertEqual(server.recv(4096), b"READY=1")
            self.assertRegex(server.recv(4096).decode(), r"^STATUS=1 of 1 rules, 0 scripts; ")
            seen = []

            def until(what):
                while not seen or what not in seen[-1]:
                    seen.append(server.recv(4096).decode())

            until("WATCHDOG=1")
            until("WATCHDOG=1")
            seen.clear()
            self.assertTrue(daemon.reload(), daemon.said())
            until("RELOADING=1")
            self.assertRegex(seen[-1], r"\nMONOTONIC_USEC=\d+$")
            until("READY=1")
            self.stop(daemon)
            until("STOPPING=1")

    def test_unit(self):
        """The unit in etc/ asks for what the daemon does, and its configuration is read."""
        unit = eun.read(eun.TREE + "/etc/eunomia.service")
        self.assertIn("\nType=notify\n", unit)
        self.assertIn("\nExecReload=/bin/kill -HUP $MAINPID\n", unit)


class End(Case):
    def test_slow(self):
        """A server that takes the connection and says nothing keeps nobody: neither alerts elsewhere nor the end."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.write(rule("R", self.mine("a")),
                       f"[output hook]\ntype = webhook\nurl = http://127.0.0.1:{server.getsockname()[1]}/\n")
            daemon = self.start()
            touch(self.work + "/a1")
            wait_for(self.told)
            # the hook's own configuration changes: the old one is still waiting for the server
            self.write(rule("R", self.mine("a")))
            self.assertTrue(daemon.reload(), daemon.said())
            touch(self.work + "/a2")
            wait_for(lambda: len(self.told()) == 2)
            self.write(rule("R", self.mine("a")),
                       f"[output hook]\ntype = webhook\nurl = http://127.0.0.1:{server.getsockname()[1]}/\n")
            self.assertTrue(daemon.reload(), daemon.said())
            touch(self.work + "/a3")
            wait_for(lambda: len(self.told()) == 3)
            _, err = self.stop(daemon)
            self.assertIn("output hook: 1 alerts lost", "\n".join(err))

    def test_twice(self):
        """Nothing is left: no thread, no file descriptor, no process of it."""
        self.write(rule("R", self.mine("a")), f"[output cat]\ntype = program\nargv = /bin/cat\n")
        daemon = self.start()
        touch(self.work + "/a")
        wait_for(self.told)
        pid = daemon.process.pid
        children = [int(c) for path in glob.glob(f"/proc/{pid}/task/*/children") for c in eun.read(path).split()]
        self.assertTrue(children)
        self.stop(daemon)
        wait_for(lambda: not any(os.path.exists(f"/proc/{child}") for child in children))


if __name__ == "__main__":
    eun.main()
