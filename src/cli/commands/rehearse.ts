import {setTimeout as sleep} from 'node:timers/promises';
import type {Lab} from '../../../lab/client.ts';
import {placeUnknown} from '../../engine/problems.ts';
import {makeReversePlan} from '../../engine/reverse-plan.ts';
import {isPlace, type RunOutcome} from '../../engine/run.ts';
import {loadRunbook} from '../../inventory/runbook-file.ts';
import {SwitcharooError} from '../../model/problem.ts';
import {type RunReport, reportHtml, reportOf, reportText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {earlierReport} from '../../run/past-runs.ts';
import {exitCodeFor, goBack, type Held, tellOutcome} from '../../run/run-session.ts';
import {type App, tellProblems} from '../app.ts';
import {refuseUnwritable, writeHtml} from '../html-file.ts';
import {rehearsalOperator} from '../operators.ts';
import {listenToSignals, type Signals} from '../signals.ts';
import {planAndRun} from './run.ts';

export interface RehearseOptions {
  readonly reverseAt?: string;
  readonly clients: number;
  readonly slowProcedures: boolean;
  readonly keep: boolean;
  readonly html?: string;
}

/** How long the new side takes writes before everything is reversed. */
const writesBeforeReversalMs = 3_000;
/** How long the side that ended up in charge serves before the writes are counted. */
const writesAfterMs = 1_500;

/** The whole cutover in the lab, with clients that write the whole time: lab up, run, report, lab down. Asks nothing. */
export async function rehearseCommand(
  app: App,
  runbook: string,
  options: RehearseOptions,
): Promise<ExitCode> {
  const {upLab, downLab, beginningFor} = await import('../../../lab/client.ts');
  const {runbook: loaded} = await loadRunbook(runbook);
  // A slip is told before anything is started; entries that parameters make are known only later.
  if (options.reverseAt !== undefined && !loaded.isOpen && !isPlace(loaded, options.reverseAt)) {
    throw new SwitcharooError(placeUnknown(options.reverseAt, loaded));
  }
  if (options.html !== undefined) {
    refuseUnwritable(options.html);
  }
  const signals = listenToSignals(app.say);
  const {clients, slowProcedures, keep} = options;
  const say = (text: string) => (app.json ? undefined : app.say(text));
  say('Starting the lab: MySQL, DNS, ssh, AWS, the application and its clients …');
  const lab = await upLab({
    stateFolder: app.state.path,
    clients,
    slowProcedures,
    ...beginningFor(loaded.entries.map(({unit}) => unit.name)),
    owner: process.pid,
    signal: signals.stopping,
  });
  try {
    return await rehearseIn(lab, app, runbook, options, signals);
  } finally {
    if (keep) {
      say(`The lab stays up. End it with: ${app.paste('lab down')}`);
    } else {
      await downLab(app.state.path);
    }
    signals.dispose();
  }
}

async function rehearseIn(
  lab: Lab,
  app: App,
  runbook: string,
  {reverseAt, html}: RehearseOptions,
  signals: Signals,
): Promise<ExitCode> {
  const running = {
    inventory: 'lab',
    param: {},
    yes: true,
    ...(reverseAt ? {until: reverseAt} : {}),
  };
  const starting = {app, runbook, options: running, signals, rehearsal: rehearsalOperator()};
  return planAndRun(starting, async (held, forward, show) => {
    const wentBack = reverseAt !== undefined && forward.kind === 'reached';
    const outcome = wentBack ? await reverseAll(held) : forward;
    await sleep(writesAfterMs, undefined, {signal: signals.stopping}).catch(() => {});
    await show.close();
    const report = await measured(app, lab, held);
    app.print(app.json ? JSON.stringify(report) : `\n${reportText(report, app)}`);
    tellOutcome(app, held, outcome);
    if (html !== undefined) {
      writeHtml(html, reportHtml(report));
    }
    return verdict(app, held, outcome, report);
  });
}

async function reverseAll(held: Held): Promise<RunOutcome> {
  const {context} = held;
  await context.clock.sleep(writesBeforeReversalMs, context.stopping);
  return goBack(held, null, async () => {
    const plan = await makeReversePlan(context, context.record.progress, null, context.stopping);
    context.observe({kind: 'reverse-planned', plan});
    return plan.digest;
  });
}

/** What the clients saw, beside what the journal says: the ledger against the database that ended up in charge. */
async function measured(app: App, lab: Lab, {context, journal}: Held): Promise<RunReport> {
  const {progress, head} = context.record;
  const {acknowledged, lost, duplicated, outageMs, clients, lookups} = await lab.count();
  const earlier = earlierReport(app, progress.run.runbook.name, progress.run.run);
  return reportOf(journal.entries, {
    head,
    outageMs,
    writes: {
      ...{acknowledged, lost, duplicated, failed: clients.refused + clients.unanswered},
      ...lastFailure(clients.lastFailure),
    },
    reads: {
      ...{answered: clients.reads.answered, failed: clients.reads.failed},
      ...lastFailure(clients.reads.lastFailure),
    },
    lookups: {right: lookups.right, wrong: lookups.wrong},
    ...(earlier ? {earlier} : {}),
  });
}

const lastFailure = (failure: string | null) => (failure === null ? {} : {lastFailure: failure});

function verdict(
  app: App,
  held: Held,
  outcome: RunOutcome,
  {writes, lookups}: RunReport,
): ExitCode {
  const code = exitCodeFor(held, outcome);
  if (code === exitCodes.done && lookups && lookups.wrong > 0) {
    tellProblems(app, [
      new SwitcharooError({
        code: 'lookups-wrong',
        message: `${lookups.wrong} of ${lookups.right + lookups.wrong} lookups in the lab got another answer than they should have, or none.`,
        hint: 'Do not run this runbook on anything real. The journal of the rehearsal says what was done when.',
      }).problem,
    ]);
    return exitCodes.halfWay;
  }
  if (code === exitCodes.done && writes && (writes.lost > 0 || writes.duplicated > 0)) {
    tellProblems(app, [
      new SwitcharooError({
        code: 'writes-lost',
        message: `${writes.lost} acknowledged writes are lost and ${writes.duplicated} are there twice, of ${writes.acknowledged}.`,
        hint: 'Do not run this runbook on anything real. The journal of the rehearsal says what was done when.',
      }).problem,
    ]);
    return exitCodes.halfWay;
  }
  return code;
}
