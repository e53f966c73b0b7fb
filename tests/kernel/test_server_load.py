# SPDX-License-Identifier: MIT
"""
The server under slow and idle connections: who behaves is answered at once, memory is bounded, no event is lost.
EUNOMIA_CONNECTIONS: so many slow ones.
"""
import os
import resource
import socket
import statistics
import time
import unittest

import eun
from server_case import Case

CONNECTIONS = int(os.environ.get("EUNOMIA_CONNECTIONS", "1000"))
LIMIT_MS = 100


class Slow(Case):
    def test_slow_connections(self):
        """A line of headers each, and no more. As many again as the server has room for: the oldest go."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, CONNECTIONS + 1000), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        server = self.server(f"graph =\nconnections = {CONNECTIONS // 2}\nheader_time = 60s\n")

        def act():
            for _ in range(5000):
                os.kill(os.getpid(), 0)

        child = eun.Child(act)
        number = server.start_instance(plugin="ipc", streams=["signal"], target={"pids": [child.pid]}, filter="signal = 0")["id"]
        slow, times = [], []
        self.addCleanup(lambda: [s.close() for s in slow])
        child.go()
        for i in range(CONNECTIONS):
            s = socket.create_connection(("127.0.0.1", server.port), eun.LIMIT)
            s.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: loc")
            slow.append(s)
            if i % (CONNECTIONS // 50) == 0:
                begin = time.monotonic()
                self.assertEqual(server.get("health")["status"], "ok")
                times.append(time.monotonic() - begin)
        child.wait()
        print(f"health beside {CONNECTIONS} slow connections: median {statistics.median(times) * 1000:.1f} ms, "
              f"worst {max(times) * 1000:.1f} ms", flush=True)
        self.assertLess(statistics.median(times) * 1000, LIMIT_MS)
        status = server.get("status")
        self.assertLessEqual(status["connections"], CONNECTIONS // 2 + 64)
        self.assertGreater(status["connections_crowded"], 0)
        got = server.close_instance(number)
        self.assertEqual((got["events"], got["streams"][0]["lost"]), (5000, 0))
        server.stop()

    def test_time_is_over(self):
        """A request that never gets complete, and one whose bytes drip, end when their time is over."""
        server = self.server("graph =\nheader_time = 500ms\n")
        silent = socket.create_connection(("127.0.0.1", server.port), eun.LIMIT)
        drips = socket.create_connection(("127.0.0.1", server.port), eun.LIMIT)
        drips.setblocking(False)
        text, ended = b"GET / HTTP/1.1\r\nX: " + b"x" * 10000, False
        for byte in text:
            try:
                drips.send(bytes([byte]))
                ended = drips.recv(1) == b""
            except BlockingIOError:
                pass
            except OSError:
                ended = True
            if ended:
                break
            time.sleep(0.02)
        self.assertTrue(ended)
        self.assertEqual(silent.recv(1), b"")
        self.assertGreaterEqual(server.get("status")["connections_slow"], 2)
        silent.close()
        drips.close()
        server.stop()


if __name__ == "__main__":
    unittest.main()
