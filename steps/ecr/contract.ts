/** What may be asked of a registry. Nothing here changes it. */
export interface RegistryReader {
  /** `ECR (registry)`. */
  readonly name: string;
  repository(name: string, signal: AbortSignal): Promise<RepositoryState>;
  /** The digest of a tag's image; `undefined` when there is no such tag. */
  digest(repository: string, tag: string, signal: AbortSignal): Promise<string | undefined>;
  tags(repository: string, signal: AbortSignal): Promise<readonly string[]>;
  /** A password for some hours. It goes to a program's standard input, and nowhere else. */
  login(signal: AbortSignal): Promise<RegistryPassword>;
}

export interface RegistryWriter extends RegistryReader {
  /** Adds a tag to an image. A tag is never moved from one image to another. */
  addTag(repository: string, from: string, tag: string, signal: AbortSignal): Promise<void>;
  /** ECR deletes an image that has no tag left. */
  removeTags(repository: string, tags: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface RepositoryState {
  /** `123456789012.dkr.ecr.eu-central-1.amazonaws.com/web`. */
  readonly uri: string;
  readonly immutable: boolean;
}

export interface RegistryPassword {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly plainHttp: boolean;
}
