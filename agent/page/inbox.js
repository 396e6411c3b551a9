// SPDX-License-Identifier: Apache-2.0
//
// What has come and was not looked at yet. Messages are looked at once per frame, for some milliseconds, so that the
// page stays responsive whatever comes; a page that is not in view has no frames, and looks at each as it comes. Beyond
// its bound the oldest messages go unread, and their lines are counted.

import {Deque} from './deque.js';

const CHARACTERS_MAX = 8 << 20;
const SLICE_MS = 10;

function countLines(text) {
	let count = 0;

	for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1))
		count++;
	return count;
}

export class Inbox {
	#texts = new Deque();
	#characters = 0;
	#at = 0; // in the first text
	#isScheduled = false;
	#on;

	/** on.line(line); on.done() after each slice; on.leftOut(lines). */
	constructor(on) {
		this.#on = on;
	}

	add(text) {
		this.#texts.push(text);
		this.#characters += text.length;
		while (this.#characters > CHARACTERS_MAX) {
			this.#on.leftOut(countLines(this.#texts.at(0).slice(this.#at)));
			this.#next();
		}
		if (document.hidden)
			this.#read(Infinity);
		else
			this.#schedule();
	}

	#next() {
		this.#characters -= this.#texts.shift().length;
		this.#at = 0;
	}

	#schedule() {
		if (this.#isScheduled)
			return;
		this.#isScheduled = true;
		requestAnimationFrame(() => {
			this.#isScheduled = false;
			this.#read(SLICE_MS);
		});
	}

	#read(ms) {
		const end = performance.now() + ms;

		while (this.#texts.length && performance.now() < end)
			this.#readLine();
		this.#on.done();
		if (this.#texts.length)
			this.#schedule();
	}

	#readLine() {
		const text = this.#texts.at(0), newline = text.indexOf('\n', this.#at);
		const line = text.slice(this.#at, newline < 0 ? text.length : newline);

		if (newline < 0 || newline + 1 === text.length)
			this.#next();
		else
			this.#at = newline + 1;
		if (line)
			this.#on.line(line);
	}
}
