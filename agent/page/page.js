// SPDX-License-Identifier: Apache-2.0
//
// The live page: from the agent's stream (stream.js, inbox.js) to rows (event.js, store.js) and processes
// (processes.js), and from these to what is shown. It loads nothing but what the agent has, and stores nothing.

import {Agent} from './agent.js';
import {Details} from './details.js';
import {TYPES, findEvent, makeGap, makeRow} from './event.js';
import {FIELDS, Family, Filter} from './filter.js';
import {Inbox} from './inbox.js';
import {Policies} from './policies.js';
import {PROCESSES_MAX, Processes} from './processes.js';
import {Store} from './store.js';
import {Stream} from './stream.js';
import {byId, formatNumber, make, makeSplit, plural, setSplit, setText, splitPath, splitPod, visible} from './text.js';
import {Tree} from './tree.js';
import {VirtualList} from './virtual_list.js';

const TREE_MS = 250;
const STATUS_MS = 2000;

const processes = new Processes();
const store = new Store();
const agent = new Agent();
const policies = new Policies();
const details = new Details(closeDetails);
const inbox = new Inbox({line: readLine, done: renderSoon, leftOut: number => addLoss('page', number)});
const stream = new Stream({text: text => inbox.add(text), state: setConnection});
const tree = new Tree(byId('tree'), processes, {choose: chooseInTree});
const list = new VirtualList(byId('list'), {create: createRow, update: fillRow, follows: true});

let connection = {name: 'connecting'};
let allow = '', allowed = ''; // what is asked of the agent; what it has taken
let received = 0;
let streamLost = 0; // of this connection, as its records say
let disconnectedAt = 0;
let dismissed = 0; // losses that the reader has seen

/* --- what comes */

function readLine(line) {
	let object;

	try {
		object = JSON.parse(line);
	} catch {
		addLoss('page', 1);
		return;
	}
	if (object?.stream) {
		readRecord(object.stream);
		return;
	}
	const event = object && findEvent(object);
	if (!event)
		return;
	const node = String(object.node_name ?? '');
	setNode(node);
	if (object.existing) { // no news
		processes.observeExisting(event.body.process, String(object.existing.parent_exec_id ?? ''), node);
		return;
	}
	received++;
	store.add(makeRow(event, object, line));
	processes.observe(event.type, event.body, node);
}

/* The records count from the start of their connection. */
function readRecord(record) {
	const lost = Number(record.lost ?? 0);

	if (lost > streamLost)
		addLoss('stream', lost - streamLost);
	streamLost = lost;
	processes.leftOut = Number(record.existing?.left_out ?? 0);
	if (record.ended)
		store.add(makeGap('The agent ended.', false));
}

function addLoss(where, number) {
	agent.addLost(where, number);
	addLossGap(number, where === 'stream' ? 'the browser took them too slowly' : 'this page could not keep up');
}

function addLossGap(number, why) {
	store.add(makeGap(`${plural(number, 'event')} lost about here: ${why}`, true));
	renderSoon();
}

function setNode(name) {
	if (byId('node').textContent === name)
		return;
	setText(byId('node'), name);
	document.title = name ? `${byId('node').textContent} · Trigon` : 'Trigon';
}

/* --- the connection */

function setConnection(next) {
	const before = connection.name;

	connection = next;
	if (next.name === 'live')
		connected();
	else if (before === 'live' && next.name === 'waiting') {
		disconnectedAt = Date.now();
		announce('Disconnected from the agent.');
	}
	renderConnection();
}

function connected() {
	streamLost = 0;
	processes.clear(); // who ended meanwhile nobody has told; who runs comes anew
	if (disconnectedAt) {
		store.add(makeGap(`Connected again after ${Math.round((Date.now() - disconnectedAt) / 1000)} s: what happened meanwhile is in the log, not here.`, false));
		disconnectedAt = 0;
	}
	if (allowed !== allow) {
		allowed = allow;
		store.add(makeGap(allow ? `From here on the agent sends only what matches ${visible(allow)}` : 'From here on the agent sends all events.', false));
	}
	announce('Connected to the agent.');
	pollStatus();
	renderSoon();
}

