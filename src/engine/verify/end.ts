import type {Model} from './model.ts';
import {sidesReached} from './properties.ts';
import type {State} from './violation.ts';

/** The systems in words, as far as the runbook changes them. */
export function endOf({sides, entries}: Model, {facts}: State): readonly string[] {
  if (!sides) {
    return [];
  }
  const sideTexts = (['old', 'new'] as const).map((name) => {
    const {database, application} = sides[name];
    const stopped = application !== undefined && facts.stopped.includes(application);
    const writes = facts.accepts.includes(database) ? 'accepts writes' : 'refuses writes';
    return `${name} side: ${database} ${writes}${stopped ? `; ${application} does not run` : ''}`;
  });
  const reached = sidesReached(facts);
  const links = [...entries.values()].length > 0 ? facts.replicates : [];
  return [
    ...sideTexts,
    `traffic goes to the ${reached.join(' and the ')} side`,
    ...(links.length > 0 ? [`replication runs: ${links.join(', ')}`] : []),
    ...(facts.held.length > 0 ? [`new connections wait: ${facts.held.join(', ')}`] : []),
  ];
}
