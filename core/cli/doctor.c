/* SPDX-License-Identifier: MIT */
/*
 * `eunomia doctor`: what works here. The machine first, then every plugin: its object is loaded and its programs are
 * attached for a moment, with every stream switched off, so that the answer is the kernel's own.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "choose.h"
#include "cli.h"
#include "event/escape.h"
#include "host/ia32.h"
#include "host/instance.h"
#include "host/teardown.h"
#include "say.h"
#include "sink/output.h"
#include "target/target.h"

struct doctor {
	struct output out;
	bool json;
	int worst; /* exit code */
	struct host host;
	struct schema schema;
	struct instance *instances[64];
	struct plugin *plugins[64];
	size_t n;
};

/* One finding: ok, missing (something optional), failed. */
static void finding(struct doctor *d, const char *what, const char *name, const char *state, const char *text)
{
	struct buf *b = &d->out.buf;
	if (!d->json) {
		buf_printf(b, "%-8s %-8s ", state, what);
		escape_text(b, name, strlen(name));
		buf_str(b, *text ? ": " : "");
		escape_text(b, text, strlen(text));
		buf_char(b, '\n');
		return;
	}
	buf_printf(b, "{\"check\":\"%s\",\"name\":", what);
	escape_json(b, name, strlen(name));
	buf_printf(b, ",\"state\":\"%s\",\"text\":", state);
	escape_json(b, text, strlen(text));
	buf_str(b, "}\n");
}

static void fatal(struct doctor *d, const char *what, const char *name, const char *text)
{
	finding(d, what, name, "failed", text);
	d->worst = EXIT_KERNEL;
}

static void check_machine(struct doctor *d)
{
	struct utsname u = {0};
	char text[256] = "";
	uname(&u);
	bool old = kernel_version() < KERNEL_OLDEST;
	if (old)
		fatal(d, "kernel", u.release, "older than Linux 5.15");
	else
		finding(d, "kernel", u.release, "ok", "");
	const char *btf = kernel_btf_path(d->host.kernel);
	if (kernel_btf_check(d->host.kernel, text, sizeof(text)))
		fatal(d, "btf", btf ? btf : "vmlinux", text);
	else
		finding(d, "btf", btf ? btf : "/sys/kernel/btf/vmlinux", "ok", "");
	static const struct {
		int cap;
		const char *name, *use;
		bool needed;
	} caps[] = {
		{CAP_BPF, "CAP_BPF", "loading BPF objects", true},
		{CAP_PERFMON, "CAP_PERFMON", "tracing", true},
		{CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "reaching tracefs where it is not mounted", false},
		{CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", "not needed since Linux 5.11", false},
	};
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		bool has = kernel_capable(caps[i].cap) || (caps[i].needed && kernel_capable(CAP_SYS_ADMIN));
		if (has)
			finding(d, "caps", caps[i].name, "ok", "");
		else if (caps[i].needed)
			fatal(d, "caps", caps[i].name, caps[i].use);
		else
			finding(d, "caps", caps[i].name, "missing", caps[i].use);
	}
	const char *tracefs = kernel_tracefs(d->host.kernel);
	finding(d, "tracefs", tracefs ? tracefs : "tracefs", tracefs ? "ok" : "missing",
		tracefs ? "" : "tracepoints can't be found: mount it on /sys/kernel/tracing");
	if (!tracefs)
		d->worst = EXIT_KERNEL;
}

static void check_lockdown(struct doctor *d)
{
	char text[128] = "";
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");
	if (!f) {
		finding(d, "lockdown", "lockdown", "ok", "this kernel shows none");
		return;
	}
	if (!fgets(text, sizeof(text), f))
		*text = '\0';
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	bool confidential = strstr(text, "[confidentiality]");
	if (confidential)
		fatal(d, "lockdown", text, "confidentiality forbids BPF to read kernel memory");
	else
		finding(d, "lockdown", text, "ok", "");
}

static void check_hooks(struct doctor *d)
{
	static const bool needed[HOOKS] = {[HOOK_TP_BTF] = true};
	for (int h = 0; h < HOOKS; h++) {
		bool has = kernel_hook(d->host.kernel, (enum kernel_hook)h);
		if (has)
			finding(d, "hook", kernel_hook_names[h], "ok", "");
		else if (needed[h])
			fatal(d, "hook", kernel_hook_names[h], "this kernel refuses it");
		else
			finding(d, "hook", kernel_hook_names[h], "missing",
				"this kernel refuses it; no stream needs it");
	}
}

/* Its programs are tried below like all others, whether they would ever see a call or not. */
static void check_ia32(struct doctor *d)
{
	static const struct {
		const char *state, *text;
	} entries[] = {
		[IA32_ENTRY_UNKNOWN] = {"unknown", "a call through the 32-bit entry came to no end that tells"},
		[IA32_ENTRY_NONE] = {"missing", "this kernel runs no 32-bit programs; --ia32 on shows nothing more"},
		[IA32_ENTRY_THERE] = {"ok", "32-bit programs' system calls are seen with --ia32 on"},
	};
	enum ia32_entry entry = ia32_entry();
	finding(d, "ia32", "entry", entries[entry].state, entries[entry].text);
	d->host.ia32 = true;
}

