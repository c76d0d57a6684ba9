import type {Forecast} from '../forecast/forecast.ts';
import {
  basisText,
  gapSentences,
  outageSentences,
  rangeText,
  runSentence,
} from '../forecast/forecast-text.ts';
import type {AlsoWritten} from '../model/also-written.ts';
import {isOpenedByPerson} from '../model/approve.ts';
import type {Entry, Item} from '../model/entry.ts';
import {elapsedMs} from '../model/moment.ts';
import {outageRule, outageRuleText} from '../model/outage-limit.ts';
import type {PersonNeeded} from '../model/person.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {ComparedRun} from './compare.ts';
import {durationText, momentUtc, outcomeSigns, placeText} from './labels.ts';

/** What a preflight has observed, and since when. */
export interface KnownFinding {
  readonly target: string;
  readonly check: string;
  readonly severity: string;
  readonly observed: string;
  readonly sinceUtc: string;
}

export interface SheetFacts {
  readonly runbook: AnyRunbook;
  readonly runbookDigest: string;
  readonly inventory: {readonly name: string; readonly protected: boolean};
  readonly people: ReadonlyMap<string, PersonNeeded>;
  readonly alsoWritten: readonly AlsoWritten[];
  /** Local times, as the inventory has them. */
  readonly window?: {readonly from?: string; readonly until?: string; readonly timeZone: string};
  readonly windowText?: string;
  readonly forecast: Forecast | undefined;
  /** The newest first. */
  readonly rehearsals: readonly (ComparedRun & {readonly isOfThisRunbook: boolean})[];
  /** The last preflight; `null` where none is known. */
  readonly preflight: {readonly atUtc: string; readonly findings: readonly KnownFinding[]} | null;
  /** The last plan that was shown here. */
  readonly plan: {
    readonly digest: string;
    readonly atUtc: string;
    readonly isCurrent: boolean;
  } | null;
  /** Makes a plan of this change. */
  readonly planCommand: string;
  readonly now: Date;
}

/** A part of the sheet: sentences, and a table. */
export interface SheetPart {
  readonly title: string;
  readonly texts: readonly string[];
  readonly table?: {
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
  };
}

/** Approvers read it in half a minute: how to reverse, and until when, comes first. */
export const sheetParts = (facts: SheetFacts): readonly SheetPart[] => [
  reversalPart(facts),
  whenPart(facts),
  whatPart(facts),
  approvalPart(facts),
  rehearsalPart(facts),
  findingsPart(facts),
  planPart(facts),
];

const mostRows = 8;

function reversalPart({runbook, forecast, alsoWritten, window}: SheetFacts): SheetPart {
  const items: readonly Item[] = runbook.items;
  const barrier = items.findIndex(({kind}) => kind === 'point-of-no-return');
  const item = items[barrier];
  const last = items.slice(0, Math.max(0, barrier)).findLast(isEntry);
  const rule = outageRule(runbook, runbook.head.outage?.longestMs);
  const places = items
    .slice(0, barrier < 0 ? items.length : barrier)
    .flatMap((each) => (each.kind === 'checkpoint' ? [` or reverse --to ${each.name}`] : []))
    .join(',');
  return {
    title: 'How to reverse, and until when',
    texts: [
      item?.kind === 'point-of-no-return'
        ? `It can be reversed until ${last ? `${last.id} is done, in the phase ${last.phase}` : 'it begins'}. Then comes the point of no return: ${item.because}`
        : 'It can be reversed at any time: there is no point of no return.',
      `Command: npx switcharoo reverse (to the start)${places}. It shows its plan, asks for approval, and checks that everything is as it was before.`,
      ...latestReversal(forecast, window),
      ...(forecast?.reversals.some(({range}) => range) ? [] : [howToMeasure(runbook)]),
      ...(rule ? [`The longest outage is ${outageRuleText(rule)}`] : []),
      ...alsoWritten.map(
        ({what, todo}) =>
          `A reversal does not carry back ${what}.${todo === undefined ? '' : ` Then: ${todo}`}`,
      ),
    ],
    ...(forecast && forecast.reversals.length > 0
      ? {
          table: {
            head: ['reverse to', 'from', 'takes'],
            rows: firstAndLast(forecast.reversals).map(({to, from, range, notMeasured}) => [
              placeText(to),
              from ?? 'now',
              range
                ? rangeText(range)
                : `unknown, because never reversed: ${namesText(notMeasured)}`,
            ]),
          },
        }
      : {}),
  };
}

const howToMeasure = ({head}: AnyRunbook): string =>
  `How long a reversal takes is unknown: no rehearsal has reversed all of its entries. Measure it with: npx switcharoo rehearse ${head.name} --reverse-at CHECKPOINT`;

/** When a reversal must begin at the latest, for the visitors to be back on the old side when the window closes. */
function latestReversal(
  forecast: SheetFacts['forecast'],
  window: SheetFacts['window'],
): readonly string[] {
  const longest = (forecast?.reversals ?? [])
    .filter(({range}) => range !== undefined)
    .toSorted((a, b) => (b.range?.p95 ?? 0) - (a.range?.p95 ?? 0))[0];
  return longest?.range && window?.until
    ? [
        `The window closes at ${window.until} ${window.timeZone}. A reversal to ${placeText(longest.to)} must begin at least ${durationText(longest.range.p95)} before that.`,
      ]
    : [];
}

/** The reversal to the start is always among them. */
const firstAndLast = <Row>(rows: readonly Row[]): readonly Row[] =>
  rows.length > mostRows ? [...rows.slice(0, 1), ...rows.slice(1 - mostRows)] : rows;

