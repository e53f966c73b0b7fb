# SPDX-License-Identifier: MIT
"""Pipes, System V, POSIX queues, eventfds, memfds, other processes' memory; ipcs and /proc as oracles."""
import ctypes
import errno
import mmap
import os
import re
import resource
import shutil
import subprocess
import unittest

import eun
from ipc_case import *

IPC_RMID, IPC_STAT, IPC_INFO, SETVAL, GETVAL = 0, 2, 3, 16, 12
IPC_CREAT, IPC_EXCL, IPC_NOWAIT = 0o1000, 0o2000, 0o4000
SHM_RDONLY = 0o10000
O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NONBLOCK, O_CLOEXEC = 1, 2, 0o100, 0o200, 0o4000, 0o2000000
KEY = 0x45554e00 + os.getpid() % 256  # "EUN": nobody else's
BAD_FD = 9999


def key(number):
    return {"key": number, "name": f"0x{number:08x}"}


def buffer(size):
    return ctypes.create_string_buffer(size)


def message(kind, size):
    """struct msgbuf"""
    return ctypes.create_string_buffer(kind.to_bytes(8, "little", signed=True) + b"x" * size, 8 + size)


def semops(*ops):
    """struct sembuf[]: (number, operation, flags)"""
    return (ctypes.c_short * (3 * len(ops)))(*(part for op in ops for part in op))


class Descriptors(Case):
    def test_pipe(self):
        def act():
            fds = (ctypes.c_int * 2)()
            result = [[0, *os.pipe2(O_CLOEXEC | O_NONBLOCK)]]
            result += [[call("pipe2", fds, 0), *fds], [call("pipe", fds), *fds]]
            inodes = [inode(each[1]) for each in result]
            resource.setrlimit(resource.RLIMIT_NOFILE, (os.dup(0), 4096))
            return result, inodes, call("pipe2", fds, 0), call("pipe2", fds, 0x1234)

        def wanted(result, _):
            made, inodes, full, bad = result
            self.assertEqual((-errno.EMFILE, -errno.EINVAL), (full, bad))
            how = [("pipe2", ["O_NONBLOCK", "O_CLOEXEC"]), ("pipe2", []), ("pipe", [])]
            return [*(event("ipc.pipe", call=name, flags=flags, id=node, read_fd=out, write_fd=into)
                      for (name, flags), (_, out, into), node in zip(how, made, inodes)),
                    event("ipc.pipe", call="pipe2", ret=full),
                    event("ipc.pipe", call="pipe2", ret=bad, flags=["0x1234"])]

        self.expect(act, wanted, streams="ipc.pipe")

    def test_eventfd(self):
        def act():
            fds = [call("eventfd2", 7, 0), call("eventfd2", 0xffffffff, O_CLOEXEC | O_NONBLOCK | 1),
                   call("eventfd", 0)]
            ids = [int(re.search(r"eventfd-id: +(\d+)", eun.read(f"/proc/self/fdinfo/{fd}"))[1]) for fd in fds]
            return fds, ids, call("eventfd2", 1, 0x100)

        def wanted(result, _):
            fds, ids, bad = result
            self.assertEqual(-errno.EINVAL, bad)
            how = [("eventfd2", 7, []), ("eventfd2", 0xffffffff, ["EFD_SEMAPHORE", "EFD_NONBLOCK", "EFD_CLOEXEC"]),
                   ("eventfd", 0, [])]
            return [*(event("ipc.eventfd", call=name, value=value, flags=flags, id=number, fd=fd, ret=fd)
                      for (name, value, flags), fd, number in zip(how, fds, ids)),
                    event("ipc.eventfd", call="eventfd2", value=1, flags=["0x100"], ret=bad)]

        self.expect(act, wanted, streams="ipc.eventfd")

    def test_memfd(self):
        names = [b"plain", b"", b"new\nline \xff\x1b[31m", b"n" * 249]

        def act():
            fds = [call("memfd_create", name, 1) for name in names]
            return (fds, [inode(fd) for fd in fds], call("memfd_create", b"n" * 250, 2),
                    call("memfd_create", None, 0), call("memfd_create", b"x", 0x8000_0000))

        def wanted(result, _):
            fds, inodes, *failed = result
            self.assertEqual([-errno.EINVAL, -errno.EFAULT, -errno.EINVAL], failed)
            return [*(event("ipc.memfd", call="memfd_create", name=name.decode("utf-8", "replace"), fd=fd, ret=fd,
                            id=node, flags=["MFD_CLOEXEC"]) for name, fd, node in zip(names, fds, inodes)),
                    event("ipc.memfd", call="memfd_create", name="n" * 250, ret=failed[0],
                          flags=["MFD_ALLOW_SEALING"]),
                    event("ipc.memfd", call="memfd_create", ret=failed[1]),
                    event("ipc.memfd", call="memfd_create", name="x", ret=failed[2], flags=["0x80000000"])]

        self.expect(act, wanted, streams="ipc.memfd")

    def test_vm(self):
        """Another process's memory and descriptors: whose, how much, which."""
        def act():
            data = buffer(b"0123456789")
            stop, end = os.pipe()
            other = os.fork()
            if not other:
                os.close(end)
                os.read(stop, 1)
                os._exit(0)
            here = buffer(10)
            local = (ctypes.c_ulong * 2)(ctypes.addressof(here), 10)
            remote = (ctypes.c_ulong * 2)(ctypes.addressof(data), 7)
            nowhere = (ctypes.c_ulong * 2)(8, 7)
            pidfd = os.pidfd_open(other)
            results = [call("process_vm_readv", other, local, 1, remote, 1, 0),
                       call("process_vm_writev", other, local, 1, remote, 1, 0),
                       call("process_vm_readv", other, local, 1, nowhere, 1, 0),
                       call("process_vm_readv", 4_000_000, local, 1, remote, 1, 0),
                       call("pidfd_getfd", pidfd, stop, 0), call("pidfd_getfd", pidfd, BAD_FD, 0),
                       call("pidfd_getfd", 0, stop, 0)]
            result = other, stop, inode(stop), results
            os.close(end)
            os.waitpid(other, 0)
            return result

        def wanted(result, _):
            other, stop, node, results = result
            fd = results[4]
            self.assertEqual([7, 7, -errno.EFAULT, -errno.ESRCH, fd, -errno.EBADF, -errno.EBADF], results)
            peer = {"peer_pid": other, "peer_comm": "python3", "other_process": True}
            none = {"other_process": False}
            return [event("ipc.vm", call="process_vm_readv", bytes=7, ret=7, **peer),
                    event("ipc.vm", call="process_vm_writev", bytes=7, ret=7, **peer),
                    event("ipc.vm", call="process_vm_readv", ret=-errno.EFAULT, **peer),
                    event("ipc.vm", call="process_vm_readv", ret=-errno.ESRCH, **none),
                    event("ipc.vm", call="pidfd_getfd", fd=fd, ret=fd, other_fd=stop, id=node, **peer),
                    event("ipc.vm", call="pidfd_getfd", ret=-errno.EBADF, other_fd=BAD_FD, **none),
                    event("ipc.vm", call="pidfd_getfd", ret=-errno.EBADF, other_fd=stop, **none)]

        self.expect(act, wanted, streams="ipc.vm")


