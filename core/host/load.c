/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook.h"
#include "lean.h"
#include "probe.h"
#include "sample.h"
#include "target/rodata.h"
#include "variables.h"

/* Of the verifier, per program; older kernels keep its beginning, and the verdict is at its end. */
#define LOG_BYTES (4u << 20)

static int said(struct instance *in, const char *step, int err, const char *reason, char *why, size_t why_size)
{
	const char *remedy = err == -EPERM || err == -EACCES ? kernel_privileges() : "";
	snprintf(why, why_size, "[%s] %s: %s%s%s%s", in->plugin->abi.name, step, reason ? reason : strerror(-err),
		 *remedy ? " (" : "", remedy, *remedy ? ")" : "");
	return err;
}

static void strike(struct row *row, enum program_state state, const char *reason)
{
	row->struck = true;
	row->status.state = state;
	snprintf(row->status.why, sizeof(row->status.why), "%s", reason);
}

/* The option that switches the row on, if there is one, is set; one for 32-bit programs' calls is asked for. */
static bool row_switched_on(const struct instance *in, const struct eun_program *p)
{
	if (p->flags & EUN_PROGRAM_IA32 && !in->host->ia32)
		return false;
	for (uint32_t i = 0; p->option && i < in->plugin->abi.options.count; i++)
		if (!strcmp(in->plugin->options[i].key, p->option))
			return !strcmp(in->options[i], "true");
	return !p->option;
}

/* A row serves the run and its group, if any, has chosen it. */
static bool row_wanted(const struct instance *in, uint32_t i, uint64_t streams)
{
	const struct eun_program *p = &in->plugin->programs[i];
	if (!(p->streams & streams) || in->rows[i].struck || !row_switched_on(in, p))
		return false;
	if (!p->group)
		return true;
	uint32_t best = UINT32_MAX; /* the lowest choice of which something is left, and all that is required */
	for (uint32_t j = 0; j < in->plugin->abi.programs.count; j++) {
		const struct eun_program *q = &in->plugin->programs[j];
		bool broken = false, left = false;
		if (q->group != p->group || q->choice >= best)
			continue;
		for (uint32_t k = 0; k < in->plugin->abi.programs.count; k++) {
			const struct eun_program *r = &in->plugin->programs[k];
			if (r->group != q->group || r->choice != q->choice)
				continue;
			broken |= in->rows[k].struck && !(r->flags & EUN_PROGRAM_OPTIONAL);
			left |= !in->rows[k].struck;
		}
		if (left && !broken)
			best = q->choice;
	}
	return p->choice == best;
}

/* A required row that is out takes the whole start down, unless another choice of its group is left. */
static const struct row *row_missing(const struct instance *in, uint64_t streams, uint32_t *which)
{
	for (uint32_t i = 0; i < in->plugin->abi.programs.count; i++) {
		const struct eun_program *p = &in->plugin->programs[i];
		if (!in->rows[i].struck || p->flags & EUN_PROGRAM_OPTIONAL || !(p->streams & streams) ||
		    !row_switched_on(in, p))
			continue;
		bool other = false;
		for (uint32_t j = 0; p->group && j < in->plugin->abi.programs.count; j++)
			other |= in->plugin->programs[j].group == p->group && row_wanted(in, j, streams);
		if (!other) {
			*which = i;
			return &in->rows[i];
		}
	}
	return NULL;
}

static int set_options(struct instance *in, struct bpf_object *obj, char *why, size_t why_size)
{
	for (uint32_t i = 0; i < in->plugin->abi.options.count; i++) {
		char reason[160] = "";
		int err = option_apply(&in->plugin->options[i], in->options[i], obj, reason, sizeof(reason));
		if (err)
			return said(in, "load", err, *reason ? reason : NULL, why, why_size);
	}
	return 0;
}

static void share(struct bpf_object *obj, const struct shared_map *maps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, maps[i].name);
		if (map)
			bpf_map__reuse_fd(map, maps[i].fd);
	}
}

