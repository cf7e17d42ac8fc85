// How a panel's orders are followed, for its customers. It asks GET /v1/status/{panel}, and puts in texts only as text.
// The panel's id as the address has it, escaped already.
const [, panel = ""] = location.pathname.split("/").filter(Boolean);

const HEADLINES = {
  ok: "Everything is running.",
  delayed: "Some orders are delayed.",
  stopped: "Orders are not updated at the moment.",
  none: "There is no status here.",
  unreachable: "The status cannot be reached.",
};
const EXPLAINED = {
  ok: "Orders are looked at as they should be.",
  delayed: "They are looked at late, or start later than usual. They go on by themselves.",
  stopped: "What an order shows may be old. Nothing is lost: it goes on by itself.",
  none: "Check the address, or ask the shop.",
  unreachable: "It is asked again in a minute.",
};
const STATES = { waiting: "updates wait", slow: "slower than usual" };
/** The page asks no oftener; the answer says how long it holds. */
const LEAST_SECONDS = 30;

const at = (id) => document.getElementById(id);
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

function ago(time) {
  const minutes = Math.round((Date.now() - Date.parse(time)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 90) return relative.format(-minutes, "minute");
  return minutes < 48 * 60 ? relative.format(-Math.round(minutes / 60), "hour") : relative.format(-Math.round(minutes / 1440), "day");
}

function timeOf(time) {
  const element = document.createElement("time");
  element.dateTime = time;
  element.title = new Date(time).toLocaleString();
  element.textContent = ago(time);
  return element;
}

function show(status, { services = [], last_followed_at: followed = null } = {}) {
  at("now").dataset.status = status in HEADLINES ? status : "unreachable";
  at("headline").textContent = HEADLINES[status];
  at("explained").textContent = EXPLAINED[status];
  at("troubled").hidden = services.length === 0;
  at("services").replaceChildren(...services.map(serviceOf));
  at("followed").replaceChildren(...(followed === null ? [] : ["Orders were last looked at ", timeOf(followed), "."]));
  at("asked").textContent = status === "none" ? "" : `This page asked at ${new Date().toLocaleTimeString()}, and asks again by itself.`;
}

function serviceOf({ service, state, since }) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.className = "service";
  name.textContent = `Service ${service}`;
  const told = document.createElement("span");
  told.className = "state";
  told.append(STATES[state] ?? "", ...(since === null ? [] : [", last looked at ", timeOf(since)]));
  item.append(name, told);
  return item;
}

/** Asks once; answers after how many seconds to ask again, null for never. */
async function look() {
  try {
    const answer = await fetch(`/v1/status/${panel}`);
    if (answer.status === 404) {
      show("none");
      return null;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    const name = told.name ?? told.panel;
    at("name").textContent = name;
    document.title = `${name}: ${HEADLINES[told.status] ?? "Status"}`;
    show(told.status, told);
    return Number(/max-age=(\d+)/.exec(answer.headers.get("Cache-Control") ?? "")?.[1] ?? LEAST_SECONDS);
  } catch {
    show("unreachable");
    return 2 * LEAST_SECONDS;
  }
}

let next = null;

async function run() {
  clearTimeout(next);
  const seconds = await look();
  // While nobody looks, nothing is asked.
  if (seconds !== null && !document.hidden) next = setTimeout(() => void run(), Math.max(LEAST_SECONDS, seconds) * 1000);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(next);
  else void run();
});
void run();
