/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "btf_mount.h"
#include "btf_slim.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

enum answer { UNKNOWN, YES, NO };

struct kernel {
	pthread_mutex_t lock; /* of all but btf_path */
	char *btf_path;
	bool btf_replaced;
	int btf_ns; /* mount namespace with the slim BTF, -1: none */
	struct btf *btf;
	int tracefs; /* directory fd, -1: not opened */
	const char *tracefs_name;
	enum answer hooks[HOOKS];
};

const char *const kernel_hook_names[HOOKS] = {
	[HOOK_TP_BTF] = "tp_btf", [HOOK_FENTRY] = "fentry", [HOOK_LSM] = "lsm",
	[HOOK_KPROBE] = "kprobe", [HOOK_ITER] = "iter",
};

struct kernel *kernel_new(const char *btf)
{
	struct kernel *k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	pthread_mutex_init(&k->lock, NULL);
	k->tracefs = k->btf_ns = -1;
	k->btf_path = btf ? strdup(btf) : NULL;
	if (btf && !k->btf_path) {
		free(k);
		return NULL;
	}
	return k;
}

void kernel_destroy(struct kernel *k)
{
	if (!k)
		return;
	btf__free(k->btf);
	if (k->btf_ns >= 0)
		close(k->btf_ns);
	if (k->tracefs >= 0)
		close(k->tracefs);
	pthread_mutex_destroy(&k->lock);
	free(k->btf_path);
	free(k);
}

void kernel_forget(struct kernel *k)
{
	pthread_mutex_lock(&k->lock);
	btf__free(k->btf);
	k->btf = NULL;
	if (k->btf_ns >= 0)
		close(k->btf_ns);
	k->btf_ns = -1;
	pthread_mutex_unlock(&k->lock);
}

