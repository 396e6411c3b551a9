// SPDX-License-Identifier: Apache-2.0
//
// The processes that ran when the stream began, and those that events have told of since, by pod. A process that ended stays for a while, and as long as it has
// children here. When there are too many, those go first that ended, then those that were not heard of for longest.

import {exitText} from './event.js';

export const PROCESSES_MAX = 4000;
const ENDED_MS = 5000;
const ROWS_DEPTH_MAX = 64;

export class Processes {
	#byId = new Map(); // in the order in which they were heard of
	#children = new Map(); // by the id of their parent, which may be unknown
	#byPid = new Map();
	#ended = new Map(); // ids, in the order of their end
	evicted = 0; // that had not ended
	leftOut = 0; // that ran, and the stream does not tell of
	version = 0;

	get size() {
		return this.#byId.size;
	}

	get running() {
		return this.#byId.size - this.#ended.size;
	}

	clear() {
		this.#byId.clear();
		this.#byPid.clear();
		this.#children.clear();
		this.#ended.clear();
		this.evicted = this.leftOut = 0;
		this.version++;
	}

	/** Learns from an event. */
	observe(type, body, node) {
		if (!body.process?.exec_id)
			return;
		for (const ancestor of body.ancestors ?? [])
			this.#touch(ancestor, node);
		const process = this.#touch(body.process, node, this.#touch(body.parent, node), type === 'exec');
		if (type === 'exit')
			this.#end(process, body);
		this.#bound();
		this.version++;
	}

	/** Learns of a process that ran already, as a child of the one with that id; '': of none that runs. */
	observeExisting(object, parentId, node) {
		if (!object?.exec_id)
			return;
		this.#setParent(this.#touch(object, node, null, true), parentId);
		this.#bound();
		this.version++;
	}

	/* The process that an event tells of; of one that is known as another program by now, that. */
	#touch(object, node, parent = null, isExec = false) {
		if (!object?.exec_id)
			return null;
		const id = String(object.exec_id), known = this.#byId.get(id), start = String(object.start_time ?? '');
		const other = known ? null : this.#byPid.get(object.pid);

