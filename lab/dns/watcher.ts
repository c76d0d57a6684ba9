import {setTimeout as sleep} from 'node:timers/promises';
import {exchangeMessage, questionMessage, readMessage} from 'switcharoo/name-servers';

/** The results of the lookups of a client. */
export interface Lookups {
  readonly right: number;
  /** Other records than expected, none, or an error (SERVFAIL). */
  readonly wrong: number;
  readonly unanswered: number;
  /** The last one that was not right. */
  readonly lastWrong: string | null;
}

export interface Watcher {
  lookups(): Lookups;
  stop(): Promise<void>;
}

interface WatchedName {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
}

const everyMs = 50;

/** Looks up the same names through a resolver in a loop, and counts right and wrong answers. */
export function startWatcher(resolver: string, names: readonly WatchedName[]): Watcher {
  const stopping = new AbortController();
  const counts = {right: 0, wrong: 0, unanswered: 0, lastWrong: null as string | null};
  const look = async ({name, type, values}: WatchedName): Promise<void> => {
    const query = questionMessage({name, type}, {recursive: true});
    try {
      const {message} = await exchangeMessage(resolver, query, {signal: stopping.signal});
      const {rcode, answers} = readMessage(message);
      const returned = answers.filter((record) => record.type === type).map(({value}) => value);
      if (JSON.stringify(returned.sort()) === JSON.stringify([...values].sort())) {
        counts.right += 1;
      } else {
        counts.wrong += 1;
        counts.lastWrong = `${name} ${type}: ${returned.join(', ') || 'nothing'} (RCODE ${rcode})`;
      }
    } catch {
      counts.unanswered += stopping.signal.aborted ? 0 : 1;
    }
  };
  const watching = (async () => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const next = names[turn % names.length];
      await (next && look(next));
      await sleep(everyMs, undefined, {signal: stopping.signal}).catch(() => {});
    }
  })();
  return {
    lookups: () => ({...counts}),
    stop: async () => {
      stopping.abort(new Error('the watcher stops'));
      await watching;
    },
  };
}
