/** Where this script came from: the API is there, too. */

const NAME = "tracker.v1.js";

/** The address of the script's folder, with a slash at its end; null where the browser does not tell. Ask while it loads. */
export function findOwnPlace(): string | null {
  const own = (document.currentScript as HTMLScriptElement | null)?.src ?? scriptInPage() ?? scriptInStack(new Error("here").stack);
  return own === undefined || own === "" ? null : new URL(".", own).href;
}

/** A module has no `currentScript`. */
function scriptInPage(): string | undefined {
  return [...document.scripts].find(({ src }) => isOwn(src))?.src;
}

/** A module that another one imports has no element either. */
function scriptInStack(stack: string | undefined): string | undefined {
  const addresses = (stack ?? "").match(/https?:\/\/[^\s()@]+/g) ?? [];
  return addresses.find(isOwn)?.replace(/(:\d+)+$/, "");
}

function isOwn(address: string): boolean {
  return URL.canParse(address) && new URL(address).pathname.replace(/(:\d+)+$/, "").endsWith(`/${NAME}`);
}
