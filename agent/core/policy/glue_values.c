// SPDX-License-Identifier: Apache-2.0
#include "core/policy/glue.h"

#include <assert.h>
#include <string.h>

#include "base/util.h"
#include "policy/interface.h"

/* Where pt_regs keeps arguments: of a function, and of a system call. linux/ptrace.h of each architecture. */
#if defined(__aarch64__)
static const uint16_t function_registers[] = {0, 8, 16, 24, 32, 40, 48, 56};
static const uint16_t syscall_registers[] = {272, 8, 16, 24, 32, 40};
enum {
	RESULT_REGISTER = 0
};
#else
static const uint16_t function_registers[] = {112, 104, 96, 88, 72, 64};
static const uint16_t syscall_registers[] = {112, 104, 96, 56, 72, 64};
static const uint16_t compat_registers[] = {40, 88, 96, 104, 112, 32}; /* of a 32-bit call: bx cx dx si di bp */
enum {
	RESULT_REGISTER = 80
};
#endif

/* `struct syscall_trace_enter`, kernel/trace/trace.h: common fields and number, then the arguments, or the result. */
enum {
	SYSCALL_TRACE_ARGS = 16
};

/* How a type gets into the record: which piece, and what it is handed. */
static const struct reader {
	enum {
		READER_NONE,
		READER_NUMBER,
		READER_CAPS,
		READER_SYSCALL,
		READER_BODY, /* piece(body, pointer) */
		READER_TAIL, /* piece(slot, at, pointer) */
		READER_BUFFER,
		READER_FD,
		READER_DATA_LOC,
		READER_NUMBERS,
	} kind;
	const char *piece;
	uint16_t body_bytes;
	bool takes_struct; /* the piece's pointer can be BTF-typed */
} readers[ARG_TYPE_COUNT] = {
	[ARG_AUTO] = {READER_NONE, NULL, 0, false},
	[ARG_NOP] = {READER_NONE, NULL, 0, false},
	[ARG_INT] = {READER_NUMBER, NULL, 0, false},
	[ARG_INT8] = {READER_NUMBER, NULL, 0, false},
	[ARG_INT16] = {READER_NUMBER, NULL, 0, false},
	[ARG_INT32] = {READER_NUMBER, NULL, 0, false},
	[ARG_INT64] = {READER_NUMBER, NULL, 0, false},
	[ARG_UINT8] = {READER_NUMBER, NULL, 0, false},
	[ARG_UINT16] = {READER_NUMBER, NULL, 0, false},
	[ARG_UINT32] = {READER_NUMBER, NULL, 0, false},
	[ARG_UINT64] = {READER_NUMBER, NULL, 0, false},
	[ARG_SIZE] = {READER_NUMBER, NULL, 0, false},
	[ARG_BPF_CMD] = {READER_NUMBER, NULL, 0, false},
	[ARG_CAPABILITY] = {READER_NUMBER, NULL, 0, false},
	[ARG_SYSCALL64] = {READER_SYSCALL, "get_syscall", 0, false},
	[ARG_KERNEL_CAP] = {READER_CAPS, "get_kernel_cap", 0, false},
	[ARG_CAP_INHERITABLE] = {READER_CAPS, "get_kernel_cap", 0, false},
	[ARG_CAP_PERMITTED] = {READER_CAPS, "get_kernel_cap", 0, false},
	[ARG_CAP_EFFECTIVE] = {READER_CAPS, "get_kernel_cap", 0, false},
	[ARG_STRING] = {READER_TAIL, "put_string", 0, false},
	[ARG_FILENAME] = {READER_TAIL, "put_filename", 0, true},
	[ARG_DATA_LOC] = {READER_DATA_LOC, "put_data_loc", 0, false},
	[ARG_CHAR_BUF] = {READER_BUFFER, "put_char_buf", 0, false},
	[ARG_CONST_BUF] = {READER_NUMBERS, NULL, 0, false},
	[ARG_FILE] = {READER_TAIL, "put_file", 0, true},
	[ARG_FD] = {READER_FD, "put_fd", 0, false},
	[ARG_PATH] = {READER_TAIL, "put_path", 0, true},
	[ARG_DENTRY] = {READER_TAIL, "put_dentry", 0, true},
	[ARG_LINUX_BINPRM] = {READER_TAIL, "put_binprm", 0, true},
	[ARG_SKB] = {READER_BODY, "put_skb", sizeof(struct wire_skb), true},
	[ARG_SOCK] = {READER_BODY, "put_sock", sizeof(struct wire_sock), true},
	[ARG_SOCKET] = {READER_BODY, "put_socket", sizeof(struct wire_sock), true},
	[ARG_SOCKADDR] = {READER_BODY, "put_sockaddr", sizeof(struct wire_sockaddr), false},
	[ARG_CRED] = {READER_BODY, "put_cred", sizeof(struct wire_cred), true},
	[ARG_USER_NAMESPACE] = {READER_BODY, "put_user_ns", sizeof(struct wire_user_ns), true},
	[ARG_LOAD_INFO] = {READER_BODY, "put_load_info", sizeof(struct wire_module), true},
	[ARG_MODULE] = {READER_BODY, "put_module", sizeof(struct wire_module), true},
	[ARG_BPF_ATTR] = {READER_BODY, "put_bpf_attr", sizeof(struct wire_bpf_prog), false},
	[ARG_BPF_PROG] = {READER_BODY, "put_bpf_prog", sizeof(struct wire_bpf_prog), true},
	[ARG_BPF_MAP] = {READER_BODY, "put_bpf_map", sizeof(struct wire_bpf_map), true},
	[ARG_PERF_EVENT] = {READER_BODY, "put_perf_event", sizeof(struct wire_perf_event), true},
};