const CONNECTION_TEXTS = {connecting: 'Connecting', live: 'Live', waiting: 'Disconnected', refused: 'Refused'};

function renderConnection() {
	const {name, reason = '', until} = connection;
	const isDown = name !== 'live';

	byId('connection').dataset.state = name;
	byId('connection-text').textContent = CONNECTION_TEXTS[name];
	byId('server-error').textContent = name === 'refused' ? `The agent refuses this filter: ${reason}` : '';
	document.body.classList.toggle('disconnected', isDown && received > 0);
	if (name === 'waiting')
		showBanner('connection', 'bad', `Disconnected. ${reason ? `The agent says: ${reason}.` : 'The agent does not answer.'}${received ? ' What is shown is old.' : ''}`,
			[['Try now', () => stream.retry()]]);
	else if (name !== 'connecting')
		hideBanner('connection');
	if (name === 'refused')
		showBanner('refused', 'bad', 'Not connected: the agent refuses this filter.', [['Remove the filter', () => setAllow('')]]);
	else if (name !== 'connecting')
		hideBanner('refused');
	renderCountdown(until);
	renderEmpty();
}

function renderCountdown(until) {
	const countdown = document.querySelector('#banner-connection .countdown');

	if (countdown)
		countdown.textContent = connection.name === 'waiting' ? `Next try in ${Math.max(0, Math.ceil((until - performance.now()) / 1000))} s.` :
			connection.name === 'connecting' ? 'Trying now …' : '';
}

/* --- banners */

function showBanner(id, level, text, actions) {
	let banner = byId(`banner-${id}`);

	if (!banner) {
		banner = make('div', `banner ${level}`);
		banner.id = `banner-${id}`;
		const countdown = make('span', 'countdown');
		countdown.setAttribute('aria-hidden', 'true');
		banner.append(make('span', 'message'), countdown, ...actions.map(([label, act]) => {
			const button = make('button', '', label);

			button.type = 'button';
			button.onclick = act;
			return button;
		}));
		byId('banners').append(banner);
	}
	setText(banner.firstChild, text);
}

function hideBanner(id) {
	byId(`banner-${id}`)?.remove();
}

let announceTimer = 0;

function announce(text) {
	clearTimeout(announceTimer);
	announceTimer = setTimeout(() => { byId('announce').textContent = text; }, 100);
}

/* --- the list of events */

function createRow() {
	const row = make('div', 'row event');
	const process = make('span', 'cell who');

	row.setAttribute('role', 'row');
	process.append(make('span', 'directory'), make('span', 'binary'), make('span', 'pid'));
	row.append(make('span', 'cell time'), make('span', 'cell type'), makeSplit('cell where'), process, make('span', 'cell what'));
	for (const cell of row.children)
		cell.setAttribute('role', 'gridcell');
	return row;
}

function fillRow(row, item, {number, isActive}) {
	const [time, type, where, who, what] = row.children;

	row.className = `row event${isActive ? ' active' : ''}${item.gap ? (item.isBad ? ' gap bad' : ' gap') : ''}${item.hasFailed ? ' failed' : ''}`;
	row.setAttribute('aria-selected', String(isActive));
	row.setAttribute('aria-rowindex', number + 1);
	row.dataset.type = item.type ?? '';
	time.textContent = item.time.slice(11, 23);
	setText(type, item.type ?? '');
	setSplit(where, splitPod(item.where ?? ''));
	splitPath(item.binary ?? '').forEach((part, i) => setText(who.children[i], part));
	who.lastChild.textContent = item.pid ?? '';
	fillWhat(what, item);
}

