# SPDX-License-Identifier: MIT
"""The calls that name a file by text: rename, unlink, link, chmod, chown, truncate, mkdir, mknod, mount's family."""
import ctypes
import errno
import fcntl
import os
import shutil
import signal
import stat
import tempfile
import threading
import unittest

import eun
from files_calls import *

USER = {"path_source": "user"}
KERNEL = {"path_source": "kernel"}
NO_PATH = {"path": None, "dir": None, "name": None}


def by_fd(path):
    return {"path": path, "dir": None, "name": None, **KERNEL}


def special(mode):
    return [name for bit, name in ((0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX")) if mode & bit]


class Setting(unittest.TestCase):
    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-files."))
        self.addCleanup(shutil.rmtree, self.top)
        os.mkdir(self.top + "/sub")
        for name in ("file", "sub/inner"):
            open(f"{self.top}/{name}", "w").close()
        os.symlink("file", self.top + "/soft")
        self.dir = os.open(self.top + "/sub", os.O_RDONLY | os.O_DIRECTORY)
        self.file = os.open(self.top + "/file", os.O_RDWR)
        self.addCleanup(os.close, self.dir)
        self.addCleanup(os.close, self.file)
        # the descriptors' directories
        self.at = {CWD: self.top, self.dir: self.top + "/sub", self.file: self.top + "/file", BAD_FD: None}

    def expect(self, steps, *options, **more):
        return expect(self, steps, *options, directory=self.top, **more)

    def path(self, text, dirfd=CWD, prefix=""):
        return where(text, self.at[dirfd], prefix)


class Paths(Setting):
    def test_mkdir(self):
        def mkdir(text, mode, ret=0):
            source = USER if text else KERNEL  # no text leaves the directory alone, which the kernel has resolved
            return Step("mkdir", "mkdir", text, mode, ret=ret, mode=mode, **self.path(text), **source)

        def mkdirat(dirfd, text, mode, ret=0):
            return Step("mkdir", "mkdirat", dirfd, text, mode, ret=ret, mode=mode, **self.path(text, dirfd), **USER)

        self.expect([
            mkdir(b"a", 0o755),
            mkdir(b"a", 0o755, -errno.EEXIST),
            mkdir(self.top.encode() + b"/abs", 0o1777),
            mkdir(b"sub/../twisted", 0o700),
            mkdir(b"caf\xc3\xa9 \xff\xfe", 0o700),
            mkdir(b"", 0o700, -errno.ENOENT),
            mkdirat(self.dir, b"b", 0o711),
            mkdirat(CWD, b"c", 0o711),
            mkdirat(self.dir, self.top.encode() + b"/d", 0o711),
            mkdirat(BAD_FD, b"e", 0o711, -errno.EBADF),
            mkdirat(self.file, b"f", 0o711, -errno.ENOTDIR),
            Step("mkdir", "mkdir", None, 0o700, ret=-errno.EFAULT, mode=0o700, **NO_PATH, **USER)
        ])

    def test_mknod(self):
        fifo, null = stat.S_IFIFO | 0o640, stat.S_IFCHR | 0o600

        def made(name, *args, mode, kind, rdev=0, dirfd=CWD, ret=0):
            place = self.path(args[-1], dirfd)
            return Step("mknod", name, *args, mode, rdev, ret=ret, mode=mode, type=kind, rdev=rdev, **place, **USER)

        self.expect([
            made("mknod", b"pipe", mode=fifo, kind="fifo"),
            made("mknod", b"pipe", mode=fifo, kind="fifo", ret=-errno.EEXIST),
            made("mknodat", self.dir, b"null", mode=null, kind="char", rdev=os.makedev(1, 3), dirfd=self.dir),
            made("mknod", b"disk", mode=stat.S_IFBLK | 0o600, kind="block", rdev=os.makedev(8, 300)),
            made("mknod", b"plain", mode=0o600, kind="regular"),
            made("mknod", b"socket", mode=stat.S_IFSOCK, kind="socket"),
        ])

    def test_rename(self):
        def renamed(name, old, new, flags=(), at=(CWD, CWD), ret=0):
            """flags: those of the call, as (number, names)."""
            args = (old, new) if name == "rename" else (at[0], old, at[1], new)
            if name == "renameat2":
                args += (flags[0],)
            paths = {**self.path(old, at[0], "old_"), **self.path(new, at[1], "new_")}
            return Step("rename", name, *args, ret=ret, flags=flags[1] if flags else [], **paths, **USER)

        self.expect([
            renamed("rename", b"file", b"file2"),
            renamed("rename", b"file", b"file3", ret=-errno.ENOENT),
            renamed("renameat", b"inner", b"outer", at=(self.dir, CWD)),
            renamed("renameat2", b"file2", b"outer", (1, ["RENAME_NOREPLACE"]), ret=-errno.EEXIST),
            renamed("renameat2", b"file2", b"outer", (2, ["RENAME_EXCHANGE"])),
            renamed("renameat2", b"outer", self.top.encode() + b"/sub/x", (0, []), at=(CWD, self.dir)),
            renamed("renameat2", b"../sub/x", b"y", (0x40, ["0x40"]), at=(self.dir, BAD_FD), ret=-errno.EINVAL),
        ])

    def test_unlink(self):
        def unlinked(name, text, ret=0, **more):
            return Step("unlink", name, text, ret=ret, is_dir=name == "rmdir", flags=[], **self.path(text), **USER)

        def unlinkat(dirfd, text, flags, ret=0):
            return Step("unlink", "unlinkat", dirfd, text, flags, ret=ret, is_dir=bool(flags),
                        flags=["AT_REMOVEDIR"] if flags else [], **self.path(text, dirfd), **USER)

        self.expect([
            unlinked("unlink", b"soft"),
            unlinked("unlink", b"soft", -errno.ENOENT),
            unlinked("unlink", b"sub", -errno.EISDIR),
            unlinked("rmdir", b"sub", -errno.ENOTEMPTY),
            unlinkat(self.dir, b"../sub/inner", 0),
            unlinkat(self.dir, b"../sub", AT_REMOVEDIR),
            unlinkat(CWD, b"sub", AT_REMOVEDIR, -errno.ENOENT),
            unlinkat(CWD, self.top.encode() + b"/file", 0),
        ])

    def test_rmdir_of_the_last(self):
        os.mkdir(self.top + "/empty")
        self.expect([Step("unlink", "rmdir", b"empty", is_dir=True, flags=[], **self.path(b"empty"), **USER)])

    def test_link(self):
        def linked(name, args, target, new, flags=(), ret=0):
            return Step("link", name, *args, ret=ret, target=shown(target), symbolic=name.startswith("sym"),
                        flags=list(flags), **new, **USER)

        top = self.top + "/"
        self.expect([
            linked("link", (b"file", b"hard"), top + "file", self.path(b"hard")),
            linked("link", (b"missing", b"hard2"), top + "missing", self.path(b"hard2"), ret=-errno.ENOENT),
            linked("linkat", (CWD, b"soft", self.dir, b"hard3", AT_SYMLINK_FOLLOW), top + "soft",
                   self.path(b"hard3", self.dir), ["AT_SYMLINK_FOLLOW"]),
            linked("linkat", (self.file, b"", CWD, b"hard4", AT_EMPTY_PATH), top + "file", self.path(b"hard4"),
                   ["AT_EMPTY_PATH"]),
            linked("symlink", (b"no such thing", b"soft2"), b"no such thing", self.path(b"soft2")),
            linked("symlinkat", (b"../\xe2\x98\x83\xff", self.dir, b"soft3"), b"../\xe2\x98\x83\xff",
                   self.path(b"soft3", self.dir)),
            linked("symlinkat", (b"", self.dir, b"soft4"), b"", self.path(b"soft4", self.dir), ret=-errno.ENOENT),
        ])

    def test_chmod(self):
        def chmod(name, args, mode, place, flags=(), ret=0):
            return Step("chmod", name, *args, ret=ret, mode_new=mode, flags=list(flags), special=special(mode),
                        **place)

        steps = [
            chmod("chmod", (b"soft", 0o604), 0o604, {**self.path(b"soft"), **USER}),
            chmod("chmod", (b"missing", 0o604), 0o604, {**self.path(b"missing"), **USER}, ret=-errno.ENOENT),
            chmod("fchmod", (self.file, 0o6711), 0o6711, by_fd(self.top + "/file")),
            chmod("fchmod", (BAD_FD, 0o600), 0o600, by_fd(None), ret=-errno.EBADF),
            chmod("fchmodat", (self.dir, b"inner", 0o640), 0o640, {**self.path(b"inner", self.dir), **USER}),
        ]
        if has("fchmodat2"):
            steps += [
                chmod("fchmodat2", (self.dir, b"inner", 0o641, AT_SYMLINK_NOFOLLOW), 0o641,
                      {**self.path(b"inner", self.dir), **USER}, ["AT_SYMLINK_NOFOLLOW"]),
                chmod("fchmodat2", (self.file, b"", 0o642, AT_EMPTY_PATH), 0o642,
                      {**self.path(b"", self.file), **KERNEL}, ["AT_EMPTY_PATH"]),
            ]
        self.expect(steps)

    def test_chown(self):
        def chown(name, args, uid, gid, place, flags=(), ret=0):
            return Step("chown", name, *args, ret=ret, owner_uid=uid, owner_gid=gid, flags=list(flags), **place)

        same = 0xFFFFFFFF
        self.expect([
            chown("chown", (b"soft", 1, 2), 1, 2, {**self.path(b"soft"), **USER}),
            chown("lchown", (b"soft", -1, 3), same, 3, {**self.path(b"soft"), **USER}),
            chown("fchown", (self.file, 4, -1), 4, same, by_fd(self.top + "/file")),
            chown("fchownat", (self.dir, b"inner", 5, 6, AT_SYMLINK_NOFOLLOW), 5, 6,
                  {**self.path(b"inner", self.dir), **USER}, ["AT_SYMLINK_NOFOLLOW"]),
            chown("fchownat", (self.dir, b"missing", 5, 6, 0), 5, 6, {**self.path(b"missing", self.dir), **USER},
                  ret=-errno.ENOENT),
        ])

    def test_truncate(self):
        def truncated(name, target, length, place, ret=0):
            return Step("truncate", name, target, length, ret=ret, length=length, **place)

        self.expect([
            truncated("truncate", b"soft", 5_000_000_000, {**self.path(b"soft"), **USER}),
            truncated("truncate", b"missing", 1, {**self.path(b"missing"), **USER}, -errno.ENOENT),
            truncated("truncate", b"file", -1, {**self.path(b"file"), **USER}, -errno.EINVAL),
            truncated("ftruncate", self.file, 3, by_fd(self.top + "/file")),
            truncated("ftruncate", BAD_FD, 3, by_fd(None), -errno.EBADF),
        ])

    def test_longest(self):
        """Two texts of the greatest length and their directories: whole."""
        old, new = b"./" * 2046 + b"old", b"./" * 2046 + b"new"
        self.expect([Step("rename", "rename", old, new, ret=-errno.ENOENT, flags=[], **self.path(old, prefix="old_"),
                          **self.path(new, prefix="new_"), **USER)])

    def test_too_long(self):
        """One that the kernel refuses: its begin."""
        text = b"x" * 5000
        self.expect([Step("mkdir", "mkdir", text, 0, ret=-errno.ENAMETOOLONG, mode=0, event_flags=["truncated"],
                          **self.path(text[:4096]), **USER)])

    def lease(self, steps, directory):
        """
        A truncate that waits in the kernel for a lease: while it does, another thread writes another name over its
        argument. Both exist; the kernel has taken the first.
        """
        os.chdir(directory)
        text = ctypes.create_string_buffer(b"file", 300)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO})
        leased = os.open("file", os.O_RDONLY)
        fcntl.fcntl(leased, fcntl.F_SETLEASE, fcntl.F_RDLCK)

        def rewrite():
            signal.sigwait({signal.SIGIO})
            text.value = steps[0].args[0]
            fcntl.fcntl(leased, fcntl.F_SETLEASE, fcntl.F_UNLCK)

        other = threading.Thread(target=rewrite)
        other.start()
        ret = call("truncate", text, 7)
        other.join()
        return [ret]

    def test_args_changed(self):
        os.close(self.file)  # a file that is open for writing can't be leased
        self.file = os.open(self.top + "/sub", os.O_RDONLY)
        for now in (b"sub/inner", b"fill", b"", b"file" * 70):
            truncated = Step("truncate", "truncate", now, 7, length=7, event_flags=["args_changed"],
                             **self.path(b"file"), **USER)
            self.expect([truncated], "--streams", "files.truncate", act=self.lease)
        self.assertEqual(7, os.stat(self.top + "/file").st_size)
        unchanged = Step("truncate", "truncate", b"file", 7, length=7, **self.path(b"file"), **USER)
        self.expect([unchanged], "--streams", "files.truncate", act=self.lease)


class Mounts(Setting):
    def mounts(self, steps, directory):
        """Steps whose arguments may be the names of results of earlier ones ("$name")."""
        os.chdir(directory)
        results, named = [], {}
        call("unshare", CLONE_NEWNS)
        for step in steps:
            args = [named[arg] if isinstance(arg, str) else arg for arg in step.args]
            results.append(call(step.name, *args))
            if step.keep:
                named[step.keep] = results[-1]
        return results

    def step(self, name, /, *args, source=None, place=NO_PATH, mount_flags=(), umount_flags=(), keep=None, **more):
        fields = {"fstype": None, "key": None, "data": None, "flags": 0, **more}
        path_source = fields.pop("path_source", "user" if place["name"] else "kernel")
        step = Step("mount", name, *args, source=source, mount_flags=list(mount_flags), path_source=path_source,
                    umount_flags=list(umount_flags), **place, **fields)
        step.keep = keep
        return step

    def private(self):
        """What comes first in a new namespace, so that nothing of it is seen outside."""
        return self.step("mount", b"none", b"/", None, 0x44000, None, source="none", place=where("/", None),
                         flags=0x44000, mount_flags=["MS_REC", "MS_PRIVATE"])

    def test_mount(self):
        self.expect([
            self.private(),
            self.step("mount", b"space", b"sub", b"tmpfs", 2 | 8, b"size=1m", source="space", place=self.path("sub"),
                      fstype="tmpfs", flags=10, mount_flags=["MS_NOSUID", "MS_NOEXEC"], data="size=1m"),
            self.step("mount", b"x", b"missing", b"tmpfs", 0, None, source="x", place=self.path("missing"),
                      fstype="tmpfs", ret=-errno.ENOENT),
            self.step("mount", b"file", b"soft", None, 4096, None, source="file", place=self.path("soft"), flags=4096,
                      mount_flags=["MS_BIND"]),
            self.step("umount2", b"soft", 2, place=self.path("soft"), flags=2, umount_flags=["MNT_DETACH"]),
            self.step("umount2", b"soft", 0, place=self.path("soft"), ret=-errno.EINVAL),
        ], act=self.mounts)

    def test_new_calls(self):
        self.expect([
            self.private(),
            self.step("fsopen", b"tmpfs", 1, fstype="tmpfs", flags=1, ret=None, keep="$context"),
            self.step("fsconfig", "$context", 1, b"source", b"space", 0, key="source", source="space", flags=1),
            self.step("fsconfig", "$context", 2, b"mode", b"\xff\xff", 1, key="mode", flags=2, ret=-errno.EINVAL),
            self.step("fsconfig", "$context", 6, None, None, 0, flags=6),
            self.step("fsmount", "$context", 1, 2, flags=1, ret=None, keep="$mount"),
            self.step("move_mount", "$mount", b"", CWD, b"sub", 4, source=self.top + "/sub", place=self.path("sub"),
                      flags=4),
            self.step("mount_setattr", CWD, b"sub", 0, ctypes.create_string_buffer(32), 32, place=self.path("sub")),
            self.step("fspick", CWD, b"sub", 0, place=self.path("sub"), ret=None),
            self.step("open_tree", CWD, b"sub", 1, place=self.path("sub"), flags=1, ret=None),
        ], act=self.mounts)

    def test_pivot_root(self):
        os.mkdir(self.top + "/sub/old")
        root, old = self.top + "/sub", self.top + "/sub/old"
        self.expect([
            self.private(),
            self.step("mount", b"sub", b"sub", None, 4096, None, source="sub", place=self.path("sub"), flags=4096,
                      mount_flags=["MS_BIND"]),
            self.step("pivot_root", root.encode(), old.encode(), source=old, place=where(root, None)),
            self.step("umount2", b"/old", 2, place=where("/old", None), flags=2, umount_flags=["MNT_DETACH"]),
        ], act=self.mounts)


if __name__ == "__main__":
    eun.main()
