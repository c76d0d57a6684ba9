import type {Entry} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import type {Verdict} from '../model/verdict.ts';
import {askOnce} from './ask-operator.ts';
import {awakeMs} from './clock.ts';
import type {RunContext} from './context.ts';
import {inputOf, knownOutputs} from './known-values.ts';
import {checkEntry, problemOfCheck} from './look.ts';
import {noteRequired} from './person-problems.ts';
import {waitsOf} from './poll.ts';
import {answerRequired, declined, entryTimedOut, runStopped} from './problems.ts';
import {processStopProblem} from './process-stop.ts';
import {factsOfQuestion} from './question-facts.ts';
import {gatesBefore} from './question-gates.ts';

/**
 * Asks what no look can tell. The gates right before it are looked at again just before the question, and once more
 * after a "yes": people take their time, and the world goes on meanwhile. `again`: this process stood still in an
 * outage, and that is to be decided before anything is asked here.
 */
export async function askAtGate(
  context: RunContext,
  entry: Entry,
  asked: Extract<Verdict<unknown, unknown>, {kind: 'needs-answer'}>,
): Promise<'yes' | 'again' | Problem> {
  for (;;) {
    const notOpen = await precedingGatesOpen(context, entry);
    if (notOpen) {
      return notOpen;
    }
    const {question, details, byPerson} = asked;
    const about = 'confirmation';
    const facts = () => factsOfQuestion(context, entry);
    const person = byPerson ? {byPerson} : {};
    const wantsNote = asked.wantsNote ? {wantsNote: true as const} : {};
    const words = {about, entry: entry.id, question, details, facts} as const;
    const asking = {...words, ...person, ...wantsNote};
    const given = await askOnce(context, asking);
    if (given === 'withdrawn') {
      if (processStopProblem(context, entry)) {
        return 'again';
      }
      continue;
    }
    const {answer, by} = given;
    if (answer === 'unasked') {
      return context.stopping.aborted
        ? runStopped(String(context.stopping.reason))
        : asked.wantsNote
          ? noteRequired(entry.id, by)
          : answerRequired(entry.id, by);
    }
    if (answer === 'no') {
      return declined(entry.id, by);
    }
    if (await allOpenNow(context, entry)) {
      return 'yes';
    }
  }
}

/** Waits, within each gate's own limit, until all of them are open. */
async function precedingGatesOpen(context: RunContext, entry: Entry): Promise<Problem | undefined> {
  for (const gate of gatesBefore(context.runbook.items, entry)) {
    const since = awakeMs(context.clock);
    const waits = waitsOf(gate);
    for (;;) {
      const says = await notOpenBecause(context, gate);
      if (says === undefined) {
        break;
      }
      context.observe({
        kind: 'progress',
        entry: entry.id,
        text: `${gate.id} is no longer open: ${says}`,
      });
      if (context.stopping.aborted) {
        return runStopped(String(context.stopping.reason));
      }
      if (awakeMs(context.clock) - since >= gate.timeoutMs) {
        return entryTimedOut(gate.id, true, gate.timeoutMs, says);
      }
      await context.clock.sleep(waits.next().value, context.stopping);
    }
  }
  return undefined;
}

async function allOpenNow(context: RunContext, entry: Entry): Promise<boolean> {
  for (const gate of gatesBefore(context.runbook.items, entry)) {
    if ((await notOpenBecause(context, gate)) !== undefined) {
      return false;
    }
  }
  return true;
}

async function notOpenBecause(context: RunContext, gate: Entry): Promise<string | undefined> {
  const {progress} = context.record;
  if (progress.entries.get(gate.id)?.state !== 'done') {
    return undefined;
  }
  const input = inputOf(gate, context.params, knownOutputs(progress, context.runbook.entries));
  if (input.kind !== 'known') {
    return undefined;
  }
  try {
    const {verdict} = await checkEntry(
      context,
      {entry: gate, input: input.input, started: false},
      context.stopping,
    );
    switch (verdict.kind) {
      case 'waiting':
        return verdict.progress;
      case 'blocked':
        return verdict.reason;
      default:
        return undefined;
    }
  } catch (error) {
    return problemOfCheck(gate.id, error).message;
  }
}
