/* SPDX-License-Identifier: MIT */
/* Acts: ways out of a container, and to the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "selftest.h"

#define NOBODY 65534

/* Opened for writing; nothing is written. */
static int open_one(struct act *act, const char *const *paths, int flags)
{
	errno = ENOENT;
	for (; *paths; paths++)
		if (!access(*paths, F_OK) && !act_open(*paths, flags))
			return 0;
	return errno == ENOENT ? act_impossible(act, "this kernel has no such file") : act_failed(act, "open");
}

static int release_agent(struct act *act)
{
	return act_open("/tmp/release_agent", O_WRONLY | O_CREAT) ? act_failed(act, "open") : 0;
}

static int notify_on_release(struct act *act)
{
	return act_open("/tmp/notify_on_release", O_WRONLY | O_CREAT) ? act_failed(act, "open") : 0;
}

static int core_pattern(struct act *act)
{
	return open_one(act, (const char *const[]){"/proc/sys/kernel/core_pattern", NULL}, O_WRONLY);
}

static int kernel_helper(struct act *act)
{
	mount("binfmt_misc", "/proc/sys/fs/binfmt_misc", "binfmt_misc", 0, NULL);
	return open_one(act,
			(const char *const[]){"/proc/sys/kernel/modprobe", "/sys/kernel/uevent_helper",
					      "/proc/sys/fs/binfmt_misc/register", NULL},
			O_WRONLY);
}

static int sysrq(struct act *act)
{
	return open_one(act, (const char *const[]){"/proc/sys/kernel/sysrq", "/proc/sysrq-trigger", NULL}, O_WRONLY);
}

static int kcore(struct act *act)
{
	return open_one(act, (const char *const[]){"/proc/kcore", NULL}, O_RDONLY);
}

static int runtime_socket(struct act *act)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/run/docker.sock"};
	int server = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(server, (struct sockaddr *)&at, sizeof(at)) || listen(server, 1) ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return act_failed(act, "connect");
	return 0;
}

/* Of a device that there is not: the try counts. */
static int mount_device(struct act *act)
{
	(void)act;
	mount("/dev/eunomia-none", "/mnt", "ext4", 0, NULL);
	return 0;
}

static int mount_tmpfs(struct act *act)
{
	if (mount("none", "/mnt", "tmpfs", 0, NULL))
		return act_failed(act, "mount");
	umount("/mnt");
	return 0;
}

/* Of a number that is nobody's; it is not opened. */
static int device(struct act *act)
{
	return mknod("/tmp/disk", S_IFBLK | 0600, makedev(240, 0)) ? act_failed(act, "mknod") : 0;
}

static int module(struct act *act)
{
	syscall(SYS_init_module, "junk", 4, "");
	return errno == ENOSYS ? act_impossible(act, "this kernel has no modules") : 0;
}

static int bpf_program(struct act *act)
{
	struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2};
	attr.insns = (uintptr_t)code;
	attr.license = (uintptr_t) "GPL";
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return act_failed(act, "bpf");
	close((int)fd);
	return 0;
}

static int host_namespace(struct act *act)
{
	return setns(act->host_uts, CLONE_NEWUTS) ? act_failed(act, "setns") : 0;
}

static int user_namespace(struct act *act)
{
	if (setresuid(NOBODY, NOBODY, NOBODY) || unshare(CLONE_NEWUSER))
		return act_failed(act, "unshare");
	return 0;
}

static int open_by_handle(struct act *act)
{
	struct {
		struct file_handle head;
		char bytes[8];
	} handle = {.head = {.handle_bytes = 8, .handle_type = 1}};
	(void)act;
	syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY);
	return 0;
}

static int io_uring(struct act *act)
{
	struct io_uring_params p = {0};
	return syscall(SYS_io_uring_setup, 2, &p) < 0 ? act_failed(act, "io_uring_setup") : 0;
}

static int userfaultfd(struct act *act)
{
	if (setresuid(NOBODY, NOBODY, NOBODY))
		return act_failed(act, "setresuid");
	long fd = syscall(SYS_userfaultfd, 1);
	return fd < 0 && errno == ENOSYS ? act_failed(act, "userfaultfd") : 0;
}

static int packet_socket(struct act *act)
{
	return socket(AF_PACKET, SOCK_DGRAM, 0) < 0 ? act_failed(act, "socket") : 0;
}

static int metadata(struct act *act)
{
	return act_connect(ACT_METADATA) < 0 ? act_failed(act, "connect") : 0;
}

const struct act_kind acts_of_kernel[] = {
	{"Cloud metadata asked in a container", ACT_INSIDE, metadata},
	{"Cgroup release agent set", ACT_INSIDE, release_agent},
	{"Cgroup notify_on_release set", ACT_INSIDE, notify_on_release},
	{"Core pattern set in a container", ACT_INSIDE, core_pattern},
	{"Kernel helper set in a container", ACT_INSIDE, kernel_helper},
	{"SysRq used in a container", ACT_INSIDE, sysrq},
	{"Kernel memory read in a container", ACT_INSIDE, kcore},
	{"Runtime socket used in a container", ACT_INSIDE, runtime_socket},
	{"Host device mounted in a container", ACT_INSIDE, mount_device},
	{"Mount in a container", ACT_INSIDE, mount_tmpfs},
	{"Raw device or memory opened", ACT_INSIDE, device},
	{"Kernel module loaded in a container", ACT_INSIDE, module},
	{"Kernel module loaded", ACT_OUTSIDE, module},
	{"BPF program loaded by a stranger", ACT_INSIDE, bpf_program},
	{"Entered the host's namespaces", ACT_INSIDE, host_namespace},
	{"User namespace made in a container", ACT_INSIDE, user_namespace},
	{"File opened by handle in a container", ACT_INSIDE, open_by_handle},
	{"io_uring in a container", ACT_INSIDE, io_uring},
	{"userfaultfd without privileges", ACT_INSIDE, userfaultfd},
	{"Packet or raw socket in a container", ACT_INSIDE, packet_socket},
	{0},
};