function whenPart({window, windowText, forecast}: SheetFacts): SheetPart {
  const {from, until, timeZone} = window ?? {};
  const times = [...(from ? [`from ${from}`] : []), ...(until ? [`until ${until}`] : [])];
  return {
    title: 'When, and how long',
    texts: [
      window
        ? `Window: ${times.join(' ')} ${timeZone}. ${windowText ?? ''}`.trim()
        : 'The inventory has no window: its systems may be cut over at any time.',
      ...(forecast
        ? [...outageSentences(forecast), runSentence(forecast), ...gapSentences(forecast)]
        : [
            'Forecast: none, because no run here has measured how long it takes. A rehearsal does.',
          ]),
    ],
  };
}

function whatPart({runbook}: SheetFacts): SheetPart {
  const items: readonly Item[] = runbook.items;
  const phases = [...new Set(items.map(({phase}) => phase))];
  return {
    title: 'What changes',
    texts: [runbook.head.summary, ...othersText(phases.length, mostRows, 'phases', runbook)],
    table: {
      head: ['phase', 'changes', 'ends at checkpoint'],
      rows: phases.slice(0, mostRows).map((phase) => {
        const inPhase = items.filter((item) => item.phase === phase);
        const steps = inPhase.filter(isEntry).filter(({unit}) => unit.kind !== 'gate');
        const checkpoints = inPhase.flatMap((item) =>
          item.kind === 'checkpoint' ? [item.name] : [],
        );
        return [phase, namesText(steps.map(({id}) => id)), checkpoints.join(', ')];
      }),
    },
  };
}

function approvalPart({runbook, people, inventory}: SheetFacts): SheetPart {
  const entries: readonly Entry[] = runbook.entries;
  const asking = entries.filter(({unit}) => isOpenedByPerson(unit)).map(askedText);
  const answering = [...people].map(([id, {owner, reach}]) => `${id}: ${owner}, ${reach}`);
  const all = [...asking, ...answering];
  return {
    title: 'Who approves',
    texts: [
      `The operator approves the plan by its digest${inventory.protected ? `, and types the name ${inventory.name}` : ''}.`,
      ...all.slice(0, mostRows),
      ...othersText(all.length, mostRows, 'questions and people', runbook),
    ],
  };
}

/** A sheet has two pages: what it leaves out, it names. */
const othersText = (
  count: number,
  shown: number,
  what: string,
  {head}: AnyRunbook,
): readonly string[] =>
  count > shown
    ? [
        `There are ${count - shown} more ${what}. Print them with: npx switcharoo document ${head.name}`,
      ]
    : [];

const askedText = ({id, summary, approval}: Entry): string =>
  approval
    ? `${id}: ${approval.of} of ${approval.by} approve, and never the operator: ${summary ?? id}`
    : `${id}: the operator is asked: ${summary ?? id}`;

function rehearsalPart({rehearsals, forecast}: SheetFacts): SheetPart {
  return {
    title: 'Rehearsals',
    texts:
      rehearsals.length === 0
        ? ['None is recorded in this state folder.']
        : forecast
          ? [`The forecast is ${basisText(forecast)}.`]
          : [],
    ...(rehearsals.length === 0
      ? {}
      : {
          table: {
            head: ['when', 'outcome', 'runbook', 'outage', 'failed requests', 'machine time'],
            rows: rehearsals
              .slice(0, mostRows)
              .map(
                ({startedAtUtc, outcome, isOfThisRunbook, outageMs, failedRequests, machineMs}) => [
                  momentUtc(new Date(startedAtUtc)),
                  outcomeSigns[outcome].word,
                  isOfThisRunbook ? 'this one' : 'an earlier one',
                  outageMs === undefined ? '' : durationText(outageMs),
                  failedRequests === undefined ? '' : String(failedRequests),
                  durationText(machineMs),
                ],
              ),
          },
        }),
  };
}

function findingsPart({preflight, now}: SheetFacts): SheetPart {
  const title = 'Open findings of the preflight checks';
  if (!preflight) {
    return {title, texts: ['Unknown: the preflight checks have not run here.']};
  }
  const ageOf = (utc: string) => durationText(elapsedMs(new Date(utc), now));
  const {atUtc, findings} = preflight;
  const left = findings.length - mostRows;
  return {
    title,
    texts: [
      `Checked ${ageOf(atUtc)} ago: ${findings.length === 0 ? 'nothing is open' : `${findings.length} open`}${left > 0 ? `, the first ${mostRows} are listed` : ''}.`,
    ],
    ...(findings.length === 0
      ? {}
      : {
          table: {
            head: ['target', 'finding', 'severity', 'age'],
            rows: findings
              .slice(0, mostRows)
              .map(({target, observed, severity, sinceUtc}) => [
                target,
                observed.length > mostLetters ? `${observed.slice(0, mostLetters)}…` : observed,
                severity,
                ageOf(sinceUtc),
              ]),
          },
        }),
  };
}

const mostLetters = 160;

function planPart({plan, planCommand, runbookDigest}: SheetFacts): SheetPart {
  return {
    title: 'Plan',
    texts: [
      plan
        ? `Digest of the plan: ${plan.digest}, shown at ${momentUtc(new Date(plan.atUtc))}.${plan.isCurrent ? '' : ` It is OUT OF DATE: the runbook, its parameters or the inventory have changed since. Plan again with: ${planCommand}`}`
        : `No plan of this change was made here. Make one with: ${planCommand}`,
      `Digest of the runbook: ${runbookDigest}.`,
    ],
  };
}

const isEntry = (item: Item): item is Entry => item.kind === 'entry';

const mostNames = 9;

const namesText = (names: readonly string[]): string =>
  names.length > mostNames
    ? `${names.slice(0, mostNames - 1).join(', ')} and ${names.length - mostNames + 1} others`
    : names.join(', ');
