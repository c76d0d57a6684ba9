import {join} from 'node:path';
import {keyOf} from '../../src/journal/shared-log.ts';
import type {Fact, FactOf} from '../../src/model/journal.ts';
import {s3Store} from '../../steps/s3/index.ts';
import {runStarted} from '../model/journal-of.ts';
import {JournalFile} from './journal-file.ts';
import type {Desk} from './switcharoo.ts';

const never = new AbortController().signal;

/** A run in the store of a bucket, written on another host, whose state folder nobody has here. */
export async function openSharedRun(
  desk: Desk,
  settings: object,
  run: string,
  given: Partial<Omit<FactOf<'run-started'>, 'kind'>> = {},
  startsAt?: Date,
) {
  const config = s3Store.config.parse(settings);
  const store = await s3Store.open(config, {name: 'journals', signal: never});
  const journal = new JournalFile(join(desk.stateFolder, 'other-host'), run, startsAt);
  const share = async (...facts: readonly Fact[]) => {
    for (const fact of facts) {
      const key = keyOf(run, journal.seq + 1);
      await store.reader.add(key, journal.lineWith(fact), never);
    }
  };
  await share(runStarted({run, storePlace: 's3://cutovers', ...given}));
  return {share, close: store.close};
}
