import type {Model} from './model.ts';
import type {Check, Moment} from './violation.ts';

/** A copy goes into use, or the run ends, before a gate has compared it. */
export const notCompared: Check = (model, moment) => {
  const because =
    moment.fact?.kind === 'run-done' ? leftUncompared(model, moment) : usedTooEarly(model, moment);
  return because === undefined ? undefined : {property: 'not-compared', because};
};

function leftUncompared({start}: Model, {facts: {missing, compared}}: Moment): string | undefined {
  const copy = start.missing.find((name) => !missing.includes(name) && !compared.includes(name));
  return copy && `The run ends as done, but no gate has compared ${copy}, which it has copied.`;
}

function usedTooEarly({start, domains}: Model, moment: Moment): string | undefined {
  const {facts, earlier, progress} = moment;
  if (!earlier || progress.reversingTo) {
    return undefined;
  }
  const isUnproven = (name: string) => !facts.compared.includes(name);
  const opened = facts.accepts.find(
    (name) => !earlier.accepts.includes(name) && start.missing.includes(name) && isUnproven(name),
  );
  if (opened !== undefined) {
    return `${opened} starts to accept writes, but no gate has compared it since it was copied.`;
  }
  const zone = Object.keys(facts.delegatedFrom).find(
    (to) => !(to in earlier.delegatedFrom) && !facts.fresh.includes(to),
  );
  if (zone !== undefined) {
    return facts.missing.includes(zone)
      ? `The domain is delegated to ${zone}, which does not have its records.`
      : `The domain is delegated to ${zone}, but no gate has just compared its records with those of ${facts.delegatedFrom[zone]}.`;
  }
  const unsigned = domains.find(
    ({from, to}) =>
      facts.ds[from] === 'removed' && earlier.ds[from] === 'published' && isUnproven(to),
  );
  return (
    unsigned &&
    `The DS records are removed for a move to ${unsigned.to}, but no gate has compared its records with those of ${unsigned.from}.`
  );
}

/** A validating resolver rejects answers without the signatures that a DS record promises. */
export const bogusAnswers: Check = (_model, {facts: {delegatedFrom, ds}}) => {
  const [to, from] =
    Object.entries(delegatedFrom).find(([, zone]) => (ds[zone] ?? 'expired') !== 'expired') ?? [];
  return from === undefined
    ? undefined
    : {
        property: 'bogus-answers',
        because: `The domain is delegated to ${to}, but validating resolvers may still hold DS records for the keys of ${from}: they reject every answer.`,
      };
};

/** Past the point of no return, the old name servers may be switched off. */
export const stillAsked: Check = (_model, {facts: {delegatedFrom, settled}, fact}) => {
  const [, from] = Object.entries(delegatedFrom).find(([to]) => !settled.includes(to)) ?? [];
  return fact?.kind === 'point-of-no-return-passed' && from !== undefined
    ? {
        property: 'early-point-of-no-return',
        because: `The point of no return is passed, but resolvers may still ask the name servers of ${from}.`,
        continues: true,
      }
    : undefined;
};
