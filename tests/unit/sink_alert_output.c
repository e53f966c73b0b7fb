/* SPDX-License-Identifier: MIT */
/* The queue and its counters, stdout, and files: full, slow, rotated, moved away. */
#include <fcntl.h>
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "alert_fixture.h"

static void file(void **state)
{
	struct fixture *f = *state;
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = f->path, .json = true});
	put_numbers(o, 0, 500);
	struct alert_output_counts c = close_output(o, PATIENCE_MS);
	assert_int_equal(c.taken, 500);
	assert_int_equal(c.written, 500);
	assert_int_equal(c.errors, 0);
	char *text = contents(f->path);
	assert_int_equal(lines_in(text), 500);
	assert_true(are_numbers(text, 0, 500));
	free(text);

	/* it appends; and what is less severe is not taken */
	o = open_output(f,
			&(struct alert_output_config){.kind = ALERT_FILE, .path = f->path, .least = SEVERITY_CRITICAL});
	put_text(o, "not severe enough");
	alert_output_put(o, &(struct alert){.rule = "r",
					    .source = "s",
					    .severity = SEVERITY_CRITICAL,
					    .message = "a\nb",
					    .message_len = 3});
	c = close_output(o, PATIENCE_MS);
	assert_int_equal(c.taken, 1);
	text = contents(f->path);
	assert_int_equal(lines_in(text), 501);
	assert_non_null(strstr(text, ": Critical a\\nb\n"));
	free(text);

	struct stat st;
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07, 0);
}

static void bad_path(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = f->folder}), EISDIR);
	assert_non_null(strstr(f->why, f->folder));
	assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = "/nowhere/x"}), ENOENT);
	assert_int_equal(refused(f, &(struct alert_output_config){.kind = ALERT_FILE}), ENOENT);
}

/* Several outputs of two forms get the same alert. */
static void together(void **state)
{
	struct fixture *f = *state;
	char paths[4][160];
	struct alert_output *o[4];
	struct alert_output_counts last[4];
	static const enum severity least[] = {SEVERITY_ALERT, SEVERITY_DEBUG, SEVERITY_DEBUG, SEVERITY_DEBUG};
	for (int i = 0; i < 4; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s.%d", f->path, i + 1);
		o[i] = open_output(f, &(struct alert_output_config){
					      .kind = ALERT_FILE, .path = paths[i], .json = i != 2, .least = least[i]});
	}
	for (int i = 0; i < 100; i++)
		alert_outputs_put(o, 4,
				  &(struct alert){.rule = "r",
						  .source = "s",
						  .severity = i == 50 ? SEVERITY_ALERT : SEVERITY_ERROR,
						  .message = "m",
						  .message_len = 1});
	alert_outputs_close(o, 4, PATIENCE_MS, last);
	char *text[4];
	for (int i = 0; i < 4; i++) {
		assert_int_equal(last[i].written, i ? 100 : 1);
		text[i] = contents(paths[i]);
		assert_int_equal(lines_in(text[i]), i ? 100 : 1);
	}
	assert_string_equal(text[1], text[3]);
	assert_non_null(strstr(text[1], text[0]));
	assert_non_null(strstr(text[2], ": Alert m\n"));
	for (int i = 0; i < 4; i++)
		free(text[i]);
}

static size_t file_size(const char *path, const char *suffix)
{
	char name[160];
	struct stat st;
	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &st) ? 0 : (size_t)st.st_size;
}

