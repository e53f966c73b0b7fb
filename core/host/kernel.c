/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "btf_ask.h"
#include "btf_compact.h"
#include "event/fd.h"
#include "hook.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

enum answer { UNKNOWN, YES, NO };

struct kernel {
	pthread_mutex_t lock; /* of all but btf_path */
	char *btf_path;
	struct hooks *hooked; /* how libbpf loads what attaches by the kernel's types */
	struct btf_ask ask;   /* of the objects that are loaded now */
	bool asked;           /* its targets were looked up */
	int compact;          /* memfd, -1: none */
	char compact_path[32];
	struct btf *btf; /* the whole, if it was needed */
	int tracefs;     /* directory fd, -1: not opened */
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
	k->tracefs = k->compact = -1;
	k->btf_path = btf ? strdup(btf) : NULL;
	k->hooked = hooks_new(k);
	if ((btf && !k->btf_path) || !k->hooked) {
		kernel_destroy(k);
		return NULL;
	}
	return k;
}

static void forget(struct kernel *k)
{
	btf__free(k->btf);
	k->btf = NULL;
	btf_ask_free(&k->ask);
	k->asked = false;
	if (k->compact >= 0)
		close(k->compact);
	k->compact = -1;
}

void kernel_destroy(struct kernel *k)
{
	if (!k)
		return;
	forget(k);
	hooks_destroy(k->hooked);
	if (k->tracefs >= 0)
		close(k->tracefs);
	pthread_mutex_destroy(&k->lock);
	free(k->btf_path);
	free(k);
}

void kernel_forget(struct kernel *k)
{
	pthread_mutex_lock(&k->lock);
	forget(k);
	pthread_mutex_unlock(&k->lock);
}

static struct btf *vmlinux(struct kernel *k)
{
	if (!k->btf)
		k->btf = btf__parse(k->btf_path ? k->btf_path : VMLINUX_BTF, NULL);
	return k->btf;
}

/* Mapped where the kernel can (6.16), else read. To be given back with put_whole(). */
static void *get_whole(size_t *size, bool *mapped)
{
	struct stat st;
	int fd = open(VMLINUX_BTF, O_RDONLY | O_CLOEXEC);
	char *bytes = NULL;
	*mapped = false;
	if (fd >= 0 && !fstat(fd, &st) && st.st_size > 0) {
		*size = (size_t)st.st_size;
		bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
		*mapped = bytes != MAP_FAILED;
		if (!*mapped)
			bytes = malloc(*size);
		for (size_t done = 0; bytes && !*mapped && done < *size;) {
			ssize_t n = read(fd, bytes + done, *size - done);
			if (n <= 0) {
				free(bytes);
				bytes = NULL;
			}
			done += (size_t)n;
		}
	}
	if (fd >= 0)
		close(fd);
	return bytes;
}

static void put_whole(void *bytes, size_t size, bool mapped)
{
	if (mapped)
		munmap(bytes, size);
	else
		free(bytes);
}

/* Types of modules have files beside the kernel's. */
static bool has_modules(void)
{
	DIR *dir = opendir("/sys/kernel/btf");
	bool has = false;
	for (struct dirent *e; dir && !has && (e = readdir(dir));)
		has = *e->d_name != '.' && strcmp(e->d_name, "vmlinux") != 0;
	if (dir)
		closedir(dir);
	return has;
}

static void keep(struct kernel *k, const char *bytes, size_t size)
{
	k->compact = memfd_create("eunomia-btf", MFD_CLOEXEC);
	snprintf(k->compact_path, sizeof(k->compact_path), "/proc/self/fd/%d", k->compact);
	if (k->compact >= 0 && fd_write_all(k->compact, bytes, size)) {
		close(k->compact);
		k->compact = -1;
	}
}

/* What the host asks for itself: the trials of ask(), and the call behind a cast. */
static int ask_own(struct btf_ask *ask)
{
	static const char *const sections[] = {"tp_btf/sched_process_exit", "fentry/do_exit", "lsm/file_open",
					       "iter/task", "fentry/" HOOK_CAST};
	int err = 0;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && !err; i++) {
		const char *prefix, *name;
		uint32_t kind;
		btf_section_target(sections[i], &prefix, &name, &kind);
		err = btf_ask_target(ask, prefix, name, kind);
	}
	return err;
}

void kernel_prepare(struct kernel *k, const struct kernel_object *objects, size_t n)
{
	size_t size = 0, compact_size;
	void *whole = NULL, *compact;
	bool mapped = false, missing;
	pthread_mutex_lock(&k->lock);
	forget(k);
	int err = ask_own(&k->ask);
	for (size_t i = 0; i < n && !err; i++)
		err = objects[i].size ? btf_ask_object(&k->ask, objects[i].bytes, objects[i].size) : 0;
	if (!err && k->btf_path) {
		uint32_t raw = 0;
		whole = vmlinux(k) ? (void *)btf__raw_data(k->btf, &raw) : NULL;
		size = raw;
	} else if (!err) {
		whole = get_whole(&size, &mapped);
	}
	if (whole && !btf_compact(whole, size, &k->ask, &compact, &compact_size, &missing)) {
		k->asked = true;
		/* numbers must be the kernel's own, and what the kernel has not may be a module's: libbpf looks there
		 */
		if (!k->ask.ids && (!missing || !has_modules()))
			keep(k, compact, compact_size);
		free(compact);
	}
	if (whole && !k->btf_path)
		put_whole(whole, size, mapped);
	pthread_mutex_unlock(&k->lock);
}

