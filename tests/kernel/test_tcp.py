# SPDX-License-Identifier: MIT
"""The streams of connections: exactly the events that known connections cause."""
import ctypes
import errno
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import threading
import time

import eun
from tcp_case import (ANY, BACK, BYTES, CLIENT_STATES, Case, EVENTS, MEMBARRIER_CMD_GLOBAL, MPTCP, NOWHERE, RTT,
                      SERVER_STATES, SYS_MEMBARRIER, TOTAL_RETRANS, UNACKED, V4, V6, close_in_turn, connect, ends,
                      exchange, family, full, info, ip, libc, listen, name, pair, stuck, until, wait_connected, watch)


class Whole(Case):
    """A connection from bind() to the last state, with every field."""

    def connection(self, bound, address, ip, seen):
        """`bound`: what the server binds; `address`: what the client connects to; `seen`: that address on the wire."""
        def act():
            begin = time.monotonic_ns()
            server = listen(bound)
            client, accepted = pair(server, address)
            ports = [server.getsockname()[1], client.getsockname()[1]]
            fd = accepted.fileno()
            exchange(client, accepted)
            close_in_turn(client, accepted)
            server.close()
            return [*ports, fd, time.monotonic_ns() - begin]

        child, events = watch(act)
        port, client_port, fd, took = child.result
        with open("/proc/self/comm", encoding="utf-8") as file:
            comm = file.read().strip()
        for event in sum(events.values(), []):
            self.check(event, pid=child.pid, tid=child.pid, ppid=os.getpid(), uid=0, gid=0, comm=comm, event_flags=[],
                       mntns=os.stat("/proc/self/ns/mnt").st_ino)
        listener = self.one(events["bind"])
        self.check(listener, ip=6 if ":" in bound else 4, saddr=bound, sport=port, ret=0, addr_source="kernel")
        self.check(self.one(events["listen"]), ip=listener["ip"], saddr=bound, sport=port, backlog=5, ret=0,
                   sock=listener["sock"])

        connected = self.one(events["connect"])
        self.check(connected, ip=ip, ret=0, addr_source="kernel")
        self.assertEqual(ends(connected), [seen, client_port, seen, port])
        self.assertTrue(0 < connected["latency_ns"] < took, connected)
        accepted = self.one(events["accept"])
        self.check(accepted, ip=ip, fd=fd)
        self.assertEqual(ends(accepted), [seen, port, seen, client_port])
        self.assertEqual(len({event["sock"] for event in (connected, accepted, listener)}), 3)

        self.assertEqual(len(events["close"]), 2)
        client, = [event for event in events["close"] if event["sock"] == connected["sock"]]
        server, = [event for event in events["close"] if event["sock"] == accepted["sock"]]
        self.assertEqual([ends(client), ends(server)], [ends(connected), ends(accepted)])
        self.check(client, ip=ip, tx_bytes=BYTES, rx_bytes=BACK, retransmits=0, ret=0, state="FIN_WAIT2")
        self.check(server, ip=ip, tx_bytes=BACK, rx_bytes=BYTES, retransmits=0, ret=0, state="LAST_ACK")
        for event in (client, server):
            self.assertTrue(0 < event["duration_ns"] < took, event)
            self.assertTrue(0 < event["srtt_ns"] < took, event)

        states, steps = self.states(events, connected["sock"])
        self.assertEqual(states, CLIENT_STATES)
        self.assertEqual(steps[0]["duration_ns"], 0)
        self.assertLessEqual(abs(steps[1]["duration_ns"] - connected["latency_ns"]), 10**7)
        self.assertLess(sum(step["duration_ns"] for step in steps), took)
        self.assertEqual(ends(steps[-1]), ends(connected))
        states, steps = self.states(events, accepted["sock"])
        self.assertEqual(states, SERVER_STATES)
        self.assertTrue(all(step["duration_ns"] for step in steps), steps)
        self.assertEqual(self.states(events, listener["sock"])[0], ["CLOSE", "LISTEN", "CLOSE"])
        self.assertEqual(len(events["state"]), 5 + 3 + 2)
        self.assertEqual(events["retransmit"], [])

    def test_v4(self):
        self.connection(V4, V4, 4, V4)

    def test_v6(self):
        self.connection(V6, V6, 6, V6)

    def test_v4_on_a_v6_server(self):
        self.connection(ANY, V4, 4, V4)

    def test_v4_of_a_v6_client(self):
        self.connection(V4, "::ffff:127.0.0.1", 4, V4)

    def test_ss(self):
        """Ports and addresses are those that ss shows while the connection is open."""
        def act():
            server = listen()
            held = pair(server)
            said = subprocess.run(["ss", "-tnpH", "state", "established"], check=True, capture_output=True, text=True)
            del held
            return said.stdout

        child, events = watch(act, streams=["connect", "accept"])
        said = []
        for line in child.result.splitlines():
            self.assertRegex(line, rf"\bpid={child.pid},")
            said.append(re.findall(r"(\S+):(\d+)\s", line))
        seen = [[(event["saddr"], str(event["sport"])), (event["daddr"], str(event["dport"]))]
                for event in (self.one(events["connect"]), self.one(events["accept"]))]
        self.assertEqual(sorted(said), sorted(seen))


