/**
 * What the compiler knows of the places in a runbook that is extended: at each entry and checkpoint, the outputs that
 * are known, the stage, and what comes before it.
 */
import type {z} from 'zod';
import type {Place} from './entry.ts';
import type {Runbook} from './runbook.ts';
import type {AnyUnit} from './step.ts';

export type KnownAt<Places, Id extends keyof Places> =
  Places[Id] extends Place<infer Outputs, any, any> ? Outputs : never;
export type StageAt<Places, Id extends keyof Places> =
  Places[Id] extends Place<any, infer At, any> ? At : never;
export type BeforeOf<Places, Id extends keyof Places> =
  Places[Id] extends Place<any, any, infer Past> ? Past : never;
export type KnownAfter<Places, Id extends keyof Places, Outputs> = KnownAt<Places, Id> &
  Pick<Outputs, GroupOf<Places, Id> & keyof Outputs>;
/** It, and the entries of its group: the same ones stand before each of them. */
export type GroupOf<Places, Id extends keyof Places> = {
  [Key in keyof Places]: [BeforeOf<Places, Key>] extends [BeforeOf<Places, Id>]
    ? [BeforeOf<Places, Id>] extends [BeforeOf<Places, Key>]
      ? Key
      : never
    : never;
}[keyof Places];
/** The places that come after that one. */
export type AfterOf<Places, Id> = {
  [Key in keyof Places]: Places[Key] extends Place<any, any, infer Past>
    ? Id extends Past
      ? Key
      : never
    : never;
}[keyof Places];

type OutputsOf<More> = More extends Runbook<any, any, infer Outputs, any, any> ? Outputs : never;
export type EntriesOf<More, There> = Omit<OutputsOf<More>, keyof There>;
type PlacesOf<More> = More extends Runbook<any, any, any, any, infer Own> ? Own : never;

/** The places that come later know what was added, and that it comes before them. */
export type Shifted<Places, Later, Own> = {
  readonly [Key in keyof Places]: Key extends Later
    ? Places[Key] extends Place<infer Outputs, infer At, infer Past>
      ? Place<Outputs & Own, At, Past | keyof Own>
      : never
    : Places[Key];
};
export type Inserted<Places, Later, More, There, Before> = Shifted<
  Places,
  Later,
  EntriesOf<More, There>
> & {
  readonly [Key in keyof PlacesOf<More>]: PlacesOf<More>[Key] extends Place<
    infer Outputs,
    infer At,
    infer Past
  >
    ? Place<Outputs, At, Past | Before>
    : never;
};
export type Without<Places, Id> = {
  readonly [Key in Exclude<keyof Places, Id>]: Places[Key] extends Place<
    infer Outputs,
    infer At,
    infer Past
  >
    ? Place<Omit<Outputs, Id & string>, At, Exclude<Past, Id>>
    : never;
};

export type Taken = 'an added entry has an id that is already in use';

/** `unknown` where the added entries fit, else a sentence for the compiler's message. */
export type Fits<More, There, At, Outputs> =
  More extends Runbook<any, any, any, infer Next, any>
    ? Next extends At
      ? keyof EntriesOf<More, There> & keyof Outputs extends never
        ? unknown
        : Taken
      : 'an extension must not put the point of no return before entries of the base'
    : never;

export type GivesAsMuch<Unit extends AnyUnit, Output> =
  z.output<Unit['output']> extends Output
    ? unknown
    : 'later entries use an output that this unit does not give';
