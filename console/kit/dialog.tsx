/** Asks before something is done: what will happen, with the sum where money moves, and what has to be filled in. */
import { signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Field, FieldRow, readFields, type Values } from "./form.tsx";

export type Question = {
  readonly title: string;
  readonly text?: ComponentChildren;
  readonly fields?: readonly Field[];
  /** The word on the button: the deed itself, with its sum. `given`: what is filled in. */
  readonly confirm: string | ((given: Values) => string);
  readonly isDanger?: boolean;
};

type Asked = Question & { readonly answer: (values: Values | null) => void };

const asked = signal<Asked | null>(null);

export function isAsking(): boolean {
  return asked.value !== null;
}

/** What was filled in; null when it was called off. */
export function ask(question: Question): Promise<Values | null> {
  return new Promise((answer) => {
    asked.value = { ...question, answer };
  });
}

/** Shows what is shown once only, to be copied. */
export async function showSecret(title: string, secret: string, text: string): Promise<void> {
  await ask({
    title,
    text,
    confirm: "I have kept it",
    fields: [{ name: "secret", label: "Shown this once", value: secret, type: "readonly" }],
  });
}

export function Dialog() {
  const question = asked.value;
  const element = useRef<HTMLDialogElement>(null);
  const given = useSignal<Values>({});
  useEffect(() => {
    if (question === null) return;
    given.value = {};
    element.current?.showModal();
  }, [question]);
  if (question === null) return null;
  const { title, text, fields = [], confirm, isDanger = false, answer } = question;
  const end = (values: Values | null): void => {
    element.current?.close();
    asked.value = null;
    answer(values);
  };
  const filled = { ...Object.fromEntries(fields.map((field) => [field.name, field.value ?? ""])), ...given.value };
  return (
    <dialog ref={element} aria-labelledby="dialog-title" onCancel={() => end(null)}>
      <form
        onInput={(event) => void (given.value = readFields(event.currentTarget))}
        onSubmit={(event) => {
          event.preventDefault();
          end(readFields(event.currentTarget));
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        {text !== undefined && <div class="dialog-text">{text}</div>}
        {fields.map((field) => (
          <FieldRow key={field.name} field={field} />
        ))}
        <div class="buttons">
          <button type="button" onClick={() => end(null)}>
            Leave it
          </button>
          <button type="submit" class={isDanger ? "danger" : "primary"}>
            {typeof confirm === "string" ? confirm : confirm(filled)}
          </button>
        </div>
      </form>
    </dialog>
  );
}