class Connect(Case):
    """Each attempt is reported once, whatever becomes of it."""

    def attempts(self, act, *expected, **options):
        """`expected`: (ret, addr_source). Returns the child and the events of connect."""
        child, events = watch(act, **options)
        self.assertEqual([(event["ret"], event["addr_source"]) for event in events["connect"]], list(expected))
        for event in events["connect"]:
            self.check(event, pid=child.pid, event_flags=[])
        return child, events

    def test_refused(self):
        for address in (V4, V6):
            child, events = self.attempts(lambda address=address: connect((address, 1))[1],
                                          (name(errno.ECONNREFUSED), "kernel"))
            self.assertEqual(child.result, errno.ECONNREFUSED)
            event = self.one(events["connect"])
            self.assertEqual([event["saddr"], event["daddr"], event["dport"]], [address, address, 1])
            self.assertGreater(event["sport"], 0)
            self.assertGreater(event["latency_ns"], 0)
            self.assertEqual(self.states(events, event["sock"])[0], ["CLOSE", "SYN_SENT", "CLOSE"])
            self.none(events, "connect", "state")

    def test_later_refused(self):
        """The result that a later connect() fetches is not a second attempt; one after it is."""
        def act():
            errors = []
            client, error = connect((V4, 1), blocking=False)
            for _ in range(3):
                errors.append(error)
                wait_connected(client)
                error = connect((V4, 1), sock=client, blocking=False)[1]
            return errors

        child, _ = self.attempts(act, *[(name(errno.ECONNREFUSED), "kernel")] * 2)
        self.assertEqual(child.result, [errno.EINPROGRESS, errno.ECONNREFUSED, errno.EINPROGRESS])

    def test_later_refused_and_asked(self):
        """SO_ERROR takes the result; the next connect() says ECONNABORTED and is not an attempt."""
        def act():
            client = connect((V4, 1), blocking=False)[0]
            wait_connected(client)
            asked = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            return [asked, connect((V4, 1), sock=client, blocking=False)[1]]

        child, _ = self.attempts(act, (name(errno.ECONNREFUSED), "kernel"))
        self.assertEqual(child.result, [errno.ECONNREFUSED, errno.ECONNABORTED])

    def test_later_connected(self):
        def act():
            server = listen()
            client, error = connect(server, blocking=False)
            wait_connected(client)
            again = connect(server, sock=client, blocking=False)[1]
            return [error, again, connect(server, sock=client)[1]]

        child, _ = self.attempts(act, (0, "kernel"))
        self.assertEqual(child.result, [errno.EINPROGRESS, 0, errno.EISCONN])

    def test_no_route(self):
        """Fails before a packet leaves: the address is the one that the call was given."""
        for address in (NOWHERE, "2001:db8::1"):
            child, events = self.attempts(lambda address=address: connect((address, 9))[1],
                                          (name(errno.ENETUNREACH), "user"))
            self.assertEqual(child.result, errno.ENETUNREACH)
            self.check(self.one(events["connect"]), daddr=address, dport=9, latency_ns=0, sport=0,
                       ip=6 if ":" in address else 4)
            self.none(events, "connect")

    def test_bad_address(self):
        """Of neither family, and one that can't be read."""
        def act():
            with socket.socket() as client:
                for address in (struct.pack("H14x", 77), None):
                    libc.connect(client.fileno(), address, 16)

        _, events = self.attempts(act, (name(errno.EAFNOSUPPORT), "user"), (name(errno.EFAULT), "user"))
        for event in events["connect"]:
            self.check(event, ip=0, daddr="::", dport=0)

    def test_no_port(self):
        """Fails inside connect() after the socket was in SYN_SENT."""
        def act():
            server = listen()
            clients = [socket.socket() for _ in range(2)]
            for client in clients:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                client.bind((V4, clients[0].getsockname()[1]))
            return [connect(server, sock=client)[1] for client in clients]

        child, events = self.attempts(act, (0, "kernel"), (name(errno.EADDRNOTAVAIL), "user"))
        self.assertEqual(child.result, [0, errno.EADDRNOTAVAIL])
        first, second = events["connect"]
        self.assertEqual(ends(first), ends(second))

    def test_given_up(self):
        """close(), connect() with AF_UNSPEC, shutdown(), and the end of the process."""
        def act():
            server, held = full()
            clients = [stuck(server) for _ in range(4)]
            ports = [sock.getsockname()[1] for sock in (held, *clients)]
            clients[0].close()
            assert not libc.connect(clients[1].fileno(), struct.pack("16x"), 16)
            clients[2].shutdown(socket.SHUT_RDWR)
            os.write(say, json.dumps(ports).encode())
            os._exit(0)

        said, say = os.pipe()
        _, events = watch(act)
        ports = json.loads(os.read(said, 4096))
        os.close(said)
        os.close(say)
        self.assertEqual([[event["sport"], event["ret"]] for event in events["connect"]],
                         [[ports[0], 0]] + [[port, name(errno.ECANCELED)] for port in ports[1:]])
        for event in events["connect"]:
            self.assertGreater(event["latency_ns"], 0)

    def test_interrupted(self):
        """EINTR does not end an attempt. With SO_SNDTIMEO the kernel says it at once, without as "call again"."""
        def act(limit):
            server, held = full()
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", limit, 0))
            signal.signal(signal.SIGALRM, lambda *_: None)
            signal.siginterrupt(signal.SIGALRM, True)
            signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
            address = struct.pack("=H", socket.AF_INET) + struct.pack(
                ">H4s8x", server.getsockname()[1], socket.inet_aton(V4))
            libc.connect(client.fileno(), address, 16)
            error = ctypes.get_errno()
            signal.setitimer(signal.ITIMER_REAL, 0)
            port = client.getsockname()[1]
            client.close()
            del held
            return [error, port]

        for limit in (0, eun.LIMIT):
            child, events = watch(act, limit)
            error, port = child.result
            self.assertEqual(error, errno.EINTR)
            event = self.one([event for event in events["connect"] if event["ret"]])
            self.check(event, ret=name(errno.ECANCELED), sport=port)

    def test_fast_open(self):
        """sendto() connects as well."""
        def act():
            server = listen()
            client = socket.socket()
            client.sendto(b"hello", socket.MSG_FASTOPEN, server.getsockname())
            return server.getsockname()[1]

        child, events = self.attempts(act, (0, "kernel"))
        self.check(self.one(events["connect"]), dport=child.result)

    def test_thread(self):
        def act():
            def other():
                tids.append(threading.get_native_id())
                connect((V4, 1))
                connect((NOWHERE, 1))

            tids = []
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
            return tids

        child, events = self.attempts(act, (name(errno.ECONNREFUSED), "kernel"), (name(errno.ENETUNREACH), "user"))
        self.assertNotEqual(child.result, [child.pid])
        self.assertEqual([event["tid"] for event in events["connect"]], child.result * 2)


