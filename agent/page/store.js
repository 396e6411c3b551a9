// SPDX-License-Identifier: Apache-2.0
//
// The events that the page keeps, and those of them that the filter shows. Bounded by number and by size; the oldest
// go, and are counted. While it is paused, what comes waits in a store like it.

import {Deque} from './deque.js';
import {Filter} from './filter.js';

export const KEPT_MAX = 10000;
const CHARACTERS_MAX = 16 << 20;

class Kept {
	rows = new Deque();
	dropped = 0;
	#characters = 0;

	push(row) {
		this.rows.push(row);
		this.#characters += row.line.length;
	}

	/** The oldest row, if there is no room for it any more. */
	drop() {
		if (this.rows.length <= KEPT_MAX && this.#characters <= CHARACTERS_MAX)
			return null;
		this.#characters -= this.rows.at(0).line.length;
		this.dropped++;
		return this.rows.shift();
	}
}

export class Store {
	#kept = new Kept();
	#waiting = null;
	#droppedWaiting = 0;
	shown = new Deque();
	filter = new Filter();

	get length() {
		return this.#kept.rows.length;
	}

	get waiting() {
		return this.#waiting?.rows.length ?? 0;
	}

	/** Events that were here, or waited to be, and are not any more. */
	get dropped() {
		return this.#kept.dropped + this.#droppedWaiting + (this.#waiting?.dropped ?? 0);
	}

	get isPaused() {
		return this.#waiting !== null;
	}

	add(row) {
		if (!this.#waiting) {
			this.#add(row);
			return;
		}
		this.#waiting.push(row);
		while (this.#waiting.drop());
	}

	#add(row) {
		this.#kept.push(row);
		if (this.filter.matches(row))
			this.shown.push(row);
		for (let gone = this.#kept.drop(); gone; gone = this.#kept.drop()) {
			if (this.shown.length && this.shown.at(0) === gone)
				this.shown.shift();
		}
	}

	pause() {
		this.#waiting ??= new Kept();
	}

	resume() {
		const waiting = this.#waiting;

		this.#waiting = null;
		this.#droppedWaiting += waiting?.dropped ?? 0;
		for (const row of waiting?.rows ?? [])
			this.#add(row);
	}

	setFilter(filter) {
		const shown = new Deque();

		this.filter = filter;
		for (const row of this.#kept.rows) {
			if (filter.matches(row))
				shown.push(row);
		}
		this.shown = shown;
	}
}
