# SPDX-License-Identifier: MIT
"""
--ia32: the calls of 32-bit programs, each event once, flagged, with what the call was given; and not seen without it.
The helper's calls are in helpers/ia32_calls_static.c, in this order.
"""
import json
import os
import signal
import subprocess
import tempfile
import unittest

import eun

HELPER = eun.HELPERS + "/ia32_calls_static"
GUEST = eun.TREE + "/tests/vm/guest"
FAR = 1 << 32
NONE = (1 << 32) - 1
KEY = "0x45554e32"


def is_runnable():
    """The kernel has the entry: without it the helper's first call is a fault."""
    with tempfile.TemporaryDirectory() as folder:
        status = subprocess.run([HELPER, "files"], cwd=folder, capture_output=True, check=False).returncode
    if status in (-signal.SIGSEGV, eun.SKIPPED):
        return False
    if status:
        raise AssertionError(f"{HELPER} ended with {status}")
    return True


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="eunomia-ia32-")
        self.addCleanup(folder.cleanup)
        self.dir = os.path.realpath(folder.name)

    def watch(self, program, *options):
        """Runs a program in a child that --follow follows. Its events."""
        def act():
            os.chdir(self.dir)
            return subprocess.run(program, check=False).returncode

        child = eun.Child(act)
        events = eun.watch(child, "--plugin", options[0], "--streams", options[0] + ".*", *options[1:], follow=True)
        self.assertEqual(child.result, 0)
        return events

    def calls(self, plugin, *options):
        return self.watch([HELPER, plugin], plugin, *options)

    def expect(self, found, wanted):
        """By stream: as many events as are wanted, in order, each with at least what is wanted of it."""
        for stream, events in wanted.items():
            have = [event for event in found if event["stream"] == stream and event["event_flags"] == ["ia32"]]
            self.assertEqual([{key: event[key] for key in want} for want, event in zip(events, have)], events, stream)
            self.assertEqual(len(have), len(events), f"{stream}: {have[len(events):]}")

    def flagged(self, found):
        return sorted({event["stream"] for event in found if "ia32" in event["event_flags"]})


class Doctor(unittest.TestCase):
    def test_entry(self):
        """Found by a call, as here; the programs are tried too."""
        run = subprocess.run([eun.EUNOMIA, "doctor", "--plugin", "files", "--fmt", "json"], capture_output=True,
                             text=True, check=False, timeout=eun.LIMIT)
        state = {(found["check"], found["name"]): found["state"] for found in map(json.loads, run.stdout.splitlines())}
        self.assertEqual(state["ia32", "entry"], "ok")
        self.assertEqual(state["program", "files/ia32_exit"], "ok")


