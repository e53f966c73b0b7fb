/* SPDX-License-Identifier: MIT */
#include "symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "event/clock.h"
#include "functions.h"
#include "maps.h"
#include "root.h"
#include "text_tables.h"

#define BYTES_MAX (128u << 20)
#define PROCESSES_MAX 1024
#define MAPPINGS_MAX 16384
#define AGAIN_NS 100000000ull /* what is not found is not looked for at once again */
#define VDSO_MAX (1u << 20)

/* A file's table. Two files with one build-id are one. */
struct module {
	struct module *next;
	unsigned char key[64];
	size_t key_bytes;
	struct elf_file *elf; /* NULL: not readable */
	struct symtab table;
	uint64_t used;
	unsigned mapped; /* how many mappings point here */
};

struct area {
	uint64_t start, end, offset;
	uint64_t inode;
	dev_t dev;
	struct module *module; /* NULL: not looked at yet, or none */
	bool looked, vdso, anonymous;
	char *path;
};

struct process {
	struct process *next;
	uint32_t pid;
	uint64_t read, used, jit_read;
	struct area *areas;
	size_t n_areas;
	struct symtab jit;
};

struct symbols {
	size_t bytes_max, bytes;
	uint64_t now;
	struct module *modules;
	struct process *processes;
	size_t n_processes;
	struct symtab kernel;
	bool kernel_read;
	int host_root;
};

struct symbols *symbols_new(size_t bytes)
{
	struct symbols *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->bytes_max = bytes ? bytes : BYTES_MAX;
	s->host_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s;
}

static void module_free(struct symbols *s, struct module *m)
{
	s->bytes -= symtab_bytes(&m->table);
	symtab_free(&m->table);
	elf_file_close(m->elf);
	free(m);
}

static void areas_free(struct process *p)
{
	for (size_t i = 0; i < p->n_areas; i++) {
		if (p->areas[i].module)
			p->areas[i].module->mapped--;
		free(p->areas[i].path);
	}
	free(p->areas);
	p->areas = NULL;
	p->n_areas = 0;
}

static void process_free(struct symbols *s, struct process *p)
{
	s->bytes -= symtab_bytes(&p->jit);
	areas_free(p);
	symtab_free(&p->jit);
	free(p);
	s->n_processes--;
}

void symbols_destroy(struct symbols *s)
{
	if (!s)
		return;
	while (s->processes) {
		struct process *p = s->processes;
		s->processes = p->next;
		process_free(s, p);
	}
	while (s->modules) {
		struct module *m = s->modules;
		s->modules = m->next;
		module_free(s, m);
	}
	symtab_free(&s->kernel);
	if (s->host_root >= 0)
		close(s->host_root);
	free(s);
}

/* Lets tables go, the least used first, until all fit; not the one that was just asked for. */
static void trim(struct symbols *s, const struct module *keep)
{
	while (s->bytes > s->bytes_max) {
		struct module **oldest = NULL;
		for (struct module **m = &s->modules; *m; m = &(*m)->next)
			if (*m != keep && (!oldest || (*m)->used < (*oldest)->used))
				oldest = m;
		if (!oldest)
			return;
		struct module *m = *oldest;
		for (struct process *p = s->processes; m->mapped && p; p = p->next)
			for (size_t i = 0; i < p->n_areas; i++)
				if (p->areas[i].module == m) {
					p->areas[i].module = NULL;
					p->areas[i].looked = false;
				}
		*oldest = m->next;
		module_free(s, m);
	}
}

