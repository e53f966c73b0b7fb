# SPDX-License-Identifier: MIT
"""
The server: who may ask, answers against its own OpenAPI document, hot plug, live streams, rules, the graph, and strings
that want to be something else. Only the test's own children are targets. EUNOMIA_CYCLES: starts and stops; EUNOMIA_STARTS: starts that are timed, EUNOMIA_START_MS: what their median may be.
"""
import json
import os
import re
import socket
import statistics
import subprocess
import time
import unittest

import jsonschema

import eun
from live import SANITIZED
from server_case import API, Case, Stream

CYCLES = int(os.environ.get("EUNOMIA_CYCLES", "20"))
STARTS = int(os.environ.get("EUNOMIA_STARTS", "10"))
START_MS = int(os.environ.get("EUNOMIA_START_MS", "1000"))  # 100 on a machine that does nothing else


def resources(pid):
    """What the kernel has for the process: descriptors, programs, maps, links."""
    kinds = {"fds": 0, "bpf-prog": 0, "bpf-map": 0, "bpf_link": 0, "perf_event": 0}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            name = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue
        kinds["fds"] += 1
        for kind in kinds:
            kinds[kind] += kind in name
    return kinds


def connections(port):
    """Sockets that the server still holds of its clients: not the one that listens (0A), nor those without an inode."""
    lines = [line.split() for line in eun.read("/proc/net/tcp").splitlines()[1:]]
    return [line for line in lines if int(line[1].split(":")[1], 16) == port and line[3] != "0A" and line[9] != "0"]


def rss(pid):
    """KiB"""
    return int(re.search(r"VmRSS:\s+(\d+)", eun.read(f"/proc/{pid}/status"))[1])


class Access(Case):
    def test_who_may(self):
        server = self.server("body = 4096\norigins = https://board.example\n")
        own = {"Origin": f"http://127.0.0.1:{server.port}"}
        cases = [
            ("GET", "health", None, {}, 200), ("GET", "ready", None, {}, 200),
            ("GET", "../../metrics", None, {}, 404),
            ("GET", "version", None, {}, 401), ("GET", "version", "wrong-wrong-wrong-wrong", {}, 401),
            ("GET", "version", server.read_token, {}, 200), ("GET", "version", server.token, {}, 200),
            ("POST", "instances", None, {}, 401), ("POST", "instances", server.read_token, {}, 403),
            ("POST", "instances", server.token, {}, 400), ("POST", "reload", None, {}, 401),
            ("DELETE", "instances/1", server.read_token, {}, 403),
            ("GET", "version", server.token, {"Origin": "http://evil.example"}, 403),
            ("GET", "health", None, {"Origin": "http://evil.example"}, 403),
            ("GET", "health", None, {"Host": "evil.example"}, 403),
            ("GET", "version", server.token, own, 200),
            ("GET", "version", server.token, {"Origin": "https://board.example"}, 200),
            ("OPTIONS", "version", None, {"Origin": "https://board.example"}, 204),
            ("OPTIONS", "version", None, {"Origin": "http://evil.example"}, 403),
            ("PUT", "version", server.token, {}, 405), ("DELETE", "health", server.token, {}, 405),
            ("GET", "nothing", server.token, {}, 404),
            ("GET", "../../../etc/passwd", server.token, {}, 404),
            ("GET", "%2e%2e/%2e%2e/etc/passwd", server.token, {}, 404),
            ("GET", "plugins/..%2f..%2fetc%2fpasswd", server.token, {}, 404),
            ("POST", "rules?name=..%2fx.ini", server.token, {}, 403),  # there is no folder for them
            ("POST", "plugins?name=x.so", server.token, {}, 403),
        ]
        for method, path, token, headers, status in cases:
            with self.subTest(f"{method} {path} {headers}"):
                got, answered, body = server.raw(method, API + path, token=token, headers=headers)
                self.assertEqual(got, status, body)
                self.assertIn("default-src 'none'", answered["Content-Security-Policy"])
                self.assertEqual(answered["X-Content-Type-Options"], "nosniff")
                if status >= 400:
                    error = json.loads(body)["error"]
                    self.assertEqual(set(error), {"code", "message", "place"})
        status, answered, body = server.raw("GET", "/metrics", token=False)
        self.assertEqual((status, answered["Content-Type"].split(";")[0]), (200, "text/plain"))
        self.assertIn(b"\neunomia_build_info{", b"\n" + body)
        for path in ("/etc/passwd", "/../etc/passwd", "//etc/passwd", "/index.html/../../etc/passwd", "/%00"):
            self.assertEqual(server.raw("GET", path)[0], 404, path)
        for how in ({"Content-Length": "99999999"}, {"Transfer-Encoding": "chunked"}):
            with socket.create_connection(("127.0.0.1", server.port), eun.LIMIT) as s:
                head = "".join(f"{k}: {v}\r\n" for k, v in how.items())
                s.sendall(f"POST {API}instances HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n"
                          f"{head}\r\n".encode())
                if "chunked" in head:
                    s.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n" + b"1000\r\n" + b" " * 4096 + b"\r\n0\r\n\r\n")
                self.assertIn(b" 413 ", s.makefile("rb").readline())
        # the calls that change something are told, with what became of them; reading is not
        said = server.said()
        self.assertEqual(len(re.findall(r"audit: POST /api/v1/instances from 127\.0\.0\.1:\d+ with a token of role (\w+): "
                                        r"(401|403|400|413)", said)), 5)
        self.assertNotIn("audit: GET", said)
        self.assertNotIn(server.token, said.replace("#token=" + server.token, "", 1))
        self.assertEqual(os.stat(self.dir + "/token").st_mode & 0o7777, 0o600)
        self.assertEqual(os.stat(self.dir + "/sock").st_mode & 0o7777, 0o600)
        via = subprocess.run(["curl", "-s", "--unix-socket", self.dir + "/sock", "http://localhost" + API + "health"],
                             capture_output=True, check=True, timeout=eun.LIMIT)
        self.assertEqual(json.loads(via.stdout)["status"], "ok")
        self.assertEqual(server.stop()[0], 0)
        self.assertFalse(os.path.exists(self.dir + "/sock"))

    def test_not_for_others(self):
        for listen, config in (("0.0.0.0:0", ""), ("[::]:0", ""), ("*:0", "")):
            path = self.dir + "/open.ini"
            with open(path, "w", encoding="utf-8") as f:
                f.write(f"[rules]\nbuiltin = no\n[server]\nsocket =\ntoken_file = {self.dir}/t\n"
                        f"read_token_file = {self.dir}/r\nlisten = {listen}\n{config}")
            run = subprocess.run([eun.EUNOMIA, "server", "--config", path], capture_output=True, text=True,
                                 timeout=eun.LIMIT, check=False)
            self.assertEqual(run.returncode, 3, run.stderr)
            self.assertIn("--insecure", run.stderr)


