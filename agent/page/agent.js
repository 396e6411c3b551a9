// SPDX-License-Identifier: Apache-2.0
//
// What the agent says of itself (/v1/status), and everything that is lost anywhere, this page included.

import {byId, formatBytes, formatDuration, formatNumber, make, makeCell, makeText} from './text.js';

/* By stage, and what where that makes a difference: what it means, and the remedy (docs/ledger.md). */
const STAGES = {
	ring: ['the ring between kernel and agent was full', 'Raise --rb-size-total'],
	preempted: ['the kernel let no program run', 'Nothing: it is the kernel’s (7.0 and later)'],
	kernel_memory: ['a policy’s hook found no free slot', 'A narrower policy: fewer events of it at once'],
	decoder: ['records that could not be read, or no memory', 'See the agent’s messages'],
	log: ['lines that could not be written', 'Look at the disk, its quota, or who reads the pipe'],
	earlier: ['by runs of the agent that have ended', 'See their log: trigon events --verify'],
	stream: ['the browser took them too slowly', 'A narrower agent’s filter'],
	page: ['the page could not keep up', 'A narrower agent’s filter'],
};

/* Events: a fork is none. */
function countEvents(lost) {
	let all = 0;

	for (const what of Object.values(lost ?? {}))
		for (const [name, number] of Object.entries(what))
			all += name === 'fork' ? 0 : Number(number);
	return all;
}

export class Agent {
	#status = null;
	#first = null;
	#own = {earlier: 0, stream: 0, page: 0};

	/** Losses since the page was opened. */
	get lost() {
		const {earlier, stream, page} = this.#own;

		return earlier + stream + page + this.#agentLost;
	}

	/* Those of this run of the agent, whoever reads. */
	get #agentLost() {
		return this.#status ? countEvents(this.#status.lost) - countEvents(this.#first.lost) : 0;
	}

	addLost(where, number) {
		this.#own[where] += number;
	}

	/** Takes a new status; how many events the agent has lost since the one before. */
	update(status) {
		const before = this.lost;

		if (!this.#first) {
			this.#first = status;
		} else if (this.#first.started !== status.started) { // another run of the agent counts from nought
			this.#own.earlier += this.#agentLost;
			this.#first = {started: status.started, lost: {}};
		}
		this.#status = status;
		return this.lost - before;
	}

	render() {
		const status = this.#status;

		byId('losses').replaceChildren(...this.#lossRows());
		if (!status)
			return;
		fillFacts('kept-back', keptBack(status));
		fillFacts('facts', facts(status));
		byId('readers').replaceChildren(...status.readers?.length ? status.readers.map(readerRow) : [remark('Nobody reads it.')]);
	}

	fail(reason) {
		byId('agent-note').textContent = reason;
	}

	#lossRows() {
		const rows = [];

		for (const [stage, what] of Object.entries(this.#status?.lost ?? {}))
			for (const [name, number] of Object.entries(what))
				rows.push([stage, name, Number(number) - Number(this.#first.lost?.[stage]?.[name] ?? 0), number]);
		for (const [stage, number] of Object.entries(this.#own))
			if (number)
				rows.push([stage, 'events', number, null]);
		return rows.length ? rows.map(lossRow) : [remark('Nothing has been lost.')];
	}
}

function remark(text) {
	const row = make('tr'), cell = make('td', 'dim', text);

	cell.colSpan = 5;
	row.append(cell);
	return row;
}

function lossRow([stage, name, here, all]) {
	const row = make('tr');
	const [meaning, remedy] = STAGES[stage] ?? ['', ''];
	const what = name === 'fork' ? 'fork (no event, but later ones of that process know less)' : name;
	const cells = [makeCell('Where', '', meaning ? `${stage}: ${meaning}` : stage), makeCell('What', 'data', what),
		makeCell('Since this page was opened', 'number', formatNumber(here)),
		makeCell('Since the agent’s start', 'number', all === null ? '–' : formatNumber(Number(all))), makeCell('What to do', '', remedy)];

	cells[2].dataset.level = here ? 'bad' : '';
	row.append(...cells);
	return row;
}

function readerRow(reader) {
	const row = make('tr');
	const number = (label, value) => makeCell(label, 'number', formatNumber(Number(value ?? 0)));

	row.append(makeCell('Reader', 'data', String(reader.reader)), makeCell('Since', 'data', String(reader.since).slice(0, 19).replace('T', ' ')),
		number('Sent', reader.sent), number('Lost', reader.lost), number('Filtered', reader.filtered));
	return row;
}

function fillFacts(id, pairs) {
	byId(id).replaceChildren(...pairs.flatMap(([name, text]) => [make('dt', '', name), makeText('dd', 'data', String(text))]));
}

function keptBack(status) {
	return [['By the log’s filters', formatNumber(Number(status.filtered ?? 0))], ['By the rate limit', formatNumber(Number(status.rate_limited ?? 0))],
		['Waiting for their container’s name', formatNumber(Number(status.waiting ?? 0))]];
}

function facts(status) {
	const runs = (Date.parse(status.time) - Date.parse(status.started)) / 1000;
	const pairs = [
		['Ready', status.ready ? 'yes' : `no: ${status.reason ?? ''}`],
		['Version', `${status.version} (${status.commit})`],
		['Node', status.cluster_name ? `${status.node_name}, cluster ${status.cluster_name}` : status.node_name],
		['Kernel', `${status.kernel}, ${status.arch}`],
		['Running for', `${formatDuration(runs)}, pid ${status.pid}`],
		['Processes known', `${formatNumber(status.processes?.known ?? 0)} of at most ${formatNumber(status.processes?.maximum ?? 0)}`],
		['Memory', formatBytes(status.memory?.resident_bytes ?? 0)],
		...Object.entries(status.events ?? {}).map(([type, number]) => [`Events: ${type}`, formatNumber(Number(number))]),
	];

	if (status.log)
		pairs.push(['Log', `${status.log.path}: ${formatNumber(Number(status.log.lines))} lines, ${formatBytes(status.log.bytes)}`]);
	if (status.cluster)
		pairs.push(['Cluster', status.cluster.error || `${status.cluster.synced ? 'synchronised' : 'not synchronised yet'}, ${status.cluster.pods} pods`]);
	return pairs;
}
