// SPDX-License-Identifier: Apache-2.0
//
// The table of policies: state, errors and cost. What a policy's hooks are is asked for when somebody opens it.

import {byId, formatBytes, formatNumber, make, makeCell, makeText, setLines, setText} from './text.js';

const STATES = {
	enabled: {text: 'enabled', level: 'ok'},
	error: {text: 'error', level: 'bad', hint: 'The file is wrong; the last good version runs on.'},
	load_error: {text: 'load error', level: 'bad', hint: 'It was never loaded.'},
	skipped: {text: 'skipped', level: 'dim', hint: 'Its nodeSelector is for other nodes.'},
};
const COLUMNS = ['State', 'Mode', 'Hooks', 'Events', 'Per second', 'Lost', 'Enforced', 'Monitored', 'Kernel memory'];
const NUMBERS_FROM = 2;
const HOOK_COLUMNS = ['Hook', 'Target', 'Attached as', 'Instructions', 'Memory', 'Calls', 'Time per call'];
const HOOK_NUMBERS_FROM = 3;

function keyOf(policy) {
	return `${policy.namespace ?? ''}/${policy.name}/${policy.file ?? ''}`;
}

function pathOf(policy) {
	return ['/v1/policies', policy.namespace, policy.name].filter(Boolean).map((part, i) => i ? encodeURIComponent(part) : part).join('/');
}

/** One policy of the table: a row, and one below it that is there when there is an error or somebody opened it. */
class PolicyRows {
	body = make('tbody');
	#row = make('tr');
	#more = make('tr', 'more');
	#button = make('button', 'policy');
	#hooks = make('div', 'hooks');
	#error = make('pre', 'error data');
	#hint = make('p', 'dim');
	#cells;
	#before = null;
	#rate = '';
	#policy;
	isOpen = false;