function fillWhat(cell, item) {
	if (!item.policy && item.type !== 'exit') {
		setText(cell, item.gap || item.what);
		return;
	}
	const tag = make('span', 'tag'), text = make('span');
	setText(tag, item.policy || item.what);
	setText(text, item.policy ? item.what : item.arguments);
	cell.replaceChildren(tag, text);
}

function openDetails() {
	const row = list.active;

	if (!row?.line)
		return;
	details.show(row);
	requestAnimationFrame(() => list.activate(list.activeIndex));
}

function closeDetails() {
	details.close();
	byId('list').focus();
}

function onListKey(event) {
	if (event.ctrlKey || event.altKey || event.metaKey)
		return;
	if (event.key === 'Enter')
		openDetails();
	else if (!list.move(event.key))
		return;
	else if (details.isOpen)
		openDetails();
	event.preventDefault();
}

function onListClick(event) {
	const index = list.indexOf(event.target);

	if (index < 0)
		return;
	list.activate(index);
	openDetails();
}

/* --- what is shown */

let isRenderScheduled = false;

function renderSoon() {
	if (isRenderScheduled)
		return;
	isRenderScheduled = true;
	requestAnimationFrame(() => {
		isRenderScheduled = false;
		list.render();
		renderNewest();
	});
}

let newestSeen = 0; // the number behind the last row when the reader left the end of the list

function renderNewest() {
	const end = store.shown.base + store.shown.length;

	if (list.isFollowing)
		newestSeen = end;
	byId('newest').hidden = list.isFollowing || end <= newestSeen;
	byId('newest').textContent = `↓ ${plural(end - newestSeen, 'newer event')}`;
}

function renderNotes() {
	const {length, dropped, waiting, isPaused} = store;
	const parts = [`${formatNumber(store.shown.length)} of ${formatNumber(length)} shown`], unseen = processes.evicted + processes.leftOut;

	if (dropped)
		parts.push(`${formatNumber(dropped)} older ones left out`);
	if (isPaused)
		parts.push(`paused, ${formatNumber(waiting)} wait`);
	byId('events-note').textContent = length || isPaused ? parts.join(' · ') : '';
	byId('processes-note').textContent = processes.size ? `${formatNumber(processes.running)} known to run` + (unseen ?
		` · ${formatNumber(unseen)} left out, ${formatNumber(PROCESSES_MAX)} are kept` : '') : '';
	byId('count-processes').textContent = processes.running ? formatNumber(processes.running) : '';
}

function renderEmpty() {
	const texts = emptyTexts();

	setEmpty('list-empty', store.shown.length ? '' : texts);
	setEmpty('tree-empty', tree.isEmpty ? (processes.size ? 'None of the processes here matches the filters.' :
		connection.name !== 'live' ? '' : allow ? 'No process yet that matches the agent’s filter.' : 'No process yet.') : '');
}

function emptyTexts() {
	if (store.length)
		return `None of the ${plural(store.length, 'event')} here matches the filters. Clear shows all of them.`;
	if (connection.name !== 'live')
		return connection.name === 'connecting' ? 'Connecting to the agent …' : 'Nothing can be shown: this page is not connected to the agent. It tries again by itself.';
	if (allow)
		return 'No event yet that matches the agent’s filter. Remove it to see all.';
	return 'No events yet. They appear here as processes start and end: run something on this node, ls will do.';
}

function setEmpty(id, text) {
	if (byId(id).textContent !== text)
		byId(id).textContent = text;
	byId(id).hidden = !text;
}

function renderLost() {
	const {lost} = agent, button = byId('lost');

	button.textContent = `${formatNumber(lost)} lost`;
	button.dataset.level = lost ? 'bad' : 'none';
	if (lost <= dismissed) {
		hideBanner('lost');
		return;
	}
	showBanner('lost', 'bad', `${plural(lost, 'event')} lost since this page was opened. Processes that ended may still be shown.`,
		[['Where', () => setView('agent')], ['Dismiss', () => { dismissed = agent.lost; renderLost(); }]]);
}

let receivedBefore = 0, ratedAt = performance.now();

