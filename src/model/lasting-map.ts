const chunkSize = 32;

/**
 * A map that never changes: `with` gives another one, which shares all but a few dozen members with it. A fold over a
 * long journal can keep every state that it passes and still take a time that grows with the journal, not with its
 * square.
 */
export class LastingMap<Value> implements ReadonlyMap<string, Value> {
  readonly size: number;
  /** Where each key lies. Later maps share it: those below our size are ours. */
  readonly #places: Map<string, number>;
  readonly #chunks: readonly Chunk<Value>[];

  private constructor(places: Map<string, number>, chunks: readonly Chunk<Value>[], size: number) {
    this.#places = places;
    this.#chunks = chunks;
    this.size = size;
  }

  static of<Value>(members: Iterable<readonly [string, Value]> = []): LastingMap<Value> {
    const all = [...new Map(members)];
    const chunks: Chunk<Value>[] = [];
    for (let start = 0; start < all.length; start += chunkSize) {
      chunks.push(all.slice(start, start + chunkSize));
    }
    return new LastingMap(new Map(all.map(([key], place) => [key, place])), chunks, all.length);
  }

  with(key: string, value: Value): LastingMap<Value> {
    const place = this.#placeOf(key) ?? this.size;
    const chunks = [...this.#chunks];
    const at = Math.floor(place / chunkSize);
    const chunk = [...(chunks[at] ?? [])];
    chunk[place % chunkSize] = [key, value];
    chunks[at] = chunk;
    return place < this.size
      ? new LastingMap(this.#places, chunks, this.size)
      : new LastingMap(this.#placesWith(key), chunks, this.size + 1);
  }

  get(key: string): Value | undefined {
    const place = this.#placeOf(key);
    return place === undefined
      ? undefined
      : this.#chunks[Math.floor(place / chunkSize)]?.[place % chunkSize]?.[1];
  }

  has(key: string): boolean {
    return this.#placeOf(key) !== undefined;
  }

  *entries(): MapIterator<[string, Value]> {
    for (const chunk of this.#chunks) {
      for (const [key, value] of chunk) {
        yield [key, value];
      }
    }
  }

  *keys(): MapIterator<string> {
    for (const [key] of this) {
      yield key;
    }
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this) {
      yield value;
    }
  }

  forEach(visit: (value: Value, key: string, map: ReadonlyMap<string, Value>) => void): void {
    for (const [key, value] of this) {
      visit(value, key, this);
    }
  }

  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries();
  }

  #placeOf(key: string): number | undefined {
    const place = this.#places.get(key);
    return place !== undefined && place < this.size ? place : undefined;
  }

  /** Two maps that grew out of one give the same place to different keys: the second needs places of its own. */
  #placesWith(key: string): Map<string, number> {
    const isLatest = this.#places.size === this.size;
    const places = isLatest
      ? this.#places
      : new Map([...this.keys()].map((mine, place) => [mine, place]));
    return places.set(key, this.size);
  }
}

type Chunk<Value> = readonly (readonly [string, Value])[];
