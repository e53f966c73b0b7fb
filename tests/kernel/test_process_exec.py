# SPDX-License-Identifier: MIT
"""process.exec: exactly the execs of known processes, with exact fields, also of those that fail."""
import ctypes
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import stat
import subprocess
import termios
import threading

import eun
from process_case import (
    AT_EMPTY_PATH, AT_FDCWD, CLONE_NEWNS, EACCES, EFAULT, ENOENT, ENOEXEC, ENOTDIR, EXEC, EXECVEAT, NOBODY, Case,
    c_array, cgroup_id, execveat, fork, fs_magic, libc, ns, raw, watch)


class Exec(Case):
    def test_all_fields(self):
        caps = int(re.search(r"^CapEff:\s*(\S+)", eun.read("/proc/self/status"), re.M)[1], 16)

        def act():
            os.chdir("/usr/share")
            os.execv("/bin/echo", ["echo", "", "two words", "\u00e4\n", ""])

        child, execs, exits, forks = watch(act)
        event = self.one(execs)
        self.check_file(event, "/bin/echo")
        self.check(event, pid=child.pid, tid=child.pid, ppid=os.getpid(), uid=0, gid=0, euid=0, comm="echo",
                   pidns=ns("pid"), mntns=ns("mnt"), cgroup=cgroup_id(), event_flags=[],
                   filename="/bin/echo", interp=None, argv=["echo", "", "two words", "\u00e4\n", ""], argc=5,
                   cwd="/usr/share", tty="", old_tid=child.pid, ret=0, path_source="kernel", secureexec=False)
        self.assertEqual(len(event["cap_effective"]), bin(caps).count("1"))
        self.check(self.one(exits), pid=child.pid, comm="echo", exit_code=0, signal="none")
        self.assertEqual(forks, [])

    def test_script(self):
        script = self.path("script", b"#!/bin/sh -e\nexit 5\n")

        def act():
            os.chdir(self.dir)
            os.execv("./script", ["other", "arg"])

        _, execs, exits, _ = watch(act)
        event = self.one(execs)
        self.check_file(event, "/bin/sh")
        self.check(event, filename="./script", interp="/bin/sh", argv=["/bin/sh", "-e", "./script", "arg"], argc=4,
                   cwd=os.path.dirname(script), comm="script")
        self.check(self.one(exits), exit_code=5)

    def test_by_descriptor(self):
        program = os.path.realpath("/bin/true")
        fd = os.open(program, os.O_RDONLY | os.O_CLOEXEC)
        _, execs, _, _ = watch(lambda: os.execve(fd, ["true"], {}))
        event = self.one(execs)
        self.check_file(event, program)
        self.check(event, filename=f"/dev/fd/{fd}", argv=["true"], ret=0)
        bin_fd = os.open(os.path.dirname(program), os.O_RDONLY | os.O_DIRECTORY)
        _, execs, _, _ = watch(lambda: execveat(bin_fd, b"true", [b"x"]))
        event = self.one(execs)
        self.check_file(event, program)
        self.check(event, filename=f"/dev/fd/{bin_fd}/true", argv=["x"], ret=0)

    def test_memory_and_deleted(self):
        def memory():
            fd = os.memfd_create("hidden")
            with open("/bin/true", "rb") as file:
                os.write(fd, file.read())
            os.execve(fd, ["m"], {})

        _, execs, _, _ = watch(memory)
        self.check(self.one(execs), exe="memfd:hidden", nlink=0, argv=["m"], ret=0)

        gone = shutil.copy("/bin/true", self.path("gone"))
        fd = os.open(gone, os.O_RDONLY | os.O_CLOEXEC)
        os.unlink(gone)
        _, execs, _, _ = watch(lambda: os.execve(fd, ["g"], {}))
        self.check(self.one(execs), exe=gone, nlink=0, argv=["g"], ret=0)

    def test_long_arguments(self):
        words = ["%04d" % i for i in range(2000)]
        _, execs, _, _ = watch(lambda: os.execv("/bin/true", words))
        event = self.one(execs)
        self.check(event, argc=2000, event_flags=["truncated"], argv=words[:819])
        self.assertEqual(sum(len(word) + 1 for word in event["argv"]), 4095)
        _, execs, _, _ = watch(lambda: os.execv("/bin/true", ["x" * 100000, "y"]))
        self.check(self.one(execs), argc=2, event_flags=["truncated"], argv=["x" * 4095])

    def test_no_arguments(self):
        _, execs, _, _ = watch(lambda: execveat(AT_FDCWD, b"/bin/true", []))
        self.check(self.one(execs), argc=1, argv=[""], ret=0)

    def test_from_a_thread(self):
        """The thread that execs takes over the process's id; the others' ends are no process's end."""
        def act():
            thread = threading.Thread(target=lambda: os.execv("/bin/sh", ["sh", "-c", f"exit $(({self.say()} & 0))"]))
            thread.start()
            thread.join()

        self.say = lambda: os.write(tid_in, str(threading.get_native_id()).encode())
        tid_out, tid_in = os.pipe()
        child, execs, exits, _ = watch(act)
        tid = int(os.read(tid_out, 16))
        self.assertNotEqual(tid, child.pid)
        self.check(self.one(execs), pid=child.pid, tid=child.pid, old_tid=tid, ret=0)
        self.check(self.one(exits), pid=child.pid, tid=child.pid, comm="sh")

    def test_privileges(self):
        program = shutil.copy("/bin/true", self.path("true"))
        os.chmod(program, 0o4755)
        os.chmod(self.dir, 0o755)

        def act():
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            fork(os.execv, "/bin/true", ["plain"])
            os.execv(program, ["raised"])

        _, execs, _, _ = watch(act)
        self.assertEqual([event["argv"] for event in execs], [["plain"], ["raised"]])
        self.check(execs[0], uid=NOBODY, gid=NOBODY, euid=NOBODY, secureexec=False, cap_effective=[])
        self.check(execs[1], uid=NOBODY, gid=NOBODY, euid=0, secureexec=True, mode=stat.S_IFREG | 0o4755)
        self.assertIn("CAP_SYS_ADMIN", execs[1]["cap_effective"])

    def test_terminal(self):
        master, slave = pty.openpty()
        name = os.ttyname(slave).replace("/dev/", "").replace("/", "")

        def act():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            os.execv("/bin/true", ["true"])

        _, execs, _, _ = watch(act)
        self.check(self.one(execs), tty=name)
        os.close(master)
        os.close(slave)

    def test_overlay(self):
        lower, upper, work, merged = (self.path(name) for name in ("lower", "upper", "work", "merged"))

        def act():
            if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, 0x44000, None):  # private, recursively
                return "unshare"
            if libc.mount(b"tmpfs", self.dir.encode(), b"tmpfs", 0, None):
                return "tmpfs"
            for where in (lower, upper, work, merged):
                os.mkdir(where)
            shutil.copy("/bin/true", lower + "/image")
            options = f"lowerdir={lower},upperdir={upper},workdir={work}".encode()
            if libc.mount(b"overlay", merged.encode(), b"overlay", 0, options):
                return "overlay"
            shutil.copy("/bin/true", merged + "/added")
            fork(os.execv, merged + "/image", ["image"])
            fork(os.execv, merged + "/added", ["added"])
            os.chmod(merged + "/image", 0o700)  # copied up
            fork(os.execv, merged + "/image", ["changed"])
            return [ns("mnt"), os.stat(merged).st_dev]

        child, execs, _, _ = watch(act)
        if isinstance(child.result, str):
            self.skipTest(f"can't mount: {child.result}")
        mntns, dev = child.result
        self.assertEqual([(event["argv"], event["upper_layer"]) for event in execs],
                         [(["image"], False), (["added"], True), (["changed"], True)])
        for event in execs:
            self.check(event, fs_magic=0x794c7630, mntns=mntns, dev=dev)
            name = "/added" if event["argv"] == ["added"] else "/image"
            self.check(event, exe=merged + name, fs_path=name)

    def test_chroot(self):
        def act():
            os.mkdir(self.path("bin"))
            shutil.copy(eun.HELPERS + "/process_static", self.path("bin/static"))
            os.chroot(self.dir)
            os.chdir("/bin")
            os.execv("/bin/static", ["static"])

        _, execs, exits, _ = watch(act)
        self.check(self.one(execs), exe=self.path("bin/static"), filename="/bin/static", cwd=self.path("bin"),
                   event_flags=["chrooted"])
        self.check(self.one(exits), exit_code=7)