class Answers(Case):
    def validator(self, document, schema):
        return jsonschema.Draft7Validator({"$ref": "#/components/schemas/" + schema, "components": document["components"]})

    def test_openapi(self):
        server = self.server(f"rule_folder = {self.dir}/rules\n")
        document = server.get("openapi.json")
        child = eun.Child(lambda: os.getpid())
        instance = server.start_instance(plugin="process", target={"pids": [child.pid]})
        bodies = {"instances": {"tool": "execsnoop", "target": {"pids": [child.pid]}},
                  "run": {"tool": "execsnoop", "target": {"pids": [child.pid]}, "duration": 0.2},
                  "rules": "[rule one]\nstreams = process.exec\nwhere = uid = 4242\n"}
        paths = {"{name}": "process", "{id}": str(instance["id"]), "{pid}": str(os.getpid())}
        seen = 0
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                name = path[len(API):]
                if path.startswith(API + "rules/{name}"):
                    name = name.replace("{name}", "one")
                for key, value in paths.items():
                    name = name.replace(key, value)
                # an upload of a plugin is configured elsewhere, an alert there is none yet, a stream has no end
                if not path.startswith(API):
                    continue
                if name in ("plugins", "stream") and (method == "post" or name == "stream") or "{number}" in name:
                    continue
                if method == "get" and name == "rules/one" and "one" not in str(server.get("rules")):
                    server.post("rules?name=a.ini", bodies["rules"], 201)
                status, answer = next(iter(operation["responses"].items()))
                body = bodies.get(name, bodies["rules"] if name.startswith("rules") else None)
                query = "?name=a.ini" if method == "post" and name.startswith("rules") else ""
                with self.subTest(f"{method} {name}"):
                    data = server.call(method.upper(), name + query, body if method == "post" else None, int(status))
                    schema = answer["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                    self.validator(document, schema).validate(data)
                    seen += 1
        self.assertGreaterEqual(seen, 28)
        wrong = server.get("rules/none", status=404)
        self.validator(document, "Error").validate(wrong)
        child.go()
        child.wait()
        server.stop()

    def test_wrong_requests(self):
        server = self.server()
        me = {"pids": [os.getpid()]}
        cases = [
            ({}, "tool"), ({"tool": "tcpconect"}, "tool"), ({"plugin": "tpc"}, "plugin"),
            ({"plugin": "tcp", "streams": ["conect"]}, "streams"), ({"tool": "tcpconnect", "streams": []}, "streams"),
            ({"tool": "tcpconnect", "option": {}}, "option"), ({"tool": "tcpconnect", "options": {"prot": 1}}, "options.prot"),
            ({"plugin": "tcp", "options": {"nothing": 1}}, "options"),
            ({"tool": "tcpconnect", "filter": "dprot = 1"}, "filter:1:1"),
            ({"tool": "tcpconnect", "filter": "dport = 1 and"}, "filter:1:14"),
            ({"tool": "tcpconnect", "target": {"pids": ["x"]}}, "target.pids"),
            ({"tool": "tcpconnect", "target": {"pids": [2**31 - 2]}}, "target"),
            ({"tool": "tcpconnect", "target": {"follow": True}}, "target.follow"),
            ({"tool": "tcpconnect", "target": me, "duration": "5"}, "duration"),
            ("[]", "body"), ('{"tool":', "body:1:8"),
        ]
        for body, place in cases:
            with self.subTest(str(body)):
                error = server.post("instances", body, 400)["error"]
                self.assertEqual(error["code"], "invalid")
                self.assertEqual(error["place"], place, error)
        near = server.post("instances", {"tool": "tcpconect"}, 400)["error"]["message"]
        self.assertIn("did you mean 'tcpconnect'?", near)
        self.assertEqual(server.get("events?streams=nothing", status=400)["error"]["place"], "streams")
        self.assertEqual(server.get("events?limit=x", status=400)["error"]["place"], "limit")
        # nothing of it is left
        self.assertEqual([i["label"] for i in server.get("instances")["instances"]], ["graph of connections"])
        server.stop()

    def test_hostile(self):
        """Every byte in comm, path and argv: JSON that is valid UTF-8 and says it; nothing reaches a terminal or page."""
        server = self.server()
        name = bytes(b for b in range(1, 256) if b != ord("/"))
        program = os.path.join(os.fsencode(self.dir), name[:200])
        os.symlink("/bin/true", program)
        argument = b"</script><img src=x onerror=alert(1)>\x1b[31m" + name[100:]

        def act():
            with open("/proc/self/comm", "wb") as f:
                f.write(b"</script>\x1b\xff\x07")
            subprocess.run([program, argument], check=True)

        child = eun.Child(act)
        instance = server.start_instance(plugin="process", streams=["exec", "exit"], target={"pids": [child.pid], "follow": True})
        stream = Stream(server, "streams=process.*")
        child.go()
        child.wait()
        events = server.wait_for(lambda: [e for e in server.events("process.exec") if len(e["argv"] or []) == 2])
        self.assertEqual(events[0]["argv"][1], argument.decode("utf-8", "replace"))
        for path in ("events?limit=1000", "processes", "connections", "instances"):
            _, headers, data = server.raw("GET", API + path)
            data.decode("utf-8", "strict")
            json.loads(data)
            self.assertEqual(headers["Content-Type"], "application/json")
            self.assertFalse([b for b in data if b < 0x20], path)
        event = data = ""
        while "onerror" not in data:
            event, data = stream.next()
        self.assertEqual(event, "")
        self.assertEqual(json.loads(data)["argv"][1], argument.decode("utf-8", "replace"))
        stream.close()
        server.close_instance(instance["id"])
        server.stop()


class HotPlug(Case):
    def test_start_to_first_event(self):
        """Of a plugin whose objects are not there, each time anew."""
        server = self.server("graph =\n")

        def fork():
            if not os.fork():
                os._exit(0)
            os.wait()

        connection = server.connect()
        times = []
        for _ in range(STARTS):
            child = eun.Child(fork)
            begin = time.monotonic()
            body = json.dumps({"plugin": "process", "streams": ["fork", "exec", "exit"], "target": {"pids": [child.pid]}})
            status, _, data = server.raw("POST", API + "instances", body, connection=connection)
            self.assertEqual(status, 201, data)
            number = json.loads(data)["id"]
            child.go()
            server.wait_for(lambda: server.get(f"instances/{number}", connection=connection)["events"])
            times.append(time.monotonic() - begin)
            child.wait()
            server.close_instance(number)
        print(f"start to first event: median of {STARTS} {statistics.median(times) * 1000:.1f} ms", flush=True)
        self.assertLess(statistics.median(times) * 1000, START_MS)
        server.stop()

    def test_nothing_is_left(self):
        server = self.server("graph =\n")
        pid = server.process.pid

        def cycle(what):
            return server.close_instance(server.start_instance(target={"pids": [os.getpid()]}, **what)["id"])

        what = {"plugin": "ipc", "streams": ["signal"]}
        for _ in range(3):
            cycle(what)
        server.wait_for(lambda: not connections(server.port))  # what a request left is closed soon after its answer
        before, memory = resources(pid), rss(pid)
        for _ in range(CYCLES):
            self.assertEqual(cycle(what)["state"], "closed")
        for plugin in ("process", "tcp", "files"):
            cycle({"plugin": plugin})
        server.wait_for(lambda: not connections(server.port))
        self.assertEqual(resources(pid), before)
        if not SANITIZED:  # a sanitizer keeps what was freed
            self.assertLess(rss(pid), memory + 4096)
        server.stop()

    def test_law_and_sharing(self):
        """Two of one plugin share programs, each gets its own target's events and no others; nothing is lost."""
        server = self.server("graph =\n")

        def act(n):
            for _ in range(n):
                os.kill(os.getpid(), 0)

        a, b = eun.Child(act, 300), eun.Child(act, 500)
        first = server.start_instance(plugin="ipc", streams=["signal"], target={"pids": [a.pid]})
        one = resources(server.process.pid)["bpf-prog"]
        second = server.start_instance(plugin="ipc", streams=["signal"], target={"pids": [b.pid]}, filter="signal = 0")
        self.assertEqual(resources(server.process.pid)["bpf-prog"], one)
        self.assertLess(second["start_ns"], 50_000_000)
        for child in (a, b):
            child.go()
            child.wait()
        first = server.close_instance(first["id"])
        second = server.close_instance(second["id"])
        counts = [i["events"] for i in (first, second)]
        self.assertEqual(counts[1], 500)
        self.assertGreaterEqual(counts[0], 300)
        account = second["streams"][0]
        self.assertEqual(account["seen"], sum(account[k] for k in ("not_target", "not_where", "aggregated", "sent", "lost")))
        self.assertEqual(account["lost"], 0)
        server.stop()

    def test_run(self):
        """syscount of a child that makes a known number of calls."""
        server = self.server("graph =\n")

        def act():
            for _ in range(1234):
                os.getpriority(os.PRIO_PROCESS, 0)

        child = eun.Child(act)
        with open(self.dir + "/answer", "wb") as out:
            run = subprocess.Popen(["curl", "-s", "-H", "Authorization: Bearer " + server.token, "-d", json.dumps(
                {"tool": "syscount", "target": {"pids": [child.pid]}, "duration": 2}),
                f"http://127.0.0.1:{server.port}{API}run"], stdout=out)
            server.wait_for(lambda: [i for i in server.get("instances")["instances"] if i["state"] == "running"])
            child.go()
            child.wait()
            self.assertEqual(run.wait(eun.LIMIT), 0)
        answer = json.loads(eun.read(self.dir + "/answer"))
        rows = {row["syscall"]: row["count"] for row in answer["rows"]}
        self.assertEqual(rows.get("getpriority"), 1234, rows)
        self.assertEqual(answer["dropped"], 0)
        server.stop()

    def test_duration_and_death(self):
        server = self.server("graph =\n")
        child = eun.Child(lambda: 1)
        timed = server.start_instance(plugin="ipc", streams=["signal"], target={"pids": [os.getpid()]}, duration=0.3)
        bound = server.start_instance(plugin="ipc", streams=["signal"], target={"pids": [child.pid]})
        server.wait_for(lambda: server.closed(timed["id"]))
        self.assertEqual(server.get(f"instances/{bound['id']}")["state"], "running")
        child.go()
        child.wait()
        server.wait_for(lambda: server.closed(bound["id"]))
        server.stop()


class Live(Case):
    def test_slow_reader(self):
        """One that does not read loses events, counted; another one and the server lose none."""
        server = self.server("graph =\n")
        n = 20000

        def act():
            for _ in range(n):
                os.kill(os.getpid(), 0)

        child = eun.Child(act)
        server.start_instance(plugin="ipc", streams=["signal"], target={"pids": [child.pid]}, filter="signal = 0")
        slow, quick = Stream(server, "streams=ipc.signal"), Stream(server, "streams=ipc.signal&filter=signal%20%3D%209")
        child.go()
        child.wait()
        number = server.get("instances")["instances"][0]
        got = server.wait_for(lambda: (i := server.get(f"instances/{number['id']}"))["events"] == n and i)
        self.assertEqual(got["streams"][0]["lost"], 0)
        lost = server.get("status")["stream_lost"]
        self.assertGreater(lost, 0)
        told = seen = 0
        end = time.monotonic() + eun.LIMIT / 2
        while told + seen < n:
            self.assertLess(time.monotonic(), end, f"{told} told as lost, {seen} seen of {n}")
            event, data = slow.next()
            told += json.loads(data)["count"] if event == "lost" else 0
            seen += event == "" and bool(data)
        self.assertEqual(told, lost)
        self.assertGreater(seen, 100)
        slow.close()
        quick.close()
        server.wait_for(lambda: server.get("status")["streams"] == 0 or None, 30)
        server.stop()

    def test_rules(self):
        """Uploaded, at work, tried, switched; a wrong one changes nothing."""
        server = self.server(f"graph =\nrule_folder = {self.dir}/rules\n",
                             f"[target]\npid = {os.getpid()}\nfollow = yes\n")
        text = f'[rule marked]\nstreams = files.open\nwhere = path = {self.dir}/marked\nmessage = {{comm}} {{path}}\n'
        wrong = text.replace("path =", "pth =")
        error = server.post("rules/validate?name=x.ini", wrong, 400)["error"]
        self.assertEqual(error["place"], "x.ini:3:9")
        self.assertIn("did you mean 'path'", error["message"])
        self.assertTrue(server.post("rules/validate?name=x.ini", text)["valid"])
        self.assertEqual(server.get("rules")["rules"], [])
        server.post("rules?name=x.ini", wrong, 400)
        self.assertEqual(server.get("rules")["rules"], [])
        server.post("rules?name=x.ini", text, 201)
        stream = Stream(server, "events=false")

        def touch():
            with open(self.dir + "/marked", "w", encoding="utf-8"):
                pass

        touch()
        event, data = stream.next()
        while event != "alert":
            event, data = stream.next()
        alert = json.loads(data)
        self.assertEqual(alert["alert"]["rule"], "marked")
        self.assertIn(self.dir + "/marked", alert["alert"]["output"])
        kept = server.post(f"alerts/{alert['number']}/acknowledge")
        self.assertTrue(kept["acknowledged"])
        self.assertEqual([a["number"] for a in server.get("alerts")["alerts"]], [alert["number"]])
        server.post("rules?name=x.ini", wrong, 400)
        self.assertTrue(server.get("rules/marked")["enabled"])
        self.assertFalse(server.post("rules/marked/disable")["enabled"])
        touch()
        self.assertTrue(server.post("rules/marked/enable")["enabled"])
        touch()
        server.wait_for(lambda: len(server.get("alerts")["alerts"]) == 2)
        stream.close()
        server.stop()


class Graph(Case):
    def test_edge(self):
        """A known connection: who, whom, how much."""
        server = self.server()
        sink = socket.create_server(("127.0.0.1", 0))
        port = sink.getsockname()[1]

        def act():
            with socket.create_connection(("127.0.0.1", port)) as s:
                s.sendall(b"x" * 50000)
                s.recv(1)

        child = eun.Child(act)
        child.go()
        peer, _ = sink.accept()
        got = 0
        while got < 50000:
            got += len(peer.recv(65536))
        peer.sendall(b"y")
        child.wait()
        peer.close()
        sink.close()

        def edge():
            own = server.get("instances")["instances"][-1]
            if not [s for s in own["streams"] if s["name"] == "tcp.traffic" and s["rows"] > 1]:
                return None  # both ends' bytes are told once they are drained; a close must not tell of them again
            graph = server.get("connections?window=60")
            edges = [e for e in graph["edges"] if e["from"] == f"p{child.pid}" and e["port"] == port]
            return (graph, edges[0]) if edges and edges[0]["closed"] and edges[0]["tx_bytes"] else None

        graph, e = server.wait_for(edge)
        self.assertEqual((e["opened"], e["failed"], e["tx_bytes"], e["rx_bytes"]), (1, 0, 50000, 1))
        self.assertEqual(e["to"], f"p{os.getpid()}")
        self.assertGreater(e["latency_ns"], 0)
        ids = {n["id"] for n in graph["nodes"]}
        self.assertTrue(all(x["from"] in ids and x["to"] in ids for x in graph["edges"]))
        server.stop()


if __name__ == "__main__":
    unittest.main()
