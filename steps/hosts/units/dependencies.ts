import type {Shell} from '../shell/shell.ts';
import {isRunning, type Shown, showUnits, wordsOf} from './shown.ts';

// A stop goes on to all of these, and from there to the next (systemd.unit(5): Requires=, Requisite=, BindsTo=,
// PartOf=, PropagatesStopTo=).
const stops = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo'];
/** A start goes on to these. */
const starts = ['Requires', 'Wants', 'BindsTo', 'Upholds'];
/** A unit with StopWhenUnneeded=yes is stopped with the last of these. */
const neededBy = ['RequiredBy', 'RequisiteOf', 'WantedBy', 'BoundBy', 'UpheldBy'];

export const dependencyProperties = [...new Set([...stops, ...starts, ...neededBy])];
const properties = ['Id', 'LoadState', 'ActiveState', 'StopWhenUnneeded', ...dependencyProperties];

/** What systemd does with other units when it stops some units of a host, and starts them again. */
export class Dependencies {
  readonly #shell: Shell;
  readonly #shown = new Map<string, Shown>();

  /** `shown`: of the units themselves, by name, with at least these properties. */
  constructor(shell: Shell, shown: ReadonlyMap<string, Shown>) {
    this.#shell = shell;
    this.#shown = new Map(shown);
  }

  /** The running units that a stop of this one stops too, near and far. */
  async stoppedWith(unit: string, signal: AbortSignal): Promise<readonly string[]> {
    const names = new Set([unit]);
    for (let size = 0; size !== names.size; ) {
      size = names.size;
      await this.#follow(names, stops, () => true, signal);
      for (const name of await this.#unneededWithout(names, signal)) {
        names.add(name);
      }
    }
    return this.#idsOf(names, unit, isRunning);
  }

  /** The units that do not run, and that a start of this one starts too, near and far. */
  async startedWith(unit: string, signal: AbortSignal): Promise<readonly string[]> {
    const names = new Set([unit]);
    const isToStart = (shown: Shown) => !isRunning(shown) && shown.get('LoadState') === 'loaded';
    await this.#follow(names, starts, (shown, name) => name === unit || isToStart(shown), signal);
    return this.#idsOf(names, unit, isToStart);
  }

  /** Adds to `names` whatever these dependencies lead to, from each unit that `leads`. */
  async #follow(
    names: Set<string>,
    dependencies: readonly string[],
    leads: (shown: Shown, name: string) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    for (let size = 0; size !== names.size; ) {
      size = names.size;
      await this.#show([...names], signal);
      for (const name of [...names]) {
        const shown = this.#shown.get(name);
        for (const next of shown && leads(shown, name) ? wordsOf(shown, ...dependencies) : []) {
          names.add(next);
        }
      }
    }
  }

  /** Running units that nobody would need any more once these are stopped, and that systemd stops then. */
  async #unneededWithout(
    names: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const needed = [...names]
      .flatMap((name) => wordsOf(this.#shown.get(name) ?? new Map(), ...starts))
      .filter((name) => !names.has(name));
    await this.#show(needed, signal);
    const candidates = needed.filter(
      (name) => this.#shown.get(name)?.get('StopWhenUnneeded') === 'yes',
    );
    const others = (name: string) =>
      wordsOf(this.#shown.get(name) ?? new Map(), ...neededBy).filter((each) => !names.has(each));
    await this.#show(candidates.flatMap(others), signal);
    return candidates.filter((name) =>
      others(name).every((each) => !isRunning(this.#shown.get(each) ?? new Map())),
    );
  }

  async #show(names: readonly string[], signal: AbortSignal): Promise<void> {
    const unseen = [...new Set(names)].filter((name) => !this.#shown.has(name));
    const shown = await showUnits(this.#shell, unseen, properties, signal);
    for (const [index, name] of unseen.entries()) {
      this.#shown.set(name, shown[index] ?? new Map());
    }
  }

  /** Their names in systemd, without the unit itself. */
  #idsOf(
    names: ReadonlySet<string>,
    unit: string,
    matches: (shown: Shown) => boolean,
  ): readonly string[] {
    const idOf = (name: string) => this.#shown.get(name)?.get('Id') ?? name;
    const ids = [...names]
      .filter((name) => matches(this.#shown.get(name) ?? new Map()))
      .map(idOf)
      .filter((id) => id !== idOf(unit));
    return [...new Set(ids)].sort();
  }
}
