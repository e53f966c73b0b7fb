/* SPDX-License-Identifier: MIT */
/*
 * A program with functions and static probes to be traced. Does what its lines of input say and answers each with a
 * line: "feed N" calls feed() and the probe N times, "load FILE" loads libpets.so, "walk N" calls that.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sdt.h>

static __attribute__((noinline)) int hidden(int n)
{
	__asm__ volatile("");
	return n * 3;
}

__attribute__((noinline)) int feed(int n);
__attribute__((noinline)) int feed(int n)
{
	__asm__ volatile("");
	DTRACE_PROBE2(pets, cat, n, (long)n + 1000);
	return hidden(n) + 1;
}

int main(void)
{
	char command[8], argument[4096];
	int (*walk)(int) = NULL;
	while (scanf("%7s %4095s", command, argument) == 2) {
		int sum = 0;
		if (*command == 'f')
			for (int i = 0; i < atoi(argument); i++)
				sum += feed(i);
		if (*command == 'l') {
			void *library = dlopen(argument, RTLD_NOW);
			*(void **)&walk = library ? dlsym(library, "walk") : NULL;
			sum = walk ? 0 : -1;
		}
		for (int i = 0; *command == 'w' && i < atoi(argument); i++)
			sum += walk(i);
		printf("%d\n", sum);
		fflush(stdout);
	}
	return 0;
}
