/** Constants that the build writes into the page. @module */

/** The version of this workspace's package.json. */
declare const __PAGE_VERSION__: string;
