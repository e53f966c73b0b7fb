# SPDX-License-Identifier: MIT
"""A running `eunomia server`, and requests to it: test_server.py, test_server_load.py."""
import http.client
import json
import os
import re
import signal
import socket
import tempfile
import time
import unittest
import urllib.parse

import eun
from live import Live

LISTENING = re.compile(r"^eunomia: listening: http://127\.0\.0\.1:(\d+)$", re.M)
API = "/api/v1/"


class Server(Live):
    """On a port of the kernel's choice, with files of its own."""

    def __init__(self, folder, config="", more=""):
        self.folder = folder
        path = folder + "/server.ini"
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"[rules]\nbuiltin = no\n{more}\n[output none]\ntype = file\npath = {folder}/alerts\nformat = json\n"
                    f"[server]\nlisten = 127.0.0.1:0\nsocket = {folder}/sock\ntoken_file = {folder}/token\n"
                    f"read_token_file = {folder}/token.read\n{config}\n")
        super().__init__("server", "--config", path)
        self.until(lambda: re.search(r"^eunomia: started: ", self.said(), re.M))
        self.port = int(LISTENING.search(self.said())[1])
        self.token = eun.read(folder + "/token").strip()
        self.wait_for(lambda: self.raw("GET", API + "ready")[0] == 200)
        self.read_token = eun.read(folder + "/token.read").strip()

    def stop(self, number=signal.SIGTERM):
        """It ends well: a sanitizer's findings are another status."""
        result = super().stop(number)
        if result[0]:
            raise AssertionError(result)
        return result

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=eun.LIMIT)

    def raw(self, method, path, body=None, token=True, headers=None, connection=None):
        """(status, headers, bytes)"""
        c = connection or self.connect()
        h = dict(headers or {})
        if token:
            h["Authorization"] = "Bearer " + (self.token if token is True else token)
        c.request(method, path, body, h)
        answer = c.getresponse()
        result = answer.status, answer.headers, answer.read()
        if not connection:
            c.close()
        return result

    def call(self, method, path, body=None, status=200, **how):
        """The answer as JSON, if it has this status."""
        if isinstance(body, dict):
            body = json.dumps(body)
        got, _, data = self.raw(method, API + path, body, **how)
        if got != status:
            raise AssertionError(f"{method} {path}: {got} instead of {status}: {data[:500]}")
        return json.loads(data)

    def get(self, path, **how):
        return self.call("GET", path, **how)

    def post(self, path, body=None, status=200, **how):
        return self.call("POST", path, body, status, **how)

    def start_instance(self, **what):
        return self.post("instances", what, 201)

    def close_instance(self, number):
        """Stops it and waits until nothing is left of it."""
        self.call("DELETE", f"instances/{number}", status=202)
        return self.wait_for(lambda: self.closed(number))

    def closed(self, number):
        instance = self.get(f"instances/{number}")
        return instance if instance["state"] in ("closed", "failed") else None

    def wait_for(self, what, limit=eun.LIMIT):
        end = time.monotonic() + limit
        while True:
            result = what()
            if result:
                return result
            if time.monotonic() > end:
                raise AssertionError("it did not come to be")
            time.sleep(0.01)

    def events(self, streams, where=None, limit=1000):
        path = f"events?limit={limit}&streams={streams}"
        if where:
            path += "&filter=" + urllib.parse.quote(where)
        return [kept["event"] for kept in self.get(path)["events"]]


class Stream:
    """A live stream, read as it comes."""

    def __init__(self, server, query=""):
        self.socket = socket.create_connection(("127.0.0.1", server.port), eun.LIMIT)
        self.socket.sendall(f"GET {API}stream?{query} HTTP/1.1\r\nHost: localhost\r\n"
                            f"Authorization: Bearer {server.token}\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        status = self.file.readline()
        if b" 200 " not in status:
            raise AssertionError(status)
        while self.file.readline().strip():
            pass
        self.text = b""
        self.next()

    def chunk(self):
        size = int(self.file.readline(), 16)
        data = self.file.read(size)
        self.file.readline()
        if not size:
            raise EOFError
        return data

    def next(self):
        """(event, data) of the next message; comments are ("", "")."""
        while b"\n\n" not in self.text:
            self.text += self.chunk()
        message, self.text = self.text.split(b"\n\n", 1)
        lines = dict(line.split(b": ", 1) for line in message.split(b"\n") if not line.startswith(b":"))
        return lines.get(b"event", b"").decode(), lines.get(b"data", b"").decode()

    def close(self):
        self.file.close()
        self.socket.close()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="eunomia-server-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        os.chmod(self.dir, 0o755)

    def server(self, config="", more=""):
        server = Server(self.dir, config, more)

        def end():
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()

        self.addCleanup(end)
        return server