static void share_maps(const struct instance *in, struct bpf_object *obj)
{
	size_t n;
	const struct shared_map *maps = targets_maps(in->host->targets, &n);
	share(obj, maps, n);
	maps = rings_maps(in->host->rings, &n);
	share(obj, maps, n);
}

/* Of common.bpf.h. An object of an older SDK has no such variable, and does without what it switches on. */
static int set_switch(struct bpf_object *obj, const char *name, bool on)
{
	int err = on ? rodata_set(obj, name, &on, sizeof(on)) : 0;
	return err == -ENOENT ? 0 : err;
}

static int set_switches(const struct instance *in, struct bpf_object *obj, uint64_t streams)
{
	int err = rodata_set(obj, "eun_served", &streams, sizeof(streams));
	if (err && err != -ENOENT)
		return err;
	err = set_switch(obj, "eun_cgroup_v1", in->host->cgroup_v1);
	if (!err)
		err = set_switch(obj, "eun_where_on", in->host->wheres != NULL);
	return err ? err : set_switch(obj, "eun_ia32", in->host->ia32);
}

/* A fresh object with everything set but what is loaded. */
static struct bpf_object *open_object(struct instance *in, uint64_t streams, char *why, size_t why_size)
{
	const struct eun_plugin *abi = &in->plugin->abi;
	char name[16];
	snprintf(name, sizeof(name), "eun_%.11s", abi->name);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = name, .btf_custom_path = kernel_types(in->host->kernel));
	size_t size = (size_t)(abi->object_end - abi->object);
	void *lean = lean_copy(abi->object, size);
	struct bpf_object *obj = lean ? bpf_object__open_mem(lean, size, &opts) : NULL;
	int err = -errno;
	free(lean); /* what was opened has copied all */
	if (!obj) {
		said(in, "open", err, "the embedded BPF object can't be read", why, why_size);
		return NULL;
	}
	if (set_options(in, obj, why, why_size)) {
		bpf_object__close(obj);
		return NULL;
	}
	if (set_switches(in, obj, streams) || hooks_set_types(in->host->kernel, obj)) {
		said(in, "open", -EINVAL, "the object's switches can't be set", why, why_size);
		bpf_object__close(obj);
		return NULL;
	}
	share_maps(in, obj);
	return obj;
}

/* Before loading: rows whose place this kernel does not have are out. Only those that may be are looked up in BTF. */
static int strike_missing(struct instance *in, struct bpf_object *obj, uint64_t streams, char *why, size_t why_size)
{
	for (uint32_t i = 0; i < in->plugin->abi.programs.count; i++) {
		const struct eun_program *p = &in->plugin->programs[i];
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, p->name);
		if (!(p->streams & streams) || in->rows[i].struck)
			continue;
		if (!prog) {
			char reason[160];
			snprintf(reason, sizeof(reason), "the object has no program '%s'", p->name);
			return said(in, "open", -ENOENT, reason, why, why_size);
		}
		if (p->at) {
			int id = kernel_tracepoint(in->host->kernel, p->at, why, why_size);
			if (id < 0 && id != -ENOENT)
				return said(in, "open", id, NULL, why, why_size);
			if (id < 0)
				strike(&in->rows[i], PROGRAM_MISSING, "this kernel has no such tracepoint");
		} else if ((p->group || p->flags & EUN_PROGRAM_OPTIONAL) &&
			   !kernel_has_target(in->host->kernel, bpf_program__section_name(prog))) {
			strike(&in->rows[i], PROGRAM_MISSING, "this kernel has no such hook");
		}
	}
	return 0;
}

static void autoload(struct instance *in, struct bpf_object *obj, uint64_t streams)
{
	struct bpf_program *prog;
	bpf_object__for_each_program(prog, obj)
	{
		bool wanted = false;
		for (uint32_t i = 0; i < in->plugin->abi.programs.count; i++)
			wanted |= row_wanted(in, i, streams) &&
				  !strcmp(in->plugin->programs[i].name, bpf_program__name(prog));
		wanted |= probes_want(in, streams, bpf_program__name(prog));
		bpf_program__set_autoload(prog, wanted);
	}
}

