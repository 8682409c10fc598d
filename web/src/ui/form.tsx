import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { fieldErrors, words } from "@/api/problem.ts";
import { Button, TextField } from "./controls.tsx";

export interface FieldSpec {
  name: string;
  label: string;
  type?: "text" | "email" | "password" | "tel";
  autoComplete?: string;
  help?: string;
  maxLength?: number;
  optional?: boolean;
  placeholder?: string;
  /** A password that is being chosen: checked for its length here already. */
  fresh?: boolean;
  initial?: string;
}

export type Values = Record<string, string>;

/** The checks that need no server, in words. */
export function check(fields: FieldSpec[], values: Values): Values {
  const wrong: Values = {};
  for (const { name, label, type, fresh, optional } of fields) {
    const value = values[name]?.trim() ?? "";
    if (value === "") {
      if (!optional) wrong[name] = `Fill in: ${label.charAt(0).toLowerCase()}${label.slice(1)}.`;
    } else if (type === "email" && !/^\S+@\S+\.\S+$/.test(value)) {
      wrong[name] = "Write it like name@business.example.";
    } else if (fresh && value.length < 8) {
      wrong[name] = "Use 8 characters or more.";
    }
  }
  return wrong;
}

/**
 * Fields, one button, and errors where they belong: by field if the server names the field, else above the form.
 * Values go to `submit` trimmed, passwords as they are.
 */
export function FieldsForm(props: {
  fields: FieldSpec[];
  action: string;
  look?: string;
  submit: (values: Values) => Promise<void>;
  /** Whether the first field takes the focus; `false` on pages with several forms. */
  focus?: boolean;
  children?: ReactNode;
}) {
  const [values, setValues] = useState<Values>(() =>
    Object.fromEntries(props.fields.map((field) => [field.name, field.initial ?? ""])),
  );
  const [wrong, setWrong] = useState<Values>({});
  const [refused, setRefused] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const { focus = true } = props;
  useEffect(() => {
    if (focus) form.current?.querySelector("input")?.focus();
  }, [focus]);

  const show = (errors: Values) => {
    setWrong(errors);
    const first = props.fields.find((field) => errors[field.name]);
    if (first) form.current?.querySelector<HTMLInputElement>(`[name="${first.name}"]`)?.focus();
  };
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const missing = check(props.fields, values);
    if (Object.keys(missing).length > 0) return show(missing);
    setBusy(true);
    setRefused("");
    try {
      const trimmed = props.fields.map(({ name, type }) => {
        const value = values[name] ?? "";
        return [name, type === "password" ? value : value.trim()] as const;
      });
      await props.submit(Object.fromEntries(trimmed));
    } catch (error) {
      const byField = fieldErrors(error);
      const known = props.fields.some((field) => byField[field.name]);
      show(byField);
      if (!known) setRefused(words(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form ref={form} onSubmit={(event) => void onSubmit(event)} noValidate>
      {refused && (
        <p className="refused" role="alert">
          {refused}
        </p>
      )}
      {props.fields.map((field) => (
        <TextField
          key={field.name}
          name={field.name}
          label={field.optional ? `${field.label} (optional)` : field.label}
          type={field.type ?? "text"}
          autoComplete={field.autoComplete ?? "off"}
          maxLength={field.maxLength ?? 200}
          placeholder={field.placeholder}
          help={field.help}
          error={wrong[field.name]}
          value={values[field.name] ?? ""}
          onChange={(event) => {
            setValues({ ...values, [field.name]: event.target.value });
            if (!wrong[field.name]) return;
            const { [field.name]: _, ...others } = wrong;
            setWrong(others);
          }}
        />
      ))}
      {props.children}
      <Button type="submit" look={props.look ?? "pri l"} busy={busy}>
        {props.action}
      </Button>
    </form>
  );
}
