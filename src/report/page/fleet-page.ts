import {digestOf} from '../../model/canonical.ts';
import {hintText} from '../../model/hint.ts';
import {isByHand, statusWords} from '../../model/unit-status.ts';
import {escaped} from '../escaped.ts';
import {
  type FleetStatus,
  leftOutHint,
  networkHint,
  silenceHint,
  silenceText,
} from '../fleet-status.ts';
import {clockUtc, counted} from '../labels.ts';
import {countingHtml} from './clock.ts';
import {contactHtml, documentHtml, type Following} from './document-html.ts';
import type {PageState} from './page-html.ts';

/** A fleet as its runners last reported it. */
export interface ShownFleet {
  readonly status: FleetStatus;
  /** The time of the page; `null` where it is not known. */
  readonly now: Date | null;
  /** Why what is shown is not up to date. */
  readonly trouble?: string;
}

type Wave = FleetStatus['waves'][number];
type Unit = Wave['units'][number];

/** The parts of the page of a fleet, and what a screen reader says of it. */
export function fleetPageState(shown: ShownFleet): PageState {
  const {status: fleet, trouble} = shown;
  const structure = digestOf([fleet.fleet, fleet.waves.map(({wave}) => wave)]);
  const tallies = fleet.waves.map((wave, at) => [`tally-${at}`, escaped(tallyOf(wave))]);
  const grids = fleet.waves.map((wave, at) => [`wave-${at}`, gridHtml(wave)]);
  return {
    ...{title: `Fleet ${fleet.fleet}: ${summaryOf(fleet)}`, structure},
    news: [summaryOf(fleet), ...rowsOf(fleet).map(([name, text]) => `${name}: ${text}`)].join(' '),
    parts: {
      head: headHtml(fleet),
      trouble: trouble === undefined ? '' : `<p class="problem">${escaped(trouble)}</p>`,
      now: nowHtml(shown),
      ...Object.fromEntries([...tallies, ...grids]),
    },
  };
}

/** A fleet as one page: what is in an outage, what waits for whom, and each wave as a grid of its units. */
export function fleetPageHtml(shown: ShownFleet, following: Following): string {
  const {title, structure, parts} = fleetPageState(shown);
  const part = (id: string) => `<div id="${id}">${parts[id] ?? ''}</div>`;
  const waves = shown.status.waves.map(
    ({wave}, at) => `<details id="fold-${at}" open>
<summary><h3>${escaped(wave)}</h3> <span id="tally-${at}" class="tally">${parts[`tally-${at}`]}</span></summary>
${part(`wave-${at}`)}
</details>`,
  );
  const body = `<header>
${part('head')}
${contactHtml('')}
${part('trouble')}
</header>
<main>
<section aria-labelledby="now-heading">
<h2 id="now-heading">Now</h2>
${part('now')}
</section>
<section aria-labelledby="waves-heading">
<h2 id="waves-heading">Waves</h2>
${waves.join('\n') || '<p>No wave has been started.</p>'}
</section>
</main>`;
  return documentHtml({title, body, following: {...following, structure}});
}

const unitsOf = ({waves}: FleetStatus): readonly Unit[] => waves.flatMap(({units}) => units);

const are =
  (...statuses: readonly Unit['status'][]) =>
  ({status}: Unit): boolean =>
    statuses.includes(status);

function summaryOf(fleet: FleetStatus): string {
  const units = unitsOf(fleet);
  const outages = units.filter(isInOutage).length;
  return [
    `${units.filter(are('done')).length} of ${counted(units.length, 'unit')} done`,
    `${units.filter(are('running')).length} under way`,
    ...(outages > 0 ? [`${outages} in an OUTAGE`] : []),
    ...(fleet.held ? ['HELD'] : []),
  ]
    .join(', ')
    .concat('.');
}

const isInOutage = ({status, inOutage}: Unit): boolean =>
  inOutage && status !== 'done' && status !== 'left-out';

function headHtml(fleet: FleetStatus): string {
  const isAttention = unitsOf(fleet).some(
    (unit) =>
      (are('failed', 'needs-person')(unit) && !isByHand(unit)) ||
      unit.silent !== null ||
      unit.waitReason === 'left-out',
  );
  const kind = fleet.held || isAttention ? 'attention' : 'running';
  return `<p class="outcome ${kind}">${escaped(summaryOf(fleet))}</p>
<h1>${escaped(fleet.fleet)} <small>fleet</small></h1>`;
}

type Row = readonly [name: string, text: string, since: Date | null];

