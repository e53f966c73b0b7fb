# SPDX-License-Identifier: MIT
"""tcp.socket: sockets of every kind when they are made; and what tcp.bind says of UDP and of options."""
import ctypes
import errno
import os
import re
import socket
import subprocess
import tempfile

import eun
from tcp_case import Case, NOWHERE, V4, V6, libc, name, watch

AF_ALG, SOCK_PACKET = 38, 10
IP_FREEBIND, IP_TRANSPARENT, IP_BIND_ADDRESS_NO_PORT = 15, 19, 24


class Socket(Case):
    def kinds(self):
        """(family, type, flags, protocol), what the events call them"""
        stream, datagram, raw = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW
        return [
            ((socket.AF_INET, stream, 0, 0), ("AF_INET", "SOCK_STREAM", [])),
            ((socket.AF_INET6, datagram, socket.SOCK_CLOEXEC, 17), ("AF_INET6", "SOCK_DGRAM", ["SOCK_CLOEXEC"])),
            ((socket.AF_INET, raw, 0, 1), ("AF_INET", "SOCK_RAW", [])),
            ((socket.AF_PACKET, raw, socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 0x0300),
             ("AF_PACKET", "SOCK_RAW", ["SOCK_NONBLOCK", "SOCK_CLOEXEC"])),
            ((socket.AF_PACKET, datagram, 0, 0), ("AF_PACKET", "SOCK_DGRAM", [])),
            ((socket.AF_NETLINK, raw, 0, 9), ("AF_NETLINK", "SOCK_RAW", [])),
            ((socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, 0), ("AF_UNIX", "SOCK_SEQPACKET", [])),
            ((AF_ALG, socket.SOCK_SEQPACKET, 0, 0), ("AF_ALG", "SOCK_SEQPACKET", [])),
            ((socket.AF_INET, SOCK_PACKET, 0, 3), ("AF_INET", "SOCK_PACKET", [])),
            ((socket.AF_INET, stream, 0, 99), ("AF_INET", "SOCK_STREAM", [])),
            ((99, 7, 0, 0), (99, 7, [])),
        ]

    def test_kinds(self):
        def act():
            results = []
            for (kind, type_, flags, protocol), _ in self.kinds():
                fd = libc.socket(kind, type_ | flags, protocol)
                results.append(fd if fd >= 0 else -ctypes.get_errno())
            return results

        child, events = watch(act, streams=["socket"], lonely=False)
        self.assertEqual(len(child.result), len(events["socket"]))
        for ((_, _, _, protocol), (family, type_, flags)), ret, event in zip(self.kinds(), child.result,
                                                                            events["socket"]):
            self.check(event, family=family, type=type_, flags=flags, protocol=protocol, call="socket", pid=child.pid,
                       ret=ret)
        self.assertEqual([ret > 0 for ret in child.result[:7]], [True] * 7)
        self.assertEqual(child.result[-2:], [-errno.EPROTONOSUPPORT, -errno.EAFNOSUPPORT])

    def test_pair(self):
        def act():
            socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                socket.socketpair(socket.AF_INET, socket.SOCK_STREAM)
            except OSError as error:
                return error.errno

        child, events = watch(act, streams=["socket"], lonely=False)
        pair, failed = events["socket"]
        self.check(pair, family="AF_UNIX", type="SOCK_DGRAM", flags=["SOCK_CLOEXEC"], call="socketpair", ret=0)
        self.check(failed, family="AF_INET", call="socketpair", ret=name(child.result))

    def test_strace(self):
        """Another program, seen by strace too."""
        command = ["ip", "route", "get", V4]
        with tempfile.NamedTemporaryFile("r") as log:
            subprocess.run(["strace", "-qq", "-e", "trace=socket,socketpair", "-o", log.name, *command], check=True,
                           stdout=subprocess.DEVNULL)
            calls = re.findall(r"^(socket(?:pair)?)\((\w+), (\w+)(\S*), .* = (-?\d+)", log.read(), re.M)
        self.assertTrue(calls)
        child, events = watch(lambda: os.execvp(command[0], command), streams=["socket"], lonely=False)
        self.assertEqual([(event["call"], event["family"], event["type"], "".join("|" + f for f in event["flags"]))
                          for event in events["socket"]], [call[:4] for call in calls])


class Bind(Case):
    def test_udp(self):
        def act():
            one = socket.socket(type=socket.SOCK_DGRAM)
            one.bind((V4, 0))
            other = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            other.bind((V6, 0))
            third = socket.socket(type=socket.SOCK_DGRAM)
            return one.getsockname()[1], other.getsockname()[1], third.connect_ex((NOWHERE, 1)), \
                self.error(third, ("192.0.2.9", 7))

        child, events = watch(act, streams=["bind"])
        one, other, _, failed = child.result
        self.assertEqual([[event[key] for key in ("protocol", "saddr", "sport", "ip", "ret", "options", "ifindex")]
                          for event in events["bind"]],
                         [["UDP", V4, one, 4, 0, [], 0], ["UDP", V6, other, 6, 0, [], 0],
                          ["UDP", "192.0.2.9", 7, 4, name(failed), [], 0]])

    def error(self, sock, address):
        try:
            sock.bind(address)
        except OSError as error:
            return error.errno

    def test_options(self):
        levels = {
            "SO_REUSEADDR": (socket.SOL_SOCKET, socket.SO_REUSEADDR),
            "SO_REUSEPORT": (socket.SOL_SOCKET, socket.SO_REUSEPORT),
            "IP_FREEBIND": (socket.IPPROTO_IP, IP_FREEBIND),
            "IP_TRANSPARENT": (socket.IPPROTO_IP, IP_TRANSPARENT),
            "IP_BIND_ADDRESS_NO_PORT": (socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT),
        }
        sets = [[option] for option in levels] + [list(levels)]

        def act():
            for options in sets:
                sock = socket.socket()
                for option in options:
                    sock.setsockopt(*levels[option], 1)
                sock.bind((V4, 0))
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
            sock.bind((V4, 0))
            return socket.if_nametoindex("lo")

        child, events = watch(act, streams=["bind"])
        self.assertEqual([sorted(event["options"]) for event in events["bind"]], [sorted(s) for s in sets] + [[]])
        self.assertEqual([event["ifindex"] for event in events["bind"]], [0] * len(sets) + [child.result])
        self.assertEqual({event["protocol"] for event in events["bind"]}, {"TCP"})


if __name__ == "__main__":
    eun.main()
