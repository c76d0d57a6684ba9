/** Rows as text, in columns as wide as their widest cell. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (so, row) => row.map((cell, column) => Math.max(so[column] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) => rowText(row, widths)).join('\n');
}

/** One row; a cell that is longer than its column pushes the others aside. */
export function rowText(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}