static bool is_in_tail(enum arg_type type)
{
	switch (readers[type].kind) {
	case READER_TAIL:
	case READER_BUFFER:
	case READER_FD:
	case READER_DATA_LOC:
		return true;
	default:
		return false;
	}
}

static bool selector_needs_slot(const struct policy_selector *selector)
{
	if (selector->binaries.is_set || selector->parent_binaries.is_set)
		return true;
	for (size_t i = 0; i < selector->action_count; i++)
		if (selector->actions[i].kernel_stack || selector->actions[i].user_stack)
			return true;
	return false;
}

bool glue_needs_slot(const struct policy_hook *hook, const struct hook_info *info)
{
	for (size_t i = 0; i < hook->arg_count; i++)
		if (is_in_tail(info->args[i].type))
			return true;
	if (hook->has_return && is_in_tail(info->return_arg.type))
		return true;
	for (size_t i = 0; i < hook->selector_count; i++)
		if (selector_needs_slot(&hook->selectors[i]))
			return true;
	return false;
}

const struct hook_arg_info *glue_arg(const struct glue *glue, int position)
{
	return position == GLUE_RETURN ? &glue->plan->info->return_arg : &glue->plan->info->args[position];
}

/* The arguments of a tracepoint that are not 64-bit numbers of its format count as one. */
uint16_t glue_body_bytes(const struct glue *glue, int position)
{
	enum arg_type type = glue_arg(glue, position)->type;

	if (type == ARG_CONST_BUF && glue->tracepoint && position != GLUE_RETURN)
		return (uint16_t)(8 * glue->tracepoint->fields[glue->hook->args[position].index].array_count);
	return (uint16_t)((readers[type].body_bytes + 7) / 8 * 8);
}

void glue_layout(struct glue *glue)
{
	size_t count = glue->hook->arg_count;
	uint16_t at = sizeof(struct wire_hook);

	for (size_t i = 0; i < count; i++, at = (uint16_t)(at + sizeof(struct wire_value)))
		glue->value_at[i] = at;
	glue->value_at[GLUE_RETURN] = at;
	if (glue->hook->has_return)
		at = (uint16_t)(at + sizeof(struct wire_value));
	for (size_t i = 0; i < count; i++) {
		glue->body_at[i] = at;
		at = (uint16_t)(at + glue_body_bytes(glue, (int)i));
	}
	glue->body_at[GLUE_RETURN] = at;
	if (glue->hook->has_return)
		at = (uint16_t)(at + glue_body_bytes(glue, GLUE_RETURN));
	glue->fixed_bytes = at;
}

/* Cuts or extends the register to what the integer type says. */
static void normalise(struct glue *glue, int reg, enum arg_type type)
{
	const struct arg_type_info *info = arg_type_info(type);
	int shift = 64 - 8 * info->size;

	if (readers[type].kind != READER_NUMBER || shift == 0 || shift == 64)
		return;
	emit_alu_imm(glue->code, BPF_LSH, reg, shift);
	emit_alu_imm(glue->code, info->traits & ARG_IS_SIGNED ? BPF_ARSH : BPF_RSH, reg, shift);
}

