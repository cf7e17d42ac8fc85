/** What stands around each page: navigation, the search, messages and questions. */
import { useValue } from "./state.ts";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Health, ListedRefund, Page } from "./api/answers.ts";
import { ALL_PANELS, me, signOut } from "./api/client.ts";
import { forgetAnswers, usePolled } from "./api/polled.ts";
import { Dialog } from "./kit/dialog.tsx";
import { JobPanel } from "./kit/job.tsx";
import { goTo, hrefTo, route, scrollToLeft } from "./kit/route.ts";
import { learnPresent } from "./kit/time.tsx";
import { Toasts } from "./kit/toast.tsx";
import { Empty, PageHead } from "./kit/parts.tsx";
import { findOrder } from "./pages/find.ts";
import { PAGES } from "./pages/pages.tsx";
import { SignInPage } from "./pages/sign-in.tsx";

export function Shell() {
  if (me.use() === null) return <SignInPage />;
  return (
    <>
      <SignedIn />
      <JobPanel />
      <Dialog />
      <Toasts />
    </>
  );
}

function SignedIn() {
  const { path, query } = route.use();
  const [name = ""] = path;
  const page = PAGES.find((each) => each.name === name);
  const main = useRef<HTMLElement>(null);
  const address = path.join("/");
  useLayoutEffect(() => {
    document.title = `${page?.title ?? "Not found"} · panelsync`;
    // Those who do not see the page hear which one it is.
    (main.current?.querySelector("h1") ?? main.current)?.focus({ preventScroll: true });
    scrollToLeft();
  }, [address]);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => skipTo(event, main.current)}>
        Skip to the page
      </a>
      <Bar current={name} />
      <main id="main" ref={main} tabIndex={-1} key={address}>
        {page === undefined ? <NotFound /> : page.show(path.slice(1), query)}
      </main>
    </div>
  );
}

/** The address after `#` is the console's own. */
function skipTo(event: Event, main: HTMLElement | null): void {
  event.preventDefault();
  main?.focus();
}

function NotFound() {
  return (
    <>
      <PageHead title="Not found" />
      <Empty title="There is no such page.">
        <a href="#/">Go to the overview</a>
      </Empty>
    </>
  );
}

function Bar({ current }: { readonly current: string }) {
  const isOpen = useValue(false);
  useEffect(() => {
    isOpen.value = false;
  }, [current]);
  return (
    <header class="bar">
      <div class="bar-head">
        <a class="brand" href="#/">
          panelsync
        </a>
        <button
          type="button"
          class="menu"
          aria-expanded={isOpen.value}
          aria-controls="nav"
          onClick={() => void (isOpen.value = !isOpen.value)}
        >
          Menu
        </button>
      </div>
      <Find />
      <nav id="nav" aria-label="Pages" class={isOpen.value ? "open" : ""}>
        <ul>
          {PAGES.filter(({ isInMenu }) => isInMenu).map(({ name, title }) => (
            <li key={name}>
              <a href={hrefTo([name])} aria-current={name === current ? "page" : undefined}>
                {title}
                {name === "refunds" && <HeldCount />}
              </a>
            </li>
          ))}
        </ul>
        <Foot />
      </nav>
    </header>
  );
}

function HeldCount(): ComponentChildren {
  const { data } = usePolled<Page<"refunds", ListedRefund>>("/v1/refunds?status=held&limit=100", { panel: ALL_PANELS, everyMs: 30_000 });
  if (data === null || data.refunds.length === 0) return null;
  const { length } = data.refunds;
  return (
    <span class="count" aria-label={`${length} wait`}>
      {data.has_more ? `${length}+` : length}
    </span>
  );
}

function Foot() {
  const { data: health } = usePolled<Health>("/healthz", { everyMs: 15_000 });
  useEffect(() => learnPresent(health?.last_tick_at ?? null), [health]);
  const { scopes = [], key } = me.value ?? {};
  return (
    <div class="foot">
      {health !== null && (
        <p class={`health ${health.status}`}>
          <span class="dot" aria-hidden="true" />{" "}
          {health.status === "ok" ? "Orders are followed" : <a href="#/alerts">Sync is {health.status}</a>}
        </p>
      )}
      <p class="soft small">
        {key?.name ?? "ADMIN_TOKEN"} ({scopes.join(", ")})
      </p>
      <button
        type="button"
        class="plain"
        onClick={() => {
          forgetAnswers();
          signOut(null);
        }}
      >
        Sign out
      </button>
      <p class="soft small">
        <kbd>?</kbd> shows the keys
      </p>
    </div>
  );
}

function Find() {
  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const input = event.currentTarget.elements.namedItem("find") as HTMLInputElement;
          const text = input.value.trim();
          if (text === "") return;
          input.value = "";
          input.blur();
          void findOrder(text).then(({ path, query }) => goTo(path, query));
        }}
      >
        <input
          id="find"
          name="find"
          type="search"
          placeholder="Find an order  /"
          aria-label="Find an order by its id, its provider's id or its link"
        />
      </form>
    </search>
  );
}
