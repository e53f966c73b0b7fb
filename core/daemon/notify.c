/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "event/clock.h"

static int connect_to(const char *name)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	if ((*name != '/' && *name != '@') || len >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, name, len);
	if (*name == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (*name == '/'));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, size)) {
		close(fd);
		return -1;
	}
	return fd;
}

void notify_open(struct notify *n)
{
	const char *name = getenv("NOTIFY_SOCKET"), *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	*n = (struct notify){.fd = name ? connect_to(name) : -1};
	if (n->fd >= 0 && usec && (!pid || strtoll(pid, NULL, 10) == getpid()))
		n->watchdog_ns = strtoull(usec, NULL, 10) * 1000 / 2;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void notify_say(const struct notify *n, const char *fmt, ...)
{
	char text[512];
	va_list args;
	if (n->fd < 0)
		return;
	va_start(args, fmt);
	int len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len > 0 && send(n->fd, text, strnlen(text, sizeof(text)), MSG_NOSIGNAL) < 0) {
		/* systemd does not listen now: there is nobody else to tell */
	}
}

void notify_reloading(const struct notify *n)
{
	notify_say(n, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(clock_ns(CLOCK_MONOTONIC) / 1000));
}

void notify_alive(struct notify *n)
{
	uint64_t now = n->watchdog_ns ? clock_ns(CLOCK_MONOTONIC) : 0;
	if (!n->watchdog_ns || now < n->next)
		return;
	n->next = now + n->watchdog_ns;
	notify_say(n, "WATCHDOG=1");
}
