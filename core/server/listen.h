/* SPDX-License-Identifier: MIT */
/* Addresses to listen on. */
#ifndef CORE_SERVER_LISTEN_H
#define CORE_SERVER_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct address {
	struct sockaddr_storage sa;
	socklen_t len;
	bool loopback;
};

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080", "*:8080" (all of IPv4 and IPv6). -EINVAL: why. */
int address_parse(struct address *out, const char *text, char *why, size_t why_size);

/* A socket that listens; -errno. */
int listen_address(const struct address *address, const char *text, char *why, size_t why_size);
/* One of the file system, mode 0600, in a folder that is made; one that nobody answers is replaced. */
int listen_unix(const char *path, char *why, size_t why_size);

#endif
