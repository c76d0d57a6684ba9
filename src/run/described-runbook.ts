import {readsOf} from '../engine/known-values.ts';
import type {AlsoWritten} from '../model/also-written.ts';
import {opensByPerson} from '../model/approve.ts';
import type {ConfirmInput} from '../model/confirm.ts';
import type {PersonNeeded} from '../model/person.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Host} from './host.ts';
import {type ReadRequest, readRunbook} from './read-runbook.ts';

interface DescribedRunbook {
  readonly runbook: AnyRunbook;
  /** What each confirmation shows with its question, by its id; only with the parameters of an inventory. */
  readonly shown: ReadonlyMap<string, readonly string[]>;
  /** Who does an entry, or answers it; without the parameters of an inventory as far as the runbook says it. */
  readonly people: ReadonlyMap<string, PersonNeeded>;
  readonly alsoWritten: readonly AlsoWritten[];
}

/** What a runbook says of itself. Contacts no system. */
export async function describedRunbook(
  host: Pick<Host, 'state'>,
  request: ReadRequest,
): Promise<DescribedRunbook> {
  const {runbook, params} = await readRunbook(host, request);
  const isReal = request.inventory !== undefined;
  const {alsoWritten = []} = runbook.head;
  const questions = runbook.entries.filter(({unit}) => opensByPerson(unit.name));
  const shown = questions.map((entry) => {
    const {input} = readsOf(entry, params, {get: () => undefined});
    return [entry.id, textsIn((input as ConfirmInput | undefined)?.details)] as const;
  });
  return {
    runbook,
    shown: new Map(isReal ? shown : []),
    people: peopleIn(runbook, params),
    alsoWritten:
      typeof alsoWritten !== 'function' ? alsoWritten : isReal ? alsoWritten(params) : [],
  };
}

function peopleIn({entries}: AnyRunbook, params: unknown): ReadonlyMap<string, PersonNeeded> {
  const people = entries.flatMap((entry) => {
    const {person, input: schema} = entry.unit;
    const {input} = readsOf(entry, params, {get: () => undefined});
    const parsed = schema.safeParse(input);
    return person && parsed.success ? [[entry.id, person(parsed.data)] as const] : [];
  });
  return new Map(people);
}

/** An unknown that stands for a text is left out. */
const textsIn = (details: unknown): readonly string[] =>
  Array.isArray(details) ? details.filter((detail) => typeof detail === 'string') : [];
