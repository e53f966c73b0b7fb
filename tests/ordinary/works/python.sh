# SPDX-License-Identifier: MIT
# A virtual environment, compiled modules, workers, a database, an HTTP server and its client.
set -eu
cd "$W"
python3 -m venv --without-pip venv
. venv/bin/activate
mkdir -p made
i=0
while [ $i -lt 100 ]; do
	echo "import json, re, subprocess; N = $i" >made/m$i.py
	i=$((i + 1))
done
python -m compileall -q made
cat >work.py <<'P'
import concurrent.futures, http.server, importlib, os, shutil, socketserver, sqlite3, subprocess, sys, tempfile, threading
import urllib.request, zipfile

class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass

def work(i):
    importlib.import_module(f"made.m{i}")
    with tempfile.NamedTemporaryFile(dir=".") as file:
        file.write(b"x" * 10000)
    return subprocess.run([sys.executable, "-c", "import json"], check=True).returncode

if __name__ == "__main__":
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for i in range(100):
        urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/made/m{i}.py").read()
    with concurrent.futures.ProcessPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(50))) == 0
    base = sqlite3.connect("base.db")
    base.execute("create table t (x)")
    for i in range(50):
        base.execute("insert into t values (?)", (i,))
        base.commit()
    with zipfile.ZipFile("made.zip", "w") as packed:
        for name in os.listdir("made"):
            if name.endswith(".py"):
                packed.write(os.path.join("made", name))
    shutil.copytree("made", "copied")
    for i in range(60):  # as an editor saves
        with open(f"made/m{i}.py.tmp", "w", encoding="utf-8") as file:
            file.write("N = 1\n")
        os.replace(f"made/m{i}.py.tmp", f"made/m{i}.py")
    shutil.rmtree("copied")
P
python work.py
deactivate
