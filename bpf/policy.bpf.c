// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

/*
 * The pieces of which the agent makes a policy's programs: compiled and checked
 * here, put together by agent/io/bpf. policy/piece.h says what a piece is.
 */
#include "policy/backup.h"
#include "policy/changes.h"
#include "policy/cred.h"
#include "policy/file.h"
#include "policy/hook.h"
#include "policy/kernel_objects.h"
#include "policy/packet.h"
#include "policy/pending.h"
#include "policy/prefix.h"
#include "policy/rate.h"
#include "policy/scope.h"
#include "policy/slot.h"
#include "policy/socket.h"
#include "policy/string.h"
#include "policy/subject.h"
#include "policy/substring.h"
#include "policy/task.h"
#include "policy/track.h"

const char policy_license[] SEC("license") = "Dual BSD/GPL";