static void rotation(void **state)
{
	struct fixture *f = *state;
	char *all = calloc(1, 1 << 20), name[160];
	struct alert_output *o = open_output(
		f, &(struct alert_output_config){
			   .kind = ALERT_FILE, .path = f->path, .json = true, .rotate_bytes = 1000, .keep = 3});
	put_numbers(o, 0, 25);
	UNTIL(counts(o).written == 25);
	assert_in_range(file_size(f->path, ""), 1, 1000);
	for (int i = 3; i >= 0; i--) {
		snprintf(name, sizeof(name), i ? "%s.%d" : "%s", f->path, i);
		char *text = contents(name);
		assert_in_range(strlen(text), i ? 800 : 1, 1000);
		strcat(all, text);
		free(text);
	}
	/* the last ones, none missing */
	int first = 25 - (int)lines_in(all);
	assert_true(first > 0 && are_numbers(all, first, 25 - first));
	assert_int_equal(file_size(f->path, ".4"), 0);

	/* an alert larger than that has a file of its own */
	char big[2001] = {0};
	memset(big, 'x', 2000);
	put_text(o, big);
	put_text(o, "after");
	assert_int_equal(close_output(o, PATIENCE_MS).written, 27);
	assert_in_range(file_size(f->path, ".1"), 2001, 2300);
	assert_in_range(file_size(f->path, ""), 1, 300);

	/* none kept, and what was there counts */
	o = open_output(f, &(struct alert_output_config){
				   .kind = ALERT_FILE, .path = f->path, .json = true, .rotate_bytes = 300});
	put_text(o, "new");
	assert_int_equal(close_output(o, PATIENCE_MS).written, 1);
	char *text = contents(f->path);
	assert_int_equal(lines_in(text), 1);
	free(text);
	free(all);
}

/* Where it can't be rotated nothing is lost; told once, not with each alert. */
static void no_rotation(void **state)
{
	struct fixture *f = *state;
	char folder[160];
	snprintf(folder, sizeof(folder), "%s.1", f->path);
	assert_int_equal(mkdir(folder, 0700), 0); /* rename of a file onto it is EISDIR */
	struct alert_output *o = open_output(
		f, &(struct alert_output_config){
			   .kind = ALERT_FILE, .path = f->path, .json = true, .rotate_bytes = 5000, .keep = 1});
	put_numbers(o, 0, 100);
	struct alert_output_counts c = close_output(o, PATIENCE_MS);
	assert_int_equal(c.written, 100);
	assert_in_range(c.errors, 1, 5);
	assert_non_null(strstr(c.last_error, "rotate"));
}

/* logrotate's way: moved, then told. */
static void reopen(void **state)
{
	struct fixture *f = *state;
	char moved[160];
	snprintf(moved, sizeof(moved), "%s.1", f->path);
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = f->path, .json = true});
	put_numbers(o, 0, 3);
	UNTIL(counts(o).written == 3);
	assert_int_equal(rename(f->path, moved), 0);
	put_numbers(o, 3, 1);
	UNTIL(counts(o).written == 4);
	alert_output_reopen(o);
	put_numbers(o, 4, 2);
	assert_int_equal(close_output(o, PATIENCE_MS).written, 6);
	char *before = contents(moved), *after = contents(f->path);
	assert_true(are_numbers(before, 0, 4));
	assert_true(are_numbers(after, 4, 2));
	free(before);
	free(after);
}

static void full_disk(void **state)
{
	struct fixture *f = *state;
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = "/dev/full", .queue = 10});
	put_numbers(o, 0, FLOOD);
	UNTIL(counts(o).errors >= 2);
	assert_non_null(strstr(counts(o).last_error, "No space left"));
	struct alert_output_counts c = close_output(o, 100);
	assert_int_equal(c.taken, FLOOD);
	assert_int_equal(c.lost, FLOOD);
}

/* A reader that comes late, reads nothing, leaves, and one that comes after it. */
static void fifo(void **state)
{
	struct fixture *f = *state;
	char *text = calloc(1, 1 << 20);
	size_t n = 0;
	assert_int_equal(mkfifo(f->path, 0600), 0);
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = f->path, .json = true});
	put_numbers(o, 0, 1);
	UNTIL(counts(o).errors);
	int fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	UNTIL(counts(o).written == 1);

	char big[20001] = {0}; /* no pipe takes one in a piece */
	memset(big, 'x', 20000);
	for (int i = 0; i < 1000; i++)
		put_text(o, big);
	UNTIL(read(fd, text, 1) == 1);
	put_numbers(o, 1, FLOOD);
	UNTIL(counts(o).lost);
	struct alert_output_counts c = counts(o);
	assert_int_equal(c.taken, FLOOD + 1001);
	assert_true(c.written + 1024 + c.lost >= c.taken);
	close(fd);
	UNTIL(counts(o).errors >= c.errors + 2); /* a broken pipe, and one that nobody has open for reading */
	fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	while (n < 100000) {
		ssize_t got = read(fd, text + n, (1 << 20) - 1 - n);
		n += got > 0 ? (size_t)got : 0;
		usleep(100);
	}
	assert_int_equal(text[0], '{'); /* begins with a whole line */
	close(fd);
	close_output(o, 0);
	free(text);
}