static int size_code(unsigned bytes)
{
	switch (bytes) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	default:
		return BPF_DW;
	}
}

static void load_return(struct glue *glue, int to)
{
	switch (glue->means) {
	case ATTACH_FEXIT:
		emit_load(glue->code, BPF_DW, to, GLUE_CTX, (int16_t)(8 * glue->function->result.slot));
		return;
	case ATTACH_SYSCALL_EXIT:
		emit_load(glue->code, BPF_DW, to, GLUE_CTX, SYSCALL_TRACE_ARGS);
		return;
	default:
		emit_load(glue->code, BPF_DW, to, GLUE_CTX, RESULT_REGISTER);
	}
}

size_t glue_function_registers(void)
{
	return ARRAY_SIZE(function_registers);
}

static uint16_t syscall_register(const struct glue *glue, uint32_t index)
{
	(void)glue;
#if !defined(__aarch64__)
	if (policy_is_ia32_name(glue->plan->name))
		return compat_registers[index];
#endif
	return syscall_registers[index];
}

/* Of a 32-bit call's registers the kernel takes the lower halves. */
static void cut_compat(struct glue *glue, int reg)
{
	if (!policy_is_ia32_name(glue->plan->name))
		return;
	emit_alu_imm(glue->code, BPF_LSH, reg, 32);
	emit_alu_imm(glue->code, BPF_RSH, reg, 32);
}

static void load_index(struct glue *glue, int to, uint32_t index)
{
	switch (glue->means) {
	case ATTACH_TRACEPOINT:
		emit_load(glue->code, size_code(glue->tracepoint->fields[index].size), to, GLUE_CTX,
			  (int16_t)glue->tracepoint->fields[index].offset);
		return;
	case ATTACH_SYSCALL_ENTER:
		emit_load(glue->code, BPF_DW, to, GLUE_CTX, (int16_t)(SYSCALL_TRACE_ARGS + 8 * index));
		return;
	case ATTACH_KPROBE:
	case ATTACH_KPROBE_MULTI:
		if (glue->hook->is_syscall) {
			emit_load(glue->code, BPF_DW, BPF_REG_1, GLUE_CTX, (int16_t)function_registers[0]);
			emit_alu_imm(glue->code, BPF_ADD, BPF_REG_1, syscall_register(glue, index));
			emit_piece(glue->code, "read_number", false);
			emit_mov(glue->code, to, BPF_REG_0);
			cut_compat(glue, to);
			return;
		}
		emit_load(glue->code, BPF_DW, to, GLUE_CTX,
			  (int16_t)function_registers[glue->function->params[index].slot]);
		return;
	case ATTACH_FENTRY:
	case ATTACH_FEXIT:
	case ATTACH_FMOD_RET:
	case ATTACH_LSM:
	case ATTACH_RAW_TRACEPOINT:
		if (glue->hook->is_syscall) {
			emit_load(glue->code, BPF_DW, to, GLUE_CTX, 0);
			emit_load(glue->code, BPF_DW, to, to, (int16_t)syscall_register(glue, index));
			cut_compat(glue, to);
			return;
		}
		emit_load(glue->code, BPF_DW, to, GLUE_CTX, (int16_t)(8 * glue->function->params[index].slot));
		return;
	default:
		assert(!"at a function's return the arguments are in the record that entry has left");
	}
}

void glue_load_arg(struct glue *glue, int to, int position)
{
	if (position == GLUE_RETURN)
		load_return(glue, to);
	else
		load_index(glue, to, glue->hook->args[position].index);
	normalise(glue, to, glue_arg(glue, position)->type);
}

bool glue_has_typed_pointers(const struct glue *glue)
{
	switch (glue->means) {
	case ATTACH_FENTRY:
	case ATTACH_FEXIT:
	case ATTACH_FMOD_RET:
	case ATTACH_LSM:
	case ATTACH_RAW_TRACEPOINT:
		return true;
	default:
		return false;
	}
}

bool glue_arg_is_typed(const struct glue *glue, int position)
{
	enum arg_type type = glue_arg(glue, position)->type;
	const struct arg_type_info *info = arg_type_info(type);

	if (position == GLUE_RETURN || !readers[type].takes_struct || glue->hook->is_syscall)
		return false; /* what a function returns is a plain number to the verifier */
	return glue_has_typed_pointers(glue) &&
	       strcmp(glue->function->params[glue->hook->args[position].index].struct_name, info->struct_name) == 0;
}

