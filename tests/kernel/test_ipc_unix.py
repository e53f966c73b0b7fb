# SPDX-License-Identifier: MIT
"""Unix sockets: their addresses, who is at the other end, what goes through; ss as an oracle."""
import ctypes
import errno
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import unittest

import eun
import live
from ipc_case import *

SS = shutil.which("ss")
STREAM, DGRAM, SEQPACKET = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
TYPES = {STREAM: "stream", DGRAM: "dgram", SEQPACKET: "seqpacket"}
ALL = "ipc.unix,ipc.unix_message"
NOBODY = 65534
ACCEPT4 = 288


def unix(call, fd, node, **fields):
    return event("ipc.unix", call=call, fd=fd, id=node, **fields)


def moved(call, fd, node, size, **fields):
    return event("ipc.unix_message", **{"call": call, "fd": fd, "id": node, "bytes": size, "ret": size, **fields})


class Sockets(Case):
    def setUp(self):
        super().setUp()
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-ipc."))
        self.addCleanup(shutil.rmtree, self.top)

    def conversation(self, kind, address, shown, path):
        """A server and two clients in one process; the second comes by another process of another user."""
        def act():
            os.chdir(self.top)
            server, client = socket.socket(socket.AF_UNIX, kind), socket.socket(socket.AF_UNIX, kind)
            server.bind(address)
            server.listen(3)
            client.connect(address)
            serving, _ = server.accept()
            client.send(b"hello")
            serving.recv(100)
            serving.sendmsg([b"good", b"bye"])
            client.recvmsg(100)
            os.chmod(self.top, 0o755)
            if not shown.startswith("@"):
                os.chmod(address, 0o777)
            other = os.fork()
            if not other:
                os.seteuid(NOBODY)
                with socket.socket(socket.AF_UNIX, kind) as his:
                    his.connect(address)
                    his.recv(1)  # until the end
                os._exit(0)
            his, _ = server.accept()
            result = [(each.fileno(), inode(each.fileno())) for each in (server, client, serving, his)]
            his.close()
            os.waitpid(other, 0)
            return other, result

        def wanted(result, child):
            other, (server, client, serving, his) = result
            kind_ = {"type": TYPES[kind]}
            place = {"name": shown, "path": path, **kind_}
            me = {"peer_pid": child.pid, "peer_comm": "python3"}
            accepted = {"call": "accept4", "fd": server[0], **place}
            here, there = {**me, **kind_, "peer_id": client[1]}, {**me, **kind_, "peer_id": serving[1], "name": shown}
            return [
                unix("bind", *server, **place), unix("listen", *server, **place),
                unix("connect", *client, **place, **me),
                event("ipc.unix", **accepted, id=serving[1], other_fd=serving[0], ret=serving[0], peer_id=client[1],
                      **me),
                moved("sendto", *client, 5, **there), moved("recvfrom", *serving, 5, **here),
                moved("sendmsg", *serving, 7, **here), moved("recvmsg", *client, 7, **there),
                event("ipc.unix", **accepted, id=his[1], other_fd=his[0], ret=his[0], peer_pid=other,
                      peer_comm="python3", peer_uid=NOBODY, peer_id=None),
            ]

        return act, wanted

    def converse(self, kind, address, shown, path=None):
        act, wanted = self.conversation(kind, address, shown, path)
        child = Child(act)
        found = eun.watch(child, "--plugin", "ipc", "--streams", ALL)
        wanted = wanted(child.result, child)
        self.assertEqual(len(wanted), len(found), found)
        wanted[-1]["peer_id"] = found[-1]["peer_id"]  # of a process that is not watched
        self.assertEqual(wanted, [own(each) for each in found])

    def test_stream(self):
        os.mkdir(self.top + "/sub")
        os.symlink("sub", self.top + "/link")
        given = self.top + "/link/../link/sock"
        self.converse(STREAM, given, given, self.top + "/sub/sock")

    def test_newline(self):
        shown = "new\nline \ufffd\x1b[31m"
        self.converse(STREAM, b"new\nline \xff\x1b[31m", shown, f"{self.top}/{shown}")

    def test_longest(self):
        path = (self.top + "/" + "x" * 107)[:107]
        self.converse(STREAM, path, path, path)

    def test_unterminated(self):
        """One byte more is a path too, without a NUL."""
        path = (self.top + "/" + "x" * 108)[:108]

        def act():
            server = socket.socket(socket.AF_UNIX)
            address = struct.pack("H108s", socket.AF_UNIX, path.encode())
            return server.fileno(), inode(server.fileno()), libc.bind(server.fileno(), address, len(address))

        def wanted(result, _):
            fd, node, ret = result
            self.assertEqual(0, ret)
            return [unix("bind", fd, node, name=path, path=path)]

        self.expect(act, wanted, streams="ipc.unix")

    def test_abstract(self):
        name = f"eunomia\0.{os.getpid()}\0\0\n"
        self.converse(SEQPACKET, "\0" + name, "@" + name.replace("\0", "@"))

    def test_abstract_longest(self):
        name = f"{os.getpid()}".ljust(107, "\0")
        self.converse(STREAM, "\0" + name, "@" + name.replace("\0", "@"))

    def test_dgram(self):
        def act():
            os.chdir(self.top)
            one, two, none = (socket.socket(socket.AF_UNIX, DGRAM) for _ in range(3))
            one.bind("one")
            two.bind(b"\0two%d" % os.getpid())
            none.sendto(b"a", "one")
            two.connect("one")
            two.send(b"bc")
            two.sendmsg([b"def"], [], 0, "one")
            none.sendmsg([b"gh", b"ij"], [], socket.MSG_DONTWAIT, "one")
            sizes = [len(one.recv(10)) for _ in range(4)]
            try:
                none.sendto(b"x", "missing")
            except FileNotFoundError:
                pass
            return [(each.fileno(), inode(each.fileno())) for each in (one, two, none)], sizes

        def wanted(result, child):
            (one, two, none), sizes = result
            self.assertEqual([1, 2, 3, 4], sizes)
            kind = {"type": "dgram"}
            to_one = {"name": "one", "peer_id": one[1], **kind}
            path = {"path": self.top + "/one"}
            return [unix("bind", *one, name="one", **kind, **path), unix("bind", *two, name=f"@two{child.pid}", **kind),
                    moved("sendto", *none, 1, name="one", **kind), unix("connect", *two, **to_one, **path),
                    moved("sendto", *two, 2, **to_one), moved("sendmsg", *two, 3, **to_one),
                    moved("sendmsg", *none, 4, name="one", flags=["MSG_DONTWAIT"], **kind),
                    *(moved("recvfrom", *one, size, **kind) for size in sizes),
                    moved("sendto", *none, 0, ret=-errno.ENOENT, name="missing", **kind)]

        self.expect(act, wanted, streams=ALL)

    def test_pair(self):
        """read and write are messages too; those of other files and sockets are nobody's, and not counted."""
        def act():
            one, two = socket.socketpair()
            os.write(one.fileno(), b"hello")
            os.readv(two.fileno(), [bytearray(2), bytearray(9)])
            os.writev(two.fileno(), [b"a", b"bc"])
            os.read(one.fileno(), 2)
            two.close()
            results = []
            for act in (lambda: os.write(one.fileno(), b"x"), lambda: one.recv(9)):
                try:
                    results.append(len(act()))
                except OSError as error:
                    results.append(-error.errno)
            out, into = os.pipe()
            os.write(into, b"pipe")
            os.read(out, 4)
            with socket.socket() as inet, socket.socket() as client:
                inet.bind(("127.0.0.1", 0))
                inet.listen()
                client.connect(inet.getsockname())
                served, _ = inet.accept()
                client.send(b"tcp")
                served.recv(3)
                served.close()
            return one.fileno(), inode(one.fileno()), results

        child = Child(act)
        run = eun.Run("--plugin", "ipc", "--streams", ALL, "--stats", "-p", child.pid).started()
        child.go()
        fd, node, results = child.wait()
        found = run.end()
        counts = live.accounts(run.said.splitlines())["ipc.unix_message"]
        self.assertEqual((6, 6), (counts["sent"], counts["seen"] - counts["not_target"]))
        self.assertEqual([-errno.EPIPE, 1], results)
        pair = found[0]
        me = {"peer_pid": child.pid, "peer_comm": "python3"}
        one, two = (fd, node), (pair["other_fd"], pair["peer_id"])
        from_one, from_two = {"peer_id": two[1], **me}, {"peer_id": one[1], **me}
        self.assertEqual([
            unix("socketpair", *one, other_fd=two[0], **from_one),
            moved("write", *one, 5, **from_one), moved("readv", *two, 5, **from_two),
            moved("writev", *two, 3, **from_two), moved("read", *one, 2, **from_one),
            moved("write", *one, 0, ret=-errno.EPIPE, **me), moved("recvfrom", *one, 1, **me),
        ], [own(each) for each in found])

    def test_several(self):
        """sendmmsg and recvmmsg: bytes are those of all messages."""
        class Header(ctypes.Structure):
            _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_int), ("iov", ctypes.c_void_p),
                        ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                        ("flags", ctypes.c_long), ("len", ctypes.c_long)]

        def act():
            one, two = socket.socketpair(type=DGRAM)
            for pair in (one, two):
                pair.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            results = []
            for count in (1, 3, 5):
                texts = [ctypes.create_string_buffer(100 + i) for i in range(count)]
                parts = [(ctypes.c_size_t * 2)(ctypes.addressof(text), 100 + i) for i, text in enumerate(texts)]
                headers = (Header * count)(*(Header(iov=ctypes.addressof(part), iovlen=1) for part in parts))
                results += [call("sendmmsg", one.fileno(), headers, count, socket.MSG_DONTWAIT),
                            call("recvmmsg", two.fileno(), headers, count, socket.MSG_DONTWAIT,
                                 None)]
            return results

        child = Child(act)
        found = eun.watch(child, "--plugin", "ipc", "--streams", "ipc.unix_message")
        counts = [1, 1, 3, 3, 5, 5]
        self.assertEqual(counts, child.result)
        self.assertEqual([(("sendmmsg", "recvmmsg")[i % 2], count, sum(range(100, 100 + count)))
                          for i, count in enumerate(counts)],
                         [(each["call"], each["ret"], each["bytes"]) for each in found])

    def test_interrupted(self):
        """An accept that a signal makes to begin again is one."""
        def act():
            with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
                server.bind("")
                server.listen()
                signal.signal(signal.SIGVTALRM, lambda *_: client.connect(server.getsockname()))
                pid = os.fork()
                if not pid:
                    while eun.read(f"/proc/{os.getppid()}/syscall").split()[0] != str(ACCEPT4):
                        os.sched_yield()
                    os.kill(os.getppid(), signal.SIGVTALRM)
                    os._exit(0)
                server.accept()[0].close()
                os.waitpid(pid, 0)

        child = Child(act)
        found = eun.watch(child, "--plugin", "ipc", "--streams", "ipc.unix")
        self.assertEqual([("bind", True), ("listen", True), ("connect", True), ("accept4", True)],
                         [(each["call"], each["ret"] >= 0) for each in found])

    def test_failures(self):
        def act():
            os.chdir(self.top)
            open("file", "w").close()
            results, fds = [], []
            steps = [("connect", "missing"), ("connect", "\0missing\0"), ("connect", "file"), ("bind", "file"),
                     ("bind", ""), ("connect", "")]
            for name, address in steps:
                one = socket.socket(socket.AF_UNIX)
                fds.append((one.fileno(), inode(one.fileno())))
                try:
                    getattr(one, name)(address)
                    results.append(0)
                except OSError as error:
                    results.append(-error.errno)
                if name == "bind" and not address:
                    given = one.getsockname().decode().replace("\0", "@")
                one.detach()
            server = socket.socket(socket.AF_UNIX)
            server.bind("server")
            server.listen(0)
            server.setblocking(False)
            try:
                server.accept()
            except BlockingIOError:
                pass
            client = socket.socket(socket.AF_UNIX)
            client.connect("server")
            for again in (lambda: server.bind("other"), lambda: client.connect("other")):
                try:
                    again()
                except OSError as error:
                    results.append(-error.errno)
            fds.append((client.fileno(), inode(client.fileno())))
            return results, fds, given, (server.fileno(), inode(server.fileno()))

        def wanted(result, child):
            results, fds, given, server = result
            client = fds.pop()
            self.assertEqual([-errno.ENOENT, -errno.ECONNREFUSED, -errno.ECONNREFUSED, -errno.EADDRINUSE, 0,
                              -errno.EINVAL, -errno.EINVAL, -errno.ENOENT], results)
            shown = ["missing", "@missing@", "file", "file", given, None]
            calls = ["connect", "connect", "connect", "bind", "bind", "connect"]
            place = {"name": "server", "path": self.top + "/server"}
            me = {"peer_pid": child.pid, "peer_comm": "python3"}
            return [*(unix(name, *fd, name=text, ret=ret) for name, fd, text, ret in zip(calls, fds, shown, results)),
                    unix("bind", *server, **place), unix("listen", *server, **place),
                    unix("accept4", *server, **place, ret=-errno.EAGAIN), unix("connect", *client, **place, **me),
                    unix("bind", *server, name="other", ret=-errno.EINVAL),
                    unix("connect", *client, name="other", ret=-errno.ENOENT, **me)]

        self.expect(act, wanted, streams="ipc.unix")


