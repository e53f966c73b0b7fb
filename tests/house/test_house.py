# SPDX-License-Identifier: MIT
"""The walls of the house: who may include whom, and that sources are formatted as .clang-format says."""
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)

# Folders of core/, lower ones first; those in one tuple do not see each other.
ORDER = [("config", "event"), ("filter", "metric", "symbol"), ("target",), ("pipeline",), ("host",), ("sink", "flame"),
         ("rule", "falco"), ("script",), ("seccomp", "store"), ("daemon",), ("server",), ("cli",)]
LEVEL = {name: i for i, names in enumerate(ORDER) for name in names}
FOLDERS = set(LEVEL)


def includes(path):
    return [(kind == '"', name) for kind, name in INCLUDE.findall(path.read_text())]


def sources(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


class Walls(unittest.TestCase):
    def test_core(self):
        for path in sources("core/*/*.[ch]"):
            folder = path.parent.name
            if folder not in FOLDERS:
                continue
            for quoted, name in includes(path):
                top = name.split("/")[0]
                if folder == "target" and name == "bpf/core/target.h":
                    continue
                self.assertFalse(name.startswith(("bpf/core", "../")) or (quoted and "plugins/" in name),
                                 f"{path}: {name}")
                if quoted and "/" in name and top != folder:
                    self.assertIn(top, FOLDERS, f"{path}: {name}")
                    self.assertLess(LEVEL[top], LEVEL[folder], f"{path}: includes upwards: {name}")

    def test_plugins(self):
        for path in sources("plugins/*.c"):
            for quoted, name in includes(path):
                if quoted:
                    own = name.startswith(path.stem + "_") and (path.parent / name).exists()
                    self.assertTrue(own or (ROOT / "bpf" / name).exists() and "/" not in name, f"{path}: {name}")
                else:
                    self.assertFalse(name.startswith(("bpf/", "lua")), f"{path}: {name}")

    def test_bpf(self):
        for path in sources("bpf/*.bpf.[ch]", "bpf/*.h"):
            for quoted, name in includes(path):
                if quoted:
                    self.assertTrue((path.parent / name).exists(), f"{path}: {name}")
                elif name.startswith("eunomia/"):
                    self.assertEqual(name, "eunomia/event.h", f"{path}: {name}")

    def test_core_names_no_plugin(self):
        names = [path.stem for path in sources("plugins/*.c")]
        falco = ROOT / "core/falco/fields.c"  # says which streams are what in another program's words
        for path in set(sources("core/*/*.c")) - {falco}:
            code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
            for name in set(names) - {"seccomp", "profile"}:  # a command's name and a key of OCI's JSON; what seccomp has
                self.assertFalse(f'"{name}"' in code, f"{path} knows the plugin {name}")


class Format(unittest.TestCase):
    def test_clang_format(self):
        if not shutil.which("clang-format"):
            self.skipTest("no clang-format")
        files = sources("core/**/*.[ch]", "plugins/*.[ch]", "bpf/**/*.[ch]", "tests/**/*.[ch]")
        files = [str(path) for path in files if path.name != "vmlinux.h"]
        run = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], stderr=subprocess.PIPE, text=True)
        self.assertEqual(run.returncode, 0, run.stderr[:4000])


class Texts(unittest.TestCase):
    def test_links_of_documents(self):
        for path in sources("*.md", "docs/*.md", "core/*.md", "tests/**/*.md", "plugins/*.md", "bpf/*.md"):
            for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
                self.assertTrue((path.parent / target).exists(), f"{path}: {target}")

    def test_licenses(self):
        for path in sources("core/**/*.[ch]", "plugins/*.[ch]", "bpf/**/*.[ch]"):
            self.assertIn("SPDX-License-Identifier: ", path.read_text().splitlines()[0], path)


if __name__ == "__main__":
    unittest.main()