class ExecFailed(Case):
    def failed(self, act, *args):
        _, execs, _, _ = watch(act, *args)
        return execs

    def test_reasons(self):
        plain = self.path("plain", b"text", 0o644)
        garbage = self.path("garbage", b"\x7fnot a program")
        missing = self.path("script", b"#!/no/such/interpreter\n")

        def act():
            os.chdir(self.dir)
            for path in ("/no/such/file", "./missing", "plain", "garbage", "script", "plain/x", "."):
                try:
                    os.execv(path, ["a", "", "c"])
                except OSError:
                    pass

        execs = self.failed(act)
        want = [("/no/such/file", "/no/such/file", -ENOENT), (self.dir + "/./missing", "./missing", -ENOENT),
                (plain, "plain", -EACCES), (garbage, "garbage", -ENOEXEC), (missing, "script", -ENOENT),
                (plain + "/x", "plain/x", -ENOTDIR), (self.dir + "/.", ".", -EACCES)]
        self.assertEqual([(event["exe"], event["filename"], event["ret"]) for event in execs], want)
        for event in execs:
            self.check(event, argv=["a", "", "c"], argc=3, cwd=self.dir, path_source="user", comm=execs[0]["comm"],
                       event_flags=[], inode=0, nlink=0, euid=0)

    def test_relative_to_a_descriptor(self):
        plain = self.path("plain", b"text", 0o644)
        dirfd = os.open(self.dir, os.O_RDONLY | os.O_DIRECTORY)
        fd = os.open(plain, os.O_RDONLY)

        def act():
            os.chdir("/usr")
            return [execveat(dirfd, b"plain", [b"d"]), execveat(fd, b"", [b"f"], AT_EMPTY_PATH),
                    execveat(dirfd, b"/no/such", [b"a"])]

        child, execs, _, _ = watch(act)
        self.assertEqual(child.result, [EACCES, EACCES, ENOENT])
        self.assertEqual([(event["exe"], event["filename"], event["argv"], event["ret"]) for event in execs],
                         [(plain, "plain", ["d"], -EACCES), (plain, "", ["f"], -EACCES),
                          ("/no/such", "/no/such", ["a"], -ENOENT)])
        for event in execs:
            self.check(event, cwd="/usr")

    def test_bad_pointers(self):
        def act():
            argv = (ctypes.c_void_p * 3)(ctypes.addressof(ctypes.create_string_buffer(b"good")), 8, None)
            path = ctypes.c_char_p(b"/no/such")
            results = [raw(EXECVEAT, AT_FDCWD, ctypes.c_void_p(8), c_array([b"a"]), None, 0),
                       raw(EXECVEAT, AT_FDCWD, path, ctypes.c_void_p(8), None, 0),
                       raw(EXECVEAT, AT_FDCWD, ctypes.c_char_p(b"/bin/true"), argv, None, 0)]
            return results

        child, execs, _, _ = watch(act)
        self.assertEqual(child.result, [EFAULT, ENOENT, EFAULT])
        self.check(execs[0], exe=None, filename=None, argv=["a"], argc=1, ret=-EFAULT)
        self.check(execs[1], exe="/no/such", argv=None, argc=0, ret=-ENOENT)
        self.check(execs[2], exe="/bin/true", argc=1, ret=-EFAULT, event_flags=["truncated"])
        self.assertEqual(len(execs), 3)

    def test_many_arguments(self):
        twenty = [str(i) for i in range(20)]

        def act():
            for argv in (twenty, twenty + ["20"], ["x" * 3000, "y" * 3000, "z"], ["x" * 5000, "z"]):
                try:
                    os.execv("/no/such", argv)
                except OSError:
                    pass

        execs = self.failed(act)
        self.assertEqual(len(execs), 4)
        self.check(execs[0], argv=twenty, argc=20, event_flags=[])
        self.check(execs[1], argv=twenty, argc=20, event_flags=["truncated"])
        self.check(execs[2], argv=["x" * 3000, "y" * 1094], event_flags=["truncated"])
        self.check(execs[3], argv=["x" * 4095], event_flags=["truncated"])

    def test_path_search(self):
        """execvp() tries each folder: as many failures, then the one that counts."""
        def act():
            os.environ["PATH"] = f"/no/such:{self.dir}:/bin"
            os.execvp("true", ["true"])

        execs = self.failed(act)
        self.assertEqual([(event["filename"], event["ret"]) for event in execs],
                         [("/no/such/true", -ENOENT), (self.dir + "/true", -ENOENT), ("/bin/true", 0)])


