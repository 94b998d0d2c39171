/** The refusal of one part of a request that its schema cannot judge. @module */
import { Failure } from '../base/failure.ts';

/** `path` is a JSON pointer into the body, or `/` and the name of a query parameter or header. */
export function invalidAt(path: string, message: string): Failure {
  return new Failure('invalid_request', 'The request is not valid', {
    details: [{ path, message }],
  });
}
