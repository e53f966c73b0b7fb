# SPDX-License-Identifier: MIT
"""What the tests of the plugin tcp share. Each test's process has a network of its own."""
import ctypes
import errno
import fcntl
import select
import socket
import struct
import subprocess
import time
import unittest
import warnings

import eun

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
V4, V6, ANY = "127.0.0.1", "::1", "::"
NOWHERE = "192.0.2.1"  # no route leads there
BYTES, BACK = 123457, 777
MPTCP = 262
SYS_MEMBARRIER, MEMBARRIER_CMD_GLOBAL = 324, 1

EVENTS = ["connect", "accept", "close", "state", "retransmit", "listen", "bind"]
CLIENT_STATES = ["CLOSE", "SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE"]
SERVER_STATES = ["ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE"]  # nobody's before accept()


def alone():
    """A network with nothing but loopback."""
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket() as any_socket:
        flags = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        up = struct.unpack("16sH14x", flags)[1] | IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", up))


def ip(*args):
    subprocess.run(["ip", *args], check=True)


def watch(act, *args, streams=EVENTS, sets=(), follow=False, lonely=True, child=None):
    """Runs act() under the streams. (child, {stream: its events})"""
    def enter(*args):
        warnings.simplefilter("ignore", ResourceWarning)  # who watches the watched one's descriptors is the test
        if lonely:
            alone()
        return act(*args)

    child = child or eun.Child(enter, *args)
    options = [option for value in sets for option in ("--set", "tcp." + value)]
    names = ["tcp." + stream for stream in streams]
    events = eun.watch(child, "--plugin", "tcp", "--streams", ",".join(names), *options, follow=follow)
    return child, {stream: eun.of(events, "tcp." + stream) for stream in streams}


def listen(address=V4, port=0, backlog=5):
    server = socket.socket(family(address))
    server.bind((address, port))
    server.listen(backlog)
    return server


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def connect(to, address=None, blocking=True, sock=None):
    """To a listening socket, or (address, port). (socket, errno)"""
    at = to.getsockname()[:2] if isinstance(to, socket.socket) else to
    client = sock or socket.socket(family(address or at[0]))
    client.setblocking(blocking)
    return client, client.connect_ex((address or at[0], at[1]))


def pair(server, address=None):
    client, error = connect(server, address)
    assert not error, error
    return client, server.accept()[0]


def wait_connected(client):
    """Until a connect that did not block has an outcome."""
    select.select([], [client], [], eun.LIMIT)


def until(condition):
    end = time.monotonic() + eun.LIMIT
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


UNACKED, RTT, TOTAL_RETRANS = 4, 15, 23


def info(sock, member):
    """A u32 of struct tcp_info. UNACKED of a listening socket: connections that wait to be accepted."""
    return struct.unpack_from("I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 8 + member * 4)[0]


def full():
    """A listening socket that has no place for another connection, and the one that it has."""
    server = listen(backlog=0)
    held, _ = connect(server)
    until(lambda: info(server, UNACKED) == 1)
    return server, held


def stuck(server):
    """A connect that gets no answer, to a full server."""
    client, error = connect(server, blocking=False)
    assert error == errno.EINPROGRESS, error
    return client


def exchange(client, server):
    client.sendall(b"x" * BYTES)
    left = BYTES
    while left:
        left -= len(server.recv(left))
    server.sendall(b"y" * BACK)
    assert len(client.recv(BACK, socket.MSG_WAITALL)) == BACK


def close_in_turn(client, server):
    """The client first; the server when it has heard of it."""
    client.close()
    assert not server.recv(1)
    server.close()


def ends(event):
    return [event["saddr"], event["sport"], event["daddr"], event["dport"]]


def name(error):
    return -error if error else 0


class Case(unittest.TestCase):
    maxDiff = None

    def check(self, event, **fields):
        self.assertEqual({key: event[key] for key in fields}, fields)

    def one(self, events):
        self.assertEqual(len(events), 1, events)
        return events[0]

    def none(self, events, *but):
        for stream, of_stream in events.items():
            if stream not in but:
                self.assertEqual(of_stream, [], stream)

    def states(self, events, sock):
        """The states that a socket went through, and the sum of its times in them."""
        of_sock = [event for event in events["state"] if event["sock"] == sock]
        for one, other in zip(of_sock, of_sock[1:]):
            self.assertEqual(one["new"], other["old"])
        return [of_sock[0]["old"]] + [event["new"] for event in of_sock], of_sock