class Files(Case):
    def test_calls(self):
        found = self.calls("files", "--ia32", "on", "--set", "files.slow=0")
        path = lambda name: f"{self.dir}/{name}"
        file, other = path("dir/file"), path("dir/other")
        io = [{"call": call, "op": op, "path": at, "bytes": size, "offset": offset, "ret": size}
              for call, op, at, size, offset in (
                  ("write", "write", file, 5, 0), ("pwrite64", "write", file, 5, FAR + 0x10),
                  ("pread64", "read", file, 5, FAR + 0x10), ("readv", "read", file, 5, 5),
                  ("pwritev", "write", file, 5, FAR + 0x20), ("fsync", "sync", file, 0, -1),
                  ("sendfile", "read", file, 3, 2), ("sendfile", "write", other, 3, 0))]
        self.expect(found, {
            "files.mkdir": [{"path": path("dir"), "call": "mkdir", "mode": 0o700, "ret": 0}],
            "files.open": [
                {"path": file, "call": "open", "flags": ["O_RDWR", "O_CREAT", "O_LARGEFILE"], "fd": 3},
                {"path": other, "call": "creat", "flags": ["O_WRONLY", "O_CREAT", "O_TRUNC"], "fd": 4},
                {"path": path("dir/none"), "call": "openat", "flags": [], "ret": -2, "path_source": "user"}],
            "files.close": [{"path": other, "fd": 4}, {"path": file, "fd": 3}],
            "files.io_call": io,
            "files.slow": io,
            "files.truncate": [{"path": file, "call": "ftruncate", "length": FAR + 7},
                               {"path": file, "call": "truncate", "length": 9}],
            "files.chmod": [{"path": file, "call": "fchmod", "mode_new": 0o640},
                            {"path": file, "call": "chmod", "mode_new": 0o4755, "special": ["S_ISUID"]}],
            "files.chown": [{"path": file, "call": call, "owner_uid": uid, "owner_gid": gid} for call, uid, gid in
                            (("chown", 1, NONE), ("lchown", 70000, NONE), ("fchown", NONE, 2))],
            "files.rename": [{"call": "rename", "old_path": other, "new_path": path("dir/renamed")}],
            "files.link": [{"call": "link", "path": path("dir/linked"), "target": file},
                           {"call": "symlink", "path": path("dir/symbolic"), "target": "file"}],
            "files.mknod": [{"call": "mknod", "path": path("dir/null")}],
            "files.stat": [{"call": "stat", "path": file}, {"call": "fstat", "path": file, "fd": 3},
                           {"call": "newfstatat", "path": file, "flags": ["AT_SYMLINK_NOFOLLOW"]},
                           {"call": "statfs", "path": path("dir")},
                           {"call": "access", "path": file, "access": ["R_OK"]},
                           {"call": "readlink", "path": path("dir/symbolic"), "ret": 4}],
            "files.mount": [{"call": "mount", "path": path("dir"), "source": "none", "fstype": "tmpfs"},
                            {"call": "umount2", "path": path("dir"), "umount_flags": []}],
            "files.unlink": [{"call": call, "path": path(name)} for call, name in (
                ("unlink", "dir/file"), ("unlink", "dir/linked"), ("unlinkat", "dir/renamed"),
                ("unlink", "dir/symbolic"), ("unlink", "dir/null"), ("rmdir", "dir"))],
            "files.life": [{"path": path(name)} for name in ("dir/linked", "dir/renamed", "dir/null")],
        })
        io = sorted((event["path"], event["reads"], event["writes"], event["syncs"], event["bytes"])
                    for event in eun.of(found, "files.io") if event["event_flags"])
        self.assertEqual(io, [(file, 3, 3, 1, 28), (other, 0, 1, 0, 3)])

    def test_off(self):
        """The tracepoints of single calls see none of them."""
        for option in ([], ["--ia32", "auto"], ["--ia32", "off"]):
            found = self.calls("files", *option)
            self.assertNotIn(self.dir + "/dir", str(found), option)

    def test_programs(self):
        """Real 32-bit programs: by interrupt, and by what the kernel offers them."""
        for name in ("compat", "vdso"):
            at = f"{self.dir}/{name}"
            subprocess.run(["as", "--32", "-o", at + ".o", f"{GUEST}/{name}.s"], check=True)
            subprocess.run(["ld", "-m", "elf_i386", "-o", at, at + ".o"], check=True)
            found = self.watch([at], "files", "--ia32", "on")
            new = f"/tmp/{name}-new"
            self.expect(found, {
                "files.open": [{"path": new, "call": "open", "flags": ["O_RDWR", "O_CREAT"], "comm": name}],
                "files.close": [{"path": new}],
                "files.unlink": [{"path": new, "call": "unlink"}]})

    def test_rules(self):
        """Rules see them unasked."""
        rule = f"{self.dir}/rule.ini"
        with open(rule, "w", encoding="utf-8") as file:
            file.write("[rule made]\nstreams = files.open\nwhere = path endswith /dir/file\nmessage = {path}\n")
        for option, alerts in (([], 1), (["--ia32", "off"], 0)):
            def act():
                os.chdir(self.dir)
                subprocess.run([HELPER, "files"], check=True)

            child = eun.Child(act)
            run = eun.Run("--rules", rule, *option, "-p", child.pid, "--follow").started()
            child.go()
            child.wait()
            self.assertEqual([alert["rule"] for alert in run.end()], ["made"] * alerts)


