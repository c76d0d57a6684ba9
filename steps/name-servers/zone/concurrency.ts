/** Maps a list with at most `atOnce` promises at a time, and keeps its order. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next; index < items.length; index = next) {
      next += 1;
      results[index] = await work(items[index] as Item); // within the length
    }
  };
  await Promise.all(Array.from({length: Math.min(atOnce, items.length)}, worker));
  return results;
}