	constructor(policy) {
		const name = make('th');
		const cell = make('td');

		name.scope = 'row';
		this.#button.type = 'button';
		this.#button.setAttribute('aria-expanded', 'false');
		this.#button.append(makeText('span', 'name data', policy.name),
			makeText('span', 'dim', policy.namespace || 'all namespaces'), makeText('span', 'file data dim', policy.file ?? ''));
		this.#button.onclick = () => this.#toggle();
		name.append(this.#button);
		this.#cells = COLUMNS.map((label, i) => makeCell(label, i >= NUMBERS_FROM ? 'number' : ''));
		this.#row.append(name, ...this.#cells);
		cell.colSpan = COLUMNS.length + 1;
		cell.append(this.#hint, this.#error, this.#hooks);
		this.#more.append(cell);
		this.body.append(this.#row, this.#more);
	}

	update(policy) {
		const state = STATES[policy.state] ?? {text: policy.state, level: 'bad'};
		const now = performance.now(), events = Number(policy.events);

		if (this.#before)
			this.#rate = Math.max(0, (events - this.#before.events) * 1000 / (now - this.#before.at)).toFixed(1);
		this.#before = {events, at: now};
		this.#policy = policy;
		const texts = [state.text, policy.mode, policy.hook_count, events, this.#rate || '–', policy.lost,
			Number(policy.signals) + Number(policy.overrides), policy.monitored,
			policy.kernel_memory_bytes === undefined ? '–' : formatBytes(policy.kernel_memory_bytes)];
		texts.forEach((text, i) => setText(this.#cells[i], typeof text === 'number' ? formatNumber(text) : String(text).replaceAll('_', ' ')));
		this.#cells[0].dataset.level = state.level;
		this.#cells[5].dataset.level = Number(policy.lost) ? 'bad' : '';
		setLines(this.#error, policy.error ?? '');
		this.#error.hidden = !policy.error;
		this.#hint.textContent = state.hint ?? '';
		this.#hint.hidden = !state.hint;
		this.#show();
	}

	#show() {
		this.#more.hidden = !this.isOpen && this.#error.hidden && this.#hint.hidden;
		this.#hooks.hidden = !this.isOpen;
	}

	async #toggle() {
		this.isOpen = !this.isOpen;
		this.#button.setAttribute('aria-expanded', String(this.isOpen));
		this.#show();
		if (!this.isOpen)
			return;
		this.#hooks.replaceChildren(make('p', 'dim', 'Asking the agent …'));
		try {
			const response = await fetch(pathOf(this.#policy), {signal: AbortSignal.timeout(10000)});
			const answer = await response.json();

			this.#hooks.replaceChildren(...response.ok ? hookTables(answer) : [makeText('p', 'error', String(answer.error))]);
		} catch {
			this.#hooks.replaceChildren(make('p', 'error', 'The agent did not answer. Close and open it to ask again.'));
		}
	}
}

function hookTables(policy) {
	const facts = make('dl', 'facts');
	const table = make('table');
	const head = make('tr'), body = make('tbody');

	for (const [name, text] of [['Generation', policy.generation], ['Suppressed by rate limits', policy.suppressed],
		['Errors', policy.errors], ['Calls that hooks missed', policy.missed ?? 'not known']])
		facts.append(make('dt', '', name), makeText('dd', '', String(text)));
	HOOK_COLUMNS.forEach((title, i) => head.append(make('th', i < HOOK_NUMBERS_FROM ? '' : 'number', title)));
	for (const hook of policy.hooks ?? [])
		for (const program of hook.programs?.length ? hook.programs : [{}])
			body.append(programRow(hook, program, policy.is_timed));
	table.append(make('thead'), body);
	table.tHead.append(head);
	return [facts, table, ...policy.is_timed ? [] : [make('p', 'dim', 'Times are measured after: sysctl kernel.bpf_stats_enabled=1')]];
}

function programRow(hook, program, isTimed) {
	const row = make('tr');
	const runs = Number(program.run_count ?? 0);
	const known = (value, text = String) => value === undefined ? '–' : text(value);

	const texts = [`${hook.path ?? ''} ${hook.name ?? ''}`, program.target ?? '–', hook.is_skipped ? 'left out' : program.attached ?? '–',
		known(program.instructions), known(program.kernel_memory_bytes, formatBytes), isTimed ? formatNumber(runs) : '–',
		isTimed && runs ? `${(Number(program.run_time_ns) / runs / 1000).toFixed(2)} µs` : '–'];

	row.append(...texts.map((text, i) => makeCell(HOOK_COLUMNS[i], i < HOOK_NUMBERS_FROM ? 'data' : 'number', text)));
	return row;
}

export class Policies {
	#rows = new Map();
	#table = byId('policies-table');

	/** `failed`: how many are in an error. */
	update(policies) {
		const keys = new Set(policies.map(keyOf));
		const failed = policies.filter(({state}) => STATES[state]?.level === 'bad').length;

		for (const [key, rows] of this.#rows) {
			if (keys.has(key))
				continue;
			rows.body.remove();
			this.#rows.delete(key);
		}
		for (const policy of policies) {
			const key = keyOf(policy);

			if (!this.#rows.has(key)) {
				this.#rows.set(key, new PolicyRows(policy));
				this.#table.append(this.#rows.get(key).body);
			}
			this.#rows.get(key).update(policy);
		}
		byId('count-policies').textContent = failed ? `${failed} failed` : policies.length ? `${policies.length}` : '';
		byId('count-policies').dataset.level = failed ? 'bad' : '';
		byId('policies-note').textContent = policies.length ? `${policies.length - failed} of ${policies.length} run` : '';
		this.#say(policies.length ? '' : 'No policy is loaded. The agent runs what is in /etc/trigon/policies (--tracing-policy-dir), and in a cluster every TracingPolicy: copy a file there, or kubectl apply -f one.');
	}

	fail(reason) {
		byId('policies-note').textContent = reason;
		if (!this.#rows.size)
			this.#say(reason);
	}

	#say(text) {
		this.#table.hidden = Boolean(text);
		byId('policies-empty').hidden = !text;
		byId('policies-empty').textContent = text;
	}
}