function renderRate() {
	const now = performance.now();

	byId('rate').textContent = `${formatNumber(Math.round((received - receivedBefore) * 1000 / (now - ratedAt)))}/s`;
	receivedBefore = received;
	ratedAt = now;
}

/* --- filters */

function readFilter() {
	const form = byId('filters'), filter = new Filter();

	for (const field of FIELDS)
		filter[field] = form.elements[field].value.trim();
	filter.text = filter.text.toLowerCase();
	for (const box of byId('types').querySelectorAll('input'))
		if (!box.checked)
			filter.hidden.add(box.value);
	filter.family = store.filter.family;
	setFilter(filter);
}

function setFilter(filter) {
	const hash = filter.toHash();

	store.setFilter(filter);
	tree.isWanted = process => filter.matchesProcess(process);
	history.replaceState(null, '', hash ? `#${hash}` : location.pathname);
	list.setSource(store.shown);
	list.follow();
	tree.render(true);
	byId('scope').hidden = !filter.family;
	setText(byId('scope'), filter.family ? `${filter.family.label} ×` : '');
	byId('filters-toggle').textContent = filter.isEmpty ? 'Filters' : 'Filters (on)';
	renderNewest();
	renderNotes();
	renderEmpty();
}

function fillForm(filter) {
	for (const field of FIELDS)
		byId('filters').elements[field].value = filter[field];
	for (const box of byId('types').querySelectorAll('input'))
		box.checked = !filter.hidden.has(box.value);
}

function readHash() {
	fillForm(Filter.fromHash(location.hash));
	readFilter();
}

function clearFilter() {
	fillForm(new Filter());
	setFilter(new Filter());
	announce('All filters are cleared.');
}

function chooseInTree(row) {
	const filter = Object.assign(new Filter(), store.filter);

	if (row.group) {
		filter.family = null;
		filter.namespace = row.group.namespace;
		filter.pod = row.group.pod;
	} else {
		filter.family = new Family(`pid ${row.process.pid} and below`, processes.familyOf(row.process.id));
	}
	fillForm(filter);
	setFilter(filter);
	if (document.body.dataset.view === 'processes')
		setView('events');
	announce(`Events of ${row.group ? row.group.name : `process ${row.process.pid}`} only.`);
}

function makeTypes() {
	byId('types').append(...TYPES.map(({name}) => {
		const label = make('label', 'type'), box = make('input');

		box.type = 'checkbox';
		box.value = name;
		label.dataset.type = name;
		label.append(box, make('span', '', name));
		return label;
	}));
}

/* --- the agent's filter */

function setAllow(text) {
	allow = text.trim();
	byId('server').elements.allow.value = allow;
	byId('server-toggle').textContent = allow ? 'Agent’s filter (on)' : 'Agent’s filter';
	stream.connect(allow);
}

/* --- status and policies */

async function ask(path) {
	const response = await fetch(path, {signal: AbortSignal.timeout(10000)});
	const answer = await response.json();

	if (!response.ok)
		throw new Error(String(answer.error ?? response.status));
	return answer;
}

async function pollStatus() {
	try {
		const status = await ask('/v1/status');
		const lost = agent.update(status);

		agent.fail('');
		setNode(String(status.node_name));
		if (lost)
			addLossGap(lost, 'see the view Agent');
	} catch (error) {
		agent.fail(`The agent does not say its state: ${error.message}`);
	}
	agent.render();
}

async function pollPolicies() {
	try {
		policies.update(await ask('/v1/policies'));
	} catch (error) {
		policies.fail(`The agent does not tell its policies: ${error.message}`);
	}
}

async function poll() {
	if (!document.hidden && (connection.name !== 'waiting' || connection.reason)) // the stream finds out when it is back
		await Promise.all([pollStatus(), pollPolicies()]);
	setTimeout(poll, STATUS_MS);
}

/* --- the reader's doing */

