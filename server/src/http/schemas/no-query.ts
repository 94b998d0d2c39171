/** For routes without query parameters: whatever is given was meant for something that does not exist. @module */
import { Type } from 'typebox';

export const NoQuery = Type.Object({}, { additionalProperties: false });