class SystemV(Case):
    def made(self, stream, name, ret, number, flags, **fields):
        return event(stream, call=name, id=ret, ret=ret, flags=flags, **key(number), **fields)

    def test_shm(self):
        def act():
            new, private = call("shmget", KEY, 5000, IPC_CREAT | IPC_EXCL | 0o600), call("shmget", 0, 1, 0)
            there = call("shmget", KEY, 1, IPC_CREAT | IPC_EXCL)
            at = libc.syscall(NR["shmat"], new, None, SHM_RDONLY)
            results = [call("shmctl", new, IPC_STAT, buffer(256)), call("shmdt", ctypes.c_ulong(at)),
                       call("shmdt", ctypes.c_ulong(4096)), call("shmat", new + (1 << 15), None, 0),
                       call("shmctl", new, IPC_RMID, None), call("shmctl", private, IPC_RMID, None),
                       call("shmctl", new, IPC_RMID, None)]
            return new, private, there, at, results

        def wanted(result, child):
            new, private, there, at, results = result
            self.assertEqual([0, 0, -errno.EINVAL, -errno.EINVAL, 0, 0, -errno.EINVAL], results)
            size = {"bytes": 5000, "peer_pid": child.pid, "peer_comm": "python3"}
            create = ["IPC_CREAT", "IPC_EXCL"]
            return [self.made("ipc.shm", "shmget", new, KEY, [*create, "0x180"], bytes=5000),
                    self.made("ipc.shm", "shmget", private, 0, [], bytes=1),
                    event("ipc.shm", call="shmget", ret=there, flags=create, **key(KEY)),
                    event("ipc.shm", call="shmat", id=new, address=at, flags=["SHM_RDONLY"], **key(KEY), **size),
                    event("ipc.shm", call="shmctl", id=new, cmd="IPC_STAT", **key(KEY), **size),
                    event("ipc.shm", call="shmdt", address=at),
                    event("ipc.shm", call="shmdt", address=4096, ret=-errno.EINVAL),
                    event("ipc.shm", call="shmat", id=new + (1 << 15), ret=-errno.EINVAL),
                    event("ipc.shm", call="shmctl", id=new), event("ipc.shm", call="shmctl", id=private),
                    event("ipc.shm", call="shmctl", id=new, ret=-errno.EINVAL)]

        self.expect(act, wanted, streams="ipc.shm")

    def test_sem(self):
        def act():
            new = call("semget", KEY, 3, IPC_CREAT | 0o640)
            return new, [call("semctl", new, 2, SETVAL, 5), call("semctl", new, 2, GETVAL),
                         call("semop", new, semops((2, -3, 0), (0, 1, 0)), 2),
                         call("semop", new, semops((1, -1, IPC_NOWAIT)), 1),
                         call("semtimedop", new, semops((1, -1, 0)), 1, (ctypes.c_long * 2)(0, 1000)),
                         call("semop", new, None, 1), call("semctl", new, 0, IPC_RMID),
                         call("semop", new, semops((1, 1, 0)), 1), call("semget", KEY, 1, 0)]

        def wanted(result, _):
            new, results = result
            self.assertEqual([0, 5, 0, -errno.EAGAIN, -errno.EAGAIN, -errno.EFAULT, 0, -errno.EINVAL,
                              -errno.ENOENT], results)

            def op(call_name="semop", number=1, by=-1, value=1, ret=0, **fields):
                return event("ipc.message", kind="sem", call=call_name, id=new, sem_num=number, sem_op=by, value=value,
                             ret=ret, **{**key(KEY), **fields})

            return [self.made("ipc.sem", "semget", new, KEY, ["IPC_CREAT", "0x1a0"], value=3),
                    event("ipc.sem", call="semctl", id=new, cmd="SETVAL", value=2, **key(KEY)),
                    event("ipc.sem", call="semctl", id=new, cmd="GETVAL", value=2, ret=5, **key(KEY)),
                    op(number=2, by=-3, value=2), op(ret=-errno.EAGAIN), op("semtimedop", ret=-errno.EAGAIN),
                    op(number=0, by=0, ret=-errno.EFAULT), event("ipc.sem", call="semctl", id=new),
                    op(by=1, ret=-errno.EINVAL, key=0, name=None),
                    event("ipc.sem", call="semget", value=1, ret=-errno.ENOENT, **key(KEY))]

        self.expect(act, wanted, streams="ipc.sem,ipc.message")

    def test_msg(self):
        """Two processes: each message's other end is the process that did the opposite last."""
        def act():
            new = call("msgget", KEY, IPC_CREAT | 0o600)
            results = [call("msgsnd", new, message(7, 100), 100, 0), call("msgsnd", new, message(0, 1), 1, 0)]
            other = os.fork()
            if not other:
                call("msgrcv", new, buffer(208), 200, -9, IPC_NOWAIT)
                call("msgsnd", new, message(-(1 << 62), 0), 0, 0)  # refused: types are positive
                call("msgsnd", new, message(1 << 62, 0), 0, 0)
                os._exit(0)
            os.waitpid(other, 0)
            results += [call("msgrcv", new, buffer(18), 10, 5, IPC_NOWAIT), call("msgrcv", new, buffer(18), 10, 0, 0),
                        call("msgctl", new, IPC_RMID, None)]
            return new, other, results

        def wanted(result, child):
            new, other, results = result
            self.assertEqual([0, -errno.EINVAL, -errno.ENOMSG, 0, 0], results)

            def moved(name, **fields):
                return event("ipc.message", **{"kind": "msg", "call": name, "id": new, **key(KEY), **fields})

            him, me = ({"peer_pid": pid, "peer_comm": "python3"} for pid in (other, child.pid))
            him["peer_comm"] = ""  # has ended
            return [self.made("ipc.msg", "msgget", new, KEY, ["IPC_CREAT", "0x180"]),
                    moved("msgsnd", value=7, bytes=100), moved("msgsnd", ret=-errno.EINVAL),
                    moved("msgrcv", pid=other, value=7, bytes=100, ret=100, flags=["IPC_NOWAIT"], **me),
                    moved("msgsnd", pid=other, ret=-errno.EINVAL, peer_pid=other, peer_comm="python3"),
                    moved("msgsnd", pid=other, value=1 << 62, peer_pid=other, peer_comm="python3"),
                    moved("msgrcv", ret=-errno.ENOMSG, flags=["IPC_NOWAIT"], **him),
                    moved("msgrcv", value=1 << 62, **him),
                    event("ipc.msg", call="msgctl", id=new)]

        self.expect(act, wanted, streams="ipc.msg,ipc.message", follow=True)

    def test_ipcs(self):
        """What is there when the calls are over, as ipcs says it."""
        def act():
            made = [call("shmget", KEY, 12345, IPC_CREAT | 0o600), call("semget", KEY, 4, IPC_CREAT | 0o600),
                    call("msgget", KEY, IPC_CREAT | 0o600), call("shmget", 0, 77, IPC_CREAT | 0o600)]
            shown = [subprocess.run(["ipcs", flag], capture_output=True, text=True, check=True).stdout
                     for flag in ("-m", "-s", "-q")]
            for name, number, *rest in (("shmctl", made[0], IPC_RMID), ("semctl", made[1], 0, IPC_RMID),
                                        ("msgctl", made[2], IPC_RMID), ("shmctl", made[3], IPC_RMID)):
                call(name, number, *rest, None)
            return made, shown

        child = Child(act)
        events = eun.watch(child, "--plugin", "ipc", "--streams", "ipc.shm,ipc.sem,ipc.msg")
        made, shown = child.result
        ours = [(each["name"], each["id"], each.get("bytes") or each.get("value") or 0) for each in events
                if each["call"].endswith("get")]
        theirs = []
        for text, number in zip([*shown, shown[0]], [*made[:3], made[3]]):
            line = re.search(rf"^(0x\w+) +{number} +\w+ +600 +(\d+)", text, re.M)
            theirs.append((line[1], number, int(line[2])))
        self.assertEqual(sorted(theirs), sorted(ours))


