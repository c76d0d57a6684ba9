import {rmSync, writeFileSync} from 'node:fs';
import {userInfo} from 'node:os';
import type {Journal, Lock} from '../../src/journal/contract.ts';
import {createJournal} from '../../src/journal/file-journal.ts';
import {acquireLock} from '../../src/journal/lock.ts';
import {holderText} from '../../src/journal/lock-holder.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {runStarted} from '../model/journal-of.ts';

export type ToRacer =
  /** Take the lock, all at the same moment. */
  | {readonly kind: 'race'; readonly folder: string; readonly scope: string; readonly atMs: number}
  /** Take it and let it go, over and over; who holds it alone can make, and remove, the marker. */
  | {
      readonly kind: 'churn';
      readonly folder: string;
      readonly scope: string;
      readonly untilMs: number;
      readonly marker: string;
    }
  | {readonly kind: 'begin'; readonly journal: string}
  | {readonly kind: 'release'};

export type FromRacer =
  | {readonly kind: 'won'; readonly tookOverFrom?: string}
  | {readonly kind: 'lost'; readonly code: string; readonly message: string}
  | {readonly kind: 'churned'; readonly held: number; readonly refused: readonly string[]}
  | {readonly kind: 'ok'};

// A process that takes a lock when it is told to, and holds it until it is told otherwise, or dies.
let lock: Lock | undefined;
let journal: Journal | undefined;

process.on('message', (told: ToRacer) => {
  process.send?.(answerTo(told));
});
process.send?.({kind: 'ok'});

function answerTo(told: ToRacer): FromRacer {
  try {
    switch (told.kind) {
      case 'race':
        return race(told.folder, told.scope, told.atMs);
      case 'churn':
        return churn(told);
      case 'begin':
        journal = createJournal(told.journal, {
          now: () => new Date(),
          lock: lock ?? {assertHeld: () => {}, release: () => {}},
          redactor: new Redactor(),
        });
        journal.append(runStarted());
        return {kind: 'ok'};
      case 'release':
        journal?.close();
        lock?.release();
        return {kind: 'ok'};
    }
  } catch (error) {
    const {code, message} =
      error instanceof SwitcharooError
        ? error.problem
        : {code: 'bug', message: error instanceof Error ? (error.stack ?? '') : String(error)};
    return {kind: 'lost', code, message};
  }
}

function churn({folder, scope, untilMs, marker}: ToRacer & {kind: 'churn'}): FromRacer {
  let held = 0;
  const refused = new Set<string>();
  while (Date.now() < untilMs) {
    try {
      race(folder, scope, 0);
    } catch (error) {
      refused.add(error instanceof SwitcharooError ? error.problem.code : String(error));
      continue;
    }
    writeFileSync(marker, '', {flag: 'wx'});
    held += 1;
    rmSync(marker);
    lock?.release();
  }
  return {kind: 'churned', held, refused: [...refused]};
}

function race(folder: string, scope: string, atMs: number): FromRacer {
  while (Date.now() < atMs) {
    // Whoever sleeps may wake late.
  }
  const operator = {user: userInfo().username, host: 'here', pid: process.pid};
  const won = acquireLock({folder, scope, run: 'r1', operator, now: () => new Date()});
  lock = won.lock;
  return won.tookOverFrom
    ? {kind: 'won', tookOverFrom: holderText(won.tookOverFrom)}
    : {kind: 'won'};
}
