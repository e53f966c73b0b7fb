/* SPDX-License-Identifier: MIT */
/* run_flood FILE COUNT [CPU]: opens and closes FILE so often, as fast as it can; on that CPU alone if one is given. */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (argc > 3) {
		cpu_set_t set;
		CPU_ZERO(&set);
		CPU_SET(atoi(argv[3]), &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			return 3;
	}
	for (long n = atol(argv[2]); n; n--) {
		int fd = open(argv[1], O_RDONLY);
		if (fd < 0 || close(fd))
			return 1;
	}
	return 0;
}
