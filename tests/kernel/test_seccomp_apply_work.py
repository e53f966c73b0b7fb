# SPDX-License-Identifier: MIT
"""
`eunomia seccomp apply` on what works: servers in the middle of their requests, a container of the real runc. What was
learned in one run kills nobody in a second to which it is applied while it runs. It is applied last: it denies
seccomp(2).
"""
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

import apply_case as case
import eun
import oci
import seccomp_case

NGINX, REDIS = shutil.which("nginx"), shutil.which("redis-server")
ROUNDS = 3
APPLIES = case.APPLIES or 5


class Servers(case.Case):
    def serve(self, command):
        return self.start(*command, wait=None, stderr=subprocess.DEVNULL)

    def until_serves(self, condition, process):
        def serves():
            self.assertIsNone(process.poll())
            return condition()
        self.until(serves)

    def learn(self, command, work):
        """Of a few runs; the action is to kill."""
        for i in range(ROUNDS):
            with subprocess.Popen([eun.EUNOMIA, "seccomp", "--action", "kill", "-o", self.path(f"{i}.json"), "--",
                                   *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as learning:
                work(learning)
                self.assertEqual(learning.wait(eun.LIMIT), 0)
        seccomp_case.seccomp("merge", *[self.path(f"{i}.json") for i in range(ROUNDS)], "-o", self.path("all.json"))
        return self.path("all.json")

    @unittest.skipUnless(NGINX, "needs nginx")
    def test_nginx(self):
        """No request fails."""
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
        command = [NGINX, "-c", self.path("nginx.conf"), "-e", self.path("error.log")]

        def get(path):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(sock)
                client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                answer = b""
                while part := client.recv(65536):
                    answer += part
            return answer

        def serving():
            try:
                return get("/").startswith(b"HTTP/1.1 200")
            except OSError:
                return False

        def work(process):
            self.until_serves(serving, process)
            for _ in range(50):
                self.assertIn(b" 200 ", get("/index.html"))
                self.assertIn(b" 404 ", get("/nothing"))
            os.kill(int(eun.read(pid)), signal.SIGQUIT)
        learned = self.learn(command, work)
        process = self.serve(command)
        self.until_serves(serving, process)
        wrong, served, end = [], 0, threading.Event()

        def ask():
            nonlocal served
            while not end.is_set():
                try:
                    answer = get("/index.html")
                    if b" 200 " not in answer or not answer.endswith(b"hello\n" * 1000):
                        wrong.append(answer)
                except OSError as error:
                    wrong.append(error)
                served += 1
        thread = threading.Thread(target=ask)
        thread.start()
        master = int(eun.read(pid))
        for i in range(APPLIES):
            done, _ = self.apply("-p", master, "--follow", profile=learned if i == APPLIES - 1 else None)
            self.assertEqual({state for _, state, _ in done}, {"has it now"})
            self.assertEqual(len(done), 3)
        end.set()
        thread.join()
        work(process)
        self.assertEqual(process.wait(eun.LIMIT), 0)
        self.assertEqual(wrong, [])
        self.assertGreater(served, 10)
        self.assertNotIn("exited on signal", eun.read(self.path("error.log")))

    @unittest.skipUnless(REDIS and shutil.which("redis-benchmark"), "needs redis")
    def test_redis(self):
        """Not one error while a benchmark runs."""
        sock = self.path("redis.sock")
        command = [REDIS, "--port", "0", "--unixsocket", sock, "--dir", self.dir]

        def cli(*words):
            return subprocess.run(["redis-cli", "-s", sock, *words], capture_output=True, check=False).stdout

        def benchmark(n):
            return ["redis-benchmark", "-s", sock, "-q", "-n", str(n), "-c", "8", "-t", "set,get,lpush,mset"]

        def work(process):
            self.until_serves(lambda: cli("ping") == b"PONG\n", process)
            subprocess.run(benchmark(500), stdout=subprocess.DEVNULL, check=True, timeout=eun.LIMIT)
            time.sleep(0.3)  # what it does by the clock, ten times a second
            self.assertEqual(cli("save"), b"OK\n")
            cli("shutdown")
        learned = self.learn(command, work)
        process = self.serve(command)
        self.until_serves(lambda: cli("ping") == b"PONG\n", process)
        with subprocess.Popen(benchmark(20000), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as bench:
            for i in range(APPLIES):
                done, _ = self.apply("-p", process.pid, profile=learned if i == APPLIES - 1 else None)
                self.assertEqual([state for _, state, _ in done], ["has it now"])
            out = bench.communicate(timeout=eun.LIMIT)[0]
        self.assertEqual(bench.returncode, 0, out)
        self.assertNotRegex(out.lower(), "error|disconnected")
        work(process)
        self.assertEqual(process.wait(eun.LIMIT), 0)


class Container(oci.Case, case.Case):
    def setUp(self):
        oci.Case.setUp(self)
        folder = self.dir
        case.Case.setUp(self)
        self.dir = folder

    def test_all_its_processes(self):
        """Also those that it makes all the time."""
        script = ("sleep 100 & cat /gate & while true; do echo x | cat >/dev/null; (true) & wait $!; done")
        container = self.container(script).create().start()
        other = self.container("sleep 100").create().start()

        def procs(of):
            found = []
            for folder, _, _ in os.walk(of.cgroup()):
                found += [int(pid) for pid in eun.read(folder + "/cgroup.procs").split()]
            return found
        self.until(lambda: len(procs(container)) > 3)
        before = case.filters(container.pid)[0]
        for i in range(APPLIES):
            done, said = self.apply("-c", container.id)
            self.assertIn(container.pid, [pid for pid, state, _ in done if state == "has it now"], said)
            for _ in range(20):
                for pid in procs(container):
                    try:
                        self.assertLessEqual(set(case.filters(pid)), {before + i + 1})  # none: it ended meanwhile
                    except (FileNotFoundError, ProcessLookupError):
                        pass
        self.assertEqual(case.filters(other.pid), [before])
        self.assertIn(case.status(container.pid)["State"][0], "RSD")


if __name__ == "__main__":
    eun.main()
