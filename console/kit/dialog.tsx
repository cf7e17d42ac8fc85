/** Asks before something is done: what will happen, with the sum where money moves, and what has to be filled in. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ApiError } from "../api/client.ts";
import { asApiError, reloadAll } from "../api/polled.ts";
import { shared, useValue } from "../state.ts";
import { type Field, FieldRow, readFields, type Values } from "./form.tsx";
import { Failed } from "./parts.tsx";
import { tellDone } from "./toast.tsx";

export type Question = {
  readonly title: string;
  readonly text?: ComponentChildren;
  readonly fields?: readonly Field[];
  /** The word on the button: the deed itself, with its sum. `given`: what is filled in. */
  readonly confirm: string | ((given: Values) => string);
  readonly isDanger?: boolean;
  /** There is nothing to leave: it tells, and asks nothing. */
  readonly isNote?: boolean;
};

type Asked = Question & {
  /** Throws why not: that is told in the question, which stays with all that was typed. */
  readonly submit: (given: Values) => unknown;
  readonly answer: (result: unknown) => void;
};

const asked = shared<(Asked & { readonly turn: number }) | null>(null);
let turn = 0;

function put(question: Asked): void {
  turn += 1;
  asked.value = { ...question, turn };
}

export function isAsking(): boolean {
  return asked.value !== null;
}

/** What was filled in; null when it was called off. */
export function ask(question: Question): Promise<Values | null> {
  return new Promise((answer) => {
    put({ ...question, submit: (given) => given, answer: (given) => answer((given as Values | undefined) ?? null) });
  });
}

export type Deed<T> = Question & {
  readonly work: (given: Values) => Promise<T> | T;
  /** What is told once it is done; empty: nothing. */
  readonly done?: string | ((result: T) => string);
};

/** Asks, does it and tells so. The question stays until it is done. Undefined: it was called off. */
export function askTo<T>({ work, done = "", ...question }: Deed<T>): Promise<T | undefined> {
  const submit = async (given: Values): Promise<T> => {
    try {
      const result = await work(given);
      const text = typeof done === "string" ? done : done(result);
      if (text !== "") tellDone(text);
      return result;
    } finally {
      reloadAll();
    }
  };
  return new Promise((answer) => {
    put({ ...question, submit, answer: (result) => answer(result as T | undefined) });
  });
}

/** The words of switching something off, or on. */
export function switching(id: string, isOn: boolean) {
  const word = isOn ? "off" : "on";
  return { title: `Switch ${id} ${word}?`, confirm: `Switch it ${word}`, isDanger: isOn, done: `Switched ${word}.` } as const;
}

export async function tell(title: string, text: string): Promise<void> {
  await ask({ title, text, confirm: "Good", isNote: true });
}

/** Shows what is shown once only, to be copied. */
export async function showSecret(title: string, secret: string, text: string): Promise<void> {
  const fields: readonly Field[] = [{ name: "secret", label: "Shown this once", value: secret, type: "readonly" }];
  await ask({ title, text, confirm: "I have kept it", fields, isNote: true });
}

export function Dialog() {
  const question = asked.use();
  // Who is signed out is asked nothing any more.
  useEffect(() => () => void (asked.value = null), []);
  return question === null ? null : <Asking key={question.turn} question={question} />;
}

function Asking({ question }: { readonly question: Asked }) {
  const { title, text, fields = [], confirm, isDanger = false, isNote = false, submit, answer } = question;
  const element = useRef<HTMLDialogElement>(null);
  const given = useValue<Values>({});
  const problem = useValue<ApiError | null>(null);
  const isBusy = useValue(false);
  useEffect(() => element.current?.showModal(), []);
  const end = (result: unknown): void => {
    element.current?.close();
    asked.value = null;
    answer(result);
  };
  const go = async (values: Values): Promise<void> => {
    isBusy.value = true;
    problem.value = null;
    try {
      end(await submit(values));
    } catch (error) {
      problem.value = asApiError(error);
    }
    isBusy.value = false;
  };
  const filled = { ...Object.fromEntries(fields.map((field) => [field.name, field.value ?? ""])), ...given.value };
  return (
    <dialog
      ref={element}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        // What is under way has an outcome, which is told here.
        event.preventDefault();
        if (!isBusy.value) end(undefined);
      }}
    >
      <form
        onInput={(event) => void (given.value = readFields(event.currentTarget))}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy.value) void go(readFields(event.currentTarget));
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        {text !== undefined && <div class="dialog-text">{text}</div>}
        {fields.map((field) => (
          <FieldRow key={field.name} field={field} />
        ))}
        {problem.value !== null && <Failed error={problem.value} />}
        <div class="buttons">
          {!isNote && (
            <button type="button" disabled={isBusy.value} onClick={() => end(undefined)}>
              Leave it
            </button>
          )}
          <button type="submit" class={isDanger ? "danger" : "primary"} aria-busy={isBusy.value}>
            {typeof confirm === "string" ? confirm : confirm(filled)}
          </button>
        </div>
      </form>
    </dialog>
  );
}
