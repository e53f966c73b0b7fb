/* SPDX-License-Identifier: MIT */
/* syscall_flood THREADS N: each thread calls getppid N times. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *thread(void *arg)
{
	for (long left = *(const long *)arg; left; left--)
		syscall(SYS_getppid);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	long n = argc == 3 ? atol(argv[1]) : 0, each = argc == 3 ? atol(argv[2]) : 0;
	if (n < 1 || n > 64 || each < 1)
		return 1;
	for (long i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, thread, &each))
			return 1;
	for (long i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
