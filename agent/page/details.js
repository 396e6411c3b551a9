// SPDX-License-Identifier: Apache-2.0
//
// All that an event says.

import {byId, make, makeText, setText, toAscii} from './text.js';

const MEMBERS_MAX = 2000;

function* flatten(value, path) {
	if (typeof value !== 'object' || value === null) {
		yield [path, String(value)];
		return;
	}
	if (Array.isArray(value) && value.every(item => typeof item !== 'object')) {
		yield [path, value.join(' ')];
		return;
	}
	for (const [key, member] of Object.entries(value))
		yield* flatten(member, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key);
}

function makeList(value) {
	const list = make('dl', 'members');
	let room = MEMBERS_MAX;

	for (const [path, text] of flatten(value, '')) {
		if (room-- === 0) {
			list.append(make('dt', '', '…'), make('dd', '', 'and more: see the JSON'));
			break;
		}
		list.append(makeText('dt', '', path), makeText('dd', '', text));
	}
	return list;
}

function addSection(body, title, value) {
	if (!Object.keys(value).length)
		return;
	const section = make('section');
	section.append(make('h4', '', title), makeList(value));
	body.append(section);
}

export class Details {
	#line = '';
	#panel = byId('details');
	#body = byId('details-body');

	constructor(onClose) {
		byId('details-close').onclick = onClose;
		byId('details-copy').hidden = !navigator.clipboard;
		byId('details-copy').onclick = () => this.#copy();
	}

	get isOpen() {
		return !this.#panel.hidden;
	}

	show(row) {
		const {[row.member]: event = {}, ...envelope} = JSON.parse(row.line);
		const {process = {}, parent = {}, ancestors = [], ...rest} = event;

		this.#line = row.line;
		setText(byId('details-title'), `${row.type} ${row.binary}`);
		this.#body.replaceChildren();
		addSection(this.#body, 'Event', {...rest, ...envelope});
		addSection(this.#body, 'Process', process);
		addSection(this.#body, 'Parent', parent);
		ancestors.forEach((ancestor, i) => addSection(this.#body, `Ancestor ${i + 1}`, ancestor));
		this.#body.scrollTop = 0;
		this.#panel.hidden = false;
	}

	close() {
		this.#panel.hidden = true;
		this.#body.replaceChildren();
		this.#line = '';
	}

	async #copy() {
		const button = byId('details-copy');

		try {
			await navigator.clipboard.writeText(toAscii(this.#line));
			button.textContent = 'Copied';
		} catch {
			button.textContent = 'Not allowed';
		}
		setTimeout(() => { button.textContent = 'Copy JSON'; }, 1500);
	}
}
