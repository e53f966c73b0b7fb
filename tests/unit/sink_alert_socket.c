/* SPDX-License-Identifier: MIT */
/* Syslog and journald: a datagram server that is there, isn't yet, is started anew, is slow, and gets large ones. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "alert_fixture.h"

static int listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_in_range(strlen(path), 1, sizeof(at.sun_path) - 1);
	strcpy(at.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* The next datagram, waited for; of a memfd's content, when that came instead. NUL-terminated in `text`. */
static size_t next_datagram(int fd, char *text, size_t size, bool *passed)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec into = {text, size - 1};
	struct msghdr message = {
		.msg_iov = &into, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t n = -1;
	UNTIL((n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC)) >= 0);
	const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (passed)
		*passed = head != NULL;
	if (head) {
		int memfd;
		struct stat st;
		assert_int_equal(n, 0);
		assert_int_equal(head->cmsg_type, SCM_RIGHTS);
		memcpy(&memfd, CMSG_DATA(head), sizeof(memfd));
		/* what journald demands before it maps one */
		int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
		assert_int_equal(fcntl(memfd, F_GET_SEALS), seals);
		assert_int_equal(fstat(memfd, &st), 0);
		n = pread(memfd, text, size - 1, 0);
		assert_int_equal(n, st.st_size);
		close(memfd);
	}
	text[n] = '\0';
	return (size_t)n;
}

/* As logger(1) writes to /dev/log: "<11>Nov 24 10:11:12 name[pid]: text", no newline. */
static void syslog(void **state)
{
	struct fixture *f = *state;
	char text[4096], month[4], rest[64];
	int priority, day, h, m, s, pid, at = 0;
	int server = listen_at(f->path);
	struct alert_output *o = open_output(f, &(struct alert_output_config){.kind = ALERT_SYSLOG, .path = f->path});
	put_text(o, "hello\nworld");
	next_datagram(server, text, sizeof(text), NULL);
	assert_int_equal(sscanf(text, "<%d>%3s %d %d:%d:%d eunomia[%d]: %n%63[^\n]", &priority, month, &day, &h, &m, &s,
				&pid, &at, rest),
			 8);
	assert_int_equal(priority, 3 * 8 + 3);
	assert_int_equal(pid, getpid());
	assert_string_equal(text + at, "Error hello\\nworld");
	assert_int_equal(close_output(o, PATIENCE_MS).written, 1);
	close(server);
}

/* Nobody at first; then a server; then another in its place. Nothing is lost or told twice. */
static void reconnect(void **state)
{
	struct fixture *f = *state;
	char text[4096];
	struct alert_output *o = open_output(f, &(struct alert_output_config){.kind = ALERT_SYSLOG, .path = f->path});
	put_text(o, "1");
	UNTIL(counts(o).errors);
	assert_non_null(strstr(counts(o).last_error, "No such file"));
	int server = listen_at(f->path);
	next_datagram(server, text, sizeof(text), NULL);
	assert_non_null(strstr(text, ": Error 1"));
	UNTIL(counts(o).written == 1);
	close(server);
	unlink(f->path);
	server = listen_at(f->path);
	put_text(o, "2");
	next_datagram(server, text, sizeof(text), NULL);
	assert_non_null(strstr(text, ": Error 2"));
	struct alert_output_counts c = close_output(o, PATIENCE_MS);
	assert_int_equal(c.written, 2);
	assert_int_equal(c.lost, 0);
	close(server);
}

/* A server that never reads. */
static void slow(void **state)
{
	struct fixture *f = *state;
	char text[4096];
	unsigned n = 0;
	int server = listen_at(f->path);
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_SYSLOG, .path = f->path, .timeout_ms = 50});
	put_numbers(o, 0, FLOOD);
	UNTIL(counts(o).errors);
	struct alert_output_counts c = close_output(o, 100);
	assert_int_equal(c.taken, FLOOD);
	assert_true(c.lost > FLOOD / 2 && c.written > 0);
	while (recv(server, text, sizeof(text), 0) > 0)
		n++;
	assert_int_equal(n, c.written);
	close(server);
}

/* A closing output gives up on a socket that is not there, when its patience is over. */
static void nobody(void **state)
{
	struct fixture *f = *state;
	struct alert_output *o = open_output(f, &(struct alert_output_config){.kind = ALERT_JOURNALD, .path = f->path});
	put_numbers(o, 0, 10);
	struct alert_output_counts c = close_output(o, 200);
	assert_int_equal(c.lost, 10);
	assert_true(c.errors > 0);
	char path[200];
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_SYSLOG, .path = path}), ENAMETOOLONG);
}

static void journald(void **state)
{
	struct fixture *f = *state;
	size_t size = 900000;
	char *text = malloc(size), *big = calloc(1, 700001);
	bool passed;
	int server = listen_at(f->path);
	struct alert_output *o = open_output(f, &(struct alert_output_config){.kind = ALERT_JOURNALD, .path = f->path});
	put_text(o, "hello");
	next_datagram(server, text, size, &passed);
	assert_false(passed);
	assert_ptr_equal(strstr(text, "MESSAGE=hello\nPRIORITY=3\nSYSLOG_IDENTIFIER=eunomia\nEUNOMIA_RULE=r\n"), text);

	memset(big, 'x', 700000);
	put_text(o, big);
	put_text(o, "after");
	size_t n = next_datagram(server, text, size, &passed);
	assert_true(passed);
	assert_true(n > 700000 && text[n - 1] == '\n');
	assert_memory_equal(text + 8, big, 700000);
	assert_memory_equal(text + 700008, "\nPRIORITY=3\n", 12);
	next_datagram(server, text, size, &passed);
	assert_false(passed);
	assert_memory_equal(text, "MESSAGE=after\n", 14);
	struct alert_output_counts c = close_output(o, PATIENCE_MS);
	assert_int_equal(c.written, 3);
	assert_int_equal(c.errors, 0);
	close(server);
	free(text);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(syslog), TEST(reconnect), TEST(slow), TEST(nobody), TEST(journald),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
