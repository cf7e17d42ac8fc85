/** What to do about a refusal of the platform, told from wrangler's words. */

const PERMISSIONS = "Workers Scripts: Edit, D1: Edit, Queues: Edit, Account Settings: Read";

/** In order: the first that fits is the advice. The platform's codes are the surest sign; the words are wrangler's own. */
const ADVICE: readonly { readonly sign: RegExp; readonly advice: (account: string) => string }[] = [
  {
    sign: /necessary to set a CLOUDFLARE_API_TOKEN|Not logged in|not authenticated|"loggedIn": ?false/,
    advice: () => `You are not logged in. Run \`npx wrangler login\`, or set CLOUDFLARE_API_TOKEN to a token with ${PERMISSIONS}.`,
  },
  {
    // Malformed, unknown or expired; 9106 is missing headers, 10001 a login that could not be checked.
    sign: /code: (?:6003|6111|9106|9109|10001)\b|Invalid access token|Invalid API Token/,
    advice: () =>
      "The platform does not know this login. Correct CLOUDFLARE_API_TOKEN, or unset it and run `npx wrangler login`. A token may also have expired.",
  },
  {
    sign: /code: 7003\b/,
    advice: (account) =>
      `There is no account "${account}". CLOUDFLARE_ACCOUNT_ID takes the id of 32 characters: \`npx wrangler whoami\` lists yours.`,
  },
  {
    // The platform does not tell an account that is not yours from a permission that is missing.
    sign: /code: 10000\b|Authentication error|code: 10023\b|code: 7403\b/,
    advice: (account) =>
      `This login may not do that in the account ${account}. Is it the right account? \`npx wrangler whoami\` lists yours; choose with CLOUDFLARE_ACCOUNT_ID. A token needs, for that account: ${PERMISSIONS}.`,
  },
  {
    sign: /code: 7406\b|maximum number of D1 databases/,
    advice: () => "The plan's number of D1 databases is used up. Delete one that you do not need, or take the paid plan.",
  },
  {
    sign: /code: 10072\b|too_many_crons/,
    advice: () =>
      "The plan's number of cron triggers (5 an account on the free plan) is used up. Remove one of another Worker, or take the paid plan.",
  },
  { sign: /code: 10027\b/, advice: () => "The Worker is larger than the plan allows. `npm run size` shows its size." },
  {
    sign: /workers\.dev subdomain/,
    advice: (account) =>
      `The account has no workers.dev name yet. Choose one at https://dash.cloudflare.com/${account}/workers/onboarding, once, and run this again.`,
  },
  { sign: /code: 10034\b/, advice: () => "The account's e-mail address is not confirmed yet. Confirm it, and run this again." },
  {
    sign: /fetch failed|ECONNREFUSED|ENOTFOUND|ETIMEDOUT|code: 10013\b|code: 971\b|code: 10429\b/,
    advice: () => "The platform could not be reached, or was too busy. Run this again in a minute.",
  },
];

/** One sentence or two on what to do; what was made so far stays, and the next run goes on from there. */
export function adviseOn(output: string, account: string | null): string {
  const found = ADVICE.find(({ sign }) => sign.test(output));
  return found?.advice(account ?? "of this login") ?? "Remove the cause and run this again: what is there already stays as it is.";
}
