/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The two names of this node: both are the host name where nothing else is said, "" where not even that is known. */

#define NODE_NAME_SIZE 256

/* `node_name` in events, which people may choose: HUBBLE_NODE_NAME, else NODE_NAME. */
void node_name_in_events(char ret[NODE_NAME_SIZE]);
/* Of its Node, by which the API server is asked: NODE_NAME. */
void node_name_in_cluster(char ret[NODE_NAME_SIZE]);
