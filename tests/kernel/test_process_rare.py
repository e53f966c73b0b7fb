# SPDX-License-Identifier: MIT
"""process.dup, prctl, seccomp, keyctl, personality, perf_event, io_uring, userfaultfd: known calls, exact arguments."""
import ctypes
import fcntl
import os
import socket
import struct

import eun
from process_case import EINVAL, NOBODY, Case, fork, libc, of_stream

X86 = os.uname().machine == "x86_64"
SECCOMP, PERF_EVENT_OPEN, KEYCTL, USERFAULTFD, DUP3 = (317, 298, 250, 323, 292) if X86 else (277, 241, 219, 282, 24)
IO_URING_SETUP = 425
ALLOW_ALL = struct.pack("<HBBI", 6, 0, 0, 0x7fff0000)  # return SECCOMP_RET_ALLOW


def result(number, *args):
    """A system call's result, -errno as the kernel has it."""
    ctypes.set_errno(0)
    value = libc.syscall(number, *args)
    return -ctypes.get_errno() if value == -1 and ctypes.get_errno() else value


def connected(family, address):
    """A TCP connection to a listener of its own. (both ends)"""
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        listener.listen()
        client = socket.create_connection(listener.getsockname()[:2])
        return client, listener.accept()[0]


def ends(sock):
    """A socket's addresses in the stream's names."""
    here, peer = sock.getsockname(), sock.getpeername()
    return {"saddr": here[0], "sport": here[1], "daddr": peer[0], "dport": peer[1]}


class Dup(Case):
    def test_reverse_shell(self):
        """A socket is put on all three, one way and another, and a program begins with it."""
        def act():
            client, peer = connected(socket.AF_INET, "127.0.0.1")
            fd = client.fileno()
            os.dup2(fd, 0)
            libc.syscall(DUP3, fd, 1, 0)
            os.close(2)
            os.dup(fd)
            os.close(2)
            fcntl.fcntl(fd, fcntl.F_DUPFD, 2)
            os.dup2(fd, 9)
            fcntl.fcntl(fd, fcntl.F_GETFD)
            facts = fd, ends(client), os.fstat(fd).st_ino
            pid, _ = fork(os.execv, "/bin/true", ["true"])
            client.close()
            peer.close()
            return *facts, pid

        child, events = of_stream("dup", act)
        fd, addresses, inode, pid = child.result
        first = "dup2" if X86 else "dup3"  # Python's os.dup2 asks for close-on-exec where it is to be
        self.assertEqual([(event["call"], event["old_fd"], event["new_fd"]) for event in events],
                         [(first, fd, 0), ("dup3", fd, 1), ("fcntl", fd, 2), ("fcntl", fd, 2)] +
                         [("execve", number, number) for number in range(3)])
        for event in events:
            self.check(event, type="socket", family="AF_INET", socket_type="SOCK_STREAM", protocol=6, path=None,
                       inode=inode, **addresses)
        self.assertEqual([event["pid"] for event in events], [child.pid] * 4 + [pid] * 3)

    def test_v6(self):
        def act():
            client, peer = connected(socket.AF_INET6, "::1")
            with client, peer:
                os.dup2(client.fileno(), 0)
                return ends(client)

        child, events = of_stream("dup", act)
        self.check(self.one(events), family="AF_INET6", **child.result)

    def test_others(self):
        """A pipe, a file, a unix socket; of those only the socket is told when a program begins."""
        path = self.path("file", b"")

        def act():
            os.dup2(os.pipe()[0], 0)
            os.dup2(os.open(path, os.O_RDONLY), 0)
            os.dup2(socket.socketpair()[0].detach(), 2)
            fork(os.execv, "/bin/true", ["true"])

        _, events = of_stream("dup", act)
        self.assertEqual([(event["type"], event["call"] == "execve") for event in events],
                         [("fifo", False), ("regular", False), ("socket", False), ("socket", True)])
        self.check(events[1], path=path, inode=os.stat(path).st_ino, family="AF_UNSPEC", sport=0)
        self.check(events[3], family="AF_UNIX", new_fd=2, dport=0)