class Posix(Case):
    def setUp(self):
        super().setUp()
        self.name = f"eunomia.{os.getpid()}".encode()

    def test_mq(self):
        name = self.name

        def act():
            longest = name + b"\n" + b"x" * (254 - len(name))
            fds = [call("mq_open", name, O_RDWR | O_CREAT | O_EXCL, 0o600, None),
                   call("mq_open", longest, O_RDWR | O_CREAT, 0o600, None)]
            inodes = [inode(fd) for fd in fds]
            results = [call("mq_open", name, O_WRONLY | O_CREAT | O_EXCL, 0o600, None),
                       call("mq_open", b"x" * 256, O_WRONLY, 0, None),
                       call("mq_open", b"no/slash", O_RDWR | O_CREAT, 0, None)]
            priority = ctypes.c_uint()
            text = buffer(8192)
            results += [call("mq_timedsend", fds[0], b"hello", 5, 31, None),
                        call("mq_timedreceive", fds[0], text, 8192, ctypes.byref(priority), None),
                        call("mq_timedreceive", fds[0], text, 1, None, None),
                        call("mq_timedsend", 0, b"hello", 5, 3, None),
                        call("mq_timedsend", BAD_FD, b"hello", 5, 3, None),
                        call("mq_unlink", name), call("mq_unlink", longest), call("mq_unlink", name)]
            return longest.decode(), fds, inodes, results

        def wanted(result, _):
            longest, fds, inodes, results = result
            self.assertEqual([-errno.EEXIST, -errno.ENAMETOOLONG, -errno.EACCES, 0, 5, -errno.EMSGSIZE, -errno.EBADF,
                              -errno.EBADF, 0, 0, -errno.ENOENT], results)
            text = name.decode()
            rw = ["O_RDWR", "O_CREAT"]

            def queue(call_name, **fields):
                return event("ipc.mq", call=call_name, **fields)

            def moved(call_name, **fields):
                return event("ipc.message", kind="mq", call=call_name, **{"name": text, "id": inodes[0], "fd": fds[0],
                                                                          **fields})

            return [queue("mq_open", name=text, id=inodes[0], fd=fds[0], ret=fds[0], flags=[*rw, "O_EXCL"]),
                    queue("mq_open", name=longest, id=inodes[1], fd=fds[1], ret=fds[1], flags=rw),
                    queue("mq_open", name=text, ret=-errno.EEXIST, flags=["O_WRONLY", "O_CREAT", "O_EXCL"]),
                    queue("mq_open", name="x" * 256, ret=-errno.ENAMETOOLONG, flags=["O_WRONLY"]),
                    queue("mq_open", name="no/slash", ret=-errno.EACCES, flags=rw),
                    moved("mq_timedsend", bytes=5, value=31), moved("mq_timedreceive", bytes=5, value=31, ret=5),
                    moved("mq_timedreceive", ret=-errno.EMSGSIZE),
                    moved("mq_timedsend", ret=-errno.EBADF, value=3, id=-1, name=None, fd=0),
                    moved("mq_timedsend", ret=-errno.EBADF, value=3, id=-1, name=None, fd=BAD_FD),
                    queue("mq_unlink", name=text), queue("mq_unlink", name=longest),
                    queue("mq_unlink", name=text, ret=-errno.ENOENT)]

        self.expect(act, wanted, streams="ipc.mq,ipc.message")

    def test_shm(self):
        """POSIX shared memory is files: the plugin files shows what shm_open() and shm_unlink() do."""
        rt = ctypes.CDLL("librt.so.1")

        def act():
            fd = rt.shm_open(b"/" + self.name, O_RDWR | O_CREAT, 0o600)
            os.ftruncate(fd, 4096)
            mmap.mmap(fd, 4096).close()
            return [fd, rt.shm_unlink(b"/" + self.name)]

        child = Child(act)
        events = eun.watch(child, "--plugin", "files", "--streams", "files.open,files.unlink", "--filter",
                           'path startswith "/dev/shm/"')
        path = "/dev/shm/" + self.name.decode()
        self.assertEqual([("files.open", path, 0), ("files.unlink", path, 0)],
                         [(each["stream"], each["path"], each["ret"]) for each in events])