class Listen(Case):
    def test_bind(self):
        def act():
            server = listen()
            at = server.getsockname()
            for address in (at, ("192.0.2.77", 5)):
                with socket.socket() as sock:
                    try:
                        sock.bind(address)
                    except OSError:
                        pass
            return at[1]

        child, events = watch(act)
        self.assertEqual([[event["ret"], event["saddr"], event["sport"], event["ip"], event["addr_source"]]
                          for event in events["bind"]],
                         [[0, V4, child.result, 4, "kernel"],
                          [name(errno.EADDRINUSE), V4, child.result, 4, "user"],
                          [name(errno.EADDRNOTAVAIL), "192.0.2.77", 5, 4, "user"]])
        self.none(events, "bind", "listen", "state")

    def test_listen(self):
        """Without bind(): the port is known at the end of the call; again, with another backlog; a failure."""
        def act():
            server = socket.socket()
            server.listen(3)
            server.listen(9)
            client, accepted = pair(server, V4)
            try:
                client.listen(1)
            except OSError as error:
                return [server.getsockname()[1], client.getsockname()[1], error.errno, accepted.fileno()]

        child, events = watch(act)
        port, client, error, _ = child.result
        self.assertEqual([[event["sport"], event["backlog"], event["ret"]] for event in events["listen"]],
                         [[port, 3, 0], [port, 9, 0], [client, 0, name(error)]])

    def test_not_tcp(self):
        """Datagrams, raw ones, MPTCP, Unix sockets: only the last, which is TCP, is seen."""
        def act():
            with socket.socket(type=socket.SOCK_DGRAM) as udp:
                udp.connect((V4, 9))
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
                raw.bind((V4, 0))
                raw.connect((V4, 9))
            try:
                socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP).bind((V4, 0))
            except OSError as error:
                assert error.errno == errno.EPROTONOSUPPORT, error
            with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
                server.bind("\0eunomia-test-tcp")
                server.listen(1)
                client.connect("\0eunomia-test-tcp")
                server.accept()[0].close()
                with socket.socket(socket.AF_UNIX) as lost:
                    assert lost.connect_ex("\0eunomia-test-tcp-no") == errno.ECONNREFUSED
            for sock in socket.socketpair():
                sock.close()
            connect((V4, 1))

        child, events = watch(act)
        self.check(self.one(events["connect"]), pid=child.pid, dport=1)
        self.assertEqual(len(events["state"]), 2)
        self.none(events, "connect", "state")


