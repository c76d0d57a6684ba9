import type {Ask} from '../session/contract.ts';
import type {Both, CatchUp, ComparedTable, TableBookmark} from './sums.ts';

type Outcome = Omit<ComparedTable, 'step' | 'name'>;

/**
 * A table whose comparison is made when its turn comes, and forgotten when it is finished, except for its outcome: of
 * ten thousand tables, a few are in memory at a time.
 */
export class LazyTable implements ComparedTable {
  readonly name: string;
  #make: (() => ComparedTable) | null;
  #table: ComparedTable | null = null;
  #outcome: Outcome = notBegun;

  /** With `isBegun`, it is made at once: how far an earlier process was counts from the start. */
  constructor(name: string, make: () => ComparedTable, isBegun: boolean) {
    this.name = name;
    this.#make = make;
    if (isBegun) {
      this.#keep(make());
    }
  }

  get rows(): number {
    return this.#now.rows;
  }

  get finished(): boolean {
    return this.#now.finished;
  }

  get waiting(): number {
    return this.#now.waiting;
  }

  get different(): readonly string[] {
    return this.#now.different;
  }

  get tooMany(): boolean {
    return this.#now.tooMany;
  }

  get changing(): number {
    return this.#now.changing;
  }

  get bookmark(): TableBookmark | null {
    return this.#now.bookmark;
  }

  async step(ask: Both<Ask>, catchUp: CatchUp): Promise<boolean> {
    const table = this.#table ?? this.#make?.();
    if (!table) {
      return false;
    }
    this.#table = table;
    const worked = await table.step(ask, catchUp);
    this.#keep(table);
    return worked;
  }

  get #now(): Outcome {
    return this.#table ?? this.#outcome;
  }

  #keep(table: ComparedTable): void {
    this.#table = table;
    if (table.finished) {
      const {rows, finished, waiting, different, tooMany, changing, bookmark} = table;
      this.#outcome = {rows, finished, waiting, different, tooMany, changing, bookmark};
      this.#table = null;
      this.#make = null;
    }
  }
}

const notBegun: Outcome = {
  ...{rows: 0, finished: false, waiting: 0, different: [], tooMany: false, changing: 0},
  bookmark: null,
};
