import type {Lab, LabFault, LabFaultName} from '@switcharoo/lab';
import type {EngineEvent} from '../../engine/events.ts';
import type {Operator} from '../../engine/operator.ts';
import {type Problem, problemsIn} from '../../model/problem.ts';
import type {RunOptions} from '../../run/open-run.ts';

/** What goes wrong in the lab when an entry begins: `deploy=crash`. */
export interface FaultAt {
  readonly entry: string;
  readonly fault: string;
}

/** A fault of the lab, and the entry at which it happens. */
export interface FaultOfLab {
  readonly entry: string;
  readonly name: LabFaultName;
  readonly fault: LabFault;
  /** `lab status` does not name it. */
  readonly hidden?: boolean;
}

/** Causes a fault in the lab, once, when an entry begins. */
export class FaultAtEntry {
  readonly #lab: Lab;
  readonly #at: FaultOfLab;
  #causing: Promise<void> | undefined;
  #hasHappened = false;
  #refusals: readonly Problem[] = [];
  /** How the person at the screen is told. */
  say: (text: string) => void = () => {};

  /** Called once, when it has happened. */
  onCaused: () => void;

  constructor(lab: Lab, at: FaultOfLab) {
    this.#lab = lab;
    this.#at = at;
    this.onCaused = () => this.say(`At ${at.entry}: ${at.fault.what}.`);
  }

  get entry(): string {
    return this.#at.entry;
  }

  /** For the events of a run. */
  observe(event: EngineEvent): void {
    const begins = event.kind === 'journaled' && event.entry.kind === 'entry-started';
    if (begins && event.entry.entry === this.entry) {
      this.#causing ??= this.#cause();
    }
  }

  /** The connection of a rehearsal in which it happens: the lab is healed when an entry fails, and that tried again. */
  inRehearsal(connection: RunOptions): RunOptions {
    return {
      ...connection,
      observe: (event) => {
        connection.observe?.(event);
        this.observe(event);
      },
      whenFailed: this.#decide(),
    };
  }

  async #cause(): Promise<void> {
    const {name, hidden = false} = this.#at;
    try {
      await this.#lab.cause(name, {hidden});
      this.#hasHappened = true;
      this.onCaused();
    } catch (error) {
      this.#refusals = problemsIn(error);
    }
  }

  /** Ends everything that goes wrong in the lab. False: this fault had ended already. */
  async heal(): Promise<boolean> {
    await this.#causing;
    return (await this.#lab.heal()).includes(this.#at.name);
  }

  /** Whether it still goes wrong: somebody else may have healed the lab. */
  async lasts(): Promise<boolean> {
    await this.#causing;
    return this.#hasHappened && (await this.#lab.lasts(this.#at.name));
  }

  /** Tries again once; then reverses as far as it may. What fails without the fault ends the rehearsal, as ever. */
  #decide(): Operator['decide'] {
    const by = 'rehearsal';
    let isHealed = false;
    return async ({entry, problem, reversibleTo}) => {
      await this.#causing;
      const [to] = reversibleTo;
      if (!this.#hasHappened || (isHealed && to === undefined)) {
        return {choice: 'stop', by};
      }
      if (isHealed) {
        this.say(`${entry} failed: ${problem.message} The run is reversed.`);
        return {choice: 'reverse', to: to ?? null, declared: true, by};
      }
      await this.heal();
      isHealed = true;
      this.say(
        `${entry} failed: ${problem.message} The lab is healed, and ${entry} is tried again.`,
      );
      return {choice: 'retry', by};
    };
  }

  /** Why the lab could not cause it. */
  get refusals(): readonly Problem[] {
    return this.#refusals;
  }

  /** Why nothing went wrong, where something was to. */
  problems(): readonly Problem[] {
    if (this.#hasHappened) {
      return [];
    }
    return this.#refusals.length > 0 ? this.#refusals : [faultNotCaused(this.#at)];
  }
}

const faultNotCaused = ({
  entry,
  name,
}: {
  readonly entry: string;
  readonly name: string;
}): Problem => ({
  code: 'fault-not-caused',
  message: `${entry} never began, so ${name} did not happen.`,
  hint: 'Name an entry that this rehearsal reaches: its plan lists them.',
});
