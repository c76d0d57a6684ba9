import type {Lab, LabFault, LabFaultName} from '@switcharoo/lab';
import type {Operator} from '../../engine/operator.ts';
import {type Problem, problemsIn} from '../../model/problem.ts';
import type {RunOptions} from '../../run/open-run.ts';

/** What goes wrong in the lab when an entry begins: `deploy=crash`. */
export interface FaultAt {
  readonly entry: string;
  readonly fault: string;
}

/** Causes a fault in the lab, once, when an entry begins. */
export class FaultAtEntry {
  readonly #lab: Lab;
  readonly #at: {readonly entry: string; readonly name: LabFaultName; readonly fault: LabFault};
  #causing: Promise<void> | undefined;
  #hasHappened = false;
  #refusals: readonly Problem[] = [];
  /** How the person at the screen is told. */
  say: (text: string) => void = () => {};

  constructor(
    lab: Lab,
    at: {readonly entry: string; readonly name: LabFaultName; readonly fault: LabFault},
  ) {
    this.#lab = lab;
    this.#at = at;
  }

  get entry(): string {
    return this.#at.entry;
  }

  /** The connection of a rehearsal in which it happens: the lab is healed when an entry fails, and that tried again. */
  inRehearsal(connection: RunOptions): RunOptions {
    return {
      ...connection,
      observe: (event) => {
        connection.observe?.(event);
        const begins = event.kind === 'journaled' && event.entry.kind === 'entry-started';
        if (begins && event.entry.entry === this.entry) {
          this.#causing ??= this.#cause();
        }
      },
      whenFailed: this.#decide(),
    };
  }

  async #cause(): Promise<void> {
    const {entry, name, fault} = this.#at;
    try {
      await this.#lab.cause(name);
      this.#hasHappened = true;
      this.say(`At ${entry}: ${fault.what}.`);
    } catch (error) {
      this.#refusals = problemsIn(error);
    }
  }

  /** Ends everything that goes wrong in the lab. */
  async heal(): Promise<void> {
    await this.#causing;
    await this.#lab.heal();
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
