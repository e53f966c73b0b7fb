# SPDX-License-Identifier: MIT
"""
Servers at work: what is learned while they serve lets them serve again under the filter, whose action is to kill. Where
nginx or redis is not installed its test is skipped.
"""
import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

import eun
import live
import seccomp_case as case

NGINX, REDIS = shutil.which("nginx"), shutil.which("redis-server")
ROUNDS = 3


class Servers(live.Case):
    def until(self, condition, process):
        for _ in range(eun.LIMIT * 100):
            if condition():
                return
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        self.fail("it does not serve")

    def serves_again(self, command, work):
        """work() is done while the command runs, and lets it end."""
        for i in range(ROUNDS):
            learning = live.Live("seccomp", "--action", "kill", "-o", self.path(f"{i}.json"), "--", *command)
            work(learning.process)
            status, _, said = learning.end()
            self.assertEqual(status, 0, said)
        case.seccomp("merge", *[self.path(f"{i}.json") for i in range(ROUNDS)], "--format", "bpf", "-o",
                     self.path("all.bpf"))
        with subprocess.Popen([case.RUN, self.path("all.bpf"), *command], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            work(process)
            self.assertEqual(process.wait(eun.LIMIT), 0)

    @unittest.skipUnless(NGINX, "needs nginx")
    def test_nginx(self):
        sock, pid = self.path("nginx.sock"), self.path("nginx.pid")
        os.chmod(self.dir, 0o755)
        with open(self.path("index.html"), "w", encoding="utf-8") as page:
            page.write("hello\n" * 1000)
        with open(self.path("nginx.conf"), "w", encoding="utf-8") as conf:
            conf.write(f"""
daemon off; worker_processes 2; pid {pid}; error_log {self.path("error.log")};
events {{ worker_connections 64; }}
http {{ access_log {self.path("access.log")}; server {{ listen unix:{sock}; root {self.dir}; }} }}
""")

        def get(path):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(sock)
                client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                answer = b""
                while part := client.recv(65536):
                    answer += part
            return answer

        def work(process):
            def serving():
                try:
                    return get("/").startswith(b"HTTP/1.1 200")
                except OSError:
                    return False
            self.until(serving, process)
            for _ in range(50):
                self.assertIn(b" 200 ", get("/index.html"))
                self.assertIn(b" 404 ", get("/nothing"))
            os.kill(int(eun.read(pid)), signal.SIGQUIT)
        self.serves_again([NGINX, "-c", self.path("nginx.conf"), "-e", self.path("error.log")], work)
        self.assertNotIn("exited on signal", eun.read(self.path("error.log")))

    @unittest.skipUnless(REDIS and shutil.which("redis-benchmark"), "needs redis")
    def test_redis(self):
        sock = self.path("redis.sock")

        def cli(*words):
            return subprocess.run(["redis-cli", "-s", sock, *words], capture_output=True, check=False).stdout

        def work(process):
            self.until(lambda: cli("ping") == b"PONG\n", process)
            subprocess.run(["redis-benchmark", "-s", sock, "-q", "-n", "500", "-c", "8"], stdout=subprocess.DEVNULL,
                           check=True, timeout=eun.LIMIT)
            self.assertEqual(cli("save"), b"OK\n")
            cli("shutdown")
        self.serves_again([REDIS, "--port", "0", "--unixsocket", sock, "--dir", self.dir], work)


if __name__ == "__main__":
    eun.main()
