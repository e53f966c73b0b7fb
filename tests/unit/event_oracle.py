# SPDX-License-Identifier: MIT
"""Reads what the writers wrote with Python's own json, csv, ipaddress and errno, and compares with the raw records.

Lines on stdin, words separated by spaces, bytes in hex:
  clock OFFSET
  field NAME TYPE OFFSET SIZE      (own fields; the header's are known here)
  label FIELD VALUE NAME
  record BYTES JSON CSV WIDE
  end COUNT
"""
import csv
import datetime
import errno
import io
import ipaddress
import json
import re
import struct
import sys

HEADER = [
    ("time", "time", 0, 8), ("stream", "stream", 16, 2), ("event_flags", "flags", 18, 2), ("cpu", "u32", 24, 4),
    ("pid", "u32", 28, 4), ("tid", "u32", 32, 4), ("ppid", "u32", 36, 4), ("uid", "u32", 40, 4), ("gid", "u32", 44, 4),
    ("comm", "chars", 56, 16), ("cgroup", "u64", 8, 8), ("pidns", "u32", 48, 4), ("mntns", "u32", 52, 4),
]
EVENT_FLAGS = ["ia32", "container", "not_actor", "truncated", "args_changed", "chrooted", "unreachable"]
FAMILIES = {0: "unspec", 1: "unix", 2: "inet", 10: "inet6", 16: "netlink", 17: "packet", 31: "bluetooth", 38: "alg",
            40: "vsock", 44: "xdp"}
# What Python has no name for.
KERNEL_ERRNO = {133: "EHWPOISON", 512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 515: "ENOIOCTLCMD",
                516: "ERESTART_RESTARTBLOCK", 517: "EPROBE_DEFER", 518: "EOPENSTALE", 519: "ENOPARAM"}
INTEGERS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "s8": "b", "s16": "h", "s32": "i", "s64": "q", "errno": "i",
            "bool": "B", "time": "Q", "caps": "Q"}
BY_SIZE = {1: "B", 2: "H", 4: "I", 8: "Q"}

fields, labels, clock = list(HEADER), {"event_flags": [(1 << i, n) for i, n in enumerate(EVENT_FLAGS)]}, 0


def cap_names():
    names = {}
    with open("/usr/include/linux/capability.h", encoding="ascii") as header:
        for name, number in re.findall(r"^#define (CAP_[A-Z_]+)\s+(\d+)$", header.read(), re.M):
            names[int(number)] = name
    assert len(names) > 40, names
    return names


CAPS = cap_names()


def rfc3339(ns):
    second, rest = divmod(ns, 10**9)
    day = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=second)
    return f"{day.year:04}-{day:%m-%dT%H:%M:%S}.{rest:09}Z"


def address(raw):
    ip = ipaddress.IPv6Address(raw)
    return ip.ipv4_mapped or ip


def raw_value(record, kind, offset, size):
    """The value of a field as Python sees it: int, bytes, a list; None when there is none."""
    if kind in INTEGERS:
        return struct.unpack_from("<" + INTEGERS[kind], record, offset)[0]
    if kind in ("enum", "flags"):
        return struct.unpack_from("<" + BY_SIZE[size], record, offset)[0]
    if kind == "chars":
        return record[offset:offset + size].split(b"\0")[0]
    if kind in ("string", "strings", "path", "bytes"):
        at, length = struct.unpack_from("<HH", record, offset)
        if not at or at + length > len(record):
            return None
        text = record[at:at + length]
        if kind != "strings":
            return text
        return (text[:-1] if text.endswith(b"\0") else text).split(b"\0") if text else []
    if kind in ("u64s", "hist", "stack"):
        return list(struct.unpack_from(f"<{size // 8}Q", record, offset))
    return record[offset:offset + size]


def text(raw):
    return raw.decode("utf-8", "replace")


def flag_names(name, value):
    names = []
    for mask, label in labels.get(name, []):
        if mask and value & mask == mask:
            names.append(label)
            value &= ~mask
    return names + ([hex(value)] if value else [])


def sockaddr(raw):
    port, family, scope = struct.unpack_from("<HHI", raw, 16)
    addr = address(raw[:16])
    shown = str(addr) + (f"%{scope}" if scope and addr.version == 6 else "")
    return shown if family in (2, 10) else None, port, FAMILIES.get(family, family)


