# SPDX-License-Identifier: MIT
"""
tcp.dns and tcp.dns_query against a resolver of the test's own: names and numbers are exact, the latency is at least
the resolver's delay and at most what the client measured.
"""
import ctypes
import os
import random
import socket
import struct
import tempfile
import threading
import time
import warnings

import eun
from tcp_case import Case, V4, V6, alone, family, libc

PORT = 53
DELAY = 0.05
A, AAAA, TXT, HTTPS = 1, 28, 16, 65
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
ANSWER, CUT, IN = 0x8000, 0x0200, 1
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000
SYS_SENDMMSG, SYS_RECVMMSG = {"x86_64": (307, 299)}.get(os.uname().machine, (269, 243))
MSG_PEEK = 2


def wire(labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def text(labels):
    """As RFC 1035, 5.1 has it."""
    def shown(byte):
        return chr(byte) if 33 <= byte <= 126 and byte not in b".\\" else f"\\{byte:03}"
    return ".".join("".join(map(shown, label)) for label in labels) or "."


def question(labels, kind):
    return wire(labels) + struct.pack("!HH", kind, IN)


def query(number, labels, kind=A):
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + question(labels, kind)


class Resolver:
    """
    Answers each query after DELAY, once: `rcodes` and `answers` by the name's first label; the label "lost" gets none,
    "cut" one that is marked so, "other" one with another question before.
    """

    def __init__(self, address=V4, port=PORT):
        self.socket = socket.socket(family(address), socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            asked, peer = self.socket.recvfrom(4096)
            first = asked[13:13 + asked[12]]
            if first == b"lost":
                continue
            time.sleep(DELAY)
            if first == b"other":
                self.socket.sendto(asked[:2] + struct.pack("!5H", ANSWER, 1, 0, 0, 0) + question([b"x"], A), peer)
            rcode = {b"none": NXDOMAIN, b"broken": SERVFAIL, b"closed": REFUSED}.get(first, NOERROR)
            count = 0 if rcode else 2
            record = b"\xc0\x0c" + struct.pack("!HHIH4s", A, IN, 60, 4, bytes([192, 0, 2, 7]))
            flags = ANSWER | rcode | (CUT if first == b"cut" else 0)
            self.socket.sendto(asked[:2] + struct.pack("!5H", flags, 1, count, 0, 0) + asked[12:] + record * count, peer)


class Message(ctypes.Structure):
    """struct mmsghdr of one message, and what it points to"""
    _fields_ = [("name", ctypes.c_void_p), ("name_len", ctypes.c_uint64), ("iov", ctypes.c_void_p),
                ("n", ctypes.c_uint64), ("control", ctypes.c_void_p), ("control_len", ctypes.c_uint64),
                ("flags", ctypes.c_uint64), ("len", ctypes.c_uint64)]


def messages(*buffers):
    """(array, what must be kept)"""
    array, kept = (Message * len(buffers))(), []
    for message, buffer in zip(array, buffers):
        iov = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), len(buffer))
        kept += [buffer, iov]
        message.iov, message.n = ctypes.addressof(iov), 1
    return array, kept