function setView(view) {
	document.body.dataset.view = view;
	for (const button of document.querySelectorAll('nav button'))
		button.setAttribute('aria-current', button.dataset.view === view ? 'page' : 'false');
	list.render();
	tree.render(true);
}

function setPaused(isPaused) {
	if (isPaused)
		store.pause();
	else
		store.resume();
	byId('pause').setAttribute('aria-pressed', String(isPaused));
	byId('pause').textContent = isPaused ? 'Resume' : 'Pause';
	announce(isPaused ? 'Paused.' : 'Resumed.');
	renderNotes();
	renderSoon();
	if (!isPaused)
		tree.render();
}

function focusIn(view, id) {
	setView(view);
	byId(id).focus();
}

const KEYS = {
	1: () => setView('events'), 2: () => setView('processes'), 3: () => setView('policies'), 4: () => setView('agent'),
	'e': () => focusIn('events', 'list'),
	't': () => focusIn(byId('processes').offsetParent ? document.body.dataset.view : 'processes', 'tree'),
	'/': () => { setFiltersOpen(true); focusIn('events', 'filter-text'); },
	'c': clearFilter,
	'p': () => setPaused(!store.isPaused),
	'?': () => byId('help').showModal(),
};

function onKey(event) {
	if (event.ctrlKey || event.altKey || event.metaKey || byId('help').open)
		return;
	if (event.key === 'Escape' && details.isOpen) {
		closeDetails();
		return;
	}
	const isTyping = event.target.matches('input:not([type=checkbox])');
	if (event.key === 'Escape' && isTyping) {
		event.preventDefault(); // a browser would empty the field
		focusIn('events', 'list');
		return;
	}
	if (isTyping || !byId('keys-on').checked || event.defaultPrevented || !Object.hasOwn(KEYS, event.key))
		return;
	event.preventDefault();
	KEYS[event.key]();
}

function setFiltersOpen(isOpen) {
	byId('filters').classList.toggle('open', isOpen);
	byId('filters-toggle').setAttribute('aria-expanded', String(isOpen));
}

function listen() {
	document.addEventListener('keydown', onKey);
	document.addEventListener('visibilitychange', renderSoon);
	addEventListener('hashchange', readHash);
	document.querySelector('.skip').onclick = event => { event.preventDefault(); focusIn('events', 'list'); };
	for (const button of document.querySelectorAll('nav button'))
		button.onclick = () => setView(button.dataset.view);
	byId('lost').onclick = () => setView('agent');
	byId('pause').onclick = () => setPaused(!store.isPaused);
	byId('help-open').onclick = () => byId('help').showModal();
	byId('list').addEventListener('keydown', onListKey);
	byId('list').addEventListener('click', onListClick);
	byId('list').addEventListener('scroll', renderNewest, {passive: true});
	byId('newest').onclick = () => { list.follow(); byId('list').focus(); };
	byId('filters').oninput = readFilter;
	byId('filters').onsubmit = event => event.preventDefault();
	byId('filters-toggle').onclick = () => setFiltersOpen(!byId('filters').classList.contains('open'));
	byId('clear').onclick = clearFilter;
	byId('scope').onclick = () => { store.filter.family = null; setFilter(store.filter); };
	byId('server-toggle').onclick = () => {
		byId('server').hidden = !byId('server').hidden;
		byId('server-toggle').setAttribute('aria-expanded', String(!byId('server').hidden));
	};
	byId('server').onsubmit = event => { event.preventDefault(); setAllow(byId('server').elements.allow.value); };
	byId('server-fill').onclick = () => { byId('server').elements.allow.value = store.filter.toAllow(); };
	byId('server-clear').onclick = () => setAllow('');
}

function tick() {
	if (!store.isPaused) {
		processes.sweep();
		tree.render();
	}
	renderNotes();
	renderEmpty();
	renderLost();
	renderCountdown(connection.until);
}

makeTypes();
listen();
setView('events');
readHash();
setInterval(tick, TREE_MS);
setInterval(renderRate, 1000);
stream.connect(allow);
poll();