class Owner(Case):
    """Whose events they are."""

    def test_forked_server(self):
        """Who accepts owns the socket, also when a child of it closes it last."""
        def act():
            server = listen()
            client, accepted = pair(server)
            pid = os.fork()
            if not pid:
                server.close()
                client.close()
                accepted.recv(1)
                os._exit(0)
            accepted.close()
            client.send(b"x")
            os.waitpid(pid, 0)
            client.recv(1)
            client.close()
            return pid

        child, events = watch(act, follow=True)
        for stream in ("accept", "connect"):
            self.check(self.one(events[stream]), pid=child.pid)
        self.assertEqual([event["pid"] for event in events["close"]], [child.pid] * 2)

    def test_dead_owner(self):
        """A socket that outlives its process, with data that nobody has read yet, is still its."""
        def act():
            server = listen()
            pid = os.fork()
            if not pid:
                client, _ = connect(server)
                client.setblocking(False)
                while True:
                    try:
                        client.send(bytes(65536))
                    except BlockingIOError:
                        os._exit(0)
            end, _ = server.accept()
            os.waitpid(pid, 0)
            for _ in range(4):  # the kernel frees a task a grace period after it was waited for
                libc.syscall(SYS_MEMBARRIER, MEMBARRIER_CMD_GLOBAL, 0, 0)
            while end.recv(1 << 20):
                pass
            end.close()
            return pid

        child, events = watch(act, streams=["close"], follow=True)
        self.assertEqual(sorted(e["pid"] for e in events["close"]), sorted([child.pid, child.result]))

    def test_accepting_child(self):
        def act():
            server = listen()
            pid = os.fork()
            if not pid:
                server.accept()[0].recv(1)
                os._exit(0)
            client, _ = connect(server)
            client.send(b"x")
            client.recv(1)
            os.waitpid(pid, 0)
            return pid

        child, events = watch(act, follow=True)
        self.check(self.one(events["accept"]), pid=child.result, ppid=child.pid)
        self.check(self.one(events["connect"]), pid=child.pid)
        pids = {event["sport"]: event["pid"] for event in events["close"]}
        port = self.one(events["accept"])["sport"]
        self.assertEqual(len(events["close"]), 2)
        self.assertEqual(pids.pop(port), child.result)
        self.assertEqual(list(pids.values()), [child.pid])

    def test_other_end(self):
        """Of a connection between two processes only the watched one's end is seen."""
        server = listen()

        def peer():
            client, _ = connect(server)
            with client:
                return len(client.recv(1))

        other = eun.Child(peer)

        def act():
            other.go()
            accepted = server.accept()[0]
            port = accepted.getpeername()[1]
            accepted.close()
            return port

        child, events = watch(act, lonely=False)
        other.wait()
        port = server.getsockname()[1]
        server.close()
        self.none(events, "accept", "close", "state")
        self.check(self.one(events["accept"]), pid=child.pid, sport=port, dport=child.result)
        self.check(self.one(events["close"]), pid=child.pid, sport=port, dport=child.result)
        self.assertEqual({event["pid"] for event in events["state"]}, {child.pid})

    def test_open_at_the_end(self):
        """Sockets that are closed by the exit of their process."""
        def act():
            server = listen()
            held = pair(server)
            held[0].send(b"x" * 10)
            os.kill(os.getpid(), signal.SIGKILL)

        child, events = watch(act)
        self.assertEqual(child.status, signal.SIGKILL)
        server, client = sorted(events["close"], key=lambda event: event["tx_bytes"])
        self.assertEqual([client["tx_bytes"], client["rx_bytes"]], [10, 0])
        self.assertEqual([server["tx_bytes"], server["rx_bytes"]], [0, 10])
        self.assertEqual({event["pid"] for event in events["close"]}, {child.pid})

    def test_reset(self):
        """Unread data at close() resets the connection: who did it has no error, the peer has."""
        def act():
            client, accepted = pair(listen())
            client.send(b"x" * 10)
            accepted.close()
            port = client.getsockname()[1]
            try:
                client.recv(1)
            except ConnectionResetError:
                return port

        child, events = watch(act)
        by_port = {event["sport"] == child.result: event for event in events["close"]}
        self.assertEqual(len(events["close"]), 2)
        self.check(by_port[True], ret=name(errno.ECONNRESET), tx_bytes=10, state="ESTABLISHED")
        self.check(by_port[False], ret=0, rx_bytes=10, state="ESTABLISHED")

    def test_never_accepted(self):
        """A connection that waits in vain is ended by who closes the listening socket."""
        def act():
            server = listen()
            client, _ = connect(server)
            server.close()
            client.close()

        child, events = watch(act)
        self.assertEqual([event["pid"] for event in events["close"]], [child.pid] * 2)
        self.assertEqual(events["accept"], [])

    def test_open_before(self):
        """Sockets from before the start: connected, waiting to be accepted, connecting."""
        server = listen(backlog=1)
        client, accepted = pair(server)
        client.sendall(b"x" * BYTES)
        waiting, _ = connect(server)
        busy, held = full()
        pending = stuck(busy)
        socks = [server, client, accepted, waiting, pending]

        def act():
            ports = [sock.getsockname()[1] for sock in socks]
            assert len(accepted.recv(BYTES, socket.MSG_WAITALL)) == BYTES
            late, _ = server.accept()
            for one, other in ((client, accepted), (waiting, late)):
                close_in_turn(one, other)
            pending.close()
            server.close()
            return ports

        child = eun.Child(act)
        for sock in socks:
            sock.close()
        child, events = watch(None, child=child)
        busy.close()
        held.close()
        port, one, _, other, last = child.result
        self.check(self.one(events["connect"]), ret=name(errno.ECANCELED), latency_ns=0, sport=last)
        self.check(self.one(events["accept"]), sport=port, dport=other)
        closed = {(event["sport"], event["dport"]): event for event in events["close"]}
        self.assertEqual(sorted(closed), sorted([(one, port), (port, one), (other, port), (port, other)]))
        self.assertEqual(len(events["close"]), 4)
        for event in events["close"]:
            self.check(event, pid=child.pid, duration_ns=0)
        self.check(closed[one, port], tx_bytes=BYTES, rx_bytes=0)
        self.check(closed[port, one], tx_bytes=0, rx_bytes=BYTES)
        self.none(events, "connect", "accept", "close", "state")

    def test_more_than_remembered(self):
        """Sockets over the option's number have no owner; those that come when there is place again do."""
        def act():
            resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
            server = listen(backlog=4)
            for count in (700, 300):
                pairs = [pair(server) for _ in range(count)]
                ports = [client.getsockname()[1] for client, _ in pairs]
                for client, accepted in pairs:
                    close_in_turn(client, accepted)
                until(lambda: b"LAST-ACK" not in subprocess.run(["ss", "-tan"], check=True, capture_output=True).stdout)
            return ports

        child, events = watch(act, streams=["connect", "accept", "close"], sets=["sockets=1024"])
        ports = set(child.result)
        self.assertEqual(len(events["accept"]), 1000)
        self.assertTrue(500 < len([event for event in events["connect"] if event["sport"] not in ports]) < 700)
        self.assertEqual([event["sport"] for event in events["connect"] if event["sport"] in ports], child.result)
        for port in ("sport", "dport"):
            self.assertEqual(sorted(event[port] for event in events["close"] if event[port] in ports),
                             sorted(child.result))

    def test_many(self):
        """None is missing, none is there twice."""
        rounds = 3000

        def act():
            server, ports = listen(), []
            for _ in range(rounds):
                client, accepted = pair(server)
                ports.append(client.getsockname()[1])
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                accepted.close()
                client.close()
            return ports

        child, events = watch(act, streams=["connect", "accept", "close"])
        self.assertEqual([event["sport"] for event in events["connect"]], child.result)
        self.assertEqual([event["dport"] for event in events["accept"]], child.result)
        self.assertEqual(sorted(event["sport"] for event in events["close"] if event["ret"]), sorted(child.result))
        self.assertEqual(sorted(event["dport"] for event in events["close"] if not event["ret"]), sorted(child.result))


