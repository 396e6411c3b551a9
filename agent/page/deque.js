// SPDX-License-Identifier: Apache-2.0

/** A queue whose items keep their number when older ones go: `base` is that of the first. */
export class Deque {
	#items = [];
	#head = 0;
	base = 0;

	get length() {
		return this.#items.length - this.#head;
	}

	at(index) {
		return this.#items[this.#head + index];
	}

	push(item) {
		this.#items.push(item);
	}

	shift() {
		const item = this.#items[this.#head];

		this.#items[this.#head++] = undefined;
		this.base++;
		if (this.#head > 1024 && this.#head > this.#items.length / 2) {
			this.#items = this.#items.slice(this.#head);
			this.#head = 0;
		}
		return item;
	}

	*[Symbol.iterator]() {
		for (let i = this.#head; i < this.#items.length; i++)
			yield this.#items[i];
	}
}
