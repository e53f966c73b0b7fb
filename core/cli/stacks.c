/* SPDX-License-Identifier: MIT */
#include "stacks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "pipeline/loop.h"
#include "symbol/demangle.h"
#include "symbol/symbols.h"

#define FRAMES_MAX 512
#define IMAGES 4096 /* power of two */

struct stacks {
	enum flame_format format;
	const char *title;
	bool of_time;
	struct symbols *symbols;
	struct flame *profile;
	uint64_t events, cost_ns, started;
	struct {
		uint32_t pid;
		uint64_t image;
	} images[IMAGES];
};

static bool has_stack(const struct stream *s)
{
	for (size_t i = 0; i < s->n_fields; i++)
		if (s->fields[i].type == EUN_STACK)
			return true;
	return false;
}

struct stacks *stacks_new(enum flame_format format, const char *title, const struct stream *const *streams, size_t n,
			  char *why, size_t why_size)
{
	size_t of_time = 0;
	for (size_t i = 0; i < n; i++) {
		of_time += stream_field(streams[i], "time_ns") != NULL;
		if (has_stack(streams[i]))
			continue;
		snprintf(why, why_size, "option --fmt: %s is of stacks, and stream %s has none",
			 flame_format_names[format], streams[i]->name);
		return NULL;
	}
	if (of_time && of_time != n) {
		snprintf(why, why_size, "option --fmt: %s is of samples or of time, not of both; choose a stream",
			 flame_format_names[format]);
		return NULL;
	}
	struct stacks *s = calloc(1, sizeof(*s));
	snprintf(why, why_size, "no memory");
	if (!s)
		return NULL;
	s->format = format;
	s->title = title;
	s->of_time = of_time;
	s->started = clock_boot_ns();
	s->symbols = symbols_new(0);
	s->profile = flame_new();
	if (s->symbols && s->profile)
		return s;
	stacks_free(s);
	return NULL;
}

void stacks_free(struct stacks *s)
{
	if (!s)
		return;
	symbols_destroy(s->symbols);
	flame_free(s->profile);
	free(s);
}

static uint32_t frame_of(struct stacks *s, const struct location *l, enum frame_kind kind)
{
	char readable[DEMANGLED_MAX], module[300];
	if (l->name) {
		size_t n = demangle(l->name, readable, sizeof(readable));
		return flame_frame(s->profile, n ? readable : l->name,
				   kind == FRAME_USER && !strcmp(l->module, "[jit]") ? FRAME_JIT : kind);
	}
	const char *slash = strrchr(l->module, '/');
	snprintf(module, sizeof(module), *l->module == '[' ? "%s" : "[%s]",
		 slash        ? slash + 1
		 : *l->module ? l->module
			      : "unknown");
	return flame_frame(s->profile, module, kind);
}

static bool is_kernel(const struct field *f)
{
	return !strcmp(f->name, "kernel");
}

/* How many of the innermost frames are the program that took the stack. */
static uint32_t own_frames(struct stacks *s, const struct value *v, uint32_t depth)
{
	static const char *const own[] = {"bpf_prog_", "bpf_trace_run", "__bpf_trace_", "__traceiter_"};
	uint32_t n = 0;
	for (bool is = true; is && n < depth; n += is) {
		struct location l;
		is = false;
		symbols_kernel(s->symbols, u64s_at(v, n) - (n > 0), &l);
		for (size_t i = 0; l.name && i < sizeof(own) / sizeof(own[0]); i++)
			is |= !strncmp(l.name, own[i], strlen(own[i]));
	}
	return n;
}

/* From the outermost inwards; all but the innermost are where a call returns to, one behind the call. */
static size_t add_frames(struct stacks *s, const struct view *view, const struct field *f, uint32_t *frames)
{
	bool kernel = is_kernel(f);
	struct value v;
	uint32_t depth = 0;
	size_t n = 0;
	if (!view_read(view, f, &v))
		return 0;
	while (depth < u64s_count(&v) && u64s_at(&v, depth))
		depth++;
	uint32_t first = kernel ? own_frames(s, &v, depth) : 0;
	for (uint32_t i = depth; i-- > first && n < FRAMES_MAX;) {
		struct location l;
		uint64_t address = u64s_at(&v, i) - (i > 0);
		if (kernel)
			symbols_kernel(s->symbols, address, &l);
		else
			symbols_process(s->symbols, view->rec->pid, address, &l);
		frames[n++] = frame_of(s, &l, kernel ? FRAME_KERNEL : FRAME_USER);
	}
	return n;
}

/* What the process had mapped is not so any more where its program is another one, or its number another process. */
static void check_image(struct stacks *s, const struct view *view)
{
	uint32_t pid = view->rec->pid, at = pid & (IMAGES - 1);
	uint64_t image = view_number(view, "image");
	if (s->images[at].pid != pid || s->images[at].image != image)
		symbols_forget(s->symbols, pid);
	s->images[at].pid = pid;
	s->images[at].image = image;
}

void stacks_event(struct stacks *s, const struct view *view)
{
	uint32_t frames[1 + 2 * FRAMES_MAX];
	char comm[EUN_COMM_LEN + 1] = "";
	memcpy(comm, view->rec->comm, EUN_COMM_LEN);
	check_image(s, view);
	frames[0] = flame_frame(s->profile, *comm ? comm : "?", FRAME_THREAD);
	size_t n = 1;
	for (int kernel = 0; kernel < 2; kernel++) /* the kernel's frames are inside of the program's */
		for (size_t i = 0; i < view->stream->n_fields; i++) {
			const struct field *f = &view->stream->fields[i];
			if (f->type == EUN_STACK && is_kernel(f) == (bool)kernel && n < 1 + FRAMES_MAX)
				n += add_frames(s, view, f, frames + n);
		}
	uint64_t weight = view_number(view, s->of_time ? "time_ns" : "count");
	flame_add(s->profile, frames, n, weight ? weight : !s->of_time, false);
	s->cost_ns += view_number(view, "cost_ns");
	s->events++;
}

static uint64_t own_cpu_ns(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return ((uint64_t)u.ru_utime.tv_sec + (uint64_t)u.ru_stime.tv_sec) * 1000000000ull +
	       ((uint64_t)u.ru_utime.tv_usec + (uint64_t)u.ru_stime.tv_usec) * 1000ull;
}

int stacks_write(struct stacks *s, uint64_t lost, struct buf *out)
{
	char note[256];
	struct timespec now;
	uint64_t took = clock_boot_ns() - s->started;
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(note, sizeof(note),
		 "%llu %s in %.1f s, %llu lost, %llu cut short; cost: %.3f s of CPU, %.3f s of it in the kernel",
		 (unsigned long long)s->events, s->of_time ? "waits" : "samples", (double)took / 1e9,
		 (unsigned long long)lost, (unsigned long long)s->profile->cut,
		 (double)(own_cpu_ns() + s->cost_ns) / 1e9, (double)s->cost_ns / 1e9);
	const struct flame_about about = {
		.title = s->title,
		.unit = s->of_time ? "nanoseconds" : "samples",
		.note = note,
		.time = (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec - took,
		.duration_ns = took,
	};
	return flame_write(s->profile, s->format, &about, out);
}
