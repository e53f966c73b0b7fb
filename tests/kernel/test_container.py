# SPDX-License-Identifier: MIT
"""Containers as targets, on real ones: whose events are delivered, from which on, and what is said of whom."""
import os
import signal
import subprocess

import eun
import live
import oci

EXEC, OPEN = "process.exec", "files.open"
STREAMS = ("--plugin", "process,files", "--streams", f"{EXEC},{OPEN}")

# Runs programs and opens files that only it opens.
ROUNDS = 5
WORK = f"i=0; while [ $i -lt {ROUNDS} ]; do /bin/true $i; /bin/cat /etc/work$i; i=$((i + 1)); done 2> /dev/null"
WORK_EXECS = [argv for i in range(ROUNDS) for argv in (["/bin/true", str(i)], ["/bin/cat", f"/etc/work{i}"])]
WORK_OPENS = [f"/etc/work{i}" for i in range(ROUNDS)]


def execs(events):
    """But for those of runc itself, which executes itself anew and may already be inside."""
    return [event["argv"] for event in eun.of(events, EXEC) if event["exe"] == oci.BUSYBOX]


def opens(events):
    return [event["path"] for event in eun.of(events, OPEN) if event["path"].startswith("/etc/work")]


class Container(oci.Case):
    def check_work(self, events, *containers, first=True):
        """All of the work of these containers and nothing else, each event with its container."""
        self.assertEqual(eun.of(events, "lost"), [])
        self.assertEqual({event["container"]["id"] for event in events}, {one.id for one in containers})
        for one in containers:
            own = [event for event in events if event["container"]["id"] == one.id]
            programs = execs(own)
            if first:
                self.assertEqual(programs.pop(0)[:2], ["/bin/sh", "-c"])
            self.assertEqual(programs, WORK_EXECS)
            self.assertEqual(opens(own), WORK_OPENS)
            container = own[-1]["container"]
            self.assertEqual((container["name"], container["runtime"]), (one.id, "runc"))
            self.assertIn(container["state"], ("running", "ended"))

    def work_outside(self):
        return subprocess.Popen(["/bin/busybox", "sh", "-c", WORK])

    def waiting(self):
        """A container whose first program waits for go()."""
        return self.container(oci.WAIT + WORK).create().start()

    def test_comes_during_the_run(self):
        a, b = self.container(WORK), self.container(WORK)
        run = eun.Run(*STREAMS, "-c", a.id).started()
        self.assertIn(f"eunomia: container {a.id}: not there yet, waiting\n", run.said)
        outside = self.work_outside()
        b.create()
        a.create()
        b.start()
        a.start()
        events = run.end()  # when a ends
        outside.wait()
        b.wait()
        self.check_work(events, a)

    def test_begins_and_ends_at_once(self):
        a = self.container(WORK)
        run = eun.Run("--plugin", "process,files,container", "--streams", f"{EXEC},{OPEN},container.*", "-c",
                      a.id).started()
        a.run()
        events = run.end()
        self.check_work(events, a)
        self.assertEqual((events[0]["stream"], events[-1]["stream"]), ("container.start", "container.stop"))

    def test_host_is_behind(self):
        """
        The kernel lets pass what may be meant, the host finds out before it delivers. While events flow it mostly
        sleeps for a moment before it drains; there it is stopped, and a container begins and ends meanwhile.
        """
        busy = self.container("while :; do /bin/true; done").create()
        late = [self.container(WORK) for _ in range(4)]
        names = [word for one in late for word in ("-c", one.id)]
        run = eun.Run(*STREAMS, "--ring-size", "16m", "-c", busy.id, *names).started()
        busy.start()
        for one in late:
            seen = len(run.events())
            run.wait_for(lambda event: len(run.events()) > seen)
            run.process.send_signal(signal.SIGSTOP)
            one.create().start().wait()
            run.process.send_signal(signal.SIGCONT)
        busy.kill()
        events = run.end()
        self.check_work([event for event in events if event["container"]["id"] != busy.id], *late)

    def test_kernel_decides(self):
        """What is not meant is not sent, by the account of the run."""
        a, b = self.waiting(), self.waiting()
        run = live.Live(*STREAMS, "--stats", "--fmt", "json", "-c", a.id).started()
        outside = self.work_outside()
        b.go()
        outside.wait()
        b.wait()
        a.go()
        status, out, said = run.end()
        account = live.accounts(said)[EXEC]
        self.assertEqual((status, account["sent"], account["lost"]), (0, len(WORK_EXECS), 0))
        self.assertEqual(out.count(b'"process.exec"'), len(WORK_EXECS))
        self.assertGreaterEqual(account["not_target"], 2 * len(WORK_EXECS))

    def test_there_before_the_run(self):
        a, b, created = self.waiting(), self.waiting(), self.container(WORK).create()
        run = eun.Run(*STREAMS, "-c", a.id, "-c", created.id).started()
        outside = self.work_outside()
        for one in (b, a):
            one.go()
        created.start()
        events = run.end()
        outside.wait()
        b.wait()
        self.check_work([event for event in events if event["container"]["id"] == a.id], a, first=False)
        self.check_work([event for event in events if event["container"]["id"] != a.id], created)

    def test_beginning_of_id(self):
        a, b = self.waiting(), self.waiting()
        run = eun.Run(*STREAMS, "-c", a.id[:-1]).started()
        a.go()
        b.go()
        events = run.end()
        b.wait()
        self.check_work(events, a, first=False)

    def test_cgroup_inside(self):
        a = self.waiting()
        inner = a.cgroup() + "/inner/most"
        run = eun.Run(*STREAMS, "-c", a.id).started()
        os.makedirs(inner)
        with open(inner + "/cgroup.procs", "w", encoding="utf-8") as procs:
            procs.write(str(a.pid))
        a.go()
        events = run.end()
        self.check_work(events, a, first=False)
        self.assertEqual({event["cgroup"] for event in events}, {os.stat(inner).st_ino})
        os.rmdir(inner)

    def test_cgroup_inside_before(self):
        a = self.waiting()
        inner = a.cgroup() + "/inner"
        os.makedirs(inner)
        with open(inner + "/cgroup.procs", "w", encoding="utf-8") as procs:
            procs.write(str(a.pid))
        run = eun.Run(*STREAMS, "-c", a.id).started()
        a.go()
        self.check_work(run.end(), a, first=False)
        os.rmdir(inner)

    def test_exec_into(self):
        a = self.container(oci.WAIT).create().start()
        run = eun.Run(*STREAMS, "-c", a.id).started()
        with open(a.path("/etc/work0"), "w", encoding="utf-8"):
            pass
        a.exec("/bin/cat", "/etc/work0")
        a.go()
        events = run.end()
        self.assertIn(["/bin/cat", "/etc/work0"], execs(events))
        self.assertEqual(opens(events), ["/etc/work0"])
        self.assertEqual({event["container"]["id"] for event in events}, {a.id})

    def test_other_kinds(self):
        """A set is a conjunction; namespaces are kinds of their own."""
        a, b = self.waiting(), self.waiting()
        runs = {
            "comm": eun.Run(*STREAMS, "-c", a.id, "-n", "cat").started(),
            "mntns": eun.Run(*STREAMS, "--mntns", f"/proc/{a.pid}/ns/mnt").started(),
            "pidns": eun.Run(*STREAMS, "--pidns", os.stat(f"/proc/{a.pid}/ns/pid").st_ino).started(),
            "none": eun.Run(*STREAMS, "-c", a.id, "--mntns", f"/proc/{b.pid}/ns/mnt").started(),
        }
        a.go()
        b.go()
        comm = runs["comm"].end()
        a.wait()
        b.wait()
        self.assertEqual(opens(comm), WORK_OPENS)
        self.assertEqual({event["comm"] for event in comm}, {"cat"})
        self.check_work(runs["mntns"].stop(), a, first=False)
        self.check_work(runs["pidns"].stop(), a, first=False)
        self.assertEqual(runs["none"].end(), [])

    def test_sockets(self):
        """Whose a socket is, is stored with it: much of its life is in interrupts."""
        talk = "/bin/nc -l -p 4711 > /dev/null & until echo hello | /bin/nc 127.0.0.1 4711; do :; done; wait"
        a, b = (self.container(oci.WAIT + talk + " 2> /dev/null").create().start() for _ in range(2))
        run = eun.Run("--plugin", "tcp", "--streams", "tcp.state,tcp.accept,tcp.close", "-c", a.id).started()
        b.go()
        a.go()
        events = run.end()
        b.wait()
        self.assertEqual({event["container"]["id"] for event in events}, {a.id})
        self.assertEqual([event["sport"] for event in eun.of(events, "tcp.accept")], [4711])
        closed = [event for event in eun.of(events, "tcp.close") if event["tx_bytes"] or event["rx_bytes"]]
        self.assertEqual(sorted((event["tx_bytes"], event["rx_bytes"]) for event in closed), [(0, 6), (6, 0)])

    def test_rows(self):
        """What the kernel adds up is of the container alone too."""
        work = "i=0; while [ $i -lt 50 ]; do echo hello > /etc/row; i=$((i + 1)); done"
        a, b = (self.container(oci.WAIT + work).create().start() for _ in range(2))
        run = eun.Run("--plugin", "files", "--streams", "files.io", "--interval", "100ms", "-c", a.id).started()
        b.go()
        a.go()
        rows = [event for event in run.end() if event["path"] == "/etc/row"]
        b.wait()
        self.assertEqual({row["container"]["id"] for row in rows}, {a.id})
        self.assertEqual(sum(row["write_bytes"] for row in rows), 50 * len("hello\n"))

    def test_start_and_stop(self):
        """The built-in plugin's streams, against runc's own word and the clock."""
        a, b = self.container(WORK), self.waiting()
        run = eun.Run("--plugin", "container", "-c", a.id, "-c", b.id).started()
        a.create()
        a.start()
        a.wait()
        b.go()
        events = run.end()
        self.assertEqual([(event["stream"], event["id"]) for event in events],
                         [("container.start", a.id), ("container.stop", a.id), ("container.stop", b.id)])
        start, stop, _ = events
        self.assertEqual((start["name"], start["runtime"], start["init_pid"], start["state"]),
                         (a.id, "runc", a.pid, "running"))
        self.assertEqual((stop["state"], stop["init_pid"], stop["cgroup"]), ("ended", a.pid, start["cgroup"]))
        self.assertEqual(start["cgroup"], os.stat(oci.cgroup_mount() + start["cgroup_path"]).st_ino)
        self.assertLess(start["ts"], stop["ts"])
        self.assertGreater(stop["duration_ns"], 0)

    def test_start_has_targets(self):
        a = self.container(WORK)
        child = eun.Child(lambda: a.run() and None)
        run = eun.Run("--plugin", "container", "-p", child.pid, "--follow").started()
        b = self.container(WORK).run()
        child.go()
        child.wait()
        self.assertEqual([(event["stream"], event["id"]) for event in run.end()],
                         [("container.start", a.id), ("container.stop", a.id)])
        self.assertNotEqual(a.id, b.id)
        a.deleted = True