		if (other && !other.endedAt && !isExec && other.start > start)
			return other;
		const process = known ?? {id, start, pid: object.pid ?? 0, endedAt: 0, end: '', hasFailed: false};
		this.#describe(process, object, node);
		if (!known)
			this.#add(process, parent?.id ?? String(object.parent_exec_id ?? ''), other);
		this.#byId.delete(id);
		this.#byId.set(id, process);
		return process;
	}

	#describe(process, object, node) {
		process.binary = String(object.binary ?? '');
		process.arguments = String(object.arguments ?? '').slice(0, 200);
		process.namespace = String(object.pod?.namespace ?? process.namespace ?? '');
		process.pod = String(object.pod?.name ?? process.pod ?? '');
		process.container = String(object.pod?.container?.name ?? process.container ?? '');
		process.group = process.pod ? `${process.namespace}/${process.pod}` : node;
	}

	/* `other` has the same pid: by an exec without a fork, or its end was lost. */
	#add(process, parentId, other) {
		this.#setParent(process, parentId);
		this.#byPid.set(process.pid, process);
		if (!other || other.endedAt)
			return;
		if (parentId === other.id)
			this.#setParent(process, other.parentId);
		for (const child of [...this.#children.get(other.id) ?? []])
			this.#setParent(child, process.id);
		this.#forget(other);
	}

	#leaveParent(process) {
		const siblings = this.#children.get(process.parentId);

		siblings?.delete(process);
		if (siblings?.size === 0)
			this.#children.delete(process.parentId);
	}

	#setParent(process, parentId) {
		this.#leaveParent(process);
		process.parentId = parentId;
		if (!this.#children.has(parentId))
			this.#children.set(parentId, new Set());
		this.#children.get(parentId).add(process);
	}

	#end(process, body) {
		process.endedAt = performance.now();
		process.hasFailed = Boolean(body.signal || body.status);
		process.end = process.hasFailed ? exitText(body) : 'ended';
		this.#ended.delete(process.id);
		this.#ended.set(process.id, process);
	}

	#forget(process) {
		this.#leaveParent(process);
		this.#byId.delete(process.id);
		if (this.#byPid.get(process.pid) === process)
			this.#byPid.delete(process.pid);
		this.#ended.delete(process.id);
		this.version++;
	}

	#bound() {
		while (this.#byId.size > PROCESSES_MAX) {
			const [first] = this.#ended.size ? this.#ended.values() : this.#byId.values();

			this.evicted += first.endedAt ? 0 : 1;
			this.#forget(first);
		}
	}

	/** Lets go those that ended a while ago; whether there were any. */
	sweep() {
		const limit = performance.now() - ENDED_MS;
		let count = 0;

		for (const process of this.#ended.values()) {
			if (process.endedAt > limit)
				break;
			if (this.#children.get(process.id)?.size)
				continue;
			this.#forget(process);
			count++;
		}
		return count > 0;
	}

	/** The process and all below it. */
	familyOf(id) {
		const ids = [id];

		for (let i = 0; i < ids.length && i < PROCESSES_MAX; i++) {
			for (const child of this.#children.get(ids[i]) ?? [])
				ids.push(child.id);
		}
		return ids;
	}

	#childrenIn(process, kept) {
		return [...this.#children.get(process.id) ?? []].filter(child => child.group === process.group && kept.has(child));
	}

	/* Those that are wanted, and all above them in their groups. */
	#keep(isWanted) {
		const kept = new Set();

		for (let process of this.#byId.values()) {
			if (!isWanted(process))
				continue;
			for (const {group} = process; process?.group === group && !kept.has(process); process = this.#byId.get(process.parentId))
				kept.add(process);
		}
		return kept;
	}

	/**
	 * The tree as a list of rows: {id, depth, position, siblings, isOpen, hasChildren, and `process` or `group`}. Pods
	 * first; `isWanted(process)` chooses, `closed` has the ids that are not open.
	 */
	rows(isWanted, closed) {
		const groups = new Map(), kept = this.#keep(isWanted);

		for (const process of kept)
			this.#addToGroup(groups, process);
		const rows = [];
		const sorted = [...groups.values()].sort((a, b) => Number(b.pod !== '') - Number(a.pod !== '') || a.name.localeCompare(b.name));
		sorted.forEach((group, i) => {
			const row = {id: `group ${group.name}`, depth: 1, group, hasChildren: true, position: i + 1, siblings: sorted.length};

			row.isOpen = !closed.has(row.id);
			rows.push(row);
			if (row.isOpen)
				this.#addBelow(rows, group.roots, kept, closed);
		});
		return rows;
	}

	#addToGroup(groups, process) {
		const {group: name, namespace, pod} = process;

		if (!groups.has(name))
			groups.set(name, {name, namespace, pod, size: 0, roots: []});
		const group = groups.get(name);
		group.size += process.endedAt ? 0 : 1;
		if (this.#byId.get(process.parentId)?.group !== name)
			group.roots.push(process);
	}

	/* Without recursion: nobody bounds how deep a tree is. */
	#addBelow(rows, roots, kept, closed) {
		const stack = [{list: order(roots), at: 0}];

		while (stack.length) {
			const level = stack[stack.length - 1];

			if (level.at === level.list.length) {
				stack.pop();
				continue;
			}
			const process = level.list[level.at++];
			const children = this.#childrenIn(process, kept);
			const isOpen = !closed.has(process.id);
			rows.push({
				id: process.id, depth: Math.min(stack.length + 1, ROWS_DEPTH_MAX), process, isOpen,
				hasChildren: children.length > 0, position: level.at, siblings: level.list.length,
			});
			if (isOpen && children.length)
				stack.push({list: order(children), at: 0});
		}
	}
}

function order(processes) {
	return processes.sort((a, b) => a.pid - b.pid);
}
