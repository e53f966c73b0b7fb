/* SPDX-License-Identifier: MIT */
/* sd_notify(3): datagrams to a socket with a name in the file system, and to one without. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/notify.h"

/* A manager's socket; `name` as it stands in $NOTIFY_SOCKET. */
static int manager(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	memcpy(at.sun_path, name, len);
	if (*name == '@')
		at.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

/* What has been sent; "" nothing. Datagrams of a local socket are there when send() returns. */
static const char *told(int fd)
{
	static char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void conversation(const char *name)
{
	unsigned long long usec;
	struct timespec now;
	struct notify n;
	char end;
	int fd = manager(name);
	notify_open(&n);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_string_equal(told(fd), "");
	notify_say(&n, "READY=1\nSTATUS=%d rules", 39);
	assert_string_equal(told(fd), "READY=1\nSTATUS=39 rules");
	notify_reloading(&n);
	clock_gettime(CLOCK_MONOTONIC, &now);
	const char *text = told(fd);
	assert_ptr_equal(strstr(text, "RELOADING=1\nMONOTONIC_USEC="), text);
	assert_int_equal(sscanf(text, "RELOADING=1 MONOTONIC_USEC=%llu%c", &usec, &end), 1);
	unsigned long long after = (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
	assert_in_range(usec, after - 10000000, after);
	notify_alive(&n);
	assert_string_equal(told(fd), ""); /* no watchdog was asked for */
	notify_close(&n);
	notify_say(&n, "STOPPING=1");
	assert_string_equal(told(fd), "");
	close(fd);
}

static void by_path(void **state)
{
	char folder[] = "/tmp/eunomia-notify-XXXXXX", name[64];
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(name, sizeof(name), "%s/socket", folder);
	conversation(name);
	unlink(name);
	rmdir(folder);
}

static void abstract(void **state)
{
	char name[64];
	(void)state;
	snprintf(name, sizeof(name), "@eunomia-notify-%d", (int)getpid());
	conversation(name);
}

static uint64_t watchdog_of(const char *usec, const char *pid)
{
	char name[64];
	struct notify n;
	snprintf(name, sizeof(name), "@eunomia-watchdog-%d", (int)getpid());
	int fd = manager(name);
	setenv("WATCHDOG_USEC", usec, 1);
	if (pid)
		setenv("WATCHDOG_PID", pid, 1);
	notify_open(&n);
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	notify_alive(&n);
	assert_string_equal(told(fd), n.watchdog_ns ? "WATCHDOG=1" : "");
	notify_alive(&n);
	assert_string_equal(told(fd), ""); /* not due again */
	n.next = 0;
	notify_alive(&n);
	assert_string_equal(told(fd), n.watchdog_ns ? "WATCHDOG=1" : "");
	notify_close(&n);
	close(fd);
	return n.watchdog_ns;
}

/* Twice as often as is demanded, and only if it is this process of which it is. */
static void watchdog(void **state)
{
	char self[16];
	(void)state;
	snprintf(self, sizeof(self), "%d", (int)getpid());
	assert_int_equal(watchdog_of("30000000", NULL), 15000000000ull);
	assert_int_equal(watchdog_of("30000000", self), 15000000000ull);
	assert_int_equal(watchdog_of("30000000", "1"), 0);
}

/* No manager, one that is gone, names that are none, and one whose queue is full: nothing happens, nobody waits. */
static void nobody(void **state)
{
	static const char *const names[] = {NULL, "", "relative", "/nowhere/at/all", "@", "vsock:2:1"};
	char name[200];
	struct notify n;
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsetenv("NOTIFY_SOCKET");
		if (names[i])
			setenv("NOTIFY_SOCKET", names[i], 1);
		notify_open(&n);
		notify_say(&n, "READY=1");
		assert_int_equal(n.fd, -1);
	}
	memset(name, 'x', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	notify_open(&n);
	assert_int_equal(n.fd, -1);

	snprintf(name, sizeof(name), "@eunomia-full-%d", (int)getpid());
	int fd = manager(name);
	alarm(60);
	notify_open(&n);
	for (int i = 0; i < 100000; i++)
		notify_say(&n, "STATUS=%d", i);
	assert_string_equal(told(fd), "STATUS=0");
	close(fd);
	notify_say(&n, "STOPPING=1");
	notify_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_path),
		cmocka_unit_test(abstract),
		cmocka_unit_test(watchdog),
		cmocka_unit_test(nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