class Bad(oci.Case):
    def test_not_unique(self):
        a, b = (self.container(oci.WAIT, f"eun{os.getpid()}-same-{i}").create().start() for i in (1, 2))
        status, out, said = live.Live("--plugin", "process", "-c", a.id[:-1]).end()
        self.assertEqual((status, out, len(said)), (1, b"", 1))
        self.assertRegex(said[0], f"container '{a.id[:-1]}' is not unique, there are 2: ")
        for one in (a, b):
            self.assertIn(f"{one.id} ({one.id}, runc)", said[0])
        a.go()
        b.go()

    def test_whole_id_that_is_a_beginning_too(self):
        a, b = (self.container(oci.WAIT, f"eun{os.getpid()}-same{i}").create().start() for i in ("", "-too"))
        run = eun.Run("--plugin", "process", "-c", a.id).started()
        b.exec("/bin/true")
        a.exec("/bin/true")
        b.go()
        a.go()
        self.assertEqual({event["container"]["id"] for event in run.end()}, {a.id})

    def test_never_comes(self):
        run = live.Live("--plugin", "process", "-c", "eun-nobody").started()
        status, out, said = run.stop()
        self.assertEqual((status, out.count(b"\n")), (0, 1))
        self.assertEqual(said[0], "eunomia: container eun-nobody: not there yet, waiting")
        self.assertEqual(said[-1], "eunomia: 0 events, 0 lost")

    def test_ended_before(self):
        """What is dead is not there, even if runc still knows it."""
        a = self.container("exit").create().start().wait()
        run = live.Live("--plugin", "process", "-c", a.id).started()
        self.assertEqual(run.stop()[2][0], f"eunomia: container {a.id}: not there yet, waiting")

    def test_killed(self):
        a = self.container(oci.WAIT).create().start()
        run = eun.Run("--plugin", "process", "-c", a.id).started()
        a.kill()
        events = run.end()
        self.assertEqual([(event["stream"], event["signal"]) for event in eun.of(events, "process.exit")],
                         [("process.exit", "SIGKILL")])

    def test_usage(self):
        for args, text in (
            (["-c", ""], "option -c: an empty name"),
            (["--mntns", "x"], "option --mntns: 'x' is no namespace's inode number nor a file like /proc/PID/ns/mnt"),
            (["--pidns", "/etc/passwd"], "'/etc/passwd' is no namespace's inode number"),
        ):
            status, _, said = live.Live("--plugin", "process", *args).end()
            self.assertEqual(status, 2)
            self.assertIn(text, said[0])


if __name__ == "__main__":
    eun.main()
