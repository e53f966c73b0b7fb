# SPDX-License-Identifier: MIT
"""How outputs tell of containers, on a real one: the column, the pairs, the cells, and that a replay says the same."""
import csv
import os
import subprocess

import eun
import live
import oci

SCRIPT = oci.WAIT + "/bin/cat /etc/known; :"


class WhoContainer(oci.Case):
    def setUp(self):
        super().setUp()
        self.a = self.container(SCRIPT).create()
        with open(self.a.path("/etc/known"), "wb"):
            pass
        self.a.start()

    def run_on_it(self, *args):
        """stdout, and that of its replay."""
        recording = os.path.join(self.dir, "recording")
        run = live.Live(*args, "-c", self.a.id, "--record", recording).started()
        self.a.go()
        status, out, said = run.end()
        self.assertEqual(status, 0, said)
        how = args[args.index("--fmt"):]
        again = subprocess.run([eun.EUNOMIA, "replay", recording, *how], capture_output=True, check=True).stdout
        self.assertEqual(again, out)
        return out.decode().splitlines()

    def test_text(self):
        head, *lines = self.run_on_it("--plugin", "files", "--fmt", "text")
        line = next(line for line in lines if "path=/etc/known" in line)
        self.assertEqual(head.split(), ["TIME", "PID", "COMM", "CONTAINER", "STREAM"])
        self.assertEqual(line.split()[2:5], ["cat", self.a.id, "files.open"])

    def test_tool(self):
        head, *lines = self.run_on_it("run", "opensnoop", "--fmt", "text")
        line = next(line for line in lines if line.endswith("/etc/known"))
        at = head.split().index("COMM")
        self.assertEqual(head.split()[at + 1], "CONTAINER")
        self.assertEqual(line.split()[at:at + 2], ["cat", self.a.id])

    def test_wide(self):
        lines = self.run_on_it("--plugin", "files", "--fmt", "wide")
        line = next(line for line in lines if " path=/etc/known" in line)
        self.assertIn(f" container.id={self.a.id} container.name={self.a.id} container.image=", line)
        self.assertTrue(line.endswith(" container.runtime=runc container.state=running"), line)

    def test_csv(self):
        head, *rows = csv.reader(self.run_on_it("--plugin", "files", "--fmt", "csv"))
        row = next(row for row in rows if "/etc/known" in row)
        self.assertEqual((head[-2:], row[-2:]), (["container.id", "container.name"], [self.a.id, self.a.id]))

    def test_fields_and_process(self):
        """Who it is, by paths inside and pids outside."""
        fields = "path,exe,argv,parent.exe,parent.pid,container,container.runtime"
        rows = csv.reader(self.run_on_it("--plugin", "files", "--fmt", "csv", "--fields", fields))
        row = next(row for row in rows if row[0] == "/etc/known")
        self.assertEqual(row[:4], ["/etc/known", oci.BUSYBOX, "/bin/cat /etc/known", oci.BUSYBOX])
        self.assertEqual(row[4:], [str(self.a.pid), self.a.id, "runc"])

    def test_filter(self):
        run = eun.Run("--plugin", "files", "--filter", f"container.name = {self.a.id} and exe = {oci.BUSYBOX}", "-p",
                      self.a.pid, "--follow").started()
        self.a.go()
        opened = [event["path"] for event in run.end()]
        self.assertIn("/etc/known", opened)


if __name__ == "__main__":
    eun.main()