class Tool(Case):
    def test_execsnoop(self):
        def seen(*args):
            return [(event["comm"], event["ret"]) for event in self.run_tool("execsnoop", *args)]

        me = eun.read("/proc/self/comm").strip()
        self.assertEqual(seen(), [("echo", 0)])
        self.assertEqual(seen("-x"), [(me, -ENOENT)])
        self.assertEqual(seen("-l", "$need"), [("echo", 0)])
        self.assertEqual(seen("-l", "absent"), [])


class Oracle(Case):
    def test_libbpf_tools(self):
        """Debian's execsnoop on the same processes at the same time, told apart by a user id of their own."""
        peer = shutil.which("execsnoop")
        if not peer:
            self.skipTest("libbpf-tools is not installed")
        uid = 61234

        def act():
            os.setresuid(uid, uid, uid)
            for i in range(20):
                fork(os.execv, "/bin/true", ["true", f"turn {i}"])
                fork(os.execv, "/no/such", ["missing", str(i)])

        child = eun.Child(act)
        run = eun.Run("--plugin", "process", "--streams", EXEC, "-p", child.pid, "--follow").started()
        command = f"mount -t tracefs none /sys/kernel/tracing; exec stdbuf -oL {peer} -x -u {uid}"
        with subprocess.Popen(["unshare", "-m", "sh", "-c", command], stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            while not select.select([other.stdout], [], [], 0.05)[0]:  # its heading comes before it listens
                subprocess.run(["/bin/true", "marker"], user=uid, check=True)
            child.go()
            child.wait()
            events = run.end()
            other.send_signal(signal.SIGINT)
            lines = other.stdout.read().decode().splitlines()
        mine = [(event["pid"], event["ppid"], event["ret"], " ".join([event["filename"], *event["argv"][1:]]))
                for event in eun.of(events, EXEC)]
        theirs = []
        for line in lines:
            _, pid, ppid, ret, args = line.split(None, 4)
            if args.strip() != "/bin/true marker":
                theirs.append((int(pid), int(ppid), int(ret), args.strip()))
        self.assertEqual(len(mine), 40)
        self.assertEqual(sorted(mine), sorted(theirs))


if __name__ == "__main__":
    eun.main()