/** What somebody has to do, or wants to know first. */
function rowsOf(fleet: FleetStatus): readonly Row[] {
  const {held, waves} = fleet;
  const units = unitsOf(fleet);
  return [
    ...(held
      ? [
          [
            'Held',
            `by ${held.by}${held.because ? `: ${held.because}` : ''}.`,
            new Date(held.atUtc),
          ] as const,
        ]
      : []),
    ...units
      .filter(isInOutage)
      .map((unit): Row => [`Outage of ${unit.unit}`, `${whereOf(unit)}.`, sinceOf(unit)]),
    ...units.flatMap(({unit, silent}): readonly Row[] =>
      silent
        ? [
            [
              `Runner of ${unit} does not answer`,
              `${silenceText(silent)} ${hintText(silenceHint(unit, silent))}`,
              silent.sinceUtc === null ? null : new Date(silent.sinceUtc),
            ],
          ]
        : [],
    ),
    ...units
      .filter((unit) => are('needs-person', 'failed')(unit) || isByHand(unit))
      .map((unit): Row => {
        const what = isByHand(unit) ? 'is continued by hand' : 'needs a person';
        return [`${unit.unit} ${what}`, needOf(unit), new Date(unit.changedAtUtc)];
      }),
    ...units
      .filter(({waitReason}) => waitReason === 'left-out')
      .map(
        ({unit, waitsFor}): Row => [
          `${unit} waits for ${waitsFor}`,
          hintText(leftOutHint(unit)),
          null,
        ],
      ),
    ...waitsForNetworks(units),
    ...waves.flatMap((wave): readonly Row[] => {
      const {of, by} = wave.approve;
      const missing = of - wave.approvals.length;
      const text = `${missing} more of ${by.join(', ')}: switcharoo fleet approve ${wave.wave}`;
      const since = new Date(wave.startedAtUtc);
      return missing > 0 ? [[`${wave.wave} waits for approval`, text, since]] : [];
    }),
  ];
}

function waitsForNetworks(units: readonly Unit[]): readonly Row[] {
  const waiting = units.filter(({waitReason}) => waitReason === 'network');
  return [...new Set(waiting.map(({network}) => network))].map((network) => {
    const names = waiting.flatMap((unit) => (unit.network === network ? [unit.unit] : []));
    const what = network === null ? 'a runner without --network' : `a runner of network ${network}`;
    return [`${names.join(', ')}: waiting for ${what}`, hintText(networkHint(network)), null];
  });
}

const sinceOf = ({outageSinceUtc}: Unit): Date | null =>
  outageSinceUtc === null ? null : new Date(outageSinceUtc);

const whereOf = ({phase, run}: Unit): string =>
  `${phase === null ? 'At its beginning' : `Phase ${phase}`}${run === null ? '' : ` of ${run}`}`;

function needOf({problem, changes, run, journal}: Unit): string {
  const where = run && journal ? ` Its journal is on ${journal.host}, in ${journal.folder}.` : '';
  const left = `${changes > 0 ? ` ${counted(changes, 'change')} of ${run} in place.` : ''}${where}`;
  return problem ? `${problem.message}${left} ${hintText(problem.hint)}` : `${run} waits.${left}`;
}

function nowHtml(shown: ShownFleet): string {
  const rows = rowsOf(shown.status).map(([name, text, since]) => {
    const clock = since
      ? `<strong>${countingHtml(shown, {since})}</strong> since ${clockUtc(since)} UTC. `
      : '';
    return `<div><dt>${escaped(name)}</dt><dd>${clock}${escaped(text)}</dd></div>`;
  });
  return rows.length === 0
    ? '<p>No unit is in an outage, and nothing waits for a person.</p>'
    : `<dl class="now">${rows.join('')}</dl>`;
}

function tallyOf({units}: Wave): string {
  return Object.entries(statusWords)
    .flatMap(([status, word]) => {
      const count = units.filter((unit) => unit.status === status).length;
      return count > 0 ? [`${count} ${word}`] : [];
    })
    .join(', ');
}

function gridHtml({units}: Wave): string {
  const cells = units.map((unit) => {
    const isOpen = isInOutage(unit);
    const word = isOpen && unit.status === 'running' ? 'OUTAGE' : statusWords[unit.status];
    const phase = unit.status === 'running' && unit.phase !== null ? `, ${unit.phase}` : '';
    const wait = isLongWait(unit) ? ` for ${unit.waitsFor}` : '';
    const silent = unit.silent ? ', its runner does not answer' : '';
    return `<li class="unit ${isOpen ? 'outage-now' : unit.status}"><strong>${escaped(unit.unit)}</strong> <span>${escaped(`${word}${phase}${wait}${silent}`)}</span></li>`;
  });
  return `<ul class="units">${cells.join('')}</ul>`;
}

/** It may last for ever, or for days. */
const isLongWait = ({waitReason}: Unit): boolean =>
  waitReason === 'left-out' || waitReason === 'window' || waitReason === 'network';
