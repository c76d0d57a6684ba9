/** Names that somebody may have meant by another word: those that begin alike, hold it, or differ by two letters. */
export function namesNear(word: string, names: readonly string[]): readonly string[] {
  const [lowerCase, begin] = [word.toLowerCase(), word.slice(0, 3).toLowerCase()];
  const near = [...new Set(names)].flatMap((name) => {
    const other = name.toLowerCase();
    const letters = distance(lowerCase, other);
    const isLike =
      (begin.length === 3 && (other.startsWith(begin) || other.includes(lowerCase))) ||
      letters <= Math.min(2, Math.floor(Math.max(lowerCase.length, other.length) / 3));
    return isLike ? [{name, letters}] : [];
  });
  return near.sort((a, b) => a.letters - b.letters).map(({name}) => name);
}

/** How many letters must be added, left out, replaced or exchanged with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let [before, last]: [readonly number[], readonly number[]] = [[], [...b, ''].map((_, at) => at)];
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      const isSwap =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      next[column] = Math.min(
        (next[column - 1] ?? 0) + 1,
        (last[column] ?? 0) + 1,
        (last[column - 1] ?? 0) + cost,
        isSwap ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, next];
  }
  return last.at(-1) ?? 0;
}

/** As the beginning of a hint. */
export const didYouMean = (names: readonly string[]): string =>
  names.length === 0 ? '' : `Did you mean ${names.slice(0, 3).join(' or ')}? `;