class Oracle(Case):
    @unittest.skipUnless(SS, "no ss here")
    def test_ss(self):
        """Each connected pair, as ss shows it while it lives: both inode numbers, and the server's name."""
        name = f"@eunomia.{os.getpid()}"

        def act():
            server = socket.socket(socket.AF_UNIX)
            server.bind("\0" + name[1:])
            server.listen(9)
            clients, served = [], []
            for _ in range(5):
                clients.append(socket.socket(socket.AF_UNIX))
                clients[-1].connect("\0" + name[1:])
                served.append(server.accept()[0])
            return subprocess.run([SS, "-xpH"], capture_output=True, text=True, check=True).stdout

        child = Child(act)
        found = eun.watch(child, "--plugin", "ipc", "--streams", "ipc.unix", "--filter", "call = accept4")
        ours = [(each["name"], each["id"], each["peer_id"], each["other_fd"]) for each in found]
        theirs = []
        for line in child.result.splitlines():
            match = re.search(rf"(\S+) (\d+) +\* (\d+) +users:.*pid={child.pid},fd=(\d+)", line)
            if match and match[1] == name:
                theirs.append((match[1], int(match[2]), int(match[3]), int(match[4])))
        self.assertEqual(5, len(ours))
        self.assertEqual(sorted(theirs), sorted(ours))


if __name__ == "__main__":
    eun.main()
