export interface Version {
  readonly text: string;
  readonly isMariaDb: boolean;
  /** 5.6 is 506, 8.0 is 800, MariaDB's 10.11 is 1011. */
  readonly series: number;
}

export function versionOf(text: string): Version {
  const [major = 0, minor = 0] = text.split(/[.-]/).map(Number);
  return {text, isMariaDb: /mariadb/i.test(text), series: major * 100 + minor};
}