/* The name of the program that a load failed on: the one with something in its log. Its last line goes to `line`. */
static const char *culprit(struct bpf_object *obj, char **logs, char *line, size_t line_size)
{
	struct bpf_program *prog;
	size_t n = 0;
	const char *name = NULL;
	bpf_object__for_each_program(prog, obj)
	{
		char *log = logs[n++];
		if (!log || !*log)
			continue;
		name = bpf_program__name(prog);
		/* the verifier's verdict is the last line before its statistics ("processed N insns") */
		char *end = strstr(log, "\nprocessed ");
		if (end)
			*end = '\0';
		char *last = strrchr(log, '\n');
		snprintf(line, line_size, "%s", last && last[1] ? last + 1 : log);
	}
	return name;
}

/* Loads; on failure finds out which program was refused. Returns 0 or -errno with `name` (may stay NULL) and `line`. */
static int try_load(struct bpf_object *obj, const char **name, char *line, size_t line_size)
{
	struct bpf_program *prog;
	size_t n = 0, i = 0;
	bpf_object__for_each_program(prog, obj) n++;
	char **logs = calloc(n + 1, sizeof(*logs));
	if (!logs)
		return -ENOMEM;
	bpf_object__for_each_program(prog, obj)
	{
		logs[i] = bpf_program__autoload(prog) ? calloc(1, LOG_BYTES) : NULL;
		if (logs[i])
			bpf_program__set_log_buf(prog, logs[i], LOG_BYTES);
		i++;
	}
	*line = '\0';
	int err = bpf_object__load(obj);
	*name = err ? culprit(obj, logs, line, line_size) : NULL;
	for (i = 0; i < n; i++)
		free(logs[i]);
	free(logs);
	return err;
}

/* Strikes every row of a program; false: none of them may be missed. */
static bool strike_program(struct instance *in, const char *name, const char *reason, uint64_t streams)
{
	bool any = false;
	uint32_t which;
	for (uint32_t i = 0; i < in->plugin->abi.programs.count; i++) {
		if (strcmp(in->plugin->programs[i].name, name) != 0 || in->rows[i].struck)
			continue;
		strike(&in->rows[i], PROGRAM_FAILED, reason);
		any = true;
	}
	return any && !row_missing(in, streams, &which);
}

static int map_ctl(struct instance *in)
{
	struct bpf_map *map = bpf_object__find_map_by_name(in->object, "eun_streams");
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	in->counts_fd = bpf_object__find_map_fd_by_name(in->object, "eun_counts");
	if (!map || in->counts_fd < 0)
		return -ENOENT;
	in->ctl_bytes = (EUN_STREAMS_MAX * sizeof(*in->ctl) + page - 1) & ~(page - 1);
	void *at = mmap(NULL, in->ctl_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (at == MAP_FAILED)
		return -errno;
	in->ctl = at;
	for (uint32_t i = 0; i < in->plugin->abi.streams.count; i++) {
		bool critical = in->plugin->streams[i].flags & EUN_STREAM_CRITICAL;
		uint32_t ring, mask;
		rings_choice(in->host->rings, critical, &ring, &mask);
		in->ctl[i].id = in->streams[i]->id;
		in->ctl[i].ring = (uint16_t)ring;
		in->ctl[i].mask = (uint16_t)mask;
	}
	return 0;
}

/* Attaches to a tracepoint by its id: libbpf wants tracefs mounted, we may only have it detached. */
static struct bpf_link *attach_tracepoint(struct instance *in, struct bpf_program *prog, const char *at, char *why,
					  size_t why_size)
{
	int id = kernel_tracepoint(in->host->kernel, at, why, why_size);
	if (id < 0) {
		errno = -id;
		return NULL;
	}
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = (uint64_t)id,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0) {
		snprintf(why, why_size, "perf_event_open: %s", strerror(errno));
		return NULL;
	}
	struct bpf_link *link = bpf_program__attach_perf_event(prog, fd);
	int err = errno;
	if (!link) {
		snprintf(why, why_size, "attach: %s", strerror(err));
		close(fd);
		errno = err;
	}
	return link;
}

