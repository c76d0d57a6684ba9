import {shellWord} from '../model/hint.ts';
import {storeWords} from '../model/take-over-words.ts';

interface Request {
  readonly runbook: string;
  readonly inventory: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly store?: string | undefined;
}

/** What `plan` and `run` are given for it. */
export const wordsOf = ({runbook, inventory, params, store}: Request): string =>
  [shellWord(runbook), '-i', shellWord(inventory), ...paramWords(params)].join(' ') +
  storeWords(store);

const paramWords = (params: Request['params']): readonly string[] =>
  Object.entries(params).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `--param ${shellWord(`${name}=${text}`)}`;
  });
