# SPDX-License-Identifier: MIT
"""files.open and files.close: what is opened, by which call, and what is said of an open that fails."""
import ctypes
import errno
import os
import shutil
import stat
import struct
import subprocess
import tempfile
import unittest

import eun
from files_calls import *

O_LARGEFILE = 0o100000
PR_SET_NAME = 15
MS_MOVE = 8192
TMPFS_MAGIC = 0x01021994
NO_FILE = {"dev": 0, "inode": 0, "mode": 0, "type": "other", "rdev": 0, "nlink": 0, "fs_magic": 0, "fs_path": None}
TYPES = {
    stat.S_IFIFO: "fifo", stat.S_IFCHR: "char", stat.S_IFDIR: "directory", stat.S_IFBLK: "block",
    stat.S_IFREG: "regular", stat.S_IFLNK: "symlink", stat.S_IFSOCK: "socket",
}


def fs_magic(path):
    return int(subprocess.run(["stat", "-f", "-c", "%t", path], check=True, capture_output=True).stdout, 16)


def fs_path(path):
    """Where in its file system a path lies, by the mount that it is in."""
    mounts = {}
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            _, _, _, root, point, *_ = line.split(" ")
            mounts[point] = root  # of two at one place the later is on top
    point = max((p for p in mounts if path == p or path.startswith(p.rstrip("/") + "/")), key=len)
    return "/" + (mounts[point] + "/" + path[len(point) :]).replace("//", "/").strip("/")


class Open:
    """
    An open, and who must be right about it: for one that succeeds the child's own fstat and /proc/self/fd link, for one
    that fails `text`, `dirfd` and the errno `ret`. `more`: what differs.
    """

    def __init__(self, name, /, *args, text=None, base=None, flags=(), ret=0, **more):
        self.name, self.args, self.text, self.base, self.ret = name, args, text, base, ret
        self.flags, self.more = list(flags), more

    def failed(self):
        return {**where(self.text, self.base), **NO_FILE, "fd": -1, "path_source": "user"}

    def event(self, result):
        event = {"stream": "files.open", "event_flags": [], "call": self.name, "flags": self.flags, "ret": self.ret,
                 "other_process": False, "created": False}
        if self.ret:
            return {**event, **self.failed(), **self.more}
        path = os.fsdecode(bytes(result["link"])).removesuffix(" (deleted)")
        kind = stat.S_IFMT(result["mode"])
        file = {key: result[key] for key in ("fd", "dev", "inode", "mode", "rdev", "nlink")}
        event = {**event, **file, "type": TYPES[kind], "path_source": "kernel", "path": path, "dir": None, "name": None}
        if "fs_path" not in self.more:
            event["fs_path"] = fs_path(path)
        if "fs_magic" not in self.more:
            event["fs_magic"] = fs_magic(path)
        event.update(self.more)
        for key in ("path", "fs_path"):
            event[key] = event[key] and shown(os.fsencode(event[key]))
        return event


def play_opens(opens, directory):
    """Opens, looks at what it got, closes."""
    os.chdir(directory)
    results = []
    for one in opens:
        fd = call(one.name, *one.args)
        if fd < 0:
            results.append({"ret": fd})
            continue
        s = os.fstat(fd)
        link = os.readlink(f"/proc/self/fd/{fd}".encode())
        results.append({"ret": 0, "fd": fd, "link": list(link), "dev": s.st_dev, "inode": s.st_ino, "mode": s.st_mode,
                        "rdev": s.st_rdev, "nlink": s.st_nlink})
        os.close(fd)
    return results