class Dns(Case):
    def watch(self, act, *args, sets=(), streams="tcp.dns,tcp.dns_query"):
        """(child, queries, answers)"""
        def enter():
            warnings.simplefilter("ignore", ResourceWarning)
            alone()
            return act(*args)

        child = eun.Child(enter)
        options = [option for value in sets for option in ("--set", "tcp." + value)]
        events = eun.watch(child, "--plugin", "tcp", "--streams", streams, *options)
        return child, eun.of(events, "tcp.dns_query"), eun.of(events, "tcp.dns")

    def ask(self, client, packets):
        """Each in turn; nanoseconds from before it is sent to after its answer is there."""
        took = []
        for packet in packets:
            begin = time.monotonic_ns()
            client.send(packet)
            client.recv(4096)
            took.append(time.monotonic_ns() - begin)
        return took

    def timed(self, event, took, delay=DELAY):
        self.assertGreaterEqual(event["latency_ns"], delay * 10**9, event)
        self.assertLessEqual(event["latency_ns"], took, event)

    def test_fields(self):
        cases = [([b"www", b"example", b"org"], A, NOERROR, 2), ([b"none", b"example"], AAAA, NXDOMAIN, 0),
                 ([b"broken"], TXT, SERVFAIL, 0), ([b"closed"], HTTPS, REFUSED, 0), ([b"cut"], 4711, NOERROR, 2)]
        for address, ip in ((V4, 4), (V6, 6)):
            def act():
                server = Resolver(address)
                client = socket.socket(family(address), socket.SOCK_DGRAM)
                client.connect((address, PORT))
                took = self.ask(client, [query(900 + i, labels, kind) for i, (labels, kind, *_) in enumerate(cases)])
                return took, client.getsockname()[1], server.socket.fileno()

            child, asked, answered = self.watch(act)
            took, port, _ = child.result
            self.assertEqual(len(asked), len(cases))
            self.assertEqual(len(answered), len(cases))
            names = {A: "A", AAAA: "AAAA", TXT: "TXT", HTTPS: "HTTPS", 4711: 4711}
            codes = {NOERROR: "NOERROR", SERVFAIL: "SERVFAIL", NXDOMAIN: "NXDOMAIN", REFUSED: "REFUSED"}
            for i, (labels, kind, rcode, count) in enumerate(cases):
                for event in (asked[i], answered[i]):
                    self.check(event, pid=child.pid, id=900 + i, type=names[kind], name=text(labels), ip=ip,
                               saddr=address, daddr=address, sport=port, dport=PORT, addr_source="kernel",
                               event_flags=[])
                self.check(answered[i], rcode=codes[rcode], answers=count, tries=1, truncated=labels[0] == b"cut")
                self.timed(answered[i], took[i])

    def test_names(self):
        """Bytes of every kind, the longest name, the root."""
        every = [bytes(range(at, min(at + 63, 256))) for at in range(0, 256, 63)]
        cases = [[], [b"a"], [b"a.b", b"c\\d"], [b"\0\xff \"'"], [b"x" * 63] * 3 + [b"y" * 61], [b"z"] * 127,
                 every[:3], every[3:], ["é中".encode()], [b"-" * 62, b"\x80" * 63, b"\x80" * 63, b"\x80" * 62]]

        def act():
            server = Resolver()
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.connect((V4, PORT))
            self.ask(client, [query(i, labels) for i, labels in enumerate(cases)])
            return server.socket.fileno()

        _, asked, answered = self.watch(act)
        want = [text(labels) for labels in cases]
        self.assertEqual([event["name"] for event in asked], want)
        self.assertEqual([event["name"] for event in answered], want)
        self.assertEqual([event["type"] for event in answered], ["A"] * len(cases))

    def test_unanswered(self):
        """A lost answer leaves the query; one that is sent again is one, with the time since the first."""
        def act():
            server = Resolver()
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.connect((V4, PORT))
            client.send(query(1, [b"lost", b"example"]))
            begin = time.monotonic_ns()
            for _ in range(3):
                client.send(query(2, [b"again"]))
                time.sleep(DELAY / 5)
            client.recv(4096)
            took = time.monotonic_ns() - begin
            client.recv(4096)
            client.recv(4096)
            client.send(query(3, [b"other"]))
            client.recv(4096)
            client.recv(4096)
            return took, server.socket.fileno()

        child, asked, answered = self.watch(act)
        self.assertEqual([(event["id"], event["name"]) for event in asked],
                         [(1, "lost.example")] + [(2, "again")] * 3 + [(3, "other")])
        self.assertEqual([(event["id"], event["name"], event["tries"]) for event in answered],
                         [(2, "again", 3), (3, "other", 1)])
        self.timed(answered[0], child.result[0])

    def test_unconnected(self):
        """Two servers, one socket: the server is the one that the call names."""
        def act():
            one, other = Resolver(V4), Resolver("127.0.0.2")
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for number, address in ((1, V4), (2, "127.0.0.2"), (3, V4)):
                client.sendto(query(number, [b"a%d" % number]), (address, PORT))
                client.recvfrom(4096)
            return one.socket.fileno(), other.socket.fileno()

        _, asked, answered = self.watch(act)
        for events in (asked, answered):
            self.assertEqual([(event["name"], event["daddr"], event["dport"], event["addr_source"])
                              for event in events],
                             [("a1", V4, PORT, "user"), ("a2", "127.0.0.2", PORT, "user"), ("a3", V4, PORT, "user")])

    def test_calls(self):
        """Every call that sends, and every one that receives."""
        def act():
            server = Resolver()
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.connect((V4, PORT))
            fd = client.fileno()
            inside, kept = messages(ctypes.create_string_buffer(512), ctypes.create_string_buffer(512))

            def recvmmsg():
                assert libc.syscall(SYS_RECVMMSG, fd, inside, 1, 0, None) == 1

            receives = [lambda: client.recv(512), lambda: os.read(fd, 512), lambda: client.recvmsg(512),
                        lambda: client.recvmsg_into([bytearray(512)]), lambda: os.readv(fd, [bytearray(512)]), recvmmsg]
            sends = [client.send, lambda data: os.write(fd, data), lambda data: os.writev(fd, [data]),
                     lambda data: client.sendmsg([data]), client.send, client.send]
            for number, (send, receive) in enumerate(zip(sends, receives)):
                send(query(number, [b"call%d" % number]))
                client.recv(512, MSG_PEEK)
                receive()
            pair = [ctypes.create_string_buffer(data, len(data)) for data in
                    (query(10, [b"both"], A), query(11, [b"both"], AAAA))]
            outside, also_kept = messages(*pair)
            assert libc.syscall(SYS_SENDMMSG, fd, outside, 2, 0) == 2
            recvmmsg()
            recvmmsg()
            return server.socket.fileno(), len(kept), len(also_kept)

        _, asked, answered = self.watch(act)
        want = [(number, f"call{number}", "A") for number in range(6)] + [(10, "both", "A"), (11, "both", "AAAA")]
        for events in (asked, answered):
            self.assertEqual([(event["id"], event["name"], event["type"]) for event in events], want)

    def test_glibc(self):
        """The C library's resolver asks for both kinds of address at once, and gets what the events say."""
        def act():
            if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
                raise OSError(ctypes.get_errno(), "unshare")
            with tempfile.NamedTemporaryFile("w", encoding="ascii") as conf:
                conf.write(f"nameserver {V4}\noptions timeout:5 attempts:1\n")
                conf.flush()
                if libc.mount(conf.name.encode(), b"/etc/resolv.conf", None, MS_BIND, None):
                    raise OSError(ctypes.get_errno(), "mount")
                server = Resolver()
                begin = time.monotonic_ns()
                found = socket.getaddrinfo("some-host.example.test", None, socket.AF_INET, socket.SOCK_DGRAM)
                took = time.monotonic_ns() - begin
                try:
                    socket.getaddrinfo("none.example.test", None, type=socket.SOCK_DGRAM)
                    assert False, "a name that there isn't was found"
                except socket.gaierror:
                    pass
            return found[0][4][0], took, server.socket.fileno()

        child, asked, answered = self.watch(act)
        address, took, _ = child.result
        self.assertEqual(address, "192.0.2.7")
        seen = [(event["name"], event["type"], event["rcode"]) for event in answered]
        self.assertEqual(seen[0], ("some-host.example.test", "A", "NOERROR"))
        self.assertEqual(sorted(seen[1:]), [("none.example.test", kind, "NXDOMAIN") for kind in ("A", "AAAA")])
        self.assertEqual(len(asked), 3)
        self.timed(answered[0], took)

    def test_no_dns(self):
        """Other ports, answers to nobody, what is too short, not a query, without an end or looks back."""
        def act():
            server, far = Resolver(), Resolver(port=5300)
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.connect((V4, 5300))
            self.ask(client, [query(1, [b"far"])])
            silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            silent.bind(("127.0.0.3", PORT))
            whole = query(2, [b"label"])
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.connect(("127.0.0.3", PORT))
            for packet in (b"", b"x", whole[:12], whole[:-1], whole[:-5], whole[:12] + b"\xc0\x0c\0\1\0\1",
                           whole[:12] + b"\x40" + whole[13:], whole[:12] + b"\x3f" * 400,
                           whole[:4] + b"\0\0" + whole[6:], whole[:2] + b"\x81\0" + whole[4:],
                           whole[:2] + b"\x29\0" + whole[4:]):
                client.send(packet)
            silent.sendto(whole[:2] + b"\x81\0" + whole[4:], client.getsockname())
            client.recv(512)
            return server.socket.fileno(), far.socket.fileno()

        _, asked, answered = self.watch(act)
        self.assertEqual((asked, answered), ([], []))
        _, asked, answered = self.watch(act, sets=["dns_port=5300"])
        self.assertEqual([event["name"] for event in asked + answered], ["far", "far"])

    def test_garbage(self):
        """Random bytes break nothing, and what is a query among them is one."""
        def act():
            chance = random.Random(7)
            silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            silent.bind((V4, PORT))
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.connect((V4, PORT))
            for i in range(3000):
                size = chance.randrange(600)
                data = bytearray(chance.randbytes(size))
                if i % 2 and size > 12:
                    data[2:6] = b"\1\0\0\1"
                client.send(data)
                silent.recv(1000)
            client.send(query(9, [b"last"]))

        _, asked, answered = self.watch(act)
        self.assertEqual(asked[-1]["name"], "last")
        self.assertEqual(answered, [])

    def test_tool(self):
        def act():
            server = Resolver()
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.connect((V4, PORT))
            self.ask(client, [query(1, [b"www", b"example"]), query(2, [b"none"], AAAA)])
            far = Resolver(port=5300)
            client.connect((V4, 5300))
            self.ask(client, [query(3, [b"far"])])
            return server.socket.fileno(), far.socket.fileno()

        def rows(*args):
            warnings.simplefilter("ignore", ResourceWarning)
            child = eun.Child(lambda: alone() or act())
            run = eun.Run("run", "dnssnoop", *args, "-p", child.pid, fmt="text").started()
            child.go()
            child.wait()
            table = [line.split() for line in run.end().splitlines()]
            if "CONTAINER" in table[0]:  # where there are any
                column = table[0].index("CONTAINER")
                table = [row[:column] + row[column + 1:] for row in table]
            return child, table

        child, (head, *table) = rows()
        self.assertEqual(head, ["TIME", "PID", "COMM", "SERVER", "QTYPE", "NAME", "RCODE", "LAT_MS"])
        with open("/proc/self/comm", encoding="utf-8") as file:
            comm = file.read().strip()
        self.assertEqual([row[1:7] for row in table],
                         [[str(child.pid), comm, V4, "A", "www.example", "NOERROR"],
                          [str(child.pid), comm, V4, "AAAA", "none", "NXDOMAIN"]])
        for row in table:
            self.assertTrue(DELAY * 1000 <= float(row[7]) < 60000, row)
        self.assertEqual([row[5] for row in rows("-x")[1][1:]], ["none"])
        self.assertEqual(rows("--min-ms", 60000)[1][1:], [])
        self.assertEqual([row[5] for row in rows("-P", 5300)[1][1:]], ["www.example", "none", "far"])


if __name__ == "__main__":
    eun.main()