static uint64_t rate_of(const struct instance *in, const char *key)
{
	struct option_value value = {0};
	for (uint32_t i = 0; i < in->plugin->abi.options.count; i++)
		if (!strcmp(in->plugin->options[i].key, key))
			option_parse(&in->plugin->options[i], in->options[i], &value, NULL, 0);
	return value.number;
}

/* Attaches the rows that are wanted. 1: an alternative failed and was struck, try again without it. */
static int attach_rows(struct instance *in, uint64_t streams, char *why, size_t why_size)
{
	for (uint32_t i = 0; i < in->plugin->abi.programs.count; i++) {
		const struct eun_program *p = &in->plugin->programs[i];
		struct row *row = &in->rows[i];
		char reason[160] = "";
		if (row->link || row->samples || !row_wanted(in, i, streams))
			continue;
		struct bpf_program *prog = bpf_object__find_program_by_name(in->object, p->name);
		if (p->rate)
			row->samples = samples_new(prog, rate_of(in, p->rate), reason, sizeof(reason));
		else
			row->link = p->at ? attach_tracepoint(in, prog, p->at, reason, sizeof(reason))
					  : bpf_program__attach(prog);
		if (row->link || row->samples) {
			row->status.state = PROGRAM_ATTACHED;
			continue;
		}
		int err = -errno;
		strike(row, PROGRAM_FAILED, *reason ? reason : strerror(-err));
		uint32_t which;
		const struct row *missing = row_missing(in, streams, &which);
		if (missing) {
			char text[320];
			snprintf(text, sizeof(text), "program %s%s%s: %s", p->name, p->at ? " at " : "",
				 p->at ? p->at : "", row->status.why);
			return said(in, "attach", err, text, why, why_size);
		}
		if (p->group)
			return 1;
	}
	return 0;
}

/* The maps of the aggregates are what the tables say. */
static int check_aggregates(struct instance *in, struct bpf_object *obj, char *why, size_t why_size)
{
	for (uint32_t i = 0; i < in->plugin->abi.aggregates.count; i++) {
		const struct eun_aggregate *a = &in->plugin->aggregates[i];
		struct bpf_map *map = bpf_object__find_map_by_name(obj, a->map);
		uint32_t key = map ? bpf_map__key_size(map) : 0, value = map ? bpf_map__value_size(map) : 0;
		char text[256];
		if (map && key == a->key_size && value == a->value_size)
			continue;
		snprintf(text, sizeof(text),
			 "aggregate %s: its map has keys of %u and values of %u bytes, the table says %u and %u",
			 a->map, key, value, a->key_size, a->value_size);
		return said(in, "open", -EINVAL, map ? text : "an aggregate's map is not in the object", why, why_size);
	}
	return 0;
}

/* One try: open, load, attach. 1: try again, a row was struck. */
static int try_object(struct instance *in, uint64_t streams, char *why, size_t why_size)
{
	struct bpf_object *obj = open_object(in, streams, why, why_size);
	if (!obj)
		return -EINVAL;
	int err = check_aggregates(in, obj, why, why_size);
	if (!err)
		err = strike_missing(in, obj, streams, why, why_size);
	uint32_t which = 0;
	const struct row *missing = err ? NULL : row_missing(in, streams, &which);
	if (missing) {
		char text[320];
		const struct eun_program *p = &in->plugin->programs[which];
		snprintf(text, sizeof(text), "program %s%s%s: %s", p->name, p->at ? " at " : "", p->at ? p->at : "",
			 missing->status.why);
		err = said(in, "open", -ENOENT, text, why, why_size);
	}
	if (!err) {
		const char *name = NULL;
		char line[160];
		autoload(in, obj, streams);
		err = try_load(obj, &name, line, sizeof(line));
		if (err && name && strike_program(in, name, *line ? line : strerror(-err), streams)) {
			err = 1;
		} else if (err) {
			char text[320];
			snprintf(text, sizeof(text), "program %s: %s%s%s", name ? name : "?", strerror(-err),
				 *line ? ": " : "", line);
			said(in, "load", err, name ? text : NULL, why, why_size);
		}
	}
	if (err) {
		bpf_object__close(obj);
		return err;
	}
	in->object = obj;
	err = map_ctl(in);
	if (err)
		said(in, "load", err, NULL, why, why_size);
	else
		err = attach_rows(in, streams, why, why_size);
	if (err > 0) /* the next try attaches anew, and maybe not the same rows */
		for (uint32_t i = 0; i < in->plugin->abi.programs.count; i++)
			if (!in->rows[i].struck)
				in->rows[i].status = (struct program_status){0};
	if (err)
		load_undo(in);
	return err;
}