class Tcp(Case):
    def test_calls(self):
        """By socketcall(2) and by calls of their own."""
        found = self.calls("tcp", "--ia32", "on")
        port = eun.of(found, "tcp.listen")[0]["sport"]
        client = eun.of(found, "tcp.connect")[0]["sport"]
        query = {"name": "some.example", "id": 0x1234, "dport": 53}
        sends = [{"op": "send", "ret": 30, "daddr": "127.0.0.1", "dport": 53}] * len(eun.of(found, "tcp.udp_call"))
        self.assertIn(len(sends), (1, 2, 3))  # the second call may be told that nobody is there
        stream = {"call": "socket", "family": "AF_INET", "type": "SOCK_STREAM"}
        self.expect(found, {
            "tcp.socket": [{**stream, "ret": 3}, {**stream, "ret": 4}, {**stream, "ret": 4},
                           {**stream, "type": "SOCK_DGRAM", "ret": 5}],
            "tcp.bind": [{"saddr": "127.0.0.1", "sport": port, "ret": 0}],
            "tcp.listen": [{"saddr": "127.0.0.1", "sport": port, "backlog": 3, "ret": 0}],
            "tcp.connect": [{"sport": client, "dport": port, "ret": 0}, {"dport": 1, "ret": -111}],
            "tcp.accept": [{"sport": port, "dport": client, "fd": 5}],
            "tcp.close": [{"sport": client, "tx_bytes": 5, "rx_bytes": 2}, {"sport": port, "tx_bytes": 2}],
            "tcp.udp_call": sends,
            "tcp.dns_query": [query] * 3,
        })
        rows = sorted((event["sport"] == port, event["sends"], event["receives"], event["tx_bytes"], event["rx_bytes"])
                      for event in eun.of(found, "tcp.traffic"))
        self.assertEqual(rows, [(False, 1, 1, 5, 2), (True, 1, 1, 2, 5)])

    def test_off(self):
        """What is seen without the calls' ends is flagged all the same."""
        self.assertEqual(self.flagged(self.calls("tcp")), ["tcp.close", "tcp.connect", "tcp.state"])


class Ipc(Case):
    def test_calls(self):
        """By ipc(2), socketcall(2), and by calls of their own."""
        found = self.calls("ipc", "--ia32", "on")
        own = {"key": int(KEY, 16), "name": KEY}
        name, to = {"name": "@eunomia-ia32"}, {"ret": 0}
        address = [event["address"] for event in eun.of(found, "ipc.shm") if event["call"] == "shmat"][0]
        self.assertGreater(address, 0xffff)
        self.expect(found, {
            "ipc.signal": [{"call": "kill", "signal": 0, "result": "checked"},
                           {"call": "kill", "signal": "SIGWINCH", "result": "ignored"},
                           {"call": "tgkill", "signal": 99, "result": "failed", "ret": -22}],
            "ipc.pipe": [{"call": "pipe", "read_fd": 3, "write_fd": 4},
                         {"call": "pipe2", "read_fd": 5, "write_fd": 6, "flags": ["O_NONBLOCK"]}],
            "ipc.unix": [{"call": "socketpair", "fd": 7, "other_fd": 8, **to}, {"call": "bind", **name},
                         {"call": "listen", **name}, {"call": "connect", **name},
                         {"call": "accept4", "fd": 9, "other_fd": 11, **name}],
            "ipc.unix_message": [{"call": "sendto", "bytes": 5, **name}, {"call": "sendmmsg", "bytes": 4, **name}],
            "ipc.shm": [{"call": "shmget", "bytes": 4096, **own}, {"call": "shmat", "address": address, **own, **to},
                        {"call": "shmdt", "address": address}, {"call": "shmctl", "cmd": "IPC_RMID"}],
            "ipc.sem": [{"call": "semget", "value": 2, **own}, {"call": "semctl", "cmd": "IPC_RMID", **to}],
            "ipc.msg": [{"call": "msgget", **own}, {"call": "msgctl", "cmd": "IPC_RMID", **to}],
            "ipc.message": [{"call": "semop", "sem_num": 1, "sem_op": 1, **own},
                            {"call": "msgsnd", "value": 7, "bytes": 5, **own},
                            {"call": "msgrcv", "value": 7, "bytes": 5, "flags": ["IPC_NOWAIT"], **own}],
            "ipc.eventfd": [{"call": "eventfd2", "value": 3}],
            "ipc.memfd": [{"call": "memfd_create", "name": "known-name"}],
            "ipc.vm": [{"call": "process_vm_readv", "bytes": 4}],
            "ipc.mq": [{"call": "mq_open", "name": "eunomia-ia32", "flags": ["O_RDWR", "O_CREAT"]},
                       {"call": "mq_unlink", "name": "eunomia-ia32"}],
        })

    def test_off(self):
        """A signal is seen where the kernel makes it, but not which call asked for it."""
        found = self.calls("ipc")
        self.assertEqual(self.flagged(found), ["ipc.signal"])
        self.expect(found, {"ipc.signal": [{"signal": "SIGWINCH", "call": "none"}]})


