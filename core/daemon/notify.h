/* SPDX-License-Identifier: MIT */
/* sd_notify(3) without libsystemd: datagrams to the socket that $NOTIFY_SOCKET names. Without one nothing is sent. */
#ifndef CORE_DAEMON_NOTIFY_H
#define CORE_DAEMON_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;               /* -1: nobody listens */
	uint64_t watchdog_ns; /* WATCHDOG=1 is due so often; 0: never */
	uint64_t next;        /* monotonic, ns */
};

/* Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID, and takes them out of the environment of children. */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/* Lines "READY=1\nSTATUS=...". Never waits. */
void notify_say(const struct notify *notify, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* RELOADING=1 with the time, as Type=notify-reload wants it. */
void notify_reloading(const struct notify *notify);
/* WATCHDOG=1 when it is due. */
void notify_alive(struct notify *notify);

#endif
