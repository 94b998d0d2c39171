/** Constants that the build writes into the page. @module */

/** The version of the page. */
declare const __PAGE_VERSION__: string;
