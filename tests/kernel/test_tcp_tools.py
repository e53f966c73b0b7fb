# SPDX-License-Identifier: MIT
"""The tools of tcp: the exact table that a known action of known size gives, and what each option leaves of it."""
import errno
import socket
import unittest
import warnings

import eun
from tcp_case import (BACK, BYTES, NOWHERE, TOTAL_RETRANS, V4, V6, alone, close_in_turn, connect, exchange, info, ip,
                      listen, pair, until)
from test_udp import datagrams, port



def comm():
    return eun.read("/proc/self/comm").strip()


class Tools(unittest.TestCase):
    maxDiff = None

    def run_tool(self, act, *args, lonely=True):
        """(child, header, rows as words)"""
        def enter():
            warnings.simplefilter("ignore", ResourceWarning)
            if lonely:
                alone()
            return act()

        child = eun.Child(enter)
        run = eun.Run("run", *args, "-p", child.pid, fmt="text").started()
        child.go()
        child.result = child.wait()
        self.text = run.end()
        rows = [line.split() for line in self.text.splitlines()]
        column = next((row.index("CONTAINER") for row in rows if "CONTAINER" in row), None)  # where there are any
        for row in rows:
            if column is not None and len(row) > column:
                del row[column]
        return child, rows[0], rows[1:]

    def connections(self):
        """One over IPv4 with traffic, one to where nobody listens, one without a route. The server's and client's port."""
        server = listen()
        client, accepted = pair(server)
        exchange(client, accepted)
        ports = port(server), port(client)
        close_in_turn(client, accepted)
        connect((V4, 1))
        connect((NOWHERE, 2))
        return ports

    def test_tcpconnect(self):
        def rows(*args):
            child, head, table = self.run_tool(self.connections, "tcpconnect", *args)
            self.assertEqual(head, "TIME UID PID COMM IP SADDR SPORT DADDR DPORT RET".split())
            return child, table

        child, table = rows()
        server, client = child.result
        who = ["0", str(child.pid), comm(), "4"]
        self.assertEqual(table[0][1:], who + [V4, str(client), V4, str(server), "0"])
        self.assertEqual([row[1:6] + row[7:] for row in table[1:]],
                         [who + [V4, V4, "1", "ECONNREFUSED"], who + ["0.0.0.0", NOWHERE, "2", "ENETUNREACH"]])
        for args, count in (("-x",), 2), (("-P", "2,1"), 2), (("-P", 2), 1), (("-s", 1), 0):
            self.assertEqual(len(rows(*args)[1]), count, args)

    def test_tcpconnect_totals(self):
        def act():
            one, other = listen(), listen()
            for server in (one, other, other, other):
                pair(server)
            for _ in range(2):
                connect((V4, 1))
            return port(one), port(other)

        child, head, table = self.run_tool(act, "tcpconnect", "--totals")
        one, other = child.result
        self.assertEqual(head, ["SADDR", "DADDR", "DPORT", "COUNT"])
        self.assertEqual(table, [[V4, V4, str(other), "3"], [V4, V4, "1", "2"], [V4, V4, str(one), "1"]])

    def test_tcpaccept(self):
        child, head, table = self.run_tool(self.connections, "tcpaccept")
        server, client = child.result
        self.assertEqual(head, "TIME PID COMM IP RADDR RPORT LADDR LPORT".split())
        self.assertEqual([row[1:] for row in table], [[str(child.pid), comm(), "4", V4, str(client), V4, str(server)]])
        self.assertEqual(self.run_tool(self.connections, "tcpaccept", "-P", 1)[2], [])

    def test_tcpconnlat(self):
        child, head, table = self.run_tool(self.connections, "tcpconnlat")
        server, client = child.result
        self.assertEqual(head, "TIME PID COMM IP SADDR SPORT DADDR DPORT LAT_MS".split())
        self.assertEqual(table[0][1:8], [str(child.pid), comm(), "4", V4, str(client), V4, str(server)])
        self.assertEqual([row[7] for row in table], [str(server), "1"])
        for row in table:
            self.assertTrue(0 < float(row[8]) < 60000, row)
        self.assertEqual(self.run_tool(self.connections, "tcpconnlat", "--min-ms", 60000)[2], [])

    def test_tcplife(self):
        child, head, table = self.run_tool(self.connections, "tcplife")
        server, client = map(str, child.result)
        self.assertEqual(head, "TIME PID COMM IP LADDR LPORT RADDR RPORT TX_KB RX_KB MS".split())
        who = [str(child.pid), comm(), "4"]
        sent, back = (f"{size / 1024:.1f}" for size in (BYTES, BACK))
        self.assertEqual(sorted(row[1:10] for row in table),
                         sorted([who + [V4, client, V4, server, sent, back], who + [V4, server, V4, client, back, sent]]))
        for row in table:
            self.assertTrue(0 < float(row[10]) < 60000, row)
        fixed = 40123

        def act():
            server = listen(port=fixed)
            close_in_turn(*pair(server))

        self.assertEqual([row[5] for row in self.run_tool(act, "tcplife", "-L", fixed)[2]], [str(fixed)])
        self.assertEqual([row[7] for row in self.run_tool(act, "tcplife", "-D", f"{fixed},1")[2]], [str(fixed)])
        self.assertEqual(self.run_tool(act, "tcplife", "-L", fixed, "-D", fixed)[2], [])

    def test_tcpstates(self):
        fixed = 40124

        def act():
            server = listen(port=fixed)
            client, accepted = pair(server)
            local = port(client)
            close_in_turn(client, accepted)
            return local

        child, head, table = self.run_tool(act, "tcpstates", "-D", fixed)
        self.assertEqual(head, "TIME SKADDR PID COMM LADDR LPORT RADDR RPORT OLD NEW MS".split())
        steps = ["SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE"]
        self.assertEqual([row[2:4] + row[6:10] for row in table],
                         [[str(child.pid), comm(), V4, str(fixed), old, new]
                          for old, new in zip(["CLOSE"] + steps, steps)])
        self.assertEqual(len({row[1] for row in table}), 1)
        self.assertRegex(table[0][1], "^0x[0-9a-f]{16}$")
        self.assertEqual([row[5] for row in table[1:]], [str(child.result)] * 4)
        self.assertEqual({row[9] for row in self.run_tool(act, "tcpstates", "-L", fixed)[2]},
                         {"LISTEN", "CLOSE_WAIT", "LAST_ACK", "CLOSE", "ESTABLISHED"} - {"ESTABLISHED"})

    def test_tcpretrans(self):
        def act():
            ip("route", "add", NOWHERE, "dev", "lo")
            client, _ = connect((NOWHERE, 9), blocking=False)
            until(lambda: info(client, TOTAL_RETRANS))
            local = client.getsockname()
            again = info(client, TOTAL_RETRANS)
            client.close()
            return local, again

        child, head, table = self.run_tool(act, "tcpretrans")
        local, again = child.result
        self.assertEqual(head, "TIME PID IP LADDR LPORT RADDR RPORT STATE".split())
        self.assertEqual([row[1:] for row in table],
                         [[str(child.pid), "4", local[0], str(local[1]), NOWHERE, "9", "SYN_SENT"]] * again)

    def test_tcprtt(self):
        fixed = 40125

        def act():
            for address in (V4, V6):
                exchange(*pair(listen(address, fixed)))

        def rows(*args):
            """{(laddr, raddr): count}, of all rounds"""
            child = eun.Child(lambda: alone() or warnings.simplefilter("ignore", ResourceWarning) or act())
            run = eun.Run("run", "tcprtt", *args, "-p", child.pid).started()
            child.go()
            child.wait()
            found = {}
            for event in run.end():
                ends = event["saddr"], event["daddr"]
                found[ends] = found.get(ends, 0) + event["count"]
                for unit in ("srtt_us", "srtt_ms"):
                    self.assertEqual(sum(slot["count"] for slot in event[unit]["slots"]), event["count"], unit)
                lows = [max(slot["lo"] for slot in event[unit]["slots"] if slot["count"])
                        for unit in ("srtt_us", "srtt_ms")]
                self.assertLessEqual(lows[1], lows[0] // 1000 + 1)
            return found

        whole = rows()
        self.assertEqual(list(whole), [("::", "::")])
        self.assertGreater(whole["::", "::"], 4)
        self.assertEqual(sorted(rows("-b")), [(V4, "::"), (V6, "::")])
        self.assertEqual(sorted(rows("-B")), [("::", V4), ("::", V6)])
        self.assertEqual(sorted(rows("-b", "-B")), [(V4, V4), (V6, V6)])
        self.assertEqual(list(rows("-a", V4)), [(V4, "::")])
        self.assertEqual(list(rows("-A", f"{V6},{NOWHERE}")), [("::", V6)])
        self.assertEqual(rows("-A", NOWHERE), {})
        for local, remote in ((fixed, None), (None, fixed)):
            args = ["--localport", local] if local else ["-P", remote]
            found = rows(*args)
            self.assertEqual(list(found), [("::", "::")], args)
        self.assertEqual(rows("--localport", fixed, "-P", fixed), {})
        self.assertEqual(rows("-P", 1), {})

        self.run_tool(act, "tcprtt")
        self.assertIn(" usecs ", self.text)
        self.assertIn("|*", self.text)
        self.run_tool(act, "tcprtt", "-m")
        self.assertIn(" msecs ", self.text)
        self.assertNotIn(" usecs ", self.text)

    def table(self, act, tool):
        """(child, header, rows) of a tool that prints tables, in rounds that nobody waits for"""
        child, (_, title), (head, *table) = self.run_tool(act, tool, "--interval", "60s")
        self.assertEqual(title, tool)
        return child, head, [row for row in table if row]

    def test_tcptop(self):
        child, head, table = self.table(self.connections, "tcptop")
        self.assertEqual(head, "PID COMM LADDR RADDR RX_KB TX_KB".split())
        both = f"{(BYTES + BACK) / 1024:.1f}"
        self.assertEqual(table, [[str(child.pid), comm(), V4, V4, both, both]])

    def test_udptop(self):
        def act():
            server, client = datagrams(), datagrams()
            for size in (1024, 2048, 3072):
                client.sendto(b"x" * size, server.getsockname())
                server.recvfrom(4096)
            server.sendto(b"y" * 512, client.getsockname())
            client.recvfrom(4096)
            return port(server), port(client)

        child, head, table = self.table(act, "udptop")
        server, client = child.result
        self.assertEqual(head, "PID COMM RADDR RPORT RECVS SENDS RX_KB TX_KB".split())
        who = [str(child.pid), comm(), V4]
        self.assertEqual(sorted(table),
                         sorted([who + [str(server), "1", "3", "0.5", "6.0"], who + [str(client), "3", "1", "6.0", "0.5"]]))

    def test_bindsnoop(self):
        fixed = 40126

        def act():
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((V4, fixed))
            other = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
            other.bind((V6, fixed + 1))
            try:
                socket.socket().bind((NOWHERE, fixed))
            except OSError as error:
                assert error.errno == errno.EADDRNOTAVAIL, error
            return socket.if_nametoindex("lo")

        child, head, table = self.run_tool(act, "bindsnoop")
        self.assertEqual(head, "TIME PID COMM RET PROTO OPTS IF PORT ADDR".split())
        who = [str(child.pid), comm()]
        rows = [row[1:] for row in table]
        self.assertEqual(rows[0], who + ["0", "TCP", "SO_REUSEADDR", "0", str(fixed), V4])
        self.assertEqual([rows[1][:4], rows[1][-3:]], [who + ["0", "UDP"], [str(child.result), str(fixed + 1), V6]])
        self.assertEqual([rows[2][:4], rows[2][-2:]], [who + ["EADDRNOTAVAIL", "TCP"], [str(fixed), NOWHERE]])
        self.assertEqual(len(self.run_tool(act, "bindsnoop", "-P", fixed + 1)[2]), 1)
        self.assertEqual(len(self.run_tool(act, "bindsnoop", "-x")[2]), 1)


if __name__ == "__main__":
    eun.main()
