// The fleet, live. A guest of the public API: it knows nothing that a client with a viewer's key does not.
const REFRESH_MS = 2_000;
const EVENTS_SHOWN = 30;
// The share of users that should hold a usable fallback.
const COVERAGE_GOAL = 0.95;

const element = (id) => document.getElementById(id);
const number = new Intl.NumberFormat('en');
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const names = new Map();

function row(tag, ...children) {
  const node = document.createElement(tag);
  node.append(...children);
  return node;
}

function cell(content, className = '') {
  const td = row('td', content);
  if (className) td.className = className;
  return td;
}

function stateOf(line) {
  if (!line.managed) return ['unmanaged', 'warn'];
  if (line.providerStatus === 'FLAGGED') return ['flagged', 'bad'];
  if (line.health !== 'healthy') return [line.health, 'bad'];
  if (line.adminState !== 'enabled') return [line.adminState, 'warn'];
  return line.ramping ? ['ramping', 'warn'] : ['healthy', 'good'];
}

function useOf(line) {
  const td = document.createElement('td');
  td.className = 'use';
  const bar = document.createElement('progress');
  bar.max = line.todayCap;
  bar.value = Math.min(line.usedLast24h, line.todayCap);
  const label = row('span', `${number.format(line.usedLast24h)} / ${number.format(line.todayCap)}`);
  if (line.usedLast24h > line.todayCap) label.className = 'bad';
  td.append(bar, label);
  return td;
}

// Of the line's users, those who hold another number that serves; how sure that is, in the title.
function coverageCell({ coverage }) {
  if (!coverage || coverage.users === 0) return cell('–', 'number');
  const tone = coverage.sent < COVERAGE_GOAL ? 'warn' : 'good';
  const td = cell(percent.format(coverage.sent), `number ${tone}`);
  td.title = `sent ${percent.format(coverage.sent)}, delivered ${percent.format(coverage.delivered)}, known ${percent.format(coverage.known)}`;
  return td;
}

// How the name and photo that the line shows at Linq differ from those of its pool.
function cardCell({ managed, contactCard: { active, drift, problem } }) {
  if (!managed) return cell('–');
  const td =
    drift.length > 0
      ? cell(`differs: ${drift.join(', ')}`, 'warn')
      : cell(active ? 'as the pool says' : 'none', active ? 'good' : 'warn');
  if (problem) {
    td.className = 'bad';
    td.append(` (${problem})`);
  }
  return td;
}

function lineRow(line) {
  names.set(line.id, `…${line.phoneNumber.slice(-4)}`);
  const [state, tone] = stateOf(line);
  return row(
    'tr',
    cell(line.phoneNumber),
    cell(state, tone),
    useOf(line),
    cell(number.format(line.users), 'number'),
    cell(number.format(line.fallbackUsers), 'number'),
    coverageCell(line),
    cardCell(line),
    cell(line.closedBecause ?? 'yes', line.closedBecause ? 'warn' : 'good'),
  );
}

function total(name, value, tone = '') {
  const dd = row('dd', value);
  dd.className = tone;
  return row('div', row('dt', name), dd);
}

function show(fleet) {
  element('fleet').hidden = false;
  element('sign-out').hidden = false;
  element('clock').textContent = `${fleet.now.slice(0, 19).replace('T', ' ')} UTC`;
  element('notice').textContent = fleet.frozenAt ? 'The fleet is frozen: replies only.' : '';
  element('totals').replaceChildren(
    total('Users', number.format(fleet.users)),
    total(
      'Messages, last 24 h',
      number.format(fleet.lines.reduce((sum, line) => sum + line.usedLast24h, 0)),
    ),
    total(
      'Coverage',
      percent.format(fleet.coverage.sent),
      fleet.coverage.sent < COVERAGE_GOAL ? 'warn' : 'good',
    ),
    total(
      'Need introduction',
      number.format(fleet.needsIntroduction),
      fleet.needsIntroduction > 0 ? 'bad' : '',
    ),
    total('Inbox', number.format(fleet.inbox.pending)),
  );
  element('lines').replaceChildren(...fleet.lines.map(lineRow));
  const failovers = fleet.failovers.map((each) =>
    row(
      'li',
      `${names.get(each.lineId) ?? each.lineId}: ${each.cause}, ${each.state}, ` +
        `${each.usersMoved} moved and ${each.usersStranded} without a number, of ${each.usersTotal}`,
    ),
  );
  element('failovers').replaceChildren(...(failovers.length > 0 ? failovers : [row('li', 'None')]));
}

async function refresh() {
  const response = await fetch('/v1/admin/fleet').catch(() => null);
  if (response?.ok) return show(await response.json());
  element('fleet').hidden = response === null || response.status === 401;
  element('sign-out').hidden = element('fleet').hidden;
  element('notice').textContent =
    response?.status === 401
      ? 'Signed out. Use the sign-in link that was printed at the start.'
      : 'The service does not answer; trying again.';
}

function tell(event) {
  const { type, at, ...data } = JSON.parse(event.data);
  const line = names.get(data.toLineId ?? data.lineId) ?? '';
  const detail = [line, data.reason ?? data.verb ?? data.outcome ?? ''].filter(Boolean).join(' · ');
  const time = row('time', at.slice(5, 19).replace('T', ' '));
  const events = element('events');
  events.prepend(row('li', time, row('span', `${type}${detail ? ` — ${detail}` : ''}`)));
  while (events.children.length > EVENTS_SHOWN) events.lastElementChild.remove();
}

const TOLD = [
  'line.ejected',
  'line.recovered',
  'line.changed',
  'line.suspect',
  'line.overrun',
  'failover.started',
  'failover.completed',
  'assignment.moved',
  'assignment.needs-introduction',
  'user.discovered',
  'user.opted-out',
  'day.closed',
  'rebalance.proposed',
  'fleet.frozen',
  'fleet.unfrozen',
  'fleet.contagion',
  'fleet.panic',
  'fleet.brown-out',
  'inbox.dead-letter',
];
element('sign-out').addEventListener('click', async () => {
  await fetch('/sign-out', { method: 'POST' });
  location.reload();
});
const stream = new EventSource('/v1/events?recent=300');
for (const type of TOLD) stream.addEventListener(type, tell);

await refresh();
setInterval(refresh, REFRESH_MS);
