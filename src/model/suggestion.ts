/** Names that somebody may have meant by another word: those that begin alike, or hold it. */
export function namesNear(word: string, names: readonly string[]): readonly string[] {
  const [lowerCase, begin] = [word.toLowerCase(), word.slice(0, 3).toLowerCase()];
  return [...new Set(names)].filter((name) => {
    const other = name.toLowerCase();
    return begin.length === 3 && (other.startsWith(begin) || other.includes(lowerCase));
  });
}

/** As the beginning of a hint. */
export const didYouMean = (names: readonly string[]): string =>
  names.length === 0 ? '' : `Did you mean ${names.slice(0, 3).join(' or ')}? `;