void glue_load_number(struct glue *glue, int position)
{
	const struct reader *reader = &readers[glue_arg(glue, position)->type];

	if (reader->piece) {
		glue_load_arg(glue, BPF_REG_1, position);
		emit_piece(glue->code, reader->piece, false);
	} else {
		glue_load_arg(glue, BPF_REG_0, position);
	}
}

/* The value's members but number or offset, as constants. */
static void put_header(struct glue *glue, int position, enum wire_value_kind kind, uint32_t length)
{
	int16_t at = (int16_t)glue->value_at[position];

	emit_store_imm(glue->code, BPF_W, GLUE_RECORD, at, kind); /* and flags */
	emit_store_imm(glue->code, BPF_W, GLUE_RECORD, (int16_t)(at + 4), (int32_t)length);
	emit_store_imm(glue->code, BPF_DW, GLUE_RECORD, (int16_t)(at + 16), 0);
}

static void put_body(struct glue *glue, int position, const struct reader *reader)
{
	int16_t at = (int16_t)glue->value_at[position];
	uint32_t good = assembler_label(glue->code);

	put_header(glue, position, arg_type_info(glue_arg(glue, position)->type)->kind, reader->body_bytes);
	emit_store_imm(glue->code, BPF_DW, GLUE_RECORD, (int16_t)(at + 8), glue->body_at[position]);
	glue_load_arg(glue, BPF_REG_2, position);
	emit_mov(glue->code, BPF_REG_1, GLUE_RECORD);
	emit_alu_imm(glue->code, BPF_ADD, BPF_REG_1, glue->body_at[position]);
	emit_piece(glue->code, reader->piece, glue_arg_is_typed(glue, position));
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, good);
	emit_store_imm(glue->code, BPF_H, GLUE_RECORD, (int16_t)(at + 2), WIRE_VALUE_ERROR);
	assembler_place(glue->code, good);
}

/* An array of a tracepoint's format: 64-bit numbers, copied one by one. */
static void put_numbers(struct glue *glue, int position)
{
	const struct kernel_field *field = &glue->tracepoint->fields[glue->hook->args[position].index];
	int16_t at = (int16_t)glue->value_at[position];

	put_header(glue, position, WIRE_VALUE_NUMBERS, 8u * field->array_count);
	emit_store_imm(glue->code, BPF_DW, GLUE_RECORD, (int16_t)(at + 8), glue->body_at[position]);
	for (uint16_t i = 0; i < field->array_count; i++) {
		emit_load(glue->code, BPF_DW, BPF_REG_1, GLUE_CTX, (int16_t)(field->offset + 8 * i));
		emit_store(glue->code, BPF_DW, GLUE_RECORD, (int16_t)(glue->body_at[position] + 8 * i), BPF_REG_1);
	}
}

/* Makes a register that holds a size 64 bits wide. A negative one is none: so functions tell errors. */
static void extend_size(struct glue *glue, int reg, unsigned bytes, bool is_signed)
{
	uint32_t good = assembler_label(glue->code);

	if (bytes > 0 && bytes < 8) {
		emit_alu_imm(glue->code, BPF_LSH, reg, 64 - 8 * (int32_t)bytes);
		emit_alu_imm(glue->code, is_signed ? BPF_ARSH : BPF_RSH, reg, 64 - 8 * (int32_t)bytes);
	}
	if (is_signed) {
		emit_jump_if_imm(glue->code, BPF_JSGE, reg, 0, good);
		emit_mov_imm(glue->code, reg, 0);
	}
	assembler_place(glue->code, good);
}

static void load_size_arg(struct glue *glue, int to, uint32_t index)
{
	load_index(glue, to, index);
	if (glue->tracepoint)
		extend_size(glue, to, glue->tracepoint->fields[index].size, glue->tracepoint->fields[index].is_signed);
	else if (!glue->hook->is_syscall) /* whose arguments are 64 bits wide, whatever they are */
		extend_size(glue, to, glue->function->params[index].size, glue->function->params[index].is_signed);
}

/* The size of a buffer: another argument. */
static void load_size(struct glue *glue, int to, const struct policy_arg *arg)
{
	if (arg->size_arg_index) {
		load_size_arg(glue, to, arg->size_arg_index - 1);
	} else if (arg->return_copy) { /* as much as the function says that it has written */
		load_return(glue, to);
		extend_size(glue, to, glue->function->result.size, glue->function->result.is_signed);
	} else {
		emit_mov_imm(glue->code, to, 0);
	}
}

