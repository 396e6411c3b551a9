// SPDX-License-Identifier: Apache-2.0
//
// What no event of the machine that runs the test would show of the page's modules: pods, hooks, bounds. Run in the page by
// browser.py; throws at the first that is wrong.

const {Processes, PROCESSES_MAX} = await import('/page/processes.js');
const {Store, KEPT_MAX} = await import('/page/store.js');
const {Filter, Family} = await import('/page/filter.js');
const {Inbox} = await import('/page/inbox.js');
const {findEvent, makeRow} = await import('/page/event.js');
const {splitPod, toAscii, visible} = await import('/page/text.js');

function equal(what, found, wanted) {
	const [a, b] = [found, wanted].map(value => JSON.stringify(value));

	if (a !== b)
		throw new Error(`${what}: ${a}, not ${b}`);
}

function process(id, pid, parentId, more = {}) {
	return {exec_id: id, pid, binary: `/bin/${id}`, arguments: '', parent_exec_id: parentId, start_time: `2026-11-28T00:00:00.${String(pid).padStart(9, '0')}Z`, ...more};
}

function row(object) {
	const line = JSON.stringify(object);

	return makeRow(findEvent(object), object, line);
}

const pod = (namespace, name) => ({pod: {namespace, name, container: {name: 'main'}}});
const outline = (processes, isWanted = () => true) => processes.rows(isWanted, new Set()).map(
	({depth, group, process}) => `${depth} ${group ? `${group.name} ${group.size}` : process.id}`);

// --- the tree

const processes = new Processes();
const shim = process('shim', 10, 'init');
const web = process('web', 20, 'shim', pod('default', 'web'));
processes.observe('exec', {process: process('worker', 21, 'web', pod('default', 'web')), parent: web}, 'n1');
processes.observe('exec', {process: web, parent: shim}, 'n1');
processes.observe('exec', {process: process('api', 30, 'shim', pod('a', 'api')), parent: shim}, 'n1');
equal('pods first, each with its own', outline(processes), ['1 a/api 1', '2 api', '1 default/web 2', '2 web', '3 worker', '1 n1 1', '2 shim']);
equal('with those above what is wanted', outline(processes, ({id}) => id === 'worker'), ['1 default/web 2', '2 web', '3 worker']);

const again = process('again', 20, 'web', {...pod('default', 'web'), start_time: '2026-11-28T00:00:01Z'});
processes.observe('exec', {process: again, parent: web}, 'n1');
equal('an exec without a fork replaces', outline(processes, ({pod}) => pod === 'web'), ['1 default/web 2', '2 again', '3 worker']);
processes.observe('exec', {process: process('late', 22, 'web', pod('default', 'web')), parent: web}, 'n1');
equal('who knows its parent as it was', outline(processes, ({id}) => id === 'late'), ['1 default/web 2', '2 again', '3 late']);
equal('a family', processes.familyOf('again'), ['again', 'worker', 'late']);
processes.observe('exit', {process: process('worker', 21, 'web', pod('default', 'web')), parent: web, status: 3}, 'n1');
equal('who ended does not count', outline(processes, ({id}) => id === 'worker')[0], '1 default/web 1');

// --- those that ran already

processes.clear();
const existing = (object, parentId = '') => processes.observeExisting(object, parentId, 'n1');
existing(process('daemon', 40, 'gone', {start_time: '2026-11-28T00:00:00Z'}));
existing(process('child', 41, 'daemon-before-its-exec'), 'daemon-now');
existing(process('daemon-now', 42, 'daemon-before-its-exec'), 'daemon');
equal('below those that run now', outline(processes), ['1 n1 3', '2 daemon', '3 daemon-now', '4 child']);
processes.observe('exec', {process: process('new', 43, 'child'), parent: process('child', 41, 'daemon-before-its-exec')}, 'n1');
equal('events go on from there', outline(processes, ({id}) => id === 'new'), ['1 n1 4', '2 daemon', '3 daemon-now', '4 child', '5 new']);
processes.observe('exit', {process: process('child', 41, 'daemon-before-its-exec')}, 'n1');
equal('and their end', processes.running, 3);
processes.observe('exec', {process: process('first', 44, 'early'), parent: process('early', 45, 'x', {start_time: '2026-11-28T00:00:01Z'})}, 'n1');
existing(process('late', 45, 'early', {start_time: '2026-11-28T00:00:02Z'}), 'daemon');
equal('an event before its parent is told', outline(processes, ({id}) => id === 'first'), ['1 n1 3', '2 daemon', '3 late', '4 first']);
existing(process('of-pod', 50, 'shim', pod('default', 'web')), 'shim');
equal('in pods', outline(processes)[0], '1 default/web 1');

