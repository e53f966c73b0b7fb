/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct samples {
	size_t n;
	struct bpf_link *links[];
};

/*
 * The CPU's clock, not its cycles: these are often not there in a virtual machine, and a profile is of time. NULL and
 * errno.
 */
static struct bpf_link *sample_cpu(struct bpf_program *program, int cpu, uint64_t hz)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.size = sizeof(attr),
		.freq = 1,
		.sample_freq = hz,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return NULL;
	struct bpf_link *link = bpf_program__attach_perf_event(program, fd);
	int err = errno;
	if (!link)
		close(fd);
	errno = err;
	return link;
}

struct samples *samples_new(struct bpf_program *program, uint64_t hz, char *why, size_t why_size)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct samples *s = calloc(1, sizeof(*s) + (size_t)(cpus > 0 ? cpus : 1) * sizeof(s->links[0]));
	for (int cpu = 0; s && cpu < cpus; cpu++) {
		struct bpf_link *link = sample_cpu(program, cpu, hz);
		if (!link && errno == ENODEV) /* that CPU is off */
			continue;
		if (!link) {
			int err = errno;
			snprintf(why, why_size, "CPU %d can't be sampled %llu times a second: %s", cpu,
				 (unsigned long long)hz, strerror(err));
			samples_destroy(s);
			errno = err;
			return NULL;
		}
		s->links[s->n++] = link;
	}
	return s;
}

void samples_destroy(struct samples *s)
{
	for (size_t i = 0; s && i < s->n; i++)
		bpf_link__destroy(s->links[i]);
	free(s);
}
