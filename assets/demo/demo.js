/**
 * The demonstration's page: asks for the customer's orders and puts a tracker there for each. A panel's own page would write
 * the elements itself; only the token comes from its backend.
 */
const LANGUAGES = {
  en: { name: "English", title: "Your orders" },
  es: { name: "Español", title: "Tus pedidos" },
  pt: { name: "Português", title: "Seus pedidos" },
  ru: { name: "Русский", title: "Ваши заказы" },
  tr: { name: "Türkçe", title: "Siparişleriniz" },
  ar: { name: "العربية", title: "طلباتك", dir: "rtl" },
  id: { name: "Indonesia", title: "Pesanan Anda" },
  hi: { name: "हिन्दी", title: "आपके ऑर्डर" },
};
/** Simulated time passes so much faster. */
const SPEED = "60";
const SHOWN = 9;
const LOOK_EVERY_MS = 10_000;
const EVENTS_SHOWN = 8;

const token = new URLSearchParams(location.hash.slice(1)).get("token");
const main = document.getElementById("orders");
const note = document.getElementById("note");
const events = document.getElementById("events");
const lang = document.getElementById("lang");
const scheme = document.getElementById("scheme");

for (const [code, { name }] of Object.entries(LANGUAGES)) lang.append(new Option(name, code));
lang.addEventListener("change", () => {
  const { title, dir = "ltr" } = LANGUAGES[lang.value];
  document.querySelector("h1").textContent = title;
  document.documentElement.lang = lang.value;
  document.documentElement.dir = dir;
  for (const tracker of main.children) tracker.setAttribute("lang", lang.value);
});
scheme.addEventListener("change", () => {
  document.documentElement.style.colorScheme = scheme.value;
});
// With another token in the address, the page begins anew.
addEventListener("hashchange", () => location.reload());

document.addEventListener("status-change", ({ detail }) => {
  const line = document.createElement("li");
  line.textContent = `status-change  order ${detail.order}: ${detail.previous} → ${detail.status}`;
  events.prepend(line);
  while (events.children.length > EVENTS_SHOWN) events.lastChild.remove();
  document.getElementById("log").hidden = false;
});
document.addEventListener("token-expired", () => tell("The token in this page's address has ended. Run npm start again."));

if (token === null) tell("The address of this page needs a token. `npm start` prints one that has it.");
else await look();

/** Shows the newest orders, and looks for newer ones from time to time. */
async function look() {
  try {
    const response = await fetch(`/v1/orders?${new URLSearchParams({ limit: String(SHOWN), token })}`, { cache: "no-cache" });
    const answer = await response.json();
    if (response.ok) show(answer.orders.map(({ id }) => id));
    else tell(answer.error.message);
  } catch {
    tell("The demonstration has ended, or it cannot be reached.");
  }
  setTimeout(() => void look(), LOOK_EVERY_MS);
}

function show(ids) {
  note.hidden = true;
  const shown = new Map([...main.children].map((tracker) => [tracker.getAttribute("order"), tracker]));
  for (const [id, tracker] of shown) if (!ids.includes(id)) tracker.remove();
  for (const id of ids.toReversed()) {
    if (shown.has(id)) continue;
    const tracker = document.createElement("order-status");
    for (const [name, value] of Object.entries({ order: id, token, lang: lang.value, speed: SPEED })) tracker.setAttribute(name, value);
    main.prepend(tracker);
  }
}

function tell(text) {
  note.textContent = text;
  note.hidden = false;
}
