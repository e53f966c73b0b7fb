# SPDX-License-Identifier: MIT
"""Rules with state, in Lua, on what really happens: the near miss is quiet, then the trigger is one alert. And scripts
that are stopped beside others that are not."""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess

import eun
import live

RULES = os.path.join(eun.TREE, "scripts", "rules")
CLONE_NEWNET = 0x40000000
NOBODY = 65534
libc = ctypes.CDLL(None, use_errno=True)


def connect(*ports):
    for port in ports:
        with socket.socket() as peer:
            peer.connect_ex(("127.0.0.1", port))


def execute(path):
    pid = os.fork()
    if not pid:
        os.execv(path, [path])
    os.waitpid(pid, 0)


class Lua(live.Case):
    def text(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def run_rules(self, act, *rules):
        """Alerts and lines of stderr of a run on a child that does act()."""
        args = [word for path in rules for word in ("--rules", path)]
        out, said = self.watch(self.child(act), *args, "--fmt", "json", follow=True)
        return [json.loads(line) for line in out.splitlines()], said

    def fires(self, number, script, near, trigger, *more):
        """near() and trigger(), with a mark between: one alert and its window's summary, after the mark."""
        mark = self.text("mark.ini", "[rule mark]\nstreams = files.open\nwhere = path endswith /eun-mark\nmessage = mark\n")
        shipped = [os.path.join(RULES, name) for name in ("00-lists.ini", "60-state.ini", script)]

        def act():
            near()
            with open(self.path("eun-mark"), "w", encoding="utf-8"):
                pass
            trigger()

        alerts, said = self.run_rules(act, *shipped, mark, *more)
        names = [alert["rule"] for alert in alerts]
        self.assertGreater(len(names), 1, (alerts, said))
        self.assertEqual([names[0], *names[2:]], ["mark"] + [names[1]] * (len(names) - 2), alerts)
        self.assertLess(len(names), 4, "more than an alert and its window's summary")
        self.assertIn(f"number = {number},", eun.read(os.path.join(RULES, script)))
        self.assertIn(f'name = "{names[1]}"', eun.read(os.path.join(RULES, script)))
        return alerts[1]

    def test_port_scan(self):
        self.fires(34, "port_scan.lua", lambda: connect(*([9] * 200 + list(range(1000, 1050)))),
                   lambda: connect(*range(2000, 2110)))

    def test_download_exec(self):
        """In a network of its own, with an address that is not the loopback's."""
        servers = []
        copy = self.path("downloaded")
        local = self.path("local")

        def write(path):
            shutil.copyfile("/bin/true", path)
            os.chmod(path, 0o755)

        def near():
            assert libc.unshare(CLONE_NEWNET) == 0
            subprocess.run("ip link set lo up && ip address add 10.9.9.9/32 dev lo", shell=True, check=True)
            servers.append(socket.create_server(("10.9.9.9", 0)))
            connect(servers[0].getsockname()[1])
            write(local)
            execute(local)

        def trigger():
            with socket.create_connection(servers[0].getsockname()):
                write(copy)
            execute(copy)

        alert = self.fires(35, "download_exec.lua", near, trigger)
        self.assertIn(copy, alert["output"])

    def test_fork_bomb(self):
        def near():
            for _ in range(300):
                pid = os.fork()
                if not pid:
                    os._exit(0)
                os.waitpid(pid, 0)

        def trigger():
            pids = []
            for _ in range(260):
                pid = os.fork()
                if not pid:
                    signal.pause()
                    os._exit(0)
                pids.append(pid)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

        self.fires(36, "fork_bomb.lua", near, trigger)

    def test_mass_rename(self):
        def files(n, old, new):
            for i in range(n):
                with open(self.path(f"{i}{old}"), "w", encoding="utf-8") as file:
                    file.write("text")
                os.rename(self.path(f"{i}{old}"), self.path(f"{i}{new}"))

        def near():
            files(60, ".tmp", "")
            files(20, "", ".bak")

        def trigger():
            files(40, ".doc", ".doc.locked")

        self.fires(37, "mass_rename.lua", near, trigger)

    def test_denied_calls(self):
        """As a user who may not: each is refused before anything is done."""
        # chroot acct sethostname setdomainname umount2 swapoff pivot_root delete_module iopl ioperm vhangup mount
        calls = [161, 163, 170, 171, 166, 168, 155, 176, 172, 173, 153, 165]
        on = self.text("on.ini", "[rules]\nenable = Refused calls\n")

        def near():
            os.setgroups([])
            os.setresuid(NOBODY, NOBODY, 0)
            for call in calls[:8] * 5:
                libc.syscall(call, b"/", b"/", 0, 0, 0)
            os.setresuid(0, 0, 0)

        def trigger():
            os.setresuid(NOBODY, NOBODY, NOBODY)
            for call in calls:
                if libc.syscall(call, b"/", 3 if call == 172 else b"/", 1 if call == 173 else 0, 0, 0) != -1:
                    raise AssertionError(call)

        self.fires(38, "denied_calls.lua", near, trigger, on)

    def test_stopped(self):
        """One line, and the others go on; its rule is silent, the exit code 0."""
        bad = self.text("bad.lua", 'on("files.open", function() while true do pcall(function() while true do end end) end end)\n'
                        'rule{name = "silent", on = "files.open", message = "x", when = function() error({}) end}')
        good = self.text("good.lua", 'on("files.open", {where = "path endswith /eun-good"}, function(ev)\n'
                         'alert{message = "opened by " .. tostring(ev.parent_exe), fields = {"path", n = 1}} end)')

        def act():
            for i in range(60):
                with open(self.path("eun-good" if i == 59 else "other"), "w", encoding="utf-8"):
                    pass

        alerts, said = self.run_rules(act, bad, good)
        stopped = [line for line in said if "stopped" in line]
        self.assertEqual(len(stopped), 1, said)
        self.assertRegex(stopped[0], r"^eunomia: script bad\.lua: stopped: (instructions|time|error)")
        self.assertEqual([alert["output"] for alert in alerts], [f"opened by {os.path.realpath('/proc/self/exe')}"])
        self.assertEqual(alerts[0]["output_fields"], {"path": self.path("eun-good"), "n": "1"})

    def test_mistakes(self):
        """Before anything is loaded: the place, exit code 3."""
        for text, place, what in [
                ("\nx = = 1", ":2:", "unexpected symbol"),
                ("on('files.opne', print)", ":", "files.opne"),
                ("on('files.open', {where = 'pth = 1'}, print)", ":1:", "did you mean 'path'"),
                ("rule{name = 'a', on = 'files.open', message = '{pth}'}", ":1:", "pth")]:
            path = self.text("wrong.lua", text)
            status, _, said = live.Live("--rules", path, "-p", os.getpid()).end()
            self.assertEqual(status, 3, said)
            self.assertTrue(any(path + place in line and what in line for line in said), said)


if __name__ == "__main__":
    eun.main()
