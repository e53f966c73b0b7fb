/* SPDX-License-Identifier: MIT */
/* One event or more of each stream of the plugin ipc. Ends with 0 when all calls did what they should. */
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY 0x45554e00

static int failed;

static long is(const char *what, long ret)
{
	if (ret < 0) {
		perror(what);
		failed = 1;
	}
	return ret;
}
#define IS(call) is(#call, (call))

static void unix_sockets(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "\0eunomia-ipc"};
	socklen_t len = sizeof(sa_family_t) + sizeof("\0eunomia-ipc") - 1;
	int pair[2], server = IS(socket(AF_UNIX, SOCK_STREAM, 0)), client = IS(socket(AF_UNIX, SOCK_STREAM, 0));
	IS(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	IS(bind(server, (struct sockaddr *)&at, len));
	IS(listen(server, 1));
	IS(connect(client, (struct sockaddr *)&at, len));
	IS(accept(server, NULL, NULL));
	IS(send(client, "hello", 5, 0));
}

static void system_v(void)
{
	struct {
		long type;
		char text[5];
	} message = {7, "hello"};
	struct sembuf up = {.sem_num = 1, .sem_op = 1};
	int shm = IS(shmget(KEY, 4096, IPC_CREAT | 0600)), sem = IS(semget(KEY, 2, IPC_CREAT | 0600)),
	    msg = IS(msgget(KEY, IPC_CREAT | 0600));
	void *at = shmat(shm, NULL, 0);
	IS(at == (void *)-1 ? -1 : 0);
	IS(semop(sem, &up, 1));
	IS(msgsnd(msg, &message, sizeof(message.text), 0));
	IS(msgrcv(msg, &message, sizeof(message.text), 0, 0));
	IS(shmdt(at));
	IS(shmctl(shm, IPC_RMID, NULL));
	IS(semctl(sem, 0, IPC_RMID));
	IS(msgctl(msg, IPC_RMID, NULL));
}

static void descriptors(void)
{
	int fds[2];
	mqd_t queue = IS(mq_open("/eunomia-ipc", O_RDWR | O_CREAT, 0600, NULL));
	IS(mq_send(queue, "hello", 5, 3));
	IS(mq_unlink("/eunomia-ipc"));
	IS(pipe(fds));
	IS(eventfd(47003, 0));
	IS(memfd_create("eunomia-ipc", 0));
}

static void other_process(void)
{
	char text[] = "hello", copy[5];
	struct iovec from = {text, 5}, to = {copy, 5};
	pid_t pid = IS(fork());
	if (!pid) {
		pause();
		_exit(0);
	}
	int pidfd = IS(syscall(SYS_pidfd_open, pid, 0));
	IS(process_vm_readv(pid, &to, 1, &from, 1, 0));
	IS(syscall(SYS_pidfd_getfd, pidfd, 1, 0));
	IS(kill(pid, 0));
	IS(syscall(SYS_pidfd_send_signal, pidfd, SIGUSR2, NULL, 0));
	IS(waitpid(pid, NULL, 0));
}

int main(void)
{
	unix_sockets();
	system_v();
	descriptors();
	other_process();
	return failed;
}
