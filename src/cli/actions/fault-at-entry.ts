import type {Lab, LabFault, LabFaultName} from '@switcharoo/lab';
import type {EngineEvent} from '../../engine/events.ts';
import type {Operator} from '../../engine/operator.ts';
import type {Problem} from '../../model/problem.ts';
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

  /** For the events of a run. `then`: called once the lab has caused it. */
  observe(event: EngineEvent, then: () => void): void {
    const begins = event.kind === 'journaled' && event.entry.kind === 'entry-started';
    if (begins && event.entry.entry === this.#at.entry && !this.#causing) {
      this.#causing = this.#cause().then(then);
      // Who heals it is told.
      this.#causing.catch(() => {});
    }
  }

  async #cause(): Promise<void> {
    await this.#lab.cause(this.#at.name);
    this.#hasHappened = true;
  }

  /** Ends everything that goes wrong in the lab. */
  async heal(): Promise<void> {
    await this.#causing;
    await this.#lab.heal();
  }

  /** The connection of a rehearsal in which it happens: the lab is healed when an entry fails, and that tried again. */
  inRehearsal(connection: RunOptions): RunOptions {
    const {entry, fault} = this.#at;
    return {
      ...connection,
      observe: (event) => {
        connection.observe?.(event);
        this.observe(event, () => this.say(`At ${entry}: ${fault.what}.`));
      },
      whenFailed: this.#decide(),
    };
  }

  /** Tries again once; then reverses as far as it may. */
  #decide(): Operator['decide'] {
    const by = 'rehearsal';
    let isHealed = false;
    return async ({entry, problem, reversibleTo}) => {
      if (!isHealed) {
        isHealed = true;
        this.say(
          `${entry} failed: ${problem.message} The lab is healed, and ${entry} tried again.`,
        );
        await this.heal();
        return {choice: 'retry', by};
      }
      const [to] = reversibleTo;
      if (to === undefined) {
        return {choice: 'stop', by};
      }
      this.say(`${entry} failed again: ${problem.message} The run is reversed.`);
      return {choice: 'reverse', to, declared: true, by};
    };
  }

  /** That nothing went wrong, where something was to. */
  problems(): readonly Problem[] {
    return this.#hasHappened ? [] : [faultNotCaused(this.#at)];
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
