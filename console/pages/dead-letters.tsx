import type { DeadLetter } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { Do, Listing, PageHead } from "../kit/parts.tsx";
import { When } from "../kit/time.tsx";
import { act } from "../kit/toast.tsx";

export function DeadLettersPage() {
  const letters = useListed<DeadLetter>("dead_letters", "/v1/dead-letters", { panel: "", everyMs: 30_000 });
  return (
    <>
      <PageHead
        title="Dead letters"
        lead="Messages of the queue that failed for good. Sending one again is safe: each can be handled twice."
      />
      <Listing
        of={letters}
        empty={["None.", "A message comes here after four failures. Its orders are looked at in the next round all the same."]}
      >
        {(rows) => (
          <ul class="cards">
            {rows.map((letter) => (
              <Letter key={letter.id} letter={letter} />
            ))}
          </ul>
        )}
      </Listing>
    </>
  );
}

function Letter({ letter: { id, body, failed_at: failedAt, replayed_at: replayedAt } }: { readonly letter: DeadLetter }) {
  const replay = () =>
    act(
      () => call("POST", `/v1/dead-letters/${seg(id)}/replay`, { body: { again: replayedAt !== null } }),
      `Message ${id} was sent again.`,
    );
  return (
    <li class="card" data-row tabIndex={0}>
      <div class="card-head">
        <h2>Message {id}</h2>
        {may("settings") && <Do onDo={replay}>{replayedAt === null ? "Send again" : "Once more"}</Do>}
      </div>
      <p>
        Failed <When at={failedAt} />
        {replayedAt !== null && (
          <>
            , sent again <When at={replayedAt} />
          </>
        )}
      </p>
      <pre>{JSON.stringify(body, null, 1)}</pre>
    </li>
  );
}
