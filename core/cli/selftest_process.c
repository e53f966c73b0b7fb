/* SPDX-License-Identifier: MIT */
/* Acts: what processes do to others and to themselves, and what is executed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftest.h"

#define TRUE "/bin/true"
#define SHELL "/bin/sh"
#define BOMB 300

#define ARGV(...) ((char *const[]){__VA_ARGS__, NULL})

/* ---- others ---- */

static int ptrace_attach(struct act *act)
{
	pid_t pid = act_child();
	int err = ptrace(PTRACE_ATTACH, pid, NULL, NULL) ? act_failed(act, "ptrace") : 0;
	act_end(pid);
	return err;
}

static int traceme(struct act *act)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? act_failed(act, "ptrace") : 0;
}

static int other_memory(struct act *act)
{
	char bytes[8] = "";
	struct iovec at = {bytes, sizeof(bytes)};
	pid_t pid = act_child();
	int err = process_vm_writev(pid, &at, 1, &at, 1, 0) < 0 ? act_failed(act, "process_vm_writev") : 0;
	act_end(pid);
	return err;
}

static int become_root(struct act *act)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2];
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setresuid(1, 1, 1) || syscall(SYS_capget, &head, caps))
		return act_failed(act, "setresuid");
	caps[0].effective = caps[0].permitted;
	if (syscall(SYS_capset, &head, caps) || setuid(0))
		return act_failed(act, "setuid");
	return 0;
}

static int fork_bomb(struct act *act)
{
	pid_t pids[BOMB];
	int n = 0, err = 0;
	while (n < BOMB && (pids[n] = act_child()) > 0)
		n++;
	if (n < BOMB)
		err = act_failed(act, "fork");
	while (n--)
		act_end(pids[n]);
	return err;
}

/* ---- execution ---- */

static int run_memfd(struct act *act)
{
	char path[32] = "/proc/self/fd/";
	int fd = memfd_create("eunomia", 0);
	if (fd < 0 || fd > 9)
		return act_failed(act, "memfd_create");
	path[strlen(path)] = (char)('0' + fd);
	return act_copy(TRUE, path) || act_run(path, ARGV("true"), NULL) ? act_failed(act, "memfd") : 0;
}

static int run_dropped(struct act *act)
{
	if (mkdir("/tmp/overlay", 0755) || mkdir("/tmp/overlay/lower", 0755) || mkdir("/tmp/overlay/upper", 0755) ||
	    mkdir("/tmp/overlay/work", 0755) ||
	    mount("overlay", "/mnt", "overlay", 0,
		  "lowerdir=/tmp/overlay/lower,upperdir=/tmp/overlay/upper,workdir=/tmp/overlay/work"))
		return act_failed(act, "an overlay");
	int err = act_copy(TRUE, "/mnt/dropped") || act_run("/mnt/dropped", ARGV("true"), NULL);
	return err ? act_failed(act, "exec") : 0;
}

static int run_downloaded(struct act *act)
{
	if (act_connect(ACT_METADATA) < 0 || act_copy(TRUE, "/tmp/downloaded") ||
	    act_run("/tmp/downloaded", ARGV("true"), NULL))
		return act_failed(act, "exec");
	return 0;
}

static int reverse_shell(struct act *act)
{
	int fd = act_connect("127.0.0.1");
	return fd < 0 || act_run_on(fd, SHELL, ARGV("sh", "-c", ":"), NULL) ? act_failed(act, "exec") : 0;
}

static int server_shell(struct act *act)
{
	int err = act_copy(SHELL, "/tmp/nginx") || act_run("/tmp/nginx", ARGV("sh", "-c", SHELL " -c :; :"), NULL);
	return err ? act_failed(act, "exec") : 0;
}

static int remote_execution(struct act *act)
{
	return act_run(SHELL, ARGV("sh", "-c", ": /dev/tcp/127.0.0.1/1"), NULL) ? act_failed(act, "exec") : 0;
}

static int miner(struct act *act)
{
	return act_run(TRUE, ARGV("true", "stratum+tcp://pool.invalid"), NULL) ? act_failed(act, "exec") : 0;
}

static int preload(struct act *act)
{
	return act_run(TRUE, ARGV("true"), ARGV("LD_PRELOAD=/none.so")) ? act_failed(act, "exec") : 0;
}

static int tunables(struct act *act)
{
	int err = act_copy(TRUE, "/tmp/setuid") || chmod("/tmp/setuid", 04755) ||
		  act_run("/tmp/setuid", ARGV("true"), ARGV("GLIBC_TUNABLES=glibc.malloc.check=0"));
	return err ? act_failed(act, "exec") : 0;
}

static int pkexec(struct act *act)
{
	static char *const none[] = {NULL};
	return act_copy(TRUE, "/tmp/pkexec") || act_run("/tmp/pkexec", none, NULL) ? act_failed(act, "exec") : 0;
}

/* By what a user has for it: its own program is run outside, the shell in a pid namespace. */
static int shell_on_terminal(struct act *act)
{
	static const char *const unshare[] = {"/usr/bin/unshare", "/bin/unshare"};
	char name[64];
	int status, terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	const char *path = access(unshare[0], X_OK) ? unshare[1] : unshare[0];
	if (access(path, X_OK))
		return act_failed(act, "unshare(1)");
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal) || ptsname_r(terminal, name, sizeof(name)))
		return act_failed(act, "a terminal");
	pid_t pid = fork();
	if (!pid) {
		setsid();
		int fd = open(name, O_RDWR);
		ioctl(fd, TIOCSCTTY, 0);
		_exit(act_run_on(fd, path, ARGV("unshare", "--fork", "--pid", SHELL, "-c", ":"), NULL) != 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		return act_impossible(act, "unshare(1) failed");
	return 0;
}

const struct act_kind acts_of_process[] = {
	{"Process changed by ptrace", ACT_INSIDE, ptrace_attach},
	{"Anti-debugging", ACT_INSIDE, traceme},
	{"Memory of another process written", ACT_INSIDE, other_memory},
	{"Became root without a setuid program", ACT_INSIDE, become_root},
	{"Fork bomb", ACT_INSIDE, fork_bomb},
	{"Fileless execution", ACT_INSIDE, run_memfd},
	{"Dropped and executed", ACT_INSIDE, run_dropped},
	{"Downloaded and executed", ACT_INSIDE, run_downloaded},
	{"Reverse shell", ACT_INSIDE, reverse_shell},
	{"Server spawned a shell", ACT_INSIDE, server_shell},
	{"Remote execution by netcat or the like", ACT_INSIDE, remote_execution},
	{"Coin miner", ACT_INSIDE, miner},
	{"Library preloaded", ACT_INSIDE, preload},
	{"GLIBC_TUNABLES for a setuid program", ACT_INSIDE, tunables},
	{"pkexec without arguments", ACT_INSIDE, pkexec},
	{"Shell on a terminal in a container", ACT_OUTSIDE, shell_on_terminal},
	{0},
};
