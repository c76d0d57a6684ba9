import {type Opening, openTargets} from '../inventory/targets.ts';
import type {Survey} from '../model/preflight.ts';
import {SwitcharooError} from '../model/problem.ts';
import type {TargetKind} from '../model/target.ts';
import type {PreflightReport} from '../report/index.ts';
import {schemaTargetUnknown} from './preflight-problems.ts';

type Surveys = PreflightReport['targets'];

/** The target by its name, or, without one, the only one on which definitions are usually tried. */
export function schemaTarget(
  kinds: Readonly<Record<string, TargetKind>>,
  name: string,
  file: string,
): string {
  const able = Object.entries(kinds).filter(([, {schemaLoad}]) => schemaLoad);
  const usual = able.filter(([, {schemaLoad}]) => schemaLoad?.isUsual);
  const [only, ...others] = name === '' ? usual : able.filter(([target]) => target === name);
  if (!only || others.length > 0) {
    const names = able.map(([target]) => target);
    throw new SwitcharooError(schemaTargetUnknown(name, names, file));
  }
  return only[0];
}

interface SchemaTrial {
  /** How the targets that are checked were opened. Its signal stops the trial. */
  readonly opening: Opening;
  /** Of the targets beside it. */
  readers(): Promise<readonly unknown[]>;
  /** What becomes of an error: a finding. */
  unreadable(error: unknown): Survey;
}

/** The definitions of the other targets, tried on this one. */
export async function trySchema(
  target: string,
  kind: TargetKind | undefined,
  {opening, readers, unreadable}: SchemaTrial,
): Promise<Surveys> {
  if (!kind?.schemaLoad) {
    return [];
  }
  // A stop ends the trial, and not the connection by which it removes what it has loaded.
  const {signal} = new AbortController();
  const own = await openTargets({...opening, kinds: {[target]: kind}, signal});
  try {
    const {writer} = await own.session(target);
    const survey = await kind.schemaLoad
      // Its own kind has opened it.
      .load(writer as never, await readers(), opening.signal)
      .catch(unreadable);
    return [{name: target, kind: kind.kind, ...survey}];
  } finally {
    await own.close();
  }
}

/** The surveys with those of the trial: of a target that was checked, too, or of one that is there for it alone. */
export const withTried = (checked: Surveys, tried: Surveys): Surveys => [
  ...checked.map((target) => {
    const survey = tried.find(({name}) => name === target.name);
    return survey
      ? {
          ...target,
          findings: [...target.findings, ...survey.findings],
          checksMade: target.checksMade + survey.checksMade,
        }
      : target;
  }),
  ...tried.filter(({name}) => !checked.some((target) => target.name === name)),
];
