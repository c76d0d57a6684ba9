export interface Page {
  readonly status: number;
  /** The `Location` of a redirect. It is not followed. */
  readonly location?: string;
  /** The first megabyte. */
  readonly body: string;
}

/** A web site as its visitors reach it. */
export interface SiteReader {
  readonly name: string;
  /** All addresses of a host name, as the resolver has them now. */
  addresses(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Gets a page from one address, with the name of the URL's host for virtual hosts and certificates. */
  get(url: string, address: string, signal: AbortSignal): Promise<Page>;
}
