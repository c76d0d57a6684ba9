import {setTimeout as sleep} from 'node:timers/promises';
import {exchangeMessage, questionMessage, readMessage} from 'switcharoo/name-servers';

/** How lookups went, as anybody in the world would have met them. */
export interface Lookups {
  readonly right: number;
  /** Other records than there should be, none, or a refusal (SERVFAIL). */
  readonly wrong: number;
  readonly unanswered: number;
  /** The last one that was not right. */
  readonly lastWrong: string | null;
}

export interface Watcher {
  lookups(): Lookups;
  stop(): Promise<void>;
}

export interface Watched {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
}

const everyMs = 50;

/** Looks the same names up through a resolver again and again, and counts what it is told. */
export function startWatcher(resolver: string, names: readonly Watched[]): Watcher {
  const stopping = new AbortController();
  const counts = {right: 0, wrong: 0, unanswered: 0, lastWrong: null as string | null};
  const look = async ({name, type, values}: Watched): Promise<void> => {
    const query = questionMessage({name, type}, {recursive: true});
    try {
      const {message} = await exchangeMessage(resolver, query, {signal: stopping.signal});
      const {rcode, answers} = readMessage(message);
      const told = answers.filter((record) => record.type === type).map(({value}) => value);
      if (JSON.stringify(told.sort()) === JSON.stringify([...values].sort())) {
        counts.right += 1;
      } else {
        counts.wrong += 1;
        counts.lastWrong = `${name} ${type}: ${told.join(', ') || 'nothing'} (RCODE ${rcode})`;
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