def json_value(name, kind, value):
    if value is None:
        return None
    if kind == "bool":
        return bool(value)
    if kind == "time":
        return rfc3339((value + clock) % 2**64)
    if kind in ("chars", "string", "path"):
        return text(value)
    if kind == "strings":
        return [text(v) for v in value]
    if kind == "ip":
        return str(address(value))
    if kind == "sockaddr":
        return [("addr", sockaddr(value)[0]), ("port", sockaddr(value)[1]), ("family", sockaddr(value)[2])]
    if kind == "enum":
        return next((label for v, label in labels[name] if v == value), value)
    if kind == "flags":
        return flag_names(name, value)
    if kind == "caps":
        return [CAPS.get(bit, bit) for bit in range(64) if value >> bit & 1]
    if kind == "bytes":
        return value.hex()
    if kind == "hist":
        return [("slots", [[("lo", 1 << i if i else 0), ("hi", (2 << i) - 1), ("count", n)]
                           for i, n in enumerate(value) if n])]
    if kind == "stack":
        return [hex(n) for n in (value[:value.index(0)] if 0 in value else value)]
    return value


def expected(record, stream):
    pairs = []
    for name, kind, offset, size in fields:
        value = stream if kind == "stream" else json_value(name, kind, raw_value(record, kind, offset, size))
        pairs.append(("ts" if name == "time" else name, value))
    container = struct.unpack_from("<H", record, 18)[0] & 2
    pairs.append(("container", [("id", None), ("name", None), ("image", None), ("runtime", None),
                                ("state", "pending")] if container else None))
    return pairs


def no_control(line):
    for c in line:
        code = ord(c)
        assert code >= 32 and not 127 <= code <= 159, f"control character {code:#x} in {line!r}"
        assert not (0x202a <= code <= 0x202e or 0x2066 <= code <= 0x2069), f"{code:#x} in {line!r}"


def unescape(shown):
    """Text output backwards: the bytes it was made of."""
    def one(match):
        e = match.group(1)
        if e[0] == "x":
            return bytes([int(e[1:], 16)])
        if e[0] == "u":
            return chr(int(e[1:], 16)).encode()
        return {"n": b"\n", "t": b"\t", "r": b"\r", "\\": b"\\", '"': b'"'}[e]
    out, at = b"", 0
    for match in re.finditer(r'\\(x[0-9a-f]{2}|u[0-9a-f]{4}|[ntr\\"])', shown):
        assert "\\" not in shown[at:match.start()], shown
        out += shown[at:match.start()].encode() + one(match)
        at = match.end()
    assert "\\" not in shown[at:], shown
    return out + shown[at:].encode()


def unquote(shown):
    return shown[1:-1] if shown.startswith('"') else shown


def arguments(shown):
    """What joined arguments were: words, or "quoted" ones."""
    found = []
    while shown:
        match = re.match(r'("(?:[^"\\]|\\.)*"|[^ "]+)( |$)', shown)
        assert match, shown
        found.append(unescape(unquote(match.group(1))))
        shown = shown[match.end():]
    return found


def errno_number(shown):
    """Of a name: some have two names."""
    known = getattr(errno, shown, None) or {name: n for n, name in KERNEL_ERRNO.items()}.get(shown)
    return -known if known else int(shown)


def check_text(name, kind, value, shown, pair):
    """`shown`, of a CSV cell or of the value in a pair, says `value`."""
    if kind == "strings":
        if pair and shown.startswith('"'):
            shown = re.sub(r"\\(.)", r"\1", shown[1:-1])
        assert arguments(shown) == value, (name, value, shown)
    elif kind in ("chars", "string", "path"):
        assert unescape(unquote(shown) if pair else shown) == value, (name, value, shown)
    elif kind == "ip":
        assert shown == str(address(value)), (name, shown)
    elif kind == "sockaddr":
        addr, port, family = sockaddr(value)
        want = str(family) if addr is None else f"[{addr}]:{port}" if ":" in addr else f"{addr}:{port}"
        assert shown == want, (name, want, shown)
    elif kind == "errno":
        assert errno_number(shown) == value, (name, value, shown)
        named = -value in errno.errorcode or -value in KERNEL_ERRNO
        assert named != shown.lstrip("-").isdigit(), (name, value, shown)
    elif kind == "flags":
        assert shown == ("|".join(flag_names(name, value)) or "0"), (name, value, shown)
    elif kind == "caps":
        names = "|".join(str(CAPS.get(bit, bit)) for bit in range(64) if value >> bit & 1)
        assert shown == (names or "0"), (name, shown)
    elif kind == "u64s":
        assert [int(n) for n in shown.split(",")] == value, (name, shown)
    elif kind == "stack":
        assert [int(n, 16) for n in shown.split(",") if n] == (value + [0])[:(value + [0]).index(0)], (name, shown)
    elif kind == "hist":
        want = [(1 << i if i else 0, (2 << i) - 1, n) for i, n in enumerate(value) if n]
        assert [tuple(map(int, re.fullmatch(r"(\d+)-(\d+):(\d+)", s).groups())) for s in shown.split(",") if s] == want
    elif kind == "bytes":
        assert bytes.fromhex(shown) == value, (name, shown)
    elif kind == "bool":
        assert shown == ("true" if value else "false"), (name, shown)
    elif name == "mode":
        assert int(shown, 8) == value, (name, shown)
    elif shown.startswith("0x"):
        assert int(shown, 16) == value, (name, shown)
    elif kind in INTEGERS and kind != "time":
        assert int(shown) == value, (name, shown)


