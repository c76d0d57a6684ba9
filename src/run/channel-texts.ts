import type {Channels} from '../notify/notifier.ts';

/** "People are told on ops (webhook) and boss (e-mail to a@example.com: failed, done)."; nothing without channels. */
export function peopleText({open}: Channels): string | undefined {
  const names = open.map(({name, kind, events}) =>
    events ? `${name} (${kind}: ${events.join(', ')})` : `${name} (${kind})`,
  );
  const last = names.at(-1);
  const first = names.slice(0, -1).join(', ');
  return last === undefined
    ? undefined
    : `People are told on ${first === '' ? last : `${first} and ${last}`}.`;
}

/** The channels that cannot be opened. They keep no run from anything. */
export const closedTexts = ({closed}: Channels): readonly string[] =>
  closed.map(({name, because}) => `Nobody is told on ${name}: ${because}.`);