class Tools(Case):
    def rows(self, tool, act, options):
        """The table's lines, in words, without the column that is there while the machine runs containers."""
        child = Child(act)
        run = eun.Run("run", tool, "-p", child.pid, *options, fmt="text").started()
        child.go()
        result = child.wait()
        lines = [line.split() for line in run.end().splitlines()]
        if "CONTAINER" in lines[0]:
            at = lines[0].index("CONTAINER")
            lines = [line[:at] + line[at + 1:] for line in lines]
        return lines, str(child.pid), result

    @unittest.skipUnless(shutil.which("ipcs"), "no ipcs here")
    def test_ipcsnoop(self):
        def act():
            new = call("shmget", KEY, 4096, IPC_CREAT | 0o600)
            fd = call("eventfd2", 1, 0)
            call("shmctl", new, IPC_RMID, None)
            return new, fd

        for options, rows in (([], ("shm", "eventfd", "shm")), (["--kind", "eventfd"], ("eventfd",)),
                              (["--kind", "shm,mq"], ("shm", "shm"))):
            lines, pid, (new, _) = self.rows("ipcsnoop", act, options)
            self.assertEqual("TIME PID COMM KIND OP ID KEY/PATH PEER BYTES RET".split(), lines[0])
            self.assertEqual(rows, tuple(line[3] for line in lines[1:]))
            if rows[0] == "shm":
                self.assertEqual([pid, "python3", "shm", "shmget", str(new), f"0x{KEY:08x}", "0", "4096",
                                  str(new)], lines[1][1:])

    def test_sigsnoop(self):
        def act():
            call("kill", os.getpid(), 18)
            call("tkill", os.getpid(), 18)
            call("kill", os.getpid(), 28)
            call("kill", 4_000_000, 15)

        for options, rows in (([], ["SIGCONT", "SIGCONT", "SIGWINCH", "SIGTERM", "SIGCHLD"]),
                              (["-s", "SIGCONT,SIGTERM"], ["SIGCONT", "SIGCONT", "SIGTERM"]),
                              (["-k"], ["SIGCONT", "SIGWINCH", "SIGTERM"]), (["-k", "-s", "18"], ["SIGCONT"]),
                              (["-x"], ["SIGTERM"])):
            lines, pid, _ = self.rows("sigsnoop", act, options)
            self.assertEqual("TIME PID COMM SIG TPID TCOMM RESULT".split(), lines[0])
            self.assertEqual(rows, [line[3] for line in lines[1:]])
            if rows[0] == "SIGCONT":
                self.assertEqual([pid, "python3", "SIGCONT", pid, "python3", "ignored"], lines[1][1:])


if __name__ == "__main__":
    eun.main()
