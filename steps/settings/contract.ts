/** What a container is to be given. */
export interface Settings {
  /** Plain values. They are secrets to us: no text that we print has one. */
  readonly environment: Readonly<Record<string, string>>;
  /** `valueFrom` by name: where ECS reads the value when a task starts. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What may be asked of the place that keeps settings. Nothing here changes it. */
export interface SettingsReader {
  readonly name: string;
  /** The settings of an object of the bucket: every reference is resolved to an ARN, secrets with their version. */
  settings(key: string, signal: AbortSignal): Promise<Settings>;
}
