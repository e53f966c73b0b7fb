/* SPDX-License-Identifier: MIT */
/* Acts: files that matter, and what is seen on the network. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftest.h"

#define RENAMED 40
#define PORTS 120

static int setuid_bit(struct act *act)
{
	int err = act_open("/tmp/bit", O_WRONLY | O_CREAT) || chmod("/tmp/bit", 04755);
	return err ? act_failed(act, "chmod") : 0;
}

static int credentials(struct act *act)
{
	return act_open("/etc/shadow", O_RDONLY) ? act_failed(act, "open") : 0;
}

static int cron_job(struct act *act)
{
	return act_open("/etc/cron.d/job", O_WRONLY | O_CREAT) ? act_failed(act, "open") : 0;
}

static int evidence(struct act *act)
{
	return act_open("/var/log/wtmp", O_WRONLY | O_TRUNC) ? act_failed(act, "open") : 0;
}

static int token(struct act *act)
{
	return act_open("/run/serviceaccount/token", O_RDONLY) ? act_failed(act, "open") : 0;
}

static int renames(struct act *act)
{
	char old[32], new[48];
	for (int i = 0; i < RENAMED; i++) {
		snprintf(old, sizeof(old), "/tmp/%d", i);
		snprintf(new, sizeof(new), "%s.locked", old);
		if (act_open(old, O_WRONLY | O_CREAT) || rename(old, new))
			return act_failed(act, "rename");
	}
	return 0;
}

/* Of its own loopback, where nobody listens. */
static int port_scan(struct act *act)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	for (int port = 1; port <= PORTS; port++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0)
			return act_failed(act, "socket");
		to.sin_port = htons((uint16_t)port);
		if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
			return act_impossible(act, "somebody listens");
		close(fd);
	}
	return 0;
}

const struct act_kind acts_of_files[] = {
	{"Setuid bit set", ACT_INSIDE, setuid_bit}, {"Credentials read", ACT_INSIDE, credentials},
	{"Persistence", ACT_INSIDE, cron_job},      {"Evidence wiped", ACT_INSIDE, evidence},
	{"Cluster token read", ACT_INSIDE, token},  {"Many files changed and renamed", ACT_INSIDE, renames},
	{"Port scan", ACT_INSIDE, port_scan},       {0},
};