processes.clear();
for (let i = 0; i < PROCESSES_MAX + 100; i++)
	processes.observe('exec', {process: process(`p${i}`, i + 100, 'nobody')}, 'n1');
equal('processes are bounded', [processes.size, processes.evicted], [PROCESSES_MAX, 100]);

// --- rows

const hook = (member, body) => row({[member]: {process: web, policy_name: 'p', action: 'KPROBE_ACTION_POST', ...body}, node_name: 'n1', time: '2026-11-28T00:00:00Z'});
equal('kprobe', hook('process_kprobe', {function_name: 'tcp_connect', args: [{sock_arg: {saddr: '10.0.0.1', sport: 1, daddr: 'fd00::1', dport: 443}}]}).what,
	'tcp_connect 10.0.0.1:1 → [fd00::1]:443');
equal('an action', hook('process_kprobe', {function_name: 'sys_write', action: 'KPROBE_ACTION_SIGKILL', args: [{int_arg: 0}, {label: 'x', file_arg: {path: '/etc/shadow'}}, {bytes_arg: 'AAAA'}], message: 'm'}).what,
	'sys_write [SIGKILL] 0 /etc/shadow 3 bytes · m');
equal('tracepoint', hook('process_tracepoint', {subsys: 'syscalls', event: 'sys_enter_chroot', args: [{string_arg: ''}]}).what, 'syscalls/sys_enter_chroot ');
equal('loader', hook('process_loader', {path: '/lib/x.so', buildid: 'qrs='}).what, '/lib/x.so aabb');
equal('throttle', row({process_throttle: {type: 'THROTTLE_START', cgroup: 'a.scope'}, node_name: 'n1'}).what, 'START a.scope');
equal('rate limit', row({rate_limit_info: {number_of_dropped_process_events: '12'}, node_name: 'n1'}).what, 'the rate limit kept back 12 events');
equal('where', hook('process_lsm', {function_name: 'f'}).where, 'default/web');
equal('no event', findEvent({node_name: 'n1', node_labels: {a: 'b'}, existing: {}}), null);

// --- what is kept, and shown

const store = new Store();
const filter = new Filter();
const exec = i => row({process_exec: {process: process(`p${i}`, i, i % 2 ? 'odd' : 'even')}, node_name: 'n1'});
filter.family = new Family('odd', ['odd']);
store.setFilter(filter);
for (let i = 0; i < KEPT_MAX + 10; i++)
	store.add(exec(i));
equal('events are bounded', [store.length, store.dropped, store.shown.length], [KEPT_MAX, 10, KEPT_MAX / 2]);
store.pause();
for (let i = 0; i < KEPT_MAX + 5; i++)
	store.add(exec(i));
equal('so are those that wait', [store.length, store.waiting, store.dropped], [KEPT_MAX, KEPT_MAX, 15]);
store.resume();
equal('none is counted twice', [store.length, store.waiting, store.dropped], [KEPT_MAX, 0, KEPT_MAX + 15]);

filter.hidden.add('exit');
filter.binary = 'a.b(';
filter.namespace = 'default';
equal('as the agent\'s filter', filter.toAllow(),
	'{"event_set":["PROCESS_EXEC","PROCESS_KPROBE","PROCESS_TRACEPOINT","PROCESS_LSM","PROCESS_LOADER","PROCESS_THROTTLE"],"namespace_regex":["default"],"binary_regex":["a\\\\.b\\\\("]}');
equal('from the address', Filter.fromHash(`#${filter.toHash()}`).toHash(), filter.toHash());

let leftOut = 0;
const inbox = new Inbox({line() {}, done() {}, leftOut(lines) { leftOut += lines; }});
for (let i = 0; i < 20; i++)
	inbox.add(`${'x'.repeat(1 << 19)}\n\n`);
equal('what was not looked at is bounded, and counted', leftOut, 2 * 5);

// --- texts

equal('pods', ['default/web-7d9c5b8f6d-x2k4p', 'a/b', 'payments/a-longer-one-withoutanend'].map(splitPod),
	[['default/web-7d9c5b8f6d', '-x2k4p'], ['a/b', ''], ['payments/a-longer-one-withoutanend', '']]);
equal('unseen characters', visible('a\u202eb\u200b\u00ad\x1b\x9b\n\u{e0041}\ufeff\u3164'), 'a\\u202eb\\u200b\\xad\\x1b\\x9b\\n\\u{e0041}\\ufeff\\u3164');
equal('seen ones', visible('<b>"ü 漢字 עברית 🚀'), '<b>"ü 漢字 עברית 🚀');
equal('JSON', JSON.parse(toAscii('"a\u202e\u{e0041}ü"')), 'a\u202e\u{e0041}ü');