class Opens(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-open."))
        self.addCleanup(shutil.rmtree, self.top)
        os.mkdir(self.top + "/sub")
        for name in ("file", "sub/inner", "gone"):
            open(f"{self.top}/{name}", "w").close()
        os.symlink("../" + os.path.basename(self.top) + "/file", self.top + "/soft")
        os.mkfifo(self.top + "/fifo")
        self.dir = os.open(self.top + "/sub", os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, self.dir)

    def expect(self, opens, *options):
        child = eun.Child(play_opens, opens, self.top)
        events = eun.watch(child, "--plugin", "files", "--streams", "files.open", *options)
        self.assertEqual([one.ret for one in opens], [result["ret"] for result in child.result])
        for one, result, event in zip(opens, child.result, events):
            self.assertEqual(one.event(result), own(event), f"{one.name}{one.args}")
            self.assertEqual((child.pid, child.pid, os.getpid()), (event["pid"], event["tid"], event["ppid"]))
        self.assertEqual(len(opens), len(events), events[len(opens) :])
        return events

    def test_which_file(self):
        top = self.top.encode()
        path = os.O_PATH | os.O_NOFOLLOW
        gone = os.open(self.top + "/gone", os.O_RDONLY)
        os.unlink(self.top + "/gone")
        memory = os.memfd_create("memory")
        link = b"/proc/self/fd/%d"
        self.expect([
            Open("openat", CWD, top + b"/file", 0),
            Open("openat", CWD, b"file", os.O_RDWR, flags=["O_RDWR"]),
            Open("openat", self.dir, b"inner", os.O_WRONLY, flags=["O_WRONLY"]),
            Open("openat", CWD, b"sub/../soft", 0),
            Open("openat", self.dir, b"..", os.O_DIRECTORY, flags=["O_DIRECTORY"]),
            Open("openat", CWD, b"soft", path, flags=["O_NOFOLLOW", "O_PATH"]),
            Open("openat", CWD, b"fifo", os.O_RDWR | os.O_NONBLOCK, flags=["O_RDWR", "O_NONBLOCK"]),
            Open("openat", CWD, b"/", 0),
            Open("openat", CWD, b"/dev/null", os.O_WRONLY, flags=["O_WRONLY"]),
            Open("openat", CWD, b"/sys", 0),
            Open("openat", CWD, b"/proc/sys/kernel/ostype", 0),
            Open("openat", CWD, link % gone, 0, fs_path=fs_path(self.top) + "/gone", fs_magic=fs_magic(self.top)),
            Open("openat", CWD, link % memory, os.O_RDWR, flags=["O_RDWR"], path="memfd:memory", fs_path=None,
                 fs_magic=TMPFS_MAGIC),
        ])

    def test_calls(self):
        how = struct.pack("=QQQ", os.O_RDWR, 0, 4)  # RESOLVE_NO_SYMLINKS
        below = struct.pack("=QQQ", os.O_RDONLY | os.O_CLOEXEC, 0, 8)  # RESOLVE_BENEATH
        handle = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0), 136)
        mount_id = ctypes.byref(ctypes.c_int())
        self.assertEqual(0, call("name_to_handle_at", CWD, self.top.encode() + b"/file", handle, mount_id, 0))
        stale = ctypes.create_string_buffer(struct.pack("=IiQQ", 8, 1, 2**40, 0), 136)
        made = ["O_WRONLY", "O_CREAT", "O_TRUNC"]
        self.expect([
            Open("open", b"file", os.O_APPEND | os.O_WRONLY, flags=["O_WRONLY", "O_APPEND"]),
            Open("open", b"new", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640, flags=["O_RDWR", "O_CREAT", "O_EXCL"],
                 created=True),
            Open("open", b"new", os.O_CREAT | os.O_RDWR, 0o640, flags=["O_RDWR", "O_CREAT"]),
            Open("creat", b"made", 0o600, flags=made, created=True),
            Open("openat", CWD, b"third", os.O_CREAT | os.O_SYNC | O_LARGEFILE, 0o600,
                 flags=["O_CREAT", "O_SYNC", "O_LARGEFILE"], created=True),
            Open("openat2", CWD, b"file", how, len(how), flags=["O_RDWR"]),
            Open("openat2", self.dir, b"inner", below, len(below), flags=["O_CLOEXEC"]),
            Open("open_by_handle_at", self.dir, handle, os.O_RDWR, flags=["O_RDWR"]),
            Open("open", b"missing", 0, text="missing", base=self.top, ret=-errno.ENOENT),
            Open("creat", b"sub", 0o600, text="sub", base=self.top, flags=made, ret=-errno.EISDIR),
            Open("openat2", CWD, b"soft", how, len(how), text="soft", base=self.top, flags=["O_RDWR"],
                 ret=-errno.ELOOP),
            Open("openat2", self.dir, b"../file", below, len(below), text="../file", base=self.top + "/sub",
                 flags=["O_CLOEXEC"], ret=-errno.EXDEV),
            Open("open_by_handle_at", self.dir, stale, 0, ret=-errno.ESTALE),
        ])

    def test_temporary(self):
        opened = Open("openat", CWD, b"sub", os.O_TMPFILE | os.O_RDWR, 0o600, flags=["O_RDWR", "O_TMPFILE"],
                      fs_magic=fs_magic(self.top))
        child = eun.Child(play_opens, [opened], self.top)
        (event,) = eun.watch(child, "--plugin", "files", "--streams", "files.open")
        inode = child.result[0]["inode"]
        opened.more["fs_path"] = f"{fs_path(self.top)}/sub/#{inode}"
        self.assertEqual(opened.event(child.result[0]), own(event))
        self.assertEqual(0, event["nlink"])

    def test_failed(self):
        def failed(ret, text, dirfd=CWD, base=self.top, flags=0, names=(), **more):
            return Open("openat", dirfd, text, flags, text=text, base=base, flags=names, ret=-ret, **more)

        plain = os.open(self.top + "/file", os.O_RDONLY)
        long = b"n" * 300
        self.expect([
            failed(errno.ENOENT, b"missing"),
            failed(errno.ENOENT, b"sub/../missing"),
            failed(errno.ENOENT, b"missing", self.dir, self.top + "/sub"),
            failed(errno.ENOENT, b"/missing", self.dir),
            failed(errno.ENOENT, b""),
            failed(errno.EBADF, b"file", BAD_FD, None),
            failed(errno.ENOTDIR, b"file", plain, self.top + "/file"),
            failed(errno.EFAULT, None),
            failed(errno.ENAMETOOLONG, long),
            failed(errno.ENAMETOOLONG, b"l" * 5000, path=f"{self.top}/{'l' * 4096}", name="l" * 4096,
                   event_flags=["truncated"]),
            failed(errno.ELOOP, b"soft", flags=os.O_NOFOLLOW, names=["O_NOFOLLOW"]),
            failed(errno.EEXIST, b"file", flags=os.O_CREAT | os.O_EXCL, names=["O_CREAT", "O_EXCL"]),
            failed(errno.ENXIO, b"fifo", flags=os.O_WRONLY | os.O_NONBLOCK, names=["O_WRONLY", "O_NONBLOCK"]),
            failed(errno.ENOENT, b"\xe2\x82\xac \xff\n"),
        ])

    def test_failed_only(self):
        child = eun.Child(play_opens, [Open("openat", CWD, b"file", 0), Open("openat", CWD, b"missing", 0)], self.top)
        (event,) = eun.watch(child, "--plugin", "files", "-x")
        self.assertEqual(self.top + "/missing", event["path"])

    def test_names(self):
        """Bytes that are no UTF-8, control characters, spaces; names of lengths that are copied in different ways."""
        names = [b"caf\xc3\xa9", b"bad \xff\xfe\x80", b"line\nbreak\ttab\x1b[31m", b'"quoted\\"', b"-"]
        names += [b"n" * length for length in (7, 8, 9, 31, 32, 33, 254, 255)]
        for name in names:
            os.close(os.open(os.path.join(self.top.encode(), name), os.O_CREAT))
        self.expect([Open("openat", CWD, name, 0) for name in names])

    def deep(self, names):
        """Makes directories in one another, each too long a path for one call. The last of them, opened."""
        at = os.open(self.top, os.O_PATH)
        for name in names:
            os.mkdir(name, dir_fd=at)
            inner = os.open(name, os.O_PATH, dir_fd=at)
            os.close(at)
            at = inner
        self.addCleanup(os.close, at)
        return at

    def test_deep(self):
        """Many components, then the longest path that a call may give, then one that is longer: its end."""
        many = "/".join(["d"] * 200)
        os.makedirs(f"{self.top}/{many}")
        open(f"{self.top}/{many}/end", "w").close()
        room = 4095 - len(self.top) - 1
        parts = ["p" * 127] * (room // 128 - 1)
        last = room - len("/".join(parts)) - 1
        at = self.deep(parts)
        whole = "/".join(parts) + "/" + "w" * min(last, 200)
        os.close(os.open("w" * min(last, 200), os.O_CREAT, dir_fd=at))
        self.expect([Open("openat", CWD, many.encode() + b"/end", 0), Open("openat", CWD, whole.encode(), 0)])
        for _ in range(3):
            os.mkdir("q" * 200, dir_fd=at)
            at = os.open("q" * 200, os.O_PATH, dir_fd=at)
        os.close(os.open("end", os.O_CREAT, dir_fd=at))
        child = eun.Child(lambda: call("openat", at, b"end", 0))
        (event,) = eun.watch(child, "--plugin", "files")
        full = f"{self.top}/{'/'.join(parts)}{('/' + 'q' * 200) * 3}/end"
        self.assertEqual(["truncated"], event["event_flags"])
        self.assertEqual("/", event["path"][0])
        self.assertTrue(full.endswith(event["path"]))
        # cut between components: what is missing did not fit
        cut = full[: -len(event["path"])]
        self.assertGreater(len(event["path"]) + len(cut) - cut.rindex("/"), 4096)
        self.assertEqual(event["path"], event["fs_path"])

    def test_chroot(self):
        jail = self.top + "/sub"
        outside = os.open(self.top, os.O_RDONLY)

        def opens():
            os.chroot(jail)
            os.chdir("/")
            fds = [call("openat", CWD, b"/inner", 0), call("openat", CWD, b"/", 0), call("openat", outside, b"file", 0)]
            return fds + [call("openat", CWD, b"/missing", 0), call("openat", CWD, b"missing", 0)]

        child = eun.Child(opens)
        events = eun.watch(child, "--plugin", "files")
        self.assertEqual([jail + "/inner", jail, self.top + "/file", jail + "/missing", jail + "/missing"],
                         [event["path"] for event in events])
        self.assertEqual([["chrooted"]] * 5, [event["event_flags"] for event in events])
        self.assertEqual([None] * 3 + ["/missing", "missing"], [event["name"] for event in events])
        self.assertEqual([0, 0, 0, -errno.ENOENT, -errno.ENOENT], [event["ret"] for event in events])

    def test_root_upon_root(self):
        """A root mounted over the old one, as some containers have it: no chroot, and nothing stands before a path."""

        def opens():
            call("unshare", CLONE_NEWNS)
            call("mount", b"none", b"/", None, 0x44000, None)
            call("mount", self.top.encode(), self.top.encode(), None, 4096, None)
            os.chdir(self.top)
            moved = call("mount", self.top.encode(), b"/", None, MS_MOVE, None)
            os.chroot(".")
            return [moved] + [call("openat", CWD, text, 0) for text in (b"/file", b"/missing", b"missing")]

        child = eun.Child(opens)
        events = eun.watch(child, "--plugin", "files", "--streams", "files.open")
        self.assertEqual([0, -errno.ENOENT, -errno.ENOENT], [child.result[0]] + child.result[2:])
        self.assertEqual(["/file", "/missing", "/missing"], [event["path"] for event in events])
        self.assertEqual([None, None, "/"], [event["dir"] for event in events])
        self.assertEqual([[]] * 3, [event["event_flags"] for event in events])

    def test_mounts(self):
        """A file mounted on another, a part of a file system, and a mount that is gone."""
        os.mkdir(self.top + "/part")
        os.mkdir(self.top + "/gone-soon")

        def opens():
            os.chdir(self.top)
            call("unshare", CLONE_NEWNS)
            call("mount", b"none", b"/", None, 0x44000, None)
            call("mount", b"/proc/sys/kernel/ostype", b"file", None, 4096, None)
            call("mount", b"sub", b"part", None, 4096, None)
            call("mount", b"none", b"gone-soon", b"tmpfs", 0, None)
            opened = [call("openat", CWD, text, 0) for text in (b"file", b"part/inner", b"part")]
            os.chdir("gone-soon")
            call("umount2", self.top.encode() + b"/gone-soon", 2)
            os.chdir(".")
            opened += [call("openat", CWD, b"x", os.O_CREAT), call("openat", CWD, b".", 0)]
            return os.stat("/proc/self/ns/mnt").st_ino, opened

        child = eun.Child(opens)
        events = eun.watch(child, "--plugin", "files", "--streams", "files.open")
        self.assertTrue(all(fd >= 0 for fd in child.result[1]), child.result)
        inside = fs_path(self.top) + "/sub"
        top = self.top
        self.assertEqual([top + "/file", top + "/part/inner", top + "/part", "/x", "/"], [e["path"] for e in events])
        self.assertEqual(["/sys/kernel/ostype", inside + "/inner", inside, "/x", "/"], [e["fs_path"] for e in events])
        self.assertEqual([[]] * 3 + [["unreachable"]] * 2, [event["event_flags"] for event in events])
        self.assertEqual({child.result[0]}, {event["mntns"] for event in events})

    def test_not_a_target(self):
        """A process that does the same beside the one that is meant is not seen."""
        other = eun.Child(play_opens, [Open("openat", CWD, b"file", 0)], self.top)
        child = eun.Child(play_opens, [Open("openat", CWD, b"soft", 0)], self.top)
        run = eun.Run("--plugin", "files", "-p", child.pid).started()
        other.go()
        other.wait()
        child.go()
        child.wait()
        self.assertEqual([child.pid], [event["pid"] for event in run.end()])

    def test_who(self):
        def act():
            os.setgid(65533)
            os.setuid(65534)
            libc.prctl(PR_SET_NAME, b"somebody else")
            return call("openat", CWD, b"/dev/null", 0)

        child = eun.Child(act)
        event = eun.watch(child, "--plugin", "files")[0]
        self.assertEqual((65534, 65533, "somebody else"), (event["uid"], event["gid"], event["comm"]))


class Close(unittest.TestCase):
    def test_close(self):
        kinds = [os.open("/dev/null", os.O_RDONLY), os.open("/etc", os.O_RDONLY), *os.pipe(), os.memfd_create("m")]
        for fd in kinds:
            self.addCleanup(os.close, fd)
        files = [os.fstat(fd) for fd in kinds]

        def act():
            return [call("close", fd) for fd in [*kinds, kinds[0], BAD_FD, -1]]

        child = eun.Child(act)
        events = eun.watch(child, "--plugin", "files", "--streams", "files.close")
        events = [event for event in events if event["fd"] in kinds]  # the rest: the pipe by which the result comes
        self.assertEqual([0] * 5 + [-errno.EBADF] * 3, child.result)
        self.assertEqual(kinds, [event["fd"] for event in events])
        self.assertEqual(["/dev/null", "/etc", "", "", "memfd:m"], [event["path"] or "" for event in events])
        for event, file in zip(events, files):
            self.assertEqual((file.st_dev, file.st_ino, file.st_mode), (event["dev"], event["inode"], event["mode"]))


class Uring(unittest.TestCase):
    def test_uring(self):
        top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-uring."))
        self.addCleanup(shutil.rmtree, top)
        os.mkdir(top + "/sub")
        for name in ("file", "sub/inner"):
            open(f"{top}/{name}", "w").close()
        os.symlink("file", top + "/link")
        helper = subprocess.Popen([eun.HELPERS + "/files_uring", top], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        run = eun.Run("--plugin", "files", "-p", helper.pid).started()
        said, _ = helper.communicate(b"x", timeout=eun.LIMIT)
        if helper.returncode == eun.SKIPPED:
            self.skipTest("no io_uring here")
        results = [int(line) for line in said.split()]
        events = run.end()

        def kernel(path):
            return {"path": f"{top}/{path}", "path_source": "kernel", "dir": None, "name": None, "ret": 0}

        def user(text, ret, directory=top, **more):
            return {**where(text, directory), "path_source": "user", "fd": -1, "ret": ret, **more}

        long = ("x" * 200 + "/" + "x" * 198)[:255]
        wanted = [
            kernel("file"), kernel("sub/inner"), user("missing", -errno.ENOENT),
            user("missing", -errno.ENOENT, top + "/sub"), kernel("file"), user("missing", -errno.ENOENT),
            user("file", 0),  # into a slot of the ring's table: no descriptor, so only the text
            user(long, -errno.ENOENT, event_flags=["truncated"]), kernel("file"), user("link", -errno.ELOOP),
            user("file", -errno.EINPROGRESS), user("missing", -errno.EINPROGRESS),  # success would not be reported
            kernel("file"), user("missing", -errno.ENOENT),
        ]
        self.assertEqual(len(wanted), len(events), events)
        flags = [[]] * len(wanted)
        flags[1], flags[8], flags[9] = ["O_RDWR", "O_CLOEXEC"], ["O_WRONLY"], ["O_WRONLY"]
        for want, names, result, event in zip(wanted, flags, results, events):
            want = {"stream": "files.open", "event_flags": [], "call": "io_uring", "fd": result, **want}
            self.assertEqual(want, {key: event[key] for key in want})
            self.assertEqual(names, [name for name in event["flags"] if name != "O_LARGEFILE"])
            self.assertEqual(helper.pid, event["pid"])
        for i in (0, 4, 8, 12):
            self.assertEqual(os.stat(top + "/file").st_ino, events[i]["inode"])


if __name__ == "__main__":
    eun.main()
