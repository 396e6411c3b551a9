// SPDX-License-Identifier: Apache-2.0
//
// A list of any length with elements for those of its rows that are in view. Rows have one height, that of the CSS
// variable --row, and keep their number when older ones go. One row may be active: it is what the keyboard moves, and
// what aria-activedescendant names.

import {make} from './text.js';

const BEYOND = 6; // rows above and below those in view

export class VirtualList {
	#scroller;
	#sizer = make('div', 'sizer');
	#create;
	#update;
	#slots = [];
	#source = {base: 0, length: 0, at: () => undefined};
	#base = 0;
	#active = -1; // number
	isFollowing;

	/**
	 * `create()` makes the element of a row, `update(element, item, {number, index, count, isActive})` fills it.
	 * `follows`: it stays at its end when it is there.
	 */
	constructor(scroller, {create, update, follows = false}) {
		this.#scroller = scroller;
		this.#create = create;
		this.#update = update;
		this.follows = this.isFollowing = follows;
		this.#sizer.setAttribute('role', 'presentation');
		scroller.append(this.#sizer);
		scroller.addEventListener('scroll', () => this.#onScroll(), {passive: true});
		new ResizeObserver(() => this.render()).observe(scroller);
	}

	get rowHeight() {
		return parseFloat(getComputedStyle(this.#scroller).getPropertyValue('--row')) || 24;
	}

	get activeIndex() {
		const index = this.#active - this.#source.base;

		return index >= 0 && index < this.#source.length ? index : -1;
	}

	get active() {
		return this.activeIndex < 0 ? null : this.#source.at(this.activeIndex);
	}

	/** Rows that a page has. */
	get pageLength() {
		return Math.max(1, Math.floor(this.#scroller.clientHeight / this.rowHeight) - 1);
	}

	get length() {
		return this.#source.length;
	}

	/** Shows another source: {base, length, at(index)}. The row at `index` becomes the active one; -1: none. */
	setSource(source, index = -1) {
		this.#source = source;
		this.#base = source.base;
		this.#active = index < 0 ? -1 : source.base + index;
		this.refresh();
	}

	/** Fills every row anew. */
	refresh() {
		for (const slot of this.#slots)
			slot.item = null;
		this.render();
	}

	activate(index) {
		const top = index * this.rowHeight, bottom = top + this.rowHeight;

		if (index < 0 || index >= this.#source.length)
			return;
		this.#active = this.#source.base + index;
		if (top < this.#scroller.scrollTop)
			this.#scroller.scrollTop = top;
		else if (bottom > this.#scroller.scrollTop + this.#scroller.clientHeight)
			this.#scroller.scrollTop = bottom - this.#scroller.clientHeight;
		this.isFollowing = this.follows && index === this.#source.length - 1;
		this.refresh();
	}

	follow() {
		this.isFollowing = this.follows;
		this.render();
	}

	#onScroll() {
		const scroller = this.#scroller;

		this.isFollowing = this.follows && scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - this.rowHeight;
		this.render();
	}

	/** The number of the row that an element inside of it belongs to; -1: none. */
	indexOf(element) {
		const slot = this.#slots.find(({element: row}) => row.contains(element));

		return slot && slot.number >= 0 ? slot.number - this.#source.base : -1;
	}

	render() {
		const scroller = this.#scroller, height = this.rowHeight, {base, length} = this.#source;
		const gone = base - this.#base;

		if (!scroller.clientHeight)
			return; // not in view
		this.#sizer.style.height = `${length * height}px`;
		this.#base = base;
		if (this.isFollowing)
			scroller.scrollTop = length * height;
		else if (gone > 0)
			scroller.scrollTop = Math.max(0, scroller.scrollTop - gone * height);
		this.#fill(Math.max(0, Math.floor(scroller.scrollTop / height) - BEYOND), height);
	}

	/* Row `number` is always in slot `number % slots`, so rows that stay in view keep their element. */
	#fill(first, height) {
		const {base, length} = this.#source;
		const wanted = Math.ceil(this.#scroller.clientHeight / height) + 2 * BEYOND + 1;
		const end = Math.min(length, first + wanted);

		this.#resize(wanted);
		for (const slot of this.#slots)
			slot.isUsed = false;
		for (let index = first; index < end; index++)
			this.#put(this.#slots[(base + index) % this.#slots.length], index, height);
		for (const slot of this.#slots) {
			if (!slot.isUsed && !slot.element.hidden) {
				slot.element.hidden = true;
				slot.item = null;
				slot.number = -1;
			}
		}
		this.#nameActive();
	}

	#resize(wanted) {
		if (wanted === this.#slots.length)
			return;
		for (const slot of this.#slots.splice(wanted))
			slot.element.remove();
		while (this.#slots.length < wanted) {
			const element = this.#create();

			element.id = `${this.#scroller.id}-row-${this.#slots.length}`;
			this.#slots.push({element, item: null, number: -1, top: -1, isUsed: false});
			this.#sizer.append(element);
		}
	}

	#put(slot, index, height) {
		const {base, length} = this.#source;
		const item = this.#source.at(index), number = base + index, top = index * height;

		slot.isUsed = true;
		if (slot.top !== top) {
			slot.top = top;
			slot.element.style.transform = `translateY(${top}px)`;
		}
		if (slot.item === item && slot.number === number)
			return;
		slot.item = item;
		slot.number = number;
		slot.element.hidden = false;
		this.#update(slot.element, item, {number, index, count: length, isActive: number === this.#active});
	}

	#nameActive() {
		const slot = this.#slots.find(({number, isUsed}) => isUsed && number === this.#active);

		if (this.#active >= 0 && slot)
			this.#scroller.setAttribute('aria-activedescendant', slot.element.id);
		else
			this.#scroller.removeAttribute('aria-activedescendant');
	}

	/** Moves the active row for a key; whether it was such a key. */
	move(key) {
		const last = this.length - 1, now = this.activeIndex;
		const steps = {ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: this.pageLength, PageUp: -this.pageLength};

		if (key !== 'Home' && key !== 'End' && !(key in steps))
			return false;
		if (key === 'Home' || key === 'End')
			this.activate(key === 'Home' ? 0 : last);
		else
			this.activate(now < 0 ? this.#inView() : Math.min(last, Math.max(0, now + steps[key])));
		return true;
	}

	#inView() {
		const scroller = this.#scroller;

		return this.isFollowing ? this.length - 1 : Math.min(this.length - 1, Math.ceil(scroller.scrollTop / this.rowHeight));
	}
}
