// SPDX-License-Identifier: Apache-2.0
//
// From a line of the stream to what the list shows of it.

const SHOWN_MAX = 400; // characters of a cell; the details have all

/** The types that have a filter of their own: the member of the line, its short name, the one in filters. */
export const TYPES = [
	{member: 'process_exec', name: 'exec', set: 'PROCESS_EXEC'},
	{member: 'process_exit', name: 'exit', set: 'PROCESS_EXIT'},
	{member: 'process_kprobe', name: 'kprobe', set: 'PROCESS_KPROBE'},
	{member: 'process_tracepoint', name: 'tracepoint', set: 'PROCESS_TRACEPOINT'},
	{member: 'process_lsm', name: 'lsm', set: 'PROCESS_LSM'},
	{member: 'process_loader', name: 'loader', set: 'PROCESS_LOADER'},
	{member: 'process_throttle', name: 'throttle', set: 'PROCESS_THROTTLE'},
];
const NAMES = new Map(TYPES.map(type => [type.member, type.name]));

function shorten(text) {
	return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

function endpoint(address, port) {
	return address.includes(':') ? `[${address}]:${port ?? 0}` : `${address}:${port ?? 0}`;
}

/** An object in one line: what it is about where that is known, else its members. */
function brief(value) {
	if (typeof value !== 'object' || value === null)
		return String(value);
	if (Array.isArray(value))
		return value.map(brief).join(' ');
	if (value.path !== undefined)
		return String(value.path);
	if (value.daddr !== undefined)
		return `${endpoint(String(value.saddr ?? ''), value.sport)} → ${endpoint(String(value.daddr), value.dport)}`;
	if (value.addr !== undefined)
		return endpoint(String(value.addr), value.port);
	return Object.entries(value).map(([key, member]) => `${key}=${brief(member)}`).join(' ');
}

function argument(arg) {
	const [member, value] = Object.entries(arg).find(([key]) => key !== 'label') ?? ['', ''];

	return member === 'bytes_arg' ? `${String(value).length * 3 >> 2} bytes` : brief(value);
}

function hookText(name, body) {
	const action = String(body.action ?? '').replace('KPROBE_ACTION_', '');
	const parts = [name];

	if (action && action !== 'POST')
		parts.push(`[${action}]`); // before what may be cut
	parts.push(...(Array.isArray(body.args) ? body.args : []).map(argument));
	if (body.message)
		parts.push(`· ${body.message}`);
	return parts.join(' ');
}

function buildId(base64) {
	try {
		return Array.from(atob(base64), byte => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
	} catch {
		return String(base64);
	}
}

const WHAT = {
	exec: body => String(body.process?.arguments ?? ''),
	exit: body => exitText(body),
	kprobe: body => hookText(String(body.function_name ?? ''), body),
	lsm: body => hookText(String(body.function_name ?? ''), body),
	tracepoint: body => hookText(`${body.subsys ?? ''}/${body.event ?? ''}`, body),
	loader: body => `${body.path ?? ''} ${buildId(body.buildid ?? '')}`,
	throttle: body => `${String(body.type ?? '').replace('THROTTLE_', '')} ${body.cgroup ?? ''}`,
	rate_limit_info: body => `the rate limit kept back ${body.number_of_dropped_process_events ?? 0} events`,
};

/** How a process ended: "SIGKILL", or its status. */
export function exitText(body) {
	return body.signal ? String(body.signal) : `status ${body.status ?? 0}`;
}

function hasFailed(type, body) {
	return type === 'exit' && Boolean(body.signal || body.status) || (body.action ?? 'KPROBE_ACTION_POST') !== 'KPROBE_ACTION_POST';
}

function isOurs(member, value) {
	return typeof value === 'object' && value !== null && !['node_labels', 'aggregation_info', 'existing'].includes(member);
}

/** What kind of event a line's object is, and its content; null: none. */
export function findEvent(object) {
	const [member, body] = Object.entries(object).find(([key, value]) => isOurs(key, value)) ?? [];

	return body ? {member, type: NAMES.get(member) ?? member, body} : null;
}

/** The row of an event; `line` is kept for the details. A row whose `gap` is a text is a remark between events. */
export function makeRow({member, type, body}, object, line) {
	const process = body.process ?? {};
	const row = {
		line, member, type,
		gap: '',
		node: String(object.node_name ?? ''),
		time: String(object.time ?? body.time ?? ''),
		namespace: String(process.pod?.namespace ?? ''),
		pod: String(process.pod?.name ?? ''),
		binary: String(process.binary ?? ''),
		pid: String(process.pid ?? ''),
		id: String(process.exec_id ?? ''),
		parentId: String(body.parent?.exec_id ?? process.parent_exec_id ?? ''),
		policy: String(body.policy_name ?? ''),
		arguments: shorten(String(process.arguments ?? '')),
		hasFailed: hasFailed(type, body),
		what: shorten((WHAT[type] ?? brief)(body)),
	};
	row.where = row.pod ? `${row.namespace}/${row.pod}` : row.node;
	row.searched = [row.time, row.type, row.where, row.binary, row.pid, row.what, row.policy,
		type === 'exec' ? '' : row.arguments].join(' ').toLowerCase();
	return row;
}

export function makeGap(text, isBad) {
	return {gap: text, isBad, time: new Date().toISOString(), line: ''};
}
