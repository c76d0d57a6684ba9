import {canonicalJson} from '../model/canonical.ts';
import {type Plan, type PlanLine, planLines} from '../model/plan.ts';

/** What is different from the plan that was approved, entry by entry, in words. */
export function planChanges(approved: Plan, now: Plan): readonly string[] {
  const before = new Map(planLines(approved).map((line) => [line.entry, line]));
  const after = new Map(planLines(now).map((line) => [line.entry, line]));
  const removed = [...before.keys()].filter((id) => !after.has(id)).map((id) => `${id} is gone`);
  const changed = [...after.values()].flatMap((line) => {
    const was = before.get(line.entry);
    return was === undefined ? [`${line.entry} is new`] : changesOf(was, line);
  });
  const around = [
    ...(approved.inventory.digest === now.inventory.digest
      ? []
      : [`the inventory ${now.inventory.name} changed`]),
    ...(canonicalJson(approved.params) === canonicalJson(now.params)
      ? []
      : ['the parameters changed']),
    ...(approved.runbook.digest === now.runbook.digest ? [] : ['the runbook or its steps changed']),
  ];
  return [...around, ...removed, ...changed];
}

/** Only what differs: a line may hold ten sentences of which one has changed. */
function changesOf(was: PlanLine, is: PlanLine): readonly string[] {
  const [before, after] = [sentencesOf(was), sentencesOf(is)];
  const removed = before.filter((sentence) => !after.includes(sentence));
  const come = after.filter((sentence) => !before.includes(sentence));
  return removed.length + come.length === 0
    ? []
    : [
        `${is.entry} was: ${removed.join(', ') || 'without that'}; it is: ${come.join(', ') || 'without that'}`,
      ];
}

/** Everything about a line that its digest counts, and nothing that moves by itself. */
function sentencesOf({
  outlook,
  evidence,
  detail: says,
  differences,
  actions,
  knownAfter,
}: PlanLine): readonly string[] {
  return [
    `${outlook} (${evidence}${knownAfter.length > 0 ? ` ${knownAfter.join(', ')}` : ''})`,
    ...(outlook === 'blocked' && says ? [says] : []),
    ...differences.map(({what, is, shouldBe}) => `${what} ${is} -> ${shouldBe}`),
    ...actions.map(({target, does}) => `on ${target}: ${does}`),
  ];
}
