import {shellWord} from '../model/hint.ts';

interface Request {
  readonly runbook: string;
  readonly inventory: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What `plan` and `run` are given for it. */
export const wordsOf = ({runbook, inventory, params}: Request): string =>
  [shellWord(runbook), '-i', shellWord(inventory), ...paramWords(params)].join(' ');

const paramWords = (params: Request['params']): readonly string[] =>
  Object.entries(params).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `--param ${shellWord(`${name}=${text}`)}`;
  });
