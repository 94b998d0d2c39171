/** EmbeddedError: why the server's own PostgreSQL cannot be started, with what to do about it. @module */

export type EmbeddedErrorCode =
  /** The optional npm package with the binaries is not installed, or none exists for this platform. */
  | 'binaries-missing'
  /** The binaries are there but do not run here. */
  | 'binaries-broken'
  /** The cluster belongs to another user, or to one who cannot reach it. */
  | 'cluster-unreachable'
  /** The cluster is there but its password file is not. */
  | 'password-missing'
  /** The cluster was made by another major version of PostgreSQL. */
  | 'version-mismatch'
  /** A PostgreSQL that runs on the cluster does not answer. */
  | 'not-answering'
  | 'initdb-failed'
  | 'start-failed'
  /** A folder of ours is a link, is somebody else's, or is open to others. */
  | 'unsafe-folder';

/** The message is for the person at the terminal: what is wrong, then the remedy. */
export class EmbeddedError extends Error {
  readonly code: EmbeddedErrorCode;

  constructor(code: EmbeddedErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'EmbeddedError';
    this.code = code;
  }
}
