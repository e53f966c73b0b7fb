/* SPDX-License-Identifier: MIT */
/* Answers each DNS query on 127.0.0.1, port 53, until it is killed: there is no such name. */
#include <arpa/inet.h>
#include <err.h>
#include <sys/socket.h>

int main(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		err(1, "127.0.0.1:53");
	for (;;) {
		unsigned char message[512];
		struct sockaddr_in peer;
		socklen_t size = sizeof(peer);
		ssize_t n = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&peer, &size);
		if (n < 12)
			continue;
		message[2] = 0x81;
		message[3] = 0x83; /* an answer, NXDOMAIN */
		if (sendto(fd, message, (size_t)n, 0, (struct sockaddr *)&peer, size) < 0)
			err(1, "sendto");
	}
}
