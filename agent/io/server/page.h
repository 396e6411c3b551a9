/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The live page (agent/page/), part of this very binary. */
#include "io/server/http_server.h"

/* Its routes, with headers that let a browser load nothing from elsewhere and run no script of anybody else. */
struct http_routes page_routes(void);
