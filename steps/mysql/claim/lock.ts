import {type Problem, SwitcharooError} from '../../../src/index.ts';
import type {Connections} from '../session/connection.ts';
import type {Endpoint, Statement} from '../session/contract.ts';
import {LostConnection} from '../session/server-errors.ts';
import type {ServerSession} from '../session/session.ts';
import {unlessSessionGone} from '../session/writer.ts';

/** The same on every server: the server is the system. MySQL takes no name of more than 64 characters. */
const lockName = 'switcharoo.claim';

/** A process of the same run that was killed a moment ago may still be held by the server. */
const takeSeconds = 2;
/** How long the server keeps the session of a host that fell silent. Until then nobody else can take the lock. */
const silenceSeconds = 30;
const beatMs = 5_000;
/** An answer of the server that is older than this proves nothing: the process may have been stopped meanwhile. */
const proofMs = 10_000;
const limitMs = 4_000;
const mostTries = 3;

interface Proof {
  readonly session: number | null;
  /** On both clocks: one does not count while the machine sleeps, the other may be set. */
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** The lock of one process on one server, in a session of its own that ends with the process. */
export class ClaimLock {
  readonly #connections: Connections;
  readonly #where: Endpoint;
  #session: ServerSession | undefined;
  #proof: Proof | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(connections: Connections, where: Endpoint) {
    this.#connections = connections;
    this.#where = where;
  }

  async take(signal: AbortSignal): Promise<boolean> {
    const at = now();
    // Asked twice for the same name, MySQL from 5.7 on would count, and older ones let go in between.
    if (await this.#answer('IS_USED_LOCK(?) = CONNECTION_ID()', [lockName], signal)) {
      this.#prove(at);
      return true;
    }
    const later = now();
    const isTaken = await this.#answer('GET_LOCK(?, ?)', [lockName, takeSeconds], signal);
    if (isTaken) {
      this.#prove(later);
    }
    return isTaken;
  }

  async isHeld(signal: AbortSignal): Promise<boolean> {
    if (this.#isProven()) {
      return true;
    }
    this.#proof = undefined;
    const at = now();
    try {
      // A session that was reopened has another id, and does not hold it.
      const isHeld = await this.#answer('IS_USED_LOCK(?) = CONNECTION_ID()', [lockName], signal);
      if (isHeld) {
        this.#prove(at);
      }
      return isHeld;
    } catch (cause) {
      if (cause instanceof LostConnection) {
        return false;
      }
      throw cause;
    }
  }

  /** The session that holds it; its account and address where they can be seen. */
  async holder(signal: AbortSignal): Promise<{id: number; text: string} | null> {
    const [row] = await this.#connections.read(
      {sql: 'SELECT IS_USED_LOCK(?) AS id', values: [lockName]},
      signal,
    );
    if (row?.['id'] === null || row?.['id'] === undefined) {
      return null;
    }
    const id = Number(row['id']);
    const sql =
      'SELECT USER AS user, HOST AS host FROM information_schema.processlist WHERE ID = ?';
    const [seen] = await this.#connections.read({sql, values: [id]}, signal);
    const from = seen ? ` of ${String(seen['user'])}@${String(seen['host'])}` : '';
    return {id, text: `session ${id}${from}`};
  }

  /** Ends the session that holds it, and takes it. */
  async takeOver(signal: AbortSignal): Promise<void> {
    for (let tries = 1; !(await this.take(signal)); tries += 1) {
      const holder = await this.holder(signal);
      if (tries > mostTries) {
        throw new SwitcharooError(holderRemains(this.#where, holder?.text ?? 'another session'));
      }
      if (holder) {
        await this.#connections
          .write({sql: 'KILL ?', values: [holder.id]}, signal)
          .catch(unlessSessionGone);
      }
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#beat);
    this.#beat = undefined;
    this.#proof = undefined;
    // The server frees what a session held when it ends.
    this.#session?.close();
  }

  async #answer(
    expression: string,
    values: readonly unknown[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const statement: Statement = {sql: `SELECT ${expression} AS answer`, values, limitMs};
    this.#session ??= this.#connections.sessionFor([
      `SET SESSION wait_timeout = ${silenceSeconds}`,
    ]);
    const session = this.#session;
    const rows = await session.ask(statement, signal).catch((cause: unknown) => {
      if (cause instanceof LostConnection) {
        // Once more, in a new session: it holds nothing, so the answer is true of this process.
        return session.ask(statement, signal);
      }
      throw cause;
    });
    return Number(rows[0]?.['answer'] ?? 0) === 1;
  }

  #prove({monotonicMs, wallMs}: Pick<Proof, 'monotonicMs' | 'wallMs'>): void {
    this.#proof = {session: this.#session?.id ?? null, monotonicMs, wallMs};
    this.#beat ??= setInterval(() => {
      this.#proof = undefined;
      void this.isHeld(AbortSignal.timeout(limitMs)).catch(() => {});
    }, beatMs).unref();
  }

  #isProven(): boolean {
    if (!this.#proof || this.#proof.session !== this.#session?.id) {
      return false;
    }
    const {monotonicMs, wallMs} = now();
    const ages = [monotonicMs - this.#proof.monotonicMs, Math.abs(wallMs - this.#proof.wallMs)];
    return Math.max(...ages) < proofMs;
  }
}

const now = () => ({monotonicMs: performance.now(), wallMs: Date.now()});

const holderRemains = ({name}: Endpoint, holder: string): Problem => ({
  code: 'claim-holder-remains',
  message: `${name} is still claimed through ${holder}: its session was ended ${mostTries} times, and came back each time.`,
  hint: 'Stop that process on its own host, then repeat the command.',
});
