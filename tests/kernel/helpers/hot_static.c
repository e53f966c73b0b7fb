/* SPDX-License-Identifier: MIT */
/* Spends 70, 20 and 10 percent of its CPU time in three functions, until it is killed. */
#include <stdlib.h>
#include <time.h>

static volatile unsigned long sum;

static long spent_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

/* By the clock, as the same loop is not everywhere as quick. */
#define SPIN(name)                                                  \
	__attribute__((noinline)) void name(long ns);               \
	__attribute__((noinline)) void name(long ns)                \
	{                                                           \
		for (long end = spent_ns() + ns; spent_ns() < end;) \
			for (unsigned i = 0; i < 3000; i++)         \
				sum += i;                           \
	}
SPIN(hot_seventy)
SPIN(hot_twenty)
SPIN(hot_ten)

/* Of another length each time, or it would keep step with who samples it. */
__attribute__((noinline)) static void hot_round(void)
{
	long unit = 50000 + random() % 100000;
	hot_seventy(7 * unit);
	hot_twenty(2 * unit);
	hot_ten(unit);
	__asm__ volatile("");
}

int main(void)
{
	for (;;)
		hot_round();
}
