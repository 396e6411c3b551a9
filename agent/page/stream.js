// SPDX-License-Identifier: Apache-2.0
//
// The agent's stream of events (docs/api.md), connected again and again with growing pauses of random length.

const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 30000;
const OPENING_MS = 10000;
const SILENCE_MS = 30000;  // the stream has a record every 10 s
const STABLE_MS = 10000;   // a connection that lived so long was good: pauses start anew

export class Stream {
	#socket = null;
	#timer = 0;
	#pause = PAUSE_MIN_MS;
	#openedAt = 0;
	#query = '';
	#hasFilter = false;
	#on;

	/**
	 * on.text(text): lines; on.state({name, ...}): connecting; live; waiting, with `until` and `reason`; refused, with
	 * `reason`: nothing more is tried before connect().
	 */
	constructor(on) {
		this.#on = on;
	}

	/** Connects, anew if need be, and from now on with this `allow`; '': none. */
	connect(allow = '') {
		this.#query = `?${new URLSearchParams(allow ? {existing: 'true', allow} : {existing: 'true'})}`;
		this.#hasFilter = allow !== '';
		this.#pause = PAUSE_MIN_MS;
		this.retry();
	}

	retry() {
		this.#leave();
		this.#open();
	}

	#leave() {
		const socket = this.#socket;

		clearTimeout(this.#timer);
		this.#socket = null;
		socket?.close();
	}

	#open() {
		const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/events${this.#query}`);
		const mine = handle => event => this.#socket === socket && handle(event);

		this.#socket = socket;
		this.#openedAt = 0;
		this.#watch(OPENING_MS);
		this.#on.state({name: 'connecting'});
		socket.onopen = mine(() => {
			this.#openedAt = performance.now();
			this.#watch(SILENCE_MS);
			this.#on.state({name: 'live'});
		});
		socket.onmessage = mine(({data}) => {
			this.#watch(SILENCE_MS);
			this.#on.text(data);
		});
		socket.onclose = mine(() => this.#lost());
	}

	#watch(ms) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#lost(), ms);
	}

	async #lost() {
		const wasOpen = this.#openedAt > 0;

		if (wasOpen && performance.now() - this.#openedAt > STABLE_MS)
			this.#pause = PAUSE_MIN_MS;
		this.#leave();
		if (wasOpen)
			this.#wait('');
		else
			await this.#askWhy();
	}

	/* A WebSocket does not tell why it was refused; the same request without an upgrade does. */
	async #askWhy() {
		const token = this.#timer = setTimeout(() => {}, 0);
		let reason = '', status = 0;

		try {
			const response = await fetch(`/v1/events${this.#query}`, {signal: AbortSignal.timeout(OPENING_MS)});

			status = response.status;
			reason = String((await response.json()).error ?? '');
		} catch {
			// no agent, or no JSON: what we have must do
		}
		if (this.#timer !== token)
			return; // connect() was called meanwhile
		if (status === 400 && this.#hasFilter)
			this.#on.state({name: 'refused', reason});
		else
			this.#wait(reason);
	}

	#wait(reason) {
		const ms = this.#pause * (0.8 + 0.4 * Math.random());

		this.#pause = Math.min(2 * this.#pause, PAUSE_MAX_MS);
		this.#timer = setTimeout(() => this.#open(), ms);
		this.#on.state({name: 'waiting', until: performance.now() + ms, reason});
	}
}
