/** What JSX becomes, for the bundler: calls of these are shorter than those of the automatic form. */
export { createElement as h, Fragment } from "preact";
