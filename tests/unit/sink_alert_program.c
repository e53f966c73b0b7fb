/* SPDX-License-Identifier: MIT */
/* A program for alerts: dd keeps what it is told, others end, hang, or close their stdin. */
#include <signal.h>
#include <sys/wait.h>

#include "alert_fixture.h"

static struct alert_output *program(struct fixture *f, const char *const *argv)
{
	return open_output(f, &(struct alert_output_config){.kind = ALERT_PROGRAM, .argv = argv, .timeout_ms = 200});
}

static void no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void takes_all(void **state)
{
	struct fixture *f = *state;
	char of[160];
	snprintf(of, sizeof(of), "of=%s", f->path);
	const char *const argv[] = {"/bin/dd", of, "status=none", NULL};
	struct alert_output *o = program(f, argv);
	put_numbers(o, 0, 1000);
	struct alert_output_counts c = close_output(o, PATIENCE_MS);
	assert_int_equal(c.written, 1000);
	assert_int_equal(c.errors, 0);
	no_child_is_left();
	char *text = contents(f->path);
	assert_true(are_numbers(text, 0, 1000));
	assert_int_equal(lines_in(text), 1000);
	free(text);
}

/* It has what it needs and not more: its own group, default signals, no descriptors, our arguments as they are. */
static void environment(void **state)
{
	struct fixture *f = *state;
	char script[600];
	snprintf(
		script, sizeof(script),
		"import os,sys,signal\n"
		"fds = sorted(int(fd) for fd in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + fd))\n"
		"open('%s', 'w').write(repr((fds, os.getpgid(0) == os.getpid(), "
		"len(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "
		"os.path.samefile('/proc/self/fd/1', '/proc/self/fd/2'), sys.argv[1:])))\n"
		"sys.stdin.read()",
		f->path);
	const char *const argv[] = {"/usr/bin/python3", "-c", script, "$HOME; exit", "*", NULL};
	int leak = dup(0);
	struct alert_output *o = program(f, argv);
	put_text(o, "x");
	assert_int_equal(close_output(o, 20000).written, 1);
	close(leak);
	char *text = contents(f->path);
	assert_string_equal(text, "([0, 1, 2], True, 0, True, ['$HOME; exit', '*'])");
	free(text);
}

/* Ends after a line: it is started again, with pauses that grow, and each start begins with a whole line. */
static void ends(void **state)
{
	struct fixture *f = *state;
	char write[160];
	snprintf(write, sizeof(write), "w %s", f->path);
	const char *const argv[] = {"/bin/sed", "-u", "-n", "-e", write, "-e", "q3", NULL};
	struct alert_output *o = program(f, argv);
	for (int i = 0; i < 3; i++) {
		put_numbers(o, i, 1);
		UNTIL(counts(o).errors == (uint64_t)i + 1); /* its end is noticed without another alert */
		assert_non_null(strstr(counts(o).last_error, "/bin/sed ended with status 3"));
		char *text = contents(f->path);
		assert_true(are_numbers(text, i, 1));
		free(text);
	}
	assert_int_equal(close_output(o, PATIENCE_MS).written, 3);
	no_child_is_left();
}

/* One that ends at once isn't started as fast as the machine can. */
static void fails(void **state)
{
	struct fixture *f = *state;
	const char *const argv[] = {"/bin/false", NULL};
	struct alert_output *o = program(f, argv);
	uint64_t begin = now_ms(), put = 0;
	while (now_ms() - begin < 1500) {
		put_text(o, "x");
		put++;
		usleep(1000);
	}
	struct alert_output_counts c = close_output(o, 0);
	assert_int_equal(c.taken, put);
	/* pauses of 100, 200, 400, 800 ms: four or five attempts */
	assert_in_range(c.errors, 1, 6);
	no_child_is_left();
}

/* Reads nothing and doesn't end: killed when the patience is over, with the children it has. */
static void hangs(void **state)
{
	struct fixture *f = *state;
	char script[300], *end;
	snprintf(script, sizeof(script), "sleep 1000 & echo $! > %s; wait", f->path);
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	struct alert_output *o = program(f, argv);
	put_numbers(o, 0, FLOOD);
	UNTIL(counts(o).errors);
	assert_non_null(strstr(counts(o).last_error, "timed out"));
	UNTIL(!access(f->path, R_OK));
	char *text = NULL;
	UNTIL((free(text), text = contents(f->path), strchr(text, '\n')));
	pid_t child = (pid_t)strtol(text, &end, 10);
	free(text);
	struct alert_output_counts c = close_output(o, 100);
	assert_int_equal(c.taken, FLOOD);
	assert_true(c.lost > FLOOD / 2);
	no_child_is_left();
	char stat[64], state_letter;
	snprintf(stat, sizeof(stat), "/proc/%d/stat", child);
	/* init reaps it when it likes */
	FILE *file;
	UNTIL(!(file = fopen(stat, "re")) ||
	      (fscanf(file, "%*d (%*[^)]) %c", &state_letter) == 1 && (fclose(file), state_letter == 'Z')));
}

static void closes_stdin(void **state)
{
	struct fixture *f = *state;
	const char *const argv[] = {"/bin/sh", "-c", "exec <&-; exec sleep 1000", NULL};
	struct alert_output *o = program(f, argv);
	put_text(o, "first");
	UNTIL(counts(o).written == 1);
	do {
		put_text(o, "x");
		usleep(1000);
	} while (!counts(o).errors);
	assert_non_null(strstr(counts(o).last_error, "closed its stdin"));
	close_output(o, 0);
	no_child_is_left();
}

static void not_there(void **state)
{
	struct fixture *f = *state;
	static const char *const relative[] = {"dd", NULL}, *const missing[] = {"/nowhere/x", NULL},
				 *const none[] = {NULL};
	assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_PROGRAM, .argv = relative}), EINVAL);
	assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_PROGRAM, .argv = missing}), ENOENT);
	assert_non_null(strstr(f->why, "/nowhere/x"));
	assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_PROGRAM, .argv = none}), EINVAL);
	assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_PROGRAM}), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_all), TEST(environment),  TEST(ends),      TEST(fails),
		TEST(hangs),     TEST(closes_stdin), TEST(not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