def reject(word):
    raise AssertionError(f"{word} in JSON")


def pairs_once(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a key twice: {names}"
    return pairs


def check_json(record, line):
    assert line.endswith(b"}\n") and line.count(b"\n") == 1
    shown = line.decode("utf-8")  # strict
    no_control(shown[:-1])
    got = json.loads(shown, object_pairs_hook=pairs_once, parse_float=reject, parse_constant=reject)
    want = expected(record, "test.every")
    for one, other in zip(got, want):
        assert one == other and type(one[1]) is type(other[1]), f"JSON has {one}, the record {other}"
    assert got == want


def check_csv(record, row):
    shown = row.decode("utf-8")
    assert shown.endswith("\n") and shown.count("\n") == 1
    no_control(shown[:-1])
    rows = list(csv.reader(io.StringIO(shown, newline=""), strict=True))
    assert len(rows) == 1 and len(rows[0]) == len(fields), shown
    for cell, (name, kind, offset, size) in zip(rows[0], fields):
        if kind == "stream":
            assert cell == "test.every"
            continue
        value = raw_value(record, kind, offset, size)
        if cell.lstrip(" ")[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20"):
            assert re.fullmatch(r"[+-]\d+(\.\d+)?", cell), f"a formula: {cell!r}"
        if cell.startswith("'") and cell[1:].lstrip(" ")[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20"):
            # Either the guard, or the text itself began so.
            text_itself = value if isinstance(value, bytes) else value[0] if isinstance(value, list) and value else b""
            if not text_itself.startswith(b"'"):
                cell = cell[1:]
        if value is None:
            assert cell == "", (name, cell)
        elif kind == "time":
            assert cell == rfc3339((value + clock) % 2**64), (name, cell)
        elif kind == "enum":
            assert cell == str(json_value(name, kind, value)) or int(cell, 16) == value, (name, cell)
        else:
            check_text(name, kind, value, cell, False)


def check_wide(record, line):
    shown = line.decode("utf-8")
    assert shown.endswith("\n") and shown.count("\n") == 1
    no_control(shown[:-1])
    got = re.findall(r'([a-z0-9_.]+)=("(?:[^"\\]|\\.)*"|[^ "][^ ]*|)(?: |$)', shown[:-1])
    assert [name for name, _ in got] == [name for name, _, _, _ in fields], shown
    for (_, value_shown), (name, kind, offset, size) in zip(got, fields):
        value = raw_value(record, kind, offset, size) if kind != "stream" else None
        if kind == "time":
            assert value_shown == rfc3339((value + clock) % 2**64)[11:-1], (name, value_shown)
        elif kind == "stream":
            assert value_shown == "test.every"
        elif value is None:
            assert value_shown == "-", (name, value_shown)
        elif kind == "enum":
            label = next((l for v, l in labels[name] if v == value), None)
            assert unescape(unquote(value_shown)) == label.encode() if label else int(value_shown, 0) == value
        else:
            check_text(name, kind, value, value_shown, True)


def main():
    global clock
    count = 0
    for line in sys.stdin:
        what, *words = line.split(" ")
        words = [w.rstrip("\n") for w in words]
        if what == "clock":
            clock = int(words[0])
        elif what == "field":
            fields.append((words[0], words[1], int(words[2]), int(words[3])))
        elif what == "label":
            labels.setdefault(words[0], []).append((int(words[1]), bytes.fromhex(words[2]).decode()))
        elif what == "record":
            record, as_json, as_csv, as_wide = (bytes.fromhex(w) for w in words)
            check_json(record, as_json)
            check_csv(record, as_csv)
            check_wide(record, as_wide)
            count += 1
        elif what == "end":
            assert count == int(words[0]) and count > 0, count
            print(f"{count} records read back")
            return
    raise AssertionError("the input ended early")


main()
