import type {Channels} from '../notify/notifier.ts';

/** "Notices are sent to ops (webhook) and boss (e-mail to a@example.com: failed, done)."; nothing without channels. */
export function peopleText({open}: Channels): string | undefined {
  const names = open.map(({name, kind, events}) =>
    events ? `${name} (${kind}: ${events.join(', ')})` : `${name} (${kind})`,
  );
  const last = names.at(-1);
  const first = names.slice(0, -1).join(', ');
  return last === undefined
    ? undefined
    : `Notices are sent to ${first === '' ? last : `${first} and ${last}`}.`;
}

/** The channels that cannot be opened. No run is stopped by that. */
export const closedTexts = ({closed}: Channels): readonly string[] =>
  closed.map(({name, because}) => `No notices are sent to ${name}: ${because}.`);
