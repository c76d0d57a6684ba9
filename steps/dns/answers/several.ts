const shown = 3;

/** What several records still lack: the first of them, and how many more. */
export function severalText(texts: readonly string[]): string {
  const more = texts.length - shown;
  return [...texts.slice(0, shown), ...(more > 0 ? [`and ${more} more records`] : [])].join('; ');
}
