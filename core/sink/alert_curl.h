/* SPDX-License-Identifier: MIT */
/*
 * libcurl, loaded when an output wants it: linked it would cost every run 10 ms and 6 MB for the thirty libraries
 * below it.
 */
#ifndef CORE_SINK_ALERT_CURL_H
#define CORE_SINK_ALERT_CURL_H

#include <curl/curl.h>

/* clang-format off */
#define ALERT_CURL(f) \
	f(global_init) f(global_cleanup) f(free) \
	f(url) f(url_set) f(url_get) f(url_cleanup) f(url_strerror) \
	f(slist_append) f(slist_free_all) \
	f(easy_init) f(easy_setopt) f(easy_getinfo) f(easy_strerror) f(easy_cleanup) \
	f(multi_init) f(multi_add_handle) f(multi_perform) f(multi_poll) f(multi_info_read) f(multi_remove_handle) \
	f(multi_cleanup)
/* clang-format on */

/* curl_easy_init is easy_init... */
struct alert_curl {
#define ALERT_CURL_MEMBER(name) __typeof__(curl_##name) *name;
	ALERT_CURL(ALERT_CURL_MEMBER)
};

/* NULL, or what is wrong; it stays loaded. */
const char *alert_curl_load(struct alert_curl *curl);

#endif