/* Calls the piece that appends the value to the slot's tail. Leaves R0. */
static void put_tail(struct glue *glue, int position, const struct reader *reader)
{
	const struct policy_arg *arg = position == GLUE_RETURN ? &glue->hook->return_arg : &glue->hook->args[position];

	if (reader->kind == READER_BUFFER) {
		load_size(glue, GLUE_KEPT, arg);
		glue_load_arg(glue, BPF_REG_3, position);
		emit_mov(glue->code, BPF_REG_4, GLUE_KEPT);
		emit_mov_imm(glue->code, BPF_REG_5, arg->max_data ? SLOT_BUFFER_MAX : SLOT_VALUE_MAX);
	} else if (reader->kind == READER_DATA_LOC) {
		emit_mov(glue->code, BPF_REG_3, GLUE_CTX);
		emit_mov_imm(glue->code, BPF_REG_4, glue->tracepoint->fields[arg->index].offset);
	} else {
		glue_load_arg(glue, BPF_REG_3, position);
	}
	emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
	emit_mov_imm(glue->code, BPF_REG_2, glue->value_at[position]);
	emit_piece(glue->code, reader->piece, glue_arg_is_typed(glue, position));
}

/* Puts a tail value unless a test has done so already. */
static void put_tail_once(struct glue *glue, int position, const struct reader *reader, uint32_t on_drop)
{
	uint32_t done = assembler_label(glue->code);
	int32_t bit = 1 << position;

	emit_load(glue->code, BPF_DW, BPF_REG_1, BPF_REG_10, GLUE_STACK_LOADED);
	emit_jump_if_imm(glue->code, BPF_JSET, BPF_REG_1, bit, done);
	emit_alu_imm(glue->code, BPF_OR, BPF_REG_1, bit);
	emit_store(glue->code, BPF_DW, BPF_REG_10, GLUE_STACK_LOADED, BPF_REG_1);
	put_tail(glue, position, reader);
	if (reader->kind == READER_FD)
		emit_jump_if_imm(glue->code, BPF_JNE, BPF_REG_0, 0, on_drop);
	assembler_place(glue->code, done);
}

bool glue_is_pending(const struct glue *glue)
{
	return glue->hook->has_return && (glue->means == ATTACH_KPROBE || glue->means == ATTACH_KPROBE_MULTI ||
					  glue->means == ATTACH_SYSCALL_ENTER);
}

bool glue_has_cookie(const struct glue *glue)
{
	return glue->means == ATTACH_KPROBE_MULTI || glue->means == ATTACH_KRETPROBE_MULTI;
}

void glue_put_value(struct glue *glue, int position, uint32_t on_drop)
{
	const struct reader *reader = &readers[glue_arg(glue, position)->type];
	int16_t at = (int16_t)glue->value_at[position];

	switch (position == GLUE_RETURN && glue_is_pending(glue) ? READER_NONE : (int)reader->kind) {
	case READER_NONE:
		put_header(glue, position, WIRE_VALUE_NONE, 0);
		emit_store_imm(glue->code, BPF_DW, GLUE_RECORD, (int16_t)(at + 8), 0);
		return;
	case READER_NUMBER:
	case READER_CAPS:
	case READER_SYSCALL:
		put_header(glue, position, WIRE_VALUE_NUMBER, 0);
		glue_load_number(glue, position);
		emit_store(glue->code, BPF_DW, GLUE_RECORD, (int16_t)(at + 8), BPF_REG_0);
		return;
	case READER_BODY:
		put_body(glue, position, reader);
		return;
	case READER_NUMBERS:
		put_numbers(glue, position);
		return;
	default:
		put_tail_once(glue, position, reader, on_drop);
	}
}

void glue_need_slot(struct glue *glue)
{
	uint32_t have = assembler_label(glue->code);

	emit_jump_if_imm(glue->code, BPF_JNE, GLUE_SLOT, 0, have);
	emit_mov_imm(glue->code, BPF_REG_1, glue->fixed_bytes);
	emit_piece(glue->code, glue->kernel->features.has_atomic_fetch ? "slot_take_atomic" : "slot_take_counter",
		   false);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, glue->on_lost);
	emit_mov(glue->code, GLUE_SLOT, BPF_REG_0);
	assembler_place(glue->code, have);
}

void glue_need_value(struct glue *glue, int position)
{
	glue_need_slot(glue);
	put_tail_once(glue, position, &readers[glue_arg(glue, position)->type], glue->on_exit);
}
