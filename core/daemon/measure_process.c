/* SPDX-License-Identifier: MIT */
/* The process's own numbers, by the names and meanings that all clients of Prometheus give them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "measure_impl.h"

enum { CPU, RESIDENT, VIRTUAL, OPEN_FDS, MAX_FDS, THREADS, STARTED };

static const struct measured process[] = {
	[CPU] = {"process_cpu_seconds_total", "CPU time of the process, in user space and in the kernel.",
		 METRIC_COUNTER, 0, 1},
	[RESIDENT] = {"process_resident_memory_bytes", "Memory of the process that is in RAM.", METRIC_GAUGE, 0, 1},
	[VIRTUAL] = {"process_virtual_memory_bytes", "Address space of the process.", METRIC_GAUGE, 0, 1},
	[OPEN_FDS] = {"process_open_fds", "File descriptors that are open.", METRIC_GAUGE, 0, 1},
	[MAX_FDS] = {"process_max_fds", "File descriptors that may be open.", METRIC_GAUGE, 0, 1},
	[THREADS] = {"process_threads", "Threads of the process.", METRIC_GAUGE, 0, 1},
	[STARTED] = {"process_start_time_seconds", "When the process started, since the epoch.", METRIC_GAUGE, 0, 1},
};
#define N_PROCESS (sizeof(process) / sizeof(process[0]))

_Static_assert(N_PROCESS <= MEASURE_PROCESS, "there is room for all");

bool measure_process_open(struct measure *m)
{
	for (size_t i = 0; i < N_PROCESS; i++) {
		m->process[i] = measure_family(m, process[i].name, process[i].help, process[i].type, NULL);
		if (!m->process[i])
			return false;
	}
	return true;
}

static void set(const struct measure *m, int which, double n)
{
	series_set(metric_series(m->process[which], NULL), n);
}

/* proc_pid_stat(5): fields 20, 22 to 24, behind the name, which may hold anything. */
static void from_stat(const struct measure *m)
{
	char text[1024];
	FILE *f = fopen("/proc/self/stat", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	long threads;
	unsigned long long start, size;
	long pages;
	if (f)
		fclose(f);
	text[n] = '\0';
	const char *at = strrchr(text, ')');
	if (!at ||
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %llu %llu %ld",
		   &threads, &start, &size, &pages) != 4)
		return;
	set(m, THREADS, (double)threads);
	set(m, VIRTUAL, (double)size);
	set(m, RESIDENT, (double)pages * (double)sysconf(_SC_PAGESIZE));
	set(m, STARTED, (double)m->daemon->style.clock_offset / 1e9 + (double)start / (double)sysconf(_SC_CLK_TCK));
}

static double open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	double n = 0;
	for (struct dirent *e; dir && (e = readdir(dir));)
		n += *e->d_name != '.';
	if (dir)
		closedir(dir);
	return dir ? n - 1 : 0; /* but for the one that reads */
}

void measure_process(struct measure *m)
{
	struct timespec cpu;
	struct rlimit limit;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	set(m, CPU, (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
	from_stat(m);
	set(m, OPEN_FDS, open_fds());
	if (!getrlimit(RLIMIT_NOFILE, &limit))
		set(m, MAX_FDS, (double)limit.rlim_cur);
}