static int area_add(void *context, const struct mapping *m)
{
	struct process *p = context;
	if (p->n_areas >= MAPPINGS_MAX)
		return 0;
	if (p->n_areas % 16 == 0) {
		struct area *grown = realloc(p->areas, (p->n_areas + 16) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		p->areas = grown;
	}
	p->areas[p->n_areas++] = (struct area){
		.start = m->start,
		.end = m->end,
		.offset = m->offset,
		.inode = m->inode,
		.dev = m->dev,
		.vdso = !strcmp(m->path, "[vdso]"),
		.anonymous = *m->path != '/' && *m->path != '[',
		.path = strdup(m->path),
	};
	return p->areas[p->n_areas - 1].path ? 0 : -ENOMEM;
}

static struct process *process_of(struct symbols *s, uint32_t pid)
{
	struct process **oldest = NULL;
	for (struct process **p = &s->processes; *p; p = &(*p)->next) {
		if ((*p)->pid == pid)
			return *p;
		if (!oldest || (*p)->used < (*oldest)->used)
			oldest = p;
	}
	if (s->n_processes >= PROCESSES_MAX) {
		struct process *p = *oldest;
		*oldest = p->next;
		process_free(s, p);
	}
	struct process *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->pid = pid;
	p->next = s->processes;
	s->processes = p;
	s->n_processes++;
	return p;
}

static struct area *area_of(struct process *p, uint64_t address)
{
	size_t low = 0, high = p->n_areas;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (p->areas[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->n_areas && p->areas[low].start <= address ? &p->areas[low] : NULL;
}

/* Every 64-bit process has the same vDSO as we have. */
static struct elf_file *vdso_open(void)
{
	const char *at = (const char *)getauxval(AT_SYSINFO_EHDR);
	struct area here = {0};
	struct process self = {0};
	if (!at || maps_each((uint32_t)getpid(), area_add, &self)) {
		areas_free(&self);
		return NULL;
	}
	struct area *a = area_of(&self, (uintptr_t)at);
	here = a ? *a : here;
	areas_free(&self);
	size_t size = here.end - here.start;
	char *copy = a && here.start == (uintptr_t)at && size <= VDSO_MAX ? malloc(size) : NULL;
	if (!copy)
		return NULL;
	memcpy(copy, at, size);
	return elf_file_memory(copy, size);
}

static struct elf_file *area_open(uint32_t pid, const struct area *a)
{
	const struct mapping m = {a->start, a->end, a->offset, a->dev, a->inode, a->path};
	int fd = maps_open(pid, &m);
	return fd < 0 ? NULL : elf_file_open(fd);
}

static size_t key_of(unsigned char *key, const struct elf_file *elf, const struct area *a)
{
	size_t n = 0;
	const unsigned char *id = elf ? elf_file_build_id(elf, &n) : NULL;
	if (n >= 16) {
		memcpy(key, id, n);
		return n;
	}
	const uint64_t file[2] = {(uint64_t)a->dev, a->inode};
	memcpy(key, file, sizeof(file) - 1); /* no build-id is as short as this */
	return sizeof(file) - 1;
}

static void folder_of(char *folder, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	n = n < PATH_MAX ? n : 0;
	memcpy(folder, path, n);
	folder[n] = '\0';
}

static void module_read(struct symbols *s, struct module *m, uint32_t pid, const struct area *a)
{
	char folder[PATH_MAX];
	int root = root_of(pid);
	const int roots[] = {root >= 0 ? root : s->host_root, s->host_root};
	folder_of(folder, a->path);
	functions_table(&m->table, m->elf, &(struct where_debug){roots, 2, folder});
	elf_file_let_go(m->elf);
	s->bytes += symtab_bytes(&m->table);
	if (root >= 0)
		close(root);
}

static struct module *module_of(struct symbols *s, uint32_t pid, struct area *a)
{
	unsigned char key[64];
	if (a->looked)
		return a->module;
	a->looked = true;
	if (*a->path != '/' && !a->vdso)
		return NULL;
	struct elf_file *elf = a->vdso ? vdso_open() : area_open(pid, a);
	if (!elf)
		return NULL;
	size_t n = key_of(key, elf, a);
	struct module *m = s->modules;
	while (m && (m->key_bytes != n || memcmp(m->key, key, n) != 0))
		m = m->next;
	if (m) {
		elf_file_close(elf);
	} else {
		m = calloc(1, sizeof(*m));
		if (!m) {
			elf_file_close(elf);
			return NULL;
		}
		m->elf = elf;
		memcpy(m->key, key, n);
		m->key_bytes = n;
		m->next = s->modules;
		s->modules = m;
		module_read(s, m, pid, a);
		trim(s, m);
	}
	m->mapped++;
	a->module = m;
	return m;
}

static void jit_find(struct symbols *s, struct process *p, uint64_t address, struct location *l)
{
	l->name = symtab_find(&p->jit, address, &l->into);
	if (!l->name && s->now - p->jit_read > AGAIN_NS) {
		s->bytes -= symtab_bytes(&p->jit);
		symtab_free(&p->jit);
		perf_map_read(&p->jit, p->pid);
		s->bytes += symtab_bytes(&p->jit);
		p->jit_read = s->now;
		l->name = symtab_find(&p->jit, address, &l->into);
	}
	l->module = l->name ? "[jit]" : "";
}

void symbols_process(struct symbols *s, uint32_t pid, uint64_t address, struct location *l)
{
	*l = (struct location){.module = "", .address = address};
	struct process *p = process_of(s, pid);
	if (!p)
		return;
	s->now = clock_ns(CLOCK_MONOTONIC);
	p->used = s->now;
	struct area *a = area_of(p, address);
	if (!a && s->now - p->read > AGAIN_NS) {
		struct process now = {.pid = pid};
		if (!maps_each(pid, area_add, &now) && now.n_areas) {
			areas_free(p);
			p->areas = now.areas;
			p->n_areas = now.n_areas;
		} else {
			areas_free(&now); /* it is gone: what it had is the best there is */
		}
		p->read = s->now;
		a = area_of(p, address);
	}
	if (!a || a->anonymous) {
		jit_find(s, p, address, l);
		return;
	}
	struct module *m = module_of(s, pid, a);
	if (!m) { /* a JIT may keep its code in a file of memory */
		jit_find(s, p, address, l);
		l->module = l->name ? l->module : a->path;
		return;
	}
	l->module = a->path;
	m->used = s->now;
	int64_t linked = elf_file_address(m->elf, address - a->start + a->offset);
	if (a->vdso) /* its file is what is mapped */
		linked = elf_file_address(m->elf, address - a->start);
	if (linked < 0)
		return;
	l->address = (uint64_t)linked;
	l->name = symtab_find(&m->table, l->address, &l->into);
}

void symbols_kernel(struct symbols *s, uint64_t address, struct location *l)
{
	*l = (struct location){.module = "[kernel]", .address = address};
	if (!s->kernel_read) {
		s->kernel_read = true;
		if (kallsyms_read(&s->kernel))
			symtab_free(&s->kernel);
	}
	l->name = symtab_find(&s->kernel, address, &l->into);
}

void symbols_forget(struct symbols *s, uint32_t pid)
{
	for (struct process **p = &s->processes; *p; p = &(*p)->next)
		if ((*p)->pid == pid) {
			struct process *gone = *p;
			*p = gone->next;
			process_free(s, gone);
			return;
		}
}

size_t symbols_bytes(const struct symbols *s)
{
	return s->bytes + symtab_bytes(&s->kernel);
}