class Wire(Case):
    """What the network does: segments sent again, round-trip times."""

    def test_syn_again(self):
        """A route that leads back here, to an address that isn't ours: what arrives is dropped."""
        def act():
            ip("route", "add", NOWHERE, "dev", "lo")
            client, error = connect((NOWHERE, 9), blocking=False)
            until(lambda: info(client, TOTAL_RETRANS))
            again = info(client, TOTAL_RETRANS)
            client.close()
            return [error, again]

        child, events = watch(act)
        error, again = child.result
        self.assertEqual(error, errno.EINPROGRESS)
        self.assertEqual(len(events["retransmit"]), again)
        for event in events["retransmit"]:
            self.check(event, pid=child.pid, state="SYN_SENT", ret=0, daddr=NOWHERE, dport=9)
        self.check(self.one(events["connect"]), ret=name(errno.ECANCELED), daddr=NOWHERE)

    def test_data_again(self):
        """The server's address goes away while the connection is open."""
        def act():
            ip("addr", "add", NOWHERE + "/32", "dev", "lo")
            server = listen(NOWHERE)
            client = socket.socket()
            client.bind((V4, 0))
            connect(server, sock=client)
            accepted, _ = server.accept()
            ip("addr", "del", NOWHERE + "/32", "dev", "lo")
            ip("route", "add", NOWHERE, "dev", "lo")
            client.send(b"x" * 100)
            until(lambda: info(client, TOTAL_RETRANS) >= 2)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            again, port = info(client, TOTAL_RETRANS), client.getsockname()[1]
            client.close()
            return [again, port, accepted.fileno()]

        child, events = watch(act)
        again, port, _ = child.result
        closed = self.one([event for event in events["close"] if event["sport"] == port])
        self.check(closed, tx_bytes=100, retransmits=again)
        self.assertEqual(len(events["retransmit"]), again)
        for event in events["retransmit"]:
            self.check(event, pid=child.pid, state="ESTABLISHED", sport=port, daddr=NOWHERE, sock=closed["sock"])

    def rows(self, *sets):
        def act():
            for address in (V4, V6):
                client, accepted = pair(listen(address))
                exchange(client, accepted)

        began = time.monotonic_ns()
        _, events = watch(act, streams=["rtt"], sets=sets)
        for row in events["rtt"]:
            self.check(row, pid=0, comm="", event_flags=["not_actor"])
            slots = row["srtt_us"]["slots"]
            self.assertEqual(sum(slot["count"] for slot in slots), row["count"])
            self.assertGreaterEqual(row["sum_us"], sum(slot["lo"] * slot["count"] for slot in slots))
            self.assertLessEqual(row["sum_us"], sum(slot["hi"] * slot["count"] for slot in slots))
            self.assertLess(row["sum_us"] * 1000, row["count"] * (time.monotonic_ns() - began))
        count = {}
        for row in events["rtt"]:
            key = row["saddr"], row["daddr"]
            count[key] = count.get(key, 0) + row["count"]
        return count

    def test_rtt_value(self):
        """Counted is the time that an end knew before the packet came: of either end, the handshake's."""
        def act():
            client, accepted = pair(listen())
            times = [info(client, RTT), info(accepted, RTT)]
            client.send(b"x")
            accepted.recv(1)
            until(lambda: not info(client, UNACKED))
            return times

        child, events = watch(act, streams=["rtt"])
        count, total = (sum(row[key] for row in events["rtt"]) for key in ("count", "sum_us"))
        self.assertGreaterEqual(count, 2)
        self.assertTrue(min(child.result) * count <= total <= max(child.result) * count, (child.result, events))

    def test_rtt(self):
        everything = self.rows()
        self.assertEqual(list(everything), [(ANY, ANY)])
        self.assertGreater(everything[ANY, ANY], 4)
        self.assertEqual(sorted(self.rows("by_local=true")), [(V4, ANY), (V6, ANY)])
        self.assertEqual(sorted(self.rows("by_remote=true")), [(ANY, V4), (ANY, V6)])
        self.assertEqual(sorted(self.rows("by_local=true", "by_remote=true")), [(V4, V4), (V6, V6)])


