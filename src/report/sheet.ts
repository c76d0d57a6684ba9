import {basisText, gapSentences, outageSentences, runSentence} from '../forecast/forecast-text.ts';
import {opensByPerson} from '../model/approve.ts';
import type {Entry, Item} from '../model/entry.ts';
import {elapsedMs} from '../model/moment.ts';
import {durationText, momentUtc, outcomeSigns} from './labels.ts';
import type {SheetFacts, SheetPart, SheetText} from './sheet-facts.ts';
import {reversalPart} from './sheet-reversal.ts';

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

function whenPart({window, forecast, commands}: SheetFacts): SheetPart {
  return {
    title: 'How to cut over, when, and how long',
    texts: [
      ['To cut over, use ', {command: commands.run}, '. It shows its plan, and asks for approval.'],
      window
        ? `Window: ${window.text}. ${window.stateText}`
        : 'The inventory has no window: its systems may be cut over at any time.',
      ...(forecast
        ? [...outageSentences(forecast), runSentence(forecast), ...gapSentences(forecast)]
        : [
            'Forecast: none, because no run here has measured how long it takes. A rehearsal does.',
          ]),
    ],
  };
}

function whatPart({runbook, commands}: SheetFacts): SheetPart {
  const items: readonly Item[] = runbook.items;
  const phases = [...new Set(items.map(({phase}) => phase))];
  return {
    title: 'What changes',
    texts: [runbook.head.summary, ...othersText(phases.length, 'phases', commands)],
    table: {
      head: ['phase', 'changes', 'checks', 'asks', 'ends at checkpoint'],
      rows: phases.slice(0, mostRows).map((phase) =>
        phaseRow(
          phase,
          items.filter((item) => item.phase === phase),
        ),
      ),
    },
  };
}

/** What a person is asked is listed apart from what the run itself checks. */
function phaseRow(phase: string, items: readonly Item[]): readonly string[] {
  const entries = items.filter(isEntry);
  const idsOf = (of: (entry: Entry) => boolean) => entries.filter(of).map(({id}) => id);
  const isAsked = ({unit}: Entry) => opensByPerson(unit.name);
  const asked = items.flatMap((item) =>
    item.kind === 'point-of-no-return'
      ? ['Pass the point of no return?']
      : isEntry(item) && isAsked(item)
        ? [item.id]
        : [],
  );
  return [
    phase,
    namesText(idsOf(({unit}) => unit.kind !== 'gate')),
    namesText(idsOf((entry) => entry.unit.kind === 'gate' && !isAsked(entry))),
    asked.join(', '),
    items.flatMap((item) => (item.kind === 'checkpoint' ? [item.name] : [])).join(', '),
  ];
}

function approvalPart({runbook, people, inventory, commands}: SheetFacts): SheetPart {
  const entries: readonly Entry[] = runbook.entries;
  const asking = entries.filter(({unit}) => opensByPerson(unit.name)).map(askedText);
  const answering = [...people].map(([id, {owner, reach}]) => `${id}: ${owner}, ${reach}`);
  const passing = runbook.items.flatMap((item: Item) =>
    item.kind === 'point-of-no-return'
      ? [`Point of no return: the operator is asked: Pass it? ${item.because}`]
      : [],
  );
  const all = [...passing, ...asking, ...answering];
  return {
    title: 'Who approves',
    texts: [
      `The operator approves the plan by its digest${inventory.protected ? `, and types the name ${inventory.name}` : ''}.`,
      ...all.slice(0, mostRows),
      ...othersText(all.length, 'questions and people', commands),
    ],
  };
}

/** A sheet has two pages: what it leaves out, it names. */
const othersText = (
  count: number,
  what: string,
  {document}: SheetFacts['commands'],
): readonly SheetText[] =>
  count > mostRows
    ? [[`There are ${count - mostRows} more ${what}. Print them with `, {command: document}, '.']]
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

function planPart({plan, commands, runbookDigest}: SheetFacts): SheetPart {
  return {
    title: 'Plan',
    texts: [
      plan
        ? `Digest of the plan: ${plan.digest}, shown at ${momentUtc(new Date(plan.atUtc))}.`
        : ['No plan of this change was made here. Make one with ', {command: commands.plan}, '.'],
      ...(plan && !plan.isCurrent ? [outOfDate(commands)] : []),
      `Digest of the runbook: ${runbookDigest}.`,
    ],
  };
}

const outOfDate = ({plan}: SheetFacts['commands']): SheetText => [
  'The plan is OUT OF DATE: the runbook, its parameters or the inventory have changed since. Plan again with ',
  {command: plan},
  '.',
];

const isEntry = (item: Item): item is Entry => item.kind === 'entry';

const mostNames = 24;

const namesText = (names: readonly string[]): string =>
  names.length > mostNames
    ? `${names.slice(0, mostNames - 1).join(', ')} and ${names.length - mostNames + 1} others`
    : names.join(', ');
