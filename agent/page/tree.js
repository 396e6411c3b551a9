// SPDX-License-Identifier: Apache-2.0
//
// The processes as a tree (ARIA's, in a virtual list).

import {make, makeSplit, setSplit, setText, splitPath, splitPod} from './text.js';
import {VirtualList} from './virtual_list.js';

const DEPTH_SHOWN = 14;
const DEPTH_OF_ROOTS = 2; // below their pod; they tell in which container all below them are

function createRow() {
	const row = make('div', 'row process');

	row.setAttribute('role', 'treeitem');
	row.append(make('span', 'twisty'), makeSplit('name'), ...['pid', 'container', 'args', 'end'].map(name => make('span', name)));
	return row;
}

function fillGroup([, name, pid, container, args, end], {group}) {
	setSplit(name, splitPod(group.name));
	pid.textContent = String(group.size);
	container.textContent = '';
	args.textContent = group.pod ? '' : 'the node itself';
	end.textContent = '';
	end.dataset.failed = 'false';
}

function fillProcess([, name, pid, container, args, end], {process, depth}) {
	setSplit(name, [splitPath(process.binary)[1] || '?', '']);
	setText(container, depth === DEPTH_OF_ROOTS ? process.container : '');
	setText(args, process.arguments);
	end.textContent = process.endedAt ? process.end : '';
	end.dataset.failed = String(process.hasFailed);
	pid.textContent = String(process.pid);
}

function fillRow(element, row, {isActive}) {
	const cells = element.children;

	element.className = `row process${row.group ? ' group' : ''}${row.process?.endedAt ? ' ended' : ''}${isActive ? ' active' : ''}`;
	element.style.setProperty('--depth', Math.min(row.depth, DEPTH_SHOWN) - 1);
	element.setAttribute('aria-level', row.depth);
	element.setAttribute('aria-posinset', row.position);
	element.setAttribute('aria-setsize', row.siblings);
	element.setAttribute('aria-selected', String(isActive));
	if (row.hasChildren)
		element.setAttribute('aria-expanded', String(row.isOpen));
	else
		element.removeAttribute('aria-expanded');
	cells[0].textContent = row.hasChildren ? (row.isOpen ? '▾' : '▸') : '';
	(row.group ? fillGroup : fillProcess)(cells, row);
}

export class Tree {
	#list;
	#closed = new Set();
	#processes;
	#rows = [];
	#version = -1;
	isWanted = () => true;

	/** on.choose(row): Enter or a double click. */
	constructor(element, processes, on) {
		this.#processes = processes;
		this.#list = new VirtualList(element, {create: createRow, update: fillRow});
		element.addEventListener('keydown', event => this.#onKey(event, on));
		element.addEventListener('click', event => this.#onClick(event));
		element.addEventListener('dblclick', () => this.#list.active && on.choose(this.#list.active));
	}

	get isEmpty() {
		return this.#rows.length === 0;
	}

	/** Shows what has changed since. */
	render(isForced = false) {
		if (this.#version === this.#processes.version && !isForced)
			return;
		this.#version = this.#processes.version;
		const active = this.#list.active?.id;
		this.#rows = this.#processes.rows(this.isWanted, this.#closed);
		const rows = this.#rows;
		this.#list.setSource({base: 0, length: rows.length, at: index => rows[index]},
			active === undefined ? -1 : rows.findIndex(({id}) => id === active));
		this.#forgetClosed();
	}

	/* Ids of processes that are gone. */
	#forgetClosed() {
		if (this.#closed.size > 2 * this.#rows.length + 100)
			this.#closed.clear();
	}

	#setOpen(row, isOpen) {
		if (isOpen)
			this.#closed.delete(row.id);
		else
			this.#closed.add(row.id);
		this.render(true);
	}

	#onClick(event) {
		const index = this.#list.indexOf(event.target), row = this.#rows[index];

		if (!row)
			return;
		this.#list.activate(index);
		if (row.hasChildren && event.target.className === 'twisty')
			this.#setOpen(row, !row.isOpen);
	}

	#onKey(event, on) {
		const row = this.#list.active;

		if (event.ctrlKey || event.altKey || event.metaKey)
			return;
		if (event.key === 'Enter' && row)
			on.choose(row);
		else if (event.key === 'ArrowRight' && row)
			this.#openOrEnter(row);
		else if (event.key === 'ArrowLeft' && row)
			this.#closeOrLeave(row);
		else if (!this.#list.move(event.key))
			return;
		event.preventDefault();
	}

	#openOrEnter(row) {
		if (row.hasChildren && !row.isOpen)
			this.#setOpen(row, true);
		else if (row.hasChildren)
			this.#list.activate(this.#list.activeIndex + 1);
	}

	#closeOrLeave(row) {
		if (row.hasChildren && row.isOpen) {
			this.#setOpen(row, false);
			return;
		}
		for (let i = this.#list.activeIndex - 1; i >= 0; i--) {
			if (this.#rows[i].depth < row.depth) {
				this.#list.activate(i);
				return;
			}
		}
	}
}
