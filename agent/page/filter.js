// SPDX-License-Identifier: Apache-2.0
//
// Which events are shown: what the form says, and at most one process with its descendants.

import {TYPES} from './event.js';

export const FIELDS = ['text', 'namespace', 'pod', 'binary', 'policy'];
const FAMILY_MAX = 20000;

/** The descendants of a process, as they come. */
export class Family {
	#ids;

	constructor(label, ids) {
		this.label = label;
		this.#ids = new Set(ids);
	}

	has(row) {
		if (this.#ids.has(row.id))
			return true;
		if (!this.#ids.has(row.parentId))
			return false;
		if (this.#ids.size < FAMILY_MAX)
			this.#ids.add(row.id);
		return true;
	}
}

export class Filter {
	text = '';
	namespace = '';
	pod = '';
	binary = '';
	policy = '';
	hidden = new Set(); // types
	family = null;

	get isEmpty() {
		return !this.family && !this.hidden.size && FIELDS.every(field => !this[field]);
	}

	matches(row) {
		if (row.gap)
			return true;
		return !this.hidden.has(row.type) && row.namespace.includes(this.namespace) && row.pod.includes(this.pod) &&
			row.binary.includes(this.binary) && row.policy.includes(this.policy) &&
			row.searched.includes(this.text) && (!this.family || this.family.has(row));
	}

	/** Whether the tree shows a process; what only events have does not count. */
	matchesProcess(process) {
		return process.namespace.includes(this.namespace) && process.pod.includes(this.pod) && process.binary.includes(this.binary) &&
			(!this.text || `${process.group} ${process.binary} ${process.pid} ${process.arguments}`.toLowerCase().includes(this.text));
	}

	/** What of it the agent can do itself, as a text for `allow`; '': nothing. */
	toAllow() {
		const allow = {};
		const expression = text => [text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')];

		if (this.hidden.size)
			allow.event_set = TYPES.filter(type => !this.hidden.has(type.name)).map(type => type.set);
		if (this.namespace)
			allow.namespace_regex = expression(this.namespace);
		if (this.pod)
			allow.pod_regex = expression(this.pod);
		if (this.binary)
			allow.binary_regex = expression(this.binary);
		if (this.policy)
			allow.policy_names = [this.policy];
		return Object.keys(allow).length ? JSON.stringify(allow) : '';
	}

	/** Of the page's address, so that a page that is loaded again shows the same. */
	static fromHash(hash) {
		const parameters = new URLSearchParams(hash.slice(1));
		const filter = new Filter();

		for (const field of FIELDS)
			filter[field] = parameters.get(field) ?? '';
		filter.text = filter.text.toLowerCase();
		filter.hidden = new Set(TYPES.map(type => type.name).filter(name => parameters.getAll('hide').includes(name)));
		return filter;
	}

	toHash() {
		const parameters = new URLSearchParams(FIELDS.filter(field => this[field]).map(field => [field, this[field]]));

		for (const name of this.hidden)
			parameters.append('hide', name);
		return parameters.toString();
	}
}
