/** The numbers of an option, such as `3,7` or `1-20`. */
export function numbersIn(option: string, text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined || Number(last) < Number(first)) {
      throw new Error(`--${option}: "${part}" is no number and no range. Write 3, 3,7 or 1-20.`);
    }
    return Array.from({length: Number(last) - Number(first) + 1}, (_, at) => Number(first) + at);
  });
}

/** The one number of an option. */
export function numberIn(option: string, text: string): number {
  const [number, ...others] = numbersIn(option, text);
  if (number === undefined || others.length > 0) {
    throw new Error(`--${option}: "${text}" is not one number.`);
  }
  return number;
}
