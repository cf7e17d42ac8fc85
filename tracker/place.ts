/** Where this script came from: the API is there, too. */

/** Its address, as it is or as a stack has it: with line and column. */
const OWN = /^[^?#]*\/tracker\.v1\.js([?#:]|$)/;

/**
 * The address of the script's folder, with a slash at its end; null where the browser does not tell. Ask while it loads. A
 * module has no `currentScript`, and one that another module imports has no element either.
 */
export function findOwnPlace(): string | null {
  const inPage = [...document.scripts].map(({ src }) => src);
  const inStack = new Error("here").stack?.match(/https?:\/\/[^\s()@]+/g) ?? [];
  const own = (document.currentScript as HTMLScriptElement | null)?.src ?? [...inPage, ...inStack].find((address) => OWN.test(address));
  return own ? new URL(".", own).href : null;
}
