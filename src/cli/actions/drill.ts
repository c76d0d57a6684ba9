import {randomInt} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Lab} from '@switcharoo/lab';
import {loadRunbook, onlyRunbook} from '../../inventory/runbook-file.ts';
import {shellWord} from '../../model/hint.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {
  type DrillFacts,
  drillScoresOf,
  drillText,
  flow,
  type RunReport,
} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openRun, type RunOptions} from '../../run/open-run.ts';
import type {Run} from '../../run/run.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {printFailure, printReport} from '../print-outcome.ts';
import type {ProcessSignals} from '../signals.ts';
import {withRun} from '../with-run.ts';
import {drawFault, numbersFrom} from './drill-draw.ts';
import {DrillGame} from './drill-game.ts';
import {type GivenChoice, scriptedOperator} from './drill-operator.ts';
import type {FaultOfLab} from './fault-at-entry.ts';
import {loadLab} from './lab-package.ts';
import {violationsIn} from './lab-watch.ts';
import {measure} from './measure.ts';
import {printObstacles, printPlanOf} from './plan.ts';
import {endOf, rehearsalExitCode, writesAfterMs} from './rehearsal-end.ts';
import {appInLab, inLab, type LabSetup, wordsOfLab} from './rehearsal-lab.ts';

interface Drill {
  /** Absent: the only one of this folder, or the most careful one that is shipped. */
  readonly runbook: string | undefined;
  /** Absent: drawn, and printed. */
  readonly seed: number | undefined;
  /** Instead of a person: one choice for each failure. */
  readonly decide: readonly GivenChoice[] | undefined;
  /** How long after the first question the fault is repaired. Absent: drawn, or before the first given choice. */
  readonly repairMs: number | undefined;
}

interface DrillOfRun extends Drill {
  readonly runbook: string;
  readonly seed: number;
  /** The words of the options that make another lab, or another time of repair. */
  readonly options: string;
}

/** Who looks for the cause and repairs it needs so long. */
const repairWithinMs = {least: 10_000, most: 60_000};
const largestSeed = 1_000_000;

/** A game day: a random fault at a random entry of a run in the lab. Nobody is told which; a person decides. */
export async function drill(app: App, asked: Drill, setup: LabSetup): Promise<ExitCode> {
  const named = asked.runbook ?? onlyRunbook('bare-metal-to-ecs');
  const {runbook} = await loadRunbook(named);
  if (!asked.decide && (!app.terminal || app.json)) {
    throw new SwitcharooError(nobodyDecides(named));
  }
  const seed = asked.seed ?? randomInt(largestSeed);
  const {repairMs} = asked;
  const repair = repairMs === undefined ? '' : ` --repair ${repairMs / 1_000}s`;
  // Without them, the same seed could draw another fault.
  const options = `${wordsOfLab(setup)}${repair}`;
  const inside = appInLab(app, setup, `drill ${shellWord(named)}${options} --seed ${seed}`);
  return inLab(app, runbook, setup, (lab, signals) =>
    drillIn(lab, inside, {...asked, runbook: named, seed, options}, signals),
  );
}

