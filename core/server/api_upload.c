/* SPDX-License-Identifier: MIT */
/* Plugins of others, where that is configured: through the same checks that every plugin file passes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/server_impl.h"

static bool good_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");
	return n && n < 64 && !strcmp(name + n, ".so");
}

static int put(const char *path, const struct buf *bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err = 0;
	if (fd < 0)
		return -errno;
	for (size_t at = 0; at < bytes->len && !err;) {
		ssize_t n = write(fd, bytes->data + at, bytes->len - at);
		if (n < 0)
			err = -errno;
		else
			at += (size_t)n;
	}
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	if (err)
		unlink(path);
	return err;
}

void api_plugin_upload(struct server *s, struct call *c)
{
	const char *name = call_query(c, "name");
	char path[4352], why[512];
	if (!s->settings.plugin_folder) {
		call_fail(c, 403, "off", NULL, "plugins are not uploaded here: set 'plugin_folder' in [server]");
		return;
	}
	if (!name || !good_name(name)) {
		call_fail(c, 400, "invalid", "name", "a name is small letters, digits, '-' and '_', and ends in .so");
		return;
	}
	mkdir(s->settings.plugin_folder, 0700);
	snprintf(path, sizeof(path), "%s/%s", s->settings.plugin_folder, name);
	int err = put(path, &c->body);
	if (err) {
		call_fail(c, err == -EEXIST ? 409 : 500, err == -EEXIST ? "exists" : "failed", "name", "%s: %s", path,
			  strerror(-err));
		return;
	}
	struct plugin *p = plugin_open(path, why, sizeof(why));
	if (!p) {
		call_fail(c, 400, "invalid", "body", "%s", why);
	} else if ((err = shelf_add(&s->shelf, p, why, sizeof(why)))) {
		call_fail(c, err == -EEXIST ? 409 : 500, err == -EEXIST ? "exists" : "failed", "name", "%s", why);
	} else {
		snprintf(c->args.text[0], sizeof(c->args.text[0]), "%s", p->abi.name);
		api_plugin(s, c);
		c->status = 201;
		return;
	}
	unlink(path);
}