/* The whole file; NULL: it can't be read. */
static void *read_btf(size_t *size)
{
	struct stat st;
	int fd = open(VMLINUX_BTF, O_RDONLY | O_CLOEXEC);
	char *bytes = fd >= 0 && !fstat(fd, &st) && st.st_size > 0 ? btf_room((size_t)st.st_size) : NULL;
	*size = 0;
	for (ssize_t n = 1; bytes && n > 0 && *size < (size_t)st.st_size; *size += (size_t)n) {
		n = read(fd, bytes + *size, (size_t)st.st_size - *size);
		if (n < 0) {
			free(bytes);
			bytes = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	return bytes;
}

void kernel_prepare(struct kernel *k, const struct kernel_object *objects, size_t n)
{
	struct btf_names names = {0};
	size_t size, slim_size;
	void *btf = NULL, *slim;
	int err = 0;
	for (size_t i = 0; i < n && !err; i++)
		err = objects[i].size ? btf_names_add(&names, objects[i].bytes, objects[i].size) : 0;
	if (!err)
		btf = read_btf(&size);
	if (btf && !btf_slim(btf, size, &names, &slim, &slim_size)) {
		int ns = btf_mount_bytes(slim, slim_size, VMLINUX_BTF);
		k->btf_ns = ns < 0 ? -1 : ns;
		free(slim);
	}
	free(btf);
	btf_names_free(&names);
}

void kernel_enter(const struct kernel *k)
{
	if (k->btf_ns >= 0)
		btf_enter(k->btf_ns); /* it reads the whole then */
}

const char *kernel_btf_path(const struct kernel *k)
{
	return k->btf_path;
}

static struct btf *vmlinux(struct kernel *k)
{
	if (!k->btf)
		k->btf = btf__parse(VMLINUX_BTF, NULL);
	return k->btf;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Once: the file that was given takes the place of the kernel's, for us alone. */
static int btf_replace(struct kernel *k, char *why, size_t why_size)
{
	pthread_mutex_lock(&k->lock);
	int err = 0;
	if (!k->btf_replaced && !same_file(k->btf_path, VMLINUX_BTF))
		err = btf_mount(k->btf_path, VMLINUX_BTF, why, why_size);
	k->btf_replaced = !err;
	/* it is read at once: libbpf would not say that the file is to blame */
	if (!err && !vmlinux(k)) {
		err = -EINVAL;
		snprintf(why, why_size, "BTF %s: it holds no kernel types; give a file of raw BTF", k->btf_path);
	}
	pthread_mutex_unlock(&k->lock);
	return err;
}

int kernel_btf_check(struct kernel *k, char *why, size_t why_size)
{
	if (k->btf_path)
		return btf_replace(k, why, why_size);
	if (access(VMLINUX_BTF, R_OK) == 0)
		return 0;
	int err = errno;
	snprintf(why, why_size,
		 "BTF " VMLINUX_BTF
		 ": %s (CO-RE needs the kernel's types: a kernel with CONFIG_DEBUG_INFO_BTF, and where "
		 "it does not show them --btf FILE)",
		 strerror(err));
	return -err;
}

/* A mount that nobody else sees and that goes with its fd: new mount API, Linux 5.2. */
static int tracefs_detached(void)
{
	int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	int fd = -1, err = 0;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
	    (fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0)) < 0)
		err = -errno;
	close(fs);
	return err ? err : fd;
}

static int tracefs_open(struct kernel *k, char *why, size_t why_size)
{
	static const char *const mounts[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	if (k->tracefs >= 0)
		return 0;
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		int fd = open(mounts[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (faccessat(fd, "events", R_OK, AT_EACCESS) == 0) {
			k->tracefs = fd;
			k->tracefs_name = mounts[i];
			return 0;
		}
		close(fd);
	}
	int fd = tracefs_detached();
	if (fd < 0) {
		snprintf(why, why_size,
			 "tracefs: not mounted on /sys/kernel/tracing and a private mount failed: %s (mount it, or run "
			 "with CAP_SYS_ADMIN)",
			 strerror(-fd));
		return fd;
	}
	k->tracefs = fd;
	k->tracefs_name = "detached mount";
	return 0;
}

static int tracefs(struct kernel *k, char *why, size_t why_size)
{
	pthread_mutex_lock(&k->lock);
	int err = tracefs_open(k, why, why_size);
	pthread_mutex_unlock(&k->lock);
	return err;
}

const char *kernel_tracefs(struct kernel *k)
{
	char why[256];
	return tracefs(k, why, sizeof(why)) ? NULL : k->tracefs_name;
}

int kernel_tracepoint(struct kernel *k, const char *at, char *why, size_t why_size)
{
	char path[256], text[32];
	int err = tracefs(k, why, why_size);
	if (err)
		return err == -ENOENT ? -ENODEV : err;
	snprintf(path, sizeof(path), "events/%s/id", at);
	int fd = openat(k->tracefs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		snprintf(why, why_size, "tracepoint %s: %s", at,
			 err == -ENOENT ? "this kernel does not have it" : strerror(-err));
		return err;
	}
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0) {
		snprintf(why, why_size, "tracepoint %s: its id can't be read", at);
		return -EIO;
	}
	text[n] = '\0';
	return atoi(text);
}

/* Loads `r0 = 0; exit` as a program of a kind, and attaches it when asked. */
static bool trial(enum bpf_prog_type type, enum bpf_attach_type attach, const char *target, bool open)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int id = target ? libbpf_find_vmlinux_btf_id(target, attach) : 0;
	if (id < 0)
		return false;
	opts.attach_btf_id = (uint32_t)id;
	int fd = bpf_prog_load(type, "eun_trial", "GPL", insns, 2, &opts);
	if (fd < 0)
		return false;
	int link = open ? bpf_raw_tracepoint_open(NULL, fd) : 0;
	if (open && link >= 0)
		close(link);
	close(fd);
	return link >= 0;
}

/* libbpf's own probes say no to all of TRACING where only fentry is missing. */
static bool ask(enum kernel_hook hook)
{
	switch (hook) {
	case HOOK_TP_BTF:
		return trial(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "sched_process_exit", false);
	case HOOK_FENTRY:
		return trial(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "do_exit", true);
	case HOOK_LSM:
		return trial(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open", true);
	case HOOK_KPROBE:
		return access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0;
	case HOOK_ITER:
		return trial(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "task", false);
	default:
		return false;
	}
}

bool kernel_hook(struct kernel *k, enum kernel_hook hook)
{
	pthread_mutex_lock(&k->lock);
	if (k->hooks[hook] == UNKNOWN)
		k->hooks[hook] = ask(hook) ? YES : NO;
	bool yes = k->hooks[hook] == YES;
	pthread_mutex_unlock(&k->lock);
	return yes;
}

static bool has_function(struct kernel *k, const char *prefix, const char *name, uint32_t kind)
{
	char full[256];
	snprintf(full, sizeof(full), "%s%s", prefix, name);
	pthread_mutex_lock(&k->lock);
	bool has = vmlinux(k) && btf__find_by_name_kind(k->btf, full, kind) > 0;
	pthread_mutex_unlock(&k->lock);
	return has;
}

bool kernel_has_target(struct kernel *k, const char *section)
{
	static const struct {
		const char *section, *prefix;
		enum kernel_hook hook;
		uint32_t kind;
	} kinds[] = {
		{"tp_btf/", "btf_trace_", HOOK_TP_BTF, BTF_KIND_TYPEDEF},
		{"fentry/", "", HOOK_FENTRY, BTF_KIND_FUNC},
		{"fexit/", "", HOOK_FENTRY, BTF_KIND_FUNC},
		{"lsm/", "bpf_lsm_", HOOK_LSM, BTF_KIND_FUNC},
		{"iter/", "bpf_iter_", HOOK_ITER, BTF_KIND_FUNC},
	};
	section += *section == '?';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].section);
		if (strncmp(section, kinds[i].section, n) == 0)
			return has_function(k, kinds[i].prefix, section + n, kinds[i].kind) &&
			       (kinds[i].hook == HOOK_TP_BTF || kinds[i].hook == HOOK_ITER ||
				kernel_hook(k, kinds[i].hook));
	}
	return true;
}

uint32_t kernel_version(void)
{
	struct utsname u;
	unsigned major = 0, minor = 0, patch = 0;
	if (uname(&u) == 0)
		sscanf(u.release, "%u.%u.%u", &major, &minor, &patch);
	return major << 16 | minor << 8 | (patch > 255 ? 255 : patch);
}

bool kernel_capable(int cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	if (syscall(SYS_capget, &head, data))
		return false;
	return data[cap / 32].effective >> cap % 32 & 1;
}

const char *kernel_privileges(void)
{
	if (kernel_capable(CAP_SYS_ADMIN))
		return "";
	if (!kernel_capable(CAP_BPF) && !kernel_capable(CAP_PERFMON))
		return "needs CAP_BPF and CAP_PERFMON, or root";
	if (!kernel_capable(CAP_BPF))
		return "needs CAP_BPF, or root";
	return kernel_capable(CAP_PERFMON) ? "" : "needs CAP_PERFMON, or root";
}
