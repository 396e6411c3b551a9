// SPDX-License-Identifier: Apache-2.0
//
// Text that strangers chose, made safe to look at: names and arguments of processes are anybody's. Nothing here or
// elsewhere makes HTML of text; what has no glyph of its own, or reorders its neighbours, is shown by its number.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]/u;
const UNSEEN_ALL = new RegExp(UNSEEN.source, 'gu');
const NAMED = new Map([['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t'], ['\0', '\\0']]);

function escape(character) {
	const code = character.codePointAt(0);

	return NAMED.get(character) ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` :
		code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`);
}

/** The text with every unseen character as an escape. */
export function visible(text) {
	return UNSEEN.test(text) ? text.replace(UNSEEN_ALL, escape) : text;
}

/** A line of JSON that says the same without unseen characters, which a terminal might obey. */
export function toAscii(json) {
	return json.replace(UNSEEN_ALL, character => character.split('').map(
		unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''));
}

/** Makes `text` the content of `element`; escapes are marked, so that they differ from the same letters typed. */
export function setText(element, text) {
	if (!UNSEEN.test(text)) {
		if (element.childElementCount || element.textContent !== text)
			element.textContent = text;
		return;
	}
	const parts = [];
	let from = 0;
	for (const match of text.matchAll(UNSEEN_ALL)) {
		parts.push(text.slice(from, match.index), make('mark', 'escape', escape(match[0])));
		from = match.index + match[0].length;
	}
	element.replaceChildren(...parts, text.slice(from));
}

/** setText() of a text of ours that may have several lines. */
export function setLines(element, text) {
	element.replaceChildren(...text.split('\n').map(line => makeText('div', '', line)));
}

/** A path in two parts: what is before its last component, and that. Names without a slash are kept whole. */
export function splitPath(path) {
	const slash = path.startsWith('/') ? path.lastIndexOf('/') + 1 : 0;

	return [path.slice(0, slash), path.slice(slash)];
}

const POD_END_MAX = 12;

/** The name of a pod in two parts: what the pods of a workload have in common, and the end that tells them apart. */
export function splitPod(name) {
	const dash = name.lastIndexOf('-'), end = dash < 0 || name.length - dash > POD_END_MAX ? name.length : dash;

	return [name.slice(0, end), name.slice(end)];
}

/** An element for two texts of which the first one is cut where there is no room. */
export function makeSplit(className) {
	const element = make('span', `${className} split`);

	element.append(make('span'), make('span'));
	return element;
}

export function setSplit(element, parts) {
	parts.forEach((part, i) => setText(element.children[i], part));
}

/** A new element with a class, and text that is ours or visible() already. */
export function make(tag, className = '', text = '') {
	const element = document.createElement(tag);

	if (className)
		element.className = className;
	if (text)
		element.textContent = text;
	return element;
}

/** A new element with a stranger's text. */
export function makeText(tag, className, text) {
	const element = make(tag, className);

	setText(element, text);
	return element;
}

/** A cell of a table; small screens show the label beside it. */
export function makeCell(label, className, text = '') {
	const cell = makeText('td', className, text);

	cell.dataset.label = label;
	return cell;
}

export function byId(id) {
	return document.getElementById(id);
}

const numbers = new Intl.NumberFormat('en');

export function formatNumber(number) {
	return numbers.format(number);
}

export function formatBytes(bytes) {
	const units = ['B', 'kB', 'MB', 'GB', 'TB'];
	let value = Number(bytes), unit = 0;

	while (value >= 1000 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function formatDuration(seconds) {
	const [days, hours, minutes] = [seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60].map(Math.floor);

	if (days)
		return `${days} d ${hours} h`;
	return hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(seconds)} s`;
}

/** "1 event", "2 events" */
export function plural(number, noun) {
	return `${formatNumber(number)} ${noun}${number === 1 ? '' : 's'}`;
}
