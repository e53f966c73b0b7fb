/* SPDX-License-Identifier: MIT */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

static bool parse_port(const char *text, in_port_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	*out = htons((uint16_t)n);
	return *text >= '0' && *text <= '9' && !*end && n <= 65535;
}

static bool parse_host(struct address *a, const char *host, in_port_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a->sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->sa;
	if (!strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		a->len = sizeof(*v4);
		a->loopback = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
		return true;
	}
	if (inet_pton(AF_INET6, strcmp(host, "*") ? host : "::", &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = port;
	a->len = sizeof(*v6);
	a->loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	return true;
}

int address_parse(struct address *out, const char *text, char *why, size_t why_size)
{
	char host[64] = "";
	in_port_t port;
	const char *colon = strrchr(text, ':');
	*out = (struct address){0};
	bool bracket = *text == '[' && colon && colon > text + 1 && colon[-1] == ']';
	if (colon && (size_t)(colon - text) < sizeof(host))
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text) - 2 * bracket, text + bracket);
	if (!colon || !parse_port(colon + 1, &port) || (!bracket && strchr(host, ':')) ||
	    !parse_host(out, host, port)) {
		snprintf(why, why_size, "'%s' is no address with a port: 127.0.0.1:8080, [::1]:8080, *:8080", text);
		return -EINVAL;
	}
	return 0;
}

static int listening(int fd, const struct sockaddr *sa, socklen_t len, const char *text, char *why, size_t why_size)
{
	if (fd >= 0 && !bind(fd, sa, len) && !listen(fd, BACKLOG))
		return fd;
	int err = -errno;
	snprintf(why, why_size, "listen %s: %s%s", text, strerror(errno),
		 errno == EADDRINUSE ? " (another server? choose another port with --listen)" : "");
	if (fd >= 0)
		close(fd);
	return err;
}

int listen_address(const struct address *a, const char *text, char *why, size_t why_size)
{
	int one = 1, fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return listening(fd, (const struct sockaddr *)&a->sa, a->len, text, why, why_size);
}

/* What a server that was killed left behind. */
static void remove_stale(const struct sockaddr_un *sa)
{
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (!lstat(sa->sun_path, &st) && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) && errno == ECONNREFUSED)
		unlink(sa->sun_path);
	close(fd);
}

int listen_unix(const char *path, char *why, size_t why_size)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(sa.sun_path)) {
		snprintf(why, why_size, "listen %s: longer than %zu bytes", path, sizeof(sa.sun_path) - 1);
		return -EINVAL;
	}
	strcpy(sa.sun_path, path);
	char *slash = strrchr(sa.sun_path, '/');
	if (slash && slash != sa.sun_path) {
		*slash = '\0';
		mkdir(sa.sun_path, 0755);
		*slash = '/';
	}
	remove_stale(&sa);
	mode_t before = umask(0177);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	fd = listening(fd, (const struct sockaddr *)&sa, sizeof(sa), path, why, why_size);
	umask(before);
	return fd;
}