const char *kernel_types(const struct kernel *k)
{
	return k->compact >= 0 ? k->compact_path : k->btf_path;
}

static uint32_t find_id(struct kernel *k, const char *name, uint32_t kind)
{
	for (size_t i = 0; k->asked && i < k->ask.n_targets; i++)
		if (k->ask.targets[i].kind == kind && !strcmp(k->ask.targets[i].name, name))
			return k->ask.targets[i].id;
	int id = vmlinux(k) ? btf__find_by_name_kind(k->btf, name, kind) : 0;
	return id > 0 ? (uint32_t)id : 0;
}

uint32_t kernel_type_id(struct kernel *k, const char *prefix, const char *name, uint32_t kind)
{
	char full[256];
	snprintf(full, sizeof(full), "%s%s", prefix, name);
	pthread_mutex_lock(&k->lock);
	uint32_t id = find_id(k, full, kind);
	pthread_mutex_unlock(&k->lock);
	return id;
}

const char *kernel_btf_path(const struct kernel *k)
{
	return k->btf_path;
}

int kernel_btf_check(struct kernel *k, char *why, size_t why_size)
{
	int err = 0;
	if (!k->btf_path) {
		if (access(VMLINUX_BTF, R_OK) == 0)
			return 0;
		err = errno;
		snprintf(why, why_size,
			 "BTF " VMLINUX_BTF
			 ": %s (CO-RE needs the kernel's types: a kernel with CONFIG_DEBUG_INFO_BTF, and where "
			 "it does not show them --btf FILE)",
			 strerror(err));
		return -err;
	}
	if (access(k->btf_path, R_OK)) {
		err = errno;
		snprintf(why, why_size, "BTF %s: can't be read: %s", k->btf_path, strerror(err));
		return -err;
	}
	pthread_mutex_lock(&k->lock);
	if (!k->asked && (!vmlinux(k) || btf__find_by_name_kind(k->btf, "task_struct", BTF_KIND_STRUCT) < 0)) {
		err = -EINVAL;
		snprintf(why, why_size, "BTF %s: it holds no kernel types; give a file of raw BTF", k->btf_path);
	}
	pthread_mutex_unlock(&k->lock);
	return err;
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
static bool trial(struct kernel *k, enum bpf_prog_type type, enum bpf_attach_type attach, const char *section,
		  bool open)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	char full[64];
	const char *prefix, *name;
	uint32_t kind;
	btf_section_target(section, &prefix, &name, &kind);
	snprintf(full, sizeof(full), "%s%s", prefix, name);
	opts.attach_btf_id = find_id(k, full, kind);
	int fd = opts.attach_btf_id ? bpf_prog_load(type, "eun_trial", "GPL", insns, 2, &opts) : -1;
	if (fd < 0)
		return false;
	int link = open ? bpf_raw_tracepoint_open(NULL, fd) : 0;
	if (open && link >= 0)
		close(link);
	close(fd);
	return link >= 0;
}

/* libbpf's own probes say no to all of TRACING where only fentry is missing. */
static bool ask(struct kernel *k, enum kernel_hook hook)
{
	switch (hook) {
	case HOOK_TP_BTF:
		return trial(k, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "tp_btf/sched_process_exit", false);
	case HOOK_FENTRY:
		return trial(k, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "fentry/do_exit", true);
	case HOOK_LSM:
		return trial(k, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "lsm/file_open", true);
	case HOOK_KPROBE:
		return access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0;
	case HOOK_ITER:
		return trial(k, BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "iter/task", false);
	default:
		return false;
	}
}

bool kernel_hook(struct kernel *k, enum kernel_hook hook)
{
	pthread_mutex_lock(&k->lock);
	if (k->hooks[hook] == UNKNOWN)
		k->hooks[hook] = ask(k, hook) ? YES : NO;
	bool yes = k->hooks[hook] == YES;
	pthread_mutex_unlock(&k->lock);
	return yes;
}

bool kernel_has_target(struct kernel *k, const char *section)
{
	const char *prefix, *name;
	uint32_t kind;
	section += *section == '?';
	if (!btf_section_target(section, &prefix, &name, &kind))
		return true;
	if (!kernel_type_id(k, prefix, name, kind))
		return false;
	if (kind == BTF_KIND_FUNC && strncmp(section, "iter", 4) != 0)
		return kernel_hook(k, *prefix ? HOOK_LSM : HOOK_FENTRY);
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