class Calls(Case):
    def test_prctl(self):
        def act():
            libc.prctl(15, b"another name", 0, 0, 0)
            return [-raw_prctl(*args) for args in ((4, 0, 0, 0, 0), (38, 1, 0, 0, 0), (35, 1, 2, 3, 4), (4, 77, 0, 0,
                                                                                                         0))]

        def raw_prctl(*args):
            ctypes.set_errno(0)
            libc.prctl(*args)
            return ctypes.get_errno()

        child, events = of_stream("prctl", act)
        self.assertEqual([event["option"] for event in events],
                         ["PR_SET_NAME", "PR_SET_DUMPABLE", "PR_SET_NO_NEW_PRIVS", "PR_SET_MM", "PR_SET_DUMPABLE"])
        self.check(events[0], name="another name", comm="another name", ret=0)
        self.assertEqual([event["ret"] for event in events[1:]], child.result)
        self.check(events[3], arg2=1, arg3=2, arg4=3, arg5=4, name=None)
        self.check(events[4], arg2=77, ret=-EINVAL)

    def test_seccomp(self):
        code = ctypes.create_string_buffer(ALLOW_ALL * 3)
        program = (ctypes.c_uint64 * 2)(3, ctypes.addressof(code))

        def act():
            libc.prctl(38, 1, 0, 0, 0)
            results = [result(SECCOMP, 1, 2, program), result(SECCOMP, 1, 0x8000, program)]
            libc.prctl(22, 2, program, 0, 0)
            return results, eun.read("/proc/self/status")

        child, events = of_stream("seccomp", act)
        results, status = child.result
        self.assertEqual(results, [0, -EINVAL])
        self.assertEqual([(event["call"], event["ret"], event["filters"]) for event in events],
                         [("seccomp", 0, 1), ("seccomp", -EINVAL, 1), ("prctl", 0, 2)])
        for event in events:
            self.check(event, op="SECCOMP_SET_MODE_FILTER", mode="SECCOMP_MODE_FILTER", instructions=3)
        self.check(events[0], flags=["SECCOMP_FILTER_FLAG_LOG"])
        self.assertIn("Seccomp_filters:\t2\n", status)

    def test_personality(self):
        child, events = of_stream("personality", lambda: [libc.personality(0x0040000), libc.personality(-1)])
        self.assertEqual(child.result, [0, 0x40000])
        self.assertEqual([event["ret"] for event in events], child.result)
        self.check(events[0], persona=["ADDR_NO_RANDOMIZE"])

    def test_keyctl(self):
        child, events = of_stream("keyctl", lambda: [result(KEYCTL, 0, -3, 1, 0, 0), result(KEYCTL, 99, 1, 2, 3, 4)])
        self.assertEqual([event["ret"] for event in events], child.result)
        self.check(events[0], operation="KEYCTL_GET_KEYRING_ID", arg2=2**64 - 3)
        self.check(events[1], operation=99, arg2=1, arg3=2, arg4=3, arg5=4)

    def test_perf_event(self):
        """A software clock of its own; one of everybody's, which nobody may not have."""
        def act():
            attr = ctypes.create_string_buffer(struct.pack("<IIQ", 1, 112, 1), 112)
            fd = result(PERF_EVENT_OPEN, attr, 0, -1, -1, 8)
            return fd, fork(lambda: (os.setresuid(NOBODY, NOBODY, NOBODY),
                                     os._exit(-result(PERF_EVENT_OPEN, attr, -1, 0, -1, 0))))

        child, events = of_stream("perf_event", act)
        fd, (pid, status) = child.result
        self.assertEqual([(event["pid"], event["ret"]) for event in events],
                         [(child.pid, fd), (pid, -os.waitstatus_to_exitcode(status))])
        self.check(events[0], type="PERF_TYPE_SOFTWARE", config=1, target_nspid=0, target_cpu=-1, group_fd=-1,
                   flags=["PERF_FLAG_FD_CLOEXEC"])
        self.check(events[1], target_nspid=-1, target_cpu=0, flags=[])
        self.assertGreaterEqual(fd, 0)
        self.assertLess(events[1]["ret"], 0)

    def test_io_uring(self):
        def act():
            params = (ctypes.c_uint32 * 30)()
            params[2] = 1 << 6  # IORING_SETUP_R_DISABLED
            return [result(IO_URING_SETUP, 8, params), result(IO_URING_SETUP, 0, params)]

        child, events = of_stream("io_uring", act)
        if child.result[0] < 0:
            self.skipTest("io_uring can't be had here")
        self.assertEqual([event["ret"] for event in events], child.result)
        self.check(events[0], entries=8, flags=["IORING_SETUP_R_DISABLED"])
        self.check(events[1], entries=0, ret=-EINVAL)

    def test_userfaultfd(self):
        flags = os.O_NONBLOCK | os.O_CLOEXEC
        child, events = of_stream("userfaultfd", lambda: [result(USERFAULTFD, flags | 1), result(USERFAULTFD, 0x10)])
        self.assertEqual([event["ret"] for event in events], child.result)
        self.check(events[0], flags=["UFFD_USER_MODE_ONLY", "O_NONBLOCK", "O_CLOEXEC"])
        self.check(events[1], ret=-EINVAL)


if __name__ == "__main__":
    eun.main()
