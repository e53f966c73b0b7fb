# SPDX-License-Identifier: MIT
"""tcp.udp, tcp.udp_call and tcp.traffic: the sums of known messages, by process and peer, and each call."""
import ctypes
import errno
import os
import socket
import tempfile

import eun
from tcp_case import BACK, BYTES, Case, V4, V6, exchange, family, libc, listen, name, pair, watch
from test_dns import MSG_PEEK, SYS_RECVMMSG, SYS_SENDMMSG, messages

MSG_TRUNC = 0x20
SUMS = ("count", "sends", "tx_bytes", "receives", "rx_bytes", "bytes")


def datagrams(address=V4):
    one = socket.socket(family(address), socket.SOCK_DGRAM)
    one.bind((address, 0))
    return one


def port(sock):
    return sock.getsockname()[1]


class Udp(Case):
    def sums(self, events):
        """{(saddr, sport, daddr, dport): the sums of its rows}"""
        result = {}
        for event in events:
            ends = tuple(event[key] for key in ("saddr", "sport", "daddr", "dport"))
            one = result.setdefault(ends, dict.fromkeys(SUMS, 0))
            for key in SUMS:
                one[key] += event[key]
        return {ends: tuple(one.values()) for ends, one in result.items()}

    def test_peers(self):
        """A socket without a peer, one with, and the answers to both."""
        for address in (V4, V6):
            def act():
                server, far, client = datagrams(address), datagrams(address), datagrams(address)
                client.sendto(b"x" * 10, server.getsockname()[:2])
                client.sendto(b"x" * 20, server.getsockname()[:2])
                client.sendto(b"x" * 300, far.getsockname()[:2])
                client.sendto(b"", far.getsockname()[:2])
                peer = server.recvfrom(100)[1]
                server.recvfrom(100)
                server.sendto(b"y" * 7, peer)
                client.recvfrom(100)
                ports = port(server), port(far), port(client)
                far.connect(client.getsockname()[:2])
                far.recv(1000)
                far.recv(1000)
                return ports

            child, events = watch(act, streams=["udp"])
            server, far, client = child.result
            self.assertEqual(self.sums(events["udp"]), {
                (address, client, address, server): (3, 2, 30, 1, 7, 37),
                (address, client, address, far): (2, 2, 300, 0, 0, 300),
                (address, server, address, client): (3, 1, 7, 2, 30, 37),
                (address, far, address, client): (2, 0, 0, 2, 300, 300),
            })
            for event in events["udp"]:
                self.check(event, pid=child.pid, ip=6 if ":" in address else 4)

    def test_calls(self):
        """Each call once, with what it moved; a look at what stays (MSG_PEEK) moves nothing."""
        def act():
            server, client = datagrams(), socket.socket(type=socket.SOCK_DGRAM)
            client.connect(server.getsockname())
            server.connect(client.getsockname())
            client_fd, server_fd = client.fileno(), server.fileno()
            buffers = [ctypes.create_string_buffer(64) for _ in range(3)]
            inside, _ = messages(*buffers)
            outside, _ = messages(*[ctypes.create_string_buffer(size) for size in (7, 8, 9)])
            client.send(b"x" * 1)
            os.write(client_fd, b"x" * 2)
            os.writev(client_fd, [b"x", b"xx"])
            client.sendmsg([b"xx", b"xx"])
            client.sendto(b"x" * 5, server.getsockname())
            client.sendmsg([b"x" * 6], [], 0, server.getsockname())
            assert libc.syscall(SYS_SENDMMSG, client_fd, outside, 3, 0) == 3
            server.recv(64, MSG_PEEK)
            server.recvmsg(64, 0, MSG_PEEK)
            server.recv(64)
            os.read(server_fd, 64)
            os.readv(server_fd, [bytearray(2), bytearray(64)])
            server.recvmsg(64)
            server.recvfrom(64)
            server.recvmsg_into([bytearray(64)])
            assert libc.syscall(SYS_RECVMMSG, server_fd, inside, 3, 0, None) == 3
            client.send(b"x" * 50)
            assert server.recv_into(bytearray(10), 10, MSG_TRUNC) == 50
            server.setblocking(False)
            try:
                server.recv(10)
            except BlockingIOError:
                pass
            ports = port(client), port(server)
            server.close()
            client.send(b"gone")
            try:
                client.send(b"gone")
            except ConnectionRefusedError:
                return ports

        child, events = watch(act, streams=["udp_call", "udp"])
        client, server = child.result
        sent = [event for event in events["udp_call"] if event["op"] == "send"]
        received = [event for event in events["udp_call"] if event["op"] == "receive"]
        sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 50]
        self.assertEqual([event["ret"] for event in sent], sizes + [4, name(errno.ECONNREFUSED)])
        self.assertEqual([event["ret"] for event in received], sizes + [name(errno.EAGAIN)])
        for event in sent:
            self.check(event, pid=child.pid, saddr=V4, sport=client, daddr=V4, dport=server, ip=4)
        for event in received:
            self.check(event, saddr=V4, sport=server, daddr=V4, dport=client, addr_source="kernel")
        self.assertEqual([event["addr_source"] for event in sent[:6]], ["kernel"] * 4 + ["user"] * 2)
        total = sum(sizes)
        self.assertEqual(self.sums(events["udp"]), {(V4, client, V4, server): (11, 11, total + 4, 0, 0, total + 4),
                                                    (V4, server, V4, client): (10, 0, 0, 10, total, total)})

    def test_many_at_once(self):
        """As many messages as one call may carry."""
        def act():
            server, client = datagrams(), socket.socket(type=socket.SOCK_DGRAM)
            server.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
            client.connect(server.getsockname())
            outside, kept = messages(*[ctypes.create_string_buffer(3) for _ in range(1024)])
            assert libc.syscall(SYS_SENDMMSG, client.fileno(), outside, 1024, 0) == 1024
            return port(client), port(server), len(kept)

        child, events = watch(act, streams=["udp"])
        client, server, _ = child.result
        self.assertEqual(self.sums(events["udp"]), {(V4, client, V4, server): (1024, 1024, 3072, 0, 0, 3072)})

    def test_others(self):
        """What is no datagram of UDP: a unix socket, a pipe, a file."""
        def act():
            one, other = socket.socketpair(type=socket.SOCK_DGRAM)
            one.send(b"x")
            other.recv(1)
            pipe = os.pipe()
            os.write(pipe[1], b"x")
            os.read(pipe[0], 1)
            with tempfile.TemporaryFile() as file:
                file.write(b"x")

        _, events = watch(act, streams=["udp", "udp_call", "traffic"])
        self.none(events)

    def test_traffic(self):
        """Of a connection: what calls moved, whichever; other sockets and a look ahead (MSG_PEEK) don't count."""
        for address in (V4, V6):
            def act():
                server = listen(address)
                client, accepted = pair(server)
                exchange(client, accepted)
                client.sendmsg([b"a" * 10, b"b" * 20])
                os.write(client.fileno(), b"c" * 5)
                os.writev(client.fileno(), [b"d" * 5, b"e"])
                with tempfile.TemporaryFile() as file:
                    file.write(b"z" * 5000)
                    file.flush()
                    assert os.sendfile(client.fileno(), file.fileno(), 0, 5000) == 5000
                left = 10 + 20 + 5 + 6 + 5000
                accepted.recv(10, MSG_PEEK)
                while left:
                    left -= len(accepted.recvmsg(left)[0])
                datagrams().sendto(b"x", (V4, 9))
                client.shutdown(socket.SHUT_WR)
                assert not accepted.recv(1)
                return client.getsockname()[1], server.getsockname()[1]

            child, events = watch(act, streams=["traffic"])
            client, server = child.result
            total = BYTES + 5041
            sums = {ends: row[2::2] for ends, row in self.sums(events["traffic"]).items()}
            self.assertEqual({ends: row[:2] for ends, row in sums.items()},
                             {(address, client, address, server): (total, BACK),
                              (address, server, address, client): (BACK, total)})
            for event in events["traffic"]:
                self.check(event, pid=child.pid, ip=6 if ":" in address else 4)
                self.assertEqual(event["bytes"], event["tx_bytes"] + event["rx_bytes"])

    def test_processes(self):
        """Two processes on one connection have a row each."""
        def act():
            client, accepted = pair(listen())
            if not (pid := os.fork()):
                client.send(b"x" * 100)
                os._exit(0)
            os.waitpid(pid, 0)
            client.send(b"x" * 11)
            return pid, client.getsockname()[1], accepted.fileno()

        child, events = watch(act, streams=["traffic"], follow=True)
        pid, client, _ = child.result
        self.assertEqual(sorted((event["pid"], event["tx_bytes"]) for event in events["traffic"]
                                if event["sport"] == client), sorted([(pid, 100), (child.pid, 11)]))


if __name__ == "__main__":
    eun.main()
