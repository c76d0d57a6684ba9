/** A script with its values quoted for any POSIX shell: zx quotes as bash does, and dash does not know `$'…'`. */
export function sh(
  pieces: TemplateStringsArray,
  ...values: readonly (string | readonly string[])[]
): string {
  return String.raw({raw: pieces}, ...values.map((value) => [value].flat().map(quote).join(' ')));
}

/** For any POSIX shell. */
export const quote = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;
