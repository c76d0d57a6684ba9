import {SwitcharooError} from '../../../src/index.ts';
import type {RolloutReader, ServiceUpdate} from '../contract.ts';
import {changesSince, flapping, type RolloutPicture} from './events.ts';
import type {Snapshot} from './state.ts';
import {fateOf, type Sent} from './update.ts';

type SentDeployment = NonNullable<Sent['deployment']>;

/** What this session sent, and since when the rollout has been healthy: ECS itself shows neither. */
export class RolloutMemory {
  #sent: Sent | undefined;
  #picture: RolloutPicture | undefined;
  #unchanged: {readonly signature: string; readonly since: Date} | undefined;

  fateOfUpdate({service}: Snapshot): ReturnType<RolloutReader['fateOfUpdate']> {
    if (!this.#sent) {
      return {fate: 'none-sent'};
    }
    const fate = fateOf(this.#sent, service, performance.now());
    this.#sent = {...this.#sent, seen: this.#sent.seen || fate === 'in-place'};
    return {fate, sent: this.#sent};
  }

  changesIn(snapshot: Snapshot): ReturnType<RolloutReader['changesIn']> {
    const {lines, picture} = changesSince(this.#picture, snapshot);
    this.#picture = picture;
    return {lines, flaps: flapping(picture)};
  }

  unchangedSince(signature: string | undefined, now: Date): Date {
    if (signature === undefined) {
      this.#unchanged = undefined;
      return now;
    }
    if (this.#unchanged?.signature !== signature) {
      this.#unchanged = {signature, since: now};
    }
    return this.#unchanged.since;
  }

  /** Sends an update, and remembers it before its answer is here: it may arrive although the answer is lost. */
  async sending(update: ServiceUpdate, send: () => Promise<SentDeployment>): Promise<void> {
    this.#unchanged = undefined;
    const unanswered = {...update, atMs: performance.now(), seen: false};
    this.#sent = unanswered;
    try {
      this.#sent = {...unanswered, deployment: await send()};
    } catch (error) {
      // Until now it may have been refused, and sent again.
      this.#sent = isAnswerLost(error) ? {...unanswered, atMs: performance.now()} : undefined;
      throw error;
    }
  }

  forgetUpdate(): void {
    this.#sent = undefined;
  }
}

/** Also of one that was stopped on its way. An error of the SDK that is none of ours is an answer: a refusal. */
const isAnswerLost = (error: unknown): boolean =>
  error instanceof SwitcharooError
    ? error.problem.code === 'aws-unreachable'
    : !(error instanceof Error && '$fault' in error);
