export interface Page {
  readonly status: number;
  /** The `Location` of a redirect. It is not followed. */
  readonly location?: string;
  /** The first megabyte. */
  readonly body: string;
}

/** Where a handshake is made. */
export interface CertificatePlace {
  readonly address: string;
  readonly port: number;
}

/** The certificate that a server shows a visitor of a name. */
export interface ServedCertificate {
  readonly kind: 'certificate';
  /** The names that it is for: `www.example.com, *.example.com`. */
  readonly names: string;
  readonly isForName: boolean;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Why no browser trusts its chain. */
  readonly distrust?: string;
}

/** No certificate, and why. */
export interface ServedNone {
  readonly kind: 'none';
  readonly reason: string;
}

/** A web site as its visitors reach it. */
export interface SiteReader {
  readonly name: string;
  /** All addresses of a host name, as the resolver has them now. */
  addresses(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Gets a page from one address, with the name of the URL's host for virtual hosts and certificates. */
  get(url: string, address: string, signal: AbortSignal): Promise<Page>;
  /** Makes a TLS handshake with an address, for a name. */
  certificate(
    name: string,
    at: CertificatePlace,
    signal: AbortSignal,
  ): Promise<ServedCertificate | ServedNone>;
}