/* Room for a part of a line only; when there is more, the rest follows it, in the same file. */
static void part_of_a_line(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, limit;
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = f->path, .json = true});
	put_numbers(o, 0, 1);
	assert_int_equal(close_output(o, PATIENCE_MS).written, 1);
	size_t line = file_size(f->path, "");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 4 * line + line / 2;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	o = open_output(f, &(struct alert_output_config){
				   .kind = ALERT_FILE, .path = f->path, .json = true, .rotate_bytes = 5 * line});
	put_numbers(o, 1, 4);
	UNTIL(counts(o).errors);
	assert_int_equal(counts(o).written, 3);
	assert_int_equal(file_size(f->path, ""), limit.rlim_cur);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(close_output(o, PATIENCE_MS).written, 4);
	char *text = contents(f->path);
	assert_int_equal(lines_in(text), 5);
	assert_true(are_numbers(text, 0, 5));
	free(text);
}

/* A pipe that is full: closing waits no longer than its patience, then counts. */
static void slow_stdout(void **state)
{
	struct fixture *f = *state;
	int ends[2], before = dup(STDOUT_FILENO);
	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	struct alert_output *o = open_output(f, &(struct alert_output_config){.kind = ALERT_STDOUT, .json = true});
	put_numbers(o, 0, FLOOD);
	UNTIL(counts(o).written > 100);
	struct alert_output_counts c = close_output(o, 50);
	char *text = calloc(1, 1 << 20);
	ssize_t n = read(ends[0], text, (1 << 20) - 1);

	/* a reader that went away: lost at once */
	close(ends[0]);
	o = open_output(f, &(struct alert_output_config){.kind = ALERT_STDOUT});
	put_numbers(o, 0, 10);
	struct alert_output_counts gone = close_output(o, PATIENCE_MS);
	dup2(before, STDOUT_FILENO);
	close(before);
	assert_int_equal(c.taken, FLOOD);
	assert_true(n > 0 && c.lost > FLOOD / 2);
	assert_true(lines_in(text) == c.written);
	free(text);
	assert_int_equal(gone.lost, 10);
	assert_non_null(strstr(gone.last_error, "Broken pipe"));
}

/* Bytes are bounded too, and what is larger than any alert may be is lost alone. */
static void bytes(void **state)
{
	struct fixture *f = *state;
	char *big = calloc(1, 2 << 20);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = f->path, .queue = 1000000});
	memset(big, 'x', (2 << 20) - 1);
	put_text(o, big);
	assert_int_equal(counts(o).lost, 1);
	big[1 << 19] = '\0';
	for (int i = 0; i < 100; i++)
		put_text(o, big);
	assert_int_equal(counts(o).lost, 1 + 100 - 7);
	put_text(o, "there is room for a small one");
	assert_int_equal(counts(o).lost, 1 + 100 - 7);
	assert_int_equal(close_output(o, 10).lost, 102);
	free(big);
}

/* Threads other than the first that leave signals to it. */
static int deaf_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int n = 0;
	for (struct dirent *entry; (entry = readdir(tasks));) {
		char path[300], line[256];
		unsigned long long blocked = 0;
		if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
		FILE *status = fopen(path, "re");
		while (status && fgets(line, sizeof(line), status))
			sscanf(line, "SigBlk: %llx", &blocked);
		if (status)
			fclose(status);
		n += blocked >> (SIGTERM - 1) & blocked >> (SIGHUP - 1) & blocked >> (SIGCHLD - 1) & 1;
	}
	closedir(tasks);
	return n;
}

static void signals(void **state)
{
	struct fixture *f = *state;
	int before = deaf_threads();
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = f->path, .json = true});
	int during = deaf_threads();
	close_output(o, PATIENCE_MS);
	assert_int_equal(during, before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file),        TEST(bad_path), TEST(together),  TEST(rotation),
		TEST(no_rotation), TEST(reopen),   TEST(full_disk), TEST(fifo),
		TEST(slow_stdout), TEST(bytes),    TEST(signals),   TEST(part_of_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
