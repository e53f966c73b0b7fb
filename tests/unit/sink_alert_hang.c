/* SPDX-License-Identifier: MIT */
/* A write that the kernel doesn't come back from: closing gives its thread up, which frees what it holds in the end. */
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "alert_fixture.h"

static atomic_bool hangs;
static atomic_uint hanging;
static sem_t release;

/* The one that the outputs call; a semaphore's wait is the dead file system's. */
ssize_t write(int fd, const void *bytes, size_t n)
{
	if (n > sizeof(uint64_t) && atomic_load(&hangs)) {
		atomic_fetch_add(&hanging, 1);
		while (sem_wait(&release))
			;
	}
	return syscall(SYS_write, fd, bytes, n);
}

static int threads(void)
{
	char text[4096];
	int n = -1;
	FILE *file = fopen("/proc/self/status", "re");
	while (fgets(text, sizeof(text), file))
		sscanf(text, "Threads: %d", &n);
	fclose(file);
	return n;
}

static void given_up(void **state)
{
	struct fixture *f = *state;
	sem_init(&release, 0, 0);
	struct alert_output *o =
		open_output(f, &(struct alert_output_config){.kind = ALERT_FILE, .path = f->path, .json = true});
	atomic_store(&hangs, true);
	put_numbers(o, 0, 3);
	UNTIL(atomic_load(&hanging) == 1);
	put_numbers(o, 3, 3);
	uint64_t begin = now_ms();
	struct alert_output_counts c = close_output(o, 50);
	assert_true(now_ms() - begin < 10000);
	assert_int_equal(c.taken, 6);
	assert_int_equal(c.lost, 6);
	int with = threads();
	/* it comes back after all; that nothing of it is left is told by the sanitizer */
	atomic_store(&hangs, false);
	sem_post(&release);
	UNTIL(threads() == with - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(given_up)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
