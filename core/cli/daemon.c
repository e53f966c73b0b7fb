/* SPDX-License-Identifier: MIT */
/* `eunomia daemon` and `eunomia server`: the command line to core/daemon's options. */
#include <stdlib.h>

#include "cli.h"
#include "say.h"
#include "server/server.h"

static void tell(const char *text)
{
	say("%s", text);
}

static int run(const struct request *r, char *const *paths, char *const *listen)
{
	if (r->follow && !r->pids.n) {
		say("option --follow: needs -p PID to begin with");
		return EXIT_USAGE;
	}
	const struct daemon_options options = {
		.config = r->config,
		.rules = r->rules.items,
		.n_rules = r->rules.n,
		.pids = r->pids.items,
		.n_pids = r->pids.n,
		.uids = r->uids.items,
		.n_uids = r->uids.n,
		.comms = r->comms.items,
		.n_comms = r->comms.n,
		.containers = r->containers.items,
		.n_containers = r->containers.n,
		.follow = r->follow,
		.seccomp = r->seccomp,
		.json = r->format == FORMAT_JSON,
		.plugin_paths = paths,
		.say = tell,
		.listen = listen,
		.insecure = r->insecure,
		.metrics = r->prometheus,
	};
	return (int)(r->command == COMMAND_SERVER ? server_run(&options, EUNOMIA_VERSION) : daemon_run(&options));
}

int command_daemon(const struct request *r, char *const *paths)
{
	return run(r, paths, NULL);
}

int command_server(const struct request *r, char *const *paths)
{
	char **listen = calloc(r->listen.n + 1, sizeof(*listen));
	if (!listen)
		return EXIT_RUN;
	for (size_t i = 0; i < r->listen.n; i++)
		listen[i] = (char *)r->listen.items[i];
	int status = run(r, paths, r->listen.n ? listen : NULL);
	free(listen);
	return status;
}
