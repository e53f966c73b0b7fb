/* SPDX-License-Identifier: MIT */
/* Internet addresses as text: IPv4 (stored as IPv4-mapped) dotted, IPv6 as RFC 5952 writes it. */
#ifndef CORE_EVENT_ADDRESS_H
#define CORE_EVENT_ADDRESS_H

#include <eunomia/event.h>

#include "buf.h"

/* `scope`: of IPv6, 0: none; written as fe80::1%2. */
void address_text(struct buf *out, const struct eun_ip *ip, uint32_t scope);

/* "inet", "inet6", "unix"...; NULL: not known. */
const char *address_family(uint16_t family);

/* Do the address and the port of such a one mean something? */
bool address_is_inet(const struct eun_sockaddr *addr);

/* 10.0.0.1:80, [::1]:80; of another family its name, or number. */
void address_sockaddr(struct buf *out, const struct eun_sockaddr *addr);

#endif