class Uring(Case):
    def ring(self, streams):
        """(child, what the helper says, events)"""
        gate, say = os.pipe()
        out, told = os.pipe()

        def act():
            os.dup2(told, 1)
            os.set_inheritable(gate, True)
            os.execv(os.path.join(eun.HELPERS, "tcp_uring"), ["tcp_uring", str(gate)])

        os.write(say, b"g")
        child, events = watch(act, streams=streams)
        for fd in (gate, say, told):
            os.close(fd)
        with os.fdopen(out) as text:
            result = json.loads(text.read())
        self.assertEqual(os.waitstatus_to_exitcode(child.status), 0)
        return child, result, events

    def test_uring(self):
        child, result, events = self.ring(EVENTS)
        self.assertEqual([result["connected"], result["refused"], result["unreachable"]],
                         [0, name(errno.ECONNREFUSED), name(errno.ENETUNREACH)])
        port = result["port"]
        self.assertEqual([[event["ret"], event["daddr"], event["dport"], event["addr_source"], event["pid"]]
                          for event in events["connect"]],
                         [[0, V4, port, "kernel", child.pid],
                          [name(errno.ECONNREFUSED), V4, 1, "kernel", child.pid],
                          [name(errno.ENETUNREACH), NOWHERE, 2, "user", child.pid]])
        self.check(self.one(events["accept"]), pid=child.pid, fd=result["server"], sport=port)
        self.assertEqual(len(events["close"]), 2)
        for stream in ("bind", "listen"):
            self.check(self.one(events[stream]), pid=child.pid, saddr=V4, sport=port, ret=0)

    def test_transfers(self):
        """What a request moves, and a socket that it makes."""
        child, result, events = self.ring(["traffic", "socket"])
        self.assertEqual([result["sent"], result["received"]], [4, 4])
        self.assertEqual(sorted((event["tx_bytes"], event["rx_bytes"], event["count"], event["pid"])
                                for event in events["traffic"]), [(0, 4, 1, child.pid), (4, 0, 1, child.pid)])
        made = [event for event in events["socket"] if event["call"] == "io_uring"]
        if result["made"] == name(errno.EINVAL):  # a kernel that can't
            self.assertEqual(made, [])
            return
        self.check(self.one(made), family="AF_INET", type="SOCK_DGRAM", flags=["SOCK_CLOEXEC"], protocol=17,
                   ret=result["made"], pid=child.pid)


if __name__ == "__main__":
    eun.main()