static void check_programs(struct doctor *d, const struct instance *in, const struct plugin *p)
{
	static const char *const states[] = {[PROGRAM_UNUSED] = "unused",
					     [PROGRAM_ATTACHED] = "ok",
					     [PROGRAM_MISSING] = "missing",
					     [PROGRAM_FAILED] = "missing"};
	for (uint32_t i = 0; i < p->abi.programs.count; i++) {
		const struct eun_program *g = &p->programs[i];
		const struct program_status *s = instance_program(in, i);
		char name[256];
		snprintf(name, sizeof(name), "%s/%s%s%s", p->abi.name, g->name, g->at ? " at " : "",
			 g->at ? g->at : "");
		/* a row that an earlier choice of its group made superfluous is fine */
		finding(d, "program", name, states[s->state],
			s->state == PROGRAM_UNUSED ? "another choice serves" : s->why);
	}
}

/* A stream is there while any program that serves it is. */
static void check_streams(struct doctor *d, const struct instance *in, const struct plugin *p)
{
	uint64_t served = 0, attached = 0;
	for (uint32_t i = 0; i < p->abi.programs.count; i++) {
		served |= p->programs[i].streams;
		if (instance_program(in, i)->state == PROGRAM_ATTACHED)
			attached |= p->programs[i].streams;
	}
	for (uint32_t i = 0; i < p->abi.streams.count; i++)
		if (served & ~attached & EUN_BIT(i))
			finding(d, "stream", p->streams[i].name, "missing", "this kernel has none of its hooks");
}

static void check_plugin(struct doctor *d, struct plugin *p)
{
	char why[512];
	struct instance *in = instance_new(&d->host, p, NULL, 0, why, sizeof(why));
	if (!in || instance_load(in, ~0ull, why, sizeof(why)) || instance_open(in, why, sizeof(why))) {
		fatal(d, "plugin", p->abi.name, why);
		if (in)
			check_programs(d, in, p);
		instance_destroy(in);
		plugin_close(p);
		return;
	}
	finding(d, "plugin", p->abi.name, "ok", p->abi.version);
	check_programs(d, in, p);
	check_streams(d, in, p);
	d->plugins[d->n] = p;
	d->instances[d->n++] = in;
}

static int each(void *context, const char *path, struct plugin *p, const char *why)
{
	struct doctor *d = context;
	if (!p) {
		finding(d, "plugin", path, "failed", why);
		if (!d->worst)
			d->worst = EXIT_RUN;
	} else if (!d->host.rings || d->n == sizeof(d->plugins) / sizeof(d->plugins[0])) {
		plugin_close(p);
	} else {
		check_plugin(d, p);
	}
	return 0;
}

static int check_plugins(struct doctor *d, const struct request *r, char *const *paths)
{
	char why[512];
	d->host.targets = targets_new(why, sizeof(why));
	if (d->host.targets)
		d->host.rings = rings_new(1 << 16, targets_ctl(d->host.targets), why, sizeof(why));
	d->host.routes = routes_new(&d->schema);
	if (!d->host.rings)
		fatal(d, "bpf", "maps", why);
	if (!r->plugins.n) {
		if (plugin_each(paths, each, d, why, sizeof(why))) {
			say("%s", why);
			return EXIT_USAGE;
		}
		return EXIT_OK;
	}
	for (size_t i = 0; i < r->plugins.n; i++) {
		struct plugin *p = plugin_find(r->plugins.items[i], paths, why, sizeof(why));
		if (!p) {
			say("%s", why);
			return EXIT_USAGE;
		}
		each(d, p->path, p, NULL);
	}
	return EXIT_OK;
}

int command_doctor(const struct request *r, char *const *paths)
{
	struct doctor *d = calloc(1, sizeof(*d));
	char why[256];
	if (!d)
		return EXIT_RUN;
	output_open(&d->out, NULL, why, sizeof(why));
	d->json = r->format == FORMAT_JSON;
	d->host.kernel = kernel_new(r->btf);
	d->host.schema = &d->schema;
	check_machine(d);
	check_lockdown(d);
	check_hooks(d);
	check_ia32(d);
	int status = check_plugins(d, r, paths);
	if (!status)
		status = d->worst;
	int err = output_close(&d->out);
	if (err && err != -EPIPE && !status) {
		say("output stdout: %s", strerror(-err));
		status = EXIT_RUN;
	}
	teardown_behind();
	for (size_t i = 0; i < d->n; i++) {
		instance_destroy(d->instances[i]);
		plugin_close(d->plugins[i]);
	}
	rings_destroy(d->host.rings);
	targets_destroy(d->host.targets);
	routes_destroy(d->host.routes);
	kernel_destroy(d->host.kernel);
	schema_destroy(&d->schema);
	free(d);
	return status;
}
