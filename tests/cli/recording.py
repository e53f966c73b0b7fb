# SPDX-License-Identifier: MIT
"""Recordings made by hand, as docs/recording.md describes the format; and two streams to fill them with."""
import struct
import zlib

META, STREAM, START, RECORD, TEXT, LOST, MARK, END, PROCESS, FORGOT, CONTAINER = range(1, 12)
# enum eun_type
U16, U32, U64, CHARS, PATH, ENUM, ERRNO = 2, 3, 4, 11, 14, 17, 19
# flags of fields and of streams
USER, SUM, ERROR = 1, 2, 4
DEFAULT, AGGREGATE = 1, 4

HEAD = struct.Struct("<QQHHIIIIIIIII16s")
BOOT = 3600123456789
CLOCK = 1795511472000000000  # BOOT is 2026-11-24T10:11:12.123456789Z


def text(value):
    if value is None:
        return struct.pack("<I", 0)
    value = value.encode() + b"\0"
    return struct.pack("<I", len(value)) + value


class Recording:
    def __init__(self, version=2, **metas):
        self.data = bytearray(b"EUNREC%d\n" % version)
        self.records = self.lost = 0
        self.cuts = []  # where a chunk ends
        for key, value in metas.items():
            self.chunk(META, text(key.replace("__", ".")) + text(str(value)))

    def chunk(self, kind, payload):
        head = struct.pack("<II", kind, len(payload))
        self.data += head + struct.pack("<I", zlib.crc32(head + payload)) + payload
        self.cuts.append(len(self.data))
        return self

    def stream(self, number, name, size, flags, columns, fields, version=1):
        payload = struct.pack("<HIII", number, version, size, flags)
        payload += text(name) + text(columns) + text(None) + text("a stream of the test")
        payload += struct.pack("<I", len(fields))
        for field, kind, field_flags, offset, width, labels in fields:
            payload += struct.pack("<HHII", kind, field_flags, offset, width) + text(field) + text("a field")
            payload += struct.pack("<I", len(labels))
            for value, label in labels:
                payload += struct.pack("<Q", value) + text(label)
        return self.chunk(STREAM, payload)

    def start(self, clock=CLOCK):
        return self.chunk(START, struct.pack("<qI", clock, 0))

    def record(self, stream, fixed, tail=b"", time=BOOT, pid=100, comm=b"cat", uid=0):
        length = HEAD.size + len(fixed) + len(tail)
        head = HEAD.pack(time, 77, stream, 0, length, 1, pid, pid, 99, uid, 0, 4026531836, 4026531841, comm)
        self.records += 1
        return self.chunk(RECORD, head + fixed + tail)

    def losses(self, stream, count, time=BOOT):
        self.lost += count
        return self.chunk(LOST, struct.pack("<HQQ", stream, time, count))

    def mark(self, time):
        return self.chunk(MARK, struct.pack("<Q", time))

    def process(self, serial, pid, exe, argv, parent=(0, 0), start=BOOT - 5000, comm=b"comm"):
        """parent: its serial and pid"""
        argv = b"\0".join(argv)
        payload = struct.pack("<QIIQQI16s", serial, pid, parent[1], start, *parent, comm)
        return self.chunk(PROCESS, payload + text(exe) + struct.pack("<I", len(argv) + 1) + argv)

    def forgot(self, serial, pid):
        return self.chunk(FORGOT, struct.pack("<QI", serial, pid))

    def container(self, cgroup, state, *texts):
        """texts: id, name, image, runtime, pod, its namespace"""
        return self.chunk(CONTAINER, struct.pack("<QI", cgroup, state) + b"".join(map(text, texts)))

    def end(self):
        return self.chunk(END, struct.pack("<QQQ", self.records, self.lost, len(self.data)))


OPEN, IO = 7, 9  # numbers in the file, which are nobody else's


def begin(*streams, **metas):
    """OPEN: demo.open, an event with a path and a result. IO: demo.io, rows of an aggregate."""
    r = Recording(hostname="here", **metas)
    if OPEN in streams:
        r.stream(OPEN, "demo.open", 88, DEFAULT, "path,kind,ret",
                 [("ret", ERRNO, ERROR, 72, 4, []), ("fd", U32, 0, 76, 4, []),
                  ("kind", ENUM, 0, 80, 2, [(1, "file"), (2, "dir")]), ("path", PATH, USER, 84, 4, [])])
    if IO in streams:
        r.stream(IO, "demo.io", 104, AGGREGATE, "name,count,bytes",
                 [("count", U64, SUM, 72, 8, []), ("bytes", U64, SUM, 80, 8, []), ("name", CHARS, 0, 88, 16, [])])
    return r.start()


def add_open(r, path, ret=0, fd=3, kind=1, **head):
    path = path.encode() if isinstance(path, str) else path
    reference = 88 | len(path) << 16
    return r.record(OPEN, struct.pack("<iIHHI", ret, fd, kind, 0, reference), path, **head)


def add_io(r, name, count, size, **head):
    return r.record(IO, struct.pack("<QQ16s", count, size, name.encode()), **head)
