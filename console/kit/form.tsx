/** Fields of forms. */
export type Field = {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly hint?: string;
  readonly type?: "text" | "number" | "password" | "url" | "checkbox" | "select" | "lines" | "readonly";
  readonly options?: readonly (readonly [value: string, label: string])[];
  readonly isRequired?: boolean;
  readonly pattern?: string;
};

/** The id of a panel, a provider or a channel. */
export const NAME: Field = {
  name: "id",
  label: "Short name",
  isRequired: true,
  pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}",
  hint: "Letters and digits. It stays.",
};

export type Values = Readonly<Record<string, string>>;

/** A number that may be left out. */
export function numberIn(text = ""): number | null {
  return text === "" ? null : Number(text);
}

/** What a form holds; a box that is ticked is "true", another "". */
export function readFields(form: HTMLFormElement): Values {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value.trim() : ""]));
}

export function FieldRow({ field }: { readonly field: Field }) {
  const { name, label, hint, type = "text" } = field;
  const hintId = hint === undefined ? undefined : `hint-${name}`;
  if (type === "checkbox")
    return (
      <label class="field check">
        <input type="checkbox" name={name} value="true" defaultChecked={field.value === "true"} aria-describedby={hintId} />
        <span>
          {label}
          {hint !== undefined && (
            <span id={hintId} class="hint">
              {hint}
            </span>
          )}
        </span>
      </label>
    );
  return (
    <label class="field">
      <span>{label}</span>
      <Control field={field} hintId={hintId} />
      {hint !== undefined && (
        <span id={hintId} class="hint">
          {hint}
        </span>
      )}
    </label>
  );
}

function Control({ field, hintId }: { readonly field: Field; readonly hintId: string | undefined }) {
  const { name, value = "", type = "text", options = [], isRequired = false, pattern } = field;
  if (type === "select")
    return (
      <select name={name} required={isRequired} aria-describedby={hintId}>
        {options.map(([option, text]) => (
          <option key={option} value={option} selected={option === value}>
            {text}
          </option>
        ))}
      </select>
    );
  if (type === "lines")
    return <textarea name={name} rows={3} maxLength={500} required={isRequired} defaultValue={value} aria-describedby={hintId} />;
  const isReadOnly = type === "readonly";
  const common = { name, required: isRequired, pattern, autocomplete: "off", spellcheck: false, "aria-describedby": hintId } as const;
  if (type === "password") return <input {...common} type="password" />;
  return (
    <input
      {...common}
      type="text"
      inputMode={type === "number" ? "decimal" : type === "url" ? "url" : undefined}
      defaultValue={value}
      readOnly={isReadOnly}
      onFocus={(event) => (isReadOnly ? event.currentTarget.select() : undefined)}
    />
  );
}
