/** What the client needs to know of an operation to send it. @module */

export interface OperationFacts {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `{parameters}`. */
  readonly path: string;
  /** The content type of the body; null where there is none. */
  readonly body: string | null;
  readonly answer: 'json' | 'text' | 'bytes' | 'nothing';
}

/** What an operation is given, as the generated types say it for each. */
export interface AnyArguments {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}