function drillIn(
  lab: Lab,
  app: App,
  {runbook, seed, decide, repairMs, options}: DrillOfRun,
  signals: ProcessSignals,
): Promise<ExitCode> {
  const game = new DrillGame(lab, {repairMs: repairMs ?? (decide ? null : drawRepairMs(seed))});
  const open = (connection: RunOptions) => {
    const person = decide ? scriptedOperator(decide) : connection.operator;
    const observe: RunOptions['observe'] = (event) => {
      connection.observe?.(event);
      game.observe(event);
    };
    const drilled = person && game.drilled(person);
    const request = {...connection, observe, drilled, runbook, inventory: 'lab', rehearsal: true};
    return openRun(request, app);
  };
  return withRun(app, {open, signals, compares: true}, async (run, {screen}) => {
    const plan = await printPlanOf(app, run, decide !== undefined);
    if (printObstacles(app, plan)) {
      return exitCodes.blocked;
    }
    const {labFaults} = await loadLab();
    const drawn = drawFault({runbook: run.runbook, plan}, labFaults, seed);
    if (!drawn) {
      throw new SwitcharooError(nothingToBreak(runbook));
    }
    game.begin(run, drawn, signals.stopping);
    if (!app.json && !decide) {
      app.say(introduction(app, seed));
    }
    const result = await run.forward(plan).finally(() => game.end());
    if (result.kind === 'declined') {
      printFailure(app, run, result);
      return run.exitCode(result);
    }
    await sleep(writesAfterMs, undefined, {signal: signals.stopping}).catch(() => {});
    await screen.close();
    const report = await measure(app, run, lab);
    const end = endOf(result, result.kind === 'reversed' && result.to === null);
    const violations = [...violationsIn(await lab.watch(), end), ...game.refusals];
    printReport(app, run, report);
    printFailure(app, run, result);
    const code = rehearsalExitCode(app, run.exitCode(result), report, violations);
    printDrill(
      app,
      `drill ${shellWord(runbook)}${options}`,
      factsOf({run, report, game, drawn, seed}),
    );
    return code;
  });
}

const drawRepairMs = (seed: number): number => {
  const {least, most} = repairWithinMs;
  return Math.round(least + numbersFrom(seed + largestSeed)() * (most - least));
};

const introduction = ({paste, width}: App, seed: number): string =>
  [
    '',
    ...flow(
      [`Drill ${seed}: something will go wrong in this run. You are not told what or where.`],
      {width},
    ),
    ...flow(
      [
        'Decide as you would in production. The fault is repaired without notice, some time after the first failure.',
      ],
      {width},
    ),
    ...flow(['In another terminal, you can inspect the lab, or repair the fault at once:'], {
      width,
    }),
    `  ${paste('lab status')}`,
    `  ${paste('lab heal')}`,
    '',
  ].join('\n');

interface Drilled {
  readonly run: Run;
  readonly report: RunReport;
  readonly game: DrillGame;
  readonly drawn: FaultOfLab;
  readonly seed: number;
}

function factsOf({run, report, game, drawn, seed}: Drilled): DrillFacts {
  const {decisions, causedAtUtc, repairedAtUtc, ...stopped} = game.facts();
  const {entry, name, fault} = drawn;
  const {lost, duplicated} = report.writes ?? {lost: 0, duplicated: 0};
  return {
    run: run.name,
    runbook: report.runbook,
    seed,
    outcome: report.outcome,
    fault: {name, what: fault.what, entry, causedAtUtc, repairedAtUtc},
    decisions,
    ...stopped,
    outageMs: report.outageMs ?? null,
    longestOutageMs: run.longestOutage?.rule.longestMs ?? null,
    lostWrites: lost + duplicated,
  };
}

function printDrill(app: App, drillCommand: string, facts: DrillFacts): void {
  const scores = drillScoresOf(facts);
  const next = [
    {command: app.paste(`${drillCommand} --seed ${facts.seed}`), what: 'the same drill again'},
    {command: app.paste(drillCommand), what: 'another drill'},
    {command: app.paste(`log ${facts.run}`), what: 'what was done when'},
  ];
  const commands = next.map(({command}) => command);
  if (app.json) {
    printDocument(app, 'drill', {kind: 'drill', ...facts, scores, next: commands});
  } else {
    app.print(`\n${drillText({facts, scores, next}, app)}`);
  }
}

const nobodyDecides = (runbook: string): Problem => ({
  code: 'drill-undecided',
  message: 'A drill asks a person what to do: it needs a terminal, and cannot ask with --json.',
  hint: {
    text: 'Start it at a terminal without --json, or give the choice at each failure beforehand, with',
    command: `drill ${shellWord(runbook)} --decide retry,reverse`,
  },
});

const nothingToBreak = (runbook: string): Problem => ({
  code: 'drill-without-fault',
  message: `No entry of ${runbook} that this run would reach uses a system that the lab can break.`,
  hint: 'Drill a runbook with entries on databases, hosts, AWS or DNS.',
});