/* A built-in plugin has no object: its switches are in memory of our own. */
static int load_nothing(struct instance *in)
{
	in->ctl = calloc(EUN_STREAMS_MAX, sizeof(*in->ctl));
	in->ctl_bytes = 0;
	return in->ctl ? 0 : -ENOMEM;
}

/* The bytes of the object were read once, to load it: their pages need not stay ours. They are the file's. */
static void let_go(const struct eun_plugin *abi)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)abi->object + page - 1) & ~(page - 1),
		  to = (uintptr_t)abi->object_end & ~(page - 1);
	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

int load_object(struct instance *in, uint64_t streams, char *why, size_t why_size)
{
	if (!in->plugin->abi.object) {
		int nothing = load_nothing(in);
		return nothing ? said(in, "load", nothing, NULL, why, why_size) : 0;
	}
	int err = kernel_btf_check(in->host->kernel, why, why_size);
	if (err)
		return err;
	for (uint32_t i = 0; i < in->plugin->abi.programs.count; i++)
		in->rows[i] = (struct row){0};
	/* each failure strikes a row, so there can't be more tries than rows */
	for (uint32_t tries = 0; tries <= in->plugin->abi.programs.count; tries++) {
		err = try_object(in, streams, why, why_size);
		if (err <= 0)
			break;
	}
	for (uint32_t i = 0; !err && i < in->plugin->abi.aggregates.count; i++)
		in->aggregates[i].used = streams & EUN_BIT(in->plugin->aggregates[i].stream);
	if (!err)
		err = probes_new(in, streams, why, why_size);
	let_go(&in->plugin->abi);
	return err;
}

void load_undo(struct instance *in)
{
	for (uint32_t i = 0; in->rows && i < in->plugin->abi.programs.count; i++) {
		bpf_link__destroy(in->rows[i].link);
		samples_destroy(in->rows[i].samples);
		in->rows[i].samples = NULL;
		in->rows[i].link = NULL;
	}
	probes_destroy(in->probes);
	in->probes = NULL;
	if (in->ctl_bytes)
		munmap(in->ctl, in->ctl_bytes);
	else
		free(in->ctl);
	in->ctl_bytes = 0;
	in->ctl = NULL;
	in->counts_fd = -1;
	bpf_object__close(in->object);
	in->object = NULL;
}

int load_seed(struct instance *in)
{
	for (uint32_t i = 0; i < in->plugin->abi.programs.count; i++) {
		if (!(in->plugin->programs[i].flags & EUN_PROGRAM_SEED) || !in->rows[i].link)
			continue;
		int fd = bpf_iter_create(bpf_link__fd(in->rows[i].link));
		char nothing[4096];
		ssize_t n = fd < 0 ? -1 : 1;
		while (n > 0)
			n = read(fd, nothing, sizeof(nothing));
		int err = n < 0 ? -errno : 0;
		if (fd >= 0)
			close(fd);
		if (err && !(in->plugin->programs[i].flags & EUN_PROGRAM_OPTIONAL))
			return err;
	}
	return 0;
}

uint64_t instance_missed(const struct instance *in)
{
	uint64_t missed = 0;
	struct bpf_program *prog;
	if (!in->object)
		return 0;
	bpf_object__for_each_program(prog, in->object)
	{
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);
		int fd = bpf_program__fd(prog);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}
