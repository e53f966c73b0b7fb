# SPDX-License-Identifier: MIT
"""process.exit and process.fork: exactly the beginnings and ends of known processes, with exact fields."""
import os
import resource
import signal

import eun
from process_case import CLONE_NEWPID, Case, fork, libc, ns, watch


class Exit(Case):
    def status(self, event):
        """As waitpid(2) has it, but for the core flag."""
        number = 0 if event["signal"] == "none" else signal.Signals[event["signal"]].value
        return event["exit_code"] << 8 | number

    def test_codes_and_signals(self):
        def act():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signals = signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGABRT
            return [fork(os._exit, code) for code in (0, 1, 127, 255)] + [
                fork(lambda number: os.kill(os.getpid(), number), number) for number in signals]

        child, _, exits, forks = watch(act)
        self.assertEqual([[event["pid"], self.status(event)] for event in exits],
                         child.result + [[child.pid, 0]])
        self.assertEqual([event["child_pid"] for event in forks], [pid for pid, _ in child.result])
        for event in exits:
            self.check(event, tid=event["pid"], core=False, thread=False)
            self.assertGreater(event["duration_ns"], 0)

    def test_core(self):
        if eun.read("/proc/sys/kernel/core_pattern").strip() != "core":
            self.skipTest("cores don't go to a file here")

        def act():
            os.chdir(self.dir)
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            return fork(lambda: os.kill(os.getpid(), signal.SIGQUIT))

        child, _, exits, _ = watch(act)
        pid, status = child.result
        self.assertEqual(os.WCOREDUMP(status), True)
        self.check(exits[0], pid=pid, core=True, signal="SIGQUIT", exit_code=0)

    def helper(self, *args, sets=()):
        """Runs helpers/process_threads.c, which makes threads that end in known ways, as a child of the child."""
        program = eun.HELPERS + "/process_threads"
        return watch(lambda: fork(os.execv, program, [program, *map(str, args)]), sets=sets)

    def test_leader_first(self):
        """The first thread ends with 3, the last one with 5: the parent is told what the kernel tells it."""
        child, _, exits, _ = self.helper("leader-first")
        pid, status = child.result
        self.assertEqual(len(exits), 2)
        self.check(exits[0], pid=pid, thread=False)
        self.assertEqual(self.status(exits[0]), status)
        self.assertNotEqual(exits[0]["tid"], pid)

    def test_whole_group(self):
        child, _, exits, _ = self.helper("exit-group", 8)
        self.assertEqual([[event["pid"], self.status(event)] for event in exits], [child.result, [child.pid, 0]])

    def together(self, how):
        """Many processes whose threads end at the same time. The ends, but for those of who made them."""
        rounds = 1000
        child, _, exits, forks = self.helper(how, rounds)
        self.assertEqual(os.waitstatus_to_exitcode(child.result[1]), 0)
        pids = [event["pid"] for event in exits]
        self.assertEqual(len(pids), rounds + 2)
        self.assertEqual(sorted(pids), sorted([event["child_pid"] for event in forks] + [child.pid]))
        return [event for event in exits if event["ppid"] == child.result[0]]

    def test_once_a_process(self):
        """Threads that end at the same time on several CPUs may all find that they are the last."""
        self.assertEqual({event["exit_code"] for event in self.together("together")}, {0})

    def test_code_of_the_group(self):
        """A thread that ends with 7, just before, or just after, another one ends all with 9."""
        self.assertEqual({event["exit_code"] for event in self.together("group-together")}, {9})

    def test_threads(self):
        child, _, exits, forks = self.helper("exit-group", 8, sets=["process.threads=true"])
        pid, status = child.result
        made = [event for event in forks if event["thread"]]
        ended = [event for event in exits if event["pid"] == pid]
        self.assertEqual(len(made), 8)
        for event in made:
            self.check(event, pid=pid, child_pid=pid)
        self.assertEqual({event["tid"] for event in ended}, {event["child_tid"] for event in made} | {pid})
        self.assertEqual(len(ended), 9)
        last = self.one([event for event in ended if not event["thread"]])
        self.assertEqual(self.status(last), status)
        self.assertEqual(ended[-1], last)

    def test_cpu_time(self):
        def act():
            while os.times().user < 0.3 or os.times().system < 0.1:
                for _ in range(1000):
                    os.getppid()

        event = self.one(watch(act)[2])
        self.assertGreater(event["user_ns"], 0)
        self.assertGreater(event["system_ns"], 0)
        self.assertLessEqual(event["user_ns"] + event["system_ns"], event["duration_ns"] + 10**8)


class Fork(Case):
    def test_children(self):
        def act():
            return [fork(os._exit, 0)[0] for _ in range(5)]

        child, execs, exits, forks = watch(act)
        self.assertEqual([event["child_pid"] for event in forks], child.result)
        for event in forks:
            self.check(event, pid=child.pid, tid=child.pid, ppid=os.getpid(), child_tid=event["child_pid"],
                       child_nspid=event["child_pid"], child_pidns=ns("pid"), thread=False)
        self.assertEqual(execs, [])
        self.assertEqual([event["pid"] for event in exits], child.result + [child.pid])
        for event in exits[:-1]:
            self.check(event, ppid=child.pid)

    def test_not_followed(self):
        child, execs, exits, forks = watch(lambda: fork(os.execv, "/bin/true", ["true"]), follow=False)
        self.check(self.one(forks), child_pid=child.result[0])
        self.assertEqual(execs, [])
        self.check(self.one(exits), pid=child.pid)

    def test_vfork(self):
        child, execs, exits, forks = watch(lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0))
        pid = child.result[0]
        self.check(self.one(forks), pid=child.pid, child_pid=pid)
        self.check(self.one(execs), pid=pid, ppid=child.pid, argv=["true"])
        self.assertEqual([event["pid"] for event in exits], [pid, child.pid])

    def test_pid_namespace(self):
        """The first child is 1 in there and what it does is flagged; ids stay those of the first namespace."""
        def act():
            libc.unshare(CLONE_NEWPID)
            inside, say = os.pipe()

            def first():
                os.write(say, str(ns("pid")).encode())
                os.execv("/bin/true", ["inside"])

            pid, _ = fork(first)
            return [pid, int(os.read(inside, 32))]

        child, execs, exits, forks = watch(act)
        pid, pidns = child.result
        self.assertNotEqual(pidns, ns("pid"))
        self.check(self.one(forks), child_pid=pid, child_tid=pid, child_nspid=1, child_pidns=pidns, event_flags=[])
        self.check(self.one(execs), pid=pid, pidns=pidns, event_flags=["container"], argv=["inside"])
        self.check(exits[0], pid=pid, pidns=pidns, event_flags=["container"])


class Tool(Case):
    def test_exitsnoop(self):
        def seen(*args):
            return [(event["exit_code"], event["signal"]) for event in self.run_tool("exitsnoop", *args)]

        failed = [(99, "none"), (0, "SIGTERM")]
        self.assertEqual(seen(), [(0, "none"), *failed, (0, "none")])
        self.assertEqual(seen("-x"), failed)


if __name__ == "__main__":
    eun.main()