class Process(Case):
    def test_calls(self):
        found = self.calls("process", "--ia32", "on")
        self.expect(found, {
            "process.exec": [{"filename": "./none", "argv": ["first", "second"], "ret": -2}],
            "process.cred": [{"call": "setfsuid"}, {"call": "setresgid", "ret": 0},
                             {"call": "prctl", "new_securebits": ["SECBIT_KEEP_CAPS"]}],
            "process.namespace": [{"call": "unshare", "types": ["CLONE_NEWUTS"], "ret": 0},
                                  {"call": "setns", "fd": -1, "flags": ["CLONE_NEWNET"], "ret": -9},
                                  {"call": "clone", "types": ["CLONE_NEWNET"], "ret": -22}],
            "process.ptrace": [{"request": "PTRACE_SEIZE", "target_nspid": 0x7ffffffe, "ret": -3}],
            "process.module": [{"call": "delete_module", "name": "no-such-module"}],
            "process.bpf": [{"cmd": "BPF_PROG_LOAD", "ret": -7}],
            "process.dup": [{"call": "dup2", "old_fd": 2, "new_fd": 0}],
            "process.prctl": [{"option": "PR_SET_NAME", "name": "known-name"},
                              {"option": "PR_SET_KEEPCAPS", "arg2": 1}, {"option": "PR_SET_NO_NEW_PRIVS"},
                              {"option": "PR_SET_SECCOMP", "arg2": 2}],
            "process.seccomp": [{"call": "prctl", "op": "SECCOMP_SET_MODE_FILTER", "instructions": 1, "filters": 1}],
            "process.chroot": [{"path": "/", "name": "/", "ret": 0}],
            "process.keyctl": [{"operation": 4711, "arg2": 1, "arg3": 2, "arg4": 3, "arg5": 4, "ret": -95}],
            "process.personality": [{}],
            "process.perf_event": [{"target_nspid": 4711, "target_cpu": -1, "group_fd": -1, "ret": -22}],
            "process.io_uring": [{"entries": 4711, "ret": -14}],
            "process.userfaultfd": [{"flags": ["0x10"], "ret": -22}],
        })
        self.assertIn("ADDR_NO_RANDOMIZE", eun.of(found, "process.personality")[0]["persona"])

    def test_off(self):
        """Only what has hooks of its own."""
        self.assertLessEqual(set(self.flagged(self.calls("process"))), {"process.capable"})


if __name__ == "__main__":
    if not os.geteuid() and not is_runnable():
        print("this kernel runs no 32-bit programs")
        raise SystemExit(eun.SKIPPED)
    eun.main()
