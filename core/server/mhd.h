/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd, loaded when a server starts: linked it would cost every run gnutls and nine libraries more.
 * MHD_run is run...
 */
#ifndef CORE_SERVER_MHD_H
#define CORE_SERVER_MHD_H

#include <microhttpd.h>

/* clang-format off */
#define SERVER_MHD(f) \
	f(start_daemon) f(stop_daemon) f(run) f(get_timeout) f(get_daemon_info) f(is_feature_supported) \
	f(get_connection_info) f(lookup_connection_value) f(suspend_connection) f(resume_connection) \
	f(create_response_from_buffer) f(create_response_from_callback) f(add_response_header) f(queue_response) \
	f(destroy_response)
/* clang-format on */

struct mhd {
#define SERVER_MHD_MEMBER(name) __typeof__(MHD_##name) *name;
	SERVER_MHD(SERVER_MHD_MEMBER)
};

/* NULL, or what is wrong; it stays loaded. */
const char *mhd_load(struct mhd *mhd);

#endif
