/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The labels of the Node that this agent runs on, for nodeSelector of the cluster's policies: written by the thread of
 * the Kubernetes client, asked by the one that loads policies. And its UID, for what the agent reports.
 *
 * At first the labels are to come, and who asks is to wait. Then they are known; or it is known that they cannot be had
 * for now (own_node_give_up()), and selectors are taken to select the node: a policy that watches too much is better
 * than one that does not watch. Labels that were known once stay so, whatever becomes of the Node or of our right.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/label_selector.h"
#include "io/kube/change.h"
#include "io/kube/handler.h"

#define OWN_NODE_WHY_MAX 512
#define OWN_NODE_UID_MAX 65

struct own_node;

int own_node_new(const char *name, struct own_node **ret); /* 0 or -errno; the name is copied */
struct own_node *own_node_free(struct own_node *node);     /* accepts and returns NULL */

/* --- by the thread of the client */

/* Of a reflector of Nodes; those of other names mean nothing to it. */
struct kube_handler own_node_handler(struct own_node *node);
/* The labels are known, or were given up. */
bool own_node_is_decided(struct own_node *node);
/* Those that are to come are waited for no more, for the reason `why`; should they come they count. */
void own_node_give_up(struct own_node *node, const char *why);

/* Of the Node that there is; "": none, or it is not known. Valid until the next object. */
const char *own_node_uid(const struct own_node *node);

/* --- by who loads policies */

enum own_node_answer {
	OWN_NODE_SELECTED, /* or nobody knows */
	OWN_NODE_NOT_SELECTED,
	OWN_NODE_WAIT, /* the labels are to come */
};

enum own_node_answer own_node_ask(struct own_node *node, const struct label_selector *selector);
/* True with the reason, if the answers come of labels that cannot be had. `why` has OWN_NODE_WHY_MAX bytes. */
bool own_node_is_unknown(struct own_node *node, char *why);
const char *own_node_name(const struct own_node *node);
/* That answers may be others. */
struct change *own_node_change(struct own_node *node);
