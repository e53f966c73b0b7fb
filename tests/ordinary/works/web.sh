# SPDX-License-Identifier: MIT
# nginx under wrk for $SECONDS_WEB (60) s: pages, missing pages, a proxy before itself; a reload and a log rotation meanwhile.
set -eu
cd "$W"
chmod 755 .
mkdir -p www
head -c 4000 /dev/urandom >www/page
cat >nginx.conf <<N
worker_processes 2; pid $W/nginx.pid; error_log $W/error.log;
events { worker_connections 512; }
http {
	access_log $W/access.log; client_body_temp_path $W/body; proxy_temp_path $W/proxy;
	fastcgi_temp_path $W/fcgi; uwsgi_temp_path $W/uwsgi; scgi_temp_path $W/scgi;
	server { listen 127.0.0.1:18080; root $W/www; location /proxied/ { proxy_pass http://127.0.0.1:18080/; } }
}
N
nginx -c "$W/nginx.conf"
seconds=${SECONDS_WEB:-60}
wrk -t 1 -c 16 -d "$((seconds * 4 / 6))" http://127.0.0.1:18080/page
nginx -c "$W/nginx.conf" -s reload
wrk -t 1 -c 4 -d "$((seconds / 6))" http://127.0.0.1:18080/missing >/dev/null
mv access.log access.log.1
nginx -c "$W/nginx.conf" -s reopen
wrk -t 1 -c 4 -d "$((seconds / 6))" http://127.0.0.1:18080/proxied/page
nginx -c "$W/nginx.conf" -s quit
while [ -e nginx.pid ]; do sleep 0.1; done
