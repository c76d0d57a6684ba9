import type {Lab} from '@switcharoo/lab';
import type {EngineEvent} from '../../engine/events.ts';
import type {Operator} from '../../engine/operator.ts';
import type {Problem} from '../../model/problem.ts';
import {type DrillFacts, outageOf} from '../../report/index.ts';
import type {Run} from '../../run/run.ts';
import {DrilledOperator} from './drill-operator.ts';
import {FaultAtEntry, type FaultOfLab} from './fault-at-entry.ts';

interface GameOptions {
  /** From the first question about a failure until the fault is repaired; `null`: before the first choice is done. */
  readonly repairMs: number | null;
}

/** One fault of a drill: it happens when its entry begins, and is repaired some time after somebody was asked. */
export class DrillGame {
  readonly #lab: Lab;
  readonly #repairMs: number | null;
  #fault: FaultAtEntry | undefined;
  #operator: DrilledOperator | undefined;
  #timer: NodeJS.Timeout | undefined;
  #repairing: Promise<void> | undefined;
  #causedAt: Date | undefined;
  #repairedAt: Date | undefined;
  #stoppedAt: Date | undefined;
  #stoppedInOutage = false;
  #run: Run | undefined;

  constructor(lab: Lab, {repairMs}: GameOptions) {
    this.#lab = lab;
    this.#repairMs = repairMs;
  }

  /** From now on the fault happens when its entry begins. */
  begin(run: Run, fault: FaultOfLab, stopping: AbortSignal): void {
    this.#run = run;
    this.#fault = new FaultAtEntry(this.#lab, fault);
    this.#fault.onCaused = () => {
      this.#causedAt = run.now();
    };
    stopping.addEventListener('abort', () => {
      this.#stoppedAt = run.now();
      this.#stoppedInOutage = this.#writesRefused();
    });
  }

  /** Everything that this person is asked is passed on. */
  drilled(person: Operator): Operator {
    this.#operator = new DrilledOperator(person, {
      now: () => this.#now(),
      writesRefused: () => this.#writesRefused(),
      faultLasts: async () => (await this.#fault?.lasts()) ?? false,
      onFirstAsked: () => {
        if (this.#repairMs !== null) {
          this.#timer = setTimeout(() => this.#repair(), this.#repairMs);
        }
      },
      beforeChoice: async () => {
        if (this.#repairMs === null) {
          this.#repair();
          await this.#repairing;
        }
      },
    });
    return this.#operator;
  }

  observe(event: EngineEvent): void {
    this.#operator?.observe(event);
    this.#fault?.observe(event);
  }

  /** Why nothing could go wrong. */
  get refusals(): readonly Problem[] {
    return this.#fault?.refusals ?? [];
  }

  /** Ends what still goes wrong. Throws when the lab could not be healed. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#repairing;
    await this.#fault?.heal();
  }

  /** What is known of it when the run is over. */
  facts(): Pick<DrillFacts, 'decisions' | 'stoppedAtUtc' | 'stoppedInOutage'> & Times {
    return {
      decisions: [...(this.#operator?.decisions ?? [])],
      stoppedAtUtc: this.#stoppedAt?.toISOString() ?? null,
      stoppedInOutage: this.#stoppedInOutage,
      causedAtUtc: this.#causedAt?.toISOString() ?? null,
      repairedAtUtc: this.#repairedAt?.toISOString() ?? null,
    };
  }

  #repair(): void {
    this.#repairing ??= this.#heal();
    // `end` throws it.
    this.#repairing.catch(() => {});
  }

  async #heal(): Promise<void> {
    if (await this.#fault?.heal()) {
      this.#repairedAt = this.#run?.now();
    }
  }

  #now(): Date {
    if (!this.#run) {
      throw new Error('somebody was asked before the drill began');
    }
    return this.#run.now();
  }

  #writesRefused(): boolean {
    const window = this.#run?.progress?.run.runbook.outage;
    return window !== undefined && outageOf(this.#run?.entries ?? [], window).since !== undefined;
  }
}

type Times = Pick<DrillFacts['fault'], 'causedAtUtc' | 'repairedAtUtc'>;
