/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_MIN 16

static int make_text(char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t random[TOKEN_LEN];
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -EIO;
	for (int i = 0; i < TOKEN_LEN; i++)
		text[i] = digits[random[i] & 63];
	text[TOKEN_LEN] = '\0';
	return 0;
}

static int make_folder(const char *path)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	if (!n || n >= sizeof(folder))
		return 0;
	memcpy(folder, path, n);
	folder[n] = '\0';
	return mkdir(folder, 0700) && errno != EEXIST ? -errno : 0;
}

static int create(struct secret *t, const char *path)
{
	int err = make_text(t->text);
	if (!err)
		err = make_folder(path);
	if (err)
		return err;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	char line[TOKEN_LEN + 1];
	memcpy(line, t->text, TOKEN_LEN);
	line[TOKEN_LEN] = '\n';
	if (write(fd, line, sizeof(line)) != (ssize_t)sizeof(line) || fsync(fd)) {
		err = errno ? -errno : -EIO;
		unlink(path);
	}
	close(fd);
	t->made = true;
	return err;
}

static int read_text(struct secret *t, int fd, const char *path, char *why, size_t why_size)
{
	struct stat st;
	char text[TOKEN_MAX + 2];
	ssize_t n = fstat(fd, &st) ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	size_t len = strlen(text);
	if (!S_ISREG(st.st_mode) || (st.st_uid && st.st_uid != geteuid()) || st.st_mode & 077)
		snprintf(why, why_size, "%s: others may read or write it (owner %u, mode %04o): chown root, chmod 600",
			 path, st.st_uid, st.st_mode & 07777);
	else if (len < TOKEN_MIN || len > TOKEN_MAX)
		snprintf(why, why_size,
			 "%s: a token has %d to %d characters, this one %zu: remove the file for a new one", path,
			 TOKEN_MIN, TOKEN_MAX, len);
	else
		return memcpy(t->text, text, len + 1), 0;
	return -EINVAL;
}

int token_open(struct secret *t, const char *path, char *why, size_t why_size)
{
	*t = (struct secret){0};
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int err = fd < 0 && errno == ENOENT ? create(t, path) : fd < 0 ? -errno : 0;
	if (!err && fd >= 0)
		err = read_text(t, fd, path, why, why_size);
	if (err && err != -EINVAL)
		snprintf(why, why_size, "%s: %s", path, strerror(-err));
	if (fd >= 0)
		close(fd);
	return err;
}

bool token_equal(const struct secret *t, const char *text)
{
	char padded[TOKEN_MAX + 1] = {0};
	unsigned char differs = strlen(text) > TOKEN_MAX || !*t->text;
	memcpy(padded, text, strnlen(text, TOKEN_MAX));
	for (size_t i = 0; i < sizeof(padded); i++)
		differs |= (unsigned char)(padded[i] ^ t->text[i]);
	return !differs;
}
