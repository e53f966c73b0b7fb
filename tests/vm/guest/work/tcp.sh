# SPDX-License-Identifier: MIT
# An echo server for one client on port 47001, over IPv4 and over IPv6, a name that there isn't, and a connection that
# nobody answers.
listening() {
	cat /proc/net/tcp /proc/net/tcp6 | grep -qi ':B799 .* 0A '
}

for address in 127.0.0.1 ::1; do
	nc -l -p 47001 -e cat &
	for turn in $(seq 200); do
		listening && break
		sleep 0.1
	done
	head -c 20000 /dev/zero | nc $address 47001 >/dev/null
	wait $!
done

/tests/bin/tcp_resolver &
for turn in $(seq 200); do
	grep -qi ':0035 ' /proc/net/udp && break
	sleep 0.1
done
nslookup some.example 127.0.0.1
kill $!

# A route that leads back here, to an address that isn't ours: the kernel drops what comes, and sends again after 1 s.
ip route add 192.0.2.1 dev lo
nc -w 3 192.0.2.1 47002 2>/dev/null
ip route del 192.0.2.1 dev lo
