/** A firewall before every provider: what has a certain number in it is turned away, whatever it is about. */
export const TRIPS_THE_FIREWALL = "6661313666666";

export function isTurnedAway(text: string): boolean {
  return text.includes(TRIPS_THE_FIREWALL);
}

export function blockPage(): Response {
  return new Response("<html><title>Just a moment...</title></html>", { status: 403, headers: { "Content-Type": "text/html" } });
}
