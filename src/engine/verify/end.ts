import type {Model} from './model.ts';
import {sidesReached} from './properties.ts';
import type {State} from './violation.ts';

/** The systems in words, as far as the runbook changes them. */
export const endOf = (model: Model, state: State): readonly string[] => [
  ...sideTexts(model, state),
  ...trafficTexts(model, state),
  ...domainTexts(state),
];

function sideTexts({sides, entries}: Model, {facts}: State): readonly string[] {
  if (!sides) {
    return [];
  }
  const names = (['old', 'new'] as const).map((name) => {
    const {database, application} = sides[name];
    const stopped = application !== undefined && facts.stopped.includes(application);
    const writes = database && facts.accepts.includes(database) ? 'accepts' : 'refuses';
    const texts = [
      ...(database === undefined ? [] : [`${database} ${writes} writes`]),
      ...(stopped ? [`${application} does not run`] : []),
    ];
    return `${name} side: ${texts.join('; ')}`;
  });
  const links = [...entries.values()].length > 0 ? facts.replicates : [];
  return [
    ...names,
    ...(links.length > 0 ? [`replication runs: ${links.join(', ')}`] : []),
    ...(facts.working.length > 0 ? [`workers run: ${facts.working.join(', ')}`] : []),
    ...(facts.held.length > 0 ? [`new connections wait: ${facts.held.join(', ')}`] : []),
  ];
}

function trafficTexts({sides}: Model, {facts}: State): readonly string[] {
  const reached = sidesReached(facts);
  return sides || reached.includes('new')
    ? [`traffic goes to the ${reached.join(' and the ')} side`]
    : [];
}

function domainTexts({facts: {ds, delegatedFrom, missing, compared}}: State): readonly string[] {
  const dsTexts = {
    published: 'are at the parent',
    removed: 'are removed; resolvers may still hold them',
    expired: 'are removed and expired',
  };
  return [
    ...Object.entries(delegatedFrom).map(
      ([to, from]) => `the domain is delegated to ${to}, and no more to ${from}`,
    ),
    ...Object.entries(ds).map(
      ([zone, where]) => `the DS records for the keys of ${zone} ${dsTexts[where]}`,
    ),
    ...missing.map((name) => `${name} has no copy yet`),
    ...compared.map((name) => `${name} was compared`),
  ];
}
