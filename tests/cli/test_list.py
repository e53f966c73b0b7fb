# SPDX-License-Identifier: MIT
"""list, inspect, doctor: what the tables say, as text and as JSON, and the two agree."""
import json
import os
import unittest

from cli import EUNOMIA, FAILED, KERNEL, OK, USAGE, Case

PLUGINS = os.path.join(os.path.dirname(EUNOMIA), "..", "lib", "eunomia", "plugins")
SHIPPED = sorted(name[:-3] for name in os.listdir(PLUGINS) if name.endswith(".so"))
BUILT_IN = ["container"]


class List(Case):
    def rows(self, *args):
        return [json.loads(line) for line in self.good(*args, "--fmt", "json").splitlines()]

    def test_plugins(self):
        rows = self.rows("list", "plugins")
        self.assertEqual([row["plugin"] for row in rows], BUILT_IN + SHIPPED)
        for row in rows:
            self.assertEqual(set(row), {"plugin", "version", "license", "help", "path"})
            self.assertTrue(os.path.exists(row["path"]) or row["path"] == "(built in)" and row["plugin"] in BUILT_IN)
        text = self.good("list", "plugins").splitlines()
        self.assertEqual([line.split()[0] for line in text], BUILT_IN + SHIPPED)

    def test_streams_and_fields(self):
        streams = self.rows("list", "streams")
        names = [row["stream"] for row in streams]
        self.assertEqual(len(set(names)), len(names))
        fields = self.rows("list", "fields")
        header = [row["field"] for row in fields if row["stream"] == "*" and row["source"] != "computed"]
        computed = [row["field"] for row in fields if row["source"] == "computed"]
        self.assertTrue({"exe", "ancestor.exe", "container", "container.name"} <= set(computed))
        self.assertTrue({"time", "pid", "comm", "stream"} <= set(header))
        self.assertEqual({row["stream"] for row in fields} - {"*"}, set(names))
        for stream in names:
            own = self.rows("list", "fields", stream)
            self.assertEqual(own, [row for row in fields if row["stream"] == stream])
            self.assertFalse({row["field"] for row in own} & set(header))
        self.assertEqual([row["role"] for row in streams if row["stream"] == "process.exec"], ["process.exec"])
        source = {row["field"]: row["source"] for row in fields if row["stream"] == "process.exec"}
        self.assertEqual((source["argv"], source["exe"]), ("user", "kernel"))
        labels = {row["field"]: row["labels"] for row in fields if row["stream"] == "process.exec"}
        self.assertEqual((labels["path_source"], labels["ret"]), ("kernel|user", ""))

    def test_lua(self):
        """A class a stream, with all its fields: for editors, but also a script that loads."""
        text = self.good("list", "lua")
        for row in self.rows("list", "streams"):
            self.assertIn(f"---@class {row['stream']}: Event\n", text)
        self.assertIn("---@field path? string ", text)
        self.assertIn("---@field parent_exe? string ", text)

    def test_tools(self):
        streams = {row["stream"] for row in self.rows("list", "streams")}
        tools = self.rows("list", "tools")
        for row in tools:
            self.assertIn(row["stream"], streams)
            self.assertTrue(row["stream"].startswith(row["plugin"] + "."))
        self.assertEqual([line.split()[:3] for line in self.good("list", "tools").splitlines()],
                         [[row["tool"], row["plugin"], row["stream"]] for row in tools])

    def test_refused(self):
        """Beside good ones: told on stderr, with a row of its own, and no reason to fail."""
        self.path("broken.so", b"\x7fELF no more")
        status, out, err = self.run_it("list", "plugins", "--plugin-path", self.dir, "--fmt", "json")
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(status, OK)
        self.assertEqual([row["refused"] for row in rows if "refused" in row], [self.dir + "/broken.so"])
        self.assertEqual([row["plugin"] for row in rows if "plugin" in row], BUILT_IN + SHIPPED)
        self.assertRegex(err.decode(), r"\Aeunomia: [^\n]*broken\.so: [^\n]+\n\Z")

    def test_path(self):
        """A folder given comes first; the environment's comes before the executable's own."""
        self.path("process.so", b"not a plugin")
        self.bad(USAGE, self.dir + "/process.so: ", "--plugin", "process", "--plugin-path", self.dir)
        self.bad(USAGE, self.dir + "/process.so: ", "--plugin", "process",
                 env={**os.environ, "EUNOMIA_PLUGIN_PATH": self.dir})
        self.bad(USAGE, "(see eunomia list tools; plugin files were refused)", "run",
                 "execsnoop", "--plugin-path", self.dir)


class Inspect(Case):
    def test_shipped(self):
        for name in SHIPPED:
            by_name = self.good("inspect", name, "--fmt", "json")
            rows = [json.loads(line) for line in by_name.splitlines()]
            self.assertEqual(rows[0]["plugin"], name)
            kinds = [next(iter(row)) for row in rows]
            self.assertTrue({"plugin", "stream", "program"} <= set(kinds))
            path = os.path.realpath(os.path.join(PLUGINS, name + ".so"))
            by_path = [json.loads(line) for line in self.good("inspect", path, "--fmt", "json").splitlines()]
            self.assertEqual(rows[1:], by_path[1:])
            text = self.good("inspect", name)
            for title in ("streams", "fields", "options", "programs", "tools"):
                self.assertIn(f"\n\n{title}\n", text)

    def test_refused(self):
        self.bad(FAILED, "a plugin's file is called NAME.so", "inspect", "/etc/passwd")
        self.bad(FAILED, "there is no such file", "inspect", "/no/such.so")
        self.bad(FAILED, "no plugin 'proces' (did you mean 'process'?)", "inspect", "proces")


class Doctor(Case):
    def test_json(self):
        """Says the same in both forms; what it finds is up to the machine."""
        status, out, err = self.run_it("doctor", "--fmt", "json")
        self.assertIn(status, (OK, KERNEL))
        self.assertEqual(err, b"")
        rows = [json.loads(line) for line in out.splitlines()]
        for row in rows:
            self.assertEqual(set(row), {"check", "name", "state", "text"})
            self.assertIn(row["state"], ("ok", "missing", "failed", "unused"))
        self.assertEqual(status == OK, not any(row["state"] == "failed" for row in rows))
        self.assertTrue({"kernel", "btf", "caps", "lockdown", "hook"} <= {row["check"] for row in rows})
        text = self.run_it("doctor")[1].decode().splitlines()
        self.assertEqual([line.split()[:2] for line in text], [[row["state"], row["check"]] for row in rows])

    def test_one_plugin(self):
        _, out, _ = self.run_it("doctor", "--plugin", "process", "--fmt", "json")
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertTrue(all(row["name"].startswith("process/") for row in rows if row["check"] == "program"))

    def test_wrong(self):
        self.assertIn(b"kernel", self.bad(USAGE, "no plugin 'proces'", "doctor", "--plugin", "proces"))
        status, out, _ = self.run_it("doctor", "--btf", "/no/such")
        self.assertEqual(status, KERNEL)
        self.assertIn(b"failed   btf      /no/such: ", out)


if __name__ == "__main__":
    unittest.main()
