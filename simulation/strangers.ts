/** Ids that no provider has given: thirteen digits. */
export const FIRST_STRANGER = 1_000_000_000_000;

export function isStrangersId(id: string): boolean {
  return Number(id) >= FIRST_STRANGER;
}
